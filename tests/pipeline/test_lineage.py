"""What made what, and the cards in the models' folders."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tutelage.cli.main import dispatch
from tutelage.pipeline import run
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.ledger import Ledger
from tutelage.pipeline.lineage import read_lineage
from tutelage.pipeline.stages.base import fingerprint_of_base
from tutelage.recipe import Recipe
from tutelage.report import Results
from tutelage.report.lineage import behind


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lineage") / "run"


@pytest.mark.usefixtures("plain_page")
def test_a_runs_lineage_and_cards(
    tiny: Callable[..., Recipe],
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(tiny(), finished)
    folder = RunFolder(finished)
    lineage = read_lineage(folder)
    names = [made.stage for made in behind(lineage, "ppo_ptx")]
    assert names[-1] == "ppo_ptx"
    assert {"base", "data", "rankings", "reward", "initialization"} <= set(names)
    assert not {"answers", "preference", "report", "tax"} & set(names)
    policy = lineage["ppo_ptx"]
    assert policy.settings["ppo"]["kl_coefficient"] == tiny().ppo.kl_coefficient
    assert policy.finished is not None
    assert lineage["rankings"].records["rankings"] > 0

    results = Results.load(finished)
    for name in ("base", "sft", "reward", "initialization", "ppo", "ppo_ptx"):
        text = (folder.model(name) / "README.md").read_text(encoding="utf-8")
        _, head, body = text.split("---\n", 2)
        scalar = name == "reward"
        assert yaml.safe_load(head)["pipeline_tag"] == (
            "text-classification" if scalar else "text-generation"
        )
        assert lineage[{"sft": "sft_choice"}.get(name, name)].identity[:12] in body
        assert "Prompts, labelers and judges are simulated." in body
    card = (folder.model("ppo_ptx") / "README.md").read_text(encoding="utf-8")
    assert results.preference is not None
    rate = results.preference.heldout_labelers["ppo_ptx"]
    assert f"| preferred to SFT by held-out labelers | {rate.win_rate * 100:.1f} % (" in card
    assert "2 whose judgments" in card or "whose judgments trained" in card

    before = fingerprint_of_base(str(folder.model("ppo_ptx")))
    (folder.model("ppo_ptx") / "README.md").unlink()
    assert fingerprint_of_base(str(folder.model("ppo_ptx"))) == before
    assert dispatch(["report", str(finished)], debug=False) == 0
    assert (folder.model("ppo_ptx") / "README.md").read_text(encoding="utf-8") == card

    capsys.readouterr()
    assert dispatch(["lineage", str(finished), "reward"], debug=False) == 0
    told = capsys.readouterr().out
    assert lineage["reward"].identity[:12] in told
    assert "PPO" not in told
    assert dispatch(["lineage", str(finished), "rewrd"], debug=False) == 2
    assert "reward" in capsys.readouterr().err
    assert dispatch(["lineage", str(tmp_path)], debug=False) == 2


def test_a_record_of_before_says_that_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "stages.json"
    path.write_text(json.dumps({"base": {"identity": "1" * 64, "seconds": 1.0, "findings": {}}}))
    [(name, entry)] = Ledger(path).finished_stages()
    assert (name, entry.inputs, entry.finished) == ("base", None, None)


def test_inputs_are_renamed_with_their_stages(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "stages.json")
    ledger.record("reward", "1", 1.0, {}, ("data", "rankings"))
    ledger.record("ppo", "2", 1.0, {}, ("data", "reward"), {"seed": 0})
    ledger.rename({"reward": "reward_1", "rankings": "rankings_1", "ppo": "ppo_1"})
    again = dict(Ledger(tmp_path / "stages.json").finished_stages())
    assert again["ppo_1"].inputs == ("data", "reward_1")
    assert again["reward_1"].inputs == ("data", "rankings_1")
