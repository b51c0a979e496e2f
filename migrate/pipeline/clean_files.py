"""The files that a cleaning keeps and writes: rows on the way, the cleaned table, changes, issues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from migrate.errors import UsageError
from migrate.pipeline.clean_changes import COLUMNS
from migrate.reports.issues import issue_line
from migrate.store.csvfile import write_csv
from migrate.store.runfolder import text_frame, write_private_text
from migrate.values import BATCH_ROWS, SOURCE_ROW, Issue

_SHEET_ROWS = 1_048_575


def write_output(output: Path, made: Path, names: Sequence[str]) -> None:
    def frames() -> Iterator[pd.DataFrame]:
        with pq.ParquetFile(made) as stored:
            for part in stored.iter_batches(batch_size=BATCH_ROWS, columns=list(names)):
                yield text_frame(pa.Table.from_batches([part]))

    if output.suffix.lower() != ".xlsx":
        write_csv(output, frames(), names)
        return
    from migrate.reports.xlsx import Sheet, SheetColumn, write_workbook

    if pq.read_metadata(made).num_rows > _SHEET_ROWS:
        raise UsageError(
            f"a sheet holds {_SHEET_ROWS:,} rows, and the table has more",
            hint="name a .csv file after --to",
            where=str(output),
        )
    rows = (
        tuple(row)
        for frame in frames()
        for row in frame[list(names)].fillna("").itertuples(index=False, name=None)
    )
    sheet = Sheet(output.stem[:31] or "cleaned", [SheetColumn(n, 20) for n in names], rows)
    write_workbook(output, [sheet])


def write_changes(record: Path, body: Path, head: pd.DataFrame) -> None:
    write_csv(record, iter([head]), COLUMNS)
    with body.open("rb") as source, record.open("ab") as stream:
        source.readline()  # its header: the head has it already
        while piece := source.read(1 << 20):
            stream.write(piece)


class IssueFile:
    """Every issue, as a line of JSON; the file is for its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()

    def __enter__(self) -> IssueFile:
        write_private_text(self._path, "")
        self._file = self._stack.enter_context(self._path.open("a", encoding="utf-8"))
        return self

    def write(self, issue: Issue) -> None:
        self._file.write(issue_line(issue) + "\n")

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class Frames:
    """Frames kept in a Parquet file that is read back at once: quick to write, not small."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        fields = [(n, pa.int64() if n == SOURCE_ROW else pa.large_string()) for n in names]
        self._schema = pa.schema(fields)
        self._writer = pq.ParquetWriter(path, self._schema, compression="lz4", use_dictionary=False)

    def __enter__(self) -> Frames:
        return self

    def write(self, frame: pd.DataFrame) -> None:
        arrays = [
            pa.array(frame[name], self._schema.field(name).type) for name in self._schema.names
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def __exit__(self, *_: object) -> None:
        self._writer.close()
