"""Rows as other libraries and data sets document them, each read into the record that it means."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tutelage.data import Reading, Unusable, read_demonstrations, read_documents, read_prompts, read_rankings
from tutelage.schema import InputError

Write = Callable[..., Path]

QUESTION = {"role": "user", "content": "What color is the sky?"}
BLUE = {"role": "assistant", "content": "It is blue."}
GREEN = {"role": "assistant", "content": "It is green."}
AGAIN = {"role": "user", "content": "Why?"}
DIALOGUE = "Human: What color is the sky?\n\nAssistant: It is blue.\n\nHuman: Why?\n\nAssistant:"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*rows: dict[str, Any]) -> Path:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("row", "prompt", "completion"),
    [
        # TRL: prompt-completion, standard and conversational; language modelling, conversational
        ({"prompt": "The sky is", "completion": " blue."}, "The sky is", " blue."),
        ({"prompt": [QUESTION], "completion": [BLUE]}, QUESTION["content"], "It is blue."),
        ({"messages": [QUESTION, BLUE]}, QUESTION["content"], "It is blue."),
        ({"messages": [QUESTION, BLUE, AGAIN, BLUE]}, DIALOGUE, "It is blue."),
        # OpenRLHF: --input_key and --output_key, texts and messages; messages with their answer
        ({"input": "2+2?", "output": "4"}, "2+2?", "4"),
        ({"input": [QUESTION], "output": [BLUE]}, QUESTION["content"], "It is blue."),
        ({"context_messages": [QUESTION, BLUE, AGAIN], "output": "Rayleigh."}, DIALOGUE, "Rayleigh."),
        # Alpaca, and as LLaMA-Factory widens it
        ({"instruction": "Add.", "input": "2 and 2", "output": "4"}, "Add.\n\n2 and 2", "4"),
        ({"instruction": "Name a bird.", "input": "", "output": "Owl."}, "Name a bird.", "Owl."),
        (
            {"instruction": "Add.", "input": "2", "output": "4", "system": "Be brief.", "history": None},
            "Be brief.\n\nAdd.\n\n2",
            "4",
        ),
        (
            {
                "instruction": "Why?",
                "input": "",
                "output": "Light.",
                "history": [["What color is the sky?", "It is blue."]],
            },
            DIALOGUE,
            "Light.",
        ),
        # Dolly
        (
            {"instruction": "When?", "context": "In 1905.", "response": "1905", "category": "closed_qa"},
            "When?\n\nIn 1905.",
            "1905",
        ),
        # ShareGPT
        (
            {
                "conversations": [
                    {"from": "human", "value": "What color is the sky?"},
                    {"from": "gpt", "value": "It is blue."},
                    {"from": "human", "value": "Why?"},
                    {"from": "gpt", "value": "Light."},
                ]
            },
            DIALOGUE,
            "Light.",
        ),
        (
            {
                "system": "Be brief.",
                "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}],
            },
            "Be brief.\n\nhi",
            "ho",
        ),
        ({"conversations": [QUESTION, BLUE]}, QUESTION["content"], "It is blue."),
        # a column of ours goes before another layout's
        ({"prompt": "mine", "completion": "yes", "instruction": "no", "output": "no"}, "mine", "yes"),
        ({"prompt": "mine", "completion": "yes", "messages": [QUESTION, BLUE]}, "mine", "yes"),
    ],
)
def test_demonstrations(write: Write, row: dict[str, Any], prompt: str, completion: str) -> None:
    (found,) = read_demonstrations(write(row))
    assert (found.prompt.text, found.completion) == (prompt, completion)


@pytest.mark.parametrize(
    ("row", "prompt", "better", "worse"),
    [
        # TRL: preference with explicit and implicit prompt, standard and conversational
        (
            {"prompt": "The sky is", "chosen": " blue.", "rejected": " green."},
            "The sky is",
            " blue.",
            " green.",
        ),
        ({"chosen": "The sky is blue.", "rejected": "The sky is green."}, "The sky is", "blue.", "green."),
        (
            {"prompt": [QUESTION], "chosen": [BLUE], "rejected": [GREEN]},
            QUESTION["content"],
            "It is blue.",
            "It is green.",
        ),
        (
            {"chosen": [QUESTION, BLUE], "rejected": [QUESTION, GREEN]},
            QUESTION["content"],
            "It is blue.",
            "It is green.",
        ),
        # a prompt that is the first question only, beside whole dialogues, as UltraFeedback binarized has it
        (
            {
                "prompt": QUESTION["content"],
                "messages": [QUESTION, BLUE],
                "chosen": [QUESTION, BLUE, AGAIN, BLUE],
                "rejected": [QUESTION, BLUE, AGAIN, GREEN],
                "score_chosen": 8.0,
            },
            DIALOGUE,
            "It is blue.",
            "It is green.",
        ),
        # OpenRLHF with --apply_chat_template, and without
        (
            {
                "chosen": [QUESTION, BLUE, AGAIN, BLUE],
                "rejected": [QUESTION, BLUE, AGAIN, GREEN],
                "margin": 1,
            },
            DIALOGUE,
            "It is blue.",
            "It is green.",
        ),
        # Anthropic's HH
        (
            {
                "chosen": f"\n\n{DIALOGUE} It scatters.",
                "rejected": f"\n\n{DIALOGUE} It",
            },
            DIALOGUE,
            "It scatters.",
            "It",
        ),
        # Alpaca's columns and ShareGPT's messages in pairs, as LLaMA-Factory has them
        (
            {"instruction": "Add.", "input": "2 and 2", "chosen": "4", "rejected": "5"},
            "Add.\n\n2 and 2",
            "4",
            "5",
        ),
        (
            {
                "conversations": [{"from": "human", "value": "hi"}],
                "chosen": {"from": "gpt", "value": "ho"},
                "rejected": {"from": "gpt", "value": "hm"},
            },
            "hi",
            "ho",
            "hm",
        ),
    ],
)
def test_pairs(write: Write, row: dict[str, Any], prompt: str, better: str, worse: str) -> None:
    (found,) = read_rankings(write(row))
    assert found.prompt.text == prompt
    assert found.completions == (better, worse)
    assert found.ranks == (1, 2)


def rated(model: str, response: str, score: float) -> dict[str, Any]:
    annotations = {"helpfulness": {"Rating": "4", "Rationale": "…"}}
    return {"model": model, "response": response, "overall_score": score, "annotations": annotations}


@pytest.mark.parametrize(
    ("row", "ranks", "sources"),
    [
        # UltraFeedback
        (
            {
                "source": "flan",
                "instruction": "Name a bird.",
                "models": ["a", "b", "c", "d"],
                "completions": [
                    rated("a", "A", 7.5),
                    rated("b", "B", 9),
                    rated("c", "C", 7.5),
                    rated("d", "D", 1),
                ],
            },
            (2, 1, 2, 4),
            ("a", "b", "c", "d"),
        ),
        # the same in columns, marks as texts too
        ({"prompt": "p", "completions": ["A", "B"], "scores": [0.1, -3]}, (1, 2), None),
        ({"instruction": "p", "generations": ["A", "B", "C"], "ratings": ["3", "5", "5"]}, (3, 1, 1), None),
        # ranks that are there go before marks
        ({"prompt": "p", "completions": ["A", "B"], "ranks": [2, 1], "scores": [9, 1]}, (2, 1), None),
    ],
)
def test_marks_become_ranks(
    write: Write, row: dict[str, Any], ranks: tuple[int, ...], sources: tuple[str, ...] | None
) -> None:
    (found,) = read_rankings(write(row))
    assert found.ranks == ranks
    assert found.completions == ("A", "B", "C", "D")[: len(ranks)]
    assert found.sources == sources


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        ({"prompt": "The sky is"}, "The sky is"),
        ({"prompt": [QUESTION]}, QUESTION["content"]),
        ({"input": "2+2?"}, "2+2?"),
        ({"context_messages": [QUESTION, BLUE, AGAIN]}, DIALOGUE),
        (
            {"conversations": [{"from": "system", "value": "Be brief."}, {"from": "human", "value": "hi"}]},
            "Be brief.\n\nhi",
        ),
        ({"instruction": "Add.", "input": "2", "output": "4"}, "Add.\n\n2"),
        ({"prompt": "first", "messages": [QUESTION, BLUE]}, "first"),
    ],
)
def test_prompts(write: Write, row: dict[str, Any], prompt: str) -> None:
    assert [found.text for found in read_prompts(write(row))] == [prompt]


@pytest.mark.parametrize(
    ("read", "row", "line"),
    [
        (
            read_demonstrations,
            {"prompt": "The sky is", "completion": " blue.", "label": True},
            "label: an answer that is marked good or bad by itself is neither a demonstration nor a comparison",
        ),
        (
            read_rankings,
            {"prompt": [QUESTION], "completion": [BLUE], "label": False},
            "label: an answer that is marked good or bad by itself is neither a demonstration nor a comparison",
        ),
        (
            read_demonstrations,
            {"conversations": [{"from": "tool", "value": "1"}]},
            "conversations.0: from: 'tool' is not a known speaker; known are human, user,",
        ),
        (read_demonstrations, {"conversations": []}, "conversations: no turns"),
        (read_demonstrations, {"conversations": [{"from": "human"}]}, "conversations.0: not a turn"),
        (
            read_demonstrations,
            {"conversations": [{"from": "human", "value": "a"}]},
            "messages: the last message is the user's",
        ),
        (
            read_demonstrations,
            {"instruction": "a", "output": "b", "history": [["c"]]},
            "history.0: not a turn",
        ),
        (
            read_demonstrations,
            {"prompt": [QUESTION], "completion": [BLUE, AGAIN, BLUE]},
            "completion: 3 messages, where one answer is meant",
        ),
        (
            read_rankings,
            {"instruction": "a", "completions": [rated("m", "A", 1), {"model": "n", "response": "B"}]},
            "completions.1: has none of overall_score, rating, score",
        ),
        (
            read_rankings,
            {"prompt": "a", "completions": ["A", "B"], "ratings": ["4", "N/A"]},
            "ratings: 'N/A' is no number",
        ),
        # the answers to a question of another name begin alike by chance
        (
            read_rankings,
            {"query": "Is it so?", "chosen": "I think so.", "rejected": "I think not."},
            "prompt: missing, and the pair shares no dialogue",
        ),
        # dialogues that part earlier than at the last answer
        (
            read_rankings,
            {
                "chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d",
                "rejected": "\n\nHuman: a\n\nAssistant: x\n\nHuman: y\n\nAssistant: z",
            },
            "prompt: missing, and the pair shares no dialogue",
        ),
        (
            read_rankings,
            {"chosen": [QUESTION, BLUE, AGAIN, BLUE], "rejected": [QUESTION, GREEN, AGAIN, GREEN]},
            "prompt: missing, and the pair shares no dialogue",
        ),
    ],
)
def test_what_is_no_such_record(
    write: Write, read: Callable[[Path], object], row: dict[str, Any], line: str
) -> None:
    path = write(row)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:1: {line}")


def test_other_columns_are_named(write: Write) -> None:
    path = write(
        {"query": "a", "best": "b", "worst": "c"},
        {"prompt": "d", "chosen": "e", "rejected": "f"},  # one that has our names keeps them
        {"prompt": "shown", "query": "asked", "best": "g", "worst": "h"},
    )
    reading = Reading({"prompt": "query", "chosen": "best", "rejected": "worst"})
    found = [(each.prompt.text, each.completions) for each in read_rankings(path, reading)]
    assert found == [("a", ("b", "c")), ("d", ("e", "f")), ("asked", ("g", "h"))]
    documents = read_documents(write({"content": "page", "text": "title"}), Reading({"text": "content"}))
    assert [document.text for document in documents] == ["page"]


def test_rows_that_cannot_be_used_are_left_out_and_counted(write: Write) -> None:
    unusable = Unusable()
    reading = Reading(unusable=unusable)
    good = {"prompt": "a", "chosen": "b", "rejected": "c"}
    path = write(
        {"chosen": "x", "rejected": "y"}, good, {"prompt": " ", "chosen": "b", "rejected": "c"}, good
    )
    for _ in range(2):  # a second reading counts no row again
        assert len(read_rankings(path, reading)) == 2
    assert str(unusable.told).startswith(
        f"2 rows left out that cannot be used, the first: {path}:1: prompt: "
    )
    path.write_text('{"prompt": "a"')  # a broken file is another matter
    with pytest.raises(InputError, match="not JSON"):
        read_rankings(path, reading)
    assert Unusable().told is None


REAL = Path(__file__).parents[3] / "shared" / "data" / "comparisons"


@pytest.mark.skipif(not REAL.is_dir(), reason="the public data is not laid beside the checkout")
def test_real_comparisons_from_their_marks(tmp_path: Path) -> None:
    """Ranks that were made from marks are found again from the marks, for people's rankings of four."""
    with gzip.open(REAL / "tulu-human.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    path = tmp_path / "marks.jsonl"
    path.write_text("".join(json.dumps({**row, "ranks": None}) + "\n" for row in rows), encoding="utf-8")
    assert [list(found.ranks) for found in read_rankings(path)] == [row["ranks"] for row in rows]
