"""What should a person know about how a table of a sheet was read?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._text import slug
from migrate.extractors._workbook.areas import hull, letters_of
from migrate.extractors._workbook.asides import Aside
from migrate.extractors._workbook.grid import (
    BLANK,
    CLOCK,
    DAY,
    NUMBER,
    TEXT,
    Grid,
    Kinds,
    Mask,
    Numbers,
)
from migrate.extractors._workbook.marks import Marks
from migrate.extractors._workbook.regions import Regions
from migrate.extractors._workbook.sides import said_of_band
from migrate.values import Issue

_MOST_CELLS = 100  # named one by one; the rest is counted
_LAST_ROWS = (1_048_576, 65_536)
_LONGEST_CELL, _OLD_LONGEST_CELL = 32_767, 255
_DATE_NAME = re.compile(
    r"dátum|datum|date|\bdata\b|dňa|narod|birth|geboren|geburt|dzień|kelt|nap\b|дата|день|"
    r"ημερομηνία|fecha|日期|生日|tarih|päivä|created|updated|modified|vytvor|založ|platnos|splatn",
    re.IGNORECASE,
)
_NUMBER_TEXT = r"^[-+(]?\s*[0-9][0-9 .,'\x{a0}\x{202f}]*\)?-?$"
_EXPONENT_TEXT = r"^\s*[-+]?[0-9]([.,][0-9]+)?[eE]\+[0-9]{1,3}\s*$"

Make = Callable[..., Issue]


def skipped_sheet(path: Path, sheet: str) -> Issue:
    """Say that a hidden sheet was left out."""
    return Issue(
        code="hidden_sheet", severity="warning", place=f"{path.name}!{sheet}",
        message="the sheet is hidden and was not read",
        hint=f'name it in `tables` to read it: {slug(sheet)}: {{sheet: "{sheet}"}}',
    )  # fmt: skip


def capped(issues: Sequence[Issue]) -> Iterator[Issue]:
    """Name the first problems of a kind one by one, and count the others.

    >>> [i.message for i in capped([Issue("x", "info", "bad")] * 102)][99:]
    ['bad', 'bad (and 2 more like it)']
    """
    yield from issues[:_MOST_CELLS]
    if len(issues) > _MOST_CELLS:
        last = issues[_MOST_CELLS]
        more = f"{last.message} (and {len(issues) - _MOST_CELLS} more like it)"
        yield Issue(last.code, last.severity, more, entity=last.entity, place=last.place,
                    hint=last.hint)  # fmt: skip


def gathered(issues: Iterable[Issue]) -> Iterator[Issue]:
    """Name the first cells that were not read one by one, and the others a hundred at a time.

    What is not read stands nowhere else: each text is kept, however many there are.

    >>> found = [Issue("x", "info", "not read", place=f"A{n}", value=str(n)) for n in range(102)]
    >>> [(i.place, i.value) for i in gathered(found)][99:]
    [('A99', '99'), ('A100', 'A100: 100\\nA101: 101')]
    """
    iterator = iter(issues)
    yield from islice(iterator, _MOST_CELLS)
    while more := list(islice(iterator, _MOST_CELLS)):
        first = more[0]
        told = "\n".join(f"{i.place.rpartition('!')[2]}: {i.value}" for i in more)
        says = f"{first.message} ({len(more)} of them)" if len(more) > 1 else first.message
        yield replace(first, message=says, value=told)


def region_issues(place: str, regions: Regions) -> Iterator[Issue]:
    """Yield what a person should know about how a sheet was cut into tables."""
    for divide in regions.divides:
        if not divide.is_told:
            continue
        both = hull(divide.first, divide.second)
        if divide.is_cut:
            yield Issue("tables_side_by_side", "warning", place=f"{place}!{both}",
                        message=f"empty columns ({said_of_band(divide)}) divide two tables that end on"
                        f" the same row: {divide.first} and {divide.second}",
                        hint=f"give one table `range: {both}` if their rows belong together")  # fmt: skip
        else:
            yield Issue("tables_perhaps_two", "warning", place=f"{place}!{both}",
                        message=f"{divide.first} and {divide.second} are read as one table, though"
                        f" nothing stands in {said_of_band(divide)}: {divide.why}",
                        hint="give each of them a table with its own `range` if they are two")  # fmt: skip
    yield from gathered(
        Issue("note_beside_table", "info", "the cell belongs to no table of the sheet; not read",
              place=f"{place}!{letters_of(column)}{row}", value=text,
              hint="give the table a `range` that includes it, if it is data")
        for row, column, text in regions.notes
    )  # fmt: skip


def mark_issues(
    marks: Marks, *, table: str, place: str, names: Mapping[int, str], rows: Numbers, skips: bool
) -> Iterator[Issue]:
    """Yield what the file shows beside the values; ``names`` are by sheet column.

    ``rows`` are the numbers of the table's own rows, ``skips`` says that hidden ones are left out.
    """
    make: Make = partial(Issue, entity=table)
    inside = set(rows.tolist())

    def at(cell: tuple[int, int]) -> str:
        return f"{place}!{letters_of(cell[1])}{cell[0]}"

    def own(cells: Mapping[tuple[int, int], str]) -> list[tuple[tuple[int, int], str]]:
        return [
            (cell, text) for cell, text in cells.items() if cell[0] in inside and cell[1] in names
        ]

    yield from capped([
        make("cell_error", "warning", "the cell shows an error; its text was kept",
             column=names[cell[1]], place=at(cell), value=text,
             hint="correct the formula in the workbook")
        for cell, text in own(marks.errors)
    ])  # fmt: skip
    yield from capped([
        make("formula_without_value", "error", "the formula was never calculated",
             column=names[cell[1]], place=at(cell), value=text,
             hint="open the workbook in a spreadsheet program (LibreOffice calculates while opening)"
                  " and save it")
        for cell, text in own(marks.formulas)
    ])  # fmt: skip
    yield from capped([
        make("no_such_day", "warning", "a number below zero is formatted as a day; its text was kept",
             column=names[cell[1]], place=at(cell), value=text, hint="correct it in the workbook")
        for cell, text in own(marks.lost_days)
    ])  # fmt: skip
    for column in sorted(set(marks.zeros) & set(names)):
        count = len(inside.intersection(marks.zeros[column][0].tolist()))
        if count:
            yield make("leading_zeros_restored", "info", column=names[column], place=place,
                       message=f"{count} numbers are written with the leading zeros that their"
                       " format shows")  # fmt: skip
    hidden = sorted(marks.hidden_rows & inside)
    if hidden:
        how = "are left out" if skips else "were read as rows"
        filtered = f" (a filter is on over {marks.filtered})" if marks.filtered else ""
        yield make("hidden_rows", "warning" if skips else "info",
                   f"{len(hidden)} hidden rows {how}{filtered}", place=f"{place}:{hidden[0]}",
                   value=_spans(hidden), hint="look whether they are deleted customers; `hidden_rows`"
                   " is read or skip")  # fmt: skip
    concealed = sorted(marks.hidden_columns & set(names))
    if concealed:
        listed = ", ".join(names[column] for column in concealed)
        yield make("hidden_columns", "info", f"hidden columns: {listed}", place=place,
                   hint="`hidden_columns` is read or skip")  # fmt: skip


def _spans(numbers: Sequence[int]) -> str:
    """Write numbers shortly: 3, 4, 5, 9 is "3-5, 9"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [f"{a}-{b}" if b > a else str(a) for a, b in spans]
    more = f" and {len(texts) - 20} more" if len(texts) > 20 else ""
    return ", ".join(texts[:20]) + more


def _aside_kinds() -> dict[str, Issue]:
    kinds = (
        Issue("repeated_header", "info", "the header stands here again and is not read as a row"),
        Issue("column_numbers", "info", "the row numbers a form's columns; not read as data"),
        Issue("page_footer", "info", "the row numbers a page and is not read as data"),
        Issue("footer_row", "info", "a signature or a remark below the table, not read as data"),
    )
    return {kind.code: kind for kind in kinds}


def aside_issues(asides: Sequence[Aside], *, table: str, place: str) -> Iterator[Issue]:
    """Yield the rows that are no records."""
    kinds = _aside_kinds()
    by_code: dict[str, list[Issue]] = {}
    for aside in asides:
        said = replace(
            kinds[aside.code], entity=table, value=aside.text, place=f"{place}:{aside.row}"
        )
        by_code.setdefault(aside.code, []).append(said)
    for issues in by_code.values():
        yield from gathered(issues)


def value_issues(
    grid: Grid, data: Numbers, names: Sequence[str], *, table: str, place: str, date_system: str
) -> Iterator[Issue]:
    """Yield what the format did to the values: rounded, cut, turned into days.

    ``data`` are the positions of the table's rows, ``names`` the columns', "" where not read.
    """
    if not len(data):
        return
    picks = pa.array(data)
    is_whole = int(data[-1] - data[0]) + 1 == len(data)
    for index, name in enumerate(names):
        if not name:
            continue
        texts, kinds = grid.columns[index], grid.kinds[index]
        if is_whole:
            texts, kinds = texts.slice(int(data[0]), len(data)), kinds[data[0] : data[-1] + 1]
        else:
            texts, kinds = texts.take(picks), kinds[data]
        column = _Column(grid, data, texts, kinds, index, name, table, place)
        yield from column.numbers()
        yield from column.texts_cut()
        yield from column.days(date_system)
    last = int(grid.rows[-1])
    if last in _LAST_ROWS:
        yield Issue("rows_truncated", "error", entity=table, place=f"{place}:{last}",
                    message=f"the sheet ends at row {last:,}, the most its format holds: rows are"
                    " probably missing", hint="export the data again, as .csv")  # fmt: skip


class _Column:
    """One column's rows, and what is odd about them."""

    def __init__(
        self, grid: Grid, data: Numbers, texts: pa.Array, kinds: Kinds, index: int,
        name: str, table: str, place: str,
    ) -> None:  # fmt: skip
        self.grid, self.data, self.texts, self.kinds = grid, data, texts, kinds
        self.index, self.name, self.place = index, name, place
        self.make: Make = partial(Issue, entity=table, column=name)
        self.counts = np.bincount(kinds, minlength=6)
        self.filled = int(len(kinds) - self.counts[BLANK])

    def _cells(self, mask: Mask, said: Issue) -> list[Issue]:
        letters = letters_of(self.grid.left + self.index)
        return [
            replace(
                said,
                value=self.texts[position].as_py() or "",
                place=f"{self.place}!{letters}{self.grid.rows[self.data[position]]}",
            )
            for position in np.flatnonzero(mask).tolist()
        ]

    def _matches(self, pattern: str, kind: int) -> Mask:
        hits = pc.match_substring_regex(self.texts, pattern).fill_null(False)
        return np.asarray(hits.to_numpy(zero_copy_only=False) & (self.kinds == kind), dtype=bool)

    def numbers(self) -> Iterator[Issue]:
        if self.counts[NUMBER]:
            sizes = pc.binary_length(self.texts).fill_null(0).to_numpy(zero_copy_only=False)
            if ((sizes >= 16) & (self.kinds == NUMBER)).any():
                said = self.make(
                    "digits_rounded", "warning",
                    "a number of 16 or more digits was rounded by the spreadsheet after the 15th",
                    hint="take it from the original: a card, account or id number must be text",
                )  # fmt: skip
                yield from capped(self._cells(self._matches(r"^-?[0-9]{16,}$", NUMBER), said))
        if not self.counts[TEXT]:
            return
        if pc.any(pc.match_substring(self.texts, "+")).as_py():
            said = self.make(
                "digits_lost", "error",
                "a long number was saved as text with an exponent: its last digits are lost",
                hint="take it from the original",
            )  # fmt: skip
            yield from capped(self._cells(self._matches(_EXPONENT_TEXT, TEXT), said))
        if self.counts[NUMBER] * 2 > self.filled:
            count = int(self._matches(_NUMBER_TEXT, TEXT).sum())
            if count:
                yield self.make("numbers_as_text", "info", place=self.place,
                                message=f"{count} numbers are stored as text; they are kept as written")  # fmt: skip

    def texts_cut(self) -> Iterator[Issue]:
        if not self.counts[TEXT]:
            return
        sizes = pc.binary_length(self.texts).fill_null(0).to_numpy(zero_copy_only=False)
        if sizes.max() < _OLD_LONGEST_CELL:
            return
        sizes = pc.utf8_length(self.texts).fill_null(0).to_numpy(zero_copy_only=False)
        longest = int(sizes.max())
        if longest in (_LONGEST_CELL, _OLD_LONGEST_CELL):
            said = self.make(
                "text_truncated", "error" if longest == _LONGEST_CELL else "warning",
                f"the text has exactly {longest:,} characters, a limit of the format: it was"
                " probably cut", hint="compare it with the original",
            )  # fmt: skip
            yield from capped(self._cells(sizes == longest, said))

    def days(self, date_system: str) -> Iterator[Issue]:
        days = int(self.counts[DAY])
        is_date = _DATE_NAME.search(self.name) is not None or days * 2 > self.filled
        if is_date and self.counts[NUMBER]:
            yield from self._serials(days, date_system)
        if not days:
            return
        if not is_date and self.filled >= 5 and days * 5 <= self.filled:
            said = self.make(
                "date_in_id_column", "warning",
                "a day stands in a column of other things: the spreadsheet may have turned an id"
                " like 5-1 into it", hint="take the value from the original",
            )  # fmt: skip
            yield from capped(self._cells(self.kinds == DAY, said))
        if date_system == "1900":
            said = self.make(
                "day_60", "warning",
                "28 February 1900 may stand for 29 February 1900, which never was (day number 60)",
                hint="look whether the year is meant",
            )  # fmt: skip
            yield from capped(self._cells(self._matches("^1900-02-28", DAY), said))
        if days * 2 > self.filled and self.counts[CLOCK]:
            said = self.make(
                "no_such_day", "warning",
                "the day number 0 (shown as 0 January 1900) is no day: probably none was entered",
                hint="leave the cell empty in the workbook",
            )  # fmt: skip
            yield from capped(self._cells(self._matches("^0?0:00:00$", CLOCK), said))

    def _serials(self, days: int, date_system: str) -> Iterator[Issue]:
        hits = self._matches(r"^[2-5][0-9]{4}(\.[0-9]+)?$", NUMBER)
        count = int(hits.sum())
        if count and (days or count * 10 >= int(self.counts[NUMBER]) * 8):
            said = self.make(
                "date_serial", "warning",
                f"{count} numbers stand where days are: they look like day numbers of the"
                f" {date_system} calendar, and were kept as numbers",
                hint="format the column as a date in the workbook, or clean it with the cleaner date",
            )  # fmt: skip
            yield self._cells(hits, said)[0]
