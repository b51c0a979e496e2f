"""A table as a text file that everybody can read: UTF-8 CSV, written whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from migrate.values import SOURCE_ROW


def write_csv(
    path: Path, batches: Iterator[pd.DataFrame], names: Sequence[str], *, with_rows: bool = False
) -> None:
    """Write frames as UTF-8 CSV (RFC 4180, LF), whole or not at all; its owner alone may read it.

    Every text is in quotes and nothing is an empty field, so that no value can be mistaken.
    """
    temporary = path.with_name(f".{path.name}.part")
    listed = [SOURCE_ROW, *names] if with_rows else list(names)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    options = pacsv.WriteOptions(include_header=False)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_header(listed))
            for batch in batches:
                if len(listed) == 0 or batch.empty:
                    continue
                arrays = [_arrow(batch[name]) for name in listed]
                # by position: two columns may differ in nothing that Arrow would show
                table = pa.Table.from_arrays(arrays, names=[str(i) for i in range(len(listed))])
                pacsv.write_csv(table, stream, options)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _header(names: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(names)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _arrow(values: pd.Series) -> pa.Array:
    kind = pa.int64() if values.name == SOURCE_ROW else pa.large_string()
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # half a character from a wrongly decoded file
        seen = values.map(
            lambda text: text.encode("utf-8", "backslashreplace").decode(), na_action="ignore"
        )
        return pa.array(seen, kind)
