"""Records that the CRM holds before the migration: updated, bound or left alone, and given back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migrate.pipeline.setup import open_setup, open_target
from tests.cases.small import Small, codes, issues, line, small

MAPPING = """
blocks:
  users:
    from: crm.users
    to: User
    wave: base
    action: bind
    bind_by: email
    fields: {name: name, email: mail}
  companies:
    from: crm.companies
    to: Account
    wave: base
    fields:
      name: name
      city: city
      phone: phone
      owner: {from: owner, lookup: users, orphan: blank}
  known:
    from: crm.known
    to: Contact
    wave: base
    action: update
    fields: {last_name: last, phone: phone}
  products:
    from: crm.products
    to: Product
    wave: base
    action: create
    fields: {code: id, name: name}
  activities:
    from: crm.activities
    to: Activity
    wave: history
    fields:
      kind: {constant: call}
      subject: subject
      related: {from: about, lookup: known, orphan: blank}
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Small:
    made = small(
        tmp_path_factory.mktemp("existing") / "first",
        MAPPING,
        {
            "users": [
                {"id": "1", "name": "Una", "mail": "UNA@example.com"},
                {"id": "2", "name": "Ugo", "mail": "gone@example.com"},
            ],
            "companies": [
                {"id": "1", "name": "New name", "city": "Brno", "phone": None, "owner": "1"},
                {"id": "2", "name": "Second", "city": "Ulm", "phone": None, "owner": "2"},
                {"id": "3", "name": "Same", "city": None, "phone": None, "owner": None},
            ],
            "known": [
                {"id": "1", "last": "Newer", "phone": "+1202"},
                {"id": "2", "last": "Nobody", "phone": "+1203"},
            ],
            "products": [{"id": "P1", "name": "Ours"}, {"id": "P2", "name": "Two"}],
            "activities": [
                {"id": "1", "subject": "With", "about": "1"},
                {"id": "2", "subject": "Without", "about": "2"},
            ],
        },
    )
    with closing(open_target(open_setup(made.folder))) as loader:
        loader.claim(migration="small", environment="sandbox")
    made.sql(
        "INSERT INTO users (name, email, external_id) VALUES ('Una U.', 'una@example.com', 'x1')"
    )
    made.sql(
        "INSERT INTO accounts (external_id, name, city, phone, description) VALUES "
        "('crm:companies:1', 'Old name', 'Praha', '+999', 'theirs'), "
        "('crm:companies:3', 'Same', 'Wien', '+998', NULL), (NULL, 'Their own', NULL, NULL, NULL)"
    )
    made.sql(
        "INSERT INTO contacts (external_id, last_name, phone) VALUES ('crm:known:1', 'Old', '+1')"
    )
    made.sql(
        "INSERT INTO products (external_id, code, name) VALUES ('crm:products:P1', 'P1', 'Theirs')"
    )
    return made


@pytest.fixture
def case(before: Small, tmp_path: Path) -> Small:
    return before.copy(tmp_path / "copy")


TABLES = ("users", "accounts", "contacts", "products", "activities")


def content(case: Small) -> dict[str, list[dict[str, Any]]]:
    """The target without the versions: a restored record has been written twice."""
    return {
        table: [
            {k: v for k, v in row.items() if k != "row_version"}
            for row in case.sql(f"SELECT * FROM {table} ORDER BY id")
        ]
        for table in TABLES
    }


def test_what_was_there_is_updated_bound_or_left_and_a_rollback_gives_it_back(case: Small) -> None:
    untouched = content(case)
    plan = case.plan()
    assert line(plan, "User") == {"extracted": 2, "unchanged": 1, "quarantined": 1}
    assert line(plan, "Account") == {"extracted": 3, "created": 1, "updated": 1, "unchanged": 1}
    assert line(plan, "Contact") == {"extracted": 2, "updated": 1, "excluded": 1}
    assert line(plan, "Product") == {"extracted": 2, "created": 1, "unchanged": 1}
    assert codes(plan)["bind_missing"] == 1
    report = case.load()
    assert report["predictions_agree"], report["prediction"]
    assert line(report, "Contact") == {"extracted": 2, "updated": 1, "excluded": 1}
    una = case.sql("SELECT * FROM users")
    assert [(u["name"], u["external_id"]) for u in una] == [("Una U.", "x1")]  # bound, not written
    first = case.records("accounts")["companies:1"]
    # what the source does not hold stays: the phone of theirs, and fields that nobody maps
    assert (first["name"], first["city"], first["phone"]) == ("New name", "Brno", "+999")
    assert (first["description"], first["owner"]) == ("theirs", una[0]["id"])
    assert case.records("products")["products:P1"]["name"] == "Theirs"
    related = {a["subject"]: a["related"] for a in case.sql("SELECT * FROM activities")}
    assert related["With"] is not None and related["Without"] is None
    assert case.plan_and_load()["written"] == 0
    assert case.load()["predictions_agree"]
    dry = case.rollback("--dry-run")
    real = case.rollback()
    assert (dry["reversed"], dry["kept"]) == (real["reversed"], real["kept"])
    assert content(case) == untouched


def test_a_field_that_a_user_changed_since_is_kept_and_the_others_go_back(case: Small) -> None:
    case.plan_and_load()
    case.sql("UPDATE accounts SET city = 'Graz' WHERE external_id = 'crm:companies:1'")
    report = case.rollback()
    first = case.records("accounts")["companies:1"]
    assert (first["name"], first["city"], first["owner"]) == ("Old name", "Graz", None)
    assert [(i["record"], i["message"]) for i in issues(report, "kept")] == [
        ("crm:companies:1", "city: changed by a user since")
    ]


def test_a_rollback_after_a_delta_goes_back_to_what_was_before_the_first_load(case: Small) -> None:
    untouched = content(case)
    case.plan_and_load()
    case.change_mapping("      city: city\n", "      city: {template: 'City of {city}'}\n")
    case.change_mapping("phone: phone\n      owner", "phone: {constant: '+7'}\n      owner")
    report = case.plan_and_load()
    assert line(report, "Account") == {"extracted": 3, "created": 1, "updated": 2}
    assert case.records("accounts")["companies:1"]["city"] == "City of Brno"
    case.rollback()
    assert content(case) == untouched
    again = case.plan_and_load()
    assert again["predictions_agree"], again["prediction"]
    assert case.records("accounts")["companies:1"]["city"] == "City of Brno"


def test_a_record_named_by_its_target_id_is_updated_under_that_id(case: Small) -> None:
    theirs = case.sql("SELECT id FROM accounts WHERE name = 'Their own'")[0]["id"]
    case.change_migration(
        'url: "sqlite:///crm.db"',
        f'url: "sqlite:///crm.db", ids: {{Account: {{"crm:companies:2": "{theirs}"}}}}',
    )
    plan = case.plan()
    assert line(plan, "Account") == {"extracted": 3, "updated": 2, "unchanged": 1}
    case.load()
    found = case.sql(f"SELECT name, city, external_id FROM accounts WHERE id = {theirs}")
    assert [(r["name"], r["city"], r["external_id"]) for r in found] == [("Second", "Ulm", None)]
    assert case.plan_and_load()["written"] == 0
