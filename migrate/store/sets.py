"""Ask the scratch database about whole sets: run, count, stream as frames, copy to Parquet.

The connection comes from :func:`migrate.store.duck.connect`. A stream uses a cursor of its own,
because a connection with an open result refuses everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from migrate.store.duck import quiet, telling
from migrate.store.runfolder import text_frame

Connection = Any


def quote(name: str) -> str:
    """An identifier, quoted.

    >>> quote('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text literal, quoted.

    >>> literal("O'Neil")
    "'O''Neil'"
    """
    return "'" + value.replace("'", "''") + "'"


def parquet(paths: Iterable[Path]) -> str:
    """``read_parquet(...)`` over these files, columns matched by name."""
    files = ", ".join(literal(path.as_posix()) for path in paths)
    return f"read_parquet([{files}], union_by_name=true)"


@telling()
def run(
    connection: Connection, query: str, parameters: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Run a statement to its end and return its rows."""
    result = (
        connection.execute(query, list(parameters)) if parameters else connection.execute(query)
    )
    rows: list[tuple[Any, ...]] = result.fetchall()
    return rows


def scalar(connection: Connection, query: str) -> Any:
    return run(connection, query)[0][0]


@telling()
def frame(connection: Connection, query: str) -> pd.DataFrame:
    """All rows of a query as one frame (for results that fit memory)."""
    return text_frame(connection.sql(query).to_arrow_table())


def frames(connection: Connection, query: str, rows: int = 50_000) -> Iterator[pd.DataFrame]:
    """The rows of a query in frames of at most ``rows``.

    The scratch database hands out pieces of any size; they are put together, because what is done
    with a frame has its price per frame.
    """
    cursor = quiet(connection.cursor())
    try:
        pieces: list[pa.RecordBatch] = []
        held = 0
        with telling():
            for part in cursor.sql(query).to_arrow_reader(rows):
                if held and held + part.num_rows > rows:
                    yield text_frame(pa.Table.from_batches(pieces))
                    pieces, held = [], 0
                if part.num_rows:
                    pieces.append(part)
                    held += part.num_rows
            if pieces:
                yield text_frame(pa.Table.from_batches(pieces))
    finally:
        cursor.close()


def put(connection: Connection, table: str, data: pd.DataFrame) -> None:
    """Create or replace a scratch table with a frame's rows."""
    arrow = pa.Table.from_pandas(data, preserve_index=False)
    arrow = arrow.cast(pa.schema([_plain(f) for f in arrow.schema]))
    connection.register("_incoming", arrow)
    run(connection, f"CREATE OR REPLACE TABLE {quote(table)} AS SELECT * FROM _incoming")
    connection.unregister("_incoming")


def append(connection: Connection, table: str, data: pd.DataFrame) -> None:
    """Add a frame's rows to a scratch table that has columns of these names."""
    arrow = pa.Table.from_pandas(data, preserve_index=False)
    connection.register("_incoming", arrow.cast(pa.schema([_plain(f) for f in arrow.schema])))
    run(connection, f"INSERT INTO {quote(table)} BY NAME SELECT * FROM _incoming")
    connection.unregister("_incoming")


def copy_to(connection: Connection, query: str, path: Path) -> int:
    """Write a query's rows to a Parquet file in their order; the file appears when it is whole."""
    temporary = path.with_name(f".{path.name}.part")
    target = literal(temporary.as_posix())
    rows = run(connection, f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
    temporary.replace(path)
    return int(rows[0][0])


def _plain(column: pa.Field) -> pa.Field:
    if pa.types.is_large_string(column.type) or pa.types.is_null(column.type):
        return pa.field(column.name, pa.string())
    return column
