"""What tables does an Access database hold (.mdb of any version since 97, .accdb)?

Read by mdbtools, a program that the user installs. What it cannot show is told: dates outside 1899
to 4637, values over 200,000 bytes, attachments and columns of several values. Two things it
hides without a sign: what follows a NUL inside a text, and characters beyond the basic plane
(emoji), which come as question marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import SourceError, UsageError
from migrate.extractors._access.schema import (
    BYTE_FOR_BYTE,
    COMPLEX,
    Schema,
    read_head,
    read_schema,
)
from migrate.extractors._access.source import Source, bind_bytes_of
from migrate.extractors._access.values import NOT_PLACED, Tally, values_of
from migrate.extractors._code_pages import Page, find_page
from migrate.extractors._text import (
    check_options,
    checked_names,
    chosen,
    existing_file,
    frame_of,
    nearest,
    table_options,
)
from migrate.values import Column, ForeignKey, Issue, Table

TABLE_OPTIONS = ("table", "encoding", "key")


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
    source = Source(
        path, BYTE_FOR_BYTE if head.is_access_97 else "", bind_bytes=bind_bytes_of(path)
    )
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


def _tables(
    source: Source,
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


def _opening_issues(source: Source, schema: Schema, page: Page | None) -> Iterator[Issue]:
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
    source: Source,
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
    tally = Tally(name, f"{source.path}#{source.text(native)}")
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


def _batches(
    source: Source,
    native: str,
    columns: Sequence[Column],
    header: Sequence[str],
    size: int,
    tally: Tally,
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
                tally.add(NOT_PLACED, "", number, ",".join(row))
        yield _frame(source, columns, names, placed, tally)
        done += len(batch)
    if not done:
        yield _frame(source, columns, names, [], tally)


def _frame(
    source: Source,
    columns: Sequence[Column],
    names: Sequence[str],
    placed: Sequence[tuple[int, list[str]]],
    tally: Tally,
) -> pd.DataFrame:
    numbers = [number for number, _ in placed]
    raw = list(zip(*(row for _, row in placed), strict=True)) or [()] * len(names)
    values = [
        values_of(source, column, texts, numbers, tally)
        for column, texts in zip(columns, raw, strict=True)
    ]
    return frame_of(names, values, numbers)
