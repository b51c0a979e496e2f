"""What is a sheet for people, and how do its texts survive Excel? Nothing here opens a file.

The workbook itself is written and read in :mod:`migrate.reports.xlsx`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from migrate.errors import UsageError

MAX_CELL = 32_767  # UTF-16 units: Excel's limit
MAX_ROWS = 1_048_576
MAX_SHEET_NAME = 31
CHOICES_SHEET = "_choices"
LISTS_SHEET = "_lists"  # choices that depend on another cell of the line

# Characters that XML cannot hold, and texts that look like the escape itself, are escaped the way
# Excel does it (_x000D_). openpyxl does neither, in either direction.
_NEEDS_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet for people; ``choices`` become a dropdown.

    ``choices_by`` makes the dropdown of a line depend on one of its other cells: that cell's title,
    and the choices for each text in it. Where ``is_open``, another text than those of the dropdown
    may be typed. A column of ``kind`` "count" or "percent" holds numbers ("0.98" is 98 %), so that it
    sorts as such; ``is_graded`` colours a percentage from red to green.
    """

    title: str
    width: int
    is_hidden: bool = False
    is_editable: bool = False
    choices: tuple[str, ...] = ()
    choices_by: tuple[str, Mapping[str, Sequence[str]]] | None = None
    is_open: bool = False
    kind: Literal["text", "count", "percent"] = "text"
    is_graded: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet for people: one header row, then texts; ``note`` stands above the header.

    Where a column is editable, the others are protected, without a password; ``is_protected`` says
    so of a sheet without such a column.
    """

    name: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[str]]
    note: str = ""
    is_hidden: bool = False
    is_protected: bool = False


@dataclass(frozen=True)
class SheetLines:
    """What a sheet holds when it comes back: its lines with their row numbers, blank ones left out."""

    name: str
    letters: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[tuple[int, Mapping[str, str]]] = ()

    def cell(self, row: int, title: str) -> str:
        """Say where a cell is.

        >>> SheetLines("Fields", {"Chosen": "H"}).cell(14, "Chosen")
        'Fields!H14'
        """
        return f"{self.name}!{self.letters.get(title, '')}{row}"


def check_sheets(sheets: Sequence[Sheet]) -> None:
    """Refuse names that Excel would refuse, before anything is written."""
    for sheet in sheets:
        if len(sheet.name) > MAX_SHEET_NAME or re.search(r"[\[\]:*?/\\]", sheet.name):
            raise UsageError(
                f"a sheet cannot be called {sheet.name!r}: at most {MAX_SHEET_NAME} characters,"
                " none of [ ] : * ? / \\"
            )
        titles = [column.title for column in sheet.columns]
        if len(set(titles)) < len(titles):
            raise UsageError(f"sheet {sheet.name}: two columns have the same title")
    names = [sheet.name.casefold() for sheet in sheets] + [CHOICES_SHEET, LISTS_SHEET]
    if len(set(names)) < len(names):
        raise UsageError("two sheets have the same name, or one is called " + CHOICES_SHEET)


def find_header(
    rows: Sequence[Sequence[str]], required: Sequence[str], where: str
) -> tuple[int, list[tuple[int, str]]]:
    """Find the header among the first rows: its row, and the position and title of each column.

    >>> find_header([["Correct and save"], ["key", "", "value"]], ["value"], "q.xlsx!Contact")
    (1, [(0, 'key'), (2, 'value')])
    """
    titles = [[cell.strip() for cell in row] for row in rows]
    candidates = [i for i, row in enumerate(titles) if required and set(required) <= set(row)]
    if not candidates:
        candidates = [i for i, row in enumerate(titles) if sum(map(bool, row)) >= 2]
    candidates = candidates or [i for i, row in enumerate(titles) if any(row)]
    if not candidates:
        raise UsageError(f"{where} is empty", hint="use the workbook as it was exported")
    start = candidates[0]
    header = [(position, title) for position, title in enumerate(titles[start]) if title]
    names = [title for _, title in header]
    if missing := [title for title in required if title not in names]:
        near = get_close_matches(missing[0], names, n=1)
        raise UsageError(
            f"{where} has no column {', '.join(missing)}; found: {', '.join(names)}",
            hint=f"rename {near[0]!r} back to {missing[0]!r}"
            if near
            else "use the workbook as it was exported",
        )
    if doubles := sorted({title for title in names if names.count(title) > 1}):
        raise UsageError(
            f"{where} has two columns called {', '.join(doubles)}",
            hint="rename or delete the one that was added",
        )
    return start, header


def unknown_sheet(path: Path, sheet: str, names: Sequence[str]) -> UsageError:
    """Say which sheets there are, and the nearest name."""
    near = get_close_matches(sheet, names, n=1)
    return UsageError(
        f"{path.name} has no sheet {sheet!r}; it has: {', '.join(names)}",
        hint=f"rename the sheet {near[0]!r} back to {sheet!r}"
        if near
        else "use the workbook as it was exported",
    )


def typed_text(value: Any) -> str:
    """Return what a cell holds as the text that a person typed.

    >>> typed_text(905123456.0), typed_text(0.1), typed_text(datetime.datetime(2024, 3, 5))
    ('905123456', '0.1', '2024-03-05')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return unescape(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Excel shows 15 digits of the 17 that it stores; the last two are nobody's typing.
        shown = Decimal(format(value, ".15g"))
        whole = shown.to_integral_value()
        return format(whole if whole == shown else shown, "f")
    if isinstance(value, datetime.datetime):
        has_time = value.time() != datetime.time()
        return value.isoformat() if has_time else value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def escape(text: str) -> str:
    r"""Escape what a cell's XML cannot hold, as Excel does.

    >>> escape("a\r\nb"), escape("_x0041_"), escape("  ")
    ('a_x000D_\nb', '_x005F_x0041_', '_x0020_ ')
    """
    escaped = _NEEDS_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    if escaped and not escaped.strip():
        # A cell of spaces alone would be read as empty.
        return f"_x{ord(escaped[0]):04X}_{escaped[1:]}"
    return escaped


def unescape(text: str) -> str:
    r"""Undo :func:`escape`.

    >>> unescape("a_x000D_\nb"), unescape("_x005F_x0041_")
    ('a\r\nb', '_x0041_')
    """
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def refuse_locked(path: Path) -> None:
    """Excel and LibreOffice leave a file beside a workbook that somebody has open."""
    for name in (f"~${path.name}", f".~lock.{path.name}#"):
        if path.with_name(name).exists():
            raise locked(path, lock=name)


def locked(path: Path, *, lock: str = "") -> UsageError:
    """Say that somebody has the workbook open, and what to do when nobody has."""
    stale = f"; if nobody has it open, delete {lock}" if lock else ""
    return UsageError(
        f"{path} is open in another program, or you may not write there",
        hint=f"close it in Excel and run the same command again{stale}",
    )
