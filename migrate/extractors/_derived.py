"""How do records that hold lists (cards, messages, JSON objects) become tables and child tables?

The source is read once to see which tables and columns there are, and once more for each table
that is wanted: memory stays bounded, however large the file.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import pandas as pd

from migrate.extractors._text import frame_of, named_columns
from migrate.values import Column, ForeignKey, Issue, Table

Note = Callable[[Issue], None]
"""Takes a problem met while reading; its ``entity`` is the table that will show it."""


class Row(NamedTuple):
    """A row of one of the tables; cells that are left out are missing."""

    table: str
    source_row: int
    cells: Mapping[Any, str | None]


class Cell(NamedTuple):
    """A column of a table: under which key its cells come, what it is called, its type."""

    key: Hashable
    name: str
    type: str = "text"


@dataclass(frozen=True)
class Shape:
    """One of the tables."""

    name: str
    cells: tuple[Cell, ...]
    key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()


def cells_of(names: Iterable[str], types: Mapping[str, str] | None = None) -> tuple[Cell, ...]:
    """Make columns whose cells come under their names."""
    return tuple(Cell(name, name, (types or {}).get(name, "text")) for name in names)


def encodable(text: str) -> str:
    """Show halves of a surrogate pair, which no UTF-8 can hold, and bytes nobody could read.

    >>> encodable("a\\ud83d"), encodable("\\udc9dastný")
    ('a\\\\ud83d', '\\\\x9dastný')
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(_shown(character) for character in text)
    return text


def _shown(character: str) -> str:
    code = ord(character)
    if not 0xD800 <= code <= 0xDFFF:
        return character
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


@dataclass
class _Met:
    """What had to be changed in the cells of a table."""

    nul: int = 0
    surrogates: int = 0
    issues: list[Issue] = field(default_factory=list)


def derived_table(
    shape: Shape,
    rows: Callable[[Note], Iterator[Row]],
    origin: str,
    *,
    count: Callable[[], int] | None = None,
    reading: Mapping[str, Any] | None = None,
    opening: Sequence[Issue] = (),
) -> Table:
    """Make a table of the rows that belong to it.

    ``rows(note)`` reads the whole source again and gives the rows of all tables; ``opening`` are
    issues that are known already.
    """
    met = _Met()
    labels, renamed = _labels(shape, origin)

    def mine(note: Note) -> Iterator[Row]:
        return (row for row in rows(note) if row.table == shape.name)

    def read(size: int) -> Iterator[pd.DataFrame]:
        met.nul = met.surrogates = 0
        met.issues.clear()
        found = mine(lambda issue: met.issues.append(issue) if issue.entity == shape.name else None)
        batch = list(islice(found, size))
        yield _frame(shape, labels, batch, met)
        while batch := list(islice(found, size)):
            yield _frame(shape, labels, batch, met)
        met.issues.extend(_changed(shape.name, origin, met))

    def counted() -> int:
        return sum(1 for _ in mine(lambda _issue: None))

    return Table(
        name=shape.name,
        columns=tuple(
            Column(label, cell.type) for label, cell in zip(labels, shape.cells, strict=True)
        ),
        origin=origin,
        read=read,
        count=count or counted,
        key=shape.key,
        foreign_keys=shape.foreign_keys,
        reading=dict(reading or {}),
        issues=lambda: (*opening, *renamed, *met.issues),
    )


def _frame(shape: Shape, labels: Sequence[str], batch: Sequence[Row], met: _Met) -> pd.DataFrame:
    columns: list[list[str | None]] = []
    for cell in shape.cells:
        values = [row.cells.get(cell.key) for row in batch]
        holding_nul = [index for index, value in enumerate(values) if value and "\0" in value]
        for index in holding_nul:
            values[index] = (values[index] or "").replace("\0", "")
        met.nul += len(holding_nul)
        columns.append(values)
    numbers = [row.source_row for row in batch]
    try:
        return frame_of(labels, columns, numbers)
    except UnicodeEncodeError:
        for values in columns:
            for index, value in enumerate(values):
                if value and (shown := encodable(value)) != value:
                    values[index] = shown
                    met.surrogates += 1
        return frame_of(labels, columns, numbers)


def _changed(table: str, origin: str, met: _Met) -> Iterator[Issue]:
    if met.nul:
        yield Issue(
            "nul_bytes", "warning", f"NUL characters were taken out of {met.nul} values",
            entity=table, place=origin,
        )  # fmt: skip
    if met.surrogates:
        yield Issue(
            "undecodable_characters",
            "warning",
            f"{met.surrogates} values hold bytes or halves of characters that mean nothing;"
            r" they are shown as \xNN or \uNNNN",
            entity=table,
            place=origin,
            hint="look whether the option `encoding` is right, or ask for another export",
        )


def _labels(shape: Shape, origin: str) -> tuple[list[str], list[Issue]]:
    """Name columns: never blank, never one of our own names, each once."""
    wanted = []
    for position, cell in enumerate(shape.cells, start=1):
        name = encodable(cell.name.replace("\0", ""))
        wanted.append(name if name.strip() else f"column_{position}")
    return named_columns(wanted, origin, shape.name)
