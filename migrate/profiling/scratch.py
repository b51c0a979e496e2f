"""Where do the tables lie while they are profiled? As Parquet in a folder that is deleted after.

DuckDB takes "Name" and "name" for one column, so columns are stored by position: c0, c1, ...
The view has the number of the row, from 0, as ``i``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from migrate.store.duck import Connection
from migrate.values import Progress, Table


@dataclass(frozen=True)
class Stored:
    """One table in the scratch: the view to query, its columns by name, and its rows."""

    name: str
    view: str
    columns: Mapping[str, str]
    rows: int

    def listed(self, names: Sequence[str]) -> list[str]:
        """Give the stored columns for names of the source."""
        return [self.columns[name] for name in names]


def store(
    table: Table,
    number: int,
    folder: Path,
    connection: Connection,
    progress: Progress,
) -> Stored:
    """Read a table batch by batch into Parquet, and make it a view."""
    columns = {name: f"c{index}" for index, name in enumerate(table.column_names)}
    schema = pa.schema([(stored, pa.large_string()) for stored in columns.values()])
    file = folder / f"t{number}.parquet"
    rows = 0
    with pq.ParquetWriter(file, schema) as writer:
        for batch in table.batches():
            arrays = [pa.array(_text(batch[name]), pa.large_string()) for name in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            rows += len(batch)
            progress(table.name, rows, 0)
    view = f"t{number}"
    quoted = str(file).replace("'", "''")
    connection.execute(
        f"CREATE VIEW {view} AS SELECT * EXCLUDE (file_row_number), file_row_number AS i"
        f" FROM read_parquet('{quoted}', file_row_number = true)"
    )
    return Stored(table.name, view, columns, rows)


def _text(values: pd.Series) -> pd.Series:
    return values.astype("str") if str(values.dtype) != "str" else values


def figure(connection: Connection, query: str) -> int:
    """Give the one number that a query answers; nothing counts as 0."""
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
