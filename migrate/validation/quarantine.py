"""How do refused rows go to the people who know the right value, and how do they come back?

Frames in, frames out: the ledger keeps the rows, this module knows only the workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from migrate.registry import did_you_mean
from migrate.reports.xlsx import MAX_CELL, Sheet, SheetColumn, read_workbook, write_workbook
from migrate.validation.row_keys import RowKey, key_text, read_key, row_keys, texts_of
from migrate.values import Issue, Severity

QUARANTINE_COLUMNS = (
    "record_id", "block", "part", "code", "column", "field", "value", "message", "hint",
    "base_hash", "record_key", "table", "source_row", "object",
)  # fmt: skip
CORRECTION_COLUMNS = (
    "record_id", "block", "part", "code", "column", "base_hash", "correction", "action",
)  # fmt: skip

REFUSED_SHEET = "Refused rows"
KEY, CORRECTED, ACTION = "Row id (leave as it is)", "Corrected value", "Action"
CORRECT, LEAVE_OUT, MAKE_EMPTY = "correct", "leave out", "make empty"
ACTIONS = (CORRECT, LEAVE_OUT, MAKE_EMPTY)

_FOUND = "Found value"
_READABLE = {
    "Object": ("object", 16),
    "Table": ("table", 20),
    "Row": ("source_row", 8),
    "Key": ("record_key", 16),
    "Field": ("field", 18),
    "Column": ("column", 18),
    _FOUND: ("value", 28),
    "Why": ("message", 44),
    "What helps": ("hint", 44),
}  # title -> the column of the frame that it shows, and its width
_NAMES_THE_ROW = ("Object", "Table", "Key", "Field", "Column")
_CUT = " … (cut here; the whole text has {} characters)"
_HOW_TO = (
    "Each line of the sheet “Refused rows” is a value, or a record, that the new CRM would refuse.",
    "Write the right value into the column “Corrected value”; the source itself is not changed.",
    "Choose “leave out” under Action if the record is not to be migrated at all, or “make empty” if"
    " the right value is not known and the field may stay empty.",
    "Sort, filter, hide or delete lines as you like; what you leave untouched simply stays refused.",
    "Save and close the workbook, then run: crm-migrate quarantine import <this file>",
)


def export_quarantine(rows: pd.DataFrame, path: Path) -> int:
    """Write the refused rows (QUARANTINE_COLUMNS) as a workbook to be corrected; return how many.

    Only its owner can read the file. A text longer than a cell is shown cut, and says so.
    """
    order = ["object", "table", "source_row", "record_key", "field", "code"]
    ordered = rows.sort_values(order, kind="stable")
    columns = [SheetColumn(title, width) for title, (_, width) in _READABLE.items()]
    columns += [
        SheetColumn(CORRECTED, 28, is_editable=True),
        SheetColumn(ACTION, 14, is_editable=True, choices=ACTIONS),
        SheetColumn(KEY, 10, is_hidden=True),
    ]
    note = (
        "Write into the coloured columns only; the sheet “How to” tells the rest."
        if len(rows)
        else "Nothing is refused: there is nothing to correct."
    )
    how_to = Sheet("How to", [SheetColumn("How to", 110)], [(line,) for line in _HOW_TO])
    write_workbook(path, [Sheet(REFUSED_SHEET, columns, _lines(ordered), note), how_to])
    return len(rows)


def import_quarantine(path: Path, open_rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Read the workbook back: the corrections (CORRECTION_COLUMNS), and what could not be taken.

    ``open_rows`` (QUARANTINE_COLUMNS) are the rows that are refused now. ``action`` is "correct" or
    "exclude"; a correct one holds the new text, "" where the field is to be empty. Raises
    UsageError where the workbook cannot be read, or is open in Excel.
    """
    path = Path(path)
    records = read_workbook(path, REFUSED_SHEET, required=(CORRECTED, ACTION, KEY))
    desk = _Desk(f"{path.name}!{REFUSED_SHEET}", _open_rows(open_rows))
    issues: list[Issue] = []
    entries: list[_Entry] = []
    above = "the header"
    for number, record in enumerate(records, 1):
        if not record[KEY].strip():
            issues.append(_inserted(record, number, above, desk))
            continue
        above = f"{record.get('Table', '')} row {record.get('Row', '')}".strip()
        found = _read_line(record, desk)
        if isinstance(found, Issue):
            issues.append(found)
        elif found is not None:
            entries.append(found)
    agreed, conflicts = _without_conflicts(entries, desk)
    issues += conflicts
    if left := len(desk.rows) - len(agreed):
        message = f"{left:,} refused rows have no correction that can be used, and stay refused"
        issues.append(Issue("nothing_entered", "info", message, place=desk.place))
    return _corrections(agreed), issues


# -- writing ----------------------------------------------------------------------------------


def _lines(rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    texts = [texts_of(rows[name]) for name, _ in _READABLE.values()]
    for key, *cells in zip(row_keys(rows), *texts, strict=True):
        yield (*map(_shown, cells), "", "", key_text(key))


def _shown(value: str) -> str:
    """A value as the workbook shows it: whole, or cut where it would not fit a cell."""
    if len(value) <= MAX_CELL // 2:  # a character may take two of the units that Excel counts
        return value
    return value[: MAX_CELL // 2 - 100] + _CUT.format(f"{len(value):,}")


# -- reading ----------------------------------------------------------------------------------


class _Desk(NamedTuple):
    """What a line of the workbook is judged by; the open rows by their place, titles to texts."""

    place: str
    rows: Mapping[tuple[int, str, str, str, str], tuple[str, dict[str, str]]]


class _Entry(NamedTuple):
    """What somebody entered for one refused row; no ``correction`` where it is left out."""

    key: RowKey
    correction: str | None
    record: Mapping[str, str]


def _open_rows(
    rows: pd.DataFrame,
) -> dict[tuple[int, str, str, str, str], tuple[str, dict[str, str]]]:
    names = {title: texts_of(rows[name]) for title, (name, _) in _READABLE.items()}
    texts = (dict(zip(names, cells, strict=True)) for cells in zip(*names.values(), strict=True))
    return {
        key.place: (key.base_hash, shown) for key, shown in zip(row_keys(rows), texts, strict=True)
    }


def _read_line(record: Mapping[str, str], desk: _Desk) -> _Entry | Issue | None:
    """What a line asks for, what is wrong with it, or None where nothing was entered."""
    corrected = record[CORRECTED] if record[CORRECTED].strip() else ""
    action = record[ACTION].strip().casefold()
    is_entered = bool(corrected or action)
    key = read_key(record[KEY])
    if key is None:
        return _issue(
            "damaged_key", "error" if is_entered else "warning", record, desk,
            "the hidden row id was changed, so nobody can tell which row this line is",
            "export the quarantine again and enter the correction there",
        )  # fmt: skip
    base_hash, row = desk.rows.get(key.place, ("", {}))
    if base_hash != key.base_hash or not row:
        return _stale(record, desk, is_known=bool(row)) if is_entered else None
    if any(
        _plain(record.get(title) or row[title]) != _plain(_shown(row[title]))
        for title in _NAMES_THE_ROW
    ):
        return _issue(
            "damaged_key", "error" if is_entered else "warning", record, desk,
            "the hidden row id belongs to another row than the one that this line shows",
            "sort whole lines, never single columns; export again and enter the correction there",
        )  # fmt: skip
    if not is_entered:
        return _edited_found(record, row, desk)
    return _entry(key, corrected, action, record, row, desk)


def _entry(
    key: RowKey, corrected: str, action: str, record: Mapping[str, str], row: Mapping[str, str],
    desk: _Desk,
) -> _Entry | Issue:  # fmt: skip
    if action not in ("", *ACTIONS):
        return _issue(
            "unknown_action", "error", record, desk,
            f"there is no action {record[ACTION].strip()!r}; allowed: {', '.join(ACTIONS)}",
            did_you_mean(action, ACTIONS),
        )  # fmt: skip
    if corrected and action in (LEAVE_OUT, MAKE_EMPTY):
        return _issue(
            "conflicting_corrections", "error", record, desk,
            f"the line has a corrected value and the action {action!r}: only one can be meant",
            "delete one of the two",
        )  # fmt: skip
    if action == LEAVE_OUT:
        return _Entry(key, None, record)
    if action == CORRECT and not corrected:
        return _issue(
            "missing_correction", "warning", record, desk, "the corrected value is missing",
            f"enter it, or choose {MAKE_EMPTY!r} if the field is to be empty",
        )  # fmt: skip
    if not key.column:
        return _issue(
            "not_correctable", "warning", record, desk,
            "the problem is with the whole row: no single value of it can be corrected here",
            f"correct it in the source, or choose {LEAVE_OUT!r}",
        )  # fmt: skip
    if corrected == row[_FOUND]:
        return _issue(
            "unchanged_correction", "info", record, desk,
            "the corrected value is the one that was refused", "enter another, or leave it empty",
        )  # fmt: skip
    return _Entry(key, corrected, record)


def _stale(record: Mapping[str, str], desk: _Desk, *, is_known: bool) -> Issue:
    why = (
        "the value in the source has changed since the export"
        if is_known
        else "the row is not refused any more"
    )
    return _issue(
        "stale_correction", "warning", record, desk, f"{why}, so the correction is not used",
        "export the quarantine again to see what is refused now",
    )  # fmt: skip


def _edited_found(record: Mapping[str, str], row: Mapping[str, str], desk: _Desk) -> Issue | None:
    if _FOUND not in record or _plain(record[_FOUND]) == _plain(_shown(row[_FOUND])):
        return None
    return _issue(
        "found_value_edited", "warning", record, desk,
        f"“{_FOUND}” was changed; it only shows what was refused, so nothing is taken from it",
        f"write the right value into “{CORRECTED}”",
    )  # fmt: skip


def _inserted(record: Mapping[str, str], number: int, above: str, desk: _Desk) -> Issue:
    return _issue(
        "inserted_row", "warning", record, desk,
        f"line {number} under the header (blank lines not counted, below {above}) was inserted by"
        " hand: it has no row id, so nothing in it is used",
        f"write into the columns “{CORRECTED}” and “{ACTION}” of the lines that were exported",
    )  # fmt: skip


def _plain(text: str) -> str:
    """A text without what a spreadsheet program changes on its own: line ends, and outer blanks."""
    return text.replace("\r\n", "\n").strip()


def _issue(
    code: str, severity: Severity, record: Mapping[str, str], desk: _Desk, message: str, hint: str
) -> Issue:
    return Issue(
        code, severity, message, entity=record.get("Object", ""), column=record.get("Column", ""),
        record=record.get("Key", ""), place=desk.place, value=record.get(CORRECTED, ""), hint=hint,
    )  # fmt: skip


# -- what does not go together ----------------------------------------------------------------


def _without_conflicts(entries: Sequence[_Entry], desk: _Desk) -> tuple[list[_Entry], list[Issue]]:
    """The entries that agree, each once; of those that contradict each other none is taken."""
    rules: tuple[tuple[str, Callable[[_Entry], Hashable], Callable[[_Entry], Hashable]], ...] = (
        ("the same row has different answers", lambda e: e.key.place, lambda e: e.correction),
        (
            "the record is left out on one line and corrected on another",
            lambda e: e.key[:3],
            lambda e: e.correction is None,
        ),
        (
            "the same cell is corrected to different values on different lines",
            lambda e: (*e.key[:3], e.key.column),
            lambda e: e.correction,
        ),
    )
    kept = list({(e.key, e.correction): e for e in entries}.values())
    issues: list[Issue] = []
    for message, same, answer in rules:
        answers: dict[Hashable, set[Hashable]] = {}
        for entry in kept:
            answers.setdefault(same(entry), set()).add(answer(entry))
        issues += [
            _issue(
                "conflicting_corrections", "error", entry.record, desk, message,
                "decide for one, and empty the other lines",
            )
            for entry in kept
            if len(answers[same(entry)]) > 1
        ]  # fmt: skip
        kept = [entry for entry in kept if len(answers[same(entry)]) == 1]
    return kept, issues


def _corrections(entries: Sequence[_Entry]) -> pd.DataFrame:
    rows = [
        (*entry.key, entry.correction, "exclude" if entry.correction is None else "correct")
        for entry in entries
    ]
    types = dict.fromkeys(CORRECTION_COLUMNS, "str") | {"record_id": "int64"}
    return pd.DataFrame(rows, columns=list(CORRECTION_COLUMNS)).astype(types)
