"""``crm-migrate extract``: any source into plain files, and its guesses corrected and followed."""

from __future__ import annotations

import csv
import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation
from ruamel.yaml import YAML

from migrate.cli import run
from migrate.extractors import open_source
from migrate.extractors._readings import options_of

LEGACY = (
    "Export 2024\n\nMeno;Mesto;Založené;Obrat;Aktívny\n"
    "Ján Novák;Žilina;1.3.2019;1 234,50;áno\n"
    "Mária Kováčová;Košice;25.12.2018;99,00;nie\n"
    "Peter Veľký;N/A;7.6.2020;-12,5;áno\n"
)


def extracted(place: object, folder: Path, capsys: Any, *more: str) -> dict[str, Any]:
    capsys.readouterr()
    code = run(["extract", str(place), "--to", str(folder), "--json", *more])
    out = capsys.readouterr()
    assert code in (0, 1), out.err
    answer: dict[str, Any] = json.loads(out.out)
    return answer


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    path = tmp_path / "klienti.csv"
    path.write_bytes(LEGACY.encode("cp1250"))
    return path


def test_a_table_becomes_utf8_csv_as_the_source_has_it(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    answer = extracted(legacy, tmp_path / "out", capsys)
    (table,) = answer["tables"]
    assert table["name"] == "klienti" and table["rows"] == 3
    assert table["file"] == str(tmp_path / "out" / "klienti.csv")
    assert [column["name"] for column in table["columns"]] == [
        "Meno", "Mesto", "Založené", "Obrat", "Aktívny",
    ]  # fmt: skip
    types = {column["name"]: column["type"] for column in table["columns"]}
    assert types["Založené"] == "date" and types["Obrat"] == "decimal"
    assert table["reading"]["encoding"] == "cp1250"
    assert rows_of(tmp_path / "out" / "klienti.csv")[1:] == [
        ["Ján Novák", "Žilina", "1.3.2019", "1 234,50", "áno"],
        ["Mária Kováčová", "Košice", "25.12.2018", "99,00", "nie"],
        ["Peter Veľký", "N/A", "7.6.2020", "-12,5", "áno"],
    ]
    assert {"code", "severity", "entity", "column", "row", "value", "message", "hint"} == set(
        answer["issues"][0]
    )


def test_what_was_guessed_is_in_a_file_with_its_evidence(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    extracted(legacy, tmp_path / "out", capsys)
    reading = YAML(typ="safe").load((tmp_path / "out" / "reading.yaml").read_text("utf-8"))
    told = reading["tables"]["klienti"]
    assert told["file"] == "klienti.csv"
    assert told["encoding"] == "cp1250" and told["delimiter"] == ";"
    assert "letters" in told["evidence"]["encoding"]
    assert told["evidence"]["encoding_runner_up"]
    assert told["columns"]["Založené"]["clean"] == "date"
    assert told["columns"]["Založené"]["order"] == "dmy"
    assert told["columns"]["Obrat"]["decimal"] == ","
    assert told["columns"]["Mesto"]["nulls"] == {"N/A": 1}


def test_an_edited_reading_is_followed(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    extracted(legacy, tmp_path / "out", capsys)
    file = tmp_path / "out" / "reading.yaml"
    yaml = YAML()
    content = yaml.load(file.read_text("utf-8"))
    told = content["tables"]["klienti"]
    told["encoding"] = "cp1252"
    told["columns"]["Založené"]["order"] = "mdy"
    told["columns"]["Mesto"]["nulls"] = {"Košice": 1}
    del told["delimiter"]  # guessed again
    edited = tmp_path / "edited.yaml"
    with edited.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)
    again = extracted(legacy, tmp_path / "again", capsys, "--reading", str(edited), "--typed")
    (table,) = again["tables"]
    assert table["reading"]["encoding"] == "cp1252"
    assert table["reading"]["columns"]["Založené"]["order"] == "mdy"
    written = rows_of(tmp_path / "again" / "klienti.csv")
    assert written[1][0] == "Ján Novák" and written[2][0] == "Mária Kováèová"
    assert written[1][2] == "2019-01-03"
    assert written[2][2] == "25.12.2018", "no twenty-fifth month: kept as it was"
    assert [i["row"] for i in again["issues"] if i["code"] == "value_unreadable"] == [5]
    assert written[3][1] == "N/A", "only the spellings that the reading names are nothing"


def test_typed_values_have_one_plain_form(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    extracted(legacy, tmp_path / "out", capsys, "--typed", "--rows")
    assert rows_of(tmp_path / "out" / "klienti.csv") == [
        ["_source_row", "Meno", "Mesto", "Založené", "Obrat", "Aktívny"],
        ["4", "Ján Novák", "Žilina", "2019-03-01", "1234.5", "true"],
        ["5", "Mária Kováčová", "Košice", "2018-12-25", "99", "false"],
        ["6", "Peter Veľký", "", "2020-06-07", "-12.5", "true"],
    ]


def test_a_deleted_table_is_not_read_and_one_can_be_chosen(tmp_path: Path, capsys: Any) -> None:
    place = tmp_path / "old.db"
    with sqlite3.connect(place) as database:
        database.executescript(
            "create table company (id integer primary key, name text);"
            "create table person (id integer primary key, company_id references company, mail);"
            "insert into company values (1, 'Alpha');"
            "insert into person values (1, 1, 'a@example.com'), (2, 1, 'b@example.com');"
        )
    every = extracted(place, tmp_path / "every", capsys)
    assert {t["name"]: t["rows"] for t in every["tables"]} == {"company": 1, "person": 2}
    (person,) = [t for t in every["tables"] if t["name"] == "person"]
    assert person["foreign_keys"] == [
        {"columns": ["company_id"], "target_table": "company", "target_columns": ["id"]}
    ]
    one = extracted(place, tmp_path / "one", capsys, "--table", "person")
    assert [t["name"] for t in one["tables"]] == ["person"]
    yaml = YAML()
    content = yaml.load((tmp_path / "every" / "reading.yaml").read_text("utf-8"))
    del content["tables"]["company"]
    edited = tmp_path / "edited.yaml"
    with edited.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)
    fewer = extracted(place, tmp_path / "fewer", capsys, "--reading", str(edited))
    assert [t["name"] for t in fewer["tables"]] == ["person"]


def test_personal_data_is_masked_unless_asked_for(tmp_path: Path, capsys: Any) -> None:
    place = tmp_path / "a.csv"
    place.write_text("id;mail\n" + "1;a@b.example\n" * 30 + "2;secret@example.com;x;y\n", "utf-8")
    masked = extracted(place, tmp_path / "masked", capsys)
    shown = extracted(place, tmp_path / "shown", capsys, "--show-personal-data")
    assert "secret@example.com" not in json.dumps(masked)
    assert "secret@example.com" in json.dumps(shown)
    assert "secret@example.com" not in (tmp_path / "masked" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["missing.csv"], 3, "did you mean"),
        (["klienti.csv", "--table", "clients"], 2, 'there is no table "clients"'),
        (["klienti.csv", "--option", "encodng=utf-8"], 2, 'did you mean "encoding"'),
        (["klienti.csv", "--option", "encoding"], 2, "KEY=VALUE"),
        (["klienti.csv", "--reading", "broken.yaml"], 2, "broken.yaml:3"),
        (["klienti.csv", "--reading", "list.yaml"], 2, "names no table"),
        (["klienti.csv", "--reading", "none.yaml"], 2, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(
    legacy: Path, capsys: Any, monkeypatch: Any, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(legacy.parent)
    Path("missing1.csv").write_text("a;b\n1;2\n")
    Path("broken.yaml").write_text("tables:\n  a: [1\n")
    Path("list.yaml").write_text("- 1\n")
    assert run(["extract", *arguments, "--to", "out"]) == code
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert not Path("out").exists()


def test_a_folder_with_files_is_not_written_over(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep")
    assert run(["extract", str(legacy), "--to", str(folder)]) == 2
    assert "--force" in capsys.readouterr().err
    extracted(legacy, folder, capsys, "--force")
    assert (folder / "mine.txt").read_text() == "keep"
    assert (folder / "klienti.csv").exists()


def test_a_reading_reads_the_same_table_again(legacy: Path) -> None:
    tables = open_source(legacy)
    given = {table.name: options_of(table.reading) for table in tables}
    again = open_source(legacy, tables=given)
    assert [t.column_names for t in again] == [t.column_names for t in tables]
    for one, other in zip(tables, again, strict=True):
        assert [b.to_dict() for b in one.batches()] == [b.to_dict() for b in other.batches()]


def test_day_numbers_follow_the_calendar_of_their_workbook(tmp_path: Path, capsys: Any) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (["Name", "Created"], ["Ann", datetime(2019, 1, 2)], ["Bob", 43525]):
        book.active.append(row)
    book.save(tmp_path / "mac.xlsx")
    extracted(tmp_path / "mac.xlsx", tmp_path / "out", capsys, "--typed")
    assert rows_of(tmp_path / "out" / "sheet.csv")[1:] == [
        ["Ann", "2019-01-02"], ["Bob", "2023-03-02"],
    ]  # fmt: skip


def test_what_a_workbook_says_of_a_column_is_in_the_reading_and_stays_there(
    tmp_path: Path, capsys: Any
) -> None:
    book = openpyxl.Workbook()
    for row in (["Name", "Stage"], ["Ann", "new"], ["Bob", "lost"], ["Eve", "new"]):
        book.active.append(row)
    offered = DataValidation(type="list", formula1='"new,won,lost"')
    offered.add("B2:B99")
    book.active.add_data_validation(offered)
    book.save(tmp_path / "deals.xlsx")
    extracted(tmp_path / "deals.xlsx", tmp_path / "first", capsys)
    file = tmp_path / "first" / "reading.yaml"
    again = extracted(tmp_path / "deals.xlsx", tmp_path / "again", capsys, "--reading", str(file))
    for columns in (
        YAML(typ="safe").load(file.read_text("utf-8"))["tables"]["sheet"]["columns"],
        again["tables"][0]["reading"]["columns"],
    ):
        assert columns["Stage"]["picklist"] == ["new", "won", "lost"]


def test_ticks_and_noes_that_look_like_nothing_keep_what_they_say(
    tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "people.csv").write_text(
        "id;Имя;VIP;Активен;Тел\n1;Анна;x;да;?\n2;Олег;;нет;+7 495 123 45 67\n"
        "3;Ирина;x;нет;+7 495 123 45 68\n",
        encoding="utf-8",
    )
    extracted(tmp_path / "people.csv", tmp_path / "out", capsys, "--typed")
    rows = rows_of(tmp_path / "out" / "people.csv")[1:]
    assert [row[2:4] for row in rows] == [["true", "true"], ["", "false"], ["true", "false"]]
    assert rows[0][4] == ""  # a question mark is no telephone number


def test_a_table_s_file_has_its_name_where_a_folder_can_hold_it(
    tmp_path: Path, capsys: Any
) -> None:
    database = sqlite3.connect(tmp_path / "erp.db")
    for name in ("Account", "Order Details", "CON"):
        database.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, name TEXT)')
    database.close()
    answer = extracted(tmp_path / "erp.db", tmp_path / "out", capsys)
    files = {table["name"]: Path(table["file"]).name for table in answer["tables"]}
    assert files["Account"] == "Account.csv"
    assert files["Order Details"] == "Order_Details.csv"
    assert files["CON"] != "CON.csv"  # Windows opens no such file
    assert all((tmp_path / "out" / file).is_file() for file in files.values())
