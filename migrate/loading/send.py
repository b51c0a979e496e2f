"""Send the payload of a wave, batch by batch: intent, target, outcome.

A kill between any two of these leaves a ledger from which :mod:`migrate.loading.settle` finds out
what the target holds; what is already there is skipped, so sending again changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from migrate.errors import AnswerLost, TargetError
from migrate.loading import book
from migrate.loading.payload import Payload, resolved_changes, with_target_ids
from migrate.loading.settle import found_again, settle
from migrate.loading.snapshot import present_records
from migrate.store.ledger import Ledger
from migrate.store.runfolder import read_parquet
from migrate.values import (
    ENTITY_ID,
    Batch,
    Capabilities,
    Loader,
    Progress,
    TargetObject,
    TargetSchema,
    silent,
)

ATTEMPTS = 5
"""How often what a lost answer left open, or was refused for now, is sent before we give up."""

PAUSE_SECONDS = 0.1
"""The pause before what was refused for now is sent again; it doubles."""


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
    settle(sending.ledger, sending.loader, sending.schema)
    book.book_unchanged(sending.ledger, wave, sending.plan_run)
    for payload in payloads:
        if payload.wave != wave:
            continue
        target = sending.schema.object(payload.object)
        if target is None:
            raise TargetError(f"the target has no object {payload.object!r} any more")
        _send_payload(sending, payload, target)


def batch_rows(capabilities: Capabilities) -> int:
    """How many records a batch may hold: one, where nobody could tell what became of the others.

    >>> batch_rows(Capabilities(batch_rows=200)), batch_rows(Capabilities(lookup="none"))
    (200, 1)
    """
    if capabilities.lookup == "none" and not capabilities.has_journal:
        return 1
    return capabilities.batch_rows


def _send_payload(sending: Sending, payload: Payload, target: TargetObject) -> None:
    done = 0
    label = f"{payload.wave}: {payload.object} {payload.op}"
    if payload.part == "2":
        label += " (second pass)"
    rows = batch_rows(sending.loader.capabilities)
    for frame in read_parquet(sending.folder / payload.file, rows):
        _send_rows(sending, payload, target, frame)
        done += len(frame)
        sending.progress(label, done, payload.rows)


def _send_rows(
    sending: Sending, payload: Payload, target: TargetObject, frame: pd.DataFrame
) -> None:
    """Send one batch, and again what a lost answer left open or the target refused for now."""
    send = _send_creates if payload.op == "create" else _send_updates
    for attempt in range(ATTEMPTS):
        open_ids = _unsent(sending.ledger, frame[ENTITY_ID], payload, is_again=attempt > 0)
        rest = frame[frame[ENTITY_ID].isin(open_ids)]
        if rest.empty:
            return
        if attempt > 1:
            time.sleep(PAUSE_SECONDS * 2**attempt)
        if send(sending, payload, target, rest.reset_index(drop=True)):
            return
    open_ids = _unsent(sending.ledger, frame[ENTITY_ID], payload, is_again=True)
    refused = _refused_for_now(sending.ledger, open_ids)
    book.give_up(sending.ledger, sorted(refused))
    if open_ids - refused:
        raise TargetError(
            f"the answers to a batch of {payload.object} were lost {ATTEMPTS} times",
            hint="run the same command again when the target is back: it looks first",
            retryable=True,
        )


def _refused_for_now(ledger: Ledger, ids: set[int]) -> set[int]:
    found = ledger.frame(
        "SELECT DISTINCT entity_id FROM write WHERE state = 'refused' AND entity_id IN "
        "(SELECT value FROM json_each(:ids))",
        ids=json.dumps(sorted(ids)),
    )
    return set(found["entity_id"].tolist())


def _unsent(ledger: Ledger, ids: pd.Series, payload: Payload, *, is_again: bool) -> set[int]:
    """The entities of a batch whose write is still to come.

    What failed is tried once in each load; what is in doubt is never sent again by itself.
    """
    if payload.part == "2":
        condition = "incomplete = 1 AND target_id IS NOT NULL"
    else:
        # "created": settled just now, from a batch that an earlier plan sent with other values
        states = "'pending'" if is_again else "'pending', 'failed', 'created'"
        condition = f"state IN ({states}) AND (loaded_hash IS NULL OR loaded_hash <> payload_hash)"
        if payload.op == "create":
            condition += " AND target_id IS NULL"
    found = ledger.frame(
        f"SELECT entity_id FROM entity WHERE {condition} AND entity_id IN "
        "(SELECT value FROM json_each(:ids)) AND (batch_id IS NULL OR batch_id NOT IN "
        "(SELECT batch_id FROM batch WHERE state IN ('sent', 'in_doubt')))",
        ids=json.dumps([int(i) for i in ids]),
    )
    return set(found["entity_id"].tolist())


def _send_creates(
    sending: Sending, payload: Payload, target: TargetObject, frame: pd.DataFrame
) -> bool:
    """Send one batch; False when some of it is to be sent again."""
    waits = set(frame.loc[frame.pop("incomplete").notna(), ENTITY_ID].tolist())
    ready, missing, without = with_target_ids(sending.ledger, target, frame, payload.optional)
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
    written = _write(sending, payload, batch, without=set(without))
    if written is None:
        return False
    written = _with_own(sending, batch, written)
    book.book_created(
        sending.ledger, batch.batch_id, written, plan_run=sending.plan_run,
        incomplete=waits | set(without),
    )  # fmt: skip
    book.note_without(sending.ledger, without)
    return not written["is_retryable"].any()


def _with_own(sending: Sending, batch: Batch, written: pd.DataFrame) -> pd.DataFrame:
    """The outcomes of a create batch, with refused records that we made ourselves as written."""
    capabilities = sending.loader.capabilities
    refused = written[~written["ok"].astype(bool)]
    if refused.empty or capabilities.has_journal or capabilities.lookup == "none":
        return written
    own = found_again(sending.ledger, sending.loader, batch.object, refused[ENTITY_ID].tolist())
    if own.empty:
        return written
    others = written[~written[ENTITY_ID].isin(own[ENTITY_ID])]
    return pd.concat([others, own], ignore_index=True)


def _send_updates(
    sending: Sending, payload: Payload, target: TargetObject, frame: pd.DataFrame
) -> bool:
    """Send one batch of changes; False when some of it is to be sent again."""
    ledger = sending.ledger
    optional = payload.optional if payload.part == "1" else ()
    changes, lost, without = resolved_changes(ledger, target, frame["changes"].tolist(), optional)
    lacking = {int(e): n for e, n in zip(frame[ENTITY_ID], without, strict=True) if n}
    frame["target_id"] = _known_target_ids(ledger, frame)
    gaps = [(int(e), name) for e, name in zip(frame[ENTITY_ID], lost, strict=True) if name]
    if gaps:
        note = book.book_failed if payload.part == "1" else book.book_gap
        note(ledger, [(e, f"parent_missing: {n} is not in the target") for e, n in gaps])
    frame["change"] = pd.Series(changes, index=frame.index, dtype=object)
    frame = frame[[not name for name in lost]].reset_index(drop=True)
    if frame.empty:
        return True
    present = present_records(sending.loader, target, frame["target_id"].tolist())
    book.mark_edited(ledger, _edited(ledger, frame, present))
    images: list[tuple[int, str, str, str]] = []
    rows: list[tuple[int, str, str]] = []
    clashes: list[tuple[int, str]] = []
    stays: list[tuple[int, list[str]]] = []
    for entity, target_id, change, planned in zip(
        frame[ENTITY_ID], frame["target_id"], frame["change"], frame["before"], strict=True
    ):
        now = present.get(target_id)
        if now is None:
            clashes.append((int(entity), "deleted_in_target: the record is gone"))
            continue
        seen = json.loads(planned)
        wanted = _still_wanted(change, seen, now, payload.part)
        before = {name: now.get(name) for name in wanted}
        if left := sorted(set(change) - set(wanted)):
            stays.append((int(entity), left))
        if not sending.loader.capabilities.has_journal:
            # what we want is there: a killed load's batch that was executed late. What the plan saw
            # is what it was before us
            before |= {n: seen[n] for n in wanted if n in seen and now.get(n) == wanted[n]}
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
    written = _write(sending, payload, batch, images, without=set(lacking))
    if written is None:
        return False
    book.book_updated(
        ledger, batch.batch_id, written, plan_run=sending.plan_run,
        is_second_pass=payload.part == "2",
    )  # fmt: skip
    book.note_conflicts(ledger, batch.batch_id, stays)
    nothing = {int(e) for e, changes in zip(ready[ENTITY_ID], ready["changes"], strict=True)
               if changes == "{}"}  # fmt: skip
    book.book_kept(ledger, sorted(nothing & {entity for entity, _ in stays}))
    book.note_without(ledger, lacking)
    return not written["is_retryable"].any()


def _edited(
    ledger: Ledger, frame: pd.DataFrame, present: Mapping[str, Mapping[str, str | None]]
) -> list[int]:
    """Records that we loaded and somebody edited since: their version is not the one we know.

    One that holds all we want already got it from us: a killed load's batch was executed late.
    """
    known = ledger.frame(
        "SELECT entity_id, version FROM entity WHERE loaded_hash IS NOT NULL AND version IS NOT "
        "NULL AND entity_id IN (SELECT value FROM json_each(:ids))",
        ids=json.dumps([int(i) for i in frame[ENTITY_ID]]),
    )
    versions = dict(zip(known["entity_id"], known["version"], strict=True))
    found = []
    for entity, target_id, change in zip(
        frame[ENTITY_ID], frame["target_id"], frame["change"], strict=True
    ):
        now = present.get(target_id)
        if now is None or versions.get(entity, now["version"]) == now["version"]:
            continue
        if any(now.get(name) != value for name, value in change.items()):
            found.append(int(entity))
    return found


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
    images: Sequence[tuple[int, str, str, str]] = (), without: Set[int] = frozenset(),
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
        without=without,
    )
    try:
        return sending.loader.write(batch)
    except AnswerLost:
        book.close_batch(sending.ledger, batch.batch_id, "in_doubt")
        settle(sending.ledger, sending.loader, sending.schema)
        return None
    except TargetError:
        book.close_batch(sending.ledger, batch.batch_id, "refused")
        raise
