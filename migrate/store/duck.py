"""How is DuckDB opened as scratch? The only module that imports it.

DuckDB holds nothing that lasts: data enters and leaves as Arrow or Parquet.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

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
    if temp_folder is not None:
        temp_folder.mkdir(parents=True, exist_ok=True)
        connection.execute("SET temp_directory = ?", [str(temp_folder)])
    return connection


def quoted(name: str) -> str:
    """Quote a column or table name for SQL.

    >>> quoted('Obrat / "Suma"')
    '"Obrat / ""Suma\"""'
    """
    return '"' + name.replace('"', '""') + '"'
