"""Which batches does the target hold, and whose migration is it?

``migrate_batch`` holds one row per committed batch, written as the *first statement* of the batch's
own transaction. Its primary key is what makes a resend safe: while a predecessor is still
committing, the same insert waits for it, and then either fails (committed) or goes on (it is not).

``migrate_meta`` holds our marks. The fingerprint in it is the one that :func:`fingerprint` gave
before anything was written, plus ``+`` and a UUID, so the earlier one is a prefix of the later.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from migrate.errors import TargetError
from migrate.loaders._sql_engine import Database
from migrate.loaders._sql_errors import DRIVER_ERRORS, Refusal, refusal
from migrate.values import Batch, Identity

META, JOURNAL = "migrate_meta", "migrate_batch"
OUR_TABLES = frozenset({META, JOURNAL})

_METADATA = sa.MetaData()
# Two batch ids that differ in case are two batches, whatever the database's collation.
_NAME = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql")
_LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
_META = sa.Table(
    META,
    _METADATA,
    sa.Column("name", _NAME, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
)
_JOURNAL = sa.Table(
    JOURNAL,
    _METADATA,
    sa.Column("batch_id", _NAME, primary_key=True),
    sa.Column("object", sa.String(191), nullable=False),
    sa.Column("op", sa.String(16), nullable=False),
    sa.Column(sa.quoted_name("rows", quote=True), sa.Integer, nullable=False),
    sa.Column("written_at", sa.String(32), nullable=False),
    sa.Column("refused", _LONG),
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
)


def live_tables(database: Database) -> frozenset[str]:
    """The tables that are there; none in an SQLite file that nobody has made yet."""
    if not database.is_there:
        return frozenset()
    with database.connect("reading the list of tables") as connection:
        return frozenset(sa.inspect(connection).get_table_names())


def is_there(database: Database) -> bool:
    return JOURNAL in live_tables(database)


def identity(database: Database) -> Identity:
    """Who the target is. Writes nothing."""
    marks = _marks(database)
    return Identity(
        fingerprint=marks.get("fingerprint") or fingerprint(database),
        label=database.label,
        migration=marks.get("migration", ""),
        environment=marks.get("environment", ""),
    )


def claim(database: Database, *, migration: str, environment: str) -> None:
    """Leave our marks and make the journal; another migration's marks are never overwritten."""
    wanted = {"migration": migration, "environment": environment}
    before = fingerprint(database)
    with database.connect("making the journal") as connection:
        _METADATA.create_all(connection)
        connection.commit()
    if not _marks(database):
        rows = {
            **wanted,
            "fingerprint": f"{before}+{uuid.uuid4()}",
            "claimed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with database.connect("leaving our marks") as connection:
            try:
                connection.execute(
                    sa.insert(_META), [{"name": n, "value": v} for n, v in rows.items()]
                )
                connection.commit()
            except DRIVER_ERRORS as error:
                # Another load claimed it in the same moment: what counts is what it wrote.
                if (found := refusal(error)) is None or found.code != "unique":
                    raise
                connection.rollback()
    found_marks = _marks(database)
    if {name: found_marks.get(name, "") for name in wanted} != wanted:
        raise TargetError(
            f"{database.label} belongs to migration {found_marks.get('migration', '')!r}, "
            f"environment {found_marks.get('environment', '')!r}; "
            f"this is migration {migration!r}, environment {environment!r}",
            hint="correct the environment's url in migration.yaml, or load with the migration "
            f"that owns it; to give it up, delete the rows of {META} and {JOURNAL} there",
        )


def _marks(database: Database) -> dict[str, str]:
    if META not in live_tables(database):
        return {}
    with database.connect("reading our marks") as connection:
        return {str(n): str(v) for n, v in connection.execute(sa.select(_META))}


def fingerprint(database: Database) -> str:
    """What tells this database from every other without writing to it.

    PostgreSQL and MariaDB name the server and the database (host, port and name where the user
    may not ask); SQLite has only the resolved path of the file, as a hash.
    """
    if database.path is not None:
        place = hashlib.sha256(database.path.as_posix().encode()).hexdigest()[:32]
        return f"sqlite:{place}"
    name = database.engine.url.database or ""
    if database.dialect == "postgresql":
        server = _first_answer(
            database,
            "SELECT system_identifier::text || ':' || oid::text FROM pg_control_system(), "
            "pg_database WHERE datname = current_database()",
        )
        return f"postgresql:{server}" if server else database.label
    # MySQL and MariaDB call the same thing differently.
    server = _first_answer(database, "SELECT @@server_uuid", "SELECT @@server_uid")
    return f"mysql:{server}:{name}" if server else database.label


def _first_answer(database: Database, *queries: str) -> str:
    with database.connect("asking who the server is") as connection:
        for query in queries:
            try:
                return str(connection.exec_driver_sql(query).scalar_one())
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    raise
                connection.rollback()
    return ""


def begin(database: Database, connection: sa.Connection, batch: Batch) -> bool:
    """Open the batch's transaction with its row in the journal; False when it is committed already.

    Must be the first statement of the transaction. Waits while a predecessor is still committing.
    """
    mark, quote = database.mark, database.quote
    columns = ("batch_id", "object", "op", "rows", "written_at")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        connection.exec_driver_sql(
            f"INSERT INTO {quote(JOURNAL)} ({', '.join(map(quote, columns))}) "
            f"VALUES ({', '.join([mark] * len(columns))})",
            (batch.batch_id, batch.object, batch.op, len(batch.frame), now),
        )
    except DRIVER_ERRORS as error:
        found = refusal(error)
        if found is None or found.code != "unique":
            raise
        connection.rollback()
        return False
    return True


def settled(database: Database, batch_id: str) -> bool | None:
    """Was the batch committed? Waits for one that is still committing.

    Nothing but the insert tells: a read would not see a batch that commits a moment later.
    """
    tables = live_tables(database)
    if JOURNAL not in tables:
        # Without marks nobody ever wrote through us; with marks, somebody took the journal away.
        return None if META in tables else False
    empty = Batch(batch_id, "", "create", pd.DataFrame())
    with database.connect("asking the journal") as connection:
        is_new = begin(database, connection, empty)
        connection.rollback()
    return not is_new


def note_refused(
    database: Database, connection: sa.Connection, batch_id: str, refused: Mapping[int, Refusal]
) -> None:
    """Keep which entities were refused, and why, so that a resend gets the same answer."""
    noted = {str(entity): [r.code, r.message, r.column] for entity, r in refused.items()}
    quote, mark = database.quote, database.mark
    connection.exec_driver_sql(
        f"UPDATE {quote(JOURNAL)} SET {quote('refused')} = {mark} "
        f"WHERE {quote('batch_id')} = {mark}",
        (json.dumps(noted), batch_id),
    )


def refused_of(database: Database, connection: sa.Connection, batch_id: str) -> dict[int, Refusal]:
    quote, mark = database.quote, database.mark
    noted = connection.exec_driver_sql(
        f"SELECT {quote('refused')} FROM {quote(JOURNAL)} WHERE {quote('batch_id')} = {mark}",
        (batch_id,),
    ).scalar_one()
    return {int(entity): Refusal(*parts) for entity, parts in json.loads(noted or "{}").items()}
