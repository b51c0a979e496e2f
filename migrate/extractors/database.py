"""What tables does a database hold? SQLite, PostgreSQL, MariaDB and MySQL, Oracle, SQL Server and
Firebird, read-only.

All tables of one ``read_tables`` are read as they were at one moment: that of the first read of any
of them (:mod:`migrate.extractors._database.snapshot` says until when it is held, and
:mod:`migrate.extractors._database.families` what each family promises). Rows come in the order of
the key that the database declares, else of a unique set of filled columns, else as they lie there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from migrate.errors import SourceError, UsageError
from migrate.extractors._database.catalogue import Catalogue, Entry
from migrate.extractors._database.connections import open_engine, refused, said_by
from migrate.extractors._database.families import FAMILIES, family_of
from migrate.extractors._database.snapshot import Snapshot
from migrate.extractors._database.tables import (
    TABLE_OPTIONS,
    Opening,
    query_of,
    table_of,
    with_issues,
)
from migrate.extractors._text import check_options, chosen, nearest, table_options
from migrate.specs.secrets import mask_url
from migrate.values import Issue, Table

OPTIONS = ("tables", "only", "queries", "schemas", "snapshot", "repairs", "deleted")
_FOR_ALL = ("snapshot", "repairs", "deleted")
_CHOICES = {"snapshot": ("database", "table"), "deleted": ("read", "skip")}


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    queries: Mapping[str, str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables and views of a database, and one table for each of ``queries``.

    ``schemas`` names the schemas to read ("*": all of the customer's); without it the default one
    is read, or where that is empty all of them. Tables of another schema than the default one are
    named ``schema.table``. ``tables`` says for a table of ours what it is and how it is read:
    ``schema``, ``table`` (its name in the database) or ``query``; a ``key`` that the database does
    not declare; the ``order`` of its rows; ``repairs`` (column -> "utf-8 read as cp1252", or "no")
    and ``encodings`` (column -> code page of the texts that are no UTF-8); ``deleted_column`` and
    ``deleted``: "read" or "skip" the rows that it marks; ``snapshot``: "database" for one moment of
    all tables, "table" for a moment of its own. ``snapshot``, ``repairs: no`` and ``deleted`` may
    be said for all tables at once.

    Raises SourceError where the database or every table of it cannot be read, UsageError for
    options that do not fit.
    """
    shown = mask_url(str(place))
    check_options([*options], OPTIONS, shown)
    own = {name: dict(of) for name, of in (tables or {}).items()}
    table_options(own, TABLE_OPTIONS, shown)
    for name, query in (queries or {}).items():
        own[name] = {**own.get(name, {}), "query": query}
    for each in (options, *own.values()):
        _check_choices(each, shown)
    engine = open_engine(place)
    family = family_of(engine.dialect.name) or FAMILIES["sqlite"]
    defaults = {name: what for name, what in options.items() if name in _FOR_ALL}
    try:
        with engine.connect() as connection, closing(engine.raw_connection()) as raw:
            driver: Any = raw.driver_connection
            if family.name == "postgresql":
                driver.autocommit = True  # a table that is refused must not end the others
            catalogue = Catalogue(engine, connection)
            opening = Opening(
                engine, family, shown, catalogue, driver, Snapshot(engine), defaults,
                catalogue.moving(),
            )  # fmt: skip
            return _opened(opening, own, only, options.get("schemas"))
    except (SQLAlchemyError, OSError, engine.dialect.loaded_dbapi.Error) as problem:
        raise refused(problem, engine, shown) from None


def _check_choices(options: Mapping[str, Any], shown: str) -> None:
    for name, allowed in _CHOICES.items():
        if name in options and options[name] not in allowed:
            raise UsageError(
                f'"{options[name]}" is no choice of `{name}`; allowed: {", ".join(allowed)}',
                hint=f"write `{name}: {allowed[0]}`, or leave it out",
                where=shown,
            )


def _opened(
    opening: Opening,
    own: Mapping[str, Mapping[str, Any]],
    only: Sequence[str] | None,
    schemas: Any,
) -> list[Table]:
    entries = _entries(opening, own, schemas)
    named: dict[str, Entry] = {}
    given = {
        name: _entry(name, options, entries, opening)
        for name, options in own.items()
        if "query" not in options
    }
    renamed = {(e.schema, e.table) for e in given.values()}
    for entry in entries:
        if (entry.schema, entry.table) not in renamed:
            named[entry.name] = entry
    named = dict(sorted({**named, **given}.items()))
    queries = [name for name, options in own.items() if "query" in options]
    if taken := [name for name in queries if name in named]:
        raise UsageError(
            f"a query has the name of a table: {', '.join(taken)}",
            hint="give the query another name",
            where=opening.shown,
        )
    theirs = {(e.schema, e.table): name for name, e in named.items()}
    result: list[Table] = []
    broken: list[tuple[Issue, Exception]] = []
    for name in chosen([*named, *queries], only, opening.shown):
        if name in queries:
            result.append(query_of(opening, name, own[name]))
            continue
        try:
            result.append(table_of(opening, name, named[name], own.get(name, {}), theirs))
        except (SQLAlchemyError, opening.engine.dialect.loaded_dbapi.Error) as problem:
            if only is not None:
                raise
            said = said_by(problem, opening.engine)
            broken.append((_unreadable(name, named[name], opening.shown, said), problem))
    if broken and not result:
        raise refused(
            broken[0][1], opening.engine, opening.shown,
            what=f"none of the {len(broken)} tables can be read",
        )  # fmt: skip
    if broken:
        opening.issues.extend(issue for issue, _ in broken)
    if result and opening.issues:
        result[0] = with_issues(result[0], tuple(opening.issues))
    return result


def _unreadable(name: str, entry: Entry, shown: str, said: str) -> Issue:
    place = f"{shown}#{name}"
    if entry.is_view:
        return Issue(
            code="view_unreadable", severity="warning", entity=name, place=place,
            message=f"the view cannot be read: {said}", hint="it may name a table that is gone",
        )  # fmt: skip
    return Issue(
        code="table_unreadable", severity="error", entity=name, place=place,
        message=f"the table cannot be read, and is left out: {said}",
        hint="ask for the right to read it (GRANT SELECT), or name the others in `only`",
    )  # fmt: skip


def _entries(opening: Opening, own: Mapping[str, Mapping[str, Any]], schemas: Any) -> list[Entry]:
    catalogue = opening.catalogue
    if not catalogue.has_schemas:
        return catalogue.entries([""])
    there = catalogue.schemas()
    if schemas is not None:
        wanted = there if schemas in ("*", ["*"]) else _listed(schemas)
    else:
        tables = [options for options in own.values() if "query" not in options]
        wanted = sorted({str(o.get("schema") or catalogue.default) for o in tables})
        if not any("schema" in options for options in tables):
            wanted = [catalogue.default]
    if wanted == [""]:
        raise SourceError(
            f"the URL names no database; there are: {', '.join(there) or 'none'}",
            hint=f"write its name at the end of the URL: …/{there[0] if there else 'name'}",
            where=opening.shown,
        )
    for schema in wanted:
        if schema not in there and schema != catalogue.default:
            near = nearest(schema, there)
            raise SourceError(
                f'there is no schema "{schema}"; there are: {", ".join(there) or "none"}',
                hint=f'did you mean "{near}"?' if near else "correct `schemas`",
                where=opening.shown,
            )
    found = catalogue.entries(wanted)
    if not found and schemas is None:
        found = catalogue.entries(there)  # everything lies outside the default schema
    return found


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _entry(
    name: str, options: Mapping[str, Any], entries: Sequence[Entry], opening: Opening
) -> Entry:
    """Find the table that options speak of: by its names in the database, or by ours."""
    schema = str(options.get("schema") or opening.catalogue.default)
    wanted = str(options.get("table", name))
    for entry in entries:
        if (entry.schema, entry.table) == (schema, wanted):
            return entry
    if "schema" not in options:
        for entry in entries:
            if entry.name == wanted:
                return entry
    near = nearest(wanted, [entry.name for entry in entries])
    listed = ", ".join(sorted(entry.name for entry in entries)) or "none"
    raise SourceError(
        f'there is no table "{wanted}"; there are: {listed}',
        hint=f'did you mean "{near}"?' if near else "correct the name in `tables`",
        where=opening.shown,
    )
