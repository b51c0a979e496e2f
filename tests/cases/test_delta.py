"""What a second plan writes: only what changed, never over what users did in the CRM meanwhile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrate.pipeline.outcomes import run_objects
from migrate.pipeline.setup import environment_ledger, open_setup
from tests.cases.small import Refusal, Small, codes, issues, line, small

MAPPING = """
blocks:
  users:
    from: crm.users
    to: User
    wave: base
    fields: {name: name, is_active: {constant: "true"}}
  companies:
    from: crm.companies
    to: Account
    wave: base
    exclude:
      - {when: {column: status, is: [test]}, reason: a test record}
    fields:
      name: name
      city: city
      phone: phone
      description: note
      owner: {from: owner, lookup: users}
      parent: {from: parent, lookup: companies, orphan: blank}
  suppliers:
    from: crm.suppliers
    to: Account
    wave: base
    fields: {name: name, website: web, city: town}
  people:
    from: crm.people
    to: Contact
    wave: base
    fields:
      first_name: first
      last_name: last
      email: {from: email, clean: email}
      phone: phone
      account: {from: company, lookup: companies, orphan: blank}
  deals:
    from: crm.deals
    to: Opportunity
    wave: history
    fields:
      name: name
      stage: {constant: won}
      amount: amount
      account: {from: company, lookup: companies}
match:
  Contact: [[email]]
"""

Tables = dict[str, list[dict[str, str | None]]]


def company(n: int, **changes: str | None) -> dict[str, str | None]:
    row = {
        "id": str(n), "name": f"Company {n}", "city": f"City {n}", "phone": f"+120255501{n:02}",
        "note": f"Note {n}", "status": "live", "owner": str(n % 2 + 1), "parent": None,
    }  # fmt: skip
    return {**row, **changes}


def person(n: int, **changes: str | None) -> dict[str, str | None]:
    row = {
        "id": str(n), "first": f"First{n}", "last": f"Last{n}", "email": f"p{n}@example.com",
        "phone": f"+120255502{n:02}", "company": str(n),
    }  # fmt: skip
    return {**row, **changes}


def tables() -> Tables:
    return {
        "users": [{"id": "1", "name": "Una"}, {"id": "2", "name": "Ugo"}],
        "companies": [company(1), company(2), company(3, parent="1"), company(4, phone=None)],
        "suppliers": [{"id": "1", "name": "Supply", "web": "https://s.example", "town": "Ulm"}],
        "people": [person(1), person(2), person(3)],
        "deals": [{"id": "1", "name": "Deal 1", "amount": "10.50", "company": "1"}],
    }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A company that was planned and loaded, for tests to copy."""
    made = small(tmp_path_factory.mktemp("delta") / "first", MAPPING, tables())
    made.plan_and_load()
    return made


@pytest.fixture
def case(loaded: Small, tmp_path: Path) -> Small:
    return loaded.copy(tmp_path / "copy")


def predicted(report: dict[str, Any], name: str) -> dict[str, int]:
    return {k: v for k, v in line(report, name).items() if k not in ("extracted", "splits")}


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, set[str]]:
    """Record -> fields that differ between two readings of a table."""
    assert set(before) == set(after)
    found = {r: {f for f in before[r] if before[r][f] != after[r][f]} for r in before}
    return {record: fields for record, fields in found.items() if fields}


# -- a mapping corrected after the load -----------------------------------------------------------


def test_a_corrected_field_is_the_only_thing_written(case: Small) -> None:
    before = case.records("accounts")
    case.change_mapping(
        "phone: phone\n      description",
        "phone: {from: [phone], default: none}\n      description",
    )
    plan = case.plan()
    assert predicted(plan, "Account") == {"updated": 1, "unchanged": 4}  # only the one without
    assert predicted(plan, "Contact") == {"unchanged": 3}
    assert case.payloads() == [("base", "Account", "update1", 1)]
    report = case.load()
    assert report["written"] == 1 and report["predictions_agree"], report["prediction"]
    assert changed(before, case.records("accounts")) == {"companies:4": {"phone", "row_version"}}
    again = case.plan()
    assert predicted(again, "Account") == {"unchanged": 5} and case.payloads() == []
    report = case.load()
    assert report["written"] == 0 and report["predictions_agree"], report["prediction"]


def test_every_record_whose_mapped_value_changed_is_written_and_nothing_else(case: Small) -> None:
    before = case.records("accounts")
    case.change_mapping("description: note", 'description: {template: "{note} ({city})"}')
    assert predicted(case.plan(), "Account") == {"updated": 4, "unchanged": 1}
    case.load()
    after = case.records("accounts")
    assert after["companies:2"]["description"] == "Note 2 (City 2)"
    written = {f"companies:{n}": {"description", "row_version"} for n in range(1, 5)}
    assert changed(before, after) == written


def test_a_users_edit_of_another_field_survives_a_delta(case: Small) -> None:
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:1'")
    case.change_mapping("description: note", "description: {template: 'x {note}'}")
    plan = case.plan()
    assert "edited_in_target" not in codes(plan)
    case.load()
    record = case.records("accounts")["companies:1"]
    assert (record["city"], record["description"]) == ("Wien", "x Note 1")


def test_a_users_edit_of_the_same_field_is_a_conflict_and_stays(case: Small) -> None:
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:1'")
    case.change_mapping(
        "city: city\n      phone", "city: {template: 'City of {city}'}\n      phone"
    )
    plan = case.plan()
    assert predicted(plan, "Account") == {"updated": 3, "unchanged": 2}
    (conflict,) = issues(plan, "edited_in_target")
    assert (conflict["record"], conflict["column"]) == ("crm:companies:1", "city")
    report = case.load()
    assert report["predictions_agree"], report["prediction"]
    cities = {k: r["city"] for k, r in case.records("accounts").items()}
    assert cities["companies:1"] == "Wien" and cities["companies:2"] == "City of City 2"
    again = case.plan()
    assert predicted(again, "Account") == {"unchanged": 5} and case.payloads() == []


def test_a_conflict_is_still_one_after_a_delta_that_wrote_another_field(case: Small) -> None:
    """Our own later write of another field must not make the user's value look like ours."""
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:1'")
    case.change_mapping("description: note", "description: {template: 'x {note}'}")
    case.plan_and_load()
    case.change_mapping(
        "city: city\n      phone", "city: {template: 'City of {city}'}\n      phone"
    )
    plan = case.plan()
    assert [i["record"] for i in issues(plan, "edited_in_target")] == ["crm:companies:1"]
    case.load()
    assert case.records("accounts")["companies:1"]["city"] == "Wien"


def test_a_record_that_a_user_edited_before_a_delta_is_kept_by_a_rollback(case: Small) -> None:
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:4'")
    case.change_mapping("description: note", "description: {template: 'x {note}'}")
    case.plan_and_load()
    report = case.rollback()
    assert "crm:companies:4" in [i["record"] for i in issues(report, "kept")]
    assert "companies:4" in case.records("accounts")


def test_a_users_edit_of_a_reference_is_a_conflict_and_stays(case: Small) -> None:
    case.sql(
        "UPDATE accounts SET owner = (SELECT id FROM users WHERE name = 'Una') "
        "WHERE external_id = 'crm:companies:1'"
    )
    rows = tables()["companies"]
    rows[0]["owner"], rows[1]["owner"] = None, "2"
    case.source("companies", rows)
    plan = case.plan()
    assert [(i["record"], i["column"]) for i in issues(plan, "edited_in_target")] == [
        ("crm:companies:1", "owner")
    ]
    case.load()
    users = {u["id"]: u["name"] for u in case.sql("SELECT id, name FROM users")}
    owners = {k: users.get(r["owner"]) for k, r in case.records("accounts").items()}
    assert (owners["companies:1"], owners["companies:2"]) == ("Una", "Ugo")


def test_an_edit_between_plan_and_load_is_seen_when_the_load_comes_to_it(case: Small) -> None:
    case.change_mapping(
        "city: city\n      phone", "city: {template: 'City of {city}'}\n      phone"
    )
    case.plan()
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:1'")
    report = case.load()
    assert case.records("accounts")["companies:1"]["city"] == "Wien"
    assert [i["record"] for i in issues(report, "edited_in_target")] == ["crm:companies:1"]


def test_a_field_mapped_later_fills_it(case: Small) -> None:
    before = case.records("accounts")
    case.change_mapping("description: note", "description: note\n      street: city")
    assert predicted(case.plan(), "Account") == {"updated": 4, "unchanged": 1}
    case.load()
    after = case.records("accounts")
    assert after["companies:3"]["street"] == "City 3"
    assert {f for fields in changed(before, after).values() for f in fields} == {
        "street", "row_version",
    }  # fmt: skip


def test_a_field_that_is_not_mapped_any_more_keeps_its_value(case: Small) -> None:
    before = case.records("accounts")
    case.change_mapping("      description: note\n", "")
    assert predicted(case.plan(), "Account") == {"unchanged": 5}
    case.load()
    assert changed(before, case.records("accounts")) == {}


def test_a_field_that_one_of_two_blocks_does_not_map_any_more_keeps_its_value(case: Small) -> None:
    """City is still mapped for suppliers; that the companies' block lets it go blanks nothing."""
    before = case.records("accounts")
    case.change_mapping("      city: city\n", "")
    assert predicted(case.plan(), "Account") == {"unchanged": 5}
    case.load()
    assert changed(before, case.records("accounts")) == {}


def test_a_value_emptied_in_the_source_is_emptied_in_the_target(case: Small) -> None:
    before = case.records("accounts")
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:2'")
    edited = case.records("accounts")
    rows = tables()["companies"]
    for row in rows[:2]:
        row["city"] = None
    rows[2]["parent"] = None
    case.source("companies", rows)
    plan = case.plan()
    assert predicted(plan, "Account") == {"updated": 2, "unchanged": 3}
    assert [i["record"] for i in issues(plan, "edited_in_target")] == ["crm:companies:2"]
    case.load()
    after = case.records("accounts")
    assert changed(edited, after) == {
        "companies:1": {"city", "row_version"},
        "companies:3": {"parent", "row_version"},
    }
    assert after["companies:1"]["city"] is None and after["companies:3"]["parent"] is None
    assert before["companies:3"]["parent"] is not None


def test_a_value_that_only_the_target_has_is_never_emptied(case: Small) -> None:
    case.sql("UPDATE accounts SET phone = '+1999' WHERE external_id = 'crm:companies:4'")
    case.change_mapping("description: note", "description: {template: 'x {note}'}")
    case.plan_and_load()
    assert case.records("accounts")["companies:4"]["phone"] == "+1999"


def test_a_delta_leaves_the_figures_of_earlier_runs_as_they_were(case: Small) -> None:
    (path,) = (case.folder / "runs").glob("*-load-*")
    saved = json.loads((path / "report.json").read_text(encoding="utf-8"))["run_objects"]
    case.change_mapping("description: note", "description: {template: 'x {note}'}")
    report = case.plan_and_load()
    assert [(r["object"], r["op"], r["sent"]) for r in report["run_objects"]] == [
        ("Account", "update", 4)
    ]
    ledger = environment_ledger(open_setup(case.folder))
    try:
        assert run_objects(ledger, path.name) == saved
    finally:
        ledger.close()
    assert json.loads((path / "report.json").read_text(encoding="utf-8"))["run_objects"] == saved


def test_a_changed_reference_is_written_and_a_new_parent_comes_first(case: Small) -> None:
    rows = [*tables()["companies"], company(5)]
    rows[0]["parent"] = "5"
    case.source("companies", rows)
    people = tables()["people"]
    people[0]["company"] = "5"
    case.source("people", people)
    plan = case.plan()
    assert predicted(plan, "Account") == {"created": 1, "updated": 1, "unchanged": 4}
    assert predicted(plan, "Contact") == {"updated": 1, "unchanged": 2}
    case.load()
    accounts, contacts = case.records("accounts"), case.records("contacts")
    assert accounts["companies:1"]["parent"] == accounts["companies:5"]["id"]
    assert contacts["people:1"]["account"] == accounts["companies:5"]["id"]


# -- the same source sent again -------------------------------------------------------------------


def test_rows_sorted_inserted_edited_and_deleted_make_no_duplicate(case: Small) -> None:
    rows = [company(9), company(3, parent="1"), company(2, city="Edited"), company(1)]  # 4 is gone
    case.source("companies", rows)
    plan = case.plan()
    assert predicted(plan, "Account") == {"created": 1, "updated": 1, "unchanged": 4}
    assert line(plan, "Account")["extracted"] == 6  # the row that is gone stays in the books
    gone = issues(plan, "gone_from_source")
    assert [(i["entity"], i["record"]) for i in gone] == [("crm.companies", "4")]
    assert codes(plan)["gone_from_source"] == 1
    report = case.load()
    assert line(report, "Account") == {"extracted": 6, "created": 6}
    assert report["predictions_agree"], report["prediction"]
    records = case.records("accounts")
    assert set(records) == {*(f"companies:{n}" for n in (1, 2, 3, 4, 9)), "suppliers:1"}
    assert records["companies:2"]["city"] == "Edited"
    assert case.ledger("SELECT gone_run IS NOT NULL AS gone FROM record WHERE key = '4'") == [
        {"gone": 1}
    ]
    again = case.plan()
    assert codes(again)["gone_from_source"] == 1 and case.payloads() == []
    case.source("companies", [*rows, company(4, phone=None)])  # and it comes back
    back = case.plan()
    assert "gone_from_source" not in codes(back) and predicted(back, "Account") == {"unchanged": 6}


def test_children_keep_the_parent_that_is_gone_from_the_source(case: Small) -> None:
    """The parent's record stays in the target, so nothing is taken off its children."""
    before = case.records("contacts"), case.records("opportunities"), case.records("accounts")
    case.source("companies", [company(2), company(3, parent="1"), company(4, phone=None)])
    plan = case.plan()
    assert predicted(plan, "Contact") == {"unchanged": 3}
    assert predicted(plan, "Opportunity") == {"unchanged": 1}
    case.load()
    after = case.records("contacts"), case.records("opportunities"), case.records("accounts")
    assert after == before


def test_a_new_child_of_a_parent_that_is_gone_from_the_source_finds_it(case: Small) -> None:
    case.source("companies", [company(2), company(3, parent="1"), company(4, phone=None)])
    case.source("people", [*tables()["people"], person(7, company="1")])
    case.plan_and_load()
    accounts = case.records("accounts")
    assert case.records("contacts")["people:7"]["account"] == accounts["companies:1"]["id"]


def test_a_record_that_a_user_deleted_is_not_made_again(case: Small) -> None:
    case.sql("DELETE FROM contacts WHERE external_id = 'crm:people:2'")
    rows = tables()["people"]
    rows[1]["first"] = "Edited"
    case.source("people", rows)
    plan = case.plan()
    assert [i["record"] for i in issues(plan, "deleted_in_target")] == ["crm:people:2"]
    assert predicted(plan, "Contact") == {"unchanged": 3} and case.payloads() == []
    case.load()
    assert set(case.records("contacts")) == {"people:1", "people:3"}
    assert codes(case.plan())["deleted_in_target"] == 1


# -- refused, excluded and merged after the load --------------------------------------------------


@pytest.mark.parametrize("change", [{"name": None}, {"status": "test"}, {"owner": "99"}])
def test_a_loaded_record_that_is_refused_now_stays_as_it_is(
    case: Small, change: dict[str, str | None]
) -> None:
    before = case.records("accounts"), case.records("contacts")
    rows = tables()["companies"]
    rows[0] |= change
    case.source("companies", rows)
    plan = case.plan()
    assert [i["record"] for i in issues(plan, "refused_after_load")] == ["crm:companies:1"]
    assert predicted(plan, "Account") == {"unchanged": 5}
    assert predicted(plan, "Contact") == {"unchanged": 3}
    report = case.load()
    assert report["written"] == 0 and report["predictions_agree"], report["prediction"]
    assert (case.records("accounts"), case.records("contacts")) == before


def test_a_duplicate_that_appears_later_merges_into_the_loaded_record(case: Small) -> None:
    rows = tables()["people"]
    rows[0]["phone"] = None
    case.source("people", rows)
    case.plan_and_load()
    duplicate = person(0, email="P1@example.com", first="Other", phone="+1777")
    case.source("people", [duplicate, *rows])
    plan = case.plan()
    assert predicted(plan, "Contact") == {"updated": 1, "merged": 1, "unchanged": 2}
    case.load()
    contacts = case.records("contacts")
    assert set(contacts) == {"people:1", "people:2", "people:3"}
    assert (contacts["people:1"]["first_name"], contacts["people:1"]["phone"]) == (
        "First1",
        "+1777",
    )


def test_two_loaded_records_that_turn_out_to_be_one_both_stay(case: Small) -> None:
    rows = tables()["people"]
    rows[1]["email"] = "p1@example.com"
    case.source("people", rows)
    plan = case.plan()
    assert [i["record"] for i in issues(plan, "merge_after_load")] == ["crm:people:2"]
    assert predicted(plan, "Contact") == {"updated": 1, "unchanged": 2}
    case.load()
    assert set(case.records("contacts")) == {"people:1", "people:2", "people:3"}


@pytest.mark.parametrize("survivor", ["gone", "refused"])
def test_a_merged_row_outlives_its_survivor_without_a_second_record(
    case: Small, survivor: str
) -> None:
    """One record was made of two rows; that its first row goes must not make another of the second."""
    twin = person(8, email="p3@example.com")
    case.source("people", [*tables()["people"], twin])
    case.plan_and_load()
    rows = [*tables()["people"][:2], twin]
    if survivor == "refused":
        rows.append(person(3, last=None))
    case.source("people", rows)
    plan = case.plan()
    assert "created" not in predicted(plan, "Contact"), predicted(plan, "Contact")
    report = case.load()
    assert report["predictions_agree"], report["prediction"]
    assert set(case.records("contacts")) == {"people:1", "people:2", "people:3"}
    assert len(case.records("contacts")) == 3
    case.rollback()
    assert case.records("contacts") == {}


# -- rollback -------------------------------------------------------------------------------------


def test_a_plan_that_believed_in_a_record_since_rolled_back_is_refused(case: Small) -> None:
    case.change_mapping("description: note", "description: {template: 'x {note}'}")
    case.plan_and_load()
    case.rollback()
    with pytest.raises(Refusal, match="rolled back"):
        case.load()
    report = case.plan_and_load()
    assert report["predictions_agree"] and len(case.records("accounts")) == 5


def test_without_the_earlier_runs_folder_an_edited_record_keeps_everything(case: Small) -> None:
    """Nobody knows any more what we loaded, so nothing of an edited record is written over."""
    case.sql("UPDATE accounts SET city = 'Wien' WHERE external_id = 'crm:companies:1'")
    shutil.rmtree(case.folder / "runs")
    case.change_mapping(
        "city: city\n      phone", "city: {template: 'City of {city}'}\n      phone"
    )
    plan = case.plan()
    assert predicted(plan, "Account") == {"updated": 3, "unchanged": 2}
    assert [i["record"] for i in issues(plan, "edited_in_target")] == ["crm:companies:1"]
    case.load()
    cities = {k: r["city"] for k, r in case.records("accounts").items()}
    assert (cities["companies:1"], cities["companies:2"]) == ("Wien", "City of City 2")


def test_a_new_child_of_a_parent_that_a_user_deleted_is_loaded_without_it(case: Small) -> None:
    case.sql("UPDATE accounts SET parent = NULL")
    case.sql("DELETE FROM opportunities")
    case.sql("UPDATE contacts SET account = NULL WHERE external_id = 'crm:people:1'")
    case.sql("DELETE FROM accounts WHERE external_id = 'crm:companies:1'")
    case.source("people", [*tables()["people"], person(7, company="1")])
    deals = [*tables()["deals"], {"id": "2", "name": "Deal 2", "amount": None, "company": "1"}]
    case.source("deals", deals)
    case.plan()
    report = case.load()
    assert case.records("contacts")["people:7"]["account"] is None
    assert "deals:2" not in case.records("opportunities")
    reasons = {i["record"]: i["message"] for i in issues(report, "refused_by_target")}
    assert set(reasons) == {"crm:people:7", "crm:deals:2"}
    assert all(text.startswith("parent_missing") for text in reasons.values()), reasons


def test_an_update_that_the_target_refuses_is_failed_and_tried_again(case: Small) -> None:
    case.sql(
        "CREATE TRIGGER no_paris BEFORE UPDATE ON accounts WHEN new.city = 'Paris' "
        "BEGIN SELECT RAISE(ABORT, 'not Paris'); END"
    )
    rows = tables()["companies"]
    rows[1]["city"] = "Paris"
    rows[2]["city"] = "Rome"
    case.source("companies", rows)
    case.plan()
    report = case.load()
    assert line(report, "Account") == {"extracted": 5, "created": 4, "failed": 1}
    assert not report["predictions_agree"]
    cities = {k: r["city"] for k, r in case.records("accounts").items()}
    assert (cities["companies:2"], cities["companies:3"]) == ("City 2", "Rome")
    case.sql("DROP TRIGGER no_paris")
    report = case.load()
    assert line(report, "Account") == {"extracted": 5, "created": 5}
    assert report["predictions_agree"] and report["written"] == 1
