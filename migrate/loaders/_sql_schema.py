"""What does a live SQL database accept: which objects, which fields, which types and keys?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import types as sqltypes

from migrate.errors import TargetError
from migrate.loaders._sql_engine import Database
from migrate.loaders._sql_journal import OUR_TABLES
from migrate.loaders._sql_values import Kind, Shape
from migrate.registry import did_you_mean
from migrate.values import FieldType, TargetField, TargetObject

DEFAULT_EXTERNAL_ID = "external_id"


@dataclass(frozen=True)
class LiveTable:
    """An object and the table that holds it, as it is now.

    ``shapes`` has every column that can be read, the keys included. ``makes_ids``: the database
    gives the surrogate key itself. ``unique_keys`` maps an index's name to its columns.
    """

    object: TargetObject
    name: str
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    makes_ids: bool = True
    has_transactions: bool = True
    unique_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.object.id_field

    @property
    def readable(self) -> tuple[str, ...]:
        """The fields that :meth:`read` gives, in a fixed order: the row's hash depends on it."""
        ours = {self.id, self.object.external_id, self.object.version_field}
        return tuple(sorted(name for name in self.shapes if name not in ours))

    def key_value(self, target_id: str) -> Any:
        """A target id as the driver takes it; None for what cannot be one."""
        if self.shapes[self.id].kind != "integer":
            return target_id
        return int(target_id) if target_id.removeprefix("-").isdecimal() else None


@dataclass(frozen=True)
class _Found:
    """One table as the inspector describes it."""

    name: str
    columns: Mapping[str, Mapping[str, Any]]
    key: tuple[str, ...]
    foreign_keys: Mapping[str, tuple[str, str]]
    unique_keys: Mapping[str, tuple[str, ...]]


def reflect(database: Database, options: Mapping[str, Any]) -> tuple[LiveTable, ...]:
    """Every table with a primary key of one column, described as an object.

    ``options["external_id"]`` names the column that carries our key, for all tables or as a
    mapping from table to column.
    """
    found = _inspect(database)
    external = options.get("external_id", DEFAULT_EXTERNAL_ID)
    if "external_id" in options:
        _check_external_ids(external, found, database)
    keys = {name: table.key[0] for name, table in found.items() if len(table.key) == 1}
    tables = []
    for name, table in found.items():
        if name not in keys:
            continue
        wanted = external.get(name, "") if isinstance(external, Mapping) else str(external)
        tables.append(_live(database, table, keys, wanted if wanted in table.columns else ""))
    return _with_engines(database, tables)


def with_object(database: Database, objects: Iterable[TargetObject]) -> dict[str, LiveTable]:
    """The live tables of declared objects; an object whose table is not there is left out."""
    found = _inspect(database)
    tables = []
    for declared in objects:
        table = found.get(declared.table)
        if table is None:
            continue
        tables.append(
            LiveTable(
                declared,
                declared.table,
                _shapes(database, table, declared.fields),
                unique_keys=table.unique_keys,
            )
        )
    return {table.object.name: table for table in tables}


def _check_external_ids(external: Any, found: Mapping[str, _Found], database: Database) -> None:
    """An option that names nothing would otherwise be silently without effect."""
    if not isinstance(external, Mapping):
        everywhere = {column for table in found.values() for column in table.columns}
        if external not in everywhere:
            raise TargetError(
                f"{database.label}: external_id names the column {external!r}, which no table has",
                hint=did_you_mean(str(external), everywhere),
            )
        return
    for name, column in external.items():
        if name not in found:
            raise TargetError(
                f"{database.label}: external_id names the table {name!r}, which is not there",
                hint=did_you_mean(name, found),
            )
        if column not in found[name].columns:
            raise TargetError(
                f"{database.label}: external_id names {name}.{column}, which is not there",
                hint=did_you_mean(str(column), found[name].columns),
            )


def _inspect(database: Database) -> dict[str, _Found]:
    with database.connect("reading the schema") as connection:
        inspector = sa.inspect(connection)
        columns = inspector.get_multi_columns()
        keys = inspector.get_multi_pk_constraint()
        foreign = inspector.get_multi_foreign_keys()
        indexes = inspector.get_multi_indexes()
        unique = inspector.get_multi_unique_constraints()
        found = {}
        for place in sorted(columns, key=lambda p: p[1]):
            name = place[1]
            if name in OUR_TABLES:
                continue
            uniques = {
                str(u["name"] or ",".join(map(str, u["column_names"]))): tuple(
                    str(c) for c in u["column_names"]
                )
                for u in [
                    *unique.get(place, ()),
                    *indexes.get(place, ()),
                    *_sqlite_unique(database, connection, name),
                ]
                if u.get("unique", True) and all(u["column_names"])
            }
            single = {
                fk["constrained_columns"][0]: (fk["referred_table"], fk["referred_columns"][0])
                for fk in foreign.get(place, ())
                if len(fk["constrained_columns"]) == 1 and fk["referred_columns"]
            }
            key = tuple(keys[place]["constrained_columns"] if keys.get(place) else ())
            by_name = {str(c["name"]): c for c in columns[place]}
            found[name] = _Found(name, by_name, key, single, {"PRIMARY": key, **uniques})
    return found


def _sqlite_unique(
    database: Database, connection: sa.Connection, table: str
) -> list[dict[str, Any]]:
    """What is unique by the word in a column's own line (``VARCHAR(12) UNIQUE``): SQLite makes an
    index of its own for it, which the inspector does not tell."""
    if database.dialect != "sqlite":
        return []
    made = connection.exec_driver_sql(f"PRAGMA index_list({database.quote(table)})").all()
    names = [str(row[1]) for row in made if row[2] and row[3] == "u"]
    return [
        {
            "name": None,
            "column_names": [
                row[2]
                for row in connection.exec_driver_sql(
                    f"PRAGMA index_info({database.quote(name)})"
                ).all()
            ],
        }
        for name in names
    ]


def _live(
    database: Database, table: _Found, keys: Mapping[str, str], external_id: str
) -> LiveTable:
    id_column = table.columns[table.key[0]]
    makes_ids = _makes_ids(database, table.name, id_column)
    alone = {columns[0] for columns in table.unique_keys.values() if len(columns) == 1}
    fields = []
    for name, column in table.columns.items():
        is_ours = name == external_id or (name == table.key[0] and makes_ids)
        if is_ours or not _is_text_possible(column["type"]):
            continue
        fields.append(_field(column, table.foreign_keys.get(name), keys, is_unique=name in alone))
    described = TargetObject(
        table.name,
        tuple(fields),
        table=table.name,
        id_field=table.key[0],
        external_id=external_id,
        # Without our key in the record a lost answer could not be looked up again.
        can_create=bool(external_id),
    )
    shapes = _shapes(database, table, fields)
    return LiveTable(described, table.name, shapes, makes_ids, unique_keys=table.unique_keys)


def _field(
    column: Mapping[str, Any],
    foreign_key: tuple[str, str] | None,
    keys: Mapping[str, str],
    *,
    is_unique: bool,
) -> TargetField:
    kind = column["type"]
    reference = foreign_key is not None and keys.get(foreign_key[0]) == foreign_key[1]
    is_given = column.get("default") is not None or column.get("autoincrement") is True
    is_computed = bool(column.get("computed") or column.get("identity"))
    return TargetField(
        str(column["name"]),
        "reference" if reference else field_type(kind),
        length=None if reference else getattr(kind, "length", None),
        scale=_scale(kind),
        is_required=not column.get("nullable", True) and not is_given and not is_computed,
        is_unique=is_unique,
        is_read_only=is_computed,
        picklist=tuple(kind.enums) if isinstance(kind, sqltypes.Enum) else (),
        references=(foreign_key[0],) if reference and foreign_key else (),
    )


def field_type(kind: Any) -> FieldType:
    """The field type of a reflected column.

    >>> field_type(sa.Numeric(18, 2)), field_type(sa.String(40)), field_type(sa.Text())
    ('decimal', 'text', 'long_text')
    """
    if isinstance(kind, sqltypes.Boolean) or _is_flag(kind):
        return "boolean"
    if isinstance(kind, sqltypes.Enum):
        return "picklist"
    pairs: tuple[tuple[Any, FieldType], ...] = (
        (sqltypes.Integer, "integer"),
        (sqltypes.Numeric | sqltypes.Float, "decimal"),
        (sqltypes.DateTime, "datetime"),
        (sqltypes.Date, "date"),
        (sqltypes.Text, "long_text"),
    )
    return next((name for cls, name in pairs if isinstance(kind, cls)), "text")


def _is_flag(kind: Any) -> bool:
    """MariaDB has no Boolean: TINYINT(1) is what everybody declares instead."""
    return type(kind).__name__ == "TINYINT" and getattr(kind, "display_width", None) == 1


def _is_text_possible(kind: Any) -> bool:
    """Pictures and other bytes are not migrated as fields."""
    return not isinstance(kind, sqltypes._Binary) and not type(kind).__name__.startswith("BIT")


def _scale(kind: Any) -> int | None:
    if isinstance(kind, sqltypes.Numeric) and not isinstance(kind, sqltypes.Float):
        return kind.scale
    return None


def _shapes(database: Database, table: _Found, fields: Iterable[TargetField]) -> dict[str, Shape]:
    scales = {f.name: f.scale for f in fields}
    return {
        name: _shape(database, column, scales.get(name))
        for name, column in table.columns.items()
        if _is_text_possible(column["type"])
    }


def _shape(database: Database, column: Mapping[str, Any], scale: int | None) -> Shape:
    kind = column["type"]
    name = field_type(kind)
    is_typed = name in ("integer", "decimal", "boolean", "date", "datetime")
    stored: Kind = name if is_typed else "text"  # type: ignore[assignment]
    if stored == "decimal":
        scale = scale if scale is not None else _scale(kind)
    elif stored == "datetime":
        scale = _second_digits(database, kind)
    return Shape(
        stored,
        sql_type=_cast(database, stored, kind),
        scale=scale if stored in ("decimal", "datetime") else None,
        digits=_exact_digits(database, kind) if stored == "decimal" else 0,
        is_padded=isinstance(kind, sqltypes.CHAR) and database.dialect == "postgresql",
        has_default=column.get("default") is not None,
        allows_nul=database.dialect != "postgresql",
        booleans=("false", "true") if database.dialect == "postgresql" else (0, 1),
    )


def _cast(database: Database, stored: Kind, kind: Any) -> str:
    """What a list of keys is cast to, so that PostgreSQL uses the column's index."""
    if database.dialect != "postgresql" or isinstance(kind, sqltypes.String | sqltypes.Enum):
        return "text"
    return "bigint" if stored == "integer" else str(kind.compile(database.engine.dialect))


def _exact_digits(database: Database, kind: Any) -> int:
    """SQLite keeps decimals as 8-byte floats, which are exact to 15 digits; REAL to 6."""
    if database.dialect == "sqlite":
        return 15
    if not isinstance(kind, sqltypes.Float):
        return 0
    return 6 if type(kind).__name__ in ("REAL", "FLOAT") else 15


def _second_digits(database: Database, kind: Any) -> int:
    if database.dialect == "mysql":
        return int(getattr(kind, "fsp", None) or 0)
    precision = getattr(kind, "precision", None)
    return 6 if precision is None else int(precision)


def _makes_ids(database: Database, table: str, column: Mapping[str, Any]) -> bool:
    if database.dialect == "sqlite":
        # Only this very word makes a column SQLite's row id; an INT PRIMARY KEY stays empty.
        return str(column["type"]).upper() == "INTEGER" and _declared_integer(
            database, table, str(column["name"])
        )
    given = column.get("autoincrement") is True or column.get("identity") is not None
    return given or column.get("default") is not None


def _declared_integer(database: Database, table: str, column: str) -> bool:
    with database.connect("reading the schema") as connection:
        rows = connection.exec_driver_sql(f"PRAGMA table_info({database.quote(table)})").all()
    return any(row[1] == column and str(row[2]).upper() == "INTEGER" for row in rows)


def _with_engines(database: Database, tables: list[LiveTable]) -> tuple[LiveTable, ...]:
    """Mark what MariaDB keeps in an engine without transactions: a kill would leave half a batch."""
    if database.dialect != "mysql":
        return tuple(tables)
    with database.connect("reading the schema") as connection:
        rows = connection.exec_driver_sql(
            "SELECT t.table_name FROM information_schema.tables t JOIN information_schema.engines e "
            "ON e.engine = t.engine WHERE t.table_schema = DATABASE() AND e.transactions <> 'YES'"
        ).all()
    without = {str(row[0]) for row in rows}
    return tuple(
        LiveTable(t.object, t.name, t.shapes, t.makes_ids, t.name not in without, t.unique_keys)
        for t in tables
    )
