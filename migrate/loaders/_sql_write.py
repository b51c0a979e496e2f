"""How does one batch get into the target whole, or not at all?

The batch's row in the journal, its records, the answer and the reasons of what was refused are one
transaction. Where a constraint refuses a record, the transaction is rolled back and run again with
savepoints, halving the batch until the culprits stand alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from migrate.errors import TargetError
from migrate.loaders import _sql_journal as journal
from migrate.loaders._sql_engine import Database
from migrate.loaders._sql_errors import DRIVER_ERRORS, Refusal, refusal
from migrate.loaders._sql_read import probe, versions
from migrate.loaders._sql_schema import LiveTable
from migrate.loaders._sql_values import text_frame
from migrate.values import ENTITY_ID, WRITTEN_COLUMNS, Batch

FIRST_VERSION = "1"
GONE = Refusal("not_found", "the record is not in the target any more")


class Written(NamedTuple):
    """One record that is in the target as it was sent."""

    target_id: str
    version: str
    message: str = ""


_NOTHING = Written("", "")
Outcome = Written | Refusal
Apply = Callable[[sa.Connection, Sequence[int]], dict[int, Outcome]]
"""Write the records at these positions of the batch; raises what the driver raises."""

Locate = Callable[[sa.Connection, int, Refusal], Refusal]
"""Make a refusal more precise by looking at the one record that was refused."""


@dataclass(frozen=True)
class Work:
    """A batch made ready: ``refused`` holds what no column can take, by position."""

    entities: Sequence[int]
    apply: Apply = field(repr=False)
    locate: Locate = field(repr=False)
    refused: Mapping[int, Refusal] = field(default_factory=dict)


def send(database: Database, batch: Batch, work: Work) -> dict[int, Outcome] | None:
    """Write a batch in one transaction; None when the journal says that it is there already."""
    doing = f"batch {batch.batch_id} ({batch.op} {batch.object})"
    for is_careful in (False, True):
        with database.connect(doing) as connection:
            if not journal.begin(database, connection, batch):
                return None
            try:
                outcomes = _attempt(database, connection, batch, work, is_careful=is_careful)
                database.commit(connection, doing)
            except DRIVER_ERRORS as error:
                if is_careful or refusal(error) is None:
                    raise
                connection.rollback()
            else:
                return outcomes
    raise AssertionError("the careful attempt either answers or raises")


def _attempt(
    database: Database, connection: sa.Connection, batch: Batch, work: Work, *, is_careful: bool
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = dict(work.refused)
    rest = [p for p in range(len(work.entities)) if p not in work.refused]
    if rest:
        outcomes |= (
            _bisect(database, connection, work, rest)
            if is_careful
            else work.apply(connection, rest)
        )
    refused = {work.entities[p]: o for p, o in outcomes.items() if isinstance(o, Refusal)}
    if refused:
        journal.note_refused(database, connection, batch.batch_id, refused)
    return outcomes


def _bisect(
    database: Database, connection: sa.Connection, work: Work, positions: Sequence[int]
) -> dict[int, Outcome]:
    """Write what can be written, and name each record that cannot."""
    savepoint = connection.begin_nested()
    try:
        outcomes = work.apply(connection, positions)
        if database.dialect == "postgresql":
            # A constraint that waits for COMMIT would name no culprit then.
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        savepoint.commit()
    except DRIVER_ERRORS as error:
        found = refusal(error)
        if found is None:
            raise
        savepoint.rollback()
        if len(positions) == 1:
            return {positions[0]: work.locate(connection, positions[0], found)}
        middle = len(positions) // 2
        first = _bisect(database, connection, work, positions[:middle])
        return first | _bisect(database, connection, work, positions[middle:])
    return outcomes


def recall(database: Database, table: LiveTable, batch: Batch) -> dict[int, Outcome]:
    """The answer of a batch that is in the target already, from the target alone."""
    frame = batch.frame
    entities = frame[ENTITY_ID].tolist()
    with database.connect(f"looking up batch {batch.batch_id}") as connection:
        refused = journal.refused_of(database, connection, batch.batch_id)
        if batch.op == "create":
            found = created_ids(
                database, connection, table, frame[table.object.external_id].tolist()
            )
            known: list[str | None] = [found.get(e) for e in frame[table.object.external_id]]
        else:
            known = frame["target_id"].tolist()
        now = versions(database, connection, table, [t for t in known if t is not None])
    outcomes: dict[int, Outcome] = {}
    for position, (entity, target_id) in enumerate(zip(entities, known, strict=True)):
        if entity in refused:
            outcomes[position] = refused[entity]
        elif target_id is None or (target_id not in now and batch.op != "delete"):
            outcomes[position] = GONE
        else:
            version = now.get(target_id, "")
            if batch.op == "create" and table.object.version_field:
                # What somebody edited since must not look like our own writing.
                version = FIRST_VERSION
            outcomes[position] = Written(target_id, version)
    return outcomes


def created_ids(
    database: Database, connection: sa.Connection, table: LiveTable, external_ids: Sequence[str]
) -> dict[str, str]:
    """Target ids by external id; of doubles the newest, which is the one that a create added."""
    found = probe(database, connection, table, external_ids)
    if table.shapes[table.id].kind == "integer":
        found = found.sort_values("target_id", key=lambda ids: ids.astype("int64"))
    return dict(zip(found["external_id"], found["target_id"], strict=True))


def answer(work: Sequence[int], outcomes: Mapping[int, Outcome]) -> pd.DataFrame:
    """What ``Loader.write`` gives back: one row per record, in the batch's order."""
    found = [outcomes[position] for position in range(len(work))]
    written = [o if isinstance(o, Written) else _NOTHING for o in found]
    refused = [o if isinstance(o, Refusal) else None for o in found]
    frame = text_frame(
        {
            "target_id": [w.target_id or None for w in written],
            "version": [w.version or None for w in written],
            "code": [r.code if r else None for r in refused],
            "message": [o.message or None for o in found],
        }
    )
    frame[ENTITY_ID] = pd.Series(list(work), dtype="int64")
    frame["ok"] = pd.Series([r is None for r in refused], dtype="bool")
    frame["is_retryable"] = pd.Series([r is not None and r.is_retryable for r in refused])
    frame["is_retryable"] = frame["is_retryable"].astype("bool")
    return frame[list(WRITTEN_COLUMNS)]


def check_writable(database: Database, table: LiveTable, batch: Batch) -> None:
    """Refuse what could not be made safe, before anything is sent."""
    if not table.has_transactions:
        raise TargetError(
            f"{database.label}: the table {table.name} has no transactions: a broken load would "
            "leave half a batch",
            hint=f"type: ALTER TABLE {table.name} ENGINE = InnoDB",
        )
    if batch.op == "create" and not table.object.external_id:
        raise TargetError(
            f"{database.label}: the table {table.name} has no column for the external id, so a "
            "lost answer could not be looked up",
            hint=f"add one (ALTER TABLE {table.name} ADD external_id VARCHAR(191) UNIQUE), or name "
            "it in the environment's options as external_id",
        )
