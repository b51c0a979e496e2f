"""What an assessment says of columns, of rows, and across tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from migrate.cli import run
from migrate.profiling.assessment import Assessment, ColumnProfile, TableProfile
from migrate.profiling.page import assessment_page
from migrate.profiling.profile import profile
from migrate.profiling.render import assessment_json, assessment_report
from migrate.profiling.score import score
from migrate.profiling.workbook import assessment_sheets
from migrate.reports.xlsx import write_workbook
from migrate.values import SOURCE_ROW, Column, Table

TODAY = date(2025, 6, 1)
Columns = dict[str, list[str | None]]


def table(name: str, columns: Columns) -> Table:
    frame = pd.DataFrame({key: pd.Series(values, dtype="str") for key, values in columns.items()})
    frame[SOURCE_ROW] = range(1, len(frame) + 1)

    def read(rows: int) -> Iterator[pd.DataFrame]:
        for start in range(0, max(len(frame), 1), rows):
            yield frame.iloc[start : start + rows]

    return Table(
        name, tuple(Column(key) for key in columns), f"{name}.csv", read, lambda: len(frame)
    )


def assessed(columns: Columns, name: str = "t") -> TableProfile:
    return profile([table(name, columns)], today=TODAY).tables[0]


def one(values: list[str | None], name: str = "v") -> ColumnProfile:
    found = assessed({name: values}).column(name)
    assert found is not None
    return found


def people(count: int = 40) -> Columns:
    first = ["Ján", "Eva", "Peter", "Zuzana", "Michal", "Lenka", "Karol", "Hana"]
    return {
        "id": [str(i) for i in range(count)],
        "Meno": [first[i % 8] for i in range(count)],
        "Priezvisko": [f"Vzork{'aeiou'[i % 5]}v{'aeiou'[i // 5 % 5]}{'aeiou'[i // 25]}" for i in range(count)],
        "E-mail": [f"osoba{i}@example.com" for i in range(count)],
        "Mesto": [["Bratislava", "Košice"][i % 2] for i in range(count)],
        "upravené": [f"{2010 + i % 15}-05-01" for i in range(count)],
    }  # fmt: skip


# -- columns ----------------------------------------------------------------------------------


def test_shapes_keep_digits_and_signs_and_close_up_small_letters() -> None:
    found = one(["AB-12", "CD-34", "Kováč 7", "Malá 8", "XY-9"])
    assert [(each.shape, each.count) for each in found.patterns] == [
        ("AA-99", 2), ("Aa 9", 2), ("AA-9", 1),
    ]  # fmt: skip
    assert found.patterns[0].share == pytest.approx(0.4)


def test_lengths_blanks_padding_and_controls() -> None:
    found = one(["a", " b", "c\u00a0", "   ", "x\x07y", "dddd"])
    assert (found.min_length, found.max_length) == (1, 4)
    assert (found.blank, found.padded, found.controls) == (1, 2, 1)
    assert found.mean_length == pytest.approx((1 + 2 + 2 + 3 + 3 + 4) / 6)


def test_the_case_of_letters_is_counted() -> None:
    assert dict(one(["NOVÁK", "novák", "Novák", "7"]).cases) == {
        "capitals": 1,
        "small": 1,
        "mixed": 1,
    }


def test_numbers_far_from_all_others_are_counted() -> None:
    amounts: list[str | None] = [f"{100 + i}.50" for i in range(200)]
    (found,) = one([*amounts, "9000000.00"], "Suma").outliers
    assert (found.what, found.count, found.examples) == ("number", 1, ("9000000.00",))


def test_dates_before_1900_and_far_ahead_are_far() -> None:
    days: list[str | None] = [f"2019-03-{i:02d}" for i in range(1, 29)]
    found = one([*days, "0201-03-01", "2919-03-01"], "Dátum").outliers
    assert [(each.what, each.count) for each in found] == [("date", 2)]


def test_rare_shapes_are_found_among_thousands() -> None:
    codes: list[str | None] = [f"{i % 900 + 100} {i % 90 + 10}" for i in range(3000)]
    found = one([*codes, "81A-01"], "PSČ").outliers
    assert ("shape", 1, ("81A-01",)) in [(each.what, each.count, each.examples) for each in found]


def test_made_up_values_and_spikes_stand_for_nothing() -> None:
    phones: list[str | None] = [f"0905 {i:06d}" for i in range(100000, 100300)]
    found = one([*phones, *["0900 123 456"] * 40, *["0000000000"] * 5], "Telefón")
    assert dict(found.spikes) == {"0900 123 456": 40, "0000000000": 5}


def test_a_frequent_status_is_no_spike() -> None:
    values: list[str | None] = [*["lead"] * 500, *[f"stav {i}" for i in range(60)]]
    assert one(values, "Stav").spikes == ()


def test_mojibake_is_counted_and_explained() -> None:
    words = ["Žilina", "Košice", "Šaľa", "Ľubica", "Štúrovo", "Čadca", "Ružomberok ľavý"]
    found = one([word.encode().decode("cp1250", "replace") for word in words])
    assert found.mojibake >= 5
    assert "utf-8" in found.repair


def test_a_column_was_last_used_on_the_newest_day_of_a_row_that_fills_it() -> None:
    found = assessed(
        {"fax": ["1", "2", None], "modified": ["2001-01-01", "3.2.2004", "2020-01-01"]}
    )
    assert [column.last_used for column in found.columns] == ["2004-02-03", "2020-01-01"]


def test_constant_and_nearly_unique_columns() -> None:
    assert one(["SK", "SK"]).is_constant
    codes: list[str | None] = [f"K-{i:04d}" for i in range(100)]
    assert one([*codes, "K-0001"]).is_nearly_unique
    assert not one(codes).is_nearly_unique


# -- rows -------------------------------------------------------------------------------------


def test_pairs_of_columns_are_keys_where_no_column_is() -> None:
    found = assessed({"order_id": ["1", "1", "2", "2"], "line_no": ["1", "2", "1", "2"]})
    assert (found.key, found.composite_keys) == ((), (("order_id", "line_no"),))


def test_rows_that_repeat_exactly_and_but_for_the_key() -> None:
    columns = {
        "id": ["1", "2", "3"],
        "a": ["x", "x", "y"],
        "b": ["1", "1", "2"],
        "c": ["z", "z", "z"],
    }
    found = assessed(columns).duplicates  # type: ignore[arg-type]
    assert (found.exact, found.but_key) == (0, 1)
    del columns["id"]
    assert assessed(columns).duplicates.exact == 1  # type: ignore[arg-type]


def test_likely_duplicates_are_estimated_by_stated_methods() -> None:
    columns = people()
    columns["E-mail"][7] = " OSOBA3@example.com"
    columns["Priezvisko"][17], columns["Meno"][17] = "VZORKAVA", "Ján"  # row 0 written otherwise
    columns["Mesto"][17] = "bratislava"
    columns["Priezvisko"][0] = "Vzorkáva"
    found = assessed(columns).duplicates
    by = {each.method: (each.columns, each.rows) for each in found.likenesses}
    assert by["same e-mail address"] == (("E-mail",), 1)
    assert by["same name and place"] == (("Meno", "Priezvisko", "Mesto"), 1)
    assert found.estimated == 2


def test_the_names_of_those_who_sell_are_no_names_of_rows() -> None:
    found = assessed(
        {"Obchodník": ["Ján Vzor", "Eva Vzor"] * 20, "Mesto": ["Nitra"] * 40,
         "n": [str(i) for i in range(40)]}
    )  # fmt: skip
    assert found.duplicates.likenesses == ()


def test_blank_rows_and_trials() -> None:
    columns = people()
    for values in columns.values():
        values[5] = None
        values[6] = "  "
    columns["Meno"][9], columns["E-mail"][10] = "Test", "test@test.sk"
    found = assessed(columns)
    assert (found.blank_rows, found.test_rows) == (2, 2)


def test_stale_rows_are_counted_from_the_newest_day() -> None:
    found = assessed(people()).staleness
    assert found is not None
    assert (found.column, found.newest) == ("upravené", "2024-05-01")
    assert found.stale == sum(count for age, count in found.by_age if age >= 3)
    assert sum(count for _, count in found.by_age) + found.undated == 40


def test_the_score_is_what_its_formula_says() -> None:
    found = assessed(people())
    parts = score(found)
    assert parts is not None
    whole = 30 * parts.filled + 30 * parts.conforming + 20 * parts.unique + 15 * parts.referring
    assert parts.total == min(99, round(whole + 5 * parts.keyed)) or parts.total == 100


# -- across tables ----------------------------------------------------------------------------


def test_columns_that_mean_the_same_are_listed_with_their_overlap() -> None:
    first = table("crm", people())
    second = table("news", {"Adresát": [f"OSOBA{i}@example.com" for i in range(20, 60)]})
    (found,) = profile([first, second], today=TODAY).same_meanings
    assert (found.first, found.second, found.meaning) == (
        ("crm", "E-mail"),
        ("news", "Adresát"),
        "email",
    )
    assert (found.shared, found.overlap, found.is_estimated) == (20, 0.5, False)


def test_large_columns_are_compared_by_samples() -> None:
    first = table("a", {"mail": [f"p{i}@example.com" for i in range(4000)]})
    second = table("b", {"email": [f"p{i}@example.com" for i in range(2000, 6000)]})
    (found,) = profile([first, second], today=TODAY).same_meanings
    assert found.is_estimated
    assert found.overlap == pytest.approx(0.5, abs=0.08)


def test_codes_find_their_key_whatever_the_column_is_called() -> None:
    firms = table("firms", {"code": [f"F{i:04d}" for i in range(50)], "town": ["Nitra"] * 50})
    visits = table("visits", {"where": [f"F{i % 30:04d}" for i in range(90)],
                              "day": ["2020-01-01"] * 90})  # fmt: skip
    (found,) = profile([firms, visits], today=TODAY).references
    assert (found.table, found.columns, found.target_table) == ("visits", ("where",), "firms")
    assert found.score == pytest.approx(0.6)


# -- how it is shown --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    columns = people()
    columns["Stav"] = ["zákazník"] * 30 + ["Tajomník Skrytý"] * 3 + ["=1+1"] * 7
    columns["prázdny"] = [None] * 40
    other = table("news", {"Adresát": [f"osoba{i}@example.com" for i in range(20)]})
    return profile([table("ľudia", columns), other], today=TODAY)


def test_the_page_is_whole_and_shows_no_personal_data(assessment: Assessment) -> None:
    page = assessment_page(assessment, title="Acme", day=TODAY)
    for planted in ("osoba1@", "Vzork", "Skrytý"):
        assert planted not in page
    assert "zákazník ×30" in page  # a list says how it is used
    assert page.count("<svg") >= 4
    assert page.count('role="img"') == page.count("<svg")
    for heading in (
        "What matters most",
        "Personal data",
        "Columns that mean the same",
        "All findings",
    ):
        assert heading in page


def test_the_json_and_the_report_show_no_personal_data(assessment: Assessment) -> None:
    text = json.dumps(assessment_json(assessment), ensure_ascii=False)
    text += repr(assessment_report(assessment))
    for planted in ("osoba1@", "Vzork", "Skrytý"):
        assert planted not in text
    assert "osoba0@" in json.dumps(assessment_json(assessment, show_personal_data=True))


def test_the_workbook_has_its_sheets_and_no_formula(assessment: Assessment, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, assessment_sheets(assessment, title="Acme"))
    book = load_workbook(path)
    assert book.sheetnames == [
        "Summary", "Tables", "Columns", "Values", "References", "Same meaning", "Issues",
    ]  # fmt: skip
    for sheet in book:
        assert sheet.freeze_panes
        assert sheet.auto_filter.ref
        for row in sheet.iter_rows():
            assert all(cell.data_type in ("s", "n") for cell in row)
    values = [row[2].value for row in book["Values"].iter_rows(min_row=3)]
    assert "zákazník" in values
    assert not any("Vzork" in str(value) for value in values)


def test_a_place_is_assessed_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "ľudia 2019.csv"
    rows = zip(*people().values(), strict=True)
    lines = [";".join(people()), *(";".join(map(str, row)) for row in rows)]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    before = source.read_bytes()
    target = tmp_path / "out"
    assert run(["assess", str(source), "--to", str(target), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {"tables", "references", "issues"}
    column = next(c for c in figures["tables"][0]["columns"] if c["name"] == "E-mail")
    assert (column["semantic_type"], column["personal"], column["distinct"]) == (
        "email",
        "contact",
        40,
    )
    assert {file.name for file in target.iterdir()} == {"report.html", "report.xlsx", "report.json"}
    assert source.read_bytes() == before
    assert json.loads((target / "report.json").read_text(encoding="utf-8")) == figures


def test_the_default_folder_is_named_after_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zoznam.csv").write_text("id,meno\n1,Eva\n2,Hana\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["assess", "zoznam.csv"]) == 0
    assert (tmp_path / "assessment-zoznam" / "report.html").is_file()


def test_nothing_is_written_into_a_folder_that_is_the_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("id,meno\n1,Eva\n2,Hana\n", encoding="utf-8")
    assert run(["assess", str(tmp_path), "--to", str(tmp_path / "out")]) == 2
    assert "never written to" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert run(["assess", str(tmp_path / "no.csv"), "--to", str(tmp_path / "o")]) == 3
    assert not (tmp_path / "o").exists()
