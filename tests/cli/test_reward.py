"""`tutelage evaluate reward`: what the tables and the accuracy say is what the model and the rankings say."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from tests.cli.tiny import save_reward_model

from tutelage.cli.main import dispatch
from tutelage.rollout import load_reward_model
from tutelage.schema import Labeler, Prompt, Purpose, Ranking, Split, UseCase
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
    return save_reward_model(tmp_path_factory.mktemp("models") / "reward", 0)


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


def told(capsys: pytest.CaptureFixture[str], reward: str, *arguments: str) -> list[str]:
    capsys.readouterr()
    assert dispatch(["evaluate", "reward", reward, *arguments], debug=True) == 0
    return capsys.readouterr().out.splitlines()


def rows_of(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in lines if "│" in line]


def refusal(capsys: pytest.CaptureFixture[str], reward: str, *arguments: str) -> str:
    capsys.readouterr()
    assert dispatch(["evaluate", "reward", reward, *arguments], debug=False) == 2
    return capsys.readouterr().err


def agreeing(reward: str, rankings: list[Ranking]) -> tuple[int, int]:
    """Of the pairs of which labelers prefer one, in how many the model prefers the same; and how many there are."""
    scorer = load_reward_model(reward)
    right = every = 0
    for ranking in rankings:
        scores = scorer([ranking.prompt.text] * len(WORDS), list(WORDS)).tolist()
        for (score, rank), (other, below) in combinations(zip(scores, ranking.ranks, strict=True), 2):
            if rank != below:
                every += 1
                right += (score > other) == (rank < below)
    return right, every


def test_the_accuracy_is_that_of_all_untied_pairs(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    right, every = agreeing(reward, RANKINGS)
    lines = told(capsys, reward, "--rankings", file_of(RANKINGS))
    assert 0 < right < every == 21
    assert lines[-1].startswith(f"accuracy on 4 rankings: {right / every:.1%} (")
    assert lines[-1].endswith(", 21 pairs")
    whole = rows_of(lines)[0]
    assert whole[0] == "all"
    assert whole[1].startswith(f"{right / every:.1%} (")
    assert whole[2:] == ["21", "not enough data"]  # nobody says whose rankings these are


def test_the_table_has_the_mean_score_of_each_place(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    scores = load_reward_model(reward)(["Say 0."] * 4, list(WORDS)).tolist()
    lines = told(capsys, reward, "--rankings", file_of(RANKINGS[:1]))
    assert rows_of(lines)[-4:] == [
        [str(place), "1", f"{score:+.3f}"] for place, score in enumerate(scores, 1)
    ]


def test_a_single_prompt_tells_nothing_of_the_spread_and_nan_is_nowhere(
    reward: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(capsys, reward, "--rankings", file_of(RANKINGS[:1]), "--out", "scores.json")
    assert lines[-1].endswith("% (not enough data), 6 pairs")
    assert "score by length: not enough data" in lines
    written = Path("scores.json").read_text()
    assert "nan" not in "".join(lines).lower() + written.lower()
    assert json.loads(written)["figures"]["all"]["accuracy"]["low"] is None


def test_accuracy_by_use_case_size_and_distance_and_the_labelers_own(
    reward: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of four rankings of one prompt, two labelers of each group agree on all pairs, and on five of six."""
    asked = [Prompt(text="Say 0.", use_case=UseCase.chat), Prompt(text="Say 1.", use_case=UseCase.extract)]
    ranked = {"ann": (1, 2, 3, 4), "ben": (1, 2, 3, 4), "eve": (1, 2, 3, 4), "eli": (2, 1, 3, 4)}
    with Store("tutelage.db") as store:
        store.add_labelers([Labeler(name=name, group="heldout") for name in ("eve", "eli")])
        store.add_labelers([Labeler(name=name) for name in ("ann", "ben")])
        rankings = [
            Ranking(prompt=asked[0], completions=WORDS, ranks=ranks, labeler=name)
            for name, ranks in ranked.items()
        ]
        pair = Ranking(prompt=asked[1], completions=WORDS[:2], ranks=(1, 2), labeler="ann")
        store.add_rankings([*rankings, pair], "all", Purpose.evaluation)
    arguments = ("--rankings", "tutelage.db", "--purpose", "evaluation", "--out", "scores.json")
    rows = {row[0]: row[1:] for row in rows_of(told(capsys, reward, *arguments))}
    names = ["all", "heldout labelers", "training labelers", "chat", "extract", "K = 2", "K = 4"]
    names += [f"{distance} apart in rank" for distance in (1, 2, 3)]
    assert list(rows)[: len(names)] == names
    assert rows["training labelers"][2].startswith("100.0% (")
    assert rows["heldout labelers"][2].startswith("83.3% (")
    # of the six pairs of labelers three hold eli, who differs in one of six completions' pairs
    assert rows["all"][2].startswith(f"{33 / 36:.1%} (")
    assert [rows[name][1] for name in names] == ["25", "12", "13", "24", "1", "1", "24", "13", "8", "4"]
    written = json.loads(Path("scores.json").read_text())
    assert (written["rankings"], written["purpose"]) == ("tutelage.db", "evaluation")
    assert written["figures"].keys() == {"all", "training", "heldout"}
    whole = written["figures"]["all"]
    assert whole["labelers"]["value"] == pytest.approx(33 / 36)
    assert whole["by_size"]["4"]["n"] == 24
    scores = load_reward_model(reward)(["Say 1."] * 2, list(WORDS[:2])).tolist()
    assert whole["by_use_case"]["extract"]["value"] == float(scores[0] > scores[1])


def test_of_a_store_a_part_can_be_named(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Store("tutelage.db") as store:
        store.add_labelers([Labeler(name="eve", group="heldout")])
        store.add_rankings(RANKINGS[:2], "first")
        by_eve = [each.model_copy(update={"labeler": "eve"}) for each in RANKINGS[2:]]
        store.add_rankings(by_eve, "second", Purpose.evaluation)
    place = ("--rankings", "tutelage.db")
    assert "accuracy on 4 rankings" in told(capsys, reward, *place)[-1]
    assert "accuracy on 2 rankings" in told(capsys, reward, *place, "--batch", "first")[-1]
    assert "accuracy on 2 rankings" in told(capsys, reward, *place, "--purpose", "evaluation")[-1]
    assert "accuracy on 3 rankings" in told(capsys, reward, *place, "--split", "train")[-1]
    assert "did you mean 'first'?" in refusal(capsys, reward, *place, "--batch", "frist")
    told_of = "tutelage.db: there are no rankings of split valid; change --split"
    assert told_of in refusal(capsys, reward, *place, "--split", "valid")
    told_of = "there are no rankings of batch first of purpose evaluation; change --batch or --purpose"
    assert told_of in refusal(capsys, reward, *place, "--batch", "first", "--purpose", "evaluation")
    Store("empty.db").close()
    told_of = "empty.db: there are no rankings; import some first"
    assert told_of in refusal(capsys, reward, "--rankings", "empty.db")


def test_what_tells_nothing_is_refused(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = file_of(RANKINGS)
    assert "leave --batch and --purpose out" in refusal(capsys, reward, "--rankings", file, "--batch", "x")
    told_of = "rankings.jsonl: there are no rankings of split valid; change --split"
    assert told_of in refusal(capsys, reward, "--rankings", file, "--split", "valid")
    assert "not a known format" in refusal(capsys, reward, "--rankings", file, "--out", "scores.txt")
    tied = file_of([RANKINGS[0].model_copy(update={"ranks": (1, 1, 1, 1)})])
    # before a model is looked for, which takes long
    assert "every ranking is one tie" in refusal(capsys, "nowhere", "--rankings", tied)
    Path("empty.jsonl").touch()
    assert "the file holds no records" in refusal(capsys, reward, "--rankings", "empty.jsonl")
    assert "no such file" in refusal(capsys, reward, "--rankings", "nowhere.jsonl")
    assert "nowhere" in refusal(capsys, "nowhere", "--rankings", file_of(RANKINGS))
