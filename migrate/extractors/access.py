"""What tables does an Access database hold (.mdb of any version since 97, .accdb)?

Read by mdbtools, a program that the user installs. What it cannot show is told: dates outside 1899
to 4637, values over 200,000 bytes, attachments and columns of several values. Two things it
hides without a sign: what follows a NUL inside a text, and characters beyond the basic plane
(emoji), which come as question marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import SourceError, UsageError
from migrate.extractors._access_programs import ask, rows
from migrate.extractors._access_schema import (
    BYTE_FOR_BYTE,
    COMPLEX,
    Schema,
    read_head,
    read_schema,
)
from migrate.extractors._dbf_pages import Page, decode, find_page
from migrate.extractors._text import (
    check_options,
    checked_names,
    chosen,
    existing_file,
    frame_of,
    nearest,
    table_options,
    text_of,
)
from migrate.values import Column, ForeignKey, Issue, Table

TABLE_OPTIONS = ("table", "encoding", "key")
# One format for days and moments: a column that Access shows as a day may hold hours all the same.
_MOMENT = "%Y-%m-%dT%H:%M:%S"
_EXPORT = ("-b", "hex", "-D", _MOMENT, "-T", _MOMENT)
_UNKNOWN_DATE = "1900-01-00"  # what mdbtools write for a date that they cannot compute
_DAY_ZERO = "1899-12-30T"  # a time of day alone is a moment of Access's first day
_BIND_BYTES = 200_000  # of one value mdbtools hold no more, unless they know --bind-size
_BIND_MORE = 16 << 20
_CHARACTER = 10  # a value that is cut ends at a whole character, a few bytes before
_MOST = 1000
_SAMPLE_ROWS, _SAMPLE_TEXTS = 5_000, 20_000


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    encoding: str = "",
    **options: Any,
) -> list[Table]:
    """Give the tables of an Access database: not the system's, not the linked ones (told instead).

    ``tables`` gives a table another name (``table``) or a ``key`` that the database does not declare.
    ``encoding`` is the code page of Access 97; later versions are Unicode. Raises SourceError where
    mdbtools are missing or the database cannot be read, UsageError for a wrong option.
    """
    path = existing_file(Path(place))
    shown = str(path)
    own = tables or {}
    check_options(options, ("tables", "only", "encoding"), shown)
    table_options(own, TABLE_OPTIONS, shown)
    head = read_head(path)
    if head.is_encrypted:
        raise SourceError(
            "is encrypted with a password, which mdbtools cannot open",
            hint="open it in Access with the password (File, Open Exclusive), choose File, Info,"
            " Decrypt Database, save it, and give that file",
            where=shown,
        )
    encodings = [encoding, *(str(one.get("encoding") or "") for one in own.values())]
    if any(encodings) and not head.is_access_97:
        raise UsageError(
            "the option `encoding` is for databases of Access 97: the texts of this one are Unicode",
            hint="leave the option out",
            where=shown,
        )
    source = _Source(path, BYTE_FOR_BYTE if head.is_access_97 else "", bind_bytes=_bind_bytes(path))
    schema = read_schema(path, source.charset)
    page = None
    if head.is_access_97:
        given = next(filter(None, encodings), "")
        sample = [] if given else list(source.sample(schema.tables))
        page = find_page(
            sample, place=shown, declared=head.code_page, given=given,
            says=f"the database says {head.code_page or 'no code page'}",
        )  # fmt: skip
        source = replace(source, page=page.name)
    return _tables(source, schema, page, own, only)


def _bind_bytes(path: Path) -> int:
    """How many bytes of a value mdb-export can give: later versions are told by an option."""
    has_option = "--bind-size" in ask("mdb-export", ["--help"], path)
    return _BIND_MORE if has_option else _BIND_BYTES


@dataclass(frozen=True)
class _Source:
    """A database and how its texts are read: ``page`` only for Access 97."""

    path: Path
    charset: str
    page: str = ""
    bind_bytes: int = _BIND_BYTES

    def text(self, value: str) -> str:
        """Read a text that mdbtools gave byte for byte."""
        if not self.page or value.isascii():
            return value
        return decode(value.encode("latin-1", "replace"), self.page)

    def rows(self, table: str) -> Iterator[list[str]]:
        place = str(self.path.absolute())
        more = [f"--bind-size={self.bind_bytes}"] if self.bind_bytes > _BIND_BYTES else []
        arguments = [*_EXPORT, *more, "--", place, table]
        return rows(arguments, self.path, charset=self.charset, table=self.text(table))

    def count(self, table: str) -> int:
        """The count that the table's definition keeps."""
        said = ask("mdb-count", ["--", str(self.path.absolute()), table], self.path,
                   charset=self.charset).strip()  # fmt: skip
        if not said.isdecimal():
            raise SourceError(
                f"mdb-count tells no number of rows for the table {self.text(table)}",
                hint="open it in Access and run Compact and Repair, then give the repaired file",
                where=str(self.path),
            )
        return int(said)

    def sample(self, tables: Sequence[str]) -> Iterator[bytes]:
        """Give texts beyond ASCII, those of names first."""
        found: dict[str, None] = {name: None for name in tables if not name.isascii()}
        for table in tables:
            for row in islice(self.rows(table), _SAMPLE_ROWS):
                found |= {value[:2000]: None for value in row if not value.isascii()}
            if len(found) >= _SAMPLE_TEXTS:
                break
        return (value.encode("latin-1", "replace") for value in found)


def _tables(
    source: _Source,
    schema: Schema,
    page: Page | None,
    own: Mapping[str, Mapping[str, Any]],
    only: Sequence[str] | None,
) -> list[Table]:
    shown = str(source.path)
    there = {source.text(native): native for native in schema.tables}
    renamed = {str(one["table"]): name for name, one in own.items() if "table" in one}
    for name, one in own.items():
        if (wanted := str(one.get("table", name))) not in there:
            near = nearest(wanted, there)
            raise SourceError(
                f'there is no table "{wanted}"; there are: {", ".join(sorted(there)) or "none"}',
                hint=f'did you mean "{near}"?' if near else "correct the name in `tables`",
                where=shown,
            )
    names = {renamed.get(theirs, theirs): native for theirs, native in there.items()}
    ours = {native: name for name, native in names.items()}
    result = [
        _table(source, schema, page, name, names[name], own.get(name, {}), ours)
        for name in chosen(list(names), only, shown)
    ]
    told = tuple(_opening_issues(source, schema, page))
    if result and told:
        first, own_issues = result[0], result[0].issues
        result[0] = replace(first, issues=lambda: (*told, *own_issues()))
    return result


def _opening_issues(source: _Source, schema: Schema, page: Page | None) -> Iterator[Issue]:
    shown = str(source.path)
    for name, elsewhere in schema.linked:
        yield Issue(
            code="linked_table", severity="warning", entity=source.text(name), place=shown,
            message=f"the table is only linked: its rows are in {source.text(elsewhere)}",
            hint="give that file or database as a source of its own",
        )  # fmt: skip
    if schema.queries:
        names = ", ".join(source.text(name) for name in schema.queries)
        yield Issue(
            code="query_not_read", severity="info", place=shown, value=names,
            message=f"{len(schema.queries)} saved queries are not read",
            hint="a query that is wanted can be exported from Access as .xlsx",
        )  # fmt: skip
    if page and page.differs_from:
        yield Issue(
            code="encoding_differs", severity="warning", place=shown,
            message=f"read as {page.name} ({page.evidence}), though the file says"
            f" {page.differs_from}",
            hint=f"look at the names; if they are wrong give `encoding`: {page.differs_from}",
        )  # fmt: skip
    elif page and not page.is_sure:
        runner_up = f"; next: {page.runner_up}" if page.runner_up else ""
        yield Issue(
            code="encoding_guessed", severity="warning", place=shown,
            message=f"read as {page.name} ({page.evidence}{runner_up})",
            hint="look at the names; if they are wrong give `encoding`",
        )  # fmt: skip


def _table(
    source: _Source,
    schema: Schema,
    page: Page | None,
    name: str,
    native: str,
    own: Mapping[str, Any],
    ours: Mapping[str, str],
) -> Table:
    place = f"{source.path}, table {source.text(native)}"
    described = schema.columns.get(native, ())
    columns = tuple(Column(source.text(one.name), one.type) for one in described)
    if not columns:
        raise SourceError(
            "mdb-schema names no columns of it",
            hint="open the database in Access and run Compact and Repair",
            where=place,
        )
    checked_names([(i, one.name) for i, one in enumerate(columns, start=1)], place)
    key = tuple(map(str, own.get("key") or ())) or tuple(
        map(source.text, schema.keys.get(native, ()))
    )
    unknown = [part for part in key if part not in {one.name for one in columns}]
    if unknown:
        near = nearest(unknown[0], [one.name for one in columns])
        raise SourceError(
            f'the key names a column that is not there: "{unknown[0]}"',
            hint=f'did you mean "{near}"?' if near else "correct `key`",
            where=place,
        )
    tally = _Tally(name, f"{source.path}#{source.text(native)}")
    opening = tuple(_complex_issues(name, tally.place, columns))

    def read(size: int) -> Iterator[pd.DataFrame]:
        tally.clear()
        yield from _batches(source, native, columns, [c.name for c in described], size, tally)

    reading: dict[str, Any] = {"table": source.text(native), "key": list(key)}
    if page:
        evidence = {"encoding": page.evidence, "encoding_runner_up": page.runner_up}
        reading |= {"encoding": page.name, "evidence": evidence}
    return Table(
        name=name,
        columns=columns,
        origin=tally.place,
        read=read,
        count=lambda: source.count(native),
        key=key,
        foreign_keys=tuple(
            ForeignKey(
                tuple(map(source.text, one.columns)), ours[one.target_table],
                tuple(map(source.text, one.target_columns)),
            )
            for one in schema.references.get(native, ())
        ),
        reading=reading,
        issues=lambda: (*opening, *tally.issues()),
    )  # fmt: skip


def _complex_issues(table: str, place: str, columns: Sequence[Column]) -> Iterator[Issue]:
    for column in columns:
        if column.type == COMPLEX:
            yield Issue(
                code="complex_column", severity="error", entity=table, column=column.name,
                place=place,
                message="the column holds attachments or several values, which mdbtools cannot"
                " read: only their number in a hidden table is here",
                hint="in Access, export the values by a query on COLUMN.Value (attachments:"
                " COLUMN.FileName and Save As) and give that file too",
            )  # fmt: skip


# -- rows -------------------------------------------------------------------------------------


@dataclass
class _Tally:
    """Gathers what is met while reading, within a bound."""

    table: str
    place: str
    found: list[Issue] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def clear(self) -> None:
        self.found.clear()
        self.counts.clear()

    def add(self, pattern: Issue, column: str, row: int, value: str) -> None:
        """Note one value; after many of a kind they are only counted."""
        key = (pattern.code, column)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] <= _MOST or pattern.code == "row_not_placed":
            self.found.append(replace(
                pattern, entity=self.table, column=column, record=f"row {row}",
                place=f"{self.place}:{row}", value=value[:2000],
            ))  # fmt: skip

    def issues(self) -> Iterator[Issue]:
        yield from self.found
        for (code, column), count in self.counts.items():
            if count > _MOST and code != "row_not_placed":
                pattern = next(one for one in self.found if one.code == code)
                yield replace(
                    pattern, column=column, record="", place=self.place, value="",
                    message=f"{pattern.message}: {count - _MOST} more rows",
                )  # fmt: skip


_DATE_LOST = Issue(
    "date_unreadable", "error",
    "mdbtools cannot show this date: it is before 1899-12-30 or after the year 4637",
    hint="look it up in Access (a far date often means: without end), or correct it there",
)  # fmt: skip
_TEXT_CUT = Issue(
    "value_cut", "error", "mdbtools cut the long value: its end is not here",
    hint="export the row from Access",
)  # fmt: skip
_TIME = Issue(
    "time_without_day", "info", "Access keeps a time of day alone as a moment of 1899-12-30;"
    " it is read as the time",
)  # fmt: skip
_UNKNOWN_BYTES = Issue(
    "undecodable_bytes", "error", "the text holds bytes that the code page does not know;"
    " kept as \\x..",
    hint="give the right `encoding`",
)  # fmt: skip
_NOT_PLACED = Issue(
    "row_not_placed", "error", "the row has another number of values than the table has columns",
    hint="open the database in Access and run Compact and Repair",
)  # fmt: skip


def _batches(
    source: _Source,
    native: str,
    columns: Sequence[Column],
    header: Sequence[str],
    size: int,
    tally: _Tally,
) -> Iterator[pd.DataFrame]:
    names = [column.name for column in columns]
    found = source.rows(native)
    if next(found, []) != list(header):
        raise SourceError(
            "mdb-export names other columns than mdb-schema",
            hint="open the database in Access and run Compact and Repair",
            where=tally.place,
        )
    done = 0
    while batch := list(islice(found, size)):
        numbers = range(done + 1, done + len(batch) + 1)
        placed = [
            (number, row)
            for number, row in zip(numbers, batch, strict=True)
            if len(row) == len(names)
        ]
        for number, row in zip(numbers, batch, strict=True):
            if len(row) != len(names):
                tally.add(_NOT_PLACED, "", number, ",".join(row))
        yield _frame(source, columns, names, placed, tally)
        done += len(batch)
    if not done:
        yield _frame(source, columns, names, [], tally)


def _frame(
    source: _Source,
    columns: Sequence[Column],
    names: Sequence[str],
    placed: Sequence[tuple[int, list[str]]],
    tally: _Tally,
) -> pd.DataFrame:
    numbers = [number for number, _ in placed]
    raw = list(zip(*(row for _, row in placed), strict=True)) or [()] * len(names)
    values = [
        _values(source, column, texts, numbers, tally)
        for column, texts in zip(columns, raw, strict=True)
    ]
    return frame_of(names, values, numbers)


def _values(
    source: _Source, column: Column, texts: Sequence[str], numbers: Sequence[int], tally: _Tally
) -> Sequence[str]:
    kind = column.type.partition(" (")[0]
    if kind in ("Text", "Memo/Hyperlink"):
        return _texts(source, column, texts, numbers, tally)
    if kind == "DateTime":
        return _moments(column, texts, numbers, tally)
    if kind in ("OLE", "Binary"):
        _cut(column, texts, numbers, tally, (source.bind_bytes - _CHARACTER) * 2)
        return [f"\\x{text.lower()}" if text else "" for text in texts]
    if own := _FORMS.get(kind):
        return [own(text) if text else "" for text in texts]
    return texts


def _texts(
    source: _Source, column: Column, texts: Sequence[str], numbers: Sequence[int], tally: _Tally
) -> Sequence[str]:
    if "Memo" in column.type:
        _cut(column, texts, numbers, tally, source.bind_bytes - _CHARACTER)
    if not source.page:
        return texts
    read = [source.text(text) for text in texts]
    for number, was, text in zip(numbers, texts, read, strict=True):
        if "\\x" in text and "\\x" not in was:
            tally.add(_UNKNOWN_BYTES, column.name, number, text)
    return read


def _cut(
    column: Column, texts: Sequence[str], numbers: Sequence[int], tally: _Tally, most: int
) -> None:
    for number, text in zip(numbers, texts, strict=True):
        if len(text) * 3 >= most and len(text.encode("utf-8")) >= most:
            tally.add(_TEXT_CUT, column.name, number, text)


def _moments(
    column: Column, texts: Sequence[str], numbers: Sequence[int], tally: _Tally
) -> list[str]:
    read = []
    for number, text in zip(numbers, texts, strict=True):
        if text.startswith(_UNKNOWN_DATE):
            tally.add(_DATE_LOST, column.name, number, text)
            read.append(text)
            continue
        day, _, clock = text.partition("T")
        if clock == "24:00:00":  # mdbtools round the last half second of a day up
            day, clock = _next_day(day), "00:00:00"
        if clock in ("", "00:00:00"):
            read.append(day)
        elif text.startswith(_DAY_ZERO):
            tally.add(_TIME, column.name, number, clock)
            read.append(clock)
        else:
            read.append(f"{day}T{clock}")
    return read


def _next_day(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _money(text: str) -> str:
    """Drop the zeros that fill an amount up to four decimals.

    >>> _money("12.7500"), _money("1995.0000"), _money("-0.0001")
    ('12.75', '1995', '-0.0001')
    """
    return re.sub(r"\.?0+$", "", text) if "." in text else text


def _number(text: str) -> str:
    """Write a floating number without an exponent.

    >>> _number("1e-10"), _number("3.5")
    ('0.0000000001', '3.5')
    """
    if "e" not in text:
        return text
    try:
        return text_of(Decimal(text)) or text
    except InvalidOperation:
        return text


def _guid(text: str) -> str:
    """Read an identifier, which mdbtools write as the hex of its own text, and without its last
    hyphen.

    >>> _guid(b"{12345678-1234-1234-1234123456789ABC}".hex())
    '{12345678-1234-1234-1234-123456789ABC}'
    """
    try:
        plain = bytes.fromhex(text).decode("ascii")
    except ValueError:
        plain = text
    return re.sub(r"^(\{\w{8}-\w{4}-\w{4}-\w{4})(\w{12}\})$", r"\1-\2", plain)


_FORMS: dict[str, Callable[[str], str]] = {
    "Currency": _money, "Double": _number, "Single": _number, "Replication ID": _guid,
}  # fmt: skip
