"""A round on prompts that users of the served models asked: is the new policy better than the old one? (§3.1)."""

from tutelage.report import findings, paper
from tutelage.report.names import GROUP_NAMES, model_name
from tutelage.report.results import GROUPS, NewAgainstOld, Results
from tutelage.report.sections.section import Section, Table
from tutelage.report.wording import DASH, count, percent_interval

READING = (
    "Both policies answered the same held-out prompts, the run's own and collected ones, and were compared blindly; a "
    "tie is half. Only an interval that does not hold one half is a difference."
)

ORIGINS = {"own": "on the run's own prompts", "collected": "on collected prompts"}


def new_against_old_section(results: Results) -> Section | None:
    """The policy of this round against that of the round before."""
    found = results.new_against_old
    if found is None:
        return None
    given = ", ".join(f"{count(number)} {split}" for split, number in found.collected.items())
    return Section(
        "new-against-old",
        "New policy",
        "Is the new policy better than the old one?",
        findings.new_against_old_finding(results),
        reading=f"Round {found.round} was given prompts that users of the served models asked ({given}). {READING}",
        paper=paper.ROUNDS,
        tables=[rates_table(found)],
    )


def rates_table(found: NewAgainstOld) -> Table:
    """By whom, and on which prompts; the parts by held-out labelers, or by who judged."""
    rates = {
        "the judging model" if found.judge else GROUP_NAMES[group]: rate
        for group in reversed(GROUPS)
        if (rate := found.of_group(group)) is not None
    }
    rates |= {ORIGINS[origin]: rate for origin, rate in found.by_origin.items()}
    rows = [[label, percent_interval(rate), str(rate.n or DASH)] for label, rate in rates.items()]
    title = f"{model_name(found.model)} of round {found.round} preferred to {model_name(found.earlier)}"
    return Table(title, ["", "win rate", "judgments"], rows, folded=False)
