"""What was not migrated, with its reason, searchable: ``archive.db`` of the migration folder."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd

from migrate.errors import UsageError

ARCHIVE_KEY = "_archive_key"
ARCHIVE_RECORD = "_archive_record"
ARCHIVE_BLOCK = "_archive_block"
ARCHIVE_REASON = "_archive_reason"
"""Our columns of a frame for the archive: a source has columns called ``block`` or ``reason``."""

_OURS = (ARCHIVE_KEY, ARCHIVE_RECORD, ARCHIVE_BLOCK, ARCHIVE_REASON)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS archived (
  source_table TEXT NOT NULL, record_key TEXT NOT NULL, record_id INTEGER NOT NULL,
  block TEXT NOT NULL, reason TEXT NOT NULL, run_id TEXT NOT NULL, content TEXT NOT NULL,
  PRIMARY KEY (source_table, record_key, record_id, block)
)
"""


@contextmanager
def open_archive(path: Path) -> Iterator[sqlite3.Connection]:
    """The archive, made when missing, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection, connection:
            connection.execute(_SCHEMA)
            yield connection
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"the archive {path.name} cannot be written ({error})",
            hint="is the disk full, or the file damaged? Restore it from the backup",
            where=str(path),
        ) from error


def archive_rows(
    connection: sqlite3.Connection, table: str, rows: pd.DataFrame, *, run_id: str
) -> None:
    """Keep rows: our four columns and the raw ones, which are stored as one JSON text each.

    Archiving the same record of the same block again replaces it; rows that share a key are
    records of their own.
    """
    names = [n for n in rows.columns if n not in _OURS]
    plain = rows.astype(object).where(rows.notna(), None)

    encode = json.JSONEncoder(ensure_ascii=False).encode
    parts = [plain[name].tolist() for name in _OURS]
    contents = list(zip(*(plain[name].tolist() for name in names), strict=True))

    def lines() -> Iterable[tuple[str | int, ...]]:
        for key, record, block, reason, values in zip(
            *parts, contents or [()] * len(plain), strict=True
        ):
            pairs = zip(names, values, strict=True)
            content = {name: value for name, value in pairs if value is not None}
            yield table, key, int(record), block or "", reason or "", run_id, encode(content)

    connection.executemany(
        "INSERT INTO archived VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "reason = excluded.reason, run_id = excluded.run_id, content = excluded.content",
        lines(),
    )


def search_archive(path: Path, needle: str, limit: int = 50) -> list[dict[str, str]]:
    """Archived rows whose key or content holds the text, without case (ASCII)."""
    if not path.exists():
        return []
    names = ("source_table", "record_key", "block", "reason", "content")
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            f"SELECT {', '.join(names)} FROM archived WHERE record_key = ? OR content LIKE ? "
            "ESCAPE '\\' ORDER BY source_table, record_key, record_id LIMIT ?",
            (needle, f"%{_escaped(needle)}%", limit),
        ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
