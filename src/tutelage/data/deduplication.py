"""Prompts that say the same are kept once (paper, section 3.2 and appendix A.3).

Users resubmit a prompt with another ending, above all few-shot prompts with another query; by a long common
prefix they are known. What was changed in its midst is known by how many runs of words both have.
"""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from tutelage.data.characters import folded
from tutelage.schema import Prompt

SHINGLE = 3
"""Words of a run."""
NEAR = 0.8
"""Of two texts' runs of words the share in both from which the texts are near-duplicates."""
_PERMUTATIONS = 128
"""Hash values of a text: more of them miss fewer pairs."""


def deduplicate(
    prompts: Iterable[Prompt], prefix_characters: int = 200, known: Iterable[Prompt] = ()
) -> list[Prompt]:
    """The first of all prompts that share their first `prefix_characters`, in the order given.

    The paper names no length. Letter case, the width of white space and how characters are composed do not count
    (see `folded`); shorter prompts must agree as a whole. known: prompts that come before these and are not returned.
    """
    before = {_beginning(prompt, prefix_characters) for prompt in known}
    first: dict[str, Prompt] = {}
    for prompt in prompts:
        beginning = _beginning(prompt, prefix_characters)
        if beginning not in before:
            first.setdefault(beginning, prompt)
    return list(first.values())


def finds_near_duplicates() -> bool:
    """Whether the extra `privacy` is there, which `without_near_duplicates` needs."""
    return find_spec("datasketch") is not None


def without_near_duplicates(
    prompts: Iterable[Prompt], near: float = NEAR, known: Sequence[Prompt] = ()
) -> list[Prompt]:
    """The prompts that are no near-duplicate of an earlier one, in the order given.

    Two are when the Jaccard index of their sets of word runs is `near` or more. MinHash with locality-sensitive hashing
    proposes the pairs, which then are compared exactly: none goes by an error of the estimate, and few are missed.
    known: prompts that come before these and are not returned. Needs the extra `privacy`.
    """
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]

    # proposing at a lower threshold misses fewer; the exact comparison decides
    index = MinHashLSH(threshold=max(near - 0.1, 0.05), num_perm=_PERMUTATIONS)
    runs_of: list[frozenset[str]] = []
    kept = []
    for place, prompt in enumerate([*known, *prompts]):
        runs = _runs(prompt.text)
        sketch = MinHash(num_perm=_PERMUTATIONS)
        sketch.update_batch([run.encode() for run in sorted(runs)])
        is_new = place >= len(known)
        if is_new and any(_jaccard(runs, runs_of[other]) >= near for other in index.query(sketch)):
            continue
        index.insert(len(runs_of), sketch)
        runs_of.append(runs)
        if is_new:
            kept.append(prompt)
    return kept


def _beginning(prompt: Prompt, characters: int) -> str:
    return " ".join(folded(prompt.text).split())[:characters]


def _runs(text: str) -> frozenset[str]:
    """All runs of SHINGLE words; a shorter text is one."""
    words = folded(text).split()
    count = max(len(words) - SHINGLE + 1, 1)
    return frozenset(" ".join(words[start : start + SHINGLE]) for start in range(count))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
