"""`tutelage evaluate`: what the tables say is what the samples, the rankings and the judges say."""

import json
from pathlib import Path

import pytest
import torch

from tutelage.cli.main import dispatch
from tutelage.evaluation.tasks import TASKS
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, reward_model_from, save_model
from tutelage.rollout import load_reward_model
from tutelage.schema import Labeler, Prompt, Purpose, Ranking, Split
from tutelage.store import Store

WORDS = ("one", "two", "an animal", "and")
RANKINGS = [
    Ranking(
        prompt=Prompt(text=f"Say {number}.", split=Split.train if number < 3 else Split.test),
        completions=WORDS,
        ranks=ranks,
    )
    for number, ranks in enumerate([(1, 2, 3, 4), (2, 1, 1, 3), (4, 3, 2, 1), (1, 1, 2, 2)])
]


@pytest.fixture(scope="module")
def reward(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A reward model that prefers one thing to another, for no reason."""
    folder = tmp_path_factory.mktemp("models") / "reward"
    tokenizer = build_tokenizer(["Say one and two, and name an animal."] * 2, 300)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 64}
    architecture = Architecture(**sizes, vocabulary_size=len(tokenizer))
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model = reward_model_from(new_policy(architecture, 1, **special))
    torch.manual_seed(0)
    torch.nn.init.normal_(model.score.weight)
    save_model(model, tokenizer, folder)
    return str(folder)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def file_of(rankings: list[Ranking]) -> str:
    rows = [
        {
            "prompt": each.prompt.text,
            "split": each.prompt.split,
            "completions": each.completions,
            "ranks": each.ranks,
        }
        for each in rankings
    ]
    Path("rankings.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return "rankings.jsonl"


SAMPLES = "model_type,prompt_type,context,ref_text,sample\nsft,zeroshot,a,x,x\nppo,zeroshot,a,x,y\n"


def test_samples_of_anybody_are_scored(capsys: pytest.CaptureFixture[str]) -> None:
    Path("drop.csv").write_text(SAMPLES)
    assert dispatch(["evaluate", "drop", "--samples", "drop.csv", "--out", "scores.json"], debug=True) == 0
    shown = capsys.readouterr().out
    assert shown.index("exact") < shown.index("f1")
    assert "1.000 (not enough data) n=1" in shown
    written = json.loads(Path("scores.json").read_text())
    assert (written["task"], written["samples"], written["stop"]) == ("drop", "drop.csv", True)
    assert [(each["model_type"], each["prompt_type"], each["n"]) for each in written["scores"]] == [
        ("sft", "zeroshot", 1),
        ("ppo", "zeroshot", 1),
    ]
    assert [each["figures"]["f1"]["value"] for each in written["scores"]] == [1.0, 0.0]
    assert written["scores"][0]["figures"]["f1"].keys() == {"value", "low", "high", "n", "clusters"}


def test_every_task_has_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    for task in TASKS:
        assert dispatch(["evaluate", task, "--samples", "nowhere.csv"], debug=False) == 2
        assert "nowhere.csv: no such file" in capsys.readouterr().err


def test_what_cannot_be_written_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "drop", "--samples", "nowhere.csv", "--out", "scores.txt"]
    assert dispatch(arguments, debug=False) == 2
    assert "scores.txt: not a known format" in capsys.readouterr().err


@pytest.mark.parametrize(("task", "package"), [("fr_to_en", "sacrebleu"), ("tldr", "rouge_score")])
def test_without_a_package_it_says_what_to_install(
    task: str, package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("s.csv").write_text(SAMPLES)
    monkeypatch.setattr("tutelage.schema.packages.find_spec", lambda name: None if name == package else name)
    assert dispatch(["evaluate", task, "--samples", "s.csv"], debug=False) == 2
    told = capsys.readouterr().err
    assert package.replace("_", "-") in told
    assert "pip install 'tutelage[evaluate]'" in told


def test_a_judge_gives_the_figures_that_a_file_lacks(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Any scalar model judges; what stands in the file goes before."""
    about = {"model_type": "m", "prompt_type": "qa"}
    rows = [{**about, "question": f"{number}?", "answer": word} for number, word in enumerate(WORDS)]
    Path("answers.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    command = ["evaluate", "truthfulness", "--samples", "answers.jsonl"]
    assert dispatch(command, debug=False) == 2
    assert "no column 'true'" in capsys.readouterr().err
    assert dispatch([*command, "--judge", reward, "--out", "true.json"], debug=True) == 0
    assert json.loads(Path("true.json").read_text())["scores"][0]["figures"].keys() == {"true", "mean_true"}
    options = ["--judge", reward, "--info-judge", reward, "--out", "scores.json"]
    assert dispatch([*command, *options], debug=True) == 0
    scores = load_reward_model(reward)([row["question"] for row in rows], list(WORDS))
    expected = torch.sigmoid(scores)
    written = json.loads(Path("scores.json").read_text())
    assert written["judge"] == written["info_judge"] == reward
    figures = written["scores"][0]["figures"]
    assert figures["mean_true"]["value"] == pytest.approx(expected.mean().item())
    assert figures["true"]["value"] == pytest.approx((expected >= 0.5).float().mean().item())
    known = [{**row, "true": 0.75, "info": 0.25} for row in rows]
    Path("answers.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in known))
    assert dispatch([*command, *options], debug=True) == 0
    figures = json.loads(Path("scores.json").read_text())["scores"][0]["figures"]
    assert (figures["mean_true"]["value"], figures["mean_informative"]["value"]) == (0.75, 0.25)


def test_a_judge_is_held_against_labels(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    scores = load_reward_model(reward)(["q"] * len(WORDS), list(WORDS)).tolist()
    rows = [
        {"question": "q", "answer": word, "true": score > 0}
        for word, score in zip(WORDS, scores, strict=True)
    ]
    Path("labels.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert dispatch(["evaluate", "judge", reward, "--answers", "labels.jsonl"], debug=True) == 0
    assert capsys.readouterr().out.startswith("accuracy 1.000 (")
    assert dispatch(["evaluate", "judge", reward, "--answers", "nowhere.jsonl"], debug=False) == 2


def test_what_a_file_names_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """`[/x]` would be a mistake in the markup of tables, and `[bold]` would be gone."""
    names = ["[/x]", "[bold]"]
    about = {"context": "c", "ref_text": "x", "sample": "x"}
    rows = [{"model_type": name, "prompt_type": name, **about} for name in names]
    Path("odd.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert dispatch(["evaluate", "drop", "--samples", "odd.jsonl"], debug=True) == 0
    shown = capsys.readouterr().out
    for name in names:
        assert shown.count(name) == 4, name  # as a model and as a kind of prompt, in two tables


def preferred(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    """The cells of the tables' rows."""
    assert dispatch(["evaluate", "preference", *arguments], debug=True) == 0
    lines = capsys.readouterr().out.splitlines()
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]


def compared(count: int, ranks: tuple[int, ...], labeler: str, use_case: str) -> list[Ranking]:
    """Three models on so many prompts, of which two say the same, word for word."""
    return [
        Ranking(
            prompt=Prompt(text=f"{labeler} {number}", use_case=use_case),
            completions=("good", "poor"),
            ranks=ranks,
            sources=("ppo", "sft = base"),
            labeler=labeler,
        )
        for number in range(count)
    ]


def test_whose_completions_are_preferred(capsys: pytest.CaptureFixture[str]) -> None:
    """By both groups, by use case, at equal length; an output of two models is that of each."""
    with Store("tutelage.db") as store:
        store.add_labelers([Labeler(name="eve", group="heldout"), Labeler(name="ann")])
        store.add_rankings(compared(8, (1, 2), "ann", "chat"), "first", Purpose.evaluation)
        store.add_rankings(compared(8, (2, 1), "eve", "rewrite"), "second", Purpose.evaluation)
    place = ("--rankings", "tutelage.db", "--baseline", "base")
    rows = preferred(capsys, *place, "--purpose", "evaluation")
    assert [row[0] for row in rows] == ["ppo", "sft", "chat", "rewrite"]
    ppo, sft, chat, rewrite = rows
    assert [cell.split(" ")[0] for cell in ppo] == ["ppo", "50.0%", "0.0%", "100.0%", "50.0%", "0.00", "16"]
    assert [cell.split(" ")[0] for cell in sft[1:4]] == ["50.0%"] * 3
    assert chat[1].startswith("100.0% (")
    assert rewrite[1].startswith("0.0% (")
    rows = preferred(capsys, *place, "--batch", "first")
    assert [row[0] for row in rows] == ["ppo", "sft"]  # one use case
    assert len(rows[0]) == 5  # one group
    assert rows[0][1].startswith("100.0% (")


def test_what_shows_no_preference_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "preference", "--rankings"]
    assert dispatch([*command, file_of(RANKINGS), "--baseline", "sft"], debug=False) == 2
    assert "do not name two models in `sources`" in capsys.readouterr().err
    with Store("tutelage.db") as store:
        store.add_rankings(compared(2, (1, 2), "ann", "chat"), "first")
    assert dispatch([*command, "tutelage.db", "--baseline", "bass"], debug=False) == 2
    assert "no model 'bass' is ranked; did you mean 'base'?" in capsys.readouterr().err
