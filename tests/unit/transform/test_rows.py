"""Units out of rows: parts, exclusions, retention, corrections."""

from __future__ import annotations

import pandas as pd
import pytest

from migrate.specs.mapping import Block, Condition, Exclusion, Unpivot
from migrate.specs.project import Retention
from migrate.transform.rows import (
    meets,
    units_of,
    value_hash,
    with_corrections,
    without_nulls,
)


def rows(**columns: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame({n: pd.Series(v, dtype="str") for n, v in columns.items()})
    frame.insert(0, "_record_id", range(1, len(frame) + 1))
    frame["_record_key"] = pd.Series([f"k{i}" for i in frame["_record_id"]], dtype="str")
    return frame


def block(**given: object) -> Block:
    settings = {"name": "b", "table": "s.t", "object": "Contact", "wave": "w", "fields": ()}
    return Block(**(settings | given))  # type: ignore[arg-type]


def test_every_row_has_a_unit_with_the_external_id_of_source_block_and_key() -> None:
    units = units_of(rows(a=["x", None]), block())
    assert units["_external_id"].tolist() == ["s:b:k1", "s:b:k2"]
    assert units["_role"].tolist() == ["", ""]


def test_unpivot_makes_one_unit_for_each_filled_part_and_one_excluded_unit_for_an_empty_row() -> (
    None
):
    unpivot = Unpivot({"work": {"number": "t1"}, "home": {"number": "t2"}}, label="kind")
    units = units_of(
        rows(t1=["1", "2", None], t2=["9", None, None]), block(unpivot=unpivot)
    ).sort_values(["_record_id", "_part"])
    found = units[["_record_id", "_part", "number", "kind", "_role"]].fillna("").values.tolist()
    assert found == [
        [1, "home", "9", "home", ""],
        [1, "work", "1", "work", ""],
        [2, "work", "2", "work", ""],
        [3, "work", "", "work", "excluded"],
    ]
    assert units["_external_id"].tolist()[0] == "s:b:k1#home"


def test_derived_parents_share_an_external_id_and_empty_ones_are_excluded() -> None:
    units = units_of(rows(firm=["Acme", "ACME ", None]), block(distinct=("firm",)))
    assert units["_external_id"].tolist()[:2] == ["s:b:acme", "s:b:acme"]
    assert units["_role"].tolist() == ["", "", "excluded"]


def test_the_first_reason_to_exclude_stays() -> None:
    first = Exclusion(Condition("d", "is", ("1",)), "deleted")
    second = Exclusion(Condition("d", "filled"), "flagged")
    units = units_of(rows(d=["1", "0", None]), block(exclusions=(first, second)))
    assert units["_reason"].fillna("").tolist() == ["deleted", "flagged", ""]


def test_retention_keeps_the_boundary_day_and_what_has_no_date() -> None:
    rule = Retention("b", "due", "2015-01-01", "too old")
    units = units_of(
        rows(due=["2014-12-31", "2015-01-01", None]),
        block(),
        retention=[rule],
        read_dates=lambda values: values,
    )
    assert units["_role"].tolist() == ["excluded", "", ""]


def test_an_admin_can_leave_a_record_out() -> None:
    units = units_of(rows(a=["x", "y"]), block(), left_out=frozenset({2}))
    assert units["_rule"].fillna("").tolist() == ["", "left_out"]


def test_a_correction_applies_while_the_raw_value_is_what_it_was_made_for() -> None:
    frame = rows(mail=["bad", "bad", None])
    corrections = pd.DataFrame(
        {
            "_record_id": [1, 2, 3],
            "column": ["mail", "mail", "mail"],
            "base_hash": [value_hash("bad"), value_hash("other"), value_hash(None)],
            "correction": ["a@example.com", "b@example.com", "c@example.com"],
        }
    )
    fixed = with_corrections(frame, corrections)
    assert fixed["mail"].tolist() == ["a@example.com", "bad", "c@example.com"]
    assert frame["mail"].fillna("").tolist() == ["bad", "bad", ""], "the input is untouched"


def test_null_spellings_are_exact_and_leave_other_text_alone() -> None:
    frame = without_nulls(rows(a=["NULL", " NULL ", "null", "-"]), ["NULL"])
    assert frame["a"].fillna("").tolist() == ["", "", "null", "-"]


@pytest.mark.parametrize(
    ("test", "values", "expected"),
    [
        ("is", ("a",), [True, True, False, False]),
        ("is_not", ("a",), [False, False, True, False]),
        ("empty", (), [False, False, False, True]),
        ("filled", (), [True, True, True, False]),
    ],
)
def test_conditions(test: str, values: tuple[str, ...], expected: list[bool]) -> None:
    frame = rows(c=["a", " A", "b", None])
    assert meets(frame, Condition("c", test, values)).tolist() == expected  # type: ignore[arg-type]
