"""Conditions, splits, expressions, combinations, conversions and functions, as mapping files say them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from migrate.specs.mapping import (
    Combinations,
    Condition,
    Conversion,
    FieldMap,
    PythonFunction,
    Split,
)
from migrate.specs.mappingfile import read_mapping
from migrate.specs.rates import read_rates
from migrate.values import Issue

HEAD = "blocks:\n  b:\n    from: erp.t\n    to: A\n    fields:\n      f: "


def read(tmp_path: Path, field: str) -> tuple[FieldMap, list[Issue]]:
    path = tmp_path / "m.yaml"
    path.write_text(HEAD + field + "\n", encoding="utf-8")
    spec, issues = read_mapping([path], waves=("w",))
    assert spec is not None
    return spec.blocks[0].fields[0], issues


def test_conditions_are_read_alone_and_in_lists(tmp_path: Path) -> None:
    field, issues = read(
        tmp_path,
        "{from: x, else: none, when: [{column: a, less: 5}, {any: [{column: b, matches: 'x+'}, "
        "{all: [{column: c, is: [1, 2]}, {column: d, filled: false}]}]}]}",
    )
    assert not issues
    assert field.otherwise == "none"
    assert field.when == Condition(
        "", "all", parts=(
            Condition("a", "less", ("5",)),
            Condition("", "any", parts=(
                Condition("b", "matches", ("x+",)),
                Condition("", "all", parts=(
                    Condition("c", "is", ("1", "2")), Condition("d", "empty"),
                )),
            )),
        ),
    )  # fmt: skip
    assert field.when.columns == ("a", "b", "c", "d")
    assert (field.source_columns, field.read_columns) == (("x",), ("x", "a", "b", "c", "d"))


def test_the_other_ways_are_read(tmp_path: Path) -> None:
    field, issues = read(tmp_path, "{from: x, split: {separator: [',', ;], part: last}}")
    assert (field.split, issues) == (Split((",", ";"), 0), [])
    field, issues = read(tmp_path, "{from: x, split: {separator: ','}}")
    assert (field.split, issues) == (Split((",",), 1), [])
    field, issues = read(tmp_path, '{expression: "{Net amount} * 2 + tax"}')
    assert field.expression is not None and not issues
    assert (field.kind, field.columns) == ("expression", ("Net amount", "tax"))
    field, issues = read(
        tmp_path, "{values: {by: [a, b], map: [{a: x, b: '', to: one}, {b: y, to: two}]}}"
    )
    lines = ((("x", ""), "one"), ((None, "y"), "two"))
    assert isinstance(field.combinations, Combinations)
    assert (field.combinations.by, field.combinations.lines) == (("a", "b"), lines)
    assert field.columns == ("a", "b") and not issues
    field, issues = read(tmp_path, "{from: x, values: {by: one, map: two}}")
    assert (field.values, field.combinations, issues) == ({"by": "one", "map": "two"}, None, [])
    field, issues = read(
        tmp_path, "{from: x, currency: {from: {constant: CZK}, to: EUR, date: d, within_days: 3}}"
    )
    assert not issues and field.conversion is not None
    assert field.conversion == Conversion(
        "EUR", currency="CZK", date_column="d", within_days=3, where=field.conversion.where
    )
    assert field.clean == "decimal" and field.source_columns == ("x", "d")
    field, issues = read(tmp_path, "{python: 'lib/f.py:seg', columns: [a, b]}")
    assert (field.function, field.columns, issues) == (
        PythonFunction("lib/f.py", "seg"),
        ("a", "b"),
        [],
    )


WRONG = [
    ("{from: x, when: {column: a}}", "conflicting_keys", "found none"),
    ("{from: x, when: {column: a, is: 1, less: 2}}", "conflicting_keys", "found is and less"),
    ("{from: x, when: {column: a, matches: '('}}", "wrong_value", "no regular expression"),
    ("{from: x, when: {column: a, less: 1.1.2015}}", "wrong_value", "in plain form"),
    ("{from: x, when: {column: a, greater: 2015-02-30}}", "wrong_value", "in plain form"),
    ("{from: x, when: {any: x}}", "wrong_type", "must be a list of conditions"),
    ("{from: x, when: []}", "wrong_type", "must be a list of conditions"),
    ("{from: x, when: yes}", "wrong_type", "must be a mapping of keys"),
    ("{from: x, when: {all: [{column: a, is: 1}], any: [{column: a, is: 1}]}}", "conflicting_keys", "side by side"),
    ("{from: x, when: {al: [{column: a, is: 1}]}}", "unknown_key", "no such key"),
    ("{from: x, else: y}", "misplaced_key", "says nothing without 'when'"),
    ("{from: x, columns: y}", "misplaced_key", "says nothing without 'python'"),
    ("{from: x, split: {separator: ','}, lookup: b}", "", ""),
    ("{from: x, split: {separator: ',', part: all}, lookup: b}", "conflicting_keys", "leads to one record"),
    ("{from: x, split: {part: 2}}", "missing_key", "'separator' is missing"),
    ("{from: x, split: {separator: ','  , part: 0}}", "wrong_value", "is no part"),
    ("{from: x, split: {separator: ''}}", "wrong_value", "must not be empty"),
    ("{from: x, expression: a}", "conflicting_keys", "from one place"),
    ("{expression: a +}", "bad_expression", "something is missing at the end"),
    ("{expression: a, on_unreadable: keep}", "conflicting_keys", "no text of the source"),
    ("{expression: a, unmapped: keep}", "misplaced_key", "without 'values'"),
    ("{python: 'f.py', columns: a}", "wrong_value", "names no function"),
    ("{python: '../f.py:g', columns: a}", "wrong_value", "must be in the folder"),
    ("{python: '/f.py:g', columns: a}", "wrong_value", "must be in the folder"),
    ("{python: 'f.py:g'}", "missing_key", "'columns' is missing"),
    ("{values: {by: [a], map: [{a: x, to: y}, {a: ' X', to: z}]}}", "duplicate_value", "became 'y' above"),
    ("{values: {by: [a], map: [{b: x, to: y}]}}", "unknown_key", "no such key"),
    ("{values: {by: [a], map: [{a: x}]}}", "missing_key", "'to' is missing"),
    ("{values: {by: [a, to], map: []}}", "wrong_value", "called 'to'"),
    ("{values: {by: [a], map: [{a: x, to: y}]}, unmapped: keep}", "conflicting_keys", "say from:"),
    ("{values: {by: [a], map: [{a: x, to: y}]}, clean: text}", "conflicting_keys", "as they stand"),
    ("{from: x, lookup: b, currency: {from: c, to: EUR, date: d}}", "conflicting_keys", "as it stands"),
    ("{from: x, currency: {from: c, to: eur, date: d}}", "wrong_value", "is no currency"),
    ("{from: x, currency: {from: {constant: K}, to: EUR, date: d}}", "wrong_value", "is no currency"),
    ("{from: x, currency: {from: c, to: EUR}}", "missing_key", "'date' is missing"),
    ("{from: x, currency: {from: c, to: EUR, date: {constant: 1.1.2020}}}", "wrong_value", "is no date"),
    ("{from: x, currency: {from: c, to: EUR, date: d}, on_unreadable: keep}", "conflicting_keys", "no text of the source"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "code", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, field: str, code: str, words: str
) -> None:
    _, issues = read(tmp_path, field)
    if not code:
        assert not issues
        return
    found = [issue for issue in issues if issue.code == code]
    assert found and words in found[0].message, issues
    assert found[0].place.rpartition("/")[2].startswith("m.yaml:6")


def test_a_problem_in_a_block_of_text_is_told_with_its_line(tmp_path: Path) -> None:
    field = "{x: y}\n      g:\n        expression: |\n          1 +\n          uper(a)"
    _, issues = read(tmp_path, field)
    [issue] = [issue for issue in issues if issue.code == "bad_expression"]
    assert issue.place.rpartition("/")[2] == "m.yaml:10"
    assert issue.hint == "did you mean 'upper'?"


def test_rates_are_found_by_day_and_age(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "\ufeffFrom;Rate;To;Date\nCZK;0.04;EUR;2020-01-03\nCZK;0.041;EUR;2020-01-06\n\n"
        "EUR;1.25;USD;2020-01-03\n",
        encoding="utf-8",
    )
    issues: list[Issue] = []
    table = read_rates("r", path, issues)
    assert not issues
    days = ["2020-01-02", "2020-01-03", "2020-01-05", "2020-01-06", "2020-01-09", "2020-01-20"]
    found = [table.rate("CZK", "EUR", day, 7) for day in days]
    new, newer = Decimal("0.04"), Decimal("0.041")
    assert found == [None, new, new, newer, newer, None]
    assert table.rate("USD", "EUR", "2020-01-03", 0) == Decimal("0.8")
    assert table.rate("CZK", "USD", "2020-01-03", 7) is None


@pytest.mark.parametrize(
    ("row", "words", "line"),
    [
        ("1.1.2020,CZK,EUR,1", "'1.1.2020' is no date", 3),
        ("2020-02-30,CZK,EUR,1", "is no date", 3),
        ("2020-01-01,czk,EUR,1", "'czk' is no currency", 3),
        ("2020-01-01,CZK,EUR,0", "'0' is no rate", 3),
        ("2020-01-01,CZK,EUR", "'' is no rate", 3),
        ("2020-01-01,GBP,EUR,2", "has two rates", 3),
    ],
)
def test_what_is_wrong_with_rates_is_told_with_its_line(
    tmp_path: Path, row: str, words: str, line: int
) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"date,from,to,rate\n2020-01-01,GBP,EUR,1.1\n{row}\n", encoding="utf-8")
    issues: list[Issue] = []
    read_rates("r", path, issues)
    assert [(i.code, i.place) for i in issues] == [("bad_rates", f"r.csv:{line}")]
    assert words in issues[0].message


def test_rates_without_a_header_or_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("date,from,to,kurs\n", encoding="utf-8")
    issues: list[Issue] = []
    read_rates("r", path, issues)
    path.write_bytes(b"\xff\xfe\x00")
    read_rates("r", path, issues)
    assert [i.place for i in issues] == ["r.csv:1", "r.csv:1"]
    assert "no column 'rate'" in issues[0].message and "UTF-8" in issues[1].message
