"""How does the embedded reference CRM come to be? Its tables are made from the target's schema.

Everything else is the SQL loader. Every table has ``id``, ``external_id`` and ``row_version``; a
trigger raises ``row_version`` with every UPDATE that does not do so itself, so that an edit by plain
SQL is seen as well as one by a program.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from migrate.errors import MappingError, TargetError
from migrate.loaders._options import check_options, with_batch_rows
from migrate.loaders._sql_engine import Database, make_private_file, open_database
from migrate.loaders._sql_schema import with_object
from migrate.loaders.sql import CAPABILITIES, SqlLoader
from migrate.registry import did_you_mean
from migrate.values import TargetField, TargetObject, TargetSchema

VERSION_FIELD = "row_version"
DECIMAL_DIGITS, DECIMAL_SCALE = 18, 2
_TRIGGER = "migrate_version_"
# Longer texts would burst MariaDB's limit of 65,535 bytes a row.
_LONGEST_INLINE = 1_000


def open_loader(
    url: str, *, options: Mapping[str, Any], schema: TargetSchema | None
) -> ReferenceLoader:
    """Open the reference CRM at ``url``; nothing is written before ``describe`` or ``claim``."""
    check_options("reference", options, ("batch_rows",))
    if schema is None:
        raise MappingError(
            "the reference CRM needs its schema",
            hint="it is in mappings/targets/reference.yaml: write target: reference",
        )
    described = complete(schema)
    capabilities = with_batch_rows(described.capabilities, options)
    return ReferenceLoader(
        open_database(url, must_exist=False),
        dataclasses.replace(described, capabilities=capabilities),
    )


def complete(schema: TargetSchema) -> TargetSchema:
    """The schema with everything said that the tables will have.

    >>> account = TargetObject("Account", (TargetField("revenue", type="decimal"),))
    >>> made = complete(TargetSchema("reference", (account,))).objects[0]
    >>> made.table, made.version_field, made.fields[0].scale
    ('Account', 'row_version', 2)
    """
    return dataclasses.replace(
        schema,
        objects=tuple(_complete_object(o) for o in schema.objects),
        capabilities=CAPABILITIES,
    )


def _complete_object(described: TargetObject) -> TargetObject:
    fields = [
        dataclasses.replace(f, scale=DECIMAL_SCALE)
        if f.type == "decimal" and f.scale is None
        else f
        for f in described.fields
        if f.name not in (described.id_field, described.external_id, VERSION_FIELD)
    ]
    return dataclasses.replace(
        described,
        fields=tuple(fields),
        table=described.table or described.name,
        external_id=described.external_id or "external_id",
        version_field=described.version_field or VERSION_FIELD,
    )


class ReferenceLoader(SqlLoader):
    """The SQL loader on tables of our own making."""

    def __init__(self, database: Database, schema: TargetSchema) -> None:
        super().__init__(
            database,
            name=schema.name,
            live=lambda: with_object(database, schema.objects),
            declared=schema,
            capabilities=schema.capabilities,
        )
        self._schema = schema

    def describe(self) -> TargetSchema:
        """The schema, verified against the tables that are there; :meth:`claim` makes the others.

        Nothing is written: a dry run, or a wrong url, must not leave tables behind.
        """
        self._tables = None
        self._verify()
        return self._schema

    def claim(self, *, migration: str, environment: str) -> None:
        make_private_file(self._database)
        super().claim(migration=migration, environment=environment)
        self._make_tables()
        self._tables = None
        self._verify()

    def _make_tables(self) -> None:
        make_private_file(self._database)
        create_tables(self._database, self._schema)

    def _verify(self) -> None:
        for name, table in self._live.items():
            wanted = [column.name for column in _columns(table.object, self._schema, "")]
            missing = [column for column in wanted if column not in table.shapes]
            if missing:
                raise TargetError(
                    f"{self._database.label}: the table {table.name} of {name} lacks "
                    f"{', '.join(missing)}",
                    hint=f"add the column to {table.name} ({did_you_mean(missing[0], table.shapes)}"
                    "), or load into a new database",
                )


# -- the tables -------------------------------------------------------------------------------


def create_tables(database: Database, schema: TargetSchema) -> None:
    """Make the tables and triggers that are missing; what is there stays as it is."""
    metadata = tables_of(schema, database.dialect)
    with database.connect("making the tables") as connection:
        metadata.create_all(connection)
        there = _trigger_names(database, connection)
        for described in schema.objects:
            if f"{_TRIGGER}{described.table}" not in there:
                for statement in _trigger(database, described):
                    connection.exec_driver_sql(statement)
        connection.commit()


def tables_of(schema: TargetSchema, dialect: str) -> sa.MetaData:
    """The tables of a schema as SQLAlchemy writes them."""
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )
    for described in schema.objects:
        sa.Table(
            described.table,
            metadata,
            *_columns(described, schema, dialect),
            sqlite_autoincrement=True,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
        )
    return metadata


def _columns(described: TargetObject, schema: TargetSchema, dialect: str) -> list[sa.Column[Any]]:
    key = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql")
    columns: list[sa.Column[Any]] = [
        sa.Column(described.id_field, _INTEGER, primary_key=True, autoincrement=True),
        sa.Column(described.external_id, key, unique=True),
        sa.Column(described.version_field, _INTEGER, nullable=False, server_default=sa.text("1")),
    ]
    known = {column.name for column in columns}
    for target_field in described.fields:
        if target_field.name in known:
            continue
        known.add(target_field.name)
        columns.append(_column(target_field, schema, dialect))
    for target_field in described.references:
        if target_field.type_field and target_field.type_field not in known:
            known.add(target_field.type_field)
            columns.append(sa.Column(target_field.type_field, sa.String(80)))
    return columns


def _column(target_field: TargetField, schema: TargetSchema, dialect: str) -> sa.Column[Any]:
    arguments: list[Any] = []
    if target_field.type == "reference" and not target_field.type_field:
        parent = schema.object(target_field.references[0]) if target_field.references else None
        if parent is not None and len(target_field.references) == 1:
            arguments.append(sa.ForeignKey(f"{parent.table}.{parent.id_field}"))
    return sa.Column(
        target_field.name,
        _type(target_field),
        *arguments,
        nullable=not target_field.is_required,
        unique=target_field.is_unique or None,
        index=target_field.type == "reference" or None,
    )


_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "integer": _INTEGER,
    "reference": _INTEGER,
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "datetime": sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"),
    "long_text": _LONG_TEXT,
}


def _type(target_field: TargetField) -> sa.types.TypeEngine[Any]:
    if target_field.type == "decimal":
        return sa.Numeric(DECIMAL_DIGITS, target_field.scale)
    if target_field.type in _TYPES:
        return _TYPES[target_field.type]
    length = target_field.length
    if target_field.is_unique:
        return sa.String(length or 191)
    if length is None or length > _LONGEST_INLINE:
        return sa.String(length).with_variant(mysql.LONGTEXT(), "mysql")
    return sa.String(length)


def _trigger_names(database: Database, connection: sa.Connection) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE c.relnamespace = current_schema()::regnamespace",
        "mysql": "SELECT trigger_name FROM information_schema.triggers "
        "WHERE trigger_schema = DATABASE()",
    }[database.dialect]
    return {str(row[0]) for row in connection.exec_driver_sql(query)}


def _trigger(database: Database, described: TargetObject) -> list[str]:
    quote = database.quote
    table, name = quote(described.table), quote(f"{_TRIGGER}{described.table}")
    version, key = quote(described.version_field), quote(described.id_field)
    if database.dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} AFTER UPDATE ON {table} "
            f"WHEN NEW.{version} = OLD.{version} BEGIN "
            f"UPDATE {table} SET {version} = OLD.{version} + 1 WHERE {key} = NEW.{key}; END"
        ]
    if database.dialect == "postgresql":
        return [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
            f"IF NEW.{version} = OLD.{version} THEN NEW.{version} := OLD.{version} + 1; END IF; "
            "RETURN NEW; END $body$",
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    return [
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW SET NEW.{version} = "
        f"IF(NEW.{version} = OLD.{version}, OLD.{version} + 1, NEW.{version})"
    ]
