"""Values that a spreadsheet program would take for formulas: the same on every way through."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.cases.migrations import PROJECT, Migration, write_migration

VALUES = (
    "+421905123456", "-5", "=A1", "@x", '=HYPERLINK("http://x.example";"y")', "=1+1", "+", "-", "@",
    "=", "'=A1", "\t=A1", "=cmd|' /C calc'!A0", "-2+3", "+1 (2)", "007", "1e5", "TRUE", "#REF!",
)  # fmt: skip
MAPPING = """\
blocks:
  people:
    from: files.people
    to: Contact
    fields:
      last_name: last_name
      title: value
      description: value
      email: {from: email, clean: email}
"""


def lines() -> list[tuple[str, str, str, str]]:
    """Each value twice: in a row that is loaded, and in one that is refused for its e-mail."""
    good = [(f"G{n}", f"Good{n}", value, "") for n, value in enumerate(VALUES)]
    return good + [(f"B{n}", f"Bad{n}", value, f"{value}@") for n, value in enumerate(VALUES)]


HEADER = ("id", "last_name", "value", "email")


def as_csv(folder: Path) -> str:
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *lines()])
    return "people.csv"


def as_xlsx(folder: Path) -> str:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "people"
    for number, row in enumerate([HEADER, *lines()], 1):
        for position, text in enumerate(row, 1):
            cell = page.cell(number, position)
            cell.value = text or None
            if text:
                cell.data_type = "s"
    book.save(folder / "people.xlsx")
    return "people.xlsx"


def as_sqlite(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "people.db")) as database, database:
        database.execute("CREATE TABLE people (id TEXT PRIMARY KEY, last_name, value, email)")
        database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", lines())
    return "people.db"


@pytest.fixture(params=[as_csv, as_xlsx, as_sqlite], ids=["csv", "xlsx", "sqlite"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Migration:
    folder = tmp_path / "acme"
    folder.mkdir()
    place = request.param(folder)
    migration = write_migration(
        folder, project=PROJECT.replace("people.csv", place), mapping=MAPPING, files={}
    )
    migration.ok("plan")
    migration.ok("load")
    return migration


def test_they_are_the_same_from_source_to_target_and_text_in_workbooks(loaded: Migration) -> None:
    """CSV keeps a leading tab; title is a text field as short as a phone number."""
    folder = loaded.folder
    expected = dict(zip((f"Good{n}" for n in range(len(VALUES))), VALUES, strict=True))

    (extract,) = folder.glob("runs/*-plan-*/extract/*.parquet")
    raw = pq.read_table(extract).to_pydict()
    assert dict(zip(raw["id"], raw["value"], strict=True)) == {i: v for i, _, v, _ in lines()}
    rows = loaded.rows()
    assert {row["last_name"]: row["description"] for row in rows} == expected
    assert {row["last_name"]: row["title"] for row in rows} == expected

    workbook = folder / "quarantine.xlsx"
    assert loaded("quarantine", "export", str(workbook)).code == 0
    assert_text_only(workbook)
    shown = found_values(workbook)
    assert set(shown) == {f"{value}@" for value in VALUES}
    for issues in folder.glob("runs/*/issues.xlsx"):
        assert_text_only(issues)


def test_what_is_entered_in_the_workbook_is_taken_as_it_stands(loaded: Migration) -> None:
    """The corrected value is a text too, even where somebody types one that looks like a formula."""
    workbook = loaded.folder / "quarantine.xlsx"
    loaded.ok("quarantine", "export", str(workbook))
    book = openpyxl.load_workbook(workbook)
    page = book["Refused rows"]
    title = {cell.value: cell.column for cell in page[2]}
    for row in range(3, page.max_row + 1):
        cell = page.cell(row, title["Corrected value"])
        cell.value = f"=b{row}@example.com" if row == 3 else f"+b{row}@example.com"
        cell.data_type = "s"
    book.save(workbook)

    taken = loaded("quarantine", "import", str(workbook), "--json")
    assert taken.json["corrections"] == len(VALUES), taken
    loaded.ok("plan")
    outcome = loaded("load", "--json")
    assert outcome.code == 0, outcome
    expected = {f"Bad{n}": value for n, value in enumerate(VALUES)}
    rows = [row for row in loaded.rows() if row["last_name"].startswith("Bad")]
    assert {row["last_name"]: row["description"] for row in rows} == expected
    emails = {row["email"] for row in rows}
    assert "=b3@example.com" in emails
    assert all(email[0] in "=+" for email in emails)


def assert_text_only(path: Path) -> None:
    """No cell of the workbook is a formula, and none is shown with an apostrophe that is not its."""
    book = openpyxl.load_workbook(path)
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert cells
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "inlineStr"}
    risky = [c for c in cells if isinstance(c.value, str) and c.value[:1] in tuple("=+-@")]
    assert all(cell.number_format == "@" for cell in risky)


def found_values(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path)
    page = book["Refused rows"]
    column = next(cell.column for cell in page[2] if cell.value == "Found value")
    return [str(page.cell(row, column).value) for row in range(3, page.max_row + 1)]
