"""The numbers of a run: what `report.json` holds, typed. Sections that a run could not measure are absent.

A figure is its value, under the name that says what it is, with the ends `low` and `high` of its 95 %
interval (clustered by prompt) and the number `n` of judgments it is a mean of.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from tutelage.evaluation import CurvePoint, Estimate, GapBucket, Toxicity, Truthfulness
from tutelage.schema import InputError

MODELS = ("base", "base_prompted", "sft", "ppo", "ppo_ptx")
"""The models of the paper's figures, from the least to the most trained; a report keeps this order."""

GROUPS = ("training_labelers", "heldout_labelers")

Bound = Literal["reward_model", "oracle"]
"""Who picks the best of n."""


class Figures(BaseModel):
    """Anything in the report; frozen, and a number is a finite number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Interval(Figures):
    """Both ends of a 95 % interval, and what it rests on. The value has another name in each kind of figure.

    figure: that name, the field in which a kind of figure has its value
    """

    figure: ClassVar[str]

    low: float
    high: float
    n: int | None = None

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """An estimate under this kind of figure's name."""
        values = {cls.figure: estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n}
        return cls.model_validate(values)

    @property
    def value(self) -> float:
        """The figure itself, whatever it is called."""
        return float(getattr(self, self.figure))


class WinRate(Interval):
    """Rate at which labelers prefer a model to the baseline; ties half."""

    figure: ClassVar[str] = "win_rate"
    win_rate: float


class Mean(Interval):
    """A mean on the scale of what it is a mean of."""

    figure: ClassVar[str] = "mean"
    mean: float


class Rate(Interval):
    """A rate from 0 to 1."""

    figure: ClassVar[str] = "rate"
    rate: float


class TaskScore(Interval):
    """A task's score in the task's unit."""

    figure: ClassVar[str] = "score"
    score: float


class Entropy(Interval):
    """Mean entropy of a binary choice, in bits."""

    figure: ClassVar[str] = "entropy"
    entropy: float


class Accuracy(Interval):
    """Share of comparisons ordered as the labeler did."""

    figure: ClassVar[str] = "accuracy"
    accuracy: float


class Strength(Interval):
    """Log-odds of being preferred to the baseline (Bradley–Terry)."""

    figure: ClassVar[str] = "strength"
    strength: float


class Preference(Figures):
    """How often each model's completion is preferred to the baseline's, by each group of labelers.

    head_to_head: row model -> column model -> win rate of the row, by held-out labelers. Of the same labelers:
    by_use_case: use case -> model -> win rate; equal_length: model -> win rate at equal length; strengths: model ->
    Bradley–Terry log-odds against the baseline.
    judge: who judges, in words, where it is not simulated or human labelers (a reward model on real data).
    """

    baseline: str = "sft"
    training_labelers: dict[str, WinRate] = {}
    heldout_labelers: dict[str, WinRate] = {}
    head_to_head: dict[str, dict[str, WinRate]] = {}
    by_use_case: dict[str, dict[str, WinRate]] = {}
    equal_length: dict[str, WinRate] = {}
    strengths: dict[str, Strength] = {}
    judge: str | None = None

    def of_group(self, group: str) -> dict[str, WinRate]:
        """Win rates by one of GROUPS."""
        return self.training_labelers if group == "training_labelers" else self.heldout_labelers


class NewAgainstOld(Figures):
    """The policy of a round on collected prompts against that of the round before (§3.1): how often its answer to the
    same held-out prompt is preferred, by each group of labelers.

    model, earlier: their names; by_origin: by held-out labelers where they judged, on the run's "own" prompts and on
    "collected" ones; judge: as of `Preference`. collected: split -> prompts that the round was given;
    judged_by_manner: how many of them simulated labelers do not know, and judge by the manner of the answer alone.
    """

    round: int
    model: str
    earlier: str
    training_labelers: WinRate | None = None
    heldout_labelers: WinRate | None = None
    by_origin: dict[Literal["own", "collected"], WinRate] = {}
    judge: str | None = None
    collected: dict[str, int] = {}
    judged_by_manner: int = 0

    def of_group(self, group: str) -> WinRate | None:
        """The win rate by one of GROUPS."""
        return self.training_labelers if group == "training_labelers" else self.heldout_labelers


class BestOfN(Figures):
    """Best of n samples of the baseline against one sample of it: by the reward model, and by the oracle
    (ceiling).

    curve: who picks -> n -> mean utility of the picked completion.
    """

    n: int
    training_labelers: dict[Bound, WinRate] = {}
    heldout_labelers: dict[Bound, WinRate] = {}
    curve: dict[Bound, dict[int, Mean]] = {}

    def of_group(self, group: str) -> dict[Bound, WinRate]:
        """Win rates by one of GROUPS."""
        return self.training_labelers if group == "training_labelers" else self.heldout_labelers


class LabelerAgreement(Figures):
    """How often two labelers of a group order the same pair alike; plain rates, None where nobody ranked twice."""

    training: float | None = None
    heldout: float | None = None


class AccuracyByGap(Figures):
    """Accuracy on pairs whose utilities differ by `low` to `high` (None = any more).

    share: of all pairs; labelers: how often the labeler preferred what the oracle holds better.
    """

    low: float
    high: float | None = None
    share: float
    accuracy: Accuracy
    labelers: Rate | None = None

    @classmethod
    def of(cls, bucket: GapBucket) -> Self:
        return cls(
            low=bucket.low,
            high=None if bucket.high == float("inf") else bucket.high,
            share=bucket.share,
            accuracy=Accuracy.of(bucket.accuracy),
            labelers=None if bucket.labelers is None else Rate.of(bucket.labelers),
        )


class CalibrationBin(Figures):
    """Pairs to which the scores give a preference of `low` to `high`: the mean of it, and how often labelers have it.

    The preference is the logistic function of the difference of the two scores, 0.5 to 1, for the higher one.
    """

    low: float
    high: float
    predicted: float
    observed: Rate


class ScoreAtLength(Mean):
    """Mean score of completions of `shortest` to `longest` words."""

    shortest: int
    longest: int


class LabelerFold(Figures):
    """One fold of labelers: who they are, and the accuracy on them of a reward model that never saw them."""

    labelers: list[str]
    accuracy: Accuracy


class LabelerFolds(Figures):
    """Reward models trained without one group of labelers each (§4.1): accuracy on the groups that each was trained
    on, and on the group that it was not; prompts are unseen in both. folds: group by group.
    """

    seen: Accuracy
    unseen: Accuracy
    folds: list[LabelerFold] = []


class RewardModel(Accuracy):
    """The reward model against labelers on prompts it never saw: of the training group (the headline figure),
    of the held-out group, by utility gap, and on pairs of the SFT model's samples alone, near where the
    policy starts.

    Of the training group too: by_use_case; by_size: by K, how many completions were ranked; by_distance: by how many
    ranks lie between two completions (1 = neighbours); calibration; score_by_length.
    """

    labeler_agreement: LabelerAgreement = LabelerAgreement()
    heldout_labelers: Accuracy | None = None
    sft_pairs: Accuracy | None = None
    by_gap: list[AccuracyByGap] = []
    by_use_case: dict[str, Accuracy] = {}
    by_size: dict[int, Accuracy] = {}
    by_distance: dict[int, Accuracy] = {}
    calibration: list[CalibrationBin] = []
    score_by_length: list[ScoreAtLength] = []
    labeler_folds: LabelerFolds | None = None


class OptimizationPoint(Figures):
    """How hard the proxy was optimised, and what came of it. kl: nats a completion from the SFT model or the reference.

    proxy: score of the reward model that was optimised; judged: what somebody says who was not (an oracle, another
    reward model). label: what the point is, such as "n = 4" or "iteration 20".
    """

    label: str
    kl: float
    proxy: Mean
    judged: Mean | None = None


class OverOptimization(Figures):
    """Proxy and judgment against KL. judge: who judged, in words; methods: "best_of_n", "ppo", "ppo_ptx" -> points."""

    judge: str | None = None
    methods: dict[str, list[OptimizationPoint]] = {}


class TruthfulnessScores(Figures):
    """One model under one prompt; see `tutelage.evaluation.Truthfulness`."""

    true: Rate
    true_and_informative: Rate
    chooses_true: Rate | None = None
    mass_on_true: Mean | None = None

    @classmethod
    def of(cls, measured: Truthfulness) -> Self:
        return cls(
            true=Rate.of(measured.true),
            true_and_informative=Rate.of(measured.true_and_informative),
            chooses_true=Rate.of(measured.chooses_true),
            mass_on_true=Mean.of(measured.mass_on_true),
        )


class ToxicityAt(Mean):
    """Mean toxicity of continuations of prompts whose own toxicity lies from `prompt_low` to `prompt_high`."""

    prompt_low: float
    prompt_high: float

    @classmethod
    def at(cls, point: CurvePoint) -> Self:
        inside = point.toxicity
        return cls(
            mean=inside.value,
            low=inside.low,
            high=inside.high,
            n=inside.n,
            prompt_low=point.low,
            prompt_high=point.high,
        )


class ToxicityScores(Mean):
    """One model under one prompt: mean toxicity, and its curve over the toxicity of the prompt.

    above_half: share of toxic continuations; expected_maximum: of several continuations of a prompt the most toxic.
    """

    above_half: Rate | None = None
    expected_maximum: Mean | None = None
    curve: list[ToxicityAt] = []

    @classmethod
    def measured(cls, toxicity: Toxicity) -> Self:
        whole = toxicity.mean
        curve = [ToxicityAt.at(point) for point in toxicity.curve]
        above = Rate.of(toxicity.above_half)
        return cls(mean=whole.value, low=whole.low, high=whole.high, n=whole.n, above_half=above, curve=curve)


class Task(Figures):
    """What a task of the alignment tax is: how it is titled, its unit, and whether more is better."""

    title: str
    unit: Literal["rate", "nats", "points"] = "rate"
    """points: 0 to 100, as BLEU."""
    shots: int | None = None
    """Examples before the question, where it is asked by generation; None where likelihoods are compared."""
    higher_is_better: bool = True


class TaxChanges(Figures):
    """Score of a model minus that of the reference, paired item by item: model -> task -> change."""

    reference: str = "base"
    models: dict[str, dict[str, TaskScore]] = {}


class Series(Figures):
    """A curve over training: `x` (episodes, or steps) against `y`, with an interval where there is one."""

    x: list[float]
    y: list[float]
    low: list[float] | None = None
    high: list[float] | None = None

    @model_validator(mode="after")
    def _lengths_agree(self) -> Self:
        lengths = {len(values) for values in (self.x, self.y, self.low, self.high) if values is not None}
        if len(lengths) != 1:
            raise ValueError(f"a series' columns have different lengths: {sorted(lengths)}")
        return self


class Gate(Figures):
    """A check that decides whether a run's later figures can mean anything; `message` says what it saw."""

    name: str
    passed: bool
    message: str


class Sample(Figures):
    """One held-out prompt and what each model made of it; in JSON the models stand beside the prompt."""

    prompt: str
    use_case: str | None = None
    texts: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _gather_texts(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or "texts" in given:
            return given
        own = {"prompt", "use_case"}
        fields = {name: value for name, value in given.items() if name in own}
        return fields | {"texts": {name: value for name, value in given.items() if name not in own}}

    @model_serializer(mode="wrap")
    def _spread_texts(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = handler(self)
        texts = fields.pop("texts")
        return {name: value for name, value in (fields | texts).items() if value is not None}


class Results(Figures):
    """Everything the report shows. The first thirteen fields are the format that other programs read."""

    recipe: dict[str, Any]
    seed: int
    seconds: dict[str, float] = {}
    preference: Preference | None = None
    likert: dict[str, dict[str, Mean]] | None = Field(None, description="group -> model")
    metadata: dict[str, dict[str, Rate]] | None = Field(None, description="model -> flag of Table 3")
    reward_model: RewardModel | None = None
    truthfulness: dict[str, dict[str, TruthfulnessScores]] | None = Field(None, description="model -> prompt")
    toxicity: dict[str, dict[str, ToxicityScores]] | None = Field(None, description="model -> prompt")
    bias: dict[str, dict[str, Entropy]] | None = Field(None, description="model -> prompt")
    stereotypes: dict[str, dict[str, Rate]] | None = Field(
        None, description="model -> prompt -> how often the more stereotyping sentence is likelier"
    )
    alignment_tax: dict[str, dict[str, TaskScore]] | None = Field(None, description="model -> task")
    samples: list[Sample] = []

    tasks: dict[str, Task] = Field({}, description="what the tasks of the alignment tax are")
    tax_changes: TaxChanges | None = None
    new_against_old: NewAgainstOld | None = None
    best_of_n: BestOfN | None = None
    utility: dict[str, Mean] | None = Field(None, description="model -> the oracle's utility of a completion")
    kl: dict[str, Mean] | None = Field(None, description="model -> nats a completion from the reference")
    copying: Rate | None = Field(None, description="the base model's accuracy on copying probes")
    curves: dict[str, dict[str, Series]] = Field({}, description="stage -> metric -> curve over training")
    gates: list[Gate] = []
    over_optimization: OverOptimization | None = None
    data_counts: dict[str, dict[str, int]] = Field(
        {},
        description='Table 6: "sft", "reward", "ppo" -> split and source, as "train labelers" -> how many prompts',
    )
    counts: dict[str, int] = Field({}, description="what the run was made from and judged on")

    def to_json(self) -> dict[str, Any]:
        """Plain values in the fields' order; what was not measured is left out."""
        return {
            name: value
            for name, value in self.model_dump(mode="json", exclude_none=True).items()
            if name in ("recipe", "seed", "seconds") or value not in ({}, [])
        }

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The results in a run's `report.json`. Raises InputError where there is none, or it is not one."""
        path = folder / "report.json"
        if not path.is_file():
            raise InputError(
                "the run has no report.json", where=str(folder), remedy="let the run finish first"
            )
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"not a report of this version: {first['msg']}",
                where=f"{path}: {field}" if field else str(path),
                remedy="make it again with the run's own command",
            ) from error


def in_model_order(names: Mapping[str, Any]) -> list[str]:
    """The models a section has, in the report's order; unknown ones last, as they came."""
    return [name for name in MODELS if name in names] + [name for name in names if name not in MODELS]
