"""Is personal information found, and is nothing else taken for it? Recall and precision on texts made for it.

    .venv/bin/python -m benchmarks.pii

2,400 texts, the same for the same seed: each of 1,600 holds one piece of personal information, in words that people
might send to a model; 800 hold none, but numbers that look like some. The table goes into docs/data.md. Needs the extra
`privacy`. The numbers are made up: no text is of a person.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import table
from benchmarks.pii_texts import KINDS, Case, cases
from tutelage.data.pii import Finder, Form, find_personal_information
from tutelage.labelers.intervals import Estimate, rate

PAGE = Path(__file__).parents[1] / "docs" / "data.md"


def recall(cases: Iterable[Case], find: Finder) -> Estimate:
    """How often all of the information is within findings, whatever their form."""
    hits = []
    for case in cases:
        covered = {place for each in find(case.text) for place in range(each.start, each.end)}
        hits.append(covered.issuperset(range(case.start, case.end)))
    return rate(hits, range(len(hits)))


def precision(cases: Iterable[Case], find: Finder, form: Form) -> Estimate | None:
    """How many findings of a form touch personal information; None where there is none."""
    right = [
        each.start < case.end and case.start < each.end
        for case in cases
        for each in find(case.text)
        if each.form == form
    ]
    return rate(right, range(len(right))) if right else None


def lines(cases: Sequence[Case], finders: Sequence[Finder]) -> Iterator[list[str]]:
    """A line for each kind, and one for the innocent texts."""
    for kind in KINDS:
        form: Form = kind.split(",")[0]  # type: ignore[assignment]
        own = [case for case in cases if case.kind == kind]
        # a form's findings are told once, beside its first kind
        first = kind == form or kind.startswith(("phone, with", "name, with a"))
        cells = [kind, str(len(own))]
        for find in finders:
            told = precision(cases, find, form) if first else None
            cells += [shown(recall(own, find)), shown(told)]
        yield cells
    innocent = [case for case in cases if case.kind == "innocent"]
    cells = ["texts with none, left as they are", str(len(innocent))]
    for find in finders:
        cells += [shown(rate([not find(case.text) for case in innocent], range(len(innocent)))), ""]
    yield cells


def shown(estimate: Estimate | None) -> str:
    """In per cent, with its interval."""
    if estimate is None:
        return ""
    return f"{estimate.value:.1%} ({100 * estimate.low:.1f}–{100 * estimate.high:.1f})".replace("%", "")


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    from tutelage.data.pii.presidio import presidio_finder

    parser = ArgumentParser(prog="python -m benchmarks.pii", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="0 was looked at while patterns were written")
    parser.add_argument("--errors", type=int, default=0, help="show so many of each kind, and write no page")
    chosen = parser.parse_args(arguments)
    made = cases(chosen.seed)
    finders = (find_personal_information, presidio_finder())
    if chosen.errors:
        show_errors(made, finders[1], chosen.errors)
        return 0
    columns = [
        "%",
        "texts",
        "found, built in",
        "right, built in",
        "found, with Presidio",
        "right, with Presidio",
    ]
    text = table.table(columns, lines(made, finders))
    print(text)
    table.put(PAGE, "pii", text)
    return 0


def show_errors(cases: Sequence[Case], find: Finder, count: int) -> None:
    """What was missed, and what was taken for personal information."""
    for kind in (*KINDS, "innocent"):
        own = [case for case in cases if case.kind == kind]
        if kind == "innocent":
            wrong = [f"{find(case.text)}: {case.text}" for case in own if find(case.text)]
        else:
            wrong = [case.text for case in own if recall([case], find).value < 1]
        print(f"{kind}: {len(wrong)} of {len(own)}", *wrong[:count], sep="\n    ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
