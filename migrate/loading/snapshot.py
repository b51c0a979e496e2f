"""What the target holds now of the records that a plan is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from migrate.store.runfolder import ParquetFile
from migrate.values import Loader, Progress, TargetObject, silent

WHOLE_WHEN_UNDER = 3
"""A whole read is taken when the target holds less than this many times the records asked for."""


def snapshot_columns(target: TargetObject) -> list[str]:
    """The columns of a snapshot file: ours first, then every field of the object, and what says
    to which object a polymorphic reference leads."""
    names = [field.name for field in target.fields]
    types = [field.type_field for field in target.references if field.type_field]
    return ["target_id", "external_id", "version", *dict.fromkeys([*names, *types])]


def take_snapshot(
    loader: Loader,
    target: TargetObject,
    external_ids: Sequence[str] | pd.Series,
    path: Path,
    *,
    everything: bool = False,
    progress: Progress = silent,
) -> int:
    """Write the target's present records to ``path`` and return how many there are.

    Reads the whole object, or only the records with these external ids where that needs fewer
    calls. With ``everything`` the whole object is read (records bound by another field).
    """
    held = loader.count(target.name)
    whole = everything or held <= WHOLE_WHEN_UNDER * len(external_ids) + 1000
    source = loader.read(target.name) if whole else _read_known(loader, target, external_ids)
    columns = snapshot_columns(target)
    with ParquetFile(path, columns) as out:
        for frame in source if held else ():
            out.write(frame.reindex(columns=columns).astype("str"))
            progress(f"reading {target.name} from the target", out.rows, held)
    return out.rows


def _read_known(
    loader: Loader, target: TargetObject, external_ids: Sequence[str] | pd.Series
) -> Iterator[pd.DataFrame]:
    rows = 5_000
    for start in range(0, len(external_ids), rows):
        found = loader.probe(target.name, list(external_ids[start : start + rows]))
        if len(found):
            yield from loader.read(target.name, target_ids=found["target_id"].tolist())


def present_records(
    loader: Loader, target: TargetObject, target_ids: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """What the target holds now of these records: target id -> column -> canonical text."""
    found: dict[str, dict[str, str | None]] = {}
    for frame in loader.read(target.name, target_ids=list(target_ids)) if target_ids else ():
        plain = frame.astype(object).where(frame.notna(), None)
        for row in plain.to_dict("records"):
            found[str(row["target_id"])] = {str(name): value for name, value in row.items()}
    return found
