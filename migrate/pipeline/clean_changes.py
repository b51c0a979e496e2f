"""What did cleaning change, so that it can be undone value by value?

Beside a cleaned file stands ``<file>.changes.csv``: row (counted from 1 below the header), column,
rule, before, after, and the row of the source. Rows numbered 0 are about the whole file: how many
rows it has, and which columns cleaning added.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.extractors._text import frame_of
from migrate.store.csvfile import write_csv
from migrate.values import BATCH_ROWS, Issue

SUFFIX = ".changes.csv"
COLUMNS = ("row", "column", "rule", "before", "after", "source_row")
_ROWS, _ADDED = "rows_written", "column_added"
_LONGEST = 2**31 - 1


def changes_path(cleaned: Path) -> Path:
    """The file of changes that belongs to a cleaned file."""
    return cleaned.with_name(cleaned.name + SUFFIX)


def changes_head(rows: int, added: Sequence[str]) -> pd.DataFrame:
    """The lines of a file of changes that are about the whole cleaned file.

    >>> changes_head(3, ["Tel_extension"])[["row", "column", "rule", "after"]].values.tolist()
    [['0', nan, 'rows_written', '3'], ['0', 'Tel_extension', 'column_added', nan]]
    """
    lines: list[tuple[str | None, ...]] = [("0", None, _ROWS, None, str(rows), None)]
    lines += [("0", name, _ADDED, None, None, None) for name in added]
    return pd.DataFrame(lines, columns=list(COLUMNS), dtype="str")


@dataclass(frozen=True)
class Restored:
    """What an undo did: values put back, and those that somebody changed since (and which stay)."""

    rows: int
    values: int
    columns_removed: tuple[str, ...]
    issues: tuple[Issue, ...] = field(default=())


def undo_changes(cleaned: Path, target: Path, *, overwrites: bool = False) -> Restored:
    """Write a cleaned file as it was before cleaning. A value that was edited since is kept.

    Raises UsageError where the file of changes is missing, SourceError where it does not belong to
    the file.
    """
    record = changes_path(cleaned)
    if not record.is_file():
        raise UsageError(
            "there is no list of changes beside the cleaned file",
            hint=f"keep {record.name} in the folder of {cleaned.name}; clean writes both",
            where=str(record),
        )
    if target.exists() and not overwrites:
        raise UsageError(
            "is there already", hint="name another file after --to, or add --force",
            where=str(target),
        )  # fmt: skip
    head, changes = _read_changes(record)
    added = [column for _, column, rule, _, _ in head if rule == _ADDED]
    expected = next((after for _, _, rule, _, after in head if rule == _ROWS), "")
    names, batches = _rows_of(cleaned)
    unknown = [name for name in added if name not in names]
    if unknown:
        raise SourceError(
            f"has no column {unknown[0]!r}, which cleaning added",
            hint="undo the file as clean wrote it, or take the column's line out of the changes",
            where=str(cleaned),
        )
    kept = [name for name in names if name not in added]
    book = _Undo(names, changes, record)
    write_csv(target, book.restored(batches, kept), kept)
    if expected and expected != str(book.rows):
        target.unlink(missing_ok=True)
        raise SourceError(
            f"has {book.rows} rows, but clean wrote {expected}: the changes do not fit it",
            hint="undo the file as clean wrote it, with no row added, removed or sorted",
            where=str(cleaned),
        )
    return Restored(book.rows, book.values, tuple(added), tuple(book.issues))


class _Undo:
    """Puts values back batch after batch, in step with the list of changes."""

    def __init__(
        self, names: Sequence[str], changes: Iterator[tuple[int, str, str, str, str]], record: Path
    ) -> None:
        self.rows, self.values = 0, 0
        self.issues: list[Issue] = []
        self._names = {name: place for place, name in enumerate(names)}
        self._changes = changes
        self._next = next(changes, None)
        self._record = record

    def restored(
        self, batches: Iterable[list[list[str]]], kept: Sequence[str]
    ) -> Iterator[pd.DataFrame]:
        places = [self._names[name] for name in kept]
        for rows in batches:
            self._put_back(rows)
            columns = [[row[place] for row in rows] for place in places]
            first = self.rows + 1
            self.rows += len(rows)
            yield frame_of(kept, columns, range(first, first + len(rows)))

    def _put_back(self, rows: list[list[str]]) -> None:
        last = self.rows + len(rows)
        while self._next is not None and self._next[0] <= last:
            number, column, _, before, after = self._next
            place = self._names.get(column)
            if place is None or number <= self.rows:
                raise SourceError(
                    f"the change of row {number} does not fit: "
                    + (f"there is no column {column!r}" if place is None else "out of order"),
                    hint="use the list as clean wrote it",
                    where=str(self._record),
                )
            row = rows[number - self.rows - 1]
            if row[place] == after:
                row[place] = before
                self.values += 1
            else:
                self.issues.append(Issue(
                    "changed_since", "warning", "was edited after cleaning, and is kept",
                    column=column, record=f"row {number}", value=row[place],
                    hint="put the value back by hand if the edit was a mistake",
                ))  # fmt: skip
            self._next = next(self._changes, None)


_Change = tuple[int, str, str, str, str]


def _read_changes(record: Path) -> tuple[list[_Change], Iterator[_Change]]:
    """The lines about the whole file, and the others as a stream."""
    stream = _changes(record)
    head: list[_Change] = []
    first: _Change | None = None
    for change in stream:
        if change[0]:
            first = change
            break
        head.append(change)

    def rest() -> Iterator[_Change]:
        if first is not None:
            yield first
            yield from stream

    return head, rest()


def _changes(record: Path) -> Iterator[_Change]:
    for number, row in enumerate(_csv_rows(record), 1):
        if number == 1 and row[:5] != list(COLUMNS[:5]):
            raise _broken(record, 1)
        if number > 1:
            if len(row) < 5 or not row[0].isdecimal():
                raise _broken(record, number)
            yield int(row[0]), row[1], row[2], row[3], row[4]


def _broken(record: Path, line: int) -> SourceError:
    return SourceError(
        f"is no list of changes: its columns are {', '.join(COLUMNS)}",
        hint="use the list as clean wrote it",
        where=f"{record}:{line}",
    )


def _csv_rows(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.reader(stream)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise SourceError(
            f"cannot be read ({type(problem).__name__})",
            hint="use the file as clean wrote it: UTF-8 CSV",
            where=str(path),
        ) from problem


def _rows_of(cleaned: Path) -> tuple[list[str], Iterator[list[list[str]]]]:
    """The header of a cleaned file, and its rows in batches; "" is what is missing."""
    if cleaned.suffix.lower() == ".xlsx":
        return _sheet_rows(cleaned)
    stream = _csv_rows(cleaned)
    names = next(stream, [])

    def batches() -> Iterator[list[list[str]]]:
        batch: list[list[str]] = []
        for row in stream:
            # a line with nothing on it is the one empty field of a table with one column
            batch.append(row if len(row) == len(names) else (row + [""] * len(names))[: len(names)])
            if len(batch) == BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch

    return names, batches()


def _sheet_rows(cleaned: Path) -> tuple[list[str], Iterator[list[list[str]]]]:
    (table, *_) = open_source(cleaned)
    names = list(table.column_names)

    def batches() -> Iterator[list[list[str]]]:
        for frame in table.batches():
            texts = [frame[name].fillna("").tolist() for name in names]
            yield [list(row) for row in zip(*texts, strict=True)]

    return names, batches()
