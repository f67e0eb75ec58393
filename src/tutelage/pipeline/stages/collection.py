"""A later round's prompts: what users asked of the served models, as a snapshot of the store holds it (§3.2)."""

from collections.abc import Sequence

from tutelage.pipeline.collected import choose, new_prompts, snapshot_of
from tutelage.pipeline.encoding import ShortPrompts
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Labelers
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Split


def collect_prompts(
    bench: Workbench, number: int, earlier: Sequence[int], known: Sequence[str], labelers: Labelers | None
) -> Findings:
    """Take the prompts that round `number` was given.

    earlier: the rounds before that were given some
    known: the stages whose prompts the run has already
    labelers: those who judge answers, where they may not know a prompt
    """
    view = bench.store.at(snapshot_of(number))
    chosen = choose(
        new_prompts(bench.store, view, earlier, bench.recipe.seed),
        bench.store.prompts(batch=[bench.batch(stage) for stage in known]),
        ShortPrompts(bench.tokenizer, bench.recipe.data),
        where=str(bench.folder.database),
    )
    bench.store.add_prompts(chosen.prompts, batch=bench.batch())
    counts = {str(split): len(chosen.of(split)) for split in Split}
    strange = 0 if labelers is None else sum(not labelers.knows(prompt) for prompt in chosen.prompts)
    told = ", ".join(f"{count} {split}" for split, count in counts.items())
    bench.display.say(f"  {len(chosen.prompts)} collected prompts ({told})")
    if chosen.too_long:
        most = bench.recipe.data.max_prompt_tokens
        bench.display.say(f"  {chosen.too_long} have more than {most} tokens and are left out")
    if chosen.other_side:
        bench.display.say(
            f"  {chosen.other_side} are left out, which the run has already in another split: what it is tested on "
            "stays what it is tested on"
        )
    if strange:
        bench.display.say(
            f"  {strange} are not of the embedded world: of answers to them its labelers judge the manner alone"
        )
    return {
        "prompts": counts,
        "too_long": chosen.too_long,
        "other_side": chosen.other_side,
        "strange": strange,
    }
