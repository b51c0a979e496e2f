"""What the values of a canonical file run into, field by field."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from migrate.mapping.checking.values import Found, check_values
from migrate.specs.mapping import Block, FieldMap, MappingSpec
from migrate.store import sets
from migrate.store.duck import connect
from migrate.store.runfolder import ParquetFile
from migrate.values import ROLE, TargetField, TargetObject, TargetSchema

FIELDS = (
    TargetField("name", length=5, is_required=True),
    TargetField("amount", type="decimal", precision=6, scale=2),
    TargetField("stage", type="picklist", picklist=("new", "won")),
    TargetField("tags", type="picklist", picklist=("a", "b"), is_multiple=True),
)


def checked(tmp_path: Path, rows: list[dict[str, str | None]], **more: object) -> Found:
    """The problems of these canonical rows, each field mapped from a column of its own name."""
    maps = tuple(
        FieldMap(f.name, columns=(f.name,), where=f"m.yaml:{n}") for n, f in enumerate(FIELDS)
    )
    block = Block("deals", "crm.deals", "Deal", "base", maps, where="m.yaml:99")
    path = tmp_path / "deals.parquet"
    columns = [ROLE, *(f.name for f in FIELDS)]
    frame = pd.DataFrame(
        [{c: row.get(c) for c in columns} | {ROLE: row.get(ROLE, "")} for row in rows]
    )
    with ParquetFile(path, columns) as out:
        out.write(frame.astype("str").where(frame.notna()))
    connection = connect()
    texts = ", ".join(f'"{c}" TEXT' for c in ("block", "part", "code", "severity", "field", "column", "value", "message", "hint"))  # fmt: skip
    sets.run(connection, f"CREATE TABLE problems ({texts})")
    schema = TargetSchema("own", (TargetObject("Deal", FIELDS),))
    return check_values(connection, MappingSpec((block,)), schema, {"deals": path})


@pytest.mark.parametrize(
    ("row", "code", "line"),
    [
        ({"name": "sixsix"}, "values_too_long", "m.yaml:0"),
        ({"name": None}, "required_field_empty", "m.yaml:0"),
        ({"name": "x", "amount": "12345.5"}, "numbers_too_large", "m.yaml:1"),
        ({"name": "x", "amount": "-12345"}, "numbers_too_large", "m.yaml:1"),
        ({"name": "x", "stage": "lost"}, "values_without_home", "m.yaml:2"),
    ],
)
def test_each_problem_is_found_at_its_line(
    row: dict[str, str | None], code: str, line: str, tmp_path: Path
) -> None:
    found = checked(tmp_path, [row, {"name": "fine", "amount": "1234.56", "stage": "won"}])
    assert [(issue.code, issue.place) for issue in found.issues] == [(code, line)]


def test_rows_that_are_left_out_have_no_problems(tmp_path: Path) -> None:
    assert checked(tmp_path, [{"name": "much too long", ROLE: "excluded"}]).issues == ()


def test_values_that_just_fit_are_fine(tmp_path: Path) -> None:
    rows = [{"name": "12345", "amount": "9999.99", "stage": "new"}, {"name": "žščťž"}]
    assert checked(tmp_path, list(rows)).issues == ()


def test_each_of_several_values_is_held_against_the_list(tmp_path: Path) -> None:
    found = checked(tmp_path, [{"name": "x", "tags": "a; b"}, {"name": "y", "tags": "a;c"}])
    assert [(one.value, one.count) for one in found.homeless] == [("c", 1)]


def test_the_longest_are_told_with_their_lengths(tmp_path: Path) -> None:
    rows = [{"name": "x" * n} for n in (6, 9, 7, 8, 3)]
    long = checked(tmp_path, list(rows)).too_long[0]
    assert (long.count, long.filled, long.longest) == (4, 5, 9)
    assert [length for length, _ in long.worst] == [9, 8, 7]
