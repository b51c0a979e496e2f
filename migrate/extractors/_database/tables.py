"""How does one table, view or query of a database become a Table?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from migrate.errors import SourceError, UsageError
from migrate.extractors._database import cursors
from migrate.extractors._database.catalogue import Catalogue, Entry, foreign_keys
from migrate.extractors._database.connections import is_lost, refused, refusing
from migrate.extractors._database.families import Family
from migrate.extractors._database.findings import Findings
from migrate.extractors._database.flags import Flag, find_flag, flag_of
from migrate.extractors._database.guesses import Guesses, guess
from migrate.extractors._database.select import Selection, count_statement, statement
from migrate.extractors._database.snapshot import Moment, Snapshot
from migrate.extractors._database.texts import SourceColumn
from migrate.extractors._text import frame_of_arrays, named_columns, nearest
from migrate.values import Column, Issue, Table

TABLE_OPTIONS = (
    "schema", "table", "query", "key", "order", "snapshot", "repairs", "encodings",
    "deleted_column", "deleted",
)  # fmt: skip
_FIRST_WORD = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/|\()*(select|with|values|table)\b", re.I | re.S)


@dataclass(frozen=True)
class Opening:
    """A database while its tables are listed; ``issues`` are what the listing itself met."""

    engine: sa.Engine
    family: Family
    shown: str
    catalogue: Catalogue
    connection: Any
    snapshot: Snapshot
    defaults: Mapping[str, Any]
    moving: Mapping[tuple[str, str], str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def quote(self, name: str) -> str:
        """Quote one name as the database knows it."""
        dialect = self.engine.dialect
        known = dialect.denormalize_name(name) if dialect.requires_name_normalize else name
        return dialect.identifier_preparer.quote_identifier(str(known))


def table_of(
    opening: Opening,
    name: str,
    entry: Entry,
    own: Mapping[str, Any],
    names: Mapping[tuple[str, str], str],
) -> Table:
    """Make the Table of a table or view; its rows are not read, but for a sample of its texts.

    Raises SQLAlchemyError or the driver's error where the database refuses it.
    """
    options = {**opening.defaults, **own}
    described = opening.catalogue.described(entry)
    place = f"{opening.shown}, table {entry.name}"
    columns = tuple(_column(opening.family, c, declared) for c, declared, _ in described.columns)
    key = _columns_named(options.get("key"), "key", described.key, columns, place)
    order = _columns_named(options.get("order"), "order", key or described.order, columns, place)
    if entry.is_view and "order" not in options and "key" not in options:
        order = ()
    source = ".".join(
        opening.quote(part)
        for part in (entry.schema if opening.catalogue.has_schemas else "", entry.table)
        if part
    )
    selection = Selection(
        name, columns, opening.quote, f"ONLY {source}" if entry.is_only else source,
        order=order, is_unique=bool(order) and described.is_unique(order),
    )  # fmt: skip
    _probe(opening, selection)
    guesses = guess(opening.engine, opening.connection, selection, options, place)
    flag = _flag(opening, columns, options, place)
    definition = opening.catalogue.definition(entry) if entry.is_view else ""
    reading: dict[str, Any] = {
        **({"schema": entry.schema} if opening.catalogue.has_schemas else {}),
        "table": entry.table,
        "key": list(key),
        **_reading(opening, selection, options, guesses, flag),
    }
    if definition:
        reading["evidence"]["definition"] = definition
    made = _table(opening, selection, options, guesses, flag, reading)
    moving = opening.moving.get((entry.schema, entry.table)) or opening.moving.get(("", ""))
    if moving and not entry.is_view:
        made = with_issues(made, (_no_snapshot(name, place, moving),))
    return replace(
        made,
        key=tuple(made.column_names[selection.names.index(part)] for part in key),
        foreign_keys=foreign_keys(described, names),
        is_view=entry.is_view,
    )


def query_of(opening: Opening, name: str, own: Mapping[str, Any]) -> Table:
    """Make the Table of a query; it is described by the database, but no row is read."""
    options = {**opening.defaults, **own}
    query = str(own["query"])
    select = query.strip().rstrip(";").rstrip()
    place = f"{opening.shown}, query {name}"
    if not _FIRST_WORD.match(select):
        raise UsageError(
            "a query must begin with SELECT or WITH", hint="correct `queries`", where=place
        )
    with refusing(opening.engine, place, what="the query is refused"):
        columns = tuple(_of_query(opening, select))
    key = _columns_named(options.get("key"), "key", (), columns, place)
    order = _columns_named(options.get("order"), "order", (), columns, place)
    selection = Selection(name, columns, opening.quote, query=select, order=order)
    guesses = guess(opening.engine, opening.connection, selection, options, place)
    flag = _flag(opening, columns, {"deleted_column": "", **options}, place)
    reading = {
        "query": query,
        "key": list(key),
        **_reading(opening, selection, options, guesses, flag),
    }
    made = _table(opening, selection, options, guesses, flag, reading)
    return replace(made, key=tuple(made.column_names[selection.names.index(part)] for part in key))


def _column(family: Family, name: str, declared: str) -> SourceColumn:
    if family.name == "mysql":
        from migrate.extractors._database.mysql import column_of

        return column_of(name, declared)
    return cursors.column_of(name, declared)


def _of_query(opening: Opening, select: str) -> Sequence[SourceColumn]:
    if opening.family.name == "mysql":
        from migrate.extractors._database import mysql

        return mysql.described_query(opening.connection, select)
    if opening.family.name == "postgresql":
        from migrate.extractors._database import postgresql

        return postgresql.described_query(opening.connection, select)
    return cursors.described_query(opening.connection, select, opening.family.name)


def _probe(opening: Opening, selection: Selection) -> None:
    """Ask for no row at all: the database refuses here what it would refuse later."""
    nothing = replace(selection, kept="1 = 0", order=())
    with closing(opening.connection.cursor()) as cursor:
        cursor.execute(statement(nothing))
        cursor.fetchall()


def _columns_named(
    given: Any,
    option: str,
    declared: tuple[str, ...],
    columns: Sequence[SourceColumn],
    place: str,
) -> tuple[str, ...]:
    if given is None:
        return declared
    wanted = (given,) if isinstance(given, str) else tuple(map(str, given))
    there = [column.name for column in columns]
    for part in wanted:
        if part not in there:
            near = nearest(part, there)
            raise SourceError(
                f'the {option} names a column that is not there: "{part}"',
                hint=f'did you mean "{near}"?' if near else f"correct `{option}`",
                where=place,
            )
    return wanted


def _flag(
    opening: Opening, columns: Sequence[SourceColumn], options: Mapping[str, Any], place: str
) -> Flag | None:
    given = options.get("deleted_column")
    if given is None:
        return find_flag(columns, opening.quote, opening.family.name)
    if given == "":
        return None
    (name,) = _columns_named(str(given), "deleted_column", (), columns, place)
    column = next(column for column in columns if column.name == name)
    flag = flag_of(column, opening.quote, opening.family.name)
    if flag is None:
        raise UsageError(
            f'the column "{name}" cannot mark deleted rows: its type is {column.type}',
            hint="name a column of numbers, dates or short texts",
            where=place,
        )
    return flag


def _reading(
    opening: Opening,
    selection: Selection,
    options: Mapping[str, Any],
    guesses: Guesses,
    flag: Flag | None,
) -> dict[str, Any]:
    evidence: dict[str, Any] = {"snapshot": opening.family.guarantee, **guesses.evidence}
    if selection.order:
        evidence["order"] = (
            "no two rows are alike in it" if selection.is_unique else "not known to be unique"
        )
    if flag is not None:
        evidence["deleted_column"] = f"a row is marked where {flag.condition}"
    return {
        "order": list(selection.order),
        "snapshot": str(options.get("snapshot", "database")),
        "repairs": {name: repair.name for name, repair in guesses.repairs.items()},
        "encodings": dict(guesses.pages),
        "deleted_column": flag.column if flag else "",
        "deleted": str(options.get("deleted", "read")),
        "evidence": evidence,
    }


def _table(
    opening: Opening,
    selection: Selection,
    options: Mapping[str, Any],
    guesses: Guesses,
    flag: Flag | None,
    reading: Mapping[str, Any],
) -> Table:
    selection = replace(
        selection,
        columns=tuple(replace(c, page=guesses.pages.get(c.name, "")) for c in selection.columns),
        kept=flag.kept if flag and options.get("deleted") == "skip" else "",
    )
    shared = options.get("snapshot", "database") == "database"
    snapshot = opening.snapshot if shared else Snapshot(opening.engine)
    what = "query" if selection.query else "table"
    place = f"{opening.shown}, {what} {selection.name}"
    names, renamed = named_columns(selection.names, place, selection.name)
    source = _Source(opening.engine, place, selection, snapshot, guesses, flag, tuple(names))
    return Table(
        name=selection.name,
        columns=tuple(
            Column(name, column.type) for name, column in zip(names, selection.columns, strict=True)
        ),
        origin=f"{opening.shown}#{selection.name}",
        read=source.read,
        count=source.count,
        reading=reading,
        issues=lambda: (*renamed, *source.issues()),
    )


def with_issues(table: Table, issues: tuple[Issue, ...]) -> Table:
    """A table that tells also what was met while the source was opened."""
    later = table.issues
    return replace(table, issues=lambda: (*issues, *later()))


def _no_snapshot(name: str, place: str, why: str) -> Issue:
    return Issue(
        code="no_snapshot", severity="warning", entity=name, place=place,
        message=f"rows are read as they are when their turn comes: {why}",
        hint="let nobody write to the source while it is read, or read a restored backup",
    )  # fmt: skip


class _Source:
    """The rows of one table, and what was met when they were read last."""

    def __init__(
        self, engine: sa.Engine, place: str, selection: Selection, snapshot: Snapshot,
        guesses: Guesses, flag: Flag | None, names: Sequence[str],
    ) -> None:  # fmt: skip
        self._engine, self._place, self._selection = engine, place, selection
        self._snapshot, self._guesses, self._flag = snapshot, guesses, flag
        self._names = names
        self._findings: Findings | None = None
        self._errors: tuple[type[Exception], ...] = (
            engine.dialect.loaded_dbapi.Error, SQLAlchemyError, OSError, OverflowError,
            UnicodeError, pa.ArrowInvalid,
        )  # fmt: skip

    def issues(self) -> tuple[Issue, ...]:
        return self._findings.issues() if self._findings else ()

    def count(self) -> int:
        with refusing(self._engine, self._place, what="the rows cannot be counted"):
            return self._snapshot.moment().number(count_statement(self._selection))

    def read(self, rows: int) -> Iterator[pd.DataFrame]:
        done = 0
        findings = Findings(
            self._selection.name, self._place, self._selection.columns, self._names,
            self._guesses.repairs,
        )  # fmt: skip
        self._findings = findings
        try:
            moment = self._snapshot.moment()
            if self._snapshot.number > 1:
                findings.add(self._renewed())
            if not self._names:  # PostgreSQL has tables without a column, and rows in them
                done = moment.number(count_statement(self._selection))
                yield frame_of_arrays([], [], pd.Series(range(1, done + 1), dtype="int64"))
                return
            for part in moment.batches(self._selection, rows):
                arrays = findings.seen(part, done)
                numbers = pd.Series(range(done + 1, done + part.rows + 1), dtype="int64")
                yield frame_of_arrays(self._names, arrays, numbers)
                done += part.rows
            if not done:
                nothing = [pa.array([], pa.large_string())] * len(self._names)
                yield frame_of_arrays(self._names, nothing, pd.Series([], dtype="int64"))
            self._count_marked(moment, findings)
        except self._errors as problem:
            raise self._broken(problem, done) from None

    def _count_marked(self, moment: Moment, findings: Findings) -> None:
        if self._flag is None:
            return
        everything = replace(self._selection, kept="")
        marked = moment.number(count_statement(everything, self._flag.condition))
        if marked:
            kept = "are left out" if self._selection.kept else "are read like the others"
            findings.add(Issue(
                code="soft_deleted_rows", severity="warning" if self._selection.kept else "info",
                entity=self._selection.name, column=self._flag.column, place=self._place,
                message=f"{marked} rows are marked as deleted in {self._flag.column}; they {kept}",
                hint="give `deleted: read` to see them" if self._selection.kept
                else "give `deleted: skip` to leave them out, or exclude them in the mapping",
            ))  # fmt: skip

    def _renewed(self) -> Issue:
        return Issue(
            code="snapshot_renewed", severity="warning", entity=self._selection.name,
            place=self._place,
            message="the moment at which the first tables were read was lost on the server; this"
            " table is shown as it was later",
            hint="read the source again, without a long pause, if it is still written to",
        )  # fmt: skip

    def _broken(self, problem: Exception, done: int) -> SourceError:
        if is_lost(problem, self._engine, None):
            return refused(
                problem, self._engine, self._place,
                what=f"the connection was lost after row {done:,}",
                hint="run it again: it begins anew, at a new moment", retryable=True,
            )  # fmt: skip
        return refused(
            problem, self._engine, self._place, what=f"cannot be read after row {done:,}"
        )
