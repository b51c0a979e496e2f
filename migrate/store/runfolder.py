"""The folder of one run: what each stage wrote, readable, never changed afterwards.

::

    runs/<run id>/
      reading.yaml            what was guessed, editable (copy it beside migration.yaml)
      extract/<table>.parquet       raw text, with _record_id, _record_key, _source_row
      canonical/<block>.parquet     one row for each unit that survived the transform
      entities/<object>.parquet     one row for each record meant for the target
      snapshot/<object>.parquet     what the target held when the plan was made
      payload/<nnn>-….parquet       what load sends, in this order
      issues.jsonl, issues.xlsx, report.json, report.html
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_LONGEST_NAME = 60  # a file system counts bytes, and a letter may take four


@dataclass(frozen=True)
class RunFolder:
    """One run's folder; every stage asks it for its paths."""

    path: Path

    @property
    def run_id(self) -> str:
        return self.path.name

    def stage(self, name: str) -> Path:
        folder = self.path / name
        private_folder(folder)
        return folder

    def file(self, stage: str, name: str) -> Path:
        """``<stage>/<name>.parquet``, the name made safe for every file system."""
        return self.stage(stage) / f"{safe_name(name)}.parquet"


def new_run_id(command: str) -> str:
    """A run id that sorts by time and is unique: ``20260301T221530Z-plan-4f2a``."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}-{command}-{secrets.token_hex(2)}"


def new_run(runs_folder: Path, command: str) -> RunFolder:
    """Make the folder of a new run, readable by its owner only."""
    private_folder(runs_folder)
    folder = RunFolder(runs_folder / new_run_id(command))
    private_folder(folder.path)
    return folder


def private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter (the mode says nothing on Windows)."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def safe_name(name: str) -> str:
    """A file name from any table or object name: two names never share a file.

    A name that a file system could change or confuse with another one (signs, case, accents,
    length) carries a hash.

    >>> safe_name("erp.orders"), safe_name("erp.Order Details/2")
    ('erp.orders', 'erp.Order_Details_2~4d412bfa')
    """
    safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[:_LONGEST_NAME]
    plain = unicodedata.normalize("NFC", name).casefold()
    if safe == name == plain:
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4)
    return f"{safe}~{digest.hexdigest()}"


def write_private_text(path: Path, content: str) -> None:
    """Write text that only its owner may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    write_private_text(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


class ParquetFile:
    """Write frames one after the other into one Parquet file; use as a context manager.

    Text columns are stored as strings whatever the first frame holds (an all-missing column would
    otherwise become a null column that the next frame does not fit). The file appears under its
    name only when it is complete.
    """

    def __init__(self, path: Path, columns: Iterable[str], *, integers: Iterable[str] = ()) -> None:
        whole = set(integers)
        self._path = path
        self._temporary = path.with_name(f".{path.name}.part")
        self.schema = pa.schema(
            [(name, pa.int64() if name in whole else pa.string()) for name in columns]
        )
        self._writer = pq.ParquetWriter(self._temporary, self.schema, compression="zstd")
        self.rows = 0

    def write(self, frame: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(
            frame[self.schema.names], schema=self.schema, preserve_index=False
        )
        self._writer.write_table(table)
        self.rows += len(frame)

    def __enter__(self) -> ParquetFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writer.close()
        if kind is None:
            self._temporary.replace(self._path)
        else:
            self._temporary.unlink(missing_ok=True)


def read_parquet(
    path: Path, rows: int = 50_000, columns: list[str] | None = None
) -> Iterable[pd.DataFrame]:
    """The frames of a Parquet file, at most ``rows`` each, text as pandas ``str``."""
    with pq.ParquetFile(path) as stored:
        for part in stored.iter_batches(batch_size=rows, columns=columns):
            yield text_frame(pa.Table.from_batches([part]))


def text_frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a frame: strings as pandas ``str``, integers as int64."""
    frame: pd.DataFrame = table.to_pandas()
    for name, kind in zip(table.schema.names, table.schema.types, strict=True):
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
            frame[name] = frame[name].astype("str")
    return frame
