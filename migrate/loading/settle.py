"""What became of batches whose outcome the ledger does not know: after a kill, or a lost answer.

A target with a journal says whether the batch was committed. Elsewhere the records themselves are
looked up by external id, after the time the target needs to settle. Creates that are found are
booked as created, the others go back to pending; an update or a delete is held against the images
that the intent recorded: the image after means applied, the image before means it never arrived.

The batch may be another plan's: what is booked is what it sent, not what the plan of today wants.
"""

from __future__ import annotations

import json
import operator
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from migrate.errors import TargetError, UsageError
from migrate.loading import book
from migrate.loading.snapshot import present_records
from migrate.store.ledger import Ledger, write_many
from migrate.values import ENTITY_ID, WRITTEN_COLUMNS, Loader, TargetObject, TargetSchema

IN_DOUBT = "in doubt: the answer was lost, and the target cannot be asked"


@dataclass(frozen=True)
class _Open:
    """A batch whose outcome nobody knows yet; ``plan_run`` is the plan that it was sent from."""

    batch_id: str
    op: str
    part: str
    plan_run: str
    is_committed: bool = False  # the target's journal says so; False: nobody says anything


def settle(ledger: Ledger, loader: Loader, schema: TargetSchema) -> int:
    """Settle every batch that was sent and never answered; returns how many there were."""
    open_batches = ledger.frame(
        'SELECT b.batch_id, b.object, b.op, b."pass" AS part, r.plan_run FROM batch b '
        "LEFT JOIN run r USING (run_id) WHERE b.state IN ('sent', 'in_doubt') ORDER BY b.sequence"
    )
    for batch_id, name, op, part, plan_run in open_batches.itertuples(index=False):
        target = schema.object(name)
        if target is None:
            raise TargetError(f"the target has no object {name!r} any more")
        _settle_one(ledger, loader, target, _Open(batch_id, op, part, plan_run or ""))
    return len(open_batches)


def _settle_one(ledger: Ledger, loader: Loader, target: TargetObject, batch: _Open) -> None:
    committed = loader.settled(batch.batch_id)
    if committed is None:
        capabilities = loader.capabilities
        if capabilities.lookup == "none" and batch.op == "create":
            _doubt(ledger, batch.batch_id)
            return
        if capabilities.lookup == "settles":
            time.sleep(capabilities.settles_after_seconds)
    batch = replace(batch, is_committed=committed is True)
    if committed is False:
        book.close_batch(ledger, batch.batch_id, "refused")
    elif batch.op == "create":
        _settle_creates(ledger, loader, target, batch)
    elif batch.op == "update":
        _settle_updates(ledger, loader, target, batch)
    else:
        settle_deletes(ledger, loader, target, batch.batch_id)


def _doubt(ledger: Ledger, batch_id: str) -> None:
    """Leave a create to a person: the target cannot be asked, and a blind resend makes doubles."""
    book.close_batch(ledger, batch_id, "in_doubt")
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET reason = ? WHERE batch_id = ? AND state = 'pending'",
            [(IN_DOUBT, batch_id)],
        )


def decide(
    ledger: Ledger, object: str, external_id: str, *, target_id: str = "", version: str = ""
) -> None:
    """What a person found out about a record in doubt: its target id, or none: it is not there.

    Raises UsageError when the record is not in doubt.
    """
    found = ledger.frame(
        "SELECT e.entity_id, b.batch_id, r.plan_run FROM entity e JOIN batch b USING (batch_id) "
        "LEFT JOIN run r USING (run_id) WHERE e.object = :o AND e.external_id = :x "
        "AND b.state = 'in_doubt'",
        o=object,
        x=external_id,
    )
    if found.empty:
        raise UsageError(
            f"no {object} of that external id is in doubt",
            hint="crm-migrate status lists what is",
        )
    entity, batch_id = int(found["entity_id"].iloc[0]), str(found["batch_id"].iloc[0])
    if not target_id:
        book.close_batch(ledger, batch_id, "refused")
        return
    written = _as_written([(entity, target_id, version)])
    due = _due(ledger, [entity])
    plan_run = str(found["plan_run"].iloc[0] or "")
    book.book_created(ledger, batch_id, written, plan_run=plan_run, incomplete=due)


def found_again(ledger: Ledger, loader: Loader, name: str, refused: Sequence[int]) -> pd.DataFrame:
    """Refused creates that are in the target all the same, as if they had been written now.

    Where batches are not atomic, one that was killed or lost may be executed after we looked, and
    then our second try is refused: the external id, or a unique e-mail, is taken, by ourselves.
    """
    sent = ledger.frame(
        "SELECT entity_id, external_id FROM entity WHERE entity_id IN "
        "(SELECT value FROM json_each(:ids))",
        ids=json.dumps([int(e) for e in refused]),
    )
    found = sent.merge(_probe(loader, name, sent["external_id"].tolist()), on="external_id")
    return _as_written(_triples(found))


def _settle_creates(ledger: Ledger, loader: Loader, target: TargetObject, batch: _Open) -> None:
    sent = ledger.frame(
        "SELECT entity_id, external_id FROM entity WHERE batch_id = :batch AND state IN "
        "('pending', 'failed')",
        batch=batch.batch_id,
    )
    found = sent.merge(_probe(loader, target.name, sent["external_id"].tolist()), on="external_id")
    written = _as_written(_triples(found))
    due = _due(ledger, written[ENTITY_ID].tolist())
    book.book_created(ledger, batch.batch_id, written, plan_run=batch.plan_run, incomplete=due)


def _due(ledger: Ledger, entities: list[int]) -> set[int]:
    """Entities that the plan marked as needing a second pass, or that were sent without a parent."""
    found = ledger.frame(
        "SELECT entity_id FROM entity WHERE (needs_second_pass = 1 OR sent_hash = :without) AND "
        "entity_id IN (SELECT value FROM json_each(:ids))",
        without=book.WITHOUT,
        ids=json.dumps([int(e) for e in entities]),
    )
    return set(found["entity_id"].tolist())


def _settle_updates(ledger: Ledger, loader: Loader, target: TargetObject, batch: _Open) -> None:
    writes = ledger.frame(
        "SELECT entity_id, target_id, before, after FROM write WHERE batch_id = :batch "
        "AND state = 'intended'",
        batch=batch.batch_id,
    )
    now = present_records(loader, target, writes["target_id"].tolist())
    applied: list[tuple[int, str, str]] = []
    untouched: list[int] = []
    in_conflict: list[int] = []
    for entity, target_id, before, after in writes.itertuples(index=False):
        state, version = compare_images(now.get(target_id), before, after)
        if state == "applied":
            applied.append((int(entity), target_id, version))
        elif batch.is_committed and state != "untouched":
            # somebody edited or deleted it since: no version of ours, so it counts as edited
            applied.append((int(entity), target_id, ""))
        elif state == "conflict":
            in_conflict.append(int(entity))
        else:
            untouched.append(int(entity))
    # before the batch is closed: a kill in between leaves the rest to the next settling
    with ledger.begin() as connection:
        write_many(
            connection,
            "DELETE FROM write WHERE batch_id = ? AND entity_id = ? AND state = 'intended'",
            ((batch.batch_id, entity) for entity in untouched),
        )
        # what it was before us is kept: it may have been applied, and then edited
        write_many(
            connection,
            "UPDATE write SET state = 'in_doubt' WHERE batch_id = ? AND entity_id = ?",
            ((batch.batch_id, entity) for entity in in_conflict),
        )
        write_many(
            connection,
            "UPDATE entity SET state = 'failed', reason = 'edited in the target while the load was "
            "interrupted' WHERE entity_id = ?",
            ((entity,) for entity in in_conflict if batch.part == "1"),
        )
    written = _as_written(applied)
    if batch.part == "undo":
        book_restored(ledger, batch.batch_id, written)
    else:
        book.book_updated(
            ledger, batch.batch_id, written, plan_run=batch.plan_run,
            is_second_pass=batch.part == "2",
        )  # fmt: skip


def _as_written(rows: Sequence[tuple[int, str, str]]) -> pd.DataFrame:
    """(entity id, target id, version) as a loader answers for records that it wrote."""
    frame = pd.DataFrame(rows, columns=[ENTITY_ID, "target_id", "version"])
    frame = frame.astype({ENTITY_ID: "int64", "target_id": "str", "version": "str"})
    for column in ("code", "message"):
        frame[column] = pd.Series(None, index=frame.index, dtype="str")
    return frame.assign(ok=True, is_retryable=False)[list(WRITTEN_COLUMNS)]


def _triples(found: pd.DataFrame) -> list[tuple[int, str, str]]:
    rows = found.drop_duplicates("entity_id")
    return list(zip(rows["entity_id"], rows["target_id"], rows["version"], strict=True))


def settle_deletes(ledger: Ledger, loader: Loader, target: TargetObject, batch_id: str) -> None:
    """Deletes whose answer was lost: what is gone was deleted."""
    writes = ledger.frame(
        "SELECT entity_id, target_id FROM write WHERE batch_id = :batch AND state = 'intended'",
        batch=batch_id,
    )
    now = present_records(loader, target, writes["target_id"].tolist())
    gone = [int(e) for e, t in writes.itertuples(index=False) if t not in now]
    with ledger.begin() as connection:
        write_many(
            connection,
            "DELETE FROM write WHERE batch_id = ? AND entity_id = ? AND state = 'intended'",
            ((batch_id, int(e)) for e, t in writes.itertuples(index=False) if t in now),
        )
    book_deleted(ledger, batch_id, gone)


def book_deleted(ledger: Ledger, batch_id: str, entities: list[int]) -> None:
    """Records that a rollback deleted: they wait to be loaded again."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET state = 'reversed' WHERE entity_id = ? AND (batch_id = ? OR state = "
            "'applied')",
            ((entity, batch_id) for entity in entities),
        )
        write_many(
            connection,
            "UPDATE entity SET state = 'pending', reason = 'rolled back', target_id = NULL, "
            "loaded_hash = NULL, loaded_run = NULL, version = NULL, batch_id = NULL, is_ours = 0, "
            "incomplete = 0 WHERE entity_id = ?",
            ((entity,) for entity in entities),
        )
        book.close_in(connection, batch_id)


def book_restored(ledger: Ledger, batch_id: str, written: pd.DataFrame) -> None:
    """Records whose fields a rollback restored."""
    rows = [
        (version if isinstance(version, str) else None, int(entity))
        for version, entity in zip(written["version"], written[ENTITY_ID], strict=True)
    ]
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET state = 'reversed', version = ? WHERE batch_id = ? AND entity_id = ?",
            ((version, batch_id, entity) for version, entity in rows),
        )
        write_many(
            connection,
            "UPDATE entity SET version = ? WHERE entity_id = ?",
            rows,
        )
        book.close_in(connection, batch_id)


def compare_images(now: dict[str, str | None] | None, before: str, after: str) -> tuple[str, str]:
    """Where a record stands between two images: applied, untouched, conflict or gone; its version.

    Exactly first: "ACME" corrected to "Acme" is the same text to a CRM's eye.

    >>> compare_images({"name": "ACME", "version": "1"}, '{"name": "ACME"}', '{"name": "Acme"}')
    ('untouched', '1')
    >>> compare_images({"city": "Brno", "version": "2"}, '{"city": null}', '{"city": "Brno"}')
    ('applied', '2')
    """
    if now is None:
        return "gone", ""
    version = now.get("version") or ""
    images = (("applied", json.loads(after)), ("untouched", json.loads(before)))
    for is_equal in (operator.eq, same_text):
        for state, image in images:
            if all(is_equal(now.get(name), value) for name, value in image.items()):
                return state, version
    return "conflict", version


def same_text(one: str | None, other: str | None) -> bool:
    """Equal, as far as a CRM that trims and folds case can tell.

    >>> same_text("Jan@Example.org", "jan@example.org "), same_text(None, "")
    (True, True)
    """
    return (one or "").strip().casefold() == (other or "").strip().casefold()


def _probe(loader: Loader, name: str, external_ids: list[str]) -> pd.DataFrame:
    frames = [
        loader.probe(name, external_ids[start : start + 5_000])
        for start in range(0, len(external_ids), 5_000)
    ]
    empty = pd.DataFrame(
        {c: pd.Series(dtype="str") for c in ("external_id", "target_id", "version")}
    )
    return pd.concat([empty, *frames], ignore_index=True)
