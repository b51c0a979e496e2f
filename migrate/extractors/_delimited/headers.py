"""Which record names the columns? What does not look like the values below it.

Every column votes: one whose values have one shape (figures, dates, codes) says "a row" of a cell
that has it too and "a header" of one that has not. Columns of words say nothing, except where the
cell comes again below. Without a vote the first record is the header, as nearly every export has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.extractors._delimited.fields import Dialect, parser_of
from migrate.extractors._delimited.header_words import are_header_words
from migrate.extractors._delimited.records import Record
from migrate.extractors._delimited.repairs import repaired
from migrate.extractors._delimited.shapes import TYPED, ColumnShape, is_typed, learned, shape_of

_MOST_HEADER_ROWS = 4
_LOOKED_AT = 300
_FEW_PAIRS = 12
_SOME = 0.3  # of the names are known words
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True)
class Header:
    """The records that name the columns (none: the table has no header), and why they are taken.

    ``before`` are the filled records above it. ``is_doubtful``: nothing but its place speaks for it.
    """

    rows: tuple[Record, ...]
    before: tuple[Record, ...]
    evidence: str
    runner_up: str = ""
    is_doubtful: bool = False

    def names(self, width: int) -> list[str]:
        """The name of every column: what its header rows say, one after the other; "" for none.

        A name merged over two rows is said once. Where the rows are the same throughout, nothing
        tells a merge from names that are meant so, and all is kept.
        """
        names = []
        spread = self._spread()
        is_merged = len({tuple(row) for row in spread}) > 1
        for index in range(max(width, *(len(row.fields) for row in self.rows), 0)):
            parts: list[str] = []
            for row in spread:
                text = row[index].strip() if index < len(row) else ""
                if text and not (is_merged and text in parts[-1:]):
                    parts.append(text)
            names.append(" ".join(parts))
        return names

    def _spread(self) -> list[list[str]]:
        """The fields of the rows; a group's name stands for the columns to its right as well."""
        spread = []
        for place, row in enumerate(self.rows):
            fields = [text.strip() for text in row.fields]
            if place < len(self.rows) - 1 and not all(fields):
                below = self.rows[place + 1].fields
                for index in range(1, len(fields)):
                    if not fields[index] and index < len(below) and below[index].strip():
                        fields[index] = fields[index - 1]
            spread.append(fields)
        return spread


def find_header(records: Sequence[Record], width: int) -> Header:
    """Find the header among the first filled records of a table, blank ones left out.

    >>> rows = [Record(n, f, "") for n, f in enumerate([["Export", "", ""], ["id", "name", "x"], ["1", "", "y"]], 1)]
    >>> [row.line for row in find_header(rows, 3).rows], len(find_header(rows, 3).before)
    ([2], 1)
    """
    start = _first_of_table(records, width)
    own = table_among(records[:start], records[start])
    if own >= 0:
        return Header((records[own],), tuple(records[:own]),
                      "a record with rows of its own width below it, and broader rows after them",
                      f"line {records[start].line}")  # fmt: skip
    before, below = tuple(records[:start]), list(records[start : start + _LOOKED_AT])
    first, rest = below[0], below[1:]
    columns = learned(_full(rest, width), width)
    votes = _votes(first, columns, rest)
    if votes < 0 or (not columns and _is_row_alone(first, rest)):
        return Header((), before, f"the first record has the shapes of the others ({-votes} columns)",
                      f"line {first.line} as header")  # fmt: skip
    if before and votes == 0 and _is_narrow_header(before[-1], first):
        return Header((before[-1],), before[:-1], "the names above the first row",
                      f"line {first.line}")  # fmt: skip
    count = _header_rows(below, width)
    if count == 1 and len(below) > 2 and _are_groups(first, below[1]):
        count = 2
    twice = _same_again(below)
    if count == 1 and twice > 1:
        return Header(tuple(below[:twice]), before, f"the same names in {twice} rows",
                      "1 header row, which comes again")  # fmt: skip
    rows = tuple(below[:count])
    if before and count == 1 and _is_group_row(before[-1], first):
        rows, before = (before[-1], first), before[:-1]
    why = "the first record with the fields of the table"
    if votes > 0:
        why += f", unlike the values below in {votes} columns"
    is_doubtful = votes == 0 and len(rows) == 1 and is_like_row(first, rest)
    return Header(rows, before, why, "no header" if votes < 2 else "", is_doubtful)


def _same_again(records: Sequence[Record]) -> int:
    """How many records at the top are the first one again, line by line."""
    first = records[0]
    count = 1
    while (
        count < min(len(records), _MOST_HEADER_ROWS)
        and records[count].fields == first.fields
        and records[count - 1].last_line + 1 == records[count].line
        and is_like_header(first)
    ):
        count += 1
    return count


def is_like_header(record: Record) -> bool:
    """Whether a record could name columns: texts, none of them twice, hardly one missing."""
    names = [text.strip() for text in record.fields]
    filled = [text for text in names if text]
    if len(filled) < 2 or len(filled) * 5 < len(names) * 4 or len(set(filled)) < len(filled):
        return False
    return not any(shape_of(text) in TYPED for text in filled) and all(
        len(text) <= 100 for text in filled
    )


def table_among(records: Sequence[Record], header: Record) -> int:
    """Find the header of a table among the records above another one; -1 where they are titles.

    A few pairs of words are titles ("Printed by;Eva"), unless their first line has the names of
    the other header, or known names, or figures below it.
    """
    names = {text.strip() for text in header.fields}
    for index, record in enumerate(records):
        width = len(record.fields)
        if not is_like_header(record):
            continue
        others = (i for i in range(index + 1, len(records)) if len(records[i].fields) != width)
        rows = [row.fields for row in records[index + 1 : next(others, len(records))]]
        if len(rows) < 2:
            continue
        is_named = names.issuperset(text.strip() for text in record.fields)
        if width > 2 or len(records) - index >= _FEW_PAIRS or is_named:
            return index
        if are_header_words(record.fields) or all(is_typed(shape_of(row[0])) for row in rows):
            return index
    return -1


def _is_narrow_header(above: Record, first: Record) -> bool:
    """Whether the record just above the first broad one names its columns, though not all."""
    if above.last_line + 1 != first.line or not is_like_header(above):
        return False
    if any(len(text) > 40 or any(map(str.isdigit, text)) for text in above.fields):
        return False
    return not are_header_words(first.fields, _SOME) and (
        are_header_words(above.fields) or any(map(str.isdigit, "".join(first.fields)))
    )


def _are_groups(first: Record, second: Record) -> bool:
    """Whether a record has gaps to the right of its names, and the next one a name for each column."""
    is_gapped = bool(first.fields[0].strip()) and 2 <= first.filled < len(first.fields)
    return (
        is_gapped
        and len(first.fields) == len(second.fields) == second.filled
        and are_header_words(second.fields)
    )


def is_like_row(first: Record, rest: Sequence[Record]) -> bool:
    """Whether neither the words of a header nor their letters differ from the rows below."""
    if are_header_words(first.fields, _SOME):
        return False
    texts = [text for text in first.fields if text.strip()]
    later = list(rest[:_LOOKED_AT])
    if any("_" in text for text in texts) or _again(first, later) < 0:
        return False
    for index, text in enumerate(first.fields):
        values = [row.fields[index] for row in later if index < len(row.fields)]
        typed = sum(is_typed(shape_of(value)) for value in values)
        if text.strip() and not is_typed(shape_of(text)) and typed * 2 > len(values):
            return False
    below = [text for row in later for text in row.fields if any(map(str.isalpha, text))]
    for is_cased in (str.islower, str.isupper):
        if all(map(is_cased, texts)) and sum(map(is_cased, below)) * 2 < len(below):
            return False
    return True


def mended_names(record: Record, dialect: Dialect, width: int) -> list[str]:
    """The names in a header row that is not of the usual width, or whose quotes are out of place.

    [] where they are no names. Fewer than the columns are taken as the first ones.

    >>> mended_names(Record(1, ['"id', "a", "b"], '"id;a;b', is_strict=False), Dialect(";"), 3)
    ['"id', 'a', 'b']
    >>> mended_names(Record(1, ["id", "", "a", "b"], "id;;a;b"), Dialect(";"), 3)
    ['id', 'a', 'b']
    """
    names = [name.strip() for name in record.fields]
    if record.is_strict and len(names) == width:
        return names
    if other := otherwise_cut(record.text, dialect, width):
        return other
    filled = [name for name in names if name]
    if record.is_strict and len(names) > width and len(filled) == width:
        names = filled  # an empty name too many: every column has one without it
    elif mend := repaired(record.text, dialect, width, ()):
        names = mend.fields if mend.what != "missing fields" else names
    typed = sum(is_typed(shape_of(name)) for name in names if name)
    is_named = len(names) > 1 and len(names) * 2 >= width and typed * 5 <= len(names)
    return names if is_named else []


def otherwise_cut(text: str, dialect: Dialect, width: int) -> list[str]:
    """The names of a header that was written with another delimiter than the rows; [] if not so.

    >>> otherwise_cut('id name "city"', Dialect(";"), 3)
    ['id', 'name', 'city']
    """
    for sign in ("\t", ";", ",", "|", " "):
        if sign == dialect.delimiter or text.count(sign) != width - 1 or width < 3:
            continue
        names = parser_of(Dialect(sign, dialect.quote, dialect.escape))(text)
        if not isinstance(names, list) or len({name.strip() for name in names}) != width:
            continue
        if not any(is_typed(shape_of(name)) or not name.strip() for name in names):
            return names
    return []


def _first_of_table(records: Sequence[Record], width: int) -> int:
    """Skip what stands above the table: records with fewer fields, or with hardly one filled."""
    least = max(1, (width + 1) // 2)
    for index, record in enumerate(records):
        if len(record.fields) >= width and record.filled >= least:
            return index
    for index, record in enumerate(records):
        # A header may name fewer columns than the rows have, but never a single one.
        if len(record.fields) > 1 and record.filled * 2 >= width:
            return index
    return next((i for i, r in enumerate(records) if len(r.fields) == width), 0)


def _full(records: Sequence[Record], width: int) -> list[list[str]]:
    return [record.fields for record in records if len(record.fields) == width and record.is_strict]


def _votes(first: Record, columns: Sequence[ColumnShape], rest: Sequence[Record]) -> int:
    """Count the columns that call the record a header, less those that call it a row."""
    votes = 0
    later = rest[:_LOOKED_AT]
    for index, column in enumerate(columns):
        text = first.fields[index].strip() if index < len(first.fields) else ""
        if not text:
            continue
        shape = shape_of(text)
        if _YEAR.fullmatch(text) and _is_year_odd(later, index):
            continue
        if column.is_strict:
            if not is_typed(shape) or _is_numbered_name(shape, column):
                votes += 1
            elif shape in column.shares:
                votes -= 1
        elif is_typed(shape) and column.shares.get(shape, 0.0) >= 0.02:
            votes -= 1
    if votes == 0 and columns:
        votes -= _comes_again(first, later)
    return votes


def _is_numbered_name(shape: str, column: ColumnShape) -> bool:
    """Tell a name like "area10" above figures or days, none of which is written so."""
    return shape.startswith("code A") and column.main in TYPED and shape not in column.shares


def _is_year_odd(rows: Sequence[Record], index: int) -> bool:
    """Whether the values below a year are not years: then it names the column."""
    values = [row.fields[index].strip() for row in rows if index < len(row.fields)]
    years = sum(bool(_YEAR.fullmatch(text)) for text in values)
    return years * 2 < len(values)


def _comes_again(first: Record, rows: Sequence[Record]) -> int:
    """Count the cells that come again below, less the columns where they could and do not."""
    return max(_again(first, rows), 0)


def _again(first: Record, rows: Sequence[Record]) -> int:
    again = 0
    for index, text in enumerate(first.fields):
        text = text.strip()
        values = [row.fields[index].strip() for row in rows if index < len(row.fields)]
        filled = [value for value in values if value]
        if not text or len(filled) < 3 or len(set(filled)) > len(filled) / 2:
            continue
        again += 1 if text in filled else -1
    return again


def _is_row_alone(first: Record, rest: Sequence[Record]) -> bool:
    """Tell a row without a header from a header, where there are too few rows to learn from."""
    if rest and len(rest[0].fields) == len(first.fields):
        like = unlike = 0
        for one, two in zip(first.fields, rest[0].fields, strict=True):
            if is_typed(shape_of(two)):
                like += shape_of(one) == shape_of(two) and not _YEAR.fullmatch(one.strip())
                unlike += not is_typed(shape_of(one))
        return like > unlike
    shapes = [shape_of(text) for text in first.fields if text.strip()]
    return bool(shapes) and sum(is_typed(shape) for shape in shapes) * 2 > len(shapes)


def _header_rows(below: Sequence[Record], width: int) -> int:
    """Count the header rows: the first, and those after it that are no values either."""
    count = 1
    while count < min(_MOST_HEADER_ROWS, len(below) - 1):
        row = below[count]
        columns = learned(_full(below[count + 1 :], width), width)
        same = [text.strip() for text in row.fields] == [text.strip() for text in below[0].fields]
        if same or len(row.fields) != width or not columns:
            break
        strict = [i for i, column in enumerate(columns) if column.is_strict]
        texts = [row.fields[i].strip() for i in strict]
        # A row with nothing in the columns of figures is a row; a header has words there.
        words = sum(bool(text) and not is_typed(shape_of(text)) for text in texts)
        if not strict or words * 2 <= len(strict) or any(is_typed(shape_of(t)) for t in texts):
            break
        count += 1
    return count


def _is_group_row(above: Record, header: Record) -> bool:
    """Whether the record just above names groups of columns: several, over names that repeat."""
    names = [text.strip() for text in header.fields]
    return (
        above.last_line + 1 == header.line
        and len(above.fields) == len(header.fields)
        and above.filled >= 2
        and len(set(names)) < len(names)
        and not any(is_typed(shape_of(t)) and not _YEAR.fullmatch(t.strip()) for t in above.fields)
    )
