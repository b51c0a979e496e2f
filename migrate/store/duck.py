"""How is DuckDB opened as scratch? The only module that imports it.

DuckDB holds nothing that lasts: data enters and leaves as Arrow or Parquet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from migrate.errors import UsageError

Connection = duckdb.DuckDBPyConnection


def connect(memory_mb: int = 512, temp_folder: Path | None = None) -> Connection:
    """Open an in-memory DuckDB that stays under ``memory_mb`` and spills to ``temp_folder``.

    Extensions are never fetched: what is not in the wheel is not used. Row order is not kept
    (that costs memory), so a query that needs an order says so.

    >>> connect(128).execute("SELECT current_setting('threads')").fetchone()
    (2,)
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": f"{memory_mb}MB",
            "threads": 2,
            "preserve_insertion_order": False,
        },
    )
    quiet(connection)
    if temp_folder is not None:
        temp_folder.mkdir(parents=True, exist_ok=True)
        connection.execute("SET temp_directory = ?", [str(temp_folder)])
    return connection


def quiet(connection: Connection) -> Connection:
    """Keep the progress bar of long queries off stdout, which belongs to ``--json``.

    Each cursor is a session of its own and has to be told.

    >>> quiet(connect().cursor()).execute("SELECT 1").fetchone()
    (1,)
    """
    connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def telling() -> Iterator[None]:
    """Say what a person can do about a full disk or too little memory, and let Ctrl-C through."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        said = str(error).replace('\\"', '"')
        found = re.search(r'Could not \w+ file "[^"]*": [^",{}]*', said)
        what = found[0] if found else said.splitlines()[0]
        raise UsageError(
            f"the run's scratch files: {what}",
            hint="make room on the disk of the migration's folder, or make a new plan if files of "
            "runs/ were moved; nothing that was booked is lost: run the same command again",
            retryable=True,
        ) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of a KeyboardInterrupt
            raise KeyboardInterrupt from None
        raise
