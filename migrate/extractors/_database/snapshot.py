"""Which moment of the database do all its tables show, and until when is it held?

The moment is the first read of any table, not the opening of the source: a source that is merely
listed leaves nothing open on the server. It is held while a table of the source is in use by the
program, and ends with the last of them, with the program, or when the server hears nothing for half
an hour; who reads after that reads a new moment, and is told so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

import sqlalchemy as sa

from migrate.extractors._database.families import family_of
from migrate.extractors._database.select import Selection
from migrate.extractors._database.texts import Part


class Moment(Protocol):
    """A database as it was when this was made; closed when nobody holds it any more."""

    def batches(self, selection: Selection, rows: int) -> Iterator[Part]: ...

    def number(self, query: str) -> int: ...

    def is_alive(self) -> bool: ...

    def close(self) -> None: ...


class Snapshot:
    """The moment that several tables share; ``number`` counts the moments there were so far."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._moment: Moment | None = None
        self._lock = threading.Lock()
        self.number = 0

    def moment(self) -> Moment:
        """Give the moment; a new one at the first call, and where the old one was lost."""
        with self._lock:
            if self._moment is not None and not self._moment.is_alive():
                self._moment.close()
                self._moment = None
            if self._moment is None:
                self._moment = _begun(self._engine)
                self.number += 1
            return self._moment

    def close(self) -> None:
        """End the moment at once."""
        with self._lock:
            if self._moment is not None:
                self._moment.close()
                self._moment = None


def _begun(engine: sa.Engine) -> Moment:
    family = family_of(engine.dialect.name)
    if family is not None and family.name == "postgresql":
        from migrate.extractors._database.postgresql import PostgresqlMoment

        return PostgresqlMoment(engine)
    if family is not None and family.name == "mysql":
        from migrate.extractors._database.mysql import MysqlMoment

        return MysqlMoment(engine)
    from migrate.extractors._database.cursors import CursorMoment

    return CursorMoment(engine)
