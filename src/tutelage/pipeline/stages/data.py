"""Collect what the run starts from: the prompts of all splits, and the demonstrations that labelers wrote."""

from collections.abc import Iterable, Iterator

from tutelage.pipeline.encoding import ShortPrompts, keep_short_prompts
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Source
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import SFTRecipe
from tutelage.schema import Demonstration, Split


def collect_data(bench: Workbench, source: Source) -> Findings:
    """Put the source's prompts, and as many demonstrations as the recipe asks for, into the store (§3.2).

    Prompts longer than the recipe allows, and demonstrations of them, are left out (App. A).
    """
    tokenizer, limits = bench.tokenizer, bench.recipe.data
    kept = keep_short_prompts(source.prompts(), tokenizer, limits)
    bench.store.add_prompts(kept.items, batch=bench.batch())
    short = ShortPrompts(tokenizer, limits)
    written = (each for each in source.demonstrations() if short(each.prompt))
    demonstrations = list(wanted(written, bench.recipe.sft))
    bench.store.add_demonstrations(demonstrations, batch=bench.batch())
    counts = {str(split): sum(prompt.split == split for prompt in kept.items) for split in Split}
    bench.display.say(
        f"  {len(kept.items)} prompts ({', '.join(f'{count} {split}' for split, count in counts.items())}), "
        f"{len(demonstrations)} demonstrations"
    )
    if kept.dropped:
        bench.display.say(
            f"  {kept.dropped} prompts have more than {limits.max_prompt_tokens} tokens and are left out"
        )
    return {"prompts": counts, "too_long": kept.dropped, "demonstrations": len(demonstrations)}


def wanted(demonstrations: Iterable[Demonstration], recipe: SFTRecipe) -> Iterator[Demonstration]:
    """The first demonstrations of the train and valid splits, as many as the recipe asks for; no more are written."""
    left = {Split.train: recipe.demonstrations, Split.valid: recipe.validation_demonstrations}
    for each in demonstrations:
        split = each.prompt.split
        if split not in left:
            continue
        remaining = left[split]
        if remaining == 0:
            if all(count == 0 for count in left.values()):
                return
            continue
        left[split] = None if remaining is None else remaining - 1
        yield each
