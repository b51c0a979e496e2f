from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import UsageError
from migrate.extractors import open_source
from migrate.profiling.assessment import Assessment, ColumnProfile, Kind
from migrate.profiling.profile import profile
from migrate.profiling.references import count_cycles
from migrate.profiling.render import assessment_json, assessment_report
from migrate.values import SOURCE_ROW, Column, Table

NORTHWIND = Path(__file__).parents[4] / "shared/data/northwind/northwind.db"


def table(name: str, columns: dict[str, list[str | None]], count: int | None = None) -> Table:
    frame = pd.DataFrame({key: pd.Series(values, dtype="str") for key, values in columns.items()})
    frame[SOURCE_ROW] = range(1, len(frame) + 1)

    def read(rows: int) -> Iterator[pd.DataFrame]:
        for start in range(0, max(len(frame), 1), rows):
            yield frame.iloc[start : start + rows]

    return Table(
        name=name,
        columns=tuple(Column(key) for key in columns),
        origin=f"{name}.csv",
        read=read,
        count=lambda: len(frame) if count is None else count,
    )


def column(assessment: Assessment, name: str) -> ColumnProfile:
    found = assessment.tables[0].column(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("n", ["1", "-5", "30", "007x"] + ["4"] * 20, "integer"),
        ("zip", ["001001", "01001", "00200", "81101"], "text"),
        ("amount", ["1 234,50", "1.234,5", "12", "-0.5"], "decimal"),
        ("d", ["2019-03-01", "1.3.2019", "1996-07-04 00:00:00.000", "0000-00-00"], "date"),
        ("d", ["2019-03-01T10:05:00", "2019-03-01", "1.3.2019 7:05"], "datetime"),
        ("flag", ["áno", "nie", "áno"], "boolean"),
        ("flag", ["1", "0", "1"], "boolean"),
        ("mail", ["a@b.sk", "c@d.example", "e@f.cz", "g@h.cz", "n/a", "NULL"], "email"),
        ("x", ["+421905123456", "02/5441 1234", "(206) 555-1189"], "phone"),
        ("Mobil", ["421905123456", "905123456"], "phone"),
        ("ico", ["31322832", "35757442"], "integer"),
        ("web", ["www.a.sk", "https://b.sk/x"], "url"),
        ("name", ["=A1", "@x", "-"], "text"),
    ],
)
def test_types_are_told_from_values(name: str, values: list[str], kind: Kind) -> None:
    assert column(profile([table("t", {name: list(values)})]), name).type == kind


def test_the_figures_of_a_column() -> None:
    values = ["10", "9", None, "9", "n/a", "KovÃ¡Ä\x8d"]
    found = column(profile([table("t", {"v": values})]), "v")
    assert (found.filled, found.distinct, found.max_length) == (5, 4, 7)
    assert found.fill_rate == pytest.approx(5 / 6)
    assert found.top[0] == ("9", 2)
    assert found.sentinels == (("n/a", 1),)
    assert found.mojibake == 1
    empty = column(profile([table("t", {"v": [None, None]})]), "v")
    assert (empty.type, empty.filled, empty.fill_rate) == ("empty", 0, 0.0)


def test_smallest_and_largest_follow_the_type() -> None:
    assessment = profile(
        [table("t", {"n": ["9", "10", "-1"], "d": ["31.1.2019", "1.2.2018", "2018-03-01"],
                     "a": ["9,5", "10,5", "1 000,5"]})]
    )  # fmt: skip
    assert (column(assessment, "n").minimum, column(assessment, "n").maximum) == ("-1", "10")
    assert (column(assessment, "d").minimum, column(assessment, "d").maximum) == (
        "1.2.2018", "31.1.2019",
    )  # fmt: skip
    assert (column(assessment, "a").minimum, column(assessment, "a").maximum) == ("9,5", "1 000,5")


def test_the_region_decides_between_day_and_month() -> None:
    values = {"created": ["01/02/2018", "12/01/2018", "06/06/2018"]}
    assert column(profile([table("t", values)], region="US"), "created").maximum == "12/01/2018"
    assert column(profile([table("t", values)], region="SK"), "created").maximum == "06/06/2018"


def test_keys_are_unique_and_filled_and_named_like_keys_first() -> None:
    names = {"mail": ["a", "b", "c"], "customer_id": ["1", "2", "3"], "x": ["1", "1", "2"],
             "y": ["1", None, "2"]}  # fmt: skip
    found = profile([table("customers", names)]).tables[0]
    assert found.candidate_keys == ("customer_id", "mail")
    assert (found.key, found.key_is_declared) == (("customer_id",), False)


def test_columns_that_differ_in_case_alone_are_two() -> None:
    found = profile([table("t", {"Name": ["a", "b"], "name": ["c", None]})]).tables[0]
    assert [each.filled for each in found.columns] == [2, 1]


def test_a_table_without_rows() -> None:
    found = profile([table("t", {"a": [], "b": []})])
    assert (found.tables[0].rows, found.tables[0].key) == (0, ())
    assert found.issues == ()


def test_references_are_inferred_with_their_orphans() -> None:
    companies = table("companies", {"id": [str(i) for i in range(100)], "name": ["A"] * 100})
    people = table(
        "people",
        {"id": [str(i) for i in range(50)], "company_id": [str(i) for i in range(48)] + ["999", None],
         "size": [str(i % 5) for i in range(50)]},
    )  # fmt: skip
    (found,) = profile([companies, people]).references
    assert (found.table, found.columns, found.target_table) == (
        "people",
        ("company_id",),
        "companies",
    )
    assert (found.rows, found.orphans, found.examples, found.is_declared) == (
        49,
        1,
        ("999",),
        False,
    )


def test_a_reference_stays_one_however_many_of_its_rows_are_orphans() -> None:
    accounts = table("accounts", {"AccountID": [f"A{i:03}" for i in range(50)], "name": ["A"] * 50})
    people = table(
        "people",
        {"id": [str(i) for i in range(60)], "Account Ref": [f"A{i:03}" for i in range(30)] * 2},
    )
    deals = table(
        "deals",
        {"id": [str(i) for i in range(60)], "account_id": [f"A{i:03}" for i in range(20, 80)]},
    )
    found = {one.table: one for one in profile([accounts, people, deals]).references}
    assert (found["people"].target_table, found["people"].orphans) == ("accounts", 0)
    assert (found["deals"].target_table, found["deals"].rows, found["deals"].orphans) == (
        "accounts", 60, 30,
    )  # fmt: skip
    codes = {"id": [str(i) for i in range(45)], "Konto Kd": [f"A{i:03}" for i in range(10, 55)]}
    (by_values,) = profile([accounts, table("orders", codes)]).references
    assert (by_values.columns, by_values.rows, by_values.orphans) == (("Konto Kd",), 45, 5)


def test_values_without_a_name_that_fits_are_no_reference() -> None:
    left = table("orders", {"id": ["1", "2", "3"], "quantity": ["1", "2", "3"]})
    right = table("customers", {"id": ["1", "2", "3"], "name": ["A", "B", "C"]})
    assert profile([left, right]).references == ()


def test_circles_among_parents_are_counted() -> None:
    companies = table(
        "companies",
        {"id": ["1", "2", "3", "4", "5"], "parent_id": ["2", "3", "1", "1", None]},
    )
    assessment = profile([companies])
    (found,) = assessment.references
    assert (found.target_table, found.rows, found.orphans, found.cycles) == ("companies", 4, 0, 1)
    assert "reference_cycle" in {issue.code for issue in assessment.issues}
    assert count_cycles({}) == 0


def test_declared_references_with_several_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        """create table item (a int, b int, primary key (a, b));
        create table line (id int primary key, a int, b int, foreign key (a, b) references item);
        insert into item values (1, 1), (1, 2);
        insert into line values (1, 1, 1), (2, 1, 3), (3, 1, null), (4, 2, 2);"""
    )
    connection.close()
    (found,) = profile(open_source(path)).references
    assert found.is_declared
    assert (found.rows, found.orphans, found.examples) == (3, 2, ("1 / 3", "2 / 2"))


def test_volumes_per_year_by_the_date_of_creation() -> None:
    assessment = profile(
        [table("deals", {"born": ["1.1.1970"] * 3, "modified": ["2020-01-01"] * 3,
                         "created_at": ["2019-05-01", "1.6.2019", "2031-01-01 10:00:00"]})],
        today=date(2026, 1, 1),
    )  # fmt: skip
    assert assessment.tables[0].volume_column == "created_at"
    assert assessment.tables[0].volumes == ((2019, 2), (2031, 1))
    assert "future_dates" in {issue.code for issue in assessment.issues}


@pytest.mark.parametrize(
    ("flag", "values"),
    [
        ("is_active", ["1", "0", "1", None]),
        ("Aktívny", ["áno", "nie", "áno", None]),
        ("status", ["active", "inactive", "Active", "?"]),
    ],
)
def test_owners_active_and_gone(flag: str, values: list[str | None]) -> None:
    users = table("users", {"id": ["1", "2", "3", "4"], flag: values})
    deals = table("deals", {"id": ["7", "8", "9"], "owner_id": ["2", "2", "1"]})
    found = profile([users, deals]).tables[0].owners
    assert found is not None
    assert (found.active, found.gone, found.unknown) == (2, 1, 1)
    assert found.owned_by_gone == (("deals.owner_id", 2),)


def test_owners_with_a_day_of_leaving() -> None:
    users = table("employees", {"id": ["1", "2"], "left_on": ["2020-01-01", None],
                                "name": ["A", "B"]})  # fmt: skip
    found = profile([users]).tables[0].owners
    assert found is not None
    assert (found.active, found.gone) == (1, 1)


def test_owners_that_only_their_rows_name_are_gone_when_they_touch_nothing() -> None:
    named = ["eva"] * 4 + ["ota"] * 4 + ["DELETED USER"] * 4
    days = (
        ["2024-05-01", "2024-01-10", "2023-12-01", "2020-01-01"]
        + ["2021-05-01"] * 4
        + ["2024-05-01"] * 4
    )
    rows = {"id": [str(n) for n in range(12)], "Account Owner": named, "Modified": days}
    assessment = profile([table("accounts", rows)])
    found = assessment.tables[0].owners
    assert found is not None
    assert (found.column, found.flag) == ("Account Owner", "Modified")
    assert (found.active, found.gone, found.unknown) == (1, 2, 0)
    assert found.owned_by_gone == (("accounts.Account Owner", 8),)
    (issue,) = [one for one in assessment.issues if one.code == "owners_gone"]
    assert (issue.entity, issue.column) == ("accounts", "Account Owner")
    assert "8 rows" in issue.message and "seem to be gone" in issue.message


def test_a_table_of_users_is_believed_before_the_rows() -> None:
    users = table("users", {"id": [f"U{n}" for n in range(12)], "active": ["1"] * 11 + ["0"]})
    deals = table(
        "deals",
        {"id": [str(n) for n in range(40)], "owner_id": [f"U{n % 12}" for n in range(40)],
         "Modified": ["2024-05-01"] * 40},
    )  # fmt: skip
    found = {one.name: one.owners for one in profile([users, deals]).tables}
    assert found["deals"] is None and found["users"] is not None


def test_a_count_that_differs_is_an_error() -> None:
    (issue,) = profile([table("t", {"id": ["1", "2"]}, count=3)]).issues
    assert (issue.code, issue.severity) == ("count_differs", "error")


def test_rows_listed_as_not_placed_are_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;b\n1;2\n3;4;5\n6;7\n", encoding="utf-8")
    assessment = profile(open_source(path))
    found = assessment.tables[0]
    assert (found.rows, found.not_placed, found.own_count) == (2, 1, 3)
    assert "count_differs" not in {issue.code for issue in assessment.issues}


def test_two_tables_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two tables have one name: t"):
        profile([table("t", {"a": ["1"]}), table("t", {"a": ["1"]})])


def secret() -> Assessment:
    people = table("people", {"id": ["K1", "K2"], "name": ["Zuzana Tajná", "Ivan Skrytý"],
                              "mail": ["zuzana@tajna.example", "x"],
                              "parent": ["Orphana Nemá", "K1"]})  # fmt: skip
    return profile([people])


def test_the_json_shows_no_personal_data_unless_asked() -> None:
    text = json.dumps(assessment_json(secret()), ensure_ascii=False)
    for planted in ("Tajná", "Skrytý", "zuzana@tajna", "Orphana"):
        assert planted not in text
    assert "Tajná" in json.dumps(
        assessment_json(secret(), show_personal_data=True), ensure_ascii=False
    )


def test_the_json_has_the_public_shape() -> None:
    shape = assessment_json(secret())
    assert set(shape) == {"tables", "references", "issues"}
    assert {"name", "rows", "columns", "origin", "reading"} <= set(shape["tables"][0])
    assert {"name", "type", "filled", "distinct"} <= set(shape["tables"][0]["columns"][0])


def test_the_report_declares_every_column_with_values_private() -> None:
    report = assessment_report(secret(), "acme")
    for section in report.sections:
        for rows in section.tables:
            for position, name in enumerate(rows[0]):
                if name not in section.private:
                    cells = " ".join(row[position] for row in rows[1:])
                    assert "Tajná" not in cells
                    assert "zuzana@" not in cells
    assert "Tajná" not in json.dumps(dict(report.figures))
    titles = [section.title for section in report.sections]
    assert titles[:2] == ["Tables", "Columns of people"]


def test_volumes_are_drawn_as_bars() -> None:
    report = assessment_report(profile([table("t", {"id": ["1"], "date": ["2019-01-01"]})]))
    (chart,) = [section for section in report.sections if section.chart]
    assert (chart.chart, chart.tables[0]) == ("bars", (("year", "rows"), ("2019", "1")))


@pytest.mark.skipif(not NORTHWIND.is_file(), reason="Northwind is not on this machine")
def test_northwind() -> None:
    names = ["Customers", "Employees", "Order Details", "Orders", "Products", "Shippers"]
    assessment = profile(open_source(NORTHWIND, only=names))
    found = {(r.table, r.columns, r.target_table): r for r in assessment.references}
    assert found["Orders", ("CustomerID",), "Customers"].rows == 830
    assert found["Employees", ("ReportsTo",), "Employees"].cycles == 0
    assert all(reference.orphans == 0 for reference in found.values())
    orders = assessment.table("Orders")
    assert orders is not None
    assert orders.volumes == ((1996, 152), (1997, 408), (1998, 270))
    assert [column.type for column in orders.columns[:4]] == ["integer", "text", "integer", "date"]
