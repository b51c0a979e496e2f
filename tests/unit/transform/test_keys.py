"""Stable keys: the same row is recognised wherever it stands."""

from __future__ import annotations

import pandas as pd
import pytest

from migrate.transform.keys import (
    derived_keys,
    distinct_key,
    normal_key,
    record_keys,
    row_hashes,
)


def text(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def test_composite_keys_of_different_parts_never_collide() -> None:
    frame = pd.DataFrame({"a": text("1|2", "1", "1\\"), "b": text("3", "2|3", "|3")})
    keys = record_keys(frame, ["a", "b"])
    assert keys.nunique() == 3


def test_a_key_with_an_empty_part_is_missing() -> None:
    frame = pd.DataFrame({"a": text("1", " "), "b": text("x", "y")})
    assert record_keys(frame, ["a", "b"]).tolist()[0] == "1|x"
    assert record_keys(frame, ["a", "b"]).isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("raw", "digits", "expected"),
    [(" 1234", 6, "001234"), ("001234", 6, "001234"), ("A12", 6, "A12"), ("12", 0, "12")],
)
def test_lost_zeros_come_back_only_in_all_digit_keys(raw: str, digits: int, expected: str) -> None:
    assert normal_key(text(raw), digits=digits).tolist() == [expected]


def test_decomposed_and_composed_letters_are_one_key() -> None:
    assert normal_key(text("Nova\u0301k")).tolist() == normal_key(text("Nov\u00e1k")).tolist()


def test_the_hash_does_not_depend_on_the_order_of_columns_but_on_missing_or_empty() -> None:
    one = row_hashes(pd.DataFrame({"a": text("x"), "b": text("y")}))
    two = row_hashes(pd.DataFrame({"b": text("y"), "a": text("x")}))
    missing = row_hashes(pd.DataFrame({"a": text("x"), "b": text(None)}))
    empty = row_hashes(pd.DataFrame({"a": text("x"), "b": text("")}))
    assert one[0] == two[0]
    assert len({one[0], missing[0], empty[0]}) == 3


def test_equal_rows_without_a_key_are_told_apart_by_occurrence_across_batches() -> None:
    seen: dict[str, int] = {}
    first = derived_keys(text("h", "h"), seen)
    second = derived_keys(text("h"), seen)
    assert [*first, *second] == ["hash:h#1", "hash:h#2", "hash:h#3"]


def test_distinct_keys_fold_case_and_shorten_very_long_texts() -> None:
    keys = distinct_key(pd.DataFrame({"firm": text("ACME", "acme ", "x" * 500)}), ["firm"])
    assert keys[0] == keys[1] == "acme"
    assert len(keys[2]) == 16
