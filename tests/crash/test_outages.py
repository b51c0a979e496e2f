"""Two loads at once, a target that goes away, a full disk, and a target that cannot be asked."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from migrate.errors import MigrateError, TargetError
from migrate.loaders.rest_batch import RestBatchLoader
from migrate.loading import settle
from migrate.pipeline.loading_run import load
from migrate.pipeline.setup import environment_ledger
from tests.crash.conftest import Crm, HttpCrm, PostgresqlCrm
from tests.crash.harness import (
    Try,
    books_of,
    in_child,
    loader_of,
    patiently,
    require_nothing_left,
    require_whole,
    same,
    state_of,
)

pytestmark = pytest.mark.crash


def finish(crm: Crm, one: Try) -> None:
    require_whole(one.setup, patiently(lambda: load(one.setup)))
    same(state_of(one.setup), crm.undisturbed.state)
    assert books_of(one.setup) == crm.undisturbed.books


def wait_for_lines(one: Try, lines: int) -> None:
    """Until the child's load has written so many lines of progress."""
    end = time.monotonic() + 60
    while (one.folder / "progress").read_text(encoding="utf-8").count("\n") < lines:
        assert time.monotonic() < end, "the load does not get on"
        time.sleep(0.01)


def noting(one: Try, stop_at: int = 0) -> Callable[[str, int, int], None]:
    """Progress into a file; the process stops itself (SIGSTOP) at that line."""
    path = one.folder / "progress"
    path.touch()
    count = [0]

    def progress(label: str, done: int, total: int) -> None:
        if ":" not in label:
            return
        count[0] += 1
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"{label} {done}\n")
        if count[0] == stop_at:
            os.kill(os.getpid(), signal.SIGSTOP)

    return progress


# -- one writer at a time ---------------------------------------------------------------------


@pytest.mark.parametrize("crm", ["sqlite", "postgresql", "http"], indirect=True)
def test_a_second_load_is_refused_at_once_and_goes_on_after_the_first_was_killed(crm: Crm) -> None:
    with crm.fresh() as one:
        progress = noting(one, stop_at=4)
        pid = os.fork()
        if pid == 0:
            with closing((one.folder / "log").open("w", encoding="utf-8")):
                try:
                    load(one.setup, progress=progress)
                finally:
                    os._exit(0)
        try:
            wait_for_lines(one, 4)
            began = time.monotonic()
            with pytest.raises(TargetError, match="another"):
                load(one.setup)
            assert time.monotonic() - began < 5
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        finish(crm, one)


# -- the target goes away ---------------------------------------------------------------------


def test_an_http_target_that_stops_in_the_middle_is_a_clear_error(http_crm: HttpCrm) -> None:
    options = {"max_attempts": 2, "timeout_seconds": 3}
    with http_crm.fresh(options) as one:
        stopped = threading.Event()

        def stop(label: str, done: int, total: int) -> None:
            if label.startswith("base: Contact") and done > 300 and not stopped.is_set():
                stopped.set()
                http_crm.kill_server(one.folder)

        with pytest.raises(TargetError) as caught:
            load(one.setup, progress=stop)
        assert caught.value.exit_code == 4 and caught.value.hint
        with http_crm.reached(one.folder) as url:
            again = replace(one, setup=http_crm.setup_of(one.folder, url))
            finish(http_crm, again)


def test_a_database_that_hangs_up_in_the_middle_is_a_clear_error(
    postgresql_crm: PostgresqlCrm,
) -> None:
    with postgresql_crm.fresh() as one:
        name = sa.make_url(one.setup.environment.url).database
        done_once = threading.Event()

        def hang_up(label: str, done: int, total: int) -> None:
            if label.startswith("base: Contact") and done > 500 and not done_once.is_set():
                done_once.set()
                postgresql_crm.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE datname = '{name}'"
                )

        with pytest.raises(TargetError) as caught:
            load(one.setup, progress=hang_up)
        assert caught.value.exit_code == 4 and caught.value.hint
        finish(postgresql_crm, one)


# -- the disk is full -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "margin"), [("crm.db", 20_000), ("ledger.db", 20_000), ("ledger.db", 80_000)]
)
def test_a_full_disk_is_a_clear_error_and_nothing_is_lost(
    sqlite_crm: Crm, which: str, margin: int
) -> None:
    """No file of the child may grow beyond what the target (or the ledger) is now, and a bit."""
    with sqlite_crm.fresh() as one:
        limit = (one.folder / which).stat().st_size + margin

        def cramped() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            try:
                load(one.setup)
            except MigrateError as error:
                assert error.hint, "it does not say what to do"
                print(type(error).__name__, error.exit_code, error.message)
                return
            raise AssertionError("the disk was not full")

        in_child(cramped, one.folder / "log")
        said = (one.folder / "log").read_text(encoding="utf-8")
        assert "disk" in said or "full" in said, said
        finish(sqlite_crm, one)
        require_nothing_left(one.setup)


# -- a target that cannot be asked ------------------------------------------------------------


@pytest.fixture
def deaf_crm(small_http_crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """The HTTP CRM as if it could not look up external ids."""
    assert small_http_crm.undisturbed.batches
    made = RestBatchLoader.__init__

    def deaf(self: RestBatchLoader, *args: Any, **options: Any) -> None:
        made(self, *args, **options)
        self.capabilities = replace(self.capabilities, lookup="none")

    monkeypatch.setattr(RestBatchLoader, "__init__", deaf)
    return small_http_crm


def test_a_record_in_doubt_waits_for_a_person_and_the_others_go_on(deaf_crm: Crm) -> None:
    undisturbed = deaf_crm.undisturbed
    with deaf_crm.fresh({"max_attempts": 2}, lose_next=1) as one:
        with pytest.raises(TargetError, match="1 batches of the wave 'base' are in doubt"):
            load(one.setup)
        with closing(environment_ledger(one.setup)) as ledger:
            most = ledger.scalar("SELECT max(row_count) FROM batch WHERE op = 'create'")
            assert most == 1, "what became of the others nobody could tell"
            doubtful = ledger.frame(
                "SELECT e.object, e.external_id, e.reason, e.state FROM entity e JOIN batch b "
                "USING (batch_id) WHERE b.state = 'in_doubt'"
            )
            assert doubtful["state"].tolist() == ["pending"]
            assert doubtful["reason"].tolist() == [settle.IN_DOUBT]
        # the answer was lost after the commit: a blind resend would be refused, or make a double
        with pytest.raises(TargetError, match="in doubt"):
            load(one.setup)
        object, external_id = doubtful["object"].iloc[0], doubtful["external_id"].iloc[0]
        with closing(environment_ledger(one.setup)) as ledger, loader_of(one.setup) as loader:
            found = loader.probe(object, [external_id])
            settle.decide(
                ledger, object, external_id, target_id=found["target_id"].iloc[0],
                version=found["version"].iloc[0],
            )  # fmt: skip
        report = load(one.setup)
        assert report.identity_holds
        assert all(o.dispositions["pending"] == 0 for o in report.objects)
        same(state_of(one.setup), undisturbed.state)
