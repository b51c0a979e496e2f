"""Names and lengths of new fields keep the rules of their CRM, whatever the heading is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.mapping.gaps.fields import head_room, new_field
from migrate.mapping.gaps.measured import Measured, measure
from migrate.mapping.gaps.names import RULES, api_name, rules_of
from migrate.values import Column, Table
from tests.unit.mapping.tables import table_of


@given(st.text(max_size=200), st.sampled_from(sorted(RULES)), st.integers(0, 3))
def test_a_name_is_plain_short_enough_and_never_taken(text: str, target: str, before: int) -> None:
    rules = rules_of(target)
    taken: list[str] = []
    for _ in range(before + 1):
        name = api_name(text, rules, taken)
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
        assert len(name) <= rules.longest
        assert name.startswith(rules.prefix)
        assert name.endswith(rules.suffix)
        assert name.casefold() not in {other.casefold() for other in taken}
        taken.append(name)


@given(st.integers(0, 300_000))
def test_a_field_is_never_shorter_than_its_longest_value(longest: int) -> None:
    assert head_room(longest) >= longest


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_decimal_keeps_its_digits(whole: int, fraction: int) -> None:
    found = Measured("t", "x", 1, 1, 1, 9, kind="decimal", whole=whole, fraction=fraction)
    made = new_field(found, "A", rules_of("salesforce"), ())
    assert made.precision is not None
    assert made.scale is not None
    assert made.precision <= 18
    if whole + max(fraction, 2) <= 16 and fraction <= 8:
        assert made.precision - made.scale >= whole
        assert made.scale >= fraction


def measured(values: list[str | None], name: str = "x") -> Measured:
    return measure([table_of("t", {name: values})])["t", name]


def test_all_rows_are_looked_at_not_the_first_ones() -> None:
    values: list[str | None] = ["short"] * 60_000 + ["y" * 500]
    found = measured(values)
    assert (found.rows, found.longest, found.distinct) == (60_001, 500, 2)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1,5", "22,25", "3"] * 5, "decimal"),
        (["2024-01-31", "2023-02-01"] * 5, "date"),
        (["red", "green"] * 10, "picklist"),
        ([f"word {n}" for n in range(30)], "text"),
        (["00123", "00456", "01000", "00077"], "text"),
    ],
)
def test_the_kind_of_a_field_is_that_of_its_values(values: list[str], kind: str) -> None:
    name = "postcode" if kind == "text" else "x"
    assert measured(list(values), name).kind == kind


def test_names_of_people_are_no_list() -> None:
    values = ["Ján Novák", "Eva Malá", "Peter Kováč"] * 20
    assert measured(list(values), "agent").choices == ()


def test_limits_are_asked_about_values_without_their_blanks() -> None:
    table = table_of("t", {"x": ["abc  ", "abcdef", "abcdefgh", None]})
    found = measure([table], limits={("t", "x"): (5,)})["t", "x"]
    assert [(o.limit, o.count, o.worst[0]) for o in found.over] == [(5, 2, (8, "abcdefgh"))]


def test_a_table_without_rows_is_measured_too() -> None:
    empty = Table("t", (Column("a"),), "t", lambda rows: iter(()), lambda: 0)
    assert measure([empty])["t", "a"].filled == 0
