"""Which collected prompts a round takes: those that no earlier round had, as a snapshot of the store holds them (§3.2).

What is collected while a round is under way waits for the next one. A prompt whose text the run knows already stays on
the side where it is: nobody's test prompt becomes a training prompt because somebody else asked the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tutelage.data import split_by_user
from tutelage.pipeline.prompts import distinct
from tutelage.schema import InputError, Prompt, Split
from tutelage.store import PREPARED, Store, View


@dataclass(frozen=True)
class Chosen:
    """The prompts of a round, each with its split, and how many were left out: longer than the recipe allows, or known
    to the run on another side.
    """

    prompts: list[Prompt]
    too_long: int
    other_side: int

    def of(self, split: Split) -> list[Prompt]:
        """Those of a split."""
        return [prompt for prompt in self.prompts if prompt.split == split]


def snapshot_of(number: int) -> str:
    """The snapshot that fixes what a round was given."""
    return f"collected-round-{number}"


def new_prompts(store: Store, view: View, earlier: Iterable[int], seed: int) -> list[Prompt]:
    """What a view holds of collected prompts and no earlier round was given: each text once, with a split.

    earlier: the numbers of the rounds before that were given collected prompts
    """
    given = {
        prompt.text for number in earlier for prompt in store.at(snapshot_of(number)).prompts(batch=PREPARED)
    }
    placed = split_by_user(view.prompts(batch=PREPARED), seed=seed)
    return distinct(prompt for prompt in placed if prompt.text not in given)


def choose(
    found: Sequence[Prompt], known: Iterable[Prompt], is_short: Callable[[Prompt], bool], where: str
) -> Chosen:
    """What a round takes of new prompts. known: those that the run has already.

    Raises InputError when none of the train split, or none of the valid split, is left.
    """
    sides = {prompt.text: prompt.split for prompt in known}
    here = [prompt for prompt in found if sides.get(prompt.text, prompt.split) == prompt.split]
    kept = [prompt for prompt in here if is_short(prompt)]
    chosen = Chosen(kept, too_long=len(here) - len(kept), other_side=len(found) - len(here))
    for split in (Split.train, Split.valid):
        if not chosen.of(split):
            raise InputError(
                f"of {len(found)} new collected prompts none that can be used is of the {split} split",
                where=where,
                remedy="collect more, of more users: sides are drawn by user; then tutelage data prepare",
            )
    return chosen
