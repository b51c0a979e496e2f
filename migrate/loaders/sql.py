"""How do records get into any SQL database, and how are they read back?

Objects are the tables with a primary key of one column, as the database describes them. Made for
SQLite, PostgreSQL and MariaDB or MySQL. A batch is one transaction that begins with the batch's
row in ``migrate_batch``, so after any crash the journal knows what is in the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pandas as pd

from migrate.errors import TargetError
from migrate.loaders import _sql_journal as journal
from migrate.loaders import _sql_read as reading
from migrate.loaders._options import check_options, with_batch_rows
from migrate.loaders._sql_engine import Database, open_database
from migrate.loaders._sql_lock import WriterLock
from migrate.loaders._sql_rows import prepare
from migrate.loaders._sql_schema import LiveTable, reflect
from migrate.loaders._sql_values import text_frame
from migrate.loaders._sql_write import answer, check_writable, recall, send
from migrate.registry import did_you_mean
from migrate.values import Batch, Capabilities, Identity, TargetObject, TargetSchema

CAPABILITIES = Capabilities(
    batch_rows=5_000, is_atomic=True, has_journal=True, lookup="exact", can_delete=True
)
OPTIONS = ("external_id", "batch_rows")


def open_loader(url: str, *, options: Mapping[str, Any], schema: TargetSchema | None) -> SqlLoader:
    """Open an existing database; ``options["external_id"]`` names the column that carries our key
    (a name for all tables, or a mapping table -> column), ``options["batch_rows"]`` makes smaller
    batches."""
    check_options("sql", options, OPTIONS)
    database = open_database(url, must_exist=True)
    name = schema.name if schema else "sql"

    def live() -> dict[str, LiveTable]:
        return {table.object.name: table for table in reflect(database, options)}

    return SqlLoader(
        database, name=name, live=live, capabilities=with_batch_rows(CAPABILITIES, options)
    )


class SqlLoader:
    """The loader of SQL databases (:class:`migrate.values.Loader`).

    ``live`` reads the tables as they are; ``declared`` are objects whose tables may still be
    missing: they hold no records yet.
    """

    def __init__(
        self,
        database: Database,
        *,
        name: str,
        live: Callable[[], dict[str, LiveTable]],
        declared: TargetSchema | None = None,
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        self.capabilities = capabilities
        self._database = database
        self._name = name
        self._read_live = live
        self._declared = declared
        self._tables: dict[str, LiveTable] | None = None
        self._is_claimed = False
        self._lock = WriterLock(database)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._database.label!r})"

    def describe(self) -> TargetSchema:
        self._tables = None
        return TargetSchema(
            self._name,
            tuple(table.object for table in self._live.values()),
            capabilities=self.capabilities,
        )

    def identity(self) -> Identity:
        """The fingerprint before :meth:`claim` is a prefix of the one after it."""
        return journal.identity(self._database)

    def claim(self, *, migration: str, environment: str) -> None:
        journal.claim(self._database, migration=migration, environment=environment)
        self._tables = None

    def lock(self) -> AbstractContextManager[None]:
        return self._lock.held()

    def probe(self, object: str, external_ids: Sequence[str]) -> pd.DataFrame:
        table = self._table(object)
        if table is None:
            return text_frame({"external_id": [], "target_id": [], "version": []})
        if not table.object.external_id:
            raise TargetError(
                f"{self._database.label}: {table.name} has no column for the external id",
                hint="name it in the environment's options as external_id",
            )
        with self._database.connect(f"looking records up in {table.name}") as connection:
            return reading.probe(self._database, connection, table, external_ids)

    def read(
        self, object: str, *, target_ids: Sequence[str] | None = None
    ) -> Iterator[pd.DataFrame]:
        table = self._table(object)
        if table is None:
            return iter(())
        if target_ids is None:
            return reading.read_all(self._database, table)
        return reading.read_some(self._database, table, target_ids)

    def count(self, object: str) -> int:
        table = self._table(object)
        return 0 if table is None else reading.count(self._database, table)

    def write(self, batch: Batch) -> pd.DataFrame:
        """One transaction; a batch that the journal knows is answered from the target."""
        table = self._table(batch.object)
        self._is_claimed = self._is_claimed or journal.is_there(self._database)
        if table is None or not self._is_claimed:
            raise TargetError(
                f"{self._database.label}: the target holds no journal of ours",
                hint="claim the target before the first batch is written",
            )
        check_writable(self._database, table, batch)
        work = prepare(self._database, self._live, table, batch)
        self._lock.check()
        outcomes = send(self._database, batch, work)
        if outcomes is None:
            outcomes = recall(self._database, table, batch)
        return answer(work.entities, outcomes)

    def settled(self, batch_id: str) -> bool | None:
        return journal.settled(self._database, batch_id)

    def children(self, object: str, target_ids: Sequence[str]) -> pd.DataFrame:
        parent = self._table(object)
        found: dict[str, list[str | None]] = {"target_id": [], "object": [], "child_id": []}
        for table in self._live.values() if parent else ():
            for field in table.object.references:
                if parent is None or object not in field.references:
                    continue
                pairs = reading.children(self._database, table, field, parent, target_ids)
                for target_id, child_id in pairs:
                    found["target_id"].append(target_id)
                    found["object"].append(table.object.name)
                    found["child_id"].append(child_id)
        return text_frame(found)

    def close(self) -> None:
        self._database.engine.dispose()

    @property
    def _live(self) -> dict[str, LiveTable]:
        if self._tables is None:
            self._tables = self._read_live() if self._database.is_there else {}
        return self._tables

    def _table(self, name: str) -> LiveTable | None:
        """The table of an object; None when it is declared and not made yet."""
        found = self._live.get(name)
        if found is not None:
            return found
        declared: Sequence[TargetObject] = self._declared.objects if self._declared else ()
        known = [*self._live, *(o.name for o in declared)]
        if name in known:
            return None
        raise TargetError(
            f"{self._database.label}: there is no object {name!r}", hint=did_you_mean(name, known)
        )
