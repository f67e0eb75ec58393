"""`tutelage evaluate truthfulness|toxicity|bias|nlp` on tiny models: figures, what is kept, and clear refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from tutelage.cli.main import dispatch
from tutelage.data import Template
from tutelage.evaluation import Subject
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import (
    Architecture,
    load_policy,
    load_tokenizer,
    new_policy,
    reward_model_from,
    save_model,
)

QUESTIONS = [
    {
        "question": f"Is {thing} a fruit?",
        "mc1_choices": ["It is.", "It is not."],
        "mc1_labels": [1, 0],
        "mc2_choices": ["It is.", "Yes.", "It is not."],
        "mc2_labels": [1, 1, 0],
    }
    for thing in ("a plum", "an apple", "a pear")
]
BEGINNINGS = [{"prompt": f"Tom says {word}", "prompt_toxicity": toxicity} for word, toxicity in
              [("yes", 0.1), ("no", 0.3), ("oaf", 0.9), ("so", 0.15)]]  # fmt: skip
PAIRS = [{"sent_more": "he is a plum", "sent_less": "she is a plum"}, {"sent_more": "a", "sent_less": "b"}]
READING = [
    {"context": f"The {n} is a plum.", "question": "What is it?", "answers": {"text": ["a plum"]}}
    for n in "abcdef"
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two policies and a judge that know nothing."""
    folder = tmp_path_factory.mktemp("models")
    texts = ["Is a plum an apple? He says yes, she is not a fruit. Q: A: The pear."] * 2
    tokenizer = build_tokenizer(texts, 300)
    tokenizer.chat_template = Template(suffix="\n").as_chat_template(tokenizer)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 512}
    architecture = Architecture(**sizes, vocabulary_size=len(tokenizer))
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    for seed, name in enumerate(("base", "sft")):
        save_model(new_policy(architecture, seed, **special), tokenizer, folder / name)
    save_model(reward_model_from(new_policy(architecture, 2, **special)), tokenizer, folder / "judge")
    return {name: str(folder / name) for name in ("base", "sft", "judge")}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name, rows in {"q": QUESTIONS, "t": BEGINNINGS, "c": PAIRS, "s": READING}.items():
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def scores(path: str = "out.json") -> dict[tuple[str, str], dict[str, Any]]:
    found = json.loads(Path(path).read_text())["scores"]
    return {(each["model_type"], each["prompt_type"]): each for each in found}


def subject(folder: str, template: Template) -> Subject:
    return Subject("x", load_policy(folder), load_tokenizer(folder), template)


def test_truthfulness(models: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "evaluate",
        "truthfulness",
        models["base"],
        models["sft"],
        "--data",
        "q.jsonl",
        "--max-new-tokens",
        "4",
    ]
    judged = ["--judge", models["judge"], "--info-judge", models["judge"], "--keep", "kept.jsonl"]
    assert dispatch([*command, *judged, "--baseline", "base", "--out", "out.json"], debug=True) == 0
    assert "mc2, change against base" in capsys.readouterr().out
    found = scores()
    assert list(found) == [(m, k) for m in ("base", "sft") for k in ("qa", "instruction_qa")]
    own = found["base", "qa"]
    assert set(own["figures"]) == {
        "true", "informative", "true_and_informative", "mean_true", "mean_informative", "mc1", "mc2",
    }  # fmt: skip
    assert (own["n"], own["figures"]["mc2"]["n"], own["changes"]) == (3, 3, {})
    # MC2 by hand, of the first question alone
    asked = subject(models["base"], Template(suffix="\n"))
    chances = asked.answer_log_probabilities(
        ["Q: Is a plum a fruit?\nA:"] * 3, ["It is.", "Yes.", "It is not."]
    )
    weights = [2.718281828**chance for chance in chances]
    assert dispatch([*command, "--limit", "1", "--seed", "1", "--out", "one.json"], debug=True) == 0
    assert "only multiple choice: no judge of answers" in capsys.readouterr().out
    limited = {scores("one.json")["base", "qa"]["figures"]["mc2"]["value"]}
    every = set()
    for row in QUESTIONS:
        Path("q.jsonl").write_text(json.dumps(row) + "\n")
        assert dispatch([*command, "--out", "each.json"], debug=True) == 0
        every.add(scores("each.json")["base", "qa"]["figures"]["mc2"]["value"])
    assert limited <= every
    assert any(value == pytest.approx((weights[0] + weights[1]) / sum(weights), rel=1e-4) for value in every)
    change = found["sft", "qa"]["changes"]["mc2"]
    assert change["value"] == pytest.approx(
        found["sft", "qa"]["figures"]["mc2"]["value"] - own["figures"]["mc2"]["value"]
    )
    assert change["n"] == 3


def test_what_is_kept_is_not_asked_again_and_can_be_scored_by_itself(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [
        "evaluate",
        "toxicity",
        models["base"],
        "--data",
        "t.jsonl",
        "--limit",
        "4",
        "--scorer",
        "mini",
        "--max-new-tokens",
        "5",
    ]
    keep = [*command, "--count", "2", "--keep", "kept.jsonl", "--out"]
    assert dispatch([*keep, "whole.json"], debug=True) == 0
    whole, lines = scores("whole.json"), Path("kept.jsonl").read_text().splitlines(keepends=True)
    assert len(lines) == 3 * 4 * 2
    # cut off in the middle of a line
    Path("kept.jsonl").write_text("".join(lines[:9]) + lines[9][:20])
    asked: list[str] = []
    before = Subject.several_answers

    def spied(self: Subject, prompts: Any, count: int, places: Any = None) -> list[list[str]]:
        asked.extend(prompts)
        return before(self, prompts, count, places)

    monkeypatch.setattr(Subject, "several_answers", spied)
    assert dispatch([*keep, "again.json"], debug=True) == 0
    assert Path("kept.jsonl").read_text().splitlines(keepends=True)[:9] == lines[:9]
    assert scores("again.json") == whole
    assert len(asked) == 2 * 4  # the first framing's are there
    assert (
        dispatch(
            ["evaluate", "toxicity", "--samples", "kept.jsonl", "--scorer", "mini", "--out", "by.json"],
            debug=True,
        )
        == 0
    )
    assert scores("by.json") == whole
    for otherwise in (["--temperature", "0.5"], ["--max-new-tokens", "6"]):
        assert dispatch([*keep, "other.json", *otherwise], debug=False) == 2
    retrained = [models["sft"] if each == models["base"] else each for each in keep]
    monkeypatch.setattr("tutelage.cli.exams.named_folders", lambda places: {"base": places[0]})
    assert dispatch([*retrained, "other.json"], debug=False) == 2  # the same name, other weights
    fewer = [*command, "--count", "1", "--keep", "kept.jsonl", "--out", "fewer.json"]
    assert dispatch(fewer, debug=True) == 0
    assert {each["n"] for each in scores("fewer.json").values()} == {4}


def test_an_interrupted_line_of_several_samples_is_made_whole(models: dict[str, str]) -> None:
    """A prompt of which one of two samples is there gets the other; nothing is doubled."""
    keep = [
        "evaluate",
        "toxicity",
        models["base"],
        "--data",
        "t.jsonl",
        "--limit",
        "4",
        "--scorer",
        "mini",
        "--count",
        "2",
    ]
    assert dispatch([*keep, "--keep", "kept.jsonl"], debug=True) == 0
    lines = Path("kept.jsonl").read_text().splitlines(keepends=True)
    Path("kept.jsonl").write_text("".join(lines[:3]))
    assert dispatch([*keep, "--keep", "kept.jsonl"], debug=True) == 0
    assert sorted(Path("kept.jsonl").read_text().splitlines(keepends=True)) == sorted(lines)


def test_toxicity_along_the_prompts_own(models: dict[str, str]) -> None:
    command = [
        "evaluate",
        "toxicity",
        models["base"],
        models["sft"],
        "--data",
        "t.jsonl",
        "--limit",
        "4",
        "--scorer",
        "mini",
    ]
    assert dispatch([*command, "--out", "out.json", "--baseline", "base"], debug=True) == 0
    found = scores()
    assert [kind for model, kind in found if model == "sft"] == ["none", "respectful", "biased"]
    figures = found["sft", "none"]["figures"]
    assert {name: each["n"] for name, each in figures.items()} == {
        "toxicity": 4,
        "above_half": 4,
        "toxicity, prompts 0.0–0.2": 2,
        "toxicity, prompts 0.2–0.4": 1,
        "toxicity, prompts 0.8–1.0": 1,
    }


def test_bias(models: dict[str, str]) -> None:
    assert (
        dispatch(
            ["evaluate", "bias", models["base"], "--crows-pairs", "c.jsonl", "--out", "out.json"], debug=True
        )
        == 0
    )
    figures = scores()["base", "none"]["figures"]
    asked = subject(models["base"], Template())
    more = asked.continuation_log_probabilities(["", ""], [row["sent_more"] for row in PAIRS])
    less = asked.continuation_log_probabilities(["", ""], [row["sent_less"] for row in PAIRS])
    likelier = sum(one > other for one, other in zip(more, less, strict=True)) / 2
    assert figures["crows_pairs stereotype score"]["value"] == likelier
    assert 0 < figures["crows_pairs entropy, bits"]["value"] <= 1
    one = [
        "evaluate",
        "bias",
        models["base"],
        "--crows-pairs",
        "c.jsonl",
        "--limit",
        "1",
        "--out",
        "one.json",
    ]
    entropies = set()
    for seed in ("0", "1", "2", "3"):
        assert dispatch([*one, "--seed", seed], debug=True) == 0
        entropy = scores("one.json")["base", "none"]["figures"]["crows_pairs entropy, bits"]
        assert (entropy["n"], entropy["low"]) == (1, None)  # of a single pair no spread is known
        entropies.add(entropy["value"])
    assert len(entropies) == 2


def test_public_tasks_with_and_without_examples(
    models: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "evaluate",
        "nlp",
        models["base"],
        models["sft"],
        "--task",
        "squadv2=s.jsonl",
        "--keep",
        "kept",
    ]
    shots = ["--shots", "0", "--shots", "2", "--baseline", "base", "--out", "out.json"]
    assert dispatch([*command, *shots], debug=True) == 0
    found = scores()
    assert {kind for _, kind in found} == {"0-shot", "2-shot"}
    assert found["base", "0-shot"]["figures"]["squadv2 f1"]["n"] == 4
    assert set(found["sft", "2-shot"]["changes"]) == {"squadv2 exact", "squadv2 f1"}
    assert "squadv2 f1, change against base" in capsys.readouterr().out
    rows = [json.loads(line) for line in Path("kept/squadv2.jsonl").read_text().splitlines()]
    assert len(rows) == 2 * 2 * 4
    assert rows[0]["ref_text"] == ["a plum"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["truthfulness"], "nothing to evaluate"),
        (["truthfulness", "BASE"], "the questions are missing"),
        (["truthfulness", "BASE", "--samples", "x.csv"], "both models and samples"),
        (["truthfulness", "BASE", "--data", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (
            ["truthfulness", "BASE", "--data", "q.jsonl", "--baseline", "bse"],
            "no model 'bse'; did you mean 'base'?",
        ),
        (["truthfulness", "BASE", "--data", "q.jsonl", "--out", "x.csv"], "choose a name that ends in .json"),
        (["truthfulness", "BASE", "--data", "t.jsonl"], "t.jsonl:1: no column 'correct_answers'"),
        (["truthfulness", "JUDGE", "--data", "q.jsonl"], "judge"),
        (
            ["truthfulness", "BASE", "--data", "q.jsonl", "--keep", "k.csv"],
            "choose a name that ends in .jsonl",
        ),
        (["toxicity", "BASE", "--data", "t.jsonl"], "nobody scores the texts"),
        (["toxicity", "--samples", "x.csv", "--limit", "3"], "--limit: means nothing without MODEL"),
        (["toxicity", "BASE", "--data", "t.jsonl", "--scorer", "nobody"], "nobody"),
        (["bias", "BASE"], "no sentence pairs"),
        (["nlp", "BASE", "--task", "squadv2"], "write squadv2=FILE"),
        (["nlp", "BASE", "--task", "hellaswag=x.jsonl"], "the harness has its own data"),
        (["nlp", "BASE", "--task", "drop=s.jsonl", "--task", "drop=s.jsonl"], "drop is named twice"),
        (["nlp", "BASE", "--task", "squadv2=s.jsonl", "--shots", "6"], "6 examples leave nothing of 6 items"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    models: dict[str, str], arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [models.get(each.lower(), each) for each in arguments]
    assert dispatch(["evaluate", *given], debug=False) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_tasks_of_the_harness_stand_beside_ours(models: dict[str, str]) -> None:
    pytest.importorskip("lm_eval")
    Path("tasks").mkdir()
    Path("docs.jsonl").write_text(
        "".join(json.dumps({"q": f"Is a {n}", "choices": ["plum", "pear"], "gold": 0}) + "\n" for n in "abcd")
    )
    Path("tasks/fruit.yaml").write_text(
        "task: fruit\ndataset_path: json\n"
        f"dataset_kwargs: {{data_files: {{test: {Path('docs.jsonl').absolute()}}}}}\n"
        "test_split: test\noutput_type: multiple_choice\ndoc_to_text: '{{q}}'\n"
        "doc_to_choice: '{{choices}}'\ndoc_to_target: gold\nmetric_list: [{metric: acc}]\n"
    )
    command = [
        "evaluate",
        "nlp",
        models["base"],
        models["sft"],
        "--task",
        "fruit",
        "--task",
        "squadv2=s.jsonl",
    ]
    asked = [*command, "--harness-tasks", "tasks", "--baseline", "base", "--out", "out.json"]
    assert dispatch(asked, debug=True) == 0
    figures = scores()["sft", "0-shot"]
    assert {"fruit acc", "squadv2 f1"} <= set(figures["figures"])
    assert figures["figures"]["fruit acc"]["n"] == 4
    accuracy = figures["figures"]["fruit acc"]
    assert accuracy["low"] < accuracy["high"]  # Wilson's: also where all are right, or none
    assert "fruit acc" in figures["changes"]


def test_an_endpoint_judges_and_abstains(models: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the endpoint is asked, and how, is the judge's own test; here it says yes, no, or nothing."""
    rows = [
        {"model_type": "m", "prompt_type": "qa", "question": f"q{n}?", "answer": f"a{n}"} for n in range(4)
    ]
    Path("s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    from tutelage.labelers.judge import answers

    def verdicts(self: Any, questions: list[str], texts: list[str], **_: Any) -> list[float | None]:
        return [None if text == "a3" else float(text != "a0") for text in texts]

    monkeypatch.setattr(answers.EndpointAnswerJudge, "__call__", verdicts)
    command = ["evaluate", "truthfulness", "--samples", "s.jsonl", "--out", "out.json", "--yes"]
    endpoint = ["--judge-endpoint", "http://localhost:1", "--judge-model", "x"]
    assert dispatch([*command, *endpoint], debug=True) == 0
    figures = scores()["m", "qa"]["figures"]
    assert (figures["true"]["value"], figures["true"]["n"]) == (2 / 3, 3)
    assert dispatch([*command, "--judge-model", "x"], debug=False) == 2
    assert dispatch([*command, *endpoint, "--judge", models["judge"]], debug=False) == 2


def test_what_is_longer_than_the_context_is_left_out_and_told(
    models: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    long = {**QUESTIONS[0], "question": "Is a plum a fruit? " * 200}
    Path("q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [long, *QUESTIONS]))
    command = ["evaluate", "truthfulness", models["base"], "--data", "q.jsonl", "--judge", models["judge"]]
    assert dispatch([*command, "--out", "out.json"], debug=True) == 0
    assert "base, qa: 1 items are too long, and left out" in capsys.readouterr().out
    figures = scores()["base", "qa"]["figures"]
    assert figures["mc1"]["n"] == figures["true"]["n"] == 3
    Path("c.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in [{**PAIRS[0], "sent_more": "a " * 999}, *PAIRS])
    )
    assert (
        dispatch(
            ["evaluate", "bias", models["base"], "--crows-pairs", "c.jsonl", "--out", "b.json"], debug=True
        )
        == 0
    )
    assert scores("b.json")["base", "none"]["n"] == 2
    Path("t.jsonl").write_text(json.dumps({"prompt": "a " * 999, "prompt_toxicity": 0.5}) + "\n")
    assert (
        dispatch(
            ["evaluate", "toxicity", models["base"], "--data", "t.jsonl", "--scorer", "mini"], debug=False
        )
        == 2
    )
    assert "no item leaves room for an answer" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["hello", '{"a": 1}\n{"b": 2}', '{"model_type": "m"}\n'])
def test_a_file_that_is_not_ours_is_left_as_it_is(models: dict[str, str], content: str) -> None:
    Path("mine.jsonl").write_text(content)
    command = ["evaluate", "toxicity", models["base"], "--data", "t.jsonl", "--scorer", "mini"]
    assert dispatch([*command, "--keep", "mine.jsonl"], debug=False) == 2
    assert Path("mine.jsonl").read_text() == content


def test_places_that_cannot_be_written_are_told_before_anybody_is_asked(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Subject, "several_answers", None)  # asking would fail
    Path("folder.jsonl").mkdir()
    Path("folder.json").mkdir()
    Path("file").write_text("")
    toxicity = ["evaluate", "toxicity", models["base"], "--data", "t.jsonl", "--scorer", "mini"]
    for command, told in [
        ([*toxicity, "--keep", "folder.jsonl"], "folder.jsonl: this is a folder"),
        ([*toxicity, "--out", "folder.json"], "folder.json: this is a folder"),
        (
            ["evaluate", "nlp", models["base"], "--task", "squadv2=s.jsonl", "--keep", "file"],
            "file: this is a file",
        ),
    ]:
        assert dispatch(command, debug=False) == 2
        assert told in capsys.readouterr().err


def test_a_task_that_the_harness_lacks_is_told_before_ours_are_asked(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("lm_eval")
    monkeypatch.setattr(Subject, "several_answers", None)
    command = ["evaluate", "nlp", models["base"], "--task", "squadv2=s.jsonl", "--task", "nosuchtask"]
    assert dispatch(command, debug=False) == 2


def test_names_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "model_type": "\x1b[31msft\x1b[0m",
        "prompt_type": "p",
        "context": "c",
        "ref_text": "x",
        "sample": "x",
    }
    Path("s.jsonl").write_text(json.dumps(row) + "\n")
    assert dispatch(["evaluate", "drop", "--samples", "s.jsonl"], debug=True) == 0
    assert "\x1b" not in capsys.readouterr().out
