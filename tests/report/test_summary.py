"""The report's figures by name, for trackers."""

from tutelage.report import LabelerAgreement, Mean, Preference, Results, RewardModel, WinRate
from tutelage.report.results import Accuracy, BestOfN
from tutelage.report.summary import summary


def test_figures_have_the_names_that_lead_to_them() -> None:
    ends = {"low": 0.25, "high": 0.75, "n": 8}
    results = Results(
        recipe={"name": "a", "ppo": {"clip": 0.2}},
        seed=3,
        seconds={"sft": 60.0},
        preference=Preference(heldout_labelers={"ppo_ptx": WinRate(win_rate=0.5, **ends)}),
        reward_model=RewardModel(
            accuracy=0.625,
            heldout_labelers=Accuracy(accuracy=0.6, **ends),
            labeler_agreement=LabelerAgreement(training=0.7),
            by_use_case={"open qa": Accuracy(accuracy=0.55, **ends)},
            **ends,
        ),
        best_of_n=BestOfN(n=8, curve={"oracle": {4: Mean(mean=1.5, **ends)}}),
        counts={"rankings": 12},
    )
    assert summary(results) == {
        "report/preference/heldout_labelers/ppo_ptx/win_rate": 0.5,
        "report/reward_model/accuracy": 0.625,
        "report/reward_model/heldout_labelers/accuracy": 0.6,
        "report/reward_model/labeler_agreement/training": 0.7,
        "report/reward_model/by_use_case/open qa/accuracy": 0.55,
        "report/best_of_n/curve/oracle/4/mean": 1.5,
    }
