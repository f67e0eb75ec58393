"""Records as tables of Markdown, and their place in a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.plan import FULL, OURS, QUICK, WORKS, Run
from benchmarks.records import Failure, Outcome, Record, told, undisturbed

COLUMNS = ("work", "model", "ours", "peer", "ratio", "of the limit", "peak MB")
PHASES = ("sampling", "scoring", "updates")
PHASE_COLUMNS = ("PPO, seconds a step (of the limit)", "by", *PHASES)


def comparison(outcomes: Sequence[Outcome], least_share: float) -> str:
    """All tables, and what must be said with them."""
    rows, phases = [], []
    for case in (*FULL, *QUICK):
        of_case = [each for each in outcomes if replace(each.run, setting=OURS, seed=0) == case]
        if of_case:
            settings = by_setting(undisturbed(of_case, least_share))
            rows += rows_of(case, settings)
            phases += phase_rows(case, settings) if case.work == "ppo" else []
    tables = [table(COLUMNS, rows)] if rows else []
    tables += [table(PHASE_COLUMNS, phases)] if phases else []
    return "\n\n".join([*tables, *remarks(outcomes, least_share)])


def by_setting(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Ours first, then the peer's, the fastest first."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.run.setting, []).append(record)
    return dict(sorted(found.items(), key=lambda item: (item[0] != OURS, -rate(item[1]))))


def rate(records: Sequence[Record]) -> float:
    """The median."""
    return median(record.rate for record in records)


def rows_of(case: Run, settings: Mapping[str, list[Record]]) -> list[list[str]]:
    """A row for each setting of the peer; the ratio to the fastest is what counts."""
    work, mine = WORKS[case.work], settings.get(OURS)
    rows: list[list[str]] = []
    for setting, theirs in settings.items():
        if setting == OURS or not mine:
            continue
        sides = (mine, theirs)
        limit = " / ".join(f"{100 * median(each.limit_share() for each in side):.0f}" for side in sides)
        memory = " / ".join(f"{median(each.peak_bytes for each in side) / 1e6:.0f}" for side in sides)
        ratio = f"{rate(mine) / rate(theirs):.1f}×"
        case_cells = ["", "", ""] if rows else [case.title, case.model, f"{spread(mine)} {work.unit}"]
        peer = f"{work.peer}, {setting}: {spread(theirs)}"
        rows.append([*case_cells, peer, ratio if rows else f"**{ratio}**", f"{limit} %", memory])
    return rows or [[case.title, case.model, "no undisturbed runs of both", "", "", "", ""]]


def phase_rows(case: Run, settings: Mapping[str, list[Record]]) -> list[list[str]]:
    """Where the seconds of a step go, ours and the fastest peer's."""
    rows = []
    for setting, records in list(settings.items())[:2]:
        cells = [
            f"{median(each.seconds[phase] for each in records) / case.steps:.2f} "
            f"({100 * median(each.limit_share(phase) for each in records):.0f} %)"
            for phase in PHASES
        ]
        rows.append([f"{case.model}{case.lengths}", setting, *cells])
    return rows


def spread(records: Sequence[Record]) -> str:
    """Lowest, middle and highest rate; one where there is one."""
    rates = [record.rate for record in records]
    figures = (min(rates), median(rates), max(rates))
    return " – ".join(f"{each:.{0 if each >= 100 else 2}f}" for each in figures[: 3 if rates[1:] else 1])


def remarks(outcomes: Sequence[Outcome], least_share: float) -> list[str]:
    """What was left out, and the machine."""
    records = [each for each in outcomes if isinstance(each, Record)]
    dropped = len(records) - len(undisturbed(records, least_share))
    said = [
        f"{dropped} of {len(records)} runs had less than {least_share:.0%} of their core and were dropped."
    ]
    said += [f"Failed: {told(each)}" for each in outcomes if isinstance(each, Failure)]
    if records:
        versions: dict[str, set[str]] = {}
        for name, version in (item for each in records for item in each.versions.items()):
            versions.setdefault(name, set()).add(version)
        processor = " and ".join(versions.pop("processor"))
        told_versions = ", ".join(f"{name} {' and '.join(sorted(each))}" for name, each in versions.items())
        fp32, bf16, copy = (
            f"{median(getattr(each.ceilings, name) for each in records) / 1e9:.0f}"
            for name in ("fp32", "bf16", "copy")
        )
        said.append(
            f"{min(each.time for each in records)[:10]}, one core of {processor}: products of matrices {fp32} GFLOP/s "
            f"in fp32 and {bf16} in bf16, copy {copy} GB/s; {told_versions}."
        )
    return said


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Of Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, ["---"] * len(columns), *rows))


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between the page's markers of this name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    page.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")
