"""How good are the suggestions? On header lists whose mapping was made by hand, beside a peer.

    python benchmarks/suggest.py FOLDER [FOLDER ...] [--cases] [--points]

A FOLDER holds cases as JSON: ``source_columns`` (name, samples), ``target_system``,
``target_objects``, ``truth`` (column -> "Object.field" or null) and ``accept`` (other right
answers). Without one, the cases of the tests are taken. The peer, in the same run, takes the field
whose label or name is most like the heading (rapidfuzz token_sort_ratio), from 0.6 on.

acc@1 and acc@3: columns with a field whose right field is first, or among the first three. F1: of
the fields decided on. alone: columns without a home that were left alone. auto@95: share of all
columns that could be accepted unseen, surest first, at a precision of 0.95. ECE: the calibration
error of what was decided, in ten bins. ``--points`` prints the confidence of the best field, also
of those not decided on, against the share that is right: the points that
``migrate.mapping.ranking.calibration`` holds are moved until both agree.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rapidfuzz import fuzz

from migrate.mapping import suggest
from migrate.specs.catalogue import read_target, target_names
from migrate.values import SOURCE_ROW, Column, Table

CASES = Path(__file__).resolve().parents[1] / "tests" / "data" / "mapping_cases"
_ALIKE = 0.6


@dataclass(frozen=True)
class Answer:
    """What was said of one column, and what is right: fields, the best first; None leaves alone."""

    case: str
    language: str
    column: str
    ranked: tuple[tuple[str | None, float], ...]
    truth: str | None
    accepted: frozenset[str | None]

    @property
    def decided(self) -> tuple[str | None, float]:
        return self.ranked[0] if self.ranked else (None, 1.0)

    def is_right(self, field: str | None) -> bool:
        return field == self.truth or field in self.accepted


def table_of(case: dict) -> Table:
    """Make a table of the columns and samples of a case."""
    names = [column["name"] for column in case["source_columns"]]
    rows = max(len(column["samples"]) for column in case["source_columns"])
    frame = pd.DataFrame(
        {c["name"]: (c["samples"] + [""] * rows)[:rows] for c in case["source_columns"]},
        dtype="str",
    )
    frame = frame.where(frame != "")
    frame[SOURCE_ROW] = range(2, rows + 2)
    return Table(
        case["id"], tuple(map(Column, names)), case["id"], lambda _: iter([frame]), lambda: rows
    )


def ours(case: dict) -> dict[str, list[tuple[str | None, float]]]:
    """Ask the product."""
    found = suggest([table_of(case)], case["target_system"], objects=case["target_objects"])
    return {s.source_column: [(c.field, c.confidence) for c in s.candidates] for s in found}


def peer(case: dict) -> dict[str, list[tuple[str | None, float]]]:
    """Take the field that is spelled most like the column."""
    schema = read_target(case["target_system"])
    fields = {
        f"{t.name}.{f.name}": [text.lower() for text in (f.name, f.label) if text]
        for t in schema.objects if t.name in case["target_objects"] for f in t.fields
    }  # fmt: skip
    answers: dict[str, list[tuple[str | None, float]]] = {}
    for column in case["source_columns"]:
        name = column["name"].lower()
        scored = {
            field: max(fuzz.token_sort_ratio(name, text) for text in texts) / 100
            for field, texts in fields.items()
        }
        best: list[tuple[str | None, float]] = sorted(scored.items(), key=lambda found: -found[1])[
            :5
        ]
        answers[column["name"]] = best if best[0][1] >= _ALIKE else [(None, 0.0), *best]
    return answers


def answers_of(cases: Iterable[dict], method) -> list[Answer]:
    """Put what a method says beside what is right."""
    return [
        Answer(
            case["id"], case["language"], name, tuple(said.get(name, ())), truth,
            frozenset(case.get("accept", {}).get(name, ())),
        )
        for case in cases for said in [method(case)] for name, truth in case["truth"].items()
    ]  # fmt: skip


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """Reckon every figure of the docstring."""
    homed = [a for a in answers if a.truth is not None]
    homeless = [a for a in answers if a.truth is None]
    fields = {id(a): [f for f, _ in a.ranked if f is not None] for a in homed}
    first = sum(any(map(a.is_right, fields[id(a)][:1])) for a in homed)
    third = sum(any(map(a.is_right, fields[id(a)][:3])) for a in homed)
    right = sum(a.decided[0] is not None and a.is_right(a.decided[0]) for a in homed)
    wrong = sum(a.decided[0] is not None and not a.is_right(a.decided[0]) for a in answers)
    missed = len(homed) - right - sum(a.decided[0] is None and None in a.accepted for a in homed)
    alone = sum(a.is_right(a.decided[0]) for a in homeless)
    said = [(a.decided[1], a.is_right(a.decided[0])) for a in answers if a.decided[0] is not None]
    return {
        "columns": len(answers),
        "acc@1": first / len(homed) if homed else 1.0,
        "acc@3": third / len(homed) if homed else 1.0,
        "F1": 2 * right / (2 * right + wrong + missed) if right else 0.0,
        "alone": alone / len(homeless) if homeless else 1.0,
        "auto@95": _unseen(said) / len(answers),
        "ECE": _calibration_error(said),
    }


def _unseen(said: Sequence[tuple[float, bool]]) -> int:
    """How many of the surest answers there are of which 95 in 100 are right; ties go together."""
    ranked = sorted(said, key=lambda found: -found[0])
    best = good = 0
    for index, (sure, is_right) in enumerate(ranked, start=1):
        good += is_right
        is_last = index == len(ranked) or ranked[index][0] != sure
        if is_last and good / index >= 0.95:
            best = index
    return best


def _calibration_error(said: Sequence[tuple[float, bool]]) -> float:
    bins = defaultdict(list)
    for sure, is_right in said:
        bins[min(int(sure * 10), 9)].append((sure, is_right))
    return sum(
        abs(sum(r for _, r in found) - sum(s for s, _ in found)) for found in bins.values()
    ) / max(len(said), 1)


def read_cases(folders: Sequence[Path]) -> list[dict]:
    """Read the cases whose target the catalogue has."""
    known = set(target_names())
    cases = [
        json.loads(path.read_text(encoding="utf-8"))
        for folder in folders for path in sorted(folder.glob("*.json"))
    ]  # fmt: skip
    return [case for case in cases if case["target_system"] in known]


def show(title: str, answers: Sequence[Answer]) -> None:
    found = figures(answers)
    numbers = " ".join(f"{found[name]:8.3f}" for name in list(found)[1:])
    print(f"{title:42} {found['columns']:5.0f} {numbers}")


def show_points(answers: Sequence[Answer]) -> None:
    found = defaultdict(list)
    for answer in answers:
        fields = [(field, sure) for field, sure in answer.ranked if field is not None]
        if fields:
            found[round(fields[0][1], 1)].append(answer.is_right(fields[0][0]))
    for sure, right in sorted(found.items()):
        print(f"confidence {sure:.1f}: {sum(right) / len(right):.2f} of {len(right)} right")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path, default=[CASES])
    parser.add_argument("--cases", action="store_true", help="one line for each case")
    parser.add_argument("--points", action="store_true", help="confidence against share right")
    parser.add_argument("--wrong", action="store_true", help="list what was wrong")
    given = parser.parse_args()
    cases = read_cases(given.folders)
    print(
        f"{'':42} cols  "
        + " ".join(f"{n:>8}" for n in ("acc@1", "acc@3", "F1", "alone", "auto@95", "ECE"))
    )
    suggest([table_of(cases[0])], "reference")  # what is read once is not timed
    started = time.perf_counter()
    our_answers = answers_of(cases, ours)
    seconds = time.perf_counter() - started
    show("crm-migrate", our_answers)
    show("rapidfuzz token_sort_ratio", answers_of(cases, peer))
    for language in sorted({case["language"] for case in cases}):
        show(f"  {language}", [a for a in our_answers if a.language == language])
    if given.cases:
        for case in cases:
            show(f"  {case['id']}", [a for a in our_answers if a.case == case["id"]])
    if given.wrong:
        for a in our_answers:
            if not a.is_right(a.decided[0]):
                print(f"{a.case[:18]:18} {a.column!r:28} right: {a.truth} said: {a.ranked[:3]}")
    if given.points:
        show_points(our_answers)
    columns = sum(len(case["truth"]) for case in cases)
    print(f"{seconds:.2f} s for {columns} columns: {100 * seconds / columns:.2f} s for a hundred")


if __name__ == "__main__":
    main()
