"""Prompts that say the same at length are kept once (paper, section 3.2 and appendix A.3).

Users resubmit a prompt with another ending, above all few-shot prompts with another query; by a long common
prefix they are known.
"""

from collections.abc import Iterable

from tutelage.schema import Prompt


def deduplicate(prompts: Iterable[Prompt], prefix_characters: int = 200) -> list[Prompt]:
    """The first of all prompts that share their first `prefix_characters`, in the order given.

    The paper names no length. Letter case and the width of white space do not count; shorter prompts must
    agree as a whole.
    """
    first: dict[str, Prompt] = {}
    for prompt in prompts:
        first.setdefault(" ".join(prompt.text.casefold().split())[:prefix_characters], prompt)
    return list(first.values())
