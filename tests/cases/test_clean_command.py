"""``crm-migrate clean``: a file cleaned alone, what was changed and refused, and the way back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from ruamel.yaml import YAML

from migrate.cli import run
from migrate.extractors import open_source

LEGACY = """\
Meno;Firma;E-mail;Telefón;PSČ;Krajina;Dátum;Obrat;Newsletter;IČO;Web
Novák, Ing. Ján;ACME, s. r. o.;Jan@ACME.sk;02/5441 1234 kl. 12;81101;SR;1.3.2019;1 234,50 €;áno;31 601 243;www.acme.sk
KOVÁČOVÁ MÁRIA;Beta a.s.;maria@gmial.com;0905 123 456, 0906 111 222;4001;Slovensko;25.12.2018;99,00;N;12345678;beta.sk
Peter Veľký;Gamma GmbH;bez mailu;6.91E+09;1010;Rakúsko;31.2.2020;-12,5;nie;N/A;http://gamma.at
Anna Malá;Delta;anna@delta.sk;+421 903 111 222;010 01;Slovakia;7.6.2020;10,25;áno;31601243;delta.sk
"""
Answer = dict[str, Any]


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    path = tmp_path / "klienti.csv"
    path.write_bytes(LEGACY.encode("cp1250"))
    return path


def cleaned(place: object, to: Path, capsys: Any, *more: str, code: int | None = None) -> Answer:
    capsys.readouterr()
    given = run(["clean", str(place), "--as", "contact", "--to", str(to), "--json", *more])
    out = capsys.readouterr()
    assert given in ((0, 1) if code is None else (code,)), out.err
    answer: Answer = json.loads(out.out) if out.out else {"error": out.err}
    return answer


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def source_rows(path: Path) -> list[list[str]]:
    (table,) = open_source(path)
    return [
        row
        for batch in table.batches()
        for row in batch[list(table.column_names)].fillna("").values.tolist()
    ]


def test_the_same_rows_come_out_clean(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out" / "clean.csv"
    answer = cleaned(legacy, out, capsys, code=1)
    assert answer["rows"] == 4
    first, second, third, _ = rows_of(out)
    assert first["Meno"] == "Ing. Ján Novák"
    assert (first["Meno_first_name"], first["Meno_last_name"]) == ("Ján", "Novák")
    assert first["Firma"] == "ACME, s.r.o."
    assert first["E-mail"] == "Jan@acme.sk"
    assert (first["Telefón"], first["Telefón_extension"]) == ("+421254411234", "12")
    assert (first["PSČ"], first["Krajina"], first["Dátum"]) == ("811 01", "SK", "2019-03-01")
    assert (first["Obrat"], first["Obrat_currency"]) == ("1234.5", "EUR")
    assert (first["Newsletter"], first["IČO"]) == ("true", "31601243")
    assert first["Web"] == "https://www.acme.sk"
    assert (second["Telefón"], second["Telefón_others"]) == ("+421905123456", "0906 111 222")
    assert second["PSČ"] == "040 01"
    assert (second["E-mail"], second["E-mail_suggestion"]) == ("maria@gmial.com", "maria@gmail.com")
    assert (third["PSČ"], third["Dátum"], third["IČO"]) == ("1010", "31.2.2020", "")
    assert list(first)[:11] == LEGACY.split("\n")[0].split(";")


def test_what_cannot_be_read_stays_and_is_an_issue_with_its_row(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    answer = cleaned(legacy, tmp_path / "clean.csv", capsys, "--show-personal-data", code=1)
    errors = {
        (i["code"], i["column"], i["row"]): i for i in answer["issues"] if i["severity"] == "error"
    }
    assert set(errors) == {
        ("not_an_email", "E-mail", 4), ("digits_lost", "Telefón", 4),
        ("impossible_date", "Dátum", 4), ("check_digit_wrong", "IČO", 3),
    }  # fmt: skip
    assert errors["digits_lost", "Telefón", 4]["value"] == "6.91E+09"
    typo = next(i for i in answer["issues"] if i["code"] == "typo_domain")
    assert (typo["severity"], typo["row"]) == ("warning", 3)
    assert {"code", "severity", "entity", "column", "row", "value", "message", "hint"} == set(typo)
    third = rows_of(tmp_path / "clean.csv")[2]
    assert (third["E-mail"], third["Telefón"], third["Dátum"]) == (
        "bez mailu",
        "6.91E+09",
        "31.2.2020",
    )


def test_personal_data_is_masked_unless_it_is_asked_for(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    answer = cleaned(legacy, tmp_path / "clean.csv", capsys)
    text = json.dumps(answer, ensure_ascii=False)
    page = (tmp_path / "clean.csv.report.html").read_text(encoding="utf-8")
    for secret in ("Novák", "gmial", "54411234", "maria"):
        assert secret not in text and secret not in page
    capsys.readouterr()
    run(["clean", str(legacy), "--as", "contact", "--to", str(tmp_path / "b.csv")])
    assert "Novák" not in capsys.readouterr().out


def test_every_change_has_its_rule_and_is_counted(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "clean.csv"
    answer = cleaned(legacy, out, capsys)
    changes = [row for row in rows_of(out.with_name("clean.csv.changes.csv")) if row["row"] != "0"]
    assert sum(answer["changed"].values()) == len(changes)
    assert {row["rule"] for row in changes} == set(answer["changed"])
    assert all(row["rule"] and row["before"] != row["after"] for row in changes)
    by_place = {(row["row"], row["column"]): row for row in changes}
    assert by_place["2", "PSČ"]["rule"] == "zeros_restored"
    assert by_place["2", "PSČ"]["source_row"] == "3"
    assert by_place["3", "IČO"]["rule"] == "null_spelling"
    assert {"rule", "column", "count", "before", "after", "table"} == set(answer["examples"][0])
    page = (tmp_path / "clean.csv.report.html").read_text(encoding="utf-8")
    assert "zeros_restored" in page


def test_an_undo_gives_back_every_value(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    out, back = tmp_path / "clean.csv", tmp_path / "back.csv"
    cleaned(legacy, out, capsys)
    capsys.readouterr()
    assert run(["clean", str(out), "--undo", "--to", str(back), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    with back.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == LEGACY.split("\n")[0].split(";")
    assert rows == source_rows(legacy)
    assert answer["rows"] == 4 and answer["kept"] == 0 and answer["restored"] > 10


def test_an_undo_keeps_what_was_edited_since(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    out, back = tmp_path / "clean.csv", tmp_path / "back.csv"
    cleaned(legacy, out, capsys)
    out.write_text(out.read_text(encoding="utf-8").replace("2019-03-01", "2019-03-02"), "utf-8")
    capsys.readouterr()
    run(["clean", str(out), "--undo", "--to", str(back), "--json"])
    assert json.loads(capsys.readouterr().out)["kept"] == 1
    assert rows_of(back)[0]["Dátum"] == "2019-03-02"


def test_an_undo_of_another_file_is_refused(legacy: Path, tmp_path: Path, capsys: Any) -> None:
    out, back = tmp_path / "clean.csv", tmp_path / "back.csv"
    assert run(["clean", str(legacy), "--undo", "--to", str(back)]) == 2
    cleaned(legacy, out, capsys)
    lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
    out.write_text("".join(lines[:-1]), encoding="utf-8")
    assert run(["clean", str(out), "--undo", "--to", str(back)]) == 3
    assert not back.exists()


def test_the_source_and_an_existing_file_are_never_written_over(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    before = legacy.read_bytes()
    assert "source itself" in cleaned(legacy, legacy, capsys, "--force", code=2)["error"]
    assert legacy.read_bytes() == before
    out = tmp_path / "clean.csv"
    cleaned(legacy, out, capsys)
    assert "is there already" in cleaned(legacy, out, capsys, code=2)["error"]
    cleaned(legacy, out, capsys, "--force")


def test_a_wrong_kind_is_answered_with_the_right_ones(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    capsys.readouterr()
    assert run(["clean", str(legacy), "--as", "contcat", "--to", str(tmp_path / "x.csv")]) == 2
    assert "did you mean 'contact'?" in capsys.readouterr().err
    assert run(["clean", str(legacy), "--to", str(tmp_path / "x.csv")]) == 2
    assert "--as" in capsys.readouterr().err
    assert run(["clean", str(tmp_path / "no.csv"), "--as", "contact", "--to", "x.csv"]) == 3


def test_what_was_decided_is_in_a_file_that_is_followed_when_edited(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "clean.csv"
    cleaned(legacy, out, capsys)
    reading = tmp_path / "clean.csv.reading.yaml"
    said = YAML(typ="safe").load(reading.read_text(encoding="utf-8"))["tables"]["klienti"]
    assert said["columns"]["Telefón"]["companions"] == {"region": "Krajina"}
    assert said["columns"]["Dátum"]["order"] == "dmy"
    same = tmp_path / "same.csv"
    cleaned(legacy, same, capsys, "--reading", str(reading))
    assert same.read_bytes() == out.read_bytes()
    said["columns"] = {
        "Firma": {"clean": "company", "legal_form": "keep"},
        "Krajina": {"clean": ""},
    }
    reading.write_text(json.dumps({"tables": {"klienti": said}}), encoding="utf-8")
    edited = tmp_path / "edited.csv"
    cleaned(legacy, edited, capsys, "--reading", str(reading))
    first = rows_of(edited)[0]
    assert (first["Firma"], first["Krajina"]) == ("ACME, s. r. o.", "SR")
    said["columns"] = {"Firma": {"clean": "compny"}}
    reading.write_text(json.dumps({"tables": {"klienti": said}}), encoding="utf-8")
    wrong = cleaned(legacy, tmp_path / "w.csv", capsys, "--reading", str(reading), code=2)
    assert "did you mean 'company'" in wrong["error"]


def test_a_workbook_is_written_as_a_workbook_and_undone(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    out, back = tmp_path / "clean.xlsx", tmp_path / "back.csv"
    cleaned(legacy, out, capsys)
    sheet = openpyxl.load_workbook(out).active
    assert sheet["E2"].value == "811 01"
    assert run(["clean", str(out), "--undo", "--to", str(back)]) == 0
    with back.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == source_rows(legacy)


def test_several_tables_go_into_a_folder_or_one_is_chosen(tmp_path: Path, capsys: Any) -> None:
    book = openpyxl.Workbook()
    people = book.active
    people.title = "Ľudia"
    for row in (("Meno", "Telefón"), ("Ján Novák", "0905 123 456"), ("Eva Malá", "0906 123 456")):
        people.append(row)
    firms = book.create_sheet("Firmy")
    for row in (("Firma", "Mesto"), ("Acme s. r. o.", "Žilina"), ("Beta a. s.", "Nitra")):
        firms.append(row)
    place = tmp_path / "kniha.xlsx"
    book.save(place)
    assert "--table" in cleaned(place, tmp_path / "one.csv", capsys, code=2)["error"]
    answer = cleaned(place, tmp_path / "all", capsys, "--region", "SK")
    assert answer["rows"] == 4
    assert rows_of(tmp_path / "all" / "ludia.csv")[0]["Telefón"] == "+421905123456"
    assert rows_of(tmp_path / "all" / "firmy.csv")[0]["Firma"] == "Acme s.r.o."
    one = cleaned(place, tmp_path / "one.csv", capsys, "--table", "firmy")
    assert one["rows"] == 2 and {c["table"] for c in one["columns"]} == {"firmy"}


def test_damaged_text_is_repaired_and_says_so(tmp_path: Path, capsys: Any) -> None:
    names = ["KovÃ¡Ä\x8d", "Å½ilina", "JÃ¡n HorvÃ¡t", "Praha"]
    place = tmp_path / "a.csv"
    place.write_text("mesto,pozn\n" + "".join(f"{n},R&amp;D\n" for n in names), encoding="utf-8")
    out = tmp_path / "b.csv"
    answer = cleaned(place, out, capsys, code=0)
    assert [row["mesto"] for row in rows_of(out)] == ["Kováč", "Žilina", "Ján Horvát", "Praha"]
    assert rows_of(out)[0]["pozn"] == "R&D"
    assert answer["changed"] == {"html_entity": 4, "mojibake_repaired": 3}


def test_broken_formulas_are_refused_and_nulls_emptied(tmp_path: Path, capsys: Any) -> None:
    place = tmp_path / "a.csv"
    place.write_text("Email,Note\na@example.com,#REF!\nNULL,ok\nb@example.com,NULL\n", "utf-8")
    out = tmp_path / "b.csv"
    answer = cleaned(place, out, capsys, code=1)
    assert [tuple(row.values()) for row in rows_of(out)] == [
        ("a@example.com", "#REF!"), ("", "ok"), ("b@example.com", ""),
    ]  # fmt: skip
    assert answer["changed"] == {"null_spelling": 2}
    assert [i["code"] for i in answer["issues"] if i["severity"] == "error"] == ["formula_error"]


def test_the_examples_of_a_rule_stand_under_it_once(
    legacy: Path, tmp_path: Path, capsys: Any
) -> None:
    capsys.readouterr()
    run(["clean", str(legacy), "--as", "contact", "--to", str(tmp_path / "clean.csv")])
    shown = capsys.readouterr().out.split("The most frequent changes of each rule")[1]
    lines = [line.split() for line in shown.split("Columns\n")[0].splitlines()]
    assert sum(line[:2] == ["country_name", "Krajina"] for line in lines) == 1
    assert ["Rakúsko", "AT"] in lines


def test_day_numbers_of_a_1904_workbook_are_cleaned_by_its_calendar(
    tmp_path: Path, capsys: Any
) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (["Name", "Created"], ["Ann", "2.1.2019"], ["Bob", 43525]):
        book.active.append(row)
    book.save(tmp_path / "mac.xlsx")
    cleaned(tmp_path / "mac.xlsx", tmp_path / "clean.csv", capsys)
    assert [row["Created"] for row in rows_of(tmp_path / "clean.csv")] == [
        "2019-01-02", "2023-03-02",
    ]  # fmt: skip
