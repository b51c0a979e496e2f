"""What will happen to an entity, given what the target holds now."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from migrate.loading.predict import Compared, predict
from migrate.store import sets
from migrate.store.duck import connect
from migrate.store.runfolder import ParquetFile, read_parquet
from migrate.values import TargetField, TargetObject

ACCOUNT = TargetObject("Account", (TargetField("name"),))


def parquet(path: Path, frame: pd.DataFrame) -> Path:
    with ParquetFile(path, list(frame.columns)) as out:
        out.write(frame.astype("str"))
    return path


def test_a_record_whose_given_id_the_target_does_not_hold_is_no_record_of_empty_fields(
    tmp_path: Path,
) -> None:
    entities = pd.DataFrame(
        {"external_id": ["a", "b", "c"], "wave": "base", "name": ["A", "B", "C"],
         "payload_hash": "h"}
    )  # fmt: skip
    snapshot = pd.DataFrame(
        {"target_id": ["7"], "external_id": [None], "version": ["1"], "name": ["Old A"]}
    )
    connection = connect(temp_folder=tmp_path)
    sets.run(
        connection,
        "CREATE TABLE target_ids AS SELECT * FROM (VALUES ('Account', 'a', '7'), "
        "('Account', 'b', '8')) t(object, external_id, target_id)",
    )
    sets.run(
        connection,
        "CREATE TABLE ledger_Account (external_id TEXT, target_id TEXT, version TEXT, "
        "loaded_hash TEXT, loaded_run TEXT)",
    )
    sets.run(connection, "CREATE TABLE half_gone (object TEXT, external_id TEXT)")
    conflicts = predict(
        connection, Compared(ACCOUNT, ("name",), ()),
        entities=parquet(tmp_path / "e.parquet", entities),
        snapshot=parquet(tmp_path / "s.parquet", snapshot), loaded={}, out=tmp_path / "p.parquet",
    )  # fmt: skip
    connection.close()
    found = pd.concat(read_parquet(tmp_path / "p.parquet")).set_index("external_id")
    assert found["predicted"].to_dict() == {"a": "updated", "b": "pending", "c": "created"}
    assert found.at["b", "reason"] == "deleted_in_target"
    assert pd.isna(found.at["b", "target_id"])
    assert pd.isna(found.at["b", "changes"])
    assert conflicts[["external_id", "code"]].values.tolist() == [["b", "deleted_in_target"]]
