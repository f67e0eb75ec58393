"""Where an answer ends: few-shot prompts lead a model to go on with questions of its own."""

from collections.abc import Sequence

LINE = ("\n",)
"""The answer is one line."""
PARAGRAPH = ("\n\n",)
"""The answer is one paragraph."""


def cut(text: str, stops: Sequence[str]) -> str:
    """The text up to the first of its stops, without blanks around it; blank lines before it are no end."""
    answer = text.strip()
    ends = [answer.find(stop) for stop in stops]
    return answer[: min((end for end in ends if end >= 0), default=len(answer))].strip()
