"""report.json: the keys that other programs read, and the way back."""

import json
import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from tutelage.evaluation import CurvePoint, Estimate, GapBucket, Toxicity, Truthfulness
from tutelage.report import (
    AccuracyByGap,
    Mean,
    Rate,
    Results,
    Sample,
    Series,
    TaskScore,
    ToxicityScores,
    TruthfulnessScores,
    WinRate,
    write_report,
)
from tutelage.schema import InputError

MODELS = {"base", "base_prompted", "sft", "ppo", "ppo_ptx"}
ESTIMATE = Estimate(0.6, 0.5, 0.7, 100, 40)


def test_the_published_keys_come_first_and_in_order(results: Results) -> None:
    keys = list(results.to_json())
    assert keys[:12] == [
        "recipe",
        "seed",
        "seconds",
        "preference",
        "likert",
        "metadata",
        "reward_model",
        "truthfulness",
        "toxicity",
        "bias",
        "stereotypes",
        "alignment_tax",
    ]
    assert keys[12] == "samples"


def test_every_section_has_its_published_form(results: Results) -> None:
    found = results.to_json()
    assert found["preference"]["baseline"] == "sft"
    for group in ("training_labelers", "heldout_labelers"):
        rates = found["preference"][group]
        assert set(rates) == MODELS - {"sft"}
        assert all({"win_rate", "low", "high", "n"} == set(rate) for rate in rates.values())
        assert all({"mean", "low", "high"} <= set(mean) for mean in found["likert"][group].values())
    assert set(found["metadata"]) == MODELS
    assert {"rate", "low", "high"} <= set(found["metadata"]["sft"]["hallucination"])
    assert {"accuracy", "low", "high", "labeler_agreement"} <= set(found["reward_model"])
    assert found["reward_model"]["labeler_agreement"] == {"training": 0.731, "heldout": 0.768}
    assert {"score", "low", "high"} <= set(found["alignment_tax"]["ppo"]["facts"])
    assert MODELS | {"prompt"} <= set(found["samples"][0])
    assert isinstance(found["samples"][0]["ppo_ptx"], str)


def test_results_survive_the_file(results: Results, bare_results: Results, tmp_path: Path) -> None:
    write_report(tmp_path / "bare", bare_results)
    assert Results.load(tmp_path / "bare") == bare_results
    assert Results.model_validate(json.loads(json.dumps(results.to_json()))) == results


def test_what_was_not_measured_is_absent(bare_results: Results) -> None:
    found = bare_results.to_json()
    assert set(found) == {
        "recipe",
        "seed",
        "seconds",
        "preference",
        "reward_model",
        "best_of_n",
        "curves",
    }
    assert "training" not in found["reward_model"]["labeler_agreement"]
    # A recipe's null is a value, not an absence.
    assert found["recipe"]["sft"]["demonstrations"] is None


def test_equal_results_give_equal_files(bare_results: Results, tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_report(tmp_path / name, bare_results)
    for file in ("report.json", "report.html"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_estimates_keep_their_ends() -> None:
    for made in (WinRate.of(ESTIMATE), Mean.of(ESTIMATE), Rate.of(ESTIMATE), TaskScore.of(ESTIMATE)):
        assert (made.value, made.low, made.high, made.n) == (0.6, 0.5, 0.7, 100)


def test_compound_figures_are_taken_over_whole() -> None:
    bucket = AccuracyByGap.of(GapBucket(2.5, math.inf, 0.2, ESTIMATE, None))
    assert (bucket.high, bucket.share, bucket.accuracy.accuracy, bucket.labelers) == (None, 0.2, 0.6, None)
    scores = ToxicityScores.measured(Toxicity(ESTIMATE, ESTIMATE, (CurvePoint(0.2, 0.4, ESTIMATE),)))
    assert (scores.mean, scores.curve[0].prompt_low, scores.curve[0].prompt_high) == (0.6, 0.2, 0.4)
    other = Estimate(0.3, 0.2, 0.4, 9, 9)
    truth = TruthfulnessScores.of(Truthfulness(ESTIMATE, other, ESTIMATE, other))
    assert (truth.true.rate, truth.true_and_informative.rate) == (0.6, 0.3)


def test_a_sample_reads_both_forms() -> None:
    flat = {"prompt": "p", "use_case": "chat", "sft": "a", "ppo": "b"}
    sample = Sample.model_validate(flat)
    assert sample.texts == {"sft": "a", "ppo": "b"}
    assert sample.model_dump() == flat
    assert Sample(prompt="p", texts={"sft": "a"}).model_dump() == {"prompt": "p", "sft": "a"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_only_finite_numbers_are_results(value: float) -> None:
    with pytest.raises(ValidationError):
        Rate(rate=value, low=0, high=1)
    with pytest.raises(ValidationError):
        Series(x=[0.0], y=[value])


def test_a_series_has_columns_of_one_length() -> None:
    with pytest.raises(ValidationError, match="different lengths"):
        Series(x=[0.0, 1.0], y=[1.0])


def test_a_report_that_is_none_is_named(tmp_path: Path, results: Results) -> None:
    with pytest.raises(InputError, match="no report"):
        Results.load(tmp_path)
    broken = results.to_json() | {"seed": "first"}
    (tmp_path / "report.json").write_text(json.dumps(broken))
    with pytest.raises(InputError, match=r"report\.json: seed"):
        Results.load(tmp_path)
