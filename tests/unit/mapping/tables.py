"""Tables in memory, for tests that need no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from migrate.values import SOURCE_ROW, Column, Table


def table_of(name: str, columns: Mapping[str, Sequence[str | None]]) -> Table:
    """A table of these columns, read in batches as a file would be."""
    frame = pd.DataFrame({c: pd.Series(list(v), dtype="str") for c, v in columns.items()})
    frame[SOURCE_ROW] = range(2, len(frame) + 2)

    def read(rows: int) -> Iterator[pd.DataFrame]:
        for start in range(0, len(frame), rows):
            yield frame.iloc[start : start + rows].reset_index(drop=True)

    return Table(name, tuple(Column(c) for c in columns), name, read, lambda: len(frame))
