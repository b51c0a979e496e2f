"""The plan of a cleaning, its work in one and in several processes, and its list of changes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import MappingError, UsageError
from migrate.pipeline import clean_batches as batches_module
from migrate.pipeline.clean_batches import clean_batches, clean_one, joined_changes
from migrate.pipeline.clean_plan import KINDS, ColumnPlan, kind_named, plan_columns
from migrate.pipeline.cleaning import Request, clean_place
from migrate.pipeline.column_readings import ColumnSample
from migrate.profiling.semantics import Semantic
from migrate.values import SOURCE_ROW

UNKNOWN = Semantic("text", 1.0, 1.0, "", "")


def sampled(columns: dict[str, list[str]]) -> dict[str, ColumnSample]:
    samples = {}
    for name, values in columns.items():
        samples[name] = ColumnSample()
        samples[name].add(pd.Series(values, dtype="str"))
    return samples


def planned(
    columns: dict[str, list[str]], kind: str = "contact", **more: object
) -> dict[str, ColumnPlan]:
    return {plan.name: plan for plan in plan_columns(sampled(columns), kind, **more)}  # type: ignore[arg-type]


def test_each_kind_is_found_by_its_plural_and_its_other_names() -> None:
    for kind in KINDS:
        assert kind_named(kind) == kind_named(f"{kind}s".upper()) == kind
    assert kind_named("opportunities") == "deal"
    with pytest.raises(UsageError):
        kind_named("unicorn")


def test_the_country_beside_a_column_is_the_one_with_the_same_first_words() -> None:
    countries = ["Slovakia", "Poland", "Germany"]
    plans = planned({
        "Billing Zip": ["811 01", "00-001", "10115"], "Billing Country": countries,
        "Shipping Zip": ["811 01", "00-001", "10115"], "Shipping Country": countries,
        "Phone": ["0905 123 456", "0905 123 457", "0905 123 458"],
    })  # fmt: skip
    assert plans["Billing Zip"].companions == {"country": "Billing Country"}
    assert plans["Shipping Zip"].companions == {"country": "Shipping Country"}
    assert plans["Phone"].companions == {"region": "Shipping Country"}


def test_the_kind_of_record_says_what_a_name_is() -> None:
    names = {"Name": ["Ján Novák", "Eva Malá", "Peter Veľký"]}
    assert planned(names, "contact")["Name"].cleaner == "person_name"
    assert planned(names, "account")["Name"].cleaner == "company"
    assert planned(names, "product")["Name"].cleaner == "text"


def test_a_reading_goes_before_every_guess_and_is_checked() -> None:
    columns = {"a": ["x", "y"], "land": ["Slovensko", "Poľsko"]}
    said = {"a": {"clean": "phone", "companions": {"region": "land"}}}
    plans = planned(columns, given=said)
    assert (plans["a"].cleaner, plans["a"].companions) == ("phone", {"region": "land"})
    assert planned(columns, given={"a": {"clean": "none"}})["a"].cleaner == ""
    for wrong in ({"clean": "phnoe"}, {"clean": "phone", "companions": {"region": "lnad"}},
                  {"clean": "phone", "companions": {"country": "land"}}):  # fmt: skip
        with pytest.raises(MappingError):
            planned(columns, given={"a": wrong})


def test_changes_and_refusals_are_listed_with_their_rows() -> None:
    plan = ColumnPlan("tel", UNKNOWN, "phone", {"region": "SK", "nulls": {"-": 1}})
    values = pd.Series(
        ["0905 123 456", None, "-", "+421905123456", "6.91E+09", "#REF!"], dtype="str"
    )
    done = clean_one(plan, values, None)
    assert done.values.fillna("").tolist() == [
        "+421905123456", "", "", "+421905123456", "6.91E+09", "#REF!",
    ]  # fmt: skip
    assert done.changes[["row", "rule"]].values.tolist() == [
        [0, "phone_format"],
        [2, "null_spelling"],
    ]
    assert done.refused[["row", "rule"]].values.tolist() == [
        [4, "digits_lost"],
        [5, "formula_error"],
    ]
    assert done.counts == {"phone_format": 1, "null_spelling": 1}


def test_several_processes_do_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches_module, "CLEAN_ROWS", 3)
    frame = pd.DataFrame({
        "name": pd.Series(["JÁN NOVÁK", "Eva Malá", None, "Peter Veľký"] * 3, dtype="str"),
        "tel": pd.Series(["0905 123 456", "12", "+48 22 123 45 67", None] * 3, dtype="str"),
        "land": pd.Series(["SR", "Slovensko", "Poľsko", "?"] * 3, dtype="str"),
        SOURCE_ROW: range(2, 14),
    })  # fmt: skip
    plans = [
        ColumnPlan("name", UNKNOWN, "person_name"),
        ColumnPlan("tel", UNKNOWN, "phone", companions={"region": "land"}),
        ColumnPlan("land", UNKNOWN, "country", {"aliases": {"SR": "SK"}}),
    ]
    pieces = [frame.iloc[start : start + 4] for start in (0, 4, 8)]
    alone = list(clean_batches(pieces, plans))
    together = list(clean_batches(pieces, plans, processes=2))
    assert len(alone) == len(together) == 3
    for (batch, one), (_, other) in zip(alone, together, strict=True):
        for name in one:
            pd.testing.assert_series_equal(one[name].values, other[name].values)
            pd.testing.assert_frame_equal(one[name].changes, other[name].changes)
            pd.testing.assert_frame_equal(one[name].refused, other[name].refused)
        pd.testing.assert_frame_equal(
            joined_changes(batch, one, first=1), joined_changes(batch, other, first=1)
        )
    assert alone[0][1]["tel"].values.tolist()[0] == "+421905123456"


def test_nothing_is_left_behind_when_a_reading_is_wrong(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    folder = tmp_path / "out"
    with pytest.raises(UsageError):
        clean_place(Request(str(place), folder / "b.csv", "unicorn"))
    assert not folder.exists()


def test_a_table_without_rows_and_one_with_one_column_are_cleaned(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_text("e-mail\na@Example.com\n\nb@example.com\n", encoding="utf-8")
    report, answer = clean_place(Request(str(place), tmp_path / "b.csv", "contact"))
    assert answer["rows"] in (2, 3) and report.figures["rows"] == answer["rows"]


def test_a_whole_name_beside_its_parts_is_cleaned_and_not_split_again(tmp_path: Path) -> None:
    place, output = tmp_path / "a.csv", tmp_path / "b.csv"
    rows = "Mr. John Smith,John,Smith\nEva Brown,Eva,Brown\nPeter Black Jr.,Peter,Black\n"
    place.write_text(f"full name,first name,last name\n{rows}", encoding="utf-8")
    _, answer = clean_place(Request(str(place), output, "contact"))
    assert answer["rows"] == 3
    assert list(pd.read_csv(output).columns) == ["full name", "first name", "last name"]
