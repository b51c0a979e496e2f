"""Do the crash tests notice? Each protection is taken away once, and the harness must object."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from migrate.loading import book, send
from migrate.pipeline.loading_run import load
from migrate.store.ledger import Ledger
from tests.crash.conftest import Crm
from tests.crash.harness import dying_at, in_child
from tests.crash.test_kills import finish

pytestmark = pytest.mark.crash


def blind(ledger: Ledger, *_: Any) -> int:
    """Settle nothing: what nobody answered for is taken as not sent."""
    open_batches = ledger.frame("SELECT batch_id FROM batch WHERE state IN ('sent', 'in_doubt')")
    for batch_id in open_batches["batch_id"]:
        book.close_batch(ledger, batch_id, "refused")
    return len(open_batches)


def own_unseen(sending: Any, batch: Any, written: pd.DataFrame) -> pd.DataFrame:
    """Take every refusal as it is told."""
    return written


@pytest.mark.parametrize("crm", ["sqlite", "http"], indirect=True)
def test_sending_blindly_after_a_kill_is_noticed(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "settle", blind)
    monkeypatch.setattr(send, "_with_own", own_unseen)
    with crm.fresh() as one:
        in_child(dying_at("after_commit", 4, load, one.setup), one.folder / "log")
        with pytest.raises(AssertionError):
            finish(crm, one)


def test_not_settling_at_all_is_noticed(sqlite_crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "settle", lambda *_: 0)
    with sqlite_crm.fresh() as one:
        in_child(dying_at("after_commit", 4, load, one.setup), one.folder / "log")
        with pytest.raises(AssertionError):
            finish(sqlite_crm, one)


def test_lost_answers_sent_again_blindly_are_noticed(
    http_crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "settle", blind)
    monkeypatch.setattr(send, "_with_own", own_unseen)
    with (
        http_crm.fresh(lose_rate=0.1, lose_commits="half", seed=3) as one,
        pytest.raises(AssertionError),
    ):
        finish(http_crm, one)


def test_a_late_create_taken_for_a_refusal_is_noticed(
    http_crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking first is not enough where what was killed is executed later."""
    monkeypatch.setattr(send, "_with_own", own_unseen)
    with http_crm.fresh(late_next=2, late_seconds=3.0) as one:
        in_child(dying_at("in_flight", 1, load, one.setup), one.folder / "log")
        with pytest.raises(AssertionError):
            finish(http_crm, one)
