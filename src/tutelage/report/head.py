"""The head of the page: the few numbers that somebody in a hurry looks for, and the models' colours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tutelage.report import findings
from tutelage.report.names import model_name
from tutelage.report.results import GROUPS, Results, in_model_order
from tutelage.report.wording import decimal, duration, percent


@dataclass(frozen=True)
class Tile:
    """One of the numbers at the head of the page."""

    value: str
    label: str
    note: str


def tiles(results: Results) -> Iterator[Tile]:
    """The few numbers that somebody in a hurry looks for."""
    found = findings.main_win_rate(results)
    if found is not None and results.preference is not None:
        _, model, rate = found
        yield Tile(
            percent(rate.win_rate),
            f"{model_name(model)} over {model_name(results.preference.baseline)}",
            f"95 %: {findings.bounds(rate)}",
        )
    if results.best_of_n is not None:
        for group in reversed(GROUPS):
            if (ceiling := results.best_of_n.of_group(group).get("oracle")) is not None:
                yield Tile(
                    percent(ceiling.win_rate), "the ceiling", f"best of {results.best_of_n.n} by the oracle"
                )
                break
    if results.reward_model is not None:
        agreement = results.reward_model.labeler_agreement.training
        note = (
            findings.bounds(results.reward_model)
            if agreement is None
            else f"labelers agree: {percent(agreement)}"
        )
        yield Tile(percent(results.reward_model.accuracy), "reward model accuracy", note)
    if results.kl and (policy := next((model for model in ("ppo_ptx", "ppo") if model in results.kl), None)):
        yield Tile(
            decimal(results.kl[policy].mean),
            "nats from the reference",
            f"KL of {model_name(policy)}, a completion",
        )
    if results.seconds:
        yield Tile(duration(sum(results.seconds.values())), "in all", f"{len(results.seconds)} stages")


def legend(results: Results) -> list[str]:
    """The models that appear anywhere on the page, in order."""
    seen: dict[str, bool] = {}
    parts: list[Mapping[str, object] | None] = [
        results.metadata,
        results.truthfulness,
        results.toxicity,
        results.bias,
        results.alignment_tax,
        results.preference.training_labelers if results.preference else None,
        results.preference.heldout_labelers if results.preference else None,
    ]
    for part in parts:
        seen.update(dict.fromkeys(part or (), True))
    if results.preference is not None:
        seen[results.preference.baseline] = True
    return in_model_order(seen)
