"""Every kind of problem that a mapping can have with its values, once, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases.migrated import copied_example
from tests.cases.migrations import MAPPING, Migration, write_migration

PROJECT = """\
migration: acme
region: SK
sources:
  files:
    place: legacy
    tables: {people: {key: id}, firms: {key: id}, deals: {key: id}, loose: {key: id}}
environments:
  sandbox: {target: reference, url: "sqlite:///crm.db"}
"""
CRM = """\
blocks:
  firms:
    from: files.firms
    to: Account
    exclude:
      - {when: {column: gone, is: "1"}, reason: gone}
    fields:
      name: name
      website: {constant: "https://www.example.com"}
      segment: {from: segment, values: {A: customer, B: prospect}}
  people:
    from: files.people
    to: Contact
    fields:
      first_name: first
      last_name: last
      email: {from: email, clean: email}
      phone: {from: [phone, second_phone]}
      account: {from: firm, lookup: firms}
      country: land
      description: nothing
  deals:
    from: files.deals
    to: Opportunity
    fields:
      name: name
      amount: {from: amount, clean: decimal}
      close_date: {from: closed, clean: date}
      account: {from: firm, lookup: firms, orphan: blank}
      contact: {from: person, lookup: persons}
"""
FILES = {
    "firms": [
        "id,name,segment,gone",
        f"1,{'N' * 300},A,0", "2,Beta,B,0", "3,Gamma,zz,0", "4,Delta,zz,0", "5,Epsilon,yy,1",
        "6,,A,0",
    ],
    "people": [
        "id,first,last,email,phone,second_phone,firm,land,nothing",
        "1,Eva,Nova,eva@example.com,+421905000001,+421905000001,1,SK,",
        "2,Jan,Maly,jan@,+421905000002,+421905000009,2,SK,",
        "3,Ivo,Bily,ivo,,+421905000003,99,SK,",
        "4,Ada,,ada@example.com,+421905000004,,5,SK,",
    ],
    "deals": [
        "id,name,amount,closed,firm,person,colour",
        "1,One,12.5,2024-01-31,1,1,red", "2,Two,a lot,2024-02-30,77,2,blue",
        f"3,Three,{'9' * 18},2024-03-01,,3,red",
    ],
    "loose": ["id,x", "1,2"],
}  # fmt: skip


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    folder = tmp_path_factory.mktemp("check") / "acme"
    (folder / "legacy").mkdir(parents=True)
    for name, lines in FILES.items():
        (folder / "legacy" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return write_migration(folder, project=PROJECT, mapping=CRM, files={})


@pytest.fixture(scope="module")
def told(acme: Migration) -> dict[str, Any]:
    outcome = acme("map", "check", "--json")
    assert outcome.code == 2, outcome  # the plan cannot be made: a required field, an unknown block
    found: dict[str, Any] = outcome.json
    return found


# code -> (severity, file:line, what the sentence says)
WANTED = {
    "values_too_long": ("error", ":8", "Account.name holds 255 characters: 1 of 4 values"),
    "values_without_home": ("error", ":10", "Account.segment: 1 values of 'segment', in 2 rows"),
    "required_field_empty": ("error", ":16", "Contact.last_name is required, and 1 rows"),
    "values_not_read": ("error", ":17", "Contact.email: 2 of 4 values of 'email' (2 different)"),
    "values_passed_over": ("warning", ":18", "in 1 rows a later one says something else"),
    "parents_not_found": ("error", ":19", "Contact.account: 1 of 4 references find no parent"),
    "column_with_one_value": ("warning", ":20", "'land' (mapped to Contact.country) has the same"),
    "column_without_value": ("warning", ":21", "'nothing' (mapped to Contact.description) has no"),
    "required_field_unmapped": ("error", ":22", "Opportunity.stage is required, not mapped"),
    "unknown_block": ("error", ":30", "there is no block 'persons' to look up"),
    "column_not_accounted": ("warning", ":22", "the column 'colour' is neither mapped nor dropped"),
    "table_not_mapped": ("warning", "", "no block reads the table files.loose"),
}


@pytest.mark.parametrize("code", WANTED)
def test_each_kind_of_problem_is_told_with_its_line(code: str, told: dict[str, Any]) -> None:
    severity, line, text = WANTED[code]
    found = [issue for issue in told["issues"] if issue["code"] == code]
    fitting = [i for i in found if text in i["message"] and i["place"].endswith(line)]
    assert fitting, found
    assert fitting[0]["severity"] == severity
    assert fitting[0]["hint"]


def test_no_kind_is_told_that_is_not_there(told: dict[str, Any]) -> None:
    assert {issue["code"] for issue in told["issues"]} == set(WANTED)


def test_all_problems_of_one_kind_are_told(told: dict[str, Any]) -> None:
    messages = [i["message"] for i in told["issues"] if i["code"] == "values_not_read"]
    assert len(messages) == 3  # an e-mail, an amount and a date
    parents = [i["message"] for i in told["issues"] if i["code"] == "parents_not_found"]
    assert sum("have a parent that is left out" in message for message in parents) == 1
    assert sum("they are loaded without it" in message for message in parents) == 1


def test_what_could_not_be_measured_is_said(told: dict[str, Any]) -> None:
    assert told["not_measured"] == ["Not measured: contact of block 'deals', until mended."]


def test_values_are_masked_unless_asked_for(acme: Migration, told: dict[str, Any]) -> None:
    text = json.dumps(told)
    assert "N" * 300 not in text
    assert '"zz"' not in text
    shown = acme("map", "check", "--json", "--show-personal-data").json
    values = {issue["value"] for issue in shown["issues"]}
    assert {"zz", "N" * 300} <= values


def test_check_says_the_same_of_files_and_headers(acme: Migration, told: dict[str, Any]) -> None:
    """One logic: whatever `check` says stands here too, word for word."""
    quick = acme("check", "--json").json["issues"]
    assert quick
    assert [issue for issue in quick if issue not in told["issues"]] == []
    assert told["quick"] == len(quick)


def test_nothing_is_written(acme: Migration, told: dict[str, Any]) -> None:
    assert told
    assert acme.written() == set()


def test_a_fine_mapping_ends_with_0(tmp_path: Path) -> None:
    people = "id,first_name,last_name,email,phone,note\n1,Eva,Nová,e@example.com,+421905000001,a\n"
    fine = write_migration(tmp_path / "fine", files={"people.csv": people})
    outcome = fine("map", "check")
    assert outcome.code == 0, outcome
    assert "0 errors" in outcome.out


def test_values_alone_end_with_1(tmp_path: Path) -> None:
    outcome = write_migration(tmp_path / "acme")("map", "check")
    assert outcome.code == 1, outcome
    assert "cannot be read as email" in outcome.out


def test_a_block_that_cannot_be_read_leaves_the_others_measured(tmp_path: Path) -> None:
    broken = (
        MAPPING + "  more:\n    from: files.nobody\n    to: Contact\n    fields: {last_name: x}\n"
    )
    outcome = write_migration(tmp_path / "acme", mapping=broken)("map", "check", "--json")
    assert outcome.code == 2
    codes = {issue["code"] for issue in outcome.json["issues"]}
    assert {"unknown_table", "values_not_read"} <= codes
    assert outcome.json["not_measured"] == [
        "Not measured: block 'more', until its errors are mended."
    ]


def test_the_figures_of_the_bundled_company_are_those_of_its_plan(tmp_path: Path) -> None:
    company = Migration(copied_example(tmp_path / "company"))
    told = company("map", "check", "--json")
    assert told.code == 1
    planned = company("plan", "--json").json["issue_counts"]
    counted: dict[str, int] = {}
    for issue in told.json["issues"]:
        if issue["code"] == "values_not_read":
            for text in issue["message"].partition("(")[2].split("(")[-1].split(")")[0].split(", "):
                code, _, number = text.partition(" ")
                counted[code] = counted.get(code, 0) + int(number.replace(",", ""))
    assert counted
    assert {code: planned[code] for code in counted} == counted
    long = [i for i in told.json["issues"] if i["code"] == "values_too_long"]
    assert len(long) == 2


POLYMORPHIC = (
    MAPPING
    + """\
  calls:
    from: files.calls
    to: Activity
    fields:
      kind: {constant: call}
      subject: kind
      related: {from: parent, lookup: {type: kind, cases: {a: people}}}
"""
)


def test_kinds_of_parents_that_nobody_named(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    project = PROJECT.replace(
        "{people: {key: id}, firms: {key: id}, deals: {key: id}, loose: {key: id}}",
        "{people: {key: id}, calls: {key: id}}",
    )
    (folder / "legacy").mkdir(parents=True)
    people = "id,first_name,last_name,email,phone,note\n1,Eva,Nová,e@example.com,+421905000001,a\n"
    (folder / "legacy" / "people.csv").write_text(people, encoding="utf-8")
    calls = "id,kind,done,parent\n1,a,1,1\n2,zebra,0,1\n3,a,1,9\n"
    (folder / "legacy" / "calls.csv").write_text(calls, encoding="utf-8")
    told = write_migration(folder, project=project, mapping=POLYMORPHIC, files={})(
        "map", "check", "--json"
    )
    messages = [i["message"] for i in told.json["issues"] if i["code"] == "parents_not_found"]
    assert len(messages) == 2, told
    assert "1 references name one of 1 kinds of parents" in messages[0]
    assert "references find no parent in people" in messages[1]
