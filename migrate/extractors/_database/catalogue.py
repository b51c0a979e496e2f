"""Which tables and views does a database hold, and what does it declare of each?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.exc import CompileError, SAWarning, SQLAlchemyError

from migrate.extractors._database.families import family_of
from migrate.extractors._text import unique_names
from migrate.values import ForeignKey

_POSTGRESQL = """
    SELECT n.nspname, c.relname, c.relkind, c.relhassubclass AND c.relkind = 'r'
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'
      AND n.nspname <> 'information_schema' {partitions}
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid
        AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e')
    ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Entry:
    """A table or view: under our name, and under the names that the database knows it by.

    ``is_only`` marks a table that other tables inherit from: their rows are read there.
    """

    name: str
    schema: str
    table: str
    is_view: bool = False
    is_only: bool = False


@dataclass(frozen=True)
class Described:
    """What the database declares: (column, type, whether it may be NULL), key, unique sets, and
    references as (columns, schema, table, columns there)."""

    columns: tuple[tuple[str, str, bool], ...]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    references: tuple[tuple[tuple[str, ...], str, str, tuple[str, ...]], ...]

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which a row is told from every other: the key, or a unique set."""
        filled = {name for name, _, is_nullable in self.columns if not is_nullable}
        return self.key or next((u for u in self.unique if filled.issuperset(u)), ())

    def is_unique(self, order: Sequence[str]) -> bool:
        """Whether the database guarantees that the columns are filled, and never twice alike."""
        filled = {name for name, _, is_nullable in self.columns if not is_nullable}
        sets = [set(found) for found in (self.key, *self.unique) if found]
        return filled.issuperset(order) and any(found <= set(order) for found in sets)


class Catalogue:
    """What the database says of itself; asked once for each thing."""

    def __init__(self, engine: sa.Engine, connection: sa.Connection) -> None:
        self._engine = engine
        self._connection = connection
        self._inspector = sa.inspect(connection)
        self._together: dict[tuple[str, str], Mapping[Any, Any]] = {}
        family = family_of(engine.dialect.name)
        self._system = family.system_schemas if family else frozenset()
        self.has_schemas = engine.dialect.name != "sqlite" and (
            family is None or family.name != "firebird"
        )
        default = self._inspector.default_schema_name
        self.default = str(default) if self.has_schemas and default else ""

    def schemas(self) -> list[str]:
        """Give every schema that may hold tables of the customer, the default one first."""
        if not self.has_schemas:
            return [""]
        names = [str(name) for name in self._inspector.get_schema_names()]
        own = [
            name
            for name in names
            if name.lower() not in self._system and not name.lower().startswith(("pg_", "db_"))
        ]
        return sorted(set(own), key=lambda name: (name != self.default, name))

    def entries(self, schemas: Sequence[str]) -> list[Entry]:
        """List tables and views; those of another schema than the default one carry its name."""
        found: list[tuple[str, str, bool, bool]] = []
        if self._engine.dialect.name == "postgresql":
            found = self._postgresql(schemas)
        else:
            for schema in schemas:
                found += [(schema, *rest) for rest in self._reflected(schema)]
        names = unique_names(
            table if schema in ("", self.default) else f"{schema}.{table}"
            for schema, table, *_ in found
        )
        return [Entry(name, *rest) for name, rest in zip(names, found, strict=True)]

    def _postgresql(self, schemas: Sequence[str]) -> list[tuple[str, str, bool, bool]]:
        version = self._engine.dialect.server_version_info or (10,)
        partitions = "AND NOT c.relispartition" if version >= (10,) else ""
        rows = self._connection.exec_driver_sql(_POSTGRESQL.format(partitions=partitions))
        return [
            (schema, table, kind in ("v", "m"), bool(is_parent))
            for schema, table, kind, is_parent in rows
            if schema in schemas
        ]

    def _reflected(self, schema: str) -> list[tuple[str, bool, bool]]:
        there = self._inspector.get_table_names(schema or None)
        if self._engine.dialect.name == "sqlite":
            shadows = set(self._shadows())
            there = [t for t in there if not t.startswith("sqlite_") and t not in shadows]
        views = list(self._inspector.get_view_names(schema or None))
        with suppress(NotImplementedError):
            views += self._inspector.get_materialized_view_names(schema or None)
        return [(name, name in views, False) for name in sorted({*there, *views})]

    def _shadows(self) -> list[str]:
        """The tables in which a full-text index keeps its own pages."""
        with suppress(SQLAlchemyError):
            rows = self._connection.exec_driver_sql("PRAGMA table_list")
            return [str(row[1]) for row in rows if row[2] == "shadow"]
        return []

    def described(self, entry: Entry) -> Described:
        """Say what is declared of a table. Raises SQLAlchemyError where it cannot be read."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # a type SQLAlchemy does not know is text
            columns = tuple(
                (str(c["name"]), _declared(c["type"], self._engine), bool(c.get("nullable", True)))
                for c in self._asked("columns", entry)
            )
            if entry.is_view:
                return Described(columns, (), (), ())
            primary = self._asked("pk_constraint", entry) or {}
            return Described(
                columns,
                tuple(primary.get("constrained_columns") or ()),
                tuple(self._unique(entry)),
                tuple(self._references(entry)),
            )

    def _asked(self, what: str, entry: Entry) -> Any:
        schema = entry.schema or None
        if self._engine.dialect.name != "postgresql":
            return getattr(self._inspector, f"get_{what}")(entry.table, schema)
        asked = (what, entry.schema)
        if asked not in self._together:  # one question for a schema of hundreds of tables
            self._together[asked] = getattr(self._inspector, f"get_multi_{what}")(
                schema=schema, kind=ObjectKind.ANY, scope=ObjectScope.DEFAULT
            )
        return self._together[asked].get((schema, entry.table)) or []

    def _unique(self, entry: Entry) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        with suppress(NotImplementedError, SQLAlchemyError):
            constraints = self._asked("unique_constraints", entry)
            found += [tuple(each["column_names"]) for each in constraints]
        with suppress(NotImplementedError, SQLAlchemyError):
            for index in self._asked("indexes", entry):
                names = tuple(index.get("column_names") or ())
                options = index.get("dialect_options") or {}
                is_partial = any(name.endswith(("_where", "_length")) for name in options)
                if index.get("unique") and names and None not in names and not is_partial:
                    found.append(names)
        return found

    def _references(self, entry: Entry) -> list[tuple[tuple[str, ...], str, str, tuple[str, ...]]]:
        found = []
        for key in self._asked("foreign_keys", entry):
            schema, table = str(key.get("referred_schema") or entry.schema), key["referred_table"]
            there = tuple(key["referred_columns"] or ())
            if not there:  # SQLite lets a reference leave them out: the primary key is meant
                with suppress(SQLAlchemyError):
                    primary = self._inspector.get_pk_constraint(table, schema or None)
                    there = tuple(primary.get("constrained_columns") or ())
            if there:
                found.append((tuple(key["constrained_columns"]), schema, str(table), there))
        return found

    def moving(self) -> dict[tuple[str, str], str]:
        """Give the tables that no snapshot covers, and why; ("", "") stands for all."""
        family = family_of(self._engine.dialect.name)
        found: dict[tuple[str, str], str] = {}
        with suppress(SQLAlchemyError):
            if family is not None and family.name == "mysql":
                rows = self._connection.exec_driver_sql(
                    "SELECT table_schema, table_name, engine FROM information_schema.tables"
                    " WHERE table_type = 'BASE TABLE' AND engine NOT IN ('InnoDB', 'ROCKSDB')"
                )
                for schema, table, engine in rows:
                    found[schema, table] = f"the storage engine {engine} knows no snapshot"
            if family is not None and family.name == "mssql":
                state = self._connection.exec_driver_sql(
                    "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()"
                ).scalar()
                if state != 1:
                    found["", ""] = "the database does not allow snapshot isolation"
        return found

    def definition(self, entry: Entry) -> str:
        """Give the SELECT that makes a view, empty where the user may not see it."""
        with suppress(SQLAlchemyError, NotImplementedError):
            text = self._inspector.get_view_definition(entry.table, entry.schema or None)
            return str(text or "").strip()
        return ""


def foreign_keys(
    described: Described, entries: Mapping[tuple[str, str], str]
) -> tuple[ForeignKey, ...]:
    """Give the declared references under the names that our tables have."""
    return tuple(
        ForeignKey(columns, entries[schema, table], there)
        for columns, schema, table, there in described.references
        if (schema, table) in entries  # else declared, but to a table that is not read
    )


def _declared(kind: sa.types.TypeEngine[Any], engine: sa.Engine) -> str:
    if isinstance(kind, sa.types.NullType):
        return "text"
    with suppress(CompileError, NotImplementedError, AttributeError, TypeError):
        return str(kind.compile(engine.dialect)).lower()
    return "text"
