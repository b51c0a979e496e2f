"""Is anybody else writing to this target?

Each lock belongs to a connection or to an open file, so that the death of its process frees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import filelock
import sqlalchemy as sa

from migrate.errors import TargetError
from migrate.loaders._sql_engine import Database
from migrate.loaders._sql_errors import DRIVER_ERRORS

_KEY = int.from_bytes(hashlib.sha256(b"crm-migrate").digest()[:8], "big", signed=True)


class WriterLock:
    """The lock of one target; :meth:`check` proves before a batch that it is still held."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        if self._database.path is not None:
            with self._file():
                yield
            return
        with self._server():
            yield

    @contextmanager
    def _file(self) -> Iterator[None]:
        path = f"{self._database.path}.migrate-lock"
        # Not thread-local: a loader may be closed by another thread than the one that locked it.
        # Never a "soft" lock, which would outlive a killed process.
        lock = filelock.FileLock(
            path, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False
        )
        try:
            lock.acquire()
        except filelock.Timeout:
            raise self._taken() from None
        except OSError as error:
            raise TargetError(
                f"{self._database.label}: the lock {path} cannot be made ({error.strerror})",
                hint="make the database's folder writable; it must be on a disk that knows locks",
            ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _server(self) -> Iterator[None]:
        """An advisory lock on a connection of its own, which stays outside every transaction."""
        database = self._database
        if database.dialect == "postgresql":
            take, give = "SELECT pg_try_advisory_lock(%s)", "SELECT pg_advisory_unlock(%s)"
            key: int | str = _KEY
        else:
            take, give = "SELECT GET_LOCK(%s, 0)", "SELECT RELEASE_LOCK(%s)"
            # MariaDB's lock names are the server's, not the database's.
            name = (database.engine.url.database or "").encode()
            key = f"crm-migrate:{hashlib.sha256(name).hexdigest()[:32]}"
        with database.connect("taking the writer's lock") as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if not connection.exec_driver_sql(take, (key,)).scalar_one():
                raise self._taken()
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None
                with suppress(*DRIVER_ERRORS):
                    connection.exec_driver_sql(give, (key,))

    def check(self) -> None:
        """Raise when the connection that holds the lock has died: somebody else may write now."""
        if self._connection is None:
            return
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except DRIVER_ERRORS:
            raise TargetError(
                f"{self._database.label}: the connection that holds the writer's lock broke",
                hint="run the same command again: it goes on where it stopped",
                retryable=True,
            ) from None

    def _taken(self) -> TargetError:
        return TargetError(
            f"{self._database.label}: another load is writing to this target",
            hint="wait for it, or stop it; then run the same command again",
            retryable=True,
        )
