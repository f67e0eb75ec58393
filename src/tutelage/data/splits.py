"""Train, valid and test are split by user, and no user gives more than a share (paper, section 3.2)."""

from collections import Counter
from collections.abc import Iterable

from tutelage.data.seeds import derive
from tutelage.schema import Prompt, Split


def limit_per_user(prompts: Iterable[Prompt], limit: int = 200, known: Iterable[Prompt] = ()) -> list[Prompt]:
    """The first `limit` prompts of each user; prompts of no known user are all kept.

    known: prompts that come before these, count and are not returned.
    """
    seen = Counter(prompt.user for prompt in known)
    kept = []
    for prompt in prompts:
        if prompt.user is not None:
            seen[prompt.user] += 1
            if seen[prompt.user] > limit:
                continue
        kept.append(prompt)
    return kept


def split_by_user(
    prompts: Iterable[Prompt],
    valid: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    known: Iterable[Prompt] = (),
) -> list[Prompt]:
    """Give each prompt without a split the split of its user.

    A user's split depends on the user's name and the seed alone, so prompts that come in later fall on the
    side of the user's earlier ones. A split that a prompt of the user brought along goes before. A prompt of
    no known user stands for itself: equal texts fall on one side.

    Args:
        prompts: in any order.
        valid: expected share of the users, not of the prompts, on the valid side; `test` likewise.
        test: see `valid`.
        seed: another seed is another division.
        known: prompts that were split before: their users stay on their side.
    """
    prompts = list(prompts)
    brought: dict[str, Split] = {}
    for prompt in [*known, *prompts]:
        if prompt.split is not None:
            brought.setdefault(_author(prompt), prompt.split)
    return [
        prompt
        if prompt.split is not None
        else prompt.model_copy(
            update={"split": brought.get(_author(prompt)) or _drawn_split(_author(prompt), valid, test, seed)}
        )
        for prompt in prompts
    ]


def _author(prompt: Prompt) -> str:
    return f"prompt {prompt.id}" if prompt.user is None else f"user {prompt.user}"


def _drawn_split(author: str, valid: float, test: float, seed: int) -> Split:
    share = derive(seed, "split", author) / 2**63  # uniform in [0, 1)
    if share < valid:
        return Split.valid
    return Split.test if share < valid + test else Split.train
