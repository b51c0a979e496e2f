"""What the target holds now of the records that a plan is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from migrate.store.ledger import Ledger
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
    target_ids: Sequence[str] = (),
    everything: bool = False,
    progress: Progress = silent,
) -> int:
    """Write the target's present records to ``path`` and return how many there are.

    Reads the whole object, or only the records with these external ids and these ``target_ids``
    (known from the ledger or given by people: such a record need not carry our external id) where
    that needs fewer calls. With ``everything`` the whole object is read (records bound by another
    field).
    """
    held = loader.count(target.name)
    known = max(len(external_ids), len(target_ids))
    whole = everything or held <= WHOLE_WHEN_UNDER * known + 1000
    if whole:
        source = loader.read(target.name)
    else:
        source = _read_known(loader, target, external_ids, target_ids)
    columns = snapshot_columns(target)
    with ParquetFile(path, columns) as out:
        for frame in source if held else ():
            out.write(frame.reindex(columns=columns).astype("str"))
            progress(f"reading {target.name} from the target", out.rows, held)
    return out.rows


def _read_known(
    loader: Loader, target: TargetObject, external_ids: Sequence[str] | pd.Series,
    target_ids: Sequence[str],
) -> Iterator[pd.DataFrame]:  # fmt: skip
    rows = 5_000
    wanted = dict.fromkeys(target_ids)
    for start in range(0, len(external_ids), rows):
        found = loader.probe(target.name, list(external_ids[start : start + rows]))
        wanted |= dict.fromkeys(found["target_id"].tolist())
    each_once = list(wanted)
    for start in range(0, len(each_once), rows):
        yield from loader.read(target.name, target_ids=each_once[start : start + rows])


def known_target_ids(
    ledger: Ledger, object: str, given: Mapping[str, str] | None = None
) -> list[str]:
    """The target ids of what we loaded, and of what people named (external id -> target id)."""
    found = list((given or {}).values())
    for rows in ledger.stream(
        "SELECT target_id FROM entity WHERE object = :o AND target_id NOTNULL AND loaded_hash "
        "NOTNULL",
        o=object,
    ):
        found += [str(row[0]) for row in rows]
    return found


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
