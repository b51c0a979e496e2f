"""The gap report through the command line: of a migration, and of a file alone."""

from __future__ import annotations

import json
import os
import stat
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from migrate.specs.catalogue import target_names
from tests.cases.migrated import copied_example
from tests.cases.migrations import Migration, command, write_migration

PROJECT = """\
migration: acme
region: SK
sources:
  files:
    place: people.csv
    tables: {people: {key: id}}
environments:
  sandbox: {target: reference, url: "sqlite:///crm.db"}
"""
MAPPING = """\
blocks:
  people:
    from: files.people
    to: Contact
    exclude:
      - {when: {column: gone, is: "1"}, reason: gone}
    fields:
      last_name: name
      first_name: short
      shoe_size: {from: size, clean: decimal}
      hobby: hobby
      newsletter_consent: {from: news, values: {y: granted, n: denied}}
drop:
  - {table: files.people, columns: [qqx], reason: nobody knows what it is, signed_off_by: "E. Nová"}
"""
LONG = "x" * 300
HEADER = "id,name,short,size,hobby,news,gone,qqx,vrzgl,empty,wklmp"


def people() -> str:
    """Forty rows: three names too long for the CRM, two values that no list has."""
    lines = [HEADER]
    for number in range(40):
        name = LONG if number < 3 else f"Person {number}"
        news = "maybe" if number in (5, 6) else "yn"[number % 2]
        hobby = ("chess", "tennis", "garden")[number % 3]
        size = f"{38 + number % 7}.5" if number else "1234567.25"
        lines.append(
            f"{number},{name},P{number},{size},{hobby},{news},0,{number * 7},"
            f"w{number % 4}x,,{'abc ' * (number + 60)}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    folder = tmp_path_factory.mktemp("gaps") / "acme"
    return write_migration(folder, project=PROJECT, mapping=MAPPING, files={"people.csv": people()})


@pytest.fixture(scope="module")
def told(acme: Migration) -> dict[str, Any]:
    found: dict[str, Any] = acme("map", "gaps", "--json").json
    return found


def of(told: dict[str, Any], column: str) -> dict[str, Any]:
    return next(gap for gap in told["gaps"] if gap["source_column"] == column)


def test_every_column_has_one_verdict(told: dict[str, Any]) -> None:
    assert [gap["source_column"] for gap in told["gaps"]] == HEADER.split(",")
    assert {gap["verdict"] for gap in told["gaps"]} == {"exists", "create", "drop"}


def test_mapped_columns_name_their_field_and_line(told: dict[str, Any]) -> None:
    name = of(told, "name")
    assert (name["verdict"], name["fields"]) == ("exists", ["Contact.last_name"])
    assert name["place"].endswith("crm.yaml:8")
    assert (name["rows"], name["filled"], name["longest"]) == (40, 40, 300)


def test_a_field_that_the_crm_lacks_is_created_under_the_mappings_name(
    told: dict[str, Any],
) -> None:
    assert of(told, "size")["verdict"] == "create"
    size = next(field for field in told["create"] if field["name"] == "shoe_size")
    assert (size["object"], size["type"], size["scale"]) == ("Contact", "decimal", 2)
    assert size["precision"] >= 9  # seven digits before the point stand in the file
    hobby = next(field for field in told["create"] if field["name"] == "hobby")
    assert (hobby["type"], hobby["picklist"]) == ("picklist", 3)


def test_what_stays_behind_says_why(told: dict[str, Any]) -> None:
    assert of(told, "qqx")["why"] == "nobody knows what it is (E. Nová)"
    assert of(told, "empty")["why"] == "no row has a value"
    assert "which rows are left out" in of(told, "gone")["why"]
    assert "external id" in of(told, "id")["why"]


def test_a_column_that_nobody_decided_about_is_measured_over_all_rows(
    told: dict[str, Any],
) -> None:
    wklmp = of(told, "wklmp")
    assert (wklmp["verdict"], wklmp["decided_by"], wklmp["longest"]) == (
        "create",
        "suggestion",
        396,
    )
    field = next(f for f in told["create"] if f["columns"] == ["files.people.wklmp"])
    assert (field["type"], field["length"]) == ("long_text", 1000)  # a quarter more, rounded up


def test_what_would_be_too_long_is_counted(told: dict[str, Any]) -> None:
    cut = next(cut for cut in told["cut"] if cut["field"] == "Contact.last_name")
    assert (cut["count"], cut["longest"]) == (3, [300])
    assert cut["length"] < 300
    assert "examples" not in cut


def test_values_that_lists_lack_are_counted_and_not_shown(told: dict[str, Any]) -> None:
    assert told["values_without_home"] == [
        {"field": "Contact.newsletter_consent", "values": 1, "rows": 2}
    ]
    assert "maybe" not in json.dumps(told)


def test_examples_are_shown_to_whoever_asks(acme: Migration) -> None:
    told = acme("map", "gaps", "--json", "--show-personal-data").json
    assert told["cut"][0]["examples"] == [LONG]
    assert told["values_without_home"][0]["counts"] == {"maybe": 2}


def test_nothing_is_written_unless_asked(acme: Migration, told: dict[str, Any]) -> None:
    assert told.get("scripts") is None
    assert acme.written() == set()


def test_the_workbook_has_a_sheet_for_each_question(acme: Migration, tmp_path: Path) -> None:
    acme.ok("map", "gaps", "--to", str(tmp_path / "gaps.xlsx"))
    book = openpyxl.load_workbook(tmp_path / "gaps.xlsx")
    assert book.sheetnames[:4] == [
        "Columns",
        "Fields to make",
        "Too long",
        "Values that lists lack",
    ]
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value]
    assert "shoe_size" in cells
    assert not any(LONG in text or text == "maybe" for text in cells)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "gaps.xlsx").stat().st_mode) == 0o600


def test_the_page_is_masked(acme: Migration, tmp_path: Path) -> None:
    acme.ok("map", "gaps", "--to", str(tmp_path / "gaps.html"))
    page = (tmp_path / "gaps.html").read_text(encoding="utf-8")
    assert "Fields to make" in page
    assert LONG not in page
    assert "maybe" not in page


def test_another_ending_is_refused_before_anything_is_read(acme: Migration, tmp_path: Path) -> None:
    outcome = acme("map", "gaps", "--to", str(tmp_path / "gaps.pdf"))
    assert outcome.code == 2
    assert ".xlsx or .html" in outcome.said


def test_sql_targets_get_statements_and_a_click_list(acme: Migration, tmp_path: Path) -> None:
    acme.ok("map", "gaps", "--scripts", str(tmp_path))
    sql = (tmp_path / "create-fields.sql").read_text(encoding="utf-8")
    assert 'ALTER TABLE "contacts" ADD COLUMN "hobby" VARCHAR(40);' in sql
    clicks = (tmp_path / "fields-to-create.md").read_text(encoding="utf-8")
    assert "- [ ] **size** (API name `shoe_size`)" in clicks
    assert "values: chess, garden, tennis" in clicks
    assert "Contact.newsletter_consent: maybe" in clicks
    if os.name == "posix":  # the values of the lists are the customer's
        for name in ("create-fields.sql", "fields-to-create.md"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


# -- a place alone, and each CRM of the catalogue ---------------------------------------------


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose headings nobody knows, so that every column needs a field."""
    folder = tmp_path_factory.mktemp("alone")
    rows = ["Company name,wqrtz klmp,gfdsk,zzvbn,pqx wk"]
    rows += [f"Firma {n} s.r.o.,{'abc'[n % 3]}l<a>b&c,{n}.25,2024-01-{n + 1:02},{'y' * 290}{n}" for n in range(28)]  # fmt: skip
    (folder / "x.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "x.csv"


@pytest.mark.parametrize("target", target_names())
def test_every_crm_gets_what_can_be_made_for_it(target: str, alone: Path, tmp_path: Path) -> None:
    outcome = command(
        "map", "gaps", str(alone), "--target", target, "--scripts", str(tmp_path), "--json"
    )
    assert outcome.code == 0, outcome
    told = outcome.json
    new = [field for field in told["create"] if field["columns"] != ["x.Company name"]]
    assert len(new) >= 3, told["gaps"]
    assert len({(f["object"], f["name"].casefold()) for f in told["create"]}) == len(told["create"])
    assert {"decimal", "date", "picklist", "long_text"} >= {f["type"] for f in new}
    clicks = (tmp_path / "fields-to-create.md").read_text(encoding="utf-8")
    for field in told["create"]:
        assert f"(API name `{field['name']}`)" in clicks
        assert field["name"].isascii()
    for path in tmp_path.rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".xml":
            ElementTree.fromstring(path.read_text(encoding="utf-8"))


def test_salesforce_gets_metadata(alone: Path, tmp_path: Path) -> None:
    command("map", "gaps", str(alone), "--target", "salesforce:Account", "--scripts", str(tmp_path))
    home = tmp_path / "salesforce" / "force-app" / "main" / "default"
    fields = {path.name.split(".")[0]: path for path in home.rglob("*.field-meta.xml")}
    assert set(fields) == {"Wqrtz_klmp__c", "Gfdsk__c", "Zzvbn__c", "Pqx_wk__c"}
    text = fields["Pqx_wk__c"].read_text(encoding="utf-8")
    assert "<type>LongTextArea</type>" in text
    assert "recalled" in text  # nothing recalled is presented as certain
    assert (
        "<field>Account.Gfdsk__c</field>"
        in next(home.rglob("*.permissionset-meta.xml")).read_text()
    )


@pytest.mark.parametrize(
    "target", ["hubspot", "dynamics365", "zoho", "bitrix24", "odoo", "pipedrive"]
)
def test_requests_say_what_is_documented_and_what_is_recalled(
    target: str, alone: Path, tmp_path: Path
) -> None:
    command("map", "gaps", str(alone), "--target", target, "--scripts", str(tmp_path))
    told = json.loads((tmp_path / "create-fields.json").read_text(encoding="utf-8"))
    assert told["documented"]
    assert told["recalled"]
    assert told["requests"]
    assert {"method", "path", "body"} <= set(told["requests"][0])


def test_a_place_needs_a_target(alone: Path) -> None:
    assert "--target" in command("map", "gaps", str(alone)).said


def test_the_bundled_company(tmp_path: Path) -> None:
    folder = copied_example(tmp_path / "company")
    told = Migration(folder)("map", "gaps", "--json").json
    verdicts = {(g["table"], g["source_column"]): g["verdict"] for g in told["gaps"]}
    assert verdicts["erp.companies", "ico"] == "exists"
    assert verdicts["erp.users", "role"] == "drop"
    assert verdicts["erp.companies", "deleted"] == "drop"
    cuts = {cut["field"]: cut["count"] for cut in told["cut"]}
    assert cuts == {"Account.name": 3, "Opportunity.name": 4}
