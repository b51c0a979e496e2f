"""The consultant's cycle: the decisions out to a workbook, filled in, and back into the mapping."""

from __future__ import annotations

import random
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cases.migrated import copied_example
from tests.cases.migrations import Migration, write_migration

Line = dict[str, Any]

FIRMS = """\
Kundennr;Firma;Strasse;PLZ;Ort;Telefon;Betreuer
1;Alpha GmbH;Hauptstr. 1;10115;Berlin;030 123456;mm
2;Beta AG;Nebenstr. 2;20095;Hamburg;040 234567;mm
3;Gamma KG;Weg 3;80331;München;089 345678;jd
"""
PEOPLE = """\
ID;Nachname;E-Mail;Handy;Kundennr;Newsletter;Zeilennr
11;Schmidt;anna@alpha.example;0170 1234567;1;ja;1
12;Maier;bernd@beta.example;0171 2345678;2;nein;2
13;Huber;carla@gamma.example;0172 3456789;3;ja;3
"""
PROJECT = """\
# The firms of the old card index.
migration: acme
region: DE
sources:
  old:
    place: firmen.csv
    tables: {firmen: {key: Kundennr}}
  people:
    place: personen.csv
    tables: {personen: {key: ID}}
environments:
  sandbox: {target: reference, url: "sqlite:///crm.db"}   # nobody works there
"""
SIGNED = "E. Example, sales"


@pytest.fixture(scope="module")
def company_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled company with its workbook, exported once."""
    folder = copied_example(tmp_path_factory.mktemp("decisions") / "company")
    assert Migration(folder)("map", "export", str(folder / "d.xlsx")).code == 0
    return folder


@pytest.fixture
def company(company_out: Path, tmp_path: Path) -> Migration:
    return Migration(Path(shutil.copytree(company_out, tmp_path / "company")))


@pytest.fixture(scope="module")
def fresh_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files and no mapping at all, with their workbook."""
    folder = tmp_path_factory.mktemp("fresh") / "acme"
    migration = write_migration(
        folder, project=PROJECT, mapping="", files={"firmen.csv": FIRMS, "personen.csv": PEOPLE}
    )
    (folder / "mappings" / "crm.yaml").unlink()
    assert migration("map", "export", str(folder / "d.xlsx")).code == 0
    return folder


@pytest.fixture
def fresh(fresh_out: Path, tmp_path: Path) -> Migration:
    return Migration(Path(shutil.copytree(fresh_out, tmp_path / "acme")))


def mapping_of(migration: Migration) -> dict[str, bytes]:
    files = [
        *sorted((migration.folder / "mappings").glob("*")),
        migration.folder / "migration.yaml",
    ]
    return {path.name: path.read_bytes() for path in files}


def lines_of(path: Path, sheet: str) -> list[Line]:
    page = openpyxl.load_workbook(path)[sheet]
    titles = [str(cell.value) for cell in page[2]]
    rows = page.iter_rows(min_row=3, values_only=True)
    return [dict(zip(titles, row, strict=True)) for row in rows]


def fill_in(path: Path, sheet: str, edit: Callable[[list[Line]], list[Line] | None]) -> None:
    """Open the workbook, let a person change the lines of a sheet, save it."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    titles = [str(cell.value) for cell in page[2]]
    lines = [
        dict(zip(titles, (cell.value for cell in row), strict=True))
        for row in page.iter_rows(min_row=3)
    ]
    lines = list(edit(lines) or lines)
    page.delete_rows(3, page.max_row)
    for number, line in enumerate(lines, 3):
        for position, title in enumerate(titles, 1):
            page.cell(number, position).value = line.get(title)
    page.auto_filter.ref = f"A2:N{len(lines) + 2}"
    page.row_dimensions[4].hidden = True
    book.save(path)


def choose(column: str, target: str | None, **typed: str) -> Callable[[list[Line]], None]:
    """Choose a field on the lines of one column (table:column)."""
    table, _, name = column.partition(":")

    def edit(lines: list[Line]) -> None:
        (line,) = [x for x in lines if (x["Table"], x["Column"]) == (table, name)]
        line |= {"Chosen": target, "Signed off by": SIGNED, **typed}

    return edit


def imported(migration: Migration, name: str = "d.xlsx") -> Any:
    return migration("map", "import", str(migration.folder / name), "--json")


# -- going out --------------------------------------------------------------------------------


def test_the_workbook_says_what_the_mapping_says(company: Migration) -> None:
    lines = lines_of(company.folder / "d.xlsx", "Fields")
    by_column: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        by_column.setdefault((line["Table"], line["Column"]), []).append(line)
    names = [x["Chosen"] for x in by_column["customers.Kontakty", "Meno"]]
    assert names == [
        "Contact.first_name — First name", "Contact.last_name — Last name *",
        "Contact.title — Title",
    ]  # fmt: skip
    (result,) = by_column["erp.deals", "result"]
    assert (result["Chosen"], result["Comment"]) == ("do not import", "the stage says the same")
    assert result["Signed off by"] == "J. Kvapka, sales"
    (phone,) = by_column["erp.companies", "phone"]
    assert phone["Transformation"] == "read as phone, with country as region"
    assert phone["Suggested"] == "Account.phone — Phone"
    assert phone["Filled"] <= 1
    assert phone["Sure"] > 0.9
    (active,) = by_column["erp.products", "(none) Product.is_active"]
    assert active["Chosen"] == "constant: true"
    (key,) = by_column["erp.companies", "id"]
    assert "the key of the row" in key["Used otherwise"]
    stages = {
        x["Value"]: x
        for x in lines_of(company.folder / "d.xlsx", "Values")
        if x["Field"] == "Opportunity.stage"
    }
    assert stages["Ponuka"]["Chosen"] == "proposal"
    assert sum(x["Count"] for x in stages.values()) == 900 or stages["Ponuka"]["Count"] > 0
    (deleted,) = [
        x for x in lines_of(company.folder / "d.xlsx", "Exclusions") if x["Block"] == "companies"
    ]
    assert (deleted["Left out where"], deleted["Rows"], deleted["Of"]) == (
        "deleted is '1'",
        10,
        400,
    )
    accounts = {x["Object"]: x for x in lines_of(company.folder / "d.xlsx", "Duplicates")}[
        "Account"
    ]
    assert accounts["Chosen keys"] == "registration_number"
    assert lines_of(company.folder / "d.xlsx", "Open questions")


def test_cells_where_nothing_is_to_be_typed_are_protected(company: Migration) -> None:
    path = company.folder / "d.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    book = openpyxl.load_workbook(path)
    page = book["Fields"]
    titles = [str(cell.value) for cell in page[2]]
    free = {t for t, cell in zip(titles, page[3], strict=True) if not cell.protection.locked}
    assert free == {"Chosen", "Block", "Comment", "Signed off by"}
    assert page.protection.sheet
    assert not page.protection.sort  # in openpyxl True forbids
    assert not page.protection.autoFilter
    assert page.protection.password is None
    assert page.freeze_panes == "A3"
    assert page.auto_filter.ref.startswith("A2:")
    assert page.column_dimensions["N"].hidden
    hidden = {sheet.title for sheet in book if sheet.sheet_state == "hidden"}
    assert hidden == {"_sent_out", "_choices", "_lists"}
    choices = {cell.value for cell in book["_choices"]["A"]}
    assert {"do not import", "Contact.last_name — Last name *"} <= choices
    rules = [str(v.sqref).split(":")[0] for v in page.data_validations.dataValidation]
    assert "H3" in rules
    assert len(list(page.conditional_formatting)) == 1


# -- coming back ------------------------------------------------------------------------------


def test_unchanged_it_writes_nothing(company: Migration) -> None:
    before = mapping_of(company)
    outcome = imported(company)
    assert outcome.code == 0, outcome
    assert outcome.json["issues"] == []
    assert outcome.json["decisions"] == 0
    assert mapping_of(company) == before


def test_sorted_filtered_and_with_lines_between_it_still_writes_nothing(company: Migration) -> None:
    before = mapping_of(company)

    def muddle(lines: list[Line]) -> list[Line]:
        random.Random(7).shuffle(lines)
        lines.insert(3, {"Column": "asked Jana, she will know"})
        return lines[:-5]

    fill_in(company.folder / "d.xlsx", "Fields", muddle)
    fill_in(company.folder / "d.xlsx", "Values", muddle)
    outcome = imported(company)
    assert outcome.code == 0, outcome
    assert mapping_of(company) == before
    codes = [issue["code"] for issue in outcome.json["issues"]]
    assert codes == ["line_gone"] * 10


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_saved_by_another_program_it_is_the_same_workbook(
    company: Migration, tmp_path: Path
) -> None:
    path = company.folder / "d.xlsx"
    fill_in(path, "Fields", choose("erp.contacts:phone", "Contact.description"))
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "saved"), str(path)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    shutil.copy(tmp_path / "saved" / "d.xlsx", path)
    outcome = imported(company)
    assert outcome.code == 0, outcome
    assert outcome.json["decisions"] == 1
    assert list(outcome.json["files"]) == ["mappings/contacts.yaml"]
    book = openpyxl.load_workbook(path)
    assert book["Fields"].protection.sheet
    assert len(book["Values"].data_validations.dataValidation) == 1


def test_what_was_decided_is_written_and_everything_else_stays(company: Migration) -> None:
    path, before = company.folder / "d.xlsx", mapping_of(company)
    for edit in (
        choose("erp.contacts:phone", "new: Contact.other_phone", Comment="asked: Jana"),
        choose("erp.companies:created", "Account.customer_since — Customer since"),
        choose("erp.contacts:created", "do not import", Comment="nobody looks at it"),
        choose("erp.deals:currency", "Opportunity.currency"),
        choose("erp.products:(none) Product.is_active", "constant: false"),
        choose("customers.Staré:Názov", "Account.name"),
    ):
        fill_in(path, "Fields", edit)

    def stage(lines: list[Line]) -> None:
        next(x for x in lines if x["Value"] == "Ponuka")["Chosen"] = "negotiation"

    fill_in(path, "Values", stage)
    outcome = imported(company)
    assert outcome.code == 0, outcome
    assert outcome.json["decisions"] == 7
    after = mapping_of(company)

    def replaced(name: str, *pairs: tuple[str, str]) -> bytes:
        text = before[name].decode()
        for old, new in pairs:
            assert text.count(old) == 1
            text = text.replace(old, new)
        return text.encode()

    assert after["contacts.yaml"] == replaced(
        "contacts.yaml",
        ("      phone: {from: phone, clean: phone, with: {region: company.country}}\n",
         "      other_phone: {from: phone, clean: phone, with: {region: company.country},\n"
         f'                    comment: "asked: Jana", signed_off_by: "{SIGNED}"}}\n'),
        ("    priority: [consents, people_consents]\n",
         "    priority: [consents, people_consents]\n\ndrop:\n"
         "  - {table: erp.contacts, columns: [created], reason: nobody looks at it,\n"
         f'     signed_off_by: "{SIGNED}"}}\n'),
    )  # fmt: skip
    assert after["customers.yaml"] == replaced(
        "customers.yaml",
        ("lookup: companies, orphan: blank}\n", "lookup: companies, orphan: blank}\n      "
         f'customer_since: {{from: created, clean: date, signed_off_by: "{SIGNED}"}}\n'),
    )  # fmt: skip
    assert after["sales.yaml"] == replaced(
        "sales.yaml",
        ("      amount: {from: amount, clean: decimal}\n      currency: currency\n",
         "      amount: {from: amount, clean: decimal}\n      "
         f'currency: {{from: currency, signed_off_by: "{SIGNED}"}}\n'),
        ("Ponuka: proposal", "Ponuka: negotiation"),
        ('{constant: "true"}', f'{{constant: "false", signed_off_by: "{SIGNED}"}}'),
    )  # fmt: skip
    assert after["history.yaml"] == before["history.yaml"]
    assert (
        after["decisions.yaml"]
        .decode()
        .endswith(
            "blocks:\n  staré:\n    from: customers.Staré\n    to: Account\n    fields:\n"
            f'      name: {{from: Názov, clean: company, signed_off_by: "{SIGNED}"}}\n'
        )
    )
    again = imported(company)
    assert again.code == 0, again
    assert again.json["decisions"] == 0
    assert mapping_of(company) == after
    assert company("map", "export", str(company.folder / "again.xlsx")).code == 0
    (new,) = lines_of(company.folder / "again.xlsx", "New fields")
    assert (new["Object"], new["Field"], new["From"]) == (
        "Contact",
        "other_phone",
        "erp.contacts.phone",
    )
    assert imported(company, "again.xlsx").json["decisions"] == 0
    assert mapping_of(company) == after


def test_with_any_error_nothing_is_written_and_everything_is_named(company: Migration) -> None:
    path, before = company.folder / "d.xlsx", mapping_of(company)
    fill_in(path, "Fields", choose("erp.contacts:phone", "Contact.mobil"))
    fill_in(
        path, "Fields", choose("erp.companies:city", "Account.description", **{"Signed off by": ""})
    )
    fill_in(path, "Fields", choose("erp.contacts:created", "do not import", Comment="fine"))

    def owner(lines: list[Line]) -> None:
        lines[0]["Chosen user"] = "jana@example.com"

    fill_in(path, "Owners", owner)
    outcome = imported(company)
    assert outcome.code == 1, outcome
    assert mapping_of(company) == before
    errors = {i["code"]: i for i in outcome.json["issues"] if i["severity"] == "error"}
    assert set(errors) == {"unknown_target", "empty_sign_off", "owner_not_bound"}
    row = next(
        number for number, x in enumerate(lines_of(path, "Fields"), 3)
        if (x["Table"], x["Column"]) == ("erp.contacts", "phone")
    )  # fmt: skip
    assert errors["unknown_target"]["place"] == f"d.xlsx!Fields!H{row}"
    assert errors["unknown_target"]["hint"].startswith("did you mean 'Contact.mobile'?")
    assert errors["owner_not_bound"]["place"] == "d.xlsx!Owners!D3"


def test_what_changed_in_the_mapping_meanwhile_is_not_overwritten(company: Migration) -> None:
    path = company.folder / "d.xlsx"
    fill_in(path, "Fields", choose("erp.contacts:mobile", "Contact.description"))
    company.edit(
        "mappings/contacts.yaml", "mobile: {from: mobile, clean", "phone_2: {from: mobile, clean"
    )
    company.edit(
        "mappings/customers.yaml",
        "city: {from: city, clean: text}",
        "city: {from: city, comment: x}",
    )
    company.edit("mappings/sales.yaml", "Ponuka: proposal", "Ponuka: won")
    before = mapping_of(company)
    outcome = imported(company)
    assert outcome.code == 1
    found = {(i["code"], i["column"]) for i in outcome.json["issues"]}
    assert ("changed_in_both", "mobile") in found
    assert ("stale_decision", "city") in found
    assert ("stale_decision", "stage") in found
    assert ("mapping_changed", "") in found
    assert mapping_of(company) == before


def test_a_workbook_that_is_none_or_anothers(company: Migration, fresh: Migration) -> None:
    other = fresh("map", "import", str(company.folder / "d.xlsx"))
    assert other.code == 2
    assert "'kvapka'" in other.err
    book = company.folder / "none.xlsx"
    openpyxl.Workbook().save(book)
    assert company("map", "import", str(book)).code == 2
    assert "is not there" in company("map", "import", str(company.folder / "no.xlsx")).err


# -- data without any mapping -----------------------------------------------------------------


def accept(lines: list[Line]) -> None:
    for line in lines:
        if line["Used otherwise"]:
            continue
        line["Chosen"] = line["Suggested"]
        if line["Column"] == "Kundennr":
            line["Chosen"] = "Contact.account"
        elif line["Column"] == "Zeilennr":
            line["Chosen"], line["Comment"] = "do not import", "numbers of the old list"
        line["Signed off by"] = SIGNED


def test_a_mapping_is_made_of_what_was_accepted(fresh: Migration) -> None:
    path = fresh.folder / "d.xlsx"
    questions = {x["About"] for x in lines_of(path, "Open questions")}
    assert {"old.firmen.Firma", "people.personen.E-Mail"} <= questions
    assert all(x["Chosen"] is None for x in lines_of(path, "Fields"))
    fill_in(path, "Fields", accept)

    def same(lines: list[Line]) -> None:
        for line in lines:
            line["Chosen"] = line["Suggested"]

    fill_in(path, "Values", same)

    def users(lines: list[Line]) -> None:
        for line in lines:
            line["Chosen user"] = f"{line['Owner']}@example.com"

    fill_in(path, "Owners", users)
    outcome = imported(fresh)
    assert outcome.code == 0, outcome
    made = (fresh.folder / "mappings" / "decisions.yaml").read_text(encoding="utf-8")
    assert "  firmen:\n    from: old.firmen\n    to: Account\n" in made
    assert "account: {from: Kundennr, lookup: firmen, " in made
    assert "owner: {from: Betreuer, lookup: owners, " in made
    assert "values: {ja: granted, nein: denied}" in made
    assert "columns: [Zeilennr], reason: numbers of the old list" in made
    project = (fresh.folder / "migration.yaml").read_text(encoding="utf-8")
    assert "owners: {mm: mm@example.com, jd: jd@example.com}}   # nobody works there" in project
    assert "# The firms of the old card index." in project

    checked = fresh("check", "--json")
    assert [i for i in checked.json["issues"] if i["severity"] == "error"] == [], checked
    after = mapping_of(fresh)
    assert imported(fresh).json["decisions"] == 0
    assert mapping_of(fresh) == after
    assert fresh("map", "export", str(fresh.folder / "again.xlsx")).code == 0
    chosen = {x["Column"]: x["Chosen"] for x in lines_of(fresh.folder / "again.xlsx", "Fields")}
    assert chosen["Zeilennr"] == "do not import"
    assert chosen["Firma"] == "Account.name — Name *"
    assert imported(fresh, "again.xlsx").json["decisions"] == 0


def test_a_pack_of_the_product_is_not_changed(fresh: Migration) -> None:
    """What ships with the product belongs to everybody; a file that nobody reads helps nobody."""
    fresh.edit("migration.yaml", "region: DE\n", "region: DE\nmappings: [mappings/own.yaml]\n")
    (fresh.folder / "mappings" / "own.yaml").write_text("blocks: {}\n", encoding="utf-8")
    path = fresh.folder / "d.xlsx"
    fill_in(path, "Fields", choose("old.firmen:Firma", "Account.name"))
    outcome = imported(fresh)
    assert outcome.code == 1, outcome
    assert [i["code"] for i in outcome.json["issues"] if i["severity"] == "error"] == [
        "file_not_listed"
    ]
    assert not (fresh.folder / "mappings" / "decisions.yaml").exists()
