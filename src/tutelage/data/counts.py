"""How many prompts there are, as the paper counts them: table 6 by split and by who wrote them, table 1 by use case."""

from collections import Counter
from collections.abc import Iterable

from tutelage.schema import Prompt, Purpose, Split, UseCase
from tutelage.store import View

SOURCES = ("labelers", "customers")


def table_6(view: View) -> dict[str, dict[str, int]]:
    """ "sft", "reward", "ppo" -> "train labelers" -> prompts of demonstrations, of rankings, and all that there are."""
    return {
        "sft": by_split_and_source(each.prompt for each in view.demonstrations(purpose=Purpose.training)),
        "reward": by_split_and_source(each.prompt for each in view.rankings(purpose=Purpose.training)),
        # a run's copy of a prompt may have the use case that it had then
        "ppo": by_split_and_source({prompt.text: prompt for prompt in view.prompts()}.values()),
    }


def by_split_and_source(prompts: Iterable[Prompt]) -> dict[str, int]:
    """ "train labelers" -> how many, each prompt once; those of a kind that labelers write are theirs (§3.2)."""
    order = [f"{split} {source}" for split in Split for source in SOURCES]
    counted = Counter(
        f"{prompt.split} {'customers' if prompt.kind is None else 'labelers'}"
        for prompt in dict.fromkeys(prompts)
    )
    return {name: counted[name] for name in order if counted[name]}


def by_use_case(prompts: Iterable[Prompt]) -> dict[UseCase, int]:
    """How many prompts of each use case, in the order of table 1; prompts of none are left out."""
    counted = Counter(prompt.use_case for prompt in dict.fromkeys(prompts))
    return {use_case: counted[use_case] for use_case in UseCase if counted[use_case]}
