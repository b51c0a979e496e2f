"""What did people fill in, on which line, and is it still the line that went out?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.mapping.decisions.model import Choice, Key, read_key
from migrate.mapping.decisions.sheets import (
    FORMAT,
    INPUTS,
    KEY,
    NAMES,
    SENT_COLUMNS,
    SENT_OUT,
    SentOut,
)
from migrate.mapping.decisions.state import CHOSEN
from migrate.reports.sheets import SheetLines
from migrate.reports.xlsx import read_lines, read_workbook
from migrate.values import Issue, Severity

_KINDS = {"Fields": ("field", "constant"), "Values": ("value",), "Owners": ("owner",),
          "Duplicates": ("match",)}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What stands on one line of the workbook, and where each of its cells is."""

    key: Key
    choice: Choice
    places: Mapping[str, str] = field(default_factory=dict)

    def issue(
        self, code: str, severity: Severity, message: str, *, hint: str, title: str = CHOSEN
    ) -> Issue:
        """Make an Issue of a cell of this line; the value of the line goes into its ``value``."""
        place = self.places.get(title) or next(iter(self.places.values()), "")
        return Issue(
            code, severity, message, entity=self.key.table or self.key.field,
            column=self.key.column, place=place, value=self.key.value, hint=hint,
        )  # fmt: skip


@dataclass(frozen=True)
class Returned:
    """A workbook that came back: what went out, and what stands on its lines now."""

    sent: SentOut
    before: Mapping[Key, Choice]
    plans: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    issues: Sequence[Issue] = ()


def read_decisions(path: Path) -> Returned:
    """Read the workbook, saved by whatever program; sorted, with lines inserted or deleted.

    Raises UsageError where it is no decision workbook, cannot be read, or is open in Excel.
    """
    path = Path(path)
    hidden = read_workbook(path, SENT_OUT, required=SENT_COLUMNS)
    told = [tuple(row[title] for title in SENT_COLUMNS) for row in hidden]
    facts = {what: (key, value) for what, key, value, _ in told if what not in ("line", "file")}
    if facts.get("format", ("", ""))[0] != FORMAT:
        raise UsageError(
            f"{path.name} is a decision workbook of another version of crm-migrate",
            hint="export it again: crm-migrate map export",
        )
    before: dict[Key, Choice] = {}
    plans: dict[Key, Mapping[str, Any]] = {}
    for what, text, choice, plan in told:
        key = read_key(text) if what == "line" else None
        if key is not None:
            before[key], plans[key] = Choice(json.loads(choice or "{}")), json.loads(plan or "{}")
    sent = SentOut(
        *facts.get("migration", ("", "")),
        files={key: value for what, key, value, _ in told if what == "file"},
        schema=facts.get("schema", ("", ""))[0],
    )
    entries: dict[Key, Entry] = {}
    issues: list[Issue] = []
    for sheet, inputs in INPUTS.items():
        lines = read_lines(path, sheet, required=(KEY, *inputs))
        issues += _entries(path.name, lines, before, entries)
    issues += _gone(path.name, before, entries)
    return Returned(sent, before, plans, entries, tuple(issues))


def _entries(
    file: str, sheet: SheetLines, before: Mapping[Key, Choice], entries: dict[Key, Entry]
) -> Iterator[Issue]:
    """Add the lines of a sheet to the entries; yield what is wrong with them."""
    inputs = INPUTS[sheet.name]
    for row, texts in sheet.lines:
        places = {title: f"{file}!{sheet.cell(row, title)}" for title in (*inputs, KEY)}
        filled = {title: _typed(texts.get(title, "")) for title in inputs}
        choice = Choice({title: text for title, text in filled.items() if text})
        key = read_key(texts[KEY])
        entry = Entry(key or Key("field"), choice, places)
        if not texts[KEY].strip():
            if choice.cells:
                yield entry.issue(
                    "inserted_row", "warning",
                    "the line was inserted by hand: it has no id, so nothing in it is used",
                    hint="write into the lines that were exported", title=inputs[0],
                )  # fmt: skip
            continue
        if key is None or key not in before or key.kind not in _KINDS[sheet.name]:
            is_entered = bool(choice.cells)
            yield entry.issue(
                "damaged_key", "error" if is_entered else "warning",
                "the hidden line id was changed, so nobody can tell what this line decides",
                hint="export the workbook again and enter the choice there", title=KEY,
            )  # fmt: skip
            continue
        if not _is_its_line(sheet.name, key, texts):
            is_changed = choice != before[key]
            yield entry.issue(
                "damaged_key", "error" if is_changed else "warning",
                "the hidden line id belongs to another line than the one that is shown here",
                hint="sort whole lines, never single columns; export again and enter it there",
                title=KEY,
            )  # fmt: skip
            continue
        first = entries.get(key)
        if first is None:
            entries[key] = entry
            continue
        is_same = first.choice == choice
        yield entry.issue(
            "line_twice", "warning" if is_same else "error",
            f"the line stands here and in {first.places[inputs[0]]}"
            + ("" if is_same else ", with different choices"),
            hint="delete one of the two",
        )  # fmt: skip
        if not is_same and first.choice == before[key]:
            entries[key] = entry


def _is_its_line(sheet: str, key: Key, texts: Mapping[str, str]) -> bool:
    """Whether the cells by which people recognise a line say what its id says."""
    said = {"Table": key.table, "Owner": key.value, "Object": key.field, "Value": key.value}
    if key.kind != "constant":
        said["Column"] = key.column
    for title in NAMES[sheet]:
        shown = texts.get(title, "")
        if title in said and _typed(shown) != _typed(said[title]):
            return False
    return True


def _gone(file: str, before: Mapping[Key, Choice], entries: Mapping[Key, Entry]) -> Iterator[Issue]:
    sheet_of = {kind: sheet for sheet, kinds in _KINDS.items() for kind in kinds}
    for key in before:
        if key not in entries and key.kind in sheet_of:
            entry = Entry(key, Choice(), {CHOSEN: f"{file}!{sheet_of[key.kind]}"})
            yield entry.issue(
                "line_gone", "info", "the line is not in the workbook any more: it decides nothing",
                hint="export the workbook again to have it back",
            )  # fmt: skip


def _typed(text: str) -> str:
    """A text without what a spreadsheet program changes on its own: line ends, and outer blanks."""
    return text.replace("\r\n", "\n").strip()
