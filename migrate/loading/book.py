"""What load and rollback write into the ledger: intents before they send, outcomes after.

Each function is one transaction. An intent names the batch, its entities and, for changes to
records that exist, the image before; an outcome never overwrites an image.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Literal

import pandas as pd
from sqlalchemy import Connection, text

from migrate.store.ledger import Ledger, write_many
from migrate.values import ENTITY_ID, Batch

Pass = Literal["1", "2", "undo"]

EDITED = "edited"
"""In place of a record's version: somebody edited it since we loaded it."""

WITHOUT = "without"
"""In place of what was loaded: a reference is still open, and the next plan looks after it."""

_VERSION = f"CASE WHEN version = '{EDITED}' THEN version ELSE ? END"


def new_batch_id(run_id: str, sequence: int) -> str:
    """Unique for ever, also in the target's journal."""
    return f"{run_id}-{sequence:06d}-{secrets.token_hex(3)}"


def next_sequence(ledger: Ledger) -> int:
    """The number of the next batch: batches are undone in the reverse order of these."""
    return int(ledger.scalar("SELECT coalesce(max(sequence), 0) + 1 FROM batch"))


def intend(
    ledger: Ledger, batch: Batch, *, run_id: str, wave: str, part: Pass, payload_file: str,
    sequence: int, images: Sequence[tuple[int, str, str, str]] = (),
    without: Set[int] = frozenset(),
) -> None:  # fmt: skip
    """Commit the intent of a batch. ``images``: (entity id, target id, before, after) as JSON,
    for updates and deletes. ``without``: entities that go without a reference, for now."""
    ids = [int(value) for value in batch.frame[ENTITY_ID]]
    with ledger.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO batch (batch_id, run_id, object, wave, pass, op, first_entity, "
                "last_entity, row_count, payload_file, attempts, state, sequence) VALUES "
                "(:batch_id, :run_id, :object, :wave, :part, :op, :first, :last, :rows, :file, "
                "1, 'sent', :sequence)"
            ),
            {
                "batch_id": batch.batch_id, "run_id": run_id, "object": batch.object,
                "wave": wave, "part": part, "op": batch.op, "first": min(ids), "last": max(ids),
                "rows": len(ids), "file": payload_file, "sequence": sequence,
            },
        )  # fmt: skip
        if batch.op == "create":
            write_many(
                connection,
                "UPDATE entity SET batch_id = ?, sent_hash = payload_hash WHERE entity_id = ?",
                ((batch.batch_id, entity) for entity in ids),
            )
        elif part == "1":
            write_many(
                connection,
                "UPDATE entity SET sent_hash = payload_hash WHERE entity_id = ?",
                ((entity,) for entity in ids),
            )
        write_many(
            connection,
            "UPDATE entity SET sent_hash = ? WHERE entity_id = ?",
            ((WITHOUT, entity) for entity in without),
        )
        write_many(
            connection,
            "INSERT INTO write (batch_id, entity_id, op, target_id, before, after, state) "
            "VALUES (?, ?, ?, ?, ?, ?, 'intended')",
            ((batch.batch_id, e, batch.op, t, before, after) for e, t, before, after in images),
        )


def book_created(
    ledger: Ledger, batch_id: str, written: pd.DataFrame, *, plan_run: str, incomplete: set[int]
) -> None:
    """Outcomes of a create batch; ``written`` as ``Loader.write`` answers it. ``incomplete`` are
    entities whose second pass is still to come.

    What was loaded is what the intent sent: a plan made since may want something else.
    """
    ok = written[written["ok"].astype(bool)]
    refused = written[~written["ok"].astype(bool)]
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET state = 'created', reason = NULL, is_ours = 1, target_id = ?, "
            "version = ?, incomplete = ?, loaded_hash = sent_hash, loaded_run = ? "
            "WHERE entity_id = ?",
            (
                (target, version, int(entity in incomplete), plan_run, entity)
                for entity, target, version in _triples(ok)
            ),
        )
        _book_refusals(connection, batch_id, refused, "create")
        close_in(connection, batch_id)


def book_updated(
    ledger: Ledger, batch_id: str, written: pd.DataFrame, *, plan_run: str, is_second_pass: bool
) -> None:
    """Outcomes of an update batch: a record that we created stays "created"."""
    ok = written[written["ok"].astype(bool)]
    refused = written[~written["ok"].astype(bool)]
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET state = 'applied', version = ? WHERE batch_id = ? AND entity_id = ?",
            ((version, batch_id, entity) for entity, _, version in _triples(ok)),
        )
        if is_second_pass:
            statement = (
                f"UPDATE entity SET incomplete = 0, reason = NULL, version = {_VERSION} "
                "WHERE entity_id = ?"
            )
            rows: Iterable[tuple[object, ...]] = ((v, e) for e, _, v in _triples(ok))
        else:
            statement = (
                "UPDATE entity SET state = CASE WHEN is_ours = 1 "
                f"THEN 'created' ELSE 'updated' END, reason = NULL, version = {_VERSION}, "
                f"loaded_hash = sent_hash, incomplete = CASE WHEN sent_hash = '{WITHOUT}' THEN 1 "
                "WHEN needs_second_pass = 1 THEN incomplete ELSE 0 END, loaded_run = ? "
                "WHERE entity_id = ?"
            )
            rows = ((v, plan_run, e) for e, _, v in _triples(ok))
        write_many(connection, statement, rows)
        if is_second_pass:
            _refuse_writes(connection, batch_id, refused)
            write_many(
                connection,
                "UPDATE entity SET reason = ? WHERE entity_id = ?",
                ((f"second pass: {m}", e) for e, m in _messages(refused)),
            )
        else:
            _book_refusals(connection, batch_id, refused, "update")
        close_in(connection, batch_id)


def mark_edited(ledger: Ledger, entities: Sequence[int]) -> None:
    """Records that a user edited since we loaded them, noted before we write to them: our own
    write's version must not make the user's values look like ours."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET version = ? WHERE entity_id = ?",
            ((EDITED, entity) for entity in entities),
        )


def note_conflicts(
    ledger: Ledger, batch_id: str, stays: Sequence[tuple[int, Sequence[str]]]
) -> None:
    """Fields that a user edited between the plan and the load, and that were not written."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET code = 'edited_in_target', message = ? WHERE batch_id = ? AND "
            "entity_id = ?",
            ((", ".join(fields), batch_id, entity) for entity, fields in stays),
        )


def book_kept(ledger: Ledger, entities: Sequence[int]) -> None:
    """Records of which users edited all that was to be written: nothing was updated."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET state = 'unchanged', reason = 'kept: edited by a user since the "
            "plan' WHERE entity_id = ? AND state = 'updated'",
            ((entity,) for entity in entities),
        )


def note_without(ledger: Ledger, without: Mapping[int, str]) -> None:
    """Records that were written without a reference: entity id -> field."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET reason = ? WHERE entity_id = ? AND loaded_hash = ?",
            (
                (f"parent_missing: loaded without {name}, which is not in the target", e, WITHOUT)
                for e, name in without.items()
            ),
        )


def book_failed(ledger: Ledger, failures: Sequence[tuple[int, str]]) -> None:
    """Entities that could not even be sent: (entity id, reason). The next load tries again."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET state = 'failed', reason = ? WHERE entity_id = ?",
            ((reason, entity) for entity, reason in failures),
        )


def book_gap(ledger: Ledger, gaps: Sequence[tuple[int, str]]) -> None:
    """Records whose second pass cannot be sent: (entity id, reason). They stay incomplete."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET reason = ? WHERE entity_id = ?",
            ((f"second pass: {reason}", entity) for entity, reason in gaps),
        )


def give_up(ledger: Ledger, entities: Sequence[int]) -> None:
    """Records that the target refused "for now" as often as we tried: refused they are."""
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET state = 'failed' WHERE entity_id = ? AND state = 'pending'",
            ((entity,) for entity in entities),
        )


def book_unchanged(ledger: Ledger, wave: str, plan_run: str) -> int:
    """Records of a wave that need no writing: the target holds them as they should be."""
    with ledger.begin() as connection:
        done = connection.execute(
            text(
                "UPDATE entity SET state = CASE WHEN is_ours = 1 "
                "THEN 'created' ELSE 'unchanged' END, loaded_hash = payload_hash, "
                "loaded_run = :plan WHERE wave = :wave AND last_run = :plan AND state = 'pending' "
                "AND predicted = 'unchanged' AND target_id IS NOT NULL"
            ),
            {"wave": wave, "plan": plan_run},
        )
    return int(done.rowcount)


def close_batch(ledger: Ledger, batch_id: str, state: str) -> None:
    """Set a batch's state: done, in_doubt, or refused (nothing of it is in the target)."""
    with ledger.begin() as connection:
        connection.execute(
            text("UPDATE batch SET state = :state WHERE batch_id = :batch"),
            {"state": state, "batch": batch_id},
        )
        if state == "refused":
            connection.execute(
                text("DELETE FROM write WHERE batch_id = :batch AND state = 'intended'"),
                {"batch": batch_id},
            )


def images_json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def _triples(frame: pd.DataFrame) -> list[tuple[int, str | None, str | None]]:
    def column(name: str) -> list[str | None]:
        return [value if isinstance(value, str) else None for value in frame[name]]

    ids = [int(value) for value in frame[ENTITY_ID]]
    return list(zip(ids, column("target_id"), column("version"), strict=True))


def _messages(frame: pd.DataFrame) -> list[tuple[int, str]]:
    codes = frame["code"].fillna("refused")
    messages = frame["message"].fillna("")
    return [
        (int(entity), f"{code}: {message}".rstrip(": "))
        for entity, code, message in zip(frame[ENTITY_ID], codes, messages, strict=True)
    ]


def _book_refusals(connection: Connection, batch_id: str, refused: pd.DataFrame, op: str) -> None:
    # "for now" is not an outcome: such a record is sent again before the wave ends
    states = ["pending" if again else "failed" for again in refused["is_retryable"]]
    write_many(
        connection,
        "UPDATE entity SET state = ?, reason = ? WHERE entity_id = ?",
        (
            (state, message, entity)
            for state, (entity, message) in zip(states, _messages(refused), strict=True)
        ),
    )
    _refuse_writes(connection, batch_id, refused, op)


def _refuse_writes(
    connection: Connection, batch_id: str, refused: pd.DataFrame, op: str = "update"
) -> None:
    codes = refused["code"].fillna("refused").tolist()
    texts = [message for _, message in _messages(refused)]
    ids = [int(value) for value in refused[ENTITY_ID]]
    write_many(
        connection,
        "INSERT INTO write (batch_id, entity_id, op, state, code, message) "
        "VALUES (?, ?, ?, 'refused', ?, ?) ON CONFLICT (batch_id, entity_id) DO UPDATE SET "
        "state = 'refused', code = excluded.code, message = excluded.message",
        ((batch_id, e, op, code, m) for e, code, m in zip(ids, codes, texts, strict=True)),
    )


def close_in(connection: Connection, batch_id: str) -> None:
    """A batch is done, in the transaction that books its outcomes."""
    connection.execute(
        text("UPDATE batch SET state = 'done' WHERE batch_id = :batch"), {"batch": batch_id}
    )
