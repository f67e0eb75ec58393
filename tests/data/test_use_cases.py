"""The rules see what most prompts are for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.data import use_case_of
from tutelage.schema import UseCase

PASSAGE = "The Rhine is a river of Europe. It rises in the Alps and flows to the North Sea. " * 6

# after the examples of table 2 and appendix A.2 of the paper, in our words
PROMPTS = [
    ("Write a short story in which a bear goes to the beach and makes friends.", UseCase.generation),
    ("Compose a rap song about a cat.", UseCase.generation),
    ("Please write me a cover letter for a job as a nurse", UseCase.generation),
    ("Who built the Eiffel Tower?", UseCase.open_qa),
    ("How do you take the derivative of the sine function?", UseCase.open_qa),
    ("Explain why the sky is blue", UseCase.open_qa),
    ("List five ideas for how to regain enthusiasm for my career", UseCase.brainstorming),
    ("What are some tips for a good night's sleep?", UseCase.brainstorming),
    ("Give me three names for a bakery", UseCase.brainstorming),
    (
        "The following is a conversation with an assistant.\n\nHuman: Hello, who are you?\nAI: I am an AI.\nHuman:",
        UseCase.chat,
    ),
    ("Translate this sentence to Spanish:\n\nI am hungry.", UseCase.rewrite),
    ("Rewrite the following text to be more light-hearted:\n\nThe weather is bad.", UseCase.rewrite),
    (f"Summarize this for a second-grade student:\n\n{PASSAGE}", UseCase.summarization),
    (f"{PASSAGE}\n\nTl;dr:", UseCase.summarization),
    ("Classify this tweet as positive or negative:\n\nI hate rain!", UseCase.classification),
    ("What is the sentiment of this review?\n\nGreat food.", UseCase.classification),
    (f"Extract all place names from the article below:\n\n{PASSAGE}", UseCase.extract),
    (f"{PASSAGE}\n\nWhere does the Rhine rise?", UseCase.closed_qa),
    ("Passage: The mole has fur.\nQuestion: What does the mole have?", UseCase.closed_qa),
    ("start with where", UseCase.other),
    ("asdf", UseCase.other),
]


@pytest.mark.parametrize(("text", "expected"), PROMPTS, ids=[text[:40] for text, _ in PROMPTS])
def test_what_prompts_are_for(text: str, expected: UseCase) -> None:
    assert use_case_of(text) is expected


@given(st.text())
def test_any_text_has_a_use_case(text: str) -> None:
    assert use_case_of(text) in UseCase
