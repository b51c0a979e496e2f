"""Kills, broken connections, full disks and second writers: never a double, never a half batch."""

from __future__ import annotations

import os
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

import migrate
from migrate.errors import AnswerLost, TargetError
from migrate.loaders import _sql_engine, _sql_journal, reference
from migrate.values import ENTITY_ID, Batch

CHILD = """
import pickle, sys
from pathlib import Path
from migrate.loaders import reference
url, folder, what = sys.argv[1:]
schema = pickle.loads((Path(folder) / "schema").read_bytes())
batches = pickle.loads((Path(folder) / "batches").read_bytes())
loader = reference.open_loader(url, options={}, schema=schema)
if what == "lock":
    with loader.lock():
        print("ready", flush=True)
        sys.stdin.read()
print("ready", flush=True)
for batch in batches:
    loader.write(batch)
    print(batch.batch_id, flush=True)
"""


@pytest.fixture
def start(tmp_path, crm_schema) -> Iterator:
    """Start another process that writes batches to the target, or holds its lock."""
    running: list[subprocess.Popen[str]] = []

    def run(url: str, batches: list[Batch], what: str = "write") -> subprocess.Popen[str]:
        (tmp_path / "schema").write_bytes(pickle.dumps(crm_schema))
        (tmp_path / "batches").write_bytes(pickle.dumps(batches))
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(tmp_path), what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(migrate.__file__).parents[1])},
        )
        running.append(child)
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        return child

    yield run
    for child in running:
        child.kill()
        child.communicate()


def batch_of(number: int, size: int = 50) -> Batch:
    first = number * size
    entities = range(first, first + size)
    frame = pd.DataFrame(
        {
            ENTITY_ID: pd.Series(entities, dtype="int64"),
            "external_id": pd.Series([f"x:{e}" for e in entities], dtype="str"),
            "name": pd.Series([f"Firma {e}" for e in entities], dtype="str"),
        }
    )
    return Batch(f"b{number}", "Account", "create", frame)


def external_ids(loader) -> list[str]:
    return sorted(e for page in loader.read("Account") for e in page["external_id"])


# -- a slow COMMIT on PostgreSQL --------------------------------------------------------------


@pytest.fixture
def slow_crm(postgresql_url, crm_schema):
    """A CRM whose COMMIT takes seconds, and a connection to watch it."""
    loader = reference.open_loader(postgresql_url, options={}, schema=crm_schema)
    loader.claim(migration="acme", environment="sandbox")
    watch = sa.create_engine(
        sa.make_url(postgresql_url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    with watch.connect() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(2.5); RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW WHEN (NEW.external_id = 'x:0') EXECUTE FUNCTION slow()"
        )
        yield loader, connection
    loader.close()
    watch.dispose()


def committing(connection: sa.Connection) -> int:
    """The server process that is in the middle of a COMMIT."""
    for _ in range(400):
        found = connection.exec_driver_sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND query = 'COMMIT' AND state = 'active'"
        ).scalar()
        if found:
            return int(found)
        time.sleep(0.01)
    raise AssertionError("nothing is committing")


def test_a_client_killed_during_a_slow_commit_leaves_exactly_one_copy(
    slow_crm, start, postgresql_url
):
    loader, connection = slow_crm
    batch = batch_of(0)
    child = start(postgresql_url, [batch])
    committing(connection)
    child.kill()
    child.wait()
    assert loader.count("Account") == 0, "a look at the table would say: not there, send again"
    began = time.monotonic()
    assert loader.settled("b0") is True
    assert time.monotonic() - began > 0.5, "it waited for the predecessor"
    assert loader.count("Account") == 50
    assert loader.write(batch)["ok"].all()
    assert loader.count("Account") == 50


def test_a_resend_during_the_slow_commit_waits_and_doubles_nothing(slow_crm, start, postgresql_url):
    loader, connection = slow_crm
    batch = batch_of(0)
    child = start(postgresql_url, [batch])
    committing(connection)
    child.kill()
    child.wait()
    written = loader.write(batch)
    assert written["ok"].all() and loader.count("Account") == 50
    found = pd.concat(list(loader.read("Account"))).set_index("external_id")["target_id"]
    assert written["target_id"].tolist() == found.loc[batch.frame["external_id"]].tolist()


def test_a_connection_that_breaks_in_commit_is_an_answer_lost(slow_crm):
    loader, connection = slow_crm
    errors: list[Exception] = []

    def write() -> None:
        try:
            loader.write(batch_of(0))
        except TargetError as error:
            errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (committing(connection),))
    writer.join()
    assert isinstance(errors[0], AnswerLost) and errors[0].retryable
    assert loader.settled("b0") is False
    assert loader.write(batch_of(0))["ok"].all() and loader.count("Account") == 50


def test_a_connection_that_breaks_before_commit_wrote_nothing(postgresql_url, crm_schema):
    loader = reference.open_loader(postgresql_url, options={}, schema=crm_schema)
    loader.claim(migration="acme", environment="sandbox")
    blocker = sa.create_engine(sa.make_url(postgresql_url).set(drivername="postgresql+psycopg"))
    errors: list[Exception] = []

    def write() -> None:
        try:
            loader.write(batch_of(0))
        except TargetError as error:
            errors.append(error)

    with blocker.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE accounts IN EXCLUSIVE MODE")
        writer = threading.Thread(target=write)
        writer.start()
        killed = None
        while not killed:
            time.sleep(0.02)
            killed = connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).scalar()
        writer.join()
        connection.rollback()
    blocker.dispose()
    assert type(errors[0]) is TargetError and errors[0].retryable
    assert loader.settled("b0") is False and loader.count("Account") == 0
    assert loader.write(batch_of(0))["ok"].all()
    loader.close()


def test_a_constraint_that_waits_for_commit_names_its_culprit(postgresql_url, crm_schema):
    loader = reference.open_loader(postgresql_url, options={}, schema=crm_schema)
    loader.claim(migration="acme", environment="sandbox")
    engine = sa.create_engine(sa.make_url(postgresql_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE accounts ADD CONSTRAINT one_name UNIQUE (name) DEFERRABLE INITIALLY DEFERRED"
        )
    engine.dispose()
    batch = batch_of(0, size=3)
    frame = batch.frame.assign(name=pd.Series(["a", "b", "a"], dtype="str"))
    written = loader.write(Batch("b0", "Account", "create", frame))
    assert written["ok"].tolist() == [True, True, False]
    assert written["code"][2] == "unique" and "name" in written["message"][2]
    loader.close()


def test_asking_the_journal_waits_for_whoever_is_still_writing(open_crm, database_url):
    loader, batch = open_crm(), batch_of(0)
    database = _sql_engine.open_database(database_url, must_exist=True)
    answers: list[bool | None] = []
    for is_committed in (False, True):
        with database.connect("writing slowly") as connection:
            assert _sql_journal.begin(database, connection, batch)
            asking = threading.Thread(target=lambda: answers.append(loader.settled("b0")))
            asking.start()
            asking.join(0.4)
            assert asking.is_alive(), "it answered while nobody could know"
            if is_committed:
                connection.commit()
            else:
                connection.rollback()
        asking.join()
        assert answers.pop() is is_committed
    database.engine.dispose()


# -- kills ------------------------------------------------------------------------------------


def test_killed_at_any_instant_the_rerun_ends_with_every_record_once(open_crm, start, database_url):
    loader = open_crm()
    batches = [batch_of(number, 200) for number in range(40)]
    for lines in (1, 9):
        child = start(database_url, batches)
        for _ in range(lines):
            child.stdout.readline()
        time.sleep(0.003 * lines)
        child.kill()
        child.wait()
        for page in loader.read("Account"):
            assert len(page) % 200 == 0, "half a batch"
    before = [loader.settled(batch.batch_id) for batch in batches]
    assert before[8] is True and before[-1] is False, "it was killed in the middle"
    assert before == sorted(before, reverse=True)
    for batch in batches:
        assert loader.write(batch)["ok"].all()
    assert external_ids(loader) == sorted(f"x:{e}" for e in range(8_000))


# -- one writer at a time ---------------------------------------------------------------------


def test_a_second_writer_is_refused_until_the_first_one_dies(open_crm, start, database_url):
    loader = open_crm()
    child = start(database_url, [], "lock")
    with pytest.raises(TargetError, match="another load is writing to this target"), loader.lock():
        pytest.fail("two writers")
    child.kill()
    child.wait()
    for attempt in range(50):
        try:
            with loader.lock():
                assert loader.write(batch_of(0))["ok"].all()
                break
        except TargetError:
            # The server needs a moment to notice that its client is dead.
            assert attempt < 49
            time.sleep(0.05)
    with loader.lock(), pytest.raises(TargetError, match="another load"), open_crm().lock():
        pytest.fail("two writers in one process")
    with loader.lock():
        pass


def test_a_lock_whose_connection_died_stops_the_writer(postgresql_url, crm_schema):
    loader = reference.open_loader(postgresql_url, options={}, schema=crm_schema)
    loader.claim(migration="acme", environment="sandbox")
    engine = sa.create_engine(sa.make_url(postgresql_url).set(drivername="postgresql+psycopg"))
    with loader.lock():
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        with pytest.raises(TargetError, match="holds the writer's lock") as broken:
            loader.write(batch_of(0))
    assert broken.value.retryable and loader.count("Account") == 0
    engine.dispose()
    loader.close()


# -- SQLite's own troubles --------------------------------------------------------------------


@pytest.fixture
def sqlite_crm(tmp_path, crm_schema, monkeypatch):
    monkeypatch.setattr(_sql_engine, "BUSY_SECONDS", 0.2)
    url = f"sqlite:///{(tmp_path / 'crm.db').as_posix()}"
    loader = reference.open_loader(url, options={}, schema=crm_schema)
    loader.claim(migration="acme", environment="sandbox")
    yield loader
    loader.close()


def on_connect(loader, statement: str) -> None:
    loader._database.engine.dispose()
    sa.event.listen(
        loader._database.engine, "connect", lambda connection, _: connection.execute(statement)
    )


def test_a_full_disk_is_said_and_nothing_of_the_batch_is_there(sqlite_crm):
    on_connect(sqlite_crm, "PRAGMA max_page_count = 40")
    with pytest.raises(TargetError, match="the disk is full") as full:
        sqlite_crm.write(batch_of(0, 5_000))
    assert full.value.retryable and "space" in full.value.hint
    assert sqlite_crm.count("Account") == 0 and sqlite_crm.settled("b0") is False


def test_a_read_only_target_is_said(sqlite_crm):
    on_connect(sqlite_crm, "PRAGMA query_only = ON")
    with pytest.raises(TargetError, match="read-only"):
        sqlite_crm.write(batch_of(0))


def test_a_database_that_another_program_keeps_locked_is_said(sqlite_crm, tmp_path):
    other = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TargetError, match="another program keeps the database locked") as locked:
        sqlite_crm.write(batch_of(0))
    assert locked.value.retryable
    other.execute("ROLLBACK")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM accounts").fetchone()
    with pytest.raises(TargetError, match="another program keeps the database locked"):
        sqlite_crm.write(batch_of(0))
    other.close()
    assert sqlite_crm.settled("b0") is False
    assert sqlite_crm.write(batch_of(0))["ok"].all() and sqlite_crm.count("Account") == 50


def test_a_reader_that_was_not_finished_does_not_hold_up_the_writer(sqlite_crm):
    sqlite_crm.write(batch_of(0))
    pages = sqlite_crm.read("Account")
    assert len(next(pages)) == 50
    assert sqlite_crm.write(batch_of(1))["ok"].all()
