"""How does one batch of a rollback reach the target, so that a kill or a lost answer loses nothing?"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from migrate.errors import AnswerLost, TargetError
from migrate.loading import book
from migrate.loading.send import ATTEMPTS, PAUSE_SECONDS
from migrate.loading.settle import book_deleted, book_restored, settle
from migrate.store.ledger import Ledger, write_many
from migrate.values import ENTITY_ID, Batch, Loader, TargetSchema

Images = Sequence[tuple[int, str, str, str]]
"""(entity id, target id, before, after) as JSON."""


@dataclass(frozen=True)
class Taking:
    """Where a rollback writes, and under which run."""

    ledger: Ledger
    loader: Loader
    schema: TargetSchema
    run_id: str


def send(
    taking: Taking, name: str, op: Literal["update", "delete"], frame: pd.DataFrame, images: Images,
    wave: str,
) -> dict[int, str]:  # fmt: skip
    """Send records until the target did or refused each; the refused ones: entity id -> message.

    Raises TargetError when the target is gone, or loses every answer.
    """
    texts = {column: "str" for column in ("target_id", "changes") if column in frame}
    rest = frame.astype(texts)
    refused: dict[int, str] = {}
    for attempt in range(ATTEMPTS):
        if attempt > 1:
            time.sleep(PAUSE_SECONDS * 2**attempt)
        again, messages = _send_once(taking, name, op, rest, images, wave)
        refused |= messages
        rest = rest[rest[ENTITY_ID].isin(again)].reset_index(drop=True)
        if rest.empty:
            return refused
        images = [image for image in images if image[0] in again]
        refused = {entity: text for entity, text in refused.items() if entity not in again}
    if messages:
        return refused | messages
    raise TargetError(
        f"the answers to a batch of {name} were lost {ATTEMPTS} times",
        hint="run the same command again when the target is back: it looks first",
        retryable=True,
    )


def _send_once(
    taking: Taking, name: str, op: Literal["update", "delete"], frame: pd.DataFrame, images: Images,
    wave: str,
) -> tuple[set[int], dict[int, str]]:  # fmt: skip
    """Intent, target, outcome: the records to send again, and what was refused."""
    ledger = taking.ledger
    sequence = book.next_sequence(ledger)
    batch = Batch(book.new_batch_id(taking.run_id, sequence), name, op, frame)
    book.intend(
        ledger, batch, run_id=taking.run_id, wave=wave, part="undo", payload_file="",
        sequence=sequence, images=images,
    )  # fmt: skip
    try:
        written = taking.loader.write(batch)
    except AnswerLost:
        book.close_batch(ledger, batch.batch_id, "in_doubt")
        settle(ledger, taking.loader, taking.schema)
        return _withdrawn(ledger, batch), {}
    except TargetError:
        book.close_batch(ledger, batch.batch_id, "refused")
        raise
    ok = written["ok"].astype(bool)
    if op == "delete":
        # deleted by a batch of ours whose answer was lost, or by a user: gone is gone
        ok |= written["code"] == "not_found"
    refused = written[~ok]
    messages = dict(
        zip(refused[ENTITY_ID].tolist(), refused["message"].fillna("refused"), strict=True)
    )
    _book_errored(ledger, batch.batch_id, messages)
    if op == "delete":
        book_deleted(ledger, batch.batch_id, [int(e) for e in written.loc[ok, ENTITY_ID]])
    else:
        book_restored(ledger, batch.batch_id, written[ok])
    return set(refused.loc[refused["is_retryable"].astype(bool), ENTITY_ID].tolist()), messages


def _withdrawn(ledger: Ledger, batch: Batch) -> set[int]:
    """The records of a settled batch that it never reached: their intents are gone."""
    found = ledger.frame("SELECT entity_id FROM write WHERE batch_id = :b", b=batch.batch_id)
    return set(batch.frame[ENTITY_ID].tolist()) - set(found["entity_id"].tolist())


def _book_errored(ledger: Ledger, batch_id: str, messages: dict[int, str]) -> None:
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET state = 'errored', message = ? WHERE batch_id = ? AND entity_id = ?",
            ((message, batch_id, entity) for entity, message in messages.items()),
        )


def named(ledger: Ledger, name: str, refused: Mapping[int, str]) -> list[tuple[str, str, str]]:
    """(object, external id, message) of records that the target refused to give back."""
    found = ledger.frame(
        "SELECT entity_id, external_id FROM entity WHERE entity_id IN "
        "(SELECT value FROM json_each(:ids))",
        ids=json.dumps(list(refused)),
    )
    names = dict(zip(found["entity_id"], found["external_id"], strict=True))
    return [(name, names.get(e, ""), message) for e, message in refused.items()]
