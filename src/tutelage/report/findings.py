"""What the numbers say, in sentences: computed, so that the page never claims more than its intervals allow."""

from collections.abc import Mapping, Sequence

from tutelage.report.names import GROUP_NAMES, model_name, spoken, stage_name, task_name
from tutelage.report.results import GROUPS, Interval, Results, Series, TaxChanges, WinRate
from tutelage.report.wording import DASH, decimal, percent, percent_interval

FEW = 4
"""Tasks of the tax that are told one by one; of more it is told on how many something was lost."""

JUDGES = {"heldout_labelers": "Held-out labelers prefer", "training_labelers": "Training labelers prefer"}


def headline(results: Results) -> str:
    """One sentence on whether the method worked."""
    found = main_win_rate(results)
    if found is None:
        return "This run judged no preferences."
    group, model, rate = found
    baseline = model_name(results.preference.baseline) if results.preference else ""
    judges = who_prefers(results, group)
    if rate.low > 0.5:
        return f"{judges} {model_name(model)} to {baseline}, {percent(rate.win_rate, 0)} of the time."
    if rate.high < 0.5:
        return f"{judges} {baseline} to {model_name(model)}: training against the reward model made it worse."
    return f"{judges} neither {model_name(model)} nor {baseline} clearly."


def who_prefers(results: Results, group: str) -> str:
    """Who judges, with the verb: the beginning of a sentence."""
    return "The judging model prefers" if results.preference and results.preference.judge else JUDGES[group]


def judges_name(results: Results, group: str) -> str:
    """Who judges, within a sentence or a table's head."""
    return "the judging model" if results.preference and results.preference.judge else GROUP_NAMES[group]


def main_win_rate(results: Results) -> tuple[str, str, WinRate] | None:
    """Group, model and rate of the figure that counts: the policy by held-out labelers, or the nearest to it."""
    if results.preference is None:
        return None
    for group in reversed(GROUPS):
        rates = results.preference.of_group(group)
        for model in ("ppo_ptx", "ppo"):
            if model in rates:
                return group, model, rates[model]
    return None


def preference_finding(results: Results) -> str:
    """How the main figure, the group that training knew and the ceiling compare."""
    found = main_win_rate(results)
    if found is None or results.preference is None:
        return ""
    group, model, rate = found
    said = [
        f"{who_prefers(results, group)} {model_name(model)} to {model_name(results.preference.baseline)} in "
        f"{percent(rate.win_rate)} of comparisons (95 % interval {bounds(rate)}); {against_half(rate)}."
    ]
    other = "training_labelers" if group == "heldout_labelers" else "heldout_labelers"
    if (theirs := results.preference.of_group(other).get(model)) is not None:
        said.append(f"By {judges_name(results, other)}: {percent_interval(theirs)}.")
    if (fair := results.preference.equal_length.get(model)) is not None:
        said.append(f"At equal length it is {percent_interval(fair)}.")
    bound = results.best_of_n
    if bound is not None and (ceiling := bound.of_group(group).get("oracle")) is not None:
        said.append(
            f"The ceiling is {percent(ceiling.win_rate)}: the best of {bound.n} SFT samples as the oracle "
            "picks them, under the same labelers' noise."
        )
        if ceiling.win_rate > 0.5 and rate.win_rate > 0.5:
            share = (rate.win_rate - 0.5) / (ceiling.win_rate - 0.5)
            said.append(
                f"Of the distance from one half to it, {model_name(model)} covers {percent(share, 0)}."
            )
    return " ".join(said)


def new_against_old_finding(results: Results) -> str:
    """Whether the round made the policy better: by whom it is preferred to the one before, and how surely."""
    found = results.new_against_old
    if found is None:
        return ""
    said = []
    for group in reversed(GROUPS):
        if (rate := found.of_group(group)) is None:
            continue
        who = "The judging model" if found.judge else spoken(GROUP_NAMES[group])
        verb = "prefers" if found.judge else "prefer"
        new, old = f"the new policy (round {found.round})", f"the old one ({model_name(found.earlier)})"
        if rate.low > 0.5:
            told = f"{verb} {new} to {old}"
        elif rate.high < 0.5:
            told = f"{verb} the old policy ({model_name(found.earlier)}) to the new one (round {found.round})"
        else:
            told = f"{verb} neither clearly, {new} nor {old}"
        said.append(
            f"{who} {told}: the new one's answer is ranked above in {percent(rate.win_rate)} of comparisons (95 % "
            f"interval {bounds(rate)})."
        )
    return " ".join(said)


def against_half(rate: WinRate) -> str:
    """What the interval allows to be said."""
    if rate.low > 0.5:
        return "the whole interval lies above one half"
    if rate.high < 0.5:
        return "the whole interval lies below one half"
    return "the interval holds one half, so no difference is shown"


def bounds(figure: Interval) -> str:
    """A rate's interval in percent, without the value."""
    return f"{figure.low * 100:.1f}{DASH}{figure.high * 100:.1f} %"


def best_and_worst(figures: Mapping[str, Interval], what: str, written: str) -> str:
    """Which model has most and which least of something."""
    ordered = sorted(figures, key=lambda model: figures[model].value)
    if len(ordered) < 2:
        return ""
    low, high = ordered[0], ordered[-1]
    return (
        f"{what} is highest for {model_name(high)} ({written.format(figures[high].value)}) and lowest for "
        f"{model_name(low)} ({written.format(figures[low].value)})."
    )


def reward_model_finding(results: Results) -> str:
    """Accuracy against the agreement that bounds it."""
    measured = results.reward_model
    if measured is None:
        return ""
    said = [
        f"On prompts it never saw, the reward model orders {percent_interval(measured)} of untied pairs "
        f"as the labeler did."
    ]
    agreement = measured.labeler_agreement.training
    if agreement is not None:
        difference = measured.accuracy - agreement
        said.append(
            f"Two labelers of the training group agree on {percent(agreement)} of pairs; the reward model is "
            f"{abs(difference) * 100:.1f} points {'above' if difference >= 0 else 'below'} that."
        )
    if measured.by_gap:
        widest = measured.by_gap[-1]
        said.append(
            "Where the two completions differ most in utility it is right in "
            f"{percent(widest.accuracy.accuracy)}."
        )
    return " ".join(said)


def training_finding(results: Results) -> str:
    """Whether what was maximised and what is meant went the same way."""
    said = []
    for policy, curves in results.curves.items():
        score, utility = curves.get("score"), curves.get("utility")
        if score is None or len(score.y) < 2:
            continue
        sentence = (
            f"{stage_name(policy)}: the score went from {decimal(early(score))} to {decimal(late(score))}"
        )
        if utility is not None and len(utility.y) > 1:
            sentence += f", the oracle's utility from {decimal(early(utility))} to {decimal(late(utility))}"
            sentence += f" \u2013 {direction(score, utility)}"
        if (kl := curves.get("kl")) is not None and kl.y:
            sentence += f"; KL ends at {decimal(late(kl))} nats"
        said.append(sentence + ".")
    return " ".join(said)


def direction(score: Series, utility: Series) -> str:
    """Hacking or not, from both ends of both curves."""
    rises, helps = late(score) > early(score), late(utility) > early(utility)
    if rises and helps:
        return "both rise"
    if rises:
        return "the score rises and utility does not: the reward model is being hacked"
    return "the score did not rise"


def early(series: Series) -> float:
    """A curve's level at its beginning: the mean of its first tenth."""
    count = max(1, len(series.y) // 10)
    return sum(series.y[:count]) / count


def late(series: Series) -> float:
    """A curve's level at its end: the mean of its last tenth."""
    count = max(1, len(series.y) // 10)
    return sum(series.y[-count:]) / count


def tax_finding(results: Results) -> str:
    """How much each policy lost against the reference, task by task, and how much of it ptx repairs."""
    changes = results.tax_changes
    if changes is None:
        return ""
    plain, mixed = changes.models.get("ppo", {}), changes.models.get("ppo_ptx", {})
    shared = [name for name in plain if name in mixed]
    if len(shared) > FEW:
        return tax_counted(results, shared, changes)
    said = []
    for name in shared:
        lost, still = loss(results, name, plain[name].score), loss(results, name, mixed[name].score)
        title = task_name(results, name)
        if lost <= 0:
            said.append(f"{title}: plain PPO loses nothing.")
        elif still <= 0:
            said.append(f"{title}: PPO loses, PPO-ptx does not.")
        else:
            said.append(f"{title}: PPO-ptx loses {percent(still / lost, 0)} of what PPO loses.")
    return " ".join(said)


def tax_counted(results: Results, shared: Sequence[str], changes: TaxChanges) -> str:
    """On how many of many tasks each policy lost: those whose interval says so, whatever their unit."""
    lost = {
        policy: [
            name
            for name in shared
            if min(loss(results, name, end) for end in (own[name].low, own[name].high)) > 0
        ]
        for policy in ("ppo", "ppo_ptx")
        for own in [changes.models[policy]]
    }
    said = (
        f"Of {len(shared)} tasks plain PPO lowers {len(lost['ppo'])} clearly, PPO-ptx {len(lost['ppo_ptx'])}"
    )
    both = [task_name(results, name) for name in lost["ppo"] if name in lost["ppo_ptx"]]
    return f"{said}: still {listed(both)}." if both else f"{said}."


def loss(results: Results, task: str, change: float) -> float:
    """How much worse a change is, in the task's unit; below 0 it is better."""
    known = results.tasks.get(task)
    return -change if known is None or known.higher_is_better else change


def warnings(results: Results) -> list[str]:
    """What a reader must know before believing the page."""
    said = [f"{spoken(gate.name)}: {gate.message}." for gate in results.gates if not gate.passed]
    if results.preference is not None and results.preference.judge:
        said.append(f"Preferences are judged by {results.preference.judge}.")
    if (round_found := results.new_against_old) is not None and round_found.judged_by_manner:
        said.append(
            f"{round_found.judged_by_manner} collected prompts are not of the embedded world: of answers to them its "
            "labelers judge the manner alone, not whether they are right."
        )
    if (found := main_win_rate(results)) is not None and found[2].low <= 0.5:
        _, model, rate = found
        said.append(
            f"{model_name(model)} is not shown to be better than the baseline: {percent_interval(rate)}, "
            "and an interval that reaches one half is no win."
        )
    for policy, curves in results.curves.items():
        score, utility = curves.get("score"), curves.get("utility")
        if (
            score
            and utility
            and len(utility.y) > 1
            and late(score) > early(score)
            and late(utility) < early(utility)
        ):
            said.append(
                f"{stage_name(policy)}: the reward model's score rose while the oracle's utility fell "
                "\u2013 the policy found what the reward model overrates. Its score says nothing about its "
                "quality."
            )
    return said


def listed(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
