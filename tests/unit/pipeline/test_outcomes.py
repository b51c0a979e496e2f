"""What a load really did, out of its batches and writes, beside what was foretold of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from migrate.pipeline.outcomes import prediction_accuracy
from migrate.store.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "ledger.db", migration="m", environment="sandbox")
    opened.set_meta("registered_plan", "p2")
    _run(opened, "INSERT INTO run (run_id, command, state, plan_run, waves) VALUES "
         "('l1', 'load', 'finished', 'p1', 'a'), ('l2', 'load', 'running', 'p2', 'a')")  # fmt: skip
    _run(opened, 'INSERT INTO batch (batch_id, run_id, object, wave, "pass", op, row_count, state, '
         "sequence, attempts) VALUES ('c1', 'l1', 'A', 'a', '1', 'create', 9, 'done', 1, 1), "
         "('c2', 'l2', 'A', 'a', '1', 'create', 9, 'done', 2, 1), "
         "('u2', 'l2', 'A', 'a', '1', 'update', 9, 'done', 3, 1)")  # fmt: skip
    yield opened
    opened.close()


def _run(ledger: Ledger, statement: str) -> None:
    with ledger.begin() as connection:
        connection.execute(text(statement))


def _entity(
    ledger: Ledger, predicted: str, state: str, batch: str, *, wave: str = "a", is_written: bool = False
) -> None:  # fmt: skip
    number = int(ledger.scalar("SELECT count(*) FROM entity")) + 1
    _run(ledger, "INSERT INTO entity (entity_id, object, external_id, wave, predicted, state, "
         f"is_ours, batch_id, last_run) VALUES ({number}, 'A', 'x{number}', '{wave}', "
         f"'{predicted}', '{state}', 1, '{batch}', 'p2')")  # fmt: skip
    if is_written:
        _run(ledger, "INSERT INTO write (batch_id, entity_id, op, state) "
             f"VALUES ('u2', {number}, 'update', 'applied')")  # fmt: skip


@pytest.mark.parametrize(
    ("predicted", "state", "batch", "is_written", "actual"),
    [
        ("created", "created", "c2", False, "created"),
        ("updated", "created", "c1", True, "updated"),
        ("unchanged", "created", "c1", False, "unchanged"),
        ("updated", "created", "c1", False, "unchanged"),
        ("unchanged", "created", "c1", True, "updated"),
        ("unchanged", "created", "c2", False, "created"),
        ("created", "pending", "", False, "pending"),
        ("created", "failed", "", False, "failed"),
    ],
)
def test_what_came_of_a_record_is_what_the_runs_of_its_plan_did(
    ledger: Ledger, predicted: str, state: str, batch: str, is_written: bool, actual: str
) -> None:
    _entity(ledger, predicted, state, batch, is_written=is_written)
    rows, agree = prediction_accuracy(ledger)
    assert rows == [{"object": "A", "predicted": predicted, "actual": actual, "entities": 1}]
    assert agree is (predicted == actual)


def test_a_wave_that_is_not_loaded_yet_is_no_miss_and_nothing_at_all_is_no_hit(
    ledger: Ledger,
) -> None:
    _entity(ledger, "created", "pending", "", wave="b")
    assert prediction_accuracy(ledger) == ([], False)
    _entity(ledger, "created", "created", "c2")
    assert prediction_accuracy(ledger)[1]
