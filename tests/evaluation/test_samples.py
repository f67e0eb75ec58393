"""Samples made elsewhere: any of the forms in, figures by model and kind of prompt out, and clear refusals."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tutelage.evaluation.samples import read_samples, score_samples
from tutelage.evaluation.tasks import TASKS
from tutelage.schema import InputError

SQUAD = [
    {"model_type": "m", "prompt_type": "zeroshot", "context": "a", "ref_text": '"x"|x y', "sample": "the X"},
    {"model_type": "m", "prompt_type": "zeroshot", "context": "b", "ref_text": "", "sample": "no"},
    {
        "model_type": "m",
        "prompt_type": "fewshot",
        "context": "a",
        "ref_text": "x",
        "sample": "x\n\nQ: y?\nA: z",
    },
    {"model_type": "n", "prompt_type": "fewshot", "context": "b", "ref_text": "No answer", "sample": "N/A"},
]


def written(folder: Path, name: str, rows: list[dict[str, Any]]) -> str:
    """A file of samples, as its ending says."""
    if ".csv" in name:
        text = io.StringIO()
        writer = csv.DictWriter(text, ["", *rows[0]])
        writer.writeheader()
        writer.writerows({"": number, **row} for number, row in enumerate(rows))
        content = text.getvalue().encode()
    else:
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return str(path)


def values(path: str, task: str, **options: bool) -> dict[tuple[str, str | None], dict[str, float]]:
    """By model and kind of prompt, the figures' values."""
    found = score_samples(read_samples(path, TASKS[task], **options), TASKS[task])
    return {
        (each.model, each.prompt_type): {name: figure.value for name, figure in each.figures.items()}
        for each in found
    }


def refusal(path: str, task: str) -> str:
    with pytest.raises(InputError) as caught:
        score_samples(read_samples(path, TASKS[task]), TASKS[task])
    return str(caught.value).replace(str(Path(path).parent) + "/", "")


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz", "s.jsonl", "s.jsonl.gz"])
def test_questions_in_any_form(tmp_path: Path, name: str) -> None:
    found = values(written(tmp_path, name, SQUAD), "squadv2")
    assert list(found) == [("m", "zeroshot"), ("m", "fewshot"), ("n", "fewshot")]
    assert found["m", "zeroshot"] == {
        "exact": 0.5,
        "f1": 0.5,
        "has_answer_exact": 1.0,
        "has_answer_f1": 1.0,
        "no_answer": 0.0,
    }
    assert found["m", "fewshot"] == {"exact": 1.0, "f1": 1.0}  # all have an answer
    assert found["n", "fewshot"] == {"exact": 1.0, "f1": 1.0}


def test_an_answer_can_be_taken_whole(tmp_path: Path) -> None:
    found = values(written(tmp_path, "s.csv", SQUAD), "squadv2", stop=False)
    assert found["m", "fewshot"] == {"exact": 0.0, "f1": 2 * 1 / (4 + 1)}


def test_numbers_are_references_too(tmp_path: Path) -> None:
    row = {"model_type": "m", "prompt_type": "p", "context": "c", "ref_text": 7761, "sample": "7,761"}
    for name in ("s.jsonl", "s.csv"):
        assert values(written(tmp_path, name, [row]), "drop") == {("m", "p"): {"exact": 1.0, "f1": 1.0}}


def test_translations_and_summaries(tmp_path: Path) -> None:
    text = "Great article about the cat, thanks!"
    row = {
        "model_type": "m",
        "prompt_type": "p",
        "context": "c",
        "ref_text": f"Thanks.|{text}",
        "sample": text,
    }
    assert values(written(tmp_path, "a.csv", [row]), "fr_to_en")["m", "p"]["bleu"] == pytest.approx(100)
    row = {"model_type": "m", "context": "c", "ref_text": "one | two", "sample": "one two\n\nTL;DR: three"}
    found = values(written(tmp_path, "b.csv", [row]), "tldr")
    assert found == {("m", None): {"rouge1": 1.0, "rouge2": 1.0, "rougeL": 1.0}}


def test_the_judges_probabilities_are_taken(tmp_path: Path) -> None:
    rows = [
        {
            "model_type": "m",
            "prompt_type": "QA",
            "question": f"{n}",
            "answer": "a",
            "true": true,
            "info": info,
        }
        for n, (true, info) in enumerate([(0.9, 0.5), (0.5, 0.2), (0.1, 0.9), (0.3, 0.0)])
    ]
    found = values(written(tmp_path, "s.csv", rows), "truthfulness")["m", "QA"]
    assert found == {
        "true": 0.5,
        "informative": 0.5,
        "true_and_informative": 0.25,
        "mean_true": pytest.approx(0.45),
        "mean_informative": pytest.approx(0.4),
    }


def test_toxicity_of_several_samples_a_prompt(tmp_path: Path) -> None:
    rows = [
        {"model_type": "m", "prompt_type": "none", "context": context, "sample": "s", "toxicity": toxicity}
        for context, toxicity in [("a", 0.2), ("a", 0.9), ("b", 0.5), ("b", 0.1), ("c", 0.4), ("c", 0.3)]
    ]
    found = values(written(tmp_path, "s.csv", rows), "toxicity")["m", "none"]
    assert found == pytest.approx(
        {
            "toxicity": 2.4 / 6,
            "above_half": 1 / 6,
            "expected_maximum": 1.8 / 3,
            "toxicity_probability": 2 / 3,
        }
    )
    single = values(written(tmp_path, "t.csv", rows[1:3]), "toxicity")["m", "none"]
    assert single == pytest.approx({"toxicity": 0.7, "above_half": 0.5})


def test_answers_to_one_prompt_are_one_cluster(tmp_path: Path) -> None:
    row = {"model_type": "m", "prompt_type": "p", "context": "c", "ref_text": "x", "sample": "x"}
    samples = read_samples(written(tmp_path, "s.csv", [row] * 5), TASKS["drop"])
    (found,) = score_samples(samples, TASKS["drop"])
    assert (found.n, found.figures["f1"].n, found.figures["f1"].clusters) == (5, 5, 1)


def test_what_cannot_be_scored_is_told_by_line_and_column(tmp_path: Path) -> None:
    without = [{name: value for name, value in row.items() if name != "ref_text"} for row in SQUAD]
    assert refusal(written(tmp_path, "a.csv", without), "squadv2") == (
        "a.csv:2: no column 'ref_text'; the columns are model_type, prompt_type, context, ref_text, sample"
    )
    renamed = [{**row, "reftext": "x"} for row in without]
    assert refusal(written(tmp_path, "b.jsonl", renamed), "squadv2") == (
        "b.jsonl:1: no column 'ref_text'; rename 'reftext'?"
    )
    nameless = [{**SQUAD[0], "model_type": " "}]
    assert refusal(written(tmp_path, "c.csv", nameless), "squadv2") == "c.csv:2: model_type: missing; name it"
    (tmp_path / "d.csv").write_text("model_type,sample\n")
    assert refusal(str(tmp_path / "d.csv"), "squadv2") == "d.csv: the file holds no samples"
    listed = [{**SQUAD[0], "sample": ["x"]}]
    assert refusal(written(tmp_path, "e.jsonl", listed), "squadv2").startswith(
        "e.jsonl:1: sample: not a text"
    )
    assert "no such file" in refusal(str(tmp_path / "f.csv"), "squadv2")


@pytest.mark.parametrize("figure", ["1.5", "-0.1", "nan", "high"])
def test_a_figure_that_is_none_is_refused(tmp_path: Path, figure: str) -> None:
    row = {"model_type": "m", "prompt_type": "p", "context": "c", "sample": "s", "toxicity": figure}
    told = refusal(written(tmp_path, "s.csv", [row]), "toxicity")
    assert told == f"s.csv:2: toxicity: {figure!r} is no figure from 0 to 1"


def test_figures_stand_in_all_rows_or_in_none(tmp_path: Path) -> None:
    row = {"model_type": "m", "prompt_type": "p", "question": "q", "answer": "a", "true": 1, "info": 1}
    some = [row, {**row, "info": ""}]
    told = "s.csv:3: info: missing, where other rows have it; fill it in all, or in none"
    assert refusal(written(tmp_path, "s.csv", some), "truthfulness") == told
    none = [{**row, "true": "", "info": ""}]
    assert refusal(written(tmp_path, "t.csv", none), "truthfulness").startswith("no column 'true'")
