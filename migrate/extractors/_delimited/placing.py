"""Which column does each field of a row belong to, when the row has too few or too many?

A row that is out of order is repaired where only one reading of it fits its columns; else it is
filled up, or not placed. Whatever is done is an Issue with the row's own text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._delimited.blocks import is_in_order
from migrate.extractors._delimited.fields import Dialect
from migrate.extractors._delimited.lines import Stripped
from migrate.extractors._delimited.records import Record
from migrate.extractors._delimited.repairs import Repair, repaired
from migrate.extractors._delimited.rows import Block, Part, read_rows
from migrate.extractors._delimited.shapes import ColumnShape
from migrate.extractors._text import frame_of, frame_of_arrays
from migrate.values import Issue

_MOST_REPAIRS = 1_500  # weighing all readings of a row takes about ten milliseconds
_LONGEST = 20_000
_OTHER_SIGNS = (";", "\t", "|", ",", " ")


@dataclass(frozen=True)
class Layout:
    """What the rows of a table are put into: all its names ("" for a column that is left out)."""

    table: str
    place: str
    names: Sequence[str]
    columns: Sequence[ColumnShape] = ()

    @property
    def kept(self) -> list[int]:
        return [index for index, name in enumerate(self.names) if name]

    @property
    def labels(self) -> list[str]:
        return [name for name in self.names if name]


@dataclass
class Found:
    """What was met while reading: issues of single rows, and what is only counted."""

    issues: list[Issue] = field(default_factory=list)
    blank: int = 0
    surplus: int = 0
    repeats: list[int] = field(default_factory=list)
    headings: dict[str, int] = field(default_factory=dict)
    repairs: int = 0
    stripped: Stripped = field(default_factory=Stripped)


def batches(part: Part, layout: Layout, rows: int, found: Found) -> Iterator[pd.DataFrame]:
    """Yield the rows as frames of at most ``rows``; at least one frame."""
    held: list[Sequence[str]] = []
    lines: list[int] = []
    kept, labels = layout.kept, layout.labels
    yielded = False

    def frame() -> pd.DataFrame:
        columns = list(zip(*held, strict=True)) or [()] * len(layout.names)
        made = frame_of(labels, [columns[index] for index in kept], lines)
        held.clear()
        lines.clear()
        return made

    for item in read_rows(part, found.stripped):
        if isinstance(item, Block):
            if held:
                yielded = True
                yield frame()
            for made in _frames(item, layout, rows, found):
                yielded = True
                yield made
            continue
        fields = placed(item, part, layout, found)
        if fields is None:
            continue
        held.append(fields)
        lines.append(item.line)
        if len(held) == rows:
            yielded = True
            yield frame()
    if held or not yielded:
        yield frame()


def _frames(block: Block, layout: Layout, rows: int, found: Found) -> Iterator[pd.DataFrame]:
    table, lines = block.table, block.lines
    blank = _blank_rows(table)
    if blank is not None:
        found.blank += int(pc.sum(blank).as_py())
        shown = pc.invert(blank)
        table, lines = table.filter(shown), lines[shown.to_numpy(zero_copy_only=False)]
    for start in range(0, table.num_rows, rows):
        part = table.slice(start, rows)
        yield frame_of_arrays(
            layout.labels,
            [part.column(index) for index in layout.kept],
            pd.Series(lines[start : start + rows], dtype="int64"),
        )


def _blank_rows(table: pa.Table) -> pa.Array | None:
    """Tell the rows that show nothing in any column; None where there are none."""
    blank = None
    for column in table.columns:
        is_blank = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(column)), 0)
        blank = is_blank if blank is None else pc.and_(blank, is_blank)
        if not pc.any(blank).as_py():
            return None
    return blank.combine_chunks() if isinstance(blank, pa.ChunkedArray) else blank


def placed(record: Record, part: Part, layout: Layout, found: Found) -> Sequence[str] | None:
    """Give the fields of a record by column; None where it is no row, or cannot be placed."""
    width = len(layout.names)
    fields = record.fields
    if record.is_blank:
        found.blank += 1
        return None
    if part.is_heading(fields):
        found.repeats.append(record.line)
        found.headings.setdefault(record.text, record.line)
        return None
    if len(fields) == width and record.is_strict:
        better = _better(record, part, layout, found)
        return fields if better is None else better
    if len(fields) == width and _fits(fields, layout):
        found.issues.append(_repaired(record, layout, "quotation marks as text"))
        return fields
    repair = _repair(record, part, layout, found)
    if repair is not None:
        if repair.what != _FILLED_UP:
            found.issues.append(_repaired(record, layout, repair.what))
            return repair.fields
        fields = repair.fields
    if len(fields) > width and not any(text.strip() for text in fields[width:]):
        found.surplus += 1
        fields = fields[:width]
        if record.is_strict:
            return fields
    if len(fields) > width:
        found.issues.append(_ragged(record, layout, len(fields)))
        return None
    if len(record.fields) < width:
        found.issues.append(_ragged(record, layout, len(record.fields)))
    else:
        found.issues.append(_repaired(record, layout, "quotation marks as text"))
    return [*fields, *[""] * (width - len(fields))]


def _better(record: Record, part: Part, layout: Layout, found: Found) -> Sequence[str] | None:
    """Read a row again that has the right width by chance only: a quote stands inside a field.

    `12"Rain, coat"` lost the delimiter after 12 and won one at the comma.
    """
    quote = part.dialect.quote
    if not quote or quote not in record.raw or not layout.columns or not part.dialect.is_plain:
        return None
    if not any(quote in text for text in record.fields):
        return None
    if _fits(record.fields, layout) and not _is_torn(record.fields, quote):
        return None
    if is_in_order(record.text.encode("utf-8", "replace"), part.dialect):
        return None
    # The row as it stands is one of the ways that are weighed.
    repair = _repair(record, part, layout, found)
    if repair is None or repair.fields == record.fields:
        return None
    found.issues.append(_repaired(record, layout, repair.what))
    return repair.fields


def _is_torn(fields: Sequence[str], quote: str) -> bool:
    """Whether a field in quotes was glued to the one before it and cut at a delimiter inside.

    >>> _is_torn(['Kettle"Warm', ' dry"'], '"'), _is_torn(['24"', '10" pipe'], '"')
    (True, False)
    """
    glued = re.compile(rf"\w{re.escape(quote)}\w")
    for place, text in enumerate(fields):
        if text.count(quote) % 2 and glued.search(text):
            return any(
                later.endswith(quote) and later.count(quote) % 2 for later in fields[place + 1 :]
            )
    return False


def _fits(fields: Sequence[str], layout: Layout) -> bool:
    """Whether every field looks like its column: then no other reading can be better."""
    return bool(layout.columns) and not any(
        column.misfit(text) for text, column in zip(fields, layout.columns, strict=False)
    )


_FILLED_UP = "missing fields"


def _repair(record: Record, part: Part, layout: Layout, found: Found) -> Repair | None:
    if found.repairs >= _MOST_REPAIRS or len(record.raw) > _LONGEST:
        return None
    found.repairs += 1
    width = len(layout.names)
    best = repaired(record.text, part.dialect, width, layout.columns)
    if layout.columns and len(record.fields) * 2 <= width + 1:
        other = _otherwise_delimited(record.text, part.dialect, width, layout.columns)
        if other is not None and (best is None or other.cost < best.cost):
            return other
    return best


def _otherwise_delimited(
    text: str, dialect: Dialect, width: int, columns: Sequence[ColumnShape]
) -> Repair | None:
    """Read a row that was written with another delimiter than the rest."""
    found = []
    for sign in _OTHER_SIGNS:
        if sign == dialect.delimiter or text.count(sign) < width - 1:
            continue
        pieces = _tokens(text, sign, dialect.quote)
        other = Dialect(sign, dialect.quote, dialect.escape)
        made = repaired(text, other, width, columns, pieces=pieces, join=0.2)
        if made is not None and made.cost <= 3.0:
            found.append(Repair(made.fields, "another delimiter", made.cost))
    return min(found, key=lambda one: one.cost, default=None)


def _tokens(text: str, sign: str, quote: str) -> list[str]:
    """Cut at a delimiter, what is properly in quotes in one piece."""
    if not quote:
        return text.split(sign)
    mark, end = re.escape(quote), re.escape(sign)
    token = re.compile(
        rf"({mark}(?:[^{mark}]|{mark}{mark})*{mark}(?={end}|$)|[^{end}]*)(?:{end}|$)"
    )
    pieces, at = [], 0
    while at <= len(text):
        match = token.match(text, at)
        if match is None:
            return text.split(sign)
        pieces.append(match[1])
        if match.end() == len(text):
            return [*pieces, ""] if text.endswith(sign) and match[0].endswith(sign) else pieces
        at = match.end()
    return pieces


def _repaired(record: Record, layout: Layout, what: str) -> Issue:
    return Issue(
        code="row_repaired",
        severity="warning",
        message=f"the row is out of order; it was read with: {what}",
        entity=layout.table,
        record=f"line {record.line}",
        place=f"{layout.place}:{record.line}",
        value=record.text,
        hint="compare the row with the source, and correct its quotation marks there",
    )


def _ragged(record: Record, layout: Layout, count: int) -> Issue:
    width = len(layout.names)
    is_short = count < width
    return Issue(
        code="ragged_row" if is_short else "row_not_placed",
        severity="warning" if is_short else "error",
        message=f"the row has {count} fields where the header has {width}; "
        + ("the missing ones are left empty" if is_short else "it is not read"),
        entity=layout.table,
        record=f"line {record.line}",
        place=f"{layout.place}:{record.line}",
        value=record.text,
        hint="correct the row in the source: a field may lack quotation marks",
    )
