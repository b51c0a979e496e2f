"""What became of batches whose outcome the ledger does not know: after a kill, or a lost answer.

A target with a journal says whether the batch was committed. Elsewhere the records themselves are
looked up by external id, after the time the target needs to settle. Creates that are found are
booked as created, the others go back to pending; an update or a delete is held against the images
that the intent recorded: the image after means applied, the image before means it never arrived.
"""

from __future__ import annotations

import json
import time

import pandas as pd
from sqlalchemy import text

from migrate.errors import TargetError
from migrate.loading import book
from migrate.loading.snapshot import present_records
from migrate.store.ledger import Ledger, write_many
from migrate.values import ENTITY_ID, Loader, TargetObject, TargetSchema


def settle(ledger: Ledger, loader: Loader, schema: TargetSchema, plan_run: str) -> int:
    """Settle every batch that was sent and never answered; returns how many there were."""
    open_batches = ledger.frame(
        'SELECT batch_id, object, op, "pass" AS part FROM batch '
        "WHERE state IN ('sent', 'in_doubt') ORDER BY sequence"
    )
    for batch_id, name, op, part in open_batches.itertuples(index=False):
        target = schema.object(name)
        if target is None:
            raise TargetError(f"the target has no object {name!r} any more")
        _settle_one(ledger, loader, target, batch_id, op, part, plan_run)
    return len(open_batches)


def _settle_one(
    ledger: Ledger, loader: Loader, target: TargetObject, batch_id: str, op: str, part: str,
    plan_run: str,
) -> None:  # fmt: skip
    committed = loader.settled(batch_id)
    if committed is None:
        capabilities = loader.capabilities
        if capabilities.lookup == "none":
            book.close_batch(ledger, batch_id, "in_doubt")
            return
        if capabilities.lookup == "settles":
            time.sleep(capabilities.settles_after_seconds)
    if committed is False:
        book.close_batch(ledger, batch_id, "refused")
    elif op == "create":
        _settle_creates(ledger, loader, target, batch_id, plan_run)
    elif op == "update":
        _settle_updates(ledger, loader, target, batch_id, part, plan_run)
    else:
        settle_deletes(ledger, loader, target, batch_id)


def _settle_creates(
    ledger: Ledger, loader: Loader, target: TargetObject, batch_id: str, plan_run: str
) -> None:
    sent = ledger.frame(
        "SELECT entity_id, external_id FROM entity WHERE batch_id = :batch AND state IN "
        "('pending', 'failed')",
        batch=batch_id,
    )
    found = _probe(loader, target.name, sent["external_id"].tolist())
    written = sent.merge(found, on="external_id")
    written = written.rename(columns={"entity_id": ENTITY_ID})
    written["ok"] = True
    written["code"] = pd.Series(None, index=written.index, dtype="str")
    written["message"] = written["code"]
    # that a second pass is due is only known to the payload: the next sending sets it right,
    # because a record counts as incomplete until its second pass is booked
    book.book_created(
        ledger,
        batch_id,
        written,
        plan_run=plan_run,
        incomplete=_due(ledger, written[ENTITY_ID].tolist()),
    )


def _due(ledger: Ledger, entities: list[int]) -> set[int]:
    """Entities that the plan marked as needing a second pass."""
    found = ledger.frame(
        "SELECT entity_id FROM entity WHERE needs_second_pass = 1 AND entity_id IN "
        "(SELECT value FROM json_each(:ids))",
        ids=json.dumps([int(e) for e in entities]),
    )
    return set(found["entity_id"].tolist())


def _settle_updates(
    ledger: Ledger, loader: Loader, target: TargetObject, batch_id: str, part: str, plan_run: str
) -> None:
    writes = ledger.frame(
        "SELECT entity_id, target_id, before, after FROM write WHERE batch_id = :batch "
        "AND state = 'intended'",
        batch=batch_id,
    )
    now = present_records(loader, target, writes["target_id"].tolist())
    applied: list[tuple[int, str, str]] = []
    in_conflict: list[int] = []
    for entity, target_id, before, after in writes.itertuples(index=False):
        state, version = compare_images(now.get(target_id), before, after)
        if state == "applied":
            applied.append((int(entity), target_id, version))
        elif state == "conflict":
            in_conflict.append(int(entity))
    written = pd.DataFrame(applied, columns=[ENTITY_ID, "target_id", "version"])
    written = written.astype({"target_id": "str", "version": "str"})
    written["ok"] = True
    for column in ("code", "message"):
        written[column] = pd.Series(None, index=written.index, dtype="str")
    if part == "undo":
        book_restored(ledger, batch_id, written)
    else:
        book.book_updated(ledger, batch_id, written, plan_run=plan_run, is_second_pass=part == "2")
    with ledger.begin() as connection:
        connection.execute(
            text("DELETE FROM write WHERE batch_id = :batch AND state = 'intended'"),
            {"batch": batch_id},
        )
        write_many(
            connection,
            "UPDATE entity SET state = 'failed', reason = 'edited in the target while the load was "
            "interrupted' WHERE entity_id = ? AND ? <> 'undo'",
            ((entity, part) for entity in in_conflict),
        )


def settle_deletes(ledger: Ledger, loader: Loader, target: TargetObject, batch_id: str) -> None:
    """Deletes whose answer was lost: what is gone was deleted."""
    writes = ledger.frame(
        "SELECT entity_id, target_id FROM write WHERE batch_id = :batch AND state = 'intended'",
        batch=batch_id,
    )
    now = present_records(loader, target, writes["target_id"].tolist())
    gone = [int(e) for e, t in writes.itertuples(index=False) if t not in now]
    book_deleted(ledger, batch_id, gone)


def book_deleted(ledger: Ledger, batch_id: str, entities: list[int]) -> None:
    """Records that a rollback deleted: they wait to be loaded again."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET state = 'reversed' WHERE batch_id = ? AND entity_id = ?",
            ((batch_id, entity) for entity in entities),
        )
        write_many(
            connection,
            "UPDATE entity SET state = 'pending', reason = 'rolled back', target_id = NULL, "
            "loaded_hash = NULL, loaded_run = NULL, version = NULL, batch_id = NULL, is_ours = 0, "
            "incomplete = 0 WHERE entity_id = ?",
            ((entity,) for entity in entities),
        )
        connection.execute(
            text("UPDATE batch SET state = 'done' WHERE batch_id = :batch"), {"batch": batch_id}
        )


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
        connection.execute(
            text("UPDATE batch SET state = 'done' WHERE batch_id = :batch"), {"batch": batch_id}
        )


def compare_images(now: dict[str, str | None] | None, before: str, after: str) -> tuple[str, str]:
    """Where a record stands between two images: applied, untouched, conflict or gone; its version.

    >>> compare_images({"city": "Brno", "version": "2"}, '{"city": null}', '{"city": "Brno"}')
    ('applied', '2')
    """
    if now is None:
        return "gone", ""
    version = now.get("version") or ""
    images = [json.loads(after), json.loads(before)]
    for state, image in zip(("applied", "untouched"), images, strict=True):
        if all(same_text(now.get(name), value) for name, value in image.items()):
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
