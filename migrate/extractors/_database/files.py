"""How is an SQLite file read at one moment, while the program that owns it goes on writing?

A read transaction on a file without a write-ahead log would lock that program out for as long as
it lasts. So the file is copied by SQLite's own backup into a private temporary database (gone with
the connection), and only a file in WAL mode, where readers and writers do not meet, is read itself.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

import sqlalchemy as sa

from migrate.extractors._text import existing_file

_SIDE_FILES = ("-wal", "-journal")


def sqlite_engine(path: Path) -> sa.Engine:
    """Make the engine for an SQLite file; each connection opens the file, read-only."""
    file = existing_file(path).absolute()
    return sa.create_engine("sqlite://", creator=lambda: _opened(file), poolclass=sa.pool.NullPool)


class _OfFolder(sqlite3.Connection):
    """A connection to a file in a folder of its own, which goes when it is closed."""

    folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        super().close()
        if self.folder is not None:
            self.folder.cleanup()


def _opened(file: Path) -> sqlite3.Connection:
    try:
        return _connected(f"{file.as_uri()}?mode=ro")
    except sqlite3.OperationalError as problem:
        if "unable to open" not in str(problem) and "readonly" not in str(problem):
            raise
    # Nothing may be written where it lies, but SQLite wants its side files there.
    sides = [side for name in _SIDE_FILES if (side := Path(f"{file}{name}")).is_file()]
    if not any(side.stat().st_size for side in sides):
        return _connected(f"{file.as_uri()}?immutable=1")
    # What was committed last is in the side file alone: read both, in a folder of ours.
    folder = tempfile.TemporaryDirectory(prefix="crm-migrate-")
    for part in (file, *sides):
        shutil.copyfile(part, Path(folder.name) / part.name)
    connection = _connected((Path(folder.name) / file.name).as_uri())
    connection.folder = folder
    return connection


def _connected(uri: str) -> _OfFolder:
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False, factory=_OfFolder)
    connection.isolation_level = None
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def at_one_moment(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Give a connection that shows the file as it is now, whatever is written to it afterwards.

    The connection given is closed where the answer is another one.
    """
    mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    if mode == "wal" or not _fits(connection):
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection
    copy = sqlite3.connect("", check_same_thread=False)  # on disk, private, deleted when closed
    copy.isolation_level = None
    connection.backup(copy)
    connection.close()
    copy.execute("PRAGMA query_only = on")
    return copy


def _fits(connection: sqlite3.Connection) -> bool:
    pages, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "page_size")
    )
    return pages * size < shutil.disk_usage(tempfile.gettempdir()).free // 2
