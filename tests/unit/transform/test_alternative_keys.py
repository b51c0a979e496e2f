"""Parents that are looked up by another column than their key."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from migrate.specs.mapping import Block, Lookup
from migrate.store import sets
from migrate.store.duck import connect
from migrate.store.runfolder import ParquetFile
from migrate.transform.relations import add_alternative_keys, create_tables

BLOCK = Block("customers", "book.customers", "Account", "base", ())


def found(folder: Path, numbers: list[str | None], lookup: Lookup) -> dict[str, str]:
    """Number -> external id of the customer that it finds."""
    ids = [str(n) for n in range(1, len(numbers) + 1)]
    raw = {"_record_id": range(1, len(numbers) + 1), "number": numbers}
    canonical = {
        "_record_id": raw["_record_id"],
        "_external_id": [f"book:customers:{i}" for i in ids],
    }
    for name, columns in (("raw", raw), ("canonical", canonical)):
        with ParquetFile(folder / name, list(columns), integers=["_record_id"]) as out:
            out.write(pd.DataFrame(columns))
    connection = connect(temp_folder=folder)
    try:
        create_tables(connection)
        add_alternative_keys(connection, BLOCK, lookup, folder / "canonical", folder / "raw")
        rows = sets.run(connection, "SELECT key, external_id FROM parent_keys")
        return {str(key): str(external_id)[-1] for key, external_id in rows}
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("numbers", "digits", "expected"),
    [
        (["001234", " 77 "], 0, {"001234": "1", "77": "2"}),
        (["001234", "77", "A-7"], 6, {"001234": "1", "000077": "2", "A-7": "3"}),
        (["1234567"], 6, {"1234567": "1"}),
        ([None, "", "5"], 6, {"000005": "3"}),
    ],
)
def test_numbers_are_compared_with_their_zeros(
    tmp_path: Path, numbers: list[str | None], digits: int, expected: dict[str, str]
) -> None:
    lookup = Lookup(("customers",), by="number", digits=digits)
    assert found(tmp_path, numbers, lookup) == expected


def test_a_number_that_two_records_share_finds_neither(tmp_path: Path) -> None:
    lookup = Lookup(("customers",), by="number", digits=6)
    assert found(tmp_path, ["001234", "1234", "5"], lookup) == {"000005": "3"}
    assert found(tmp_path, ["001234", "1234"], Lookup(("customers",), by="number")) != {}
