"""The admin's cycle: refused rows out to a workbook, mended in Excel, and back into the CRM."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cases.migrations import Migration, Outcome, copy_of, write_migration

BAD = {"2": "peter@", "5": "anna", "6": "@b.example", "7": "c d@x", "8": "old@"}
PEOPLE = "id,first_name,last_name,email,phone,note\n" + "".join(
    f"{n},First{n},Last{n},{BAD.get(n, f'p{n}@example.com')},,\n" for n in map(str, range(1, 10))
)
KEY, CORRECTED, ACTION = "Row id (leave as it is)", "Corrected value", "Action"


@pytest.fixture(scope="module")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    """Nine people, of whom four are loaded and five wait."""
    folder = tmp_path_factory.mktemp("cycle") / "acme"
    migration = write_migration(folder, files={"people.csv": PEOPLE})
    migration.ok("plan")
    outcome = migration("load", "--json")
    assert outcome.code == 1
    assert counts(outcome) == {"created": 4, "quarantined": 5}
    return migration


@pytest.fixture
def acme(first_load: Migration, tmp_path: Path) -> Migration:
    return copy_of(first_load, tmp_path / "acme")


def counts(outcome: Outcome) -> dict[str, int]:
    (line,) = outcome.json["objects"]
    assert outcome.json["identity"]
    names = ("created", "updated", "unchanged", "excluded", "quarantined", "failed", "pending")
    return {name: line[name] for name in names if line[name]}


def exported(migration: Migration, name: str = "q.xlsx") -> Path:
    path = migration.folder / name
    assert migration("quarantine", "export", str(path)).code == 0
    return path


Line = dict[str, Any]


def edited(path: Path, edit: Callable[[list[Line]], list[Line] | None]) -> None:
    """Open the workbook, let a person change the lines, save it."""
    book = openpyxl.load_workbook(path)
    page = book["Refused rows"]
    titles = [cell.value for cell in page[2]]
    lines = [
        dict(zip(titles, (cell.value for cell in row), strict=True))
        for row in page.iter_rows(min_row=3)
    ]
    lines = edit(lines) or lines
    page.delete_rows(3, page.max_row)
    for number, line in enumerate(lines, 3):
        for position, title in enumerate(titles, 1):
            page.cell(number, position).value = line.get(title)
    page.auto_filter.ref = f"A2:L{len(lines) + 2}"
    page.auto_filter.add_filter_column(3, ["2", "5"])
    page.row_dimensions[4].hidden = True
    book.save(path)


def by_key(lines: list[Line]) -> dict[str, Line]:
    return {str(line["Key"]): line for line in lines}


def mend(lines: list[Line]) -> list[Line]:
    """Correct two, leave one out, touch nothing of the others; sort, and insert two lines."""
    line = by_key(lines)
    line["2"][CORRECTED] = "peter@example.com"
    line["5"][CORRECTED], line["5"][ACTION] = " anna@example.com ", "correct"
    line["6"][ACTION] = "leave out"
    random.Random(4).shuffle(lines)
    lines.insert(2, {"Object": "Contact", "Key": "99", CORRECTED: "new@example.com"})
    lines.insert(0, {"Why": "asked Jana, she will know"})
    return lines


def test_corrected_rows_are_loaded_left_out_ones_archived_and_the_others_wait(
    acme: Migration,
) -> None:
    workbook = exported(acme)
    edited(workbook, mend)

    taken = acme("quarantine", "import", str(workbook), "--json")
    assert taken.code == 0, taken
    assert taken.json["corrections"] == 3
    codes = [issue["code"] for issue in taken.json["issues"]]
    assert codes.count("inserted_row") == 2
    assert codes.count("nothing_entered") == 1

    assert counts(acme("plan", "--json")) == {
        "created": 2, "unchanged": 4, "excluded": 1, "quarantined": 2,
    }  # fmt: skip
    assert counts(acme("load", "--json")) == {"created": 6, "excluded": 1, "quarantined": 2}
    emails = {row["external_id"]: row["email"] for row in acme.rows()}
    assert emails["files:people:2"] == "peter@example.com"
    assert emails["files:people:5"] == "anna@example.com"
    assert len(emails) == 6
    with closing(sqlite3.connect(acme.folder / "archive.db")) as archive:
        rows = archive.execute(
            "SELECT record_key, reason, content FROM archived WHERE block = 'people'"
        ).fetchall()
    assert [(key, reason) for key, reason, _ in rows] == [
        ("6", "left out in the quarantine workbook")
    ]
    assert "@b.example" in rows[0][2]
    told = acme("trace", "@b.example", "--json").json
    assert told["archived"] == told["found"] == 1
    assert told["records"][0]["units"][0]["disposition"] == "excluded"
    source = (acme.folder / "people.csv").read_text(encoding="utf-8")
    assert source == PEOPLE  # the source itself is never changed


def test_the_same_workbook_again_does_nothing_new(acme: Migration) -> None:
    workbook = exported(acme)
    edited(workbook, mend)
    acme.ok("quarantine", "import", str(workbook))
    assert counts(acme("plan", "--json"))["created"] == 2
    before = acme("plan", "--json").json["objects"]

    again = acme("quarantine", "import", str(workbook), "--json")
    assert again.json["corrections"] == 0
    stale = [issue for issue in again.json["issues"] if issue["code"] == "stale_correction"]
    assert {issue["record"] for issue in stale} == {"2", "5", "6"}
    assert acme("plan", "--json").json["objects"] == before
    acme.ok("load")
    acme.ok("quarantine", "import", str(workbook))
    acme.ok("plan")
    assert counts(acme("load", "--json")) == {"created": 6, "excluded": 1, "quarantined": 2}
    assert len(acme.rows()) == 6


def test_imported_twice_before_the_plan_it_is_taken_once(acme: Migration) -> None:
    workbook = exported(acme)
    edited(workbook, mend)
    acme.ok("quarantine", "import", str(workbook))
    acme.ok("quarantine", "import", str(workbook))
    assert counts(acme("plan", "--json")) == {
        "created": 2, "unchanged": 4, "excluded": 1, "quarantined": 2,
    }  # fmt: skip


def change_source(migration: Migration, old: str, new: str) -> None:
    migration.edit("people.csv", old, new)


def test_a_row_that_changed_since_the_export_is_stale_and_said_so(acme: Migration) -> None:
    workbook = exported(acme)
    edited(workbook, mend)
    change_source(acme, "peter@", "peter.k@")
    acme.ok("plan")

    taken = acme("quarantine", "import", str(workbook), "--json")
    assert taken.json["corrections"] == 2
    (stale,) = [i for i in taken.json["issues"] if i["code"] == "stale_correction"]
    assert stale["record"] == "2"
    assert "the value in the source has changed since the export" in stale["message"]
    assert counts(acme("plan", "--json"))["quarantined"] == 3


@pytest.mark.parametrize("value", ["peter.k@", "peter.k@example.com"])
def test_a_row_that_changes_after_the_import_is_not_overwritten_by_the_correction(
    acme: Migration, value: str
) -> None:
    """The correction was for another value: it is not used, and the plan says so."""
    workbook = exported(acme)
    edited(workbook, mend)
    acme.ok("quarantine", "import", str(workbook))
    change_source(acme, "peter@", value)

    outcome = acme("plan", "--json")
    stale = [i for i in outcome.json["issues"] if i["code"] == "stale_correction"]
    assert [i["record"] for i in stale] == ["2"]
    acme.ok("load")
    emails = {row["external_id"]: row["email"] for row in acme.rows()}
    expected = value if "example" in value else None
    assert emails.get("files:people:2") == expected


def test_a_wrong_correction_comes_back(acme: Migration) -> None:
    workbook = exported(acme)

    def still_wrong(lines: list[Line]) -> None:
        by_key(lines)["2"][CORRECTED] = "peter at example"

    edited(workbook, still_wrong)
    assert acme("quarantine", "import", str(workbook), "--json").json["corrections"] == 1
    assert counts(acme("plan", "--json"))["quarantined"] == 5
    again = exported(acme, "again.xlsx")

    def right(lines: list[Line]) -> None:
        assert len(lines) == 5
        by_key(lines)["2"][CORRECTED] = "peter@example.com"

    edited(again, right)
    assert acme("quarantine", "import", str(again), "--json").json["corrections"] == 1
    acme.ok("plan")
    assert counts(acme("load", "--json")) == {"created": 5, "quarantined": 4}


def test_a_correction_stays_in_later_plans(acme: Migration) -> None:
    workbook = exported(acme)
    edited(workbook, mend)
    acme.ok("quarantine", "import", str(workbook))
    for _ in range(2):
        acme.ok("plan")
        acme.ok("load")
    assert counts(acme("plan", "--json")) == {"unchanged": 6, "excluded": 1, "quarantined": 2}
    later = exported(acme, "later.xlsx")
    edited(later, lambda lines: lines if {line["Key"] for line in lines} == {"7", "8"} else 1 / 0)


def test_a_workbook_that_is_open_in_excel(acme: Migration) -> None:
    workbook = exported(acme)
    edited(workbook, mend)
    lock = workbook.with_name(f"~${workbook.name}")
    lock.write_bytes(b"\x05Admin")
    for action in ("import", "export"):
        outcome = acme("quarantine", action, str(workbook))
        assert outcome.code == 2, outcome
        assert "q.xlsx" in outcome.err
        assert "Excel" in outcome.err
        assert "close" in outcome.err
    lock.unlink()
    assert acme("quarantine", "import", str(workbook)).code == 0


def test_workbooks_that_are_none(acme: Migration, tmp_path: Path) -> None:
    missing = acme("quarantine", "import", str(tmp_path / "no.xlsx"))
    assert missing.code == 2
    assert "no.xlsx is not there" in missing.err
    text = tmp_path / "text.xlsx"
    text.write_text("id;email\n", encoding="utf-8")
    assert acme("quarantine", "import", str(text)).code == 2
    other = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(other)
    outcome = acme("quarantine", "import", str(other))
    assert outcome.code == 2
    assert "Refused rows" in outcome.err
    folder = acme("quarantine", "export", str(tmp_path / "nowhere" / "q.xlsx"))
    assert folder.code == 2
    assert "nowhere" in folder.err


def test_damaged_lines_are_refused_one_by_one(acme: Migration) -> None:
    workbook = exported(acme)

    def damage(lines: list[Line]) -> None:
        line = by_key(lines)
        line["2"][CORRECTED], line["2"][KEY] = "peter@example.com", "1234"
        line["5"][ACTION] = "delete"
        line["6"][CORRECTED], line["6"][ACTION] = "b@example.com", "leave out"
        line["7"][CORRECTED] = "c@example.com"

    edited(workbook, damage)
    outcome = acme("quarantine", "import", str(workbook), "--json")
    assert outcome.code == 1
    assert outcome.json["corrections"] == 1
    assert {i["code"] for i in outcome.json["issues"] if i["severity"] == "error"} == {
        "damaged_key", "unknown_action", "conflicting_corrections",
    }  # fmt: skip
