"""The accounting identity breaks when a row or a unit is lost or doubled on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from migrate.pipeline.accounting import book_block_counts, count_objects
from migrate.specs.mapping import Block, MappingSpec
from migrate.store.duck import connect
from migrate.store.ledger import Ledger, open_ledger
from migrate.store.runfolder import ParquetFile
from migrate.values import ObjectCount

MAPPING = MappingSpec((Block("people", "crm.people", "Contact", "a", ()),))


def _run(ledger: Ledger, statement: str) -> None:
    with ledger.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Three rows, one of them in two parts: four units."""
    opened = open_ledger(tmp_path / "ledger.db", migration="m", environment="sandbox")
    _run(opened, "INSERT INTO source_table (name, row_count) VALUES ('crm.people', 3)")
    for number in (1, 2, 3):
        _run(
            opened, f"INSERT INTO record (record_id, table_id, key) VALUES ({number}, 1, {number})"
        )
    for record, part in ((1, ""), (2, ""), (3, "a"), (3, "b")):
        _unit(opened, record, part)
    path = tmp_path / "people.parquet"
    with ParquetFile(path, ["_record_id", "_part"], integers=["_record_id"]) as out:
        parts = pd.DataFrame({"_record_id": [1, 2, 3, 3], "_part": ["", "", "a", "b"]})
        out.write(parts.astype({"_part": "str"}))
    connection = connect(64)
    book_block_counts(connection, opened, "p1", {"people": path})
    connection.close()
    yield opened
    opened.close()


def _unit(ledger: Ledger, record: int, part: str) -> None:
    _run(ledger, "INSERT INTO unit (record_id, block, part, object, wave, role, last_run) VALUES "
         f"({record}, 'people', '{part}', 'Contact', 'a', 'excluded', 'p1')")  # fmt: skip


def _line(ledger: Ledger) -> ObjectCount:
    (line,) = count_objects(ledger, MAPPING, ("a",), ("Contact",))
    return line


def test_rows_and_splits_are_what_the_units_add_up_to(ledger: Ledger) -> None:
    line = _line(ledger)
    assert (line.rows, line.splits, line.is_balanced) == (3, 1, True)


@pytest.mark.parametrize(
    "loss",
    ["part = 'b'", "record_id = 1", "record_id = 3", "block = 'people'"],
)
def test_a_lost_unit_breaks_the_identity(ledger: Ledger, loss: str) -> None:
    _run(ledger, f"DELETE FROM unit WHERE {loss}")
    line = _line(ledger)
    assert not line.is_balanced
    assert line.extracted == 4


def test_a_doubled_unit_breaks_the_identity(ledger: Ledger) -> None:
    _unit(ledger, 1, "again")
    assert not _line(ledger).is_balanced


def test_units_that_an_earlier_plan_left_keep_it(ledger: Ledger) -> None:
    _run(ledger, "UPDATE record SET gone_run = 'p0' WHERE record_id = 4")
    _run(ledger, "INSERT INTO record (record_id, table_id, key, gone_run) VALUES (4, 1, 4, 'p1')")
    for part in ("a", "b"):
        _unit(ledger, 4, part)
    _run(ledger, "UPDATE unit SET last_run = 'p0' WHERE record_id = 4")
    line = _line(ledger)
    assert (line.rows, line.splits, line.is_balanced) == (4, 2, True)
