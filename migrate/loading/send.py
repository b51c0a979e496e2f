"""Send the payload of a wave, batch by batch: intent, target, outcome.

A kill between any two of these leaves a ledger from which :mod:`migrate.loading.settle` finds out
what the target holds; what is already there is skipped, so sending again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from migrate.errors import AnswerLost, TargetError
from migrate.loading import book
from migrate.loading.payload import Payload, resolved_changes, with_target_ids
from migrate.loading.settle import settle
from migrate.loading.snapshot import present_records
from migrate.store.ledger import Ledger
from migrate.store.runfolder import read_parquet
from migrate.values import ENTITY_ID, Batch, Loader, Progress, TargetObject, TargetSchema, silent

ATTEMPTS = 5
"""How often what a lost answer left open is sent again before the load gives up."""


@dataclass(frozen=True)
class Sending:
    """Everything one load needs to know: where from, where to, under which run."""

    ledger: Ledger
    loader: Loader
    schema: TargetSchema
    plan_run: str
    run_id: str
    folder: Path
    progress: Progress = silent


def send_wave(sending: Sending, wave: str, payloads: Sequence[Payload]) -> None:
    """Send everything of a wave that is not in the target yet.

    Raises TargetError when the target is gone; what was written stays booked, and the next load
    goes on from there.
    """
    settle(sending.ledger, sending.loader, sending.schema, sending.plan_run)
    book.book_unchanged(sending.ledger, wave, sending.plan_run)
    for payload in payloads:
        if payload.wave != wave:
            continue
        target = sending.schema.object(payload.object)
        if target is None:
            raise TargetError(f"the target has no object {payload.object!r} any more")
        _send_payload(sending, payload, target)


def _send_payload(sending: Sending, payload: Payload, target: TargetObject) -> None:
    done = 0
    label = f"{payload.wave}: {payload.object} {payload.op}"
    if payload.part == "2":
        label += " (second pass)"
    for frame in read_parquet(
        sending.folder / payload.file, sending.loader.capabilities.batch_rows
    ):
        for _ in range(ATTEMPTS):
            rest = frame[frame[ENTITY_ID].isin(_unsent(sending.ledger, frame[ENTITY_ID], payload))]
            if rest.empty:
                break
            send = _send_creates if payload.op == "create" else _send_updates
            if send(sending, payload, target, rest.reset_index(drop=True)):
                break
        done += len(frame)
        sending.progress(label, done, payload.rows)


def _unsent(ledger: Ledger, ids: pd.Series, payload: Payload) -> set[int]:
    """The entities of a batch whose write is still to come."""
    if payload.part == "2":
        condition = "incomplete = 1 AND target_id IS NOT NULL"
    else:
        condition = "state IN ('pending', 'failed') AND (loaded_hash IS NULL OR loaded_hash <> payload_hash)"
        if payload.op == "create":
            condition += " AND target_id IS NULL"
    found = ledger.frame(
        f"SELECT entity_id FROM entity WHERE {condition} AND entity_id IN "
        "(SELECT value FROM json_each(:ids))",
        ids=json.dumps([int(i) for i in ids]),
    )
    return set(found["entity_id"].tolist())


def _send_creates(
    sending: Sending, payload: Payload, target: TargetObject, frame: pd.DataFrame
) -> bool:
    """Send one batch; False when its answer was lost and the rest is to be sent again."""
    waits = set(frame.loc[frame.pop("incomplete").notna(), ENTITY_ID].tolist())
    ready, missing = with_target_ids(sending.ledger, target, frame)
    if missing:
        reasons = [
            (e, f"parent_missing: {name} is not in the target") for e, name in missing.items()
        ]
        book.book_failed(sending.ledger, reasons)
        ready = ready[~ready[ENTITY_ID].isin(missing)].reset_index(drop=True)
        if ready.empty:
            return True
    ready = ready.rename(columns={"external_id": target.external_id})
    batch = _batch(sending, payload, ready)
    written = _write(sending, payload, batch)
    if written is not None:
        book.book_created(
            sending.ledger, batch.batch_id, written, plan_run=sending.plan_run, incomplete=waits
        )
    return written is not None


def _send_updates(
    sending: Sending, payload: Payload, target: TargetObject, frame: pd.DataFrame
) -> bool:
    """Send one batch of changes; False when its answer was lost and the rest is to be sent again."""
    ledger = sending.ledger
    changes, lost = resolved_changes(ledger, target, frame["changes"].tolist())
    frame["target_id"] = _known_target_ids(ledger, frame)
    gaps = [(int(e), name) for e, name in zip(frame[ENTITY_ID], lost, strict=True) if name]
    if gaps and payload.part == "1":
        book.book_failed(
            ledger, [(e, f"parent_missing: {n} is not in the target") for e, n in gaps]
        )
    frame["change"] = pd.Series(changes, index=frame.index, dtype=object)
    frame = frame[[not name for name in lost]].reset_index(drop=True)
    if frame.empty:
        return True
    present = present_records(sending.loader, target, frame["target_id"].tolist())
    images: list[tuple[int, str, str, str]] = []
    rows: list[tuple[int, str, str]] = []
    clashes: list[tuple[int, str]] = []
    for entity, target_id, change, planned in zip(
        frame[ENTITY_ID], frame["target_id"], frame["change"], frame["before"], strict=True
    ):
        now = present.get(target_id)
        if now is None:
            clashes.append((int(entity), "deleted_in_target: the record is gone"))
            continue
        wanted = _still_wanted(change, json.loads(planned), now, payload.part)
        before = {name: now.get(name) for name in wanted}
        images.append(
            (int(entity), target_id, book.images_json(before), book.images_json(dict(wanted)))
        )
        rows.append((int(entity), target_id, json.dumps(wanted, ensure_ascii=False)))
    if clashes:
        book.book_failed(ledger, clashes)
    if not rows:
        return True
    ready = pd.DataFrame(rows, columns=[ENTITY_ID, "target_id", "changes"])
    ready = ready.astype({"target_id": "str", "changes": "str"})
    batch = _batch(sending, payload, ready)
    written = _write(sending, payload, batch, images)
    if written is not None:
        book.book_updated(
            ledger,
            batch.batch_id,
            written,
            plan_run=sending.plan_run,
            is_second_pass=payload.part == "2",
        )
    return written is not None


def _still_wanted(
    change: dict[str, str | None], planned: dict[str, str | None], now: dict[str, str | None],
    part: str,
) -> dict[str, str | None]:  # fmt: skip
    """The fields to write: one that a user edited since the plan keeps the user's value."""
    if part == "2":
        return change
    return {
        name: value
        for name, value in change.items()
        if name not in planned or now.get(name) == planned[name] or now.get(name) == value
    }


def _known_target_ids(ledger: Ledger, frame: pd.DataFrame) -> pd.Series:
    known = ledger.frame(
        "SELECT entity_id, target_id FROM entity WHERE entity_id IN "
        "(SELECT value FROM json_each(:ids))",
        ids=json.dumps([int(i) for i in frame[ENTITY_ID]]),
    )
    table = dict(zip(known["entity_id"], known["target_id"], strict=True))
    return frame[ENTITY_ID].map(table).astype("str")


def _batch(sending: Sending, payload: Payload, frame: pd.DataFrame) -> Batch:
    sequence = book.next_sequence(sending.ledger)
    name = book.new_batch_id(sending.run_id, sequence)
    return Batch(name, payload.object, payload.op, frame)


def _write(
    sending: Sending, payload: Payload, batch: Batch,
    images: Sequence[tuple[int, str, str, str]] = (),
) -> pd.DataFrame | None:  # fmt: skip
    """Intent, then the target. None when the answer was lost and the batch is settled already."""
    book.intend(
        sending.ledger,
        batch,
        run_id=sending.run_id,
        wave=payload.wave,
        part=payload.part,
        payload_file=payload.file,
        sequence=book.next_sequence(sending.ledger),
        images=images,
    )
    try:
        return sending.loader.write(batch)
    except AnswerLost:
        book.close_batch(sending.ledger, batch.batch_id, "in_doubt")
        settle(sending.ledger, sending.loader, sending.schema, sending.plan_run)
        _require_settled(sending, batch)
        return None
    except TargetError:
        book.close_batch(sending.ledger, batch.batch_id, "refused")
        raise


def _require_settled(sending: Sending, batch: Batch) -> None:
    state = sending.ledger.scalar(
        "SELECT state FROM batch WHERE batch_id = :batch", batch=batch.batch_id
    )
    if state == "in_doubt":
        raise TargetError(
            f"the answer to a batch of {batch.object} was lost, and the target cannot say yet "
            "whether it was written",
            hint="run the same command again when the target is back: it looks first",
            retryable=True,
        )
