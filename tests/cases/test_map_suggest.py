"""Suggestions and the catalogue through the command line, on a file as people leave it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.cli import run
from migrate.specs.catalogue import target_names

SHEET = """Kundenliste Stand 01.10.2024;;;;;
;;;;;
Lfd. Nr.;Firma;Vorname;Name;E-Mail;PLZ
1;Muster GmbH;Anna;Köhler;anna.koehler@example.com;80331
2;Beispiel AG;Jürgen;Weiß;j.weiss@example.org;20095
3;Probe e.K.;Petra;Kühn;petra@example.net;10115
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "kunden.csv"
    path.write_bytes(SHEET.encode("cp1252"))
    return path


def answered(capsys: Any, *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert run(list(words)) == code
    return json.loads(capsys.readouterr().out)


def test_every_column_of_a_dirty_file_gets_an_answer(sheet: Path, capsys: Any) -> None:
    answer = answered(
        capsys, "map", "suggest", str(sheet), "--target", "salesforce:Account,Contact", "--json"
    )
    fields = {s["source_column"]: s["candidates"][0]["field"] for s in answer["suggestions"]}
    assert fields == {
        "Lfd. Nr.": None, "Firma": "Account.Name", "Vorname": "Contact.FirstName",
        "Name": "Contact.LastName", "E-Mail": "Contact.Email", "PLZ": fields["PLZ"],
    }  # fmt: skip
    assert fields["PLZ"] in ("Account.BillingPostalCode", "Contact.MailingPostalCode")
    for suggestion in answer["suggestions"]:
        assert suggestion["table"] == "kunden"
        for candidate in suggestion["candidates"]:
            assert set(candidate) == {"field", "confidence", "reasons"}
            assert candidate["reasons"]


def test_the_report_says_it_in_words(sheet: Path, capsys: Any) -> None:
    assert run(["map", "suggest", str(sheet), "--target", "hubspot:contacts,companies"]) == 0
    out = capsys.readouterr().out
    assert "contacts.firstname" in out
    assert "German" in out
    assert "do not map" in out
    assert "Köhler" not in out


@pytest.mark.parametrize(
    ("target", "code", "hint"),
    [("salesfroce", 2, "salesforce"), ("salesforce:Kontakt", 2, "Contact")],
)
def test_a_wrong_target_is_refused_with_the_right_name(
    target: str, code: int, hint: str, sheet: Path, capsys: Any
) -> None:
    assert run(["map", "suggest", str(sheet), "--target", target]) == code
    assert hint in capsys.readouterr().err


def test_a_wrong_table_is_refused_with_those_there_are(sheet: Path, capsys: Any) -> None:
    words = ["map", "suggest", str(sheet), "--target", "salesforce", "--table", "kundn"]
    assert run(words) == 3
    assert "kunden" in capsys.readouterr().err


def test_targets_lists_the_catalogue(capsys: Any) -> None:
    answer = answered(capsys, "targets", "--json")
    assert [target["name"] for target in answer["targets"]] == target_names()
    for target in answer["targets"]:
        assert target["verified"] in ("tested", "documented", "inferred", "recalled")
        assert target["objects"]


def test_targets_shows_the_fields_of_an_object(capsys: Any) -> None:
    answer = answered(capsys, "targets", "salesforce", "Account", "--json")
    (target,) = answer["targets"]
    (described,) = target["objects"]
    name = next(field for field in described["fields"] if field["name"] == "Name")
    assert name["required"] and name["length"] == 255
    assert run(["targets", "salesforce", "Account"]) == 0
    assert "Account Name" in capsys.readouterr().out


def test_targets_refuses_an_object_that_there_is_not(capsys: Any) -> None:
    assert run(["targets", "salesforce", "Acount"]) == 2
    assert "Account" in capsys.readouterr().err
