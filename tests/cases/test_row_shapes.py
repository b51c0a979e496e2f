"""Rows that are not records: joined, derived, split in parts, of two kinds, found by another column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cases.small import Small, issues, line, small

MAPPING = """
blocks:
  owners:
    from: crm.staff
    to: User
    wave: base
    fields: {name: name}
  firms:
    from: crm.cards
    to: Account
    wave: base
    distinct: [Firm]
    fields: {name: Firm, segment: {constant: customer}}
  branches:
    from: crm.branches
    to: Account
    wave: base
    fields: {name: title, city: town}
  shops:
    from: crm.shops
    to: Account
    wave: base
    fields: {name: name, email: mail}
  shop_owners:
    from: crm.shops
    to: Contact
    wave: base
    exclude:
      - {when: {column: boss, empty: true}, reason: no person is named}
    fields:
      last_name: boss
      email: mail
      account: {from: id, lookup: shops}
  cards:
    from: crm.cards
    to: Contact
    wave: base
    join:
      - {table: crm.towns, as: town, on: {town_id: id}}
    fields:
      last_name: Name
      city: town.name
      country: town.country
      account: {from: Firm, lookup: firms, orphan: blank}
      owner: {from: initials, lookup: {block: owners, by: short}}
  consents:
    from: crm.cards
    to: Consent
    wave: base
    unpivot:
      label: what
      parts:
        newsletter: {state: news}
        call: {state: calls}
    fields:
      contact: {from: id, lookup: cards}
      purpose: what
      status: {from: state, values: {"Y": granted, "N": denied}}
  notes:
    from: crm.notes
    to: Note
    wave: history
    fields:
      body: text
      related:
        from: about
        lookup: {type: kind, cases: {person: [cards, shop_owners], firm: [branches, shops]}}
        orphan: blank
drop:
  - {table: crm.cards, columns: [junk], reason: nobody reads it, signed_off_by: Test}
"""


def tables() -> dict[str, list[dict[str, str | None]]]:
    def card(n: int, **changes: str | None) -> dict[str, str | None]:
        row = {"id": str(n), "Name": f"Person {n}", "Firm": "Acme", "town_id": "1",
               "initials": "UN", "news": None, "calls": None, "junk": "x", "extra": f"e{n}"}  # fmt: skip
        return {**row, **changes}

    return {
        "staff": [{"id": "7", "name": "Una", "short": "UN"}, {"id": "8", "name": "Ugo", "short": "UG"}],
        "towns": [{"id": "1", "name": "Brno", "country": "CZ"}, {"id": "2", "name": "Ulm", "country": "DE"}],
        "branches": [{"id": "1", "title": "Branch", "town": "Linz"}],
        "shops": [
            {"id": "S1", "name": "Shop 1", "mail": "s1@example.com", "boss": "Boss 1"},
            {"id": "S2", "name": "Shop 2", "mail": "s2@example.com", "boss": None},
        ],
        "cards": [
            card(1, news="Y", calls="N"),
            card(2, Firm=" ACME ", town_id="2", initials="UG", news="N"),
            card(3, Firm=None, town_id="9"),
            card(4, Firm="Beta", news="Y", calls="Y"),
            card(5, Name=None, Firm="acme", news="Y"),  # refused: a person needs a name
            card(6, Firm="Gamma", initials="??"),  # refused: nobody has these initials
        ],
        "notes": [
            {"id": "1", "text": "of a card", "kind": "person", "about": "1"},
            {"id": "2", "text": "of a shop's boss", "kind": "Person", "about": "S1"},
            {"id": "3", "text": "of a branch", "kind": "firm", "about": "1"},
            {"id": "4", "text": "of a shop", "kind": "firm", "about": "S2"},
            {"id": "5", "text": "of nobody", "kind": "firm", "about": "77"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Small, dict[str, Any], dict[str, Any]]:
    case = small(tmp_path_factory.mktemp("shapes") / "m", MAPPING, tables())
    plan = case.plan()
    return case, plan, case.load()


Loaded = tuple[Small, dict[str, Any], dict[str, Any]]


def test_the_books_balance_for_every_shape(loaded: Loaded) -> None:
    _, plan, load = loaded
    assert load["predictions_agree"], load["prediction"]
    # firms: 6 cards, of which one names none and four share two; one branch; two shops
    assert line(load, "Account") == {"extracted": 9, "created": 6, "merged": 2, "excluded": 1}
    # cards: two refused; shop owners: one not named
    assert line(load, "Contact") == {
        "extracted": 8, "created": 5, "quarantined": 2, "excluded": 1,
    }  # fmt: skip
    # consents: 1 and 4 have two, 2 has one, 5 waits with its person, 3 and 6 have none
    assert line(load, "Consent") == {
        "extracted": 8, "splits": 2, "created": 5, "quarantined": 1, "excluded": 2,
    }  # fmt: skip
    assert line(load, "Note") == {"extracted": 5, "created": 5}
    assert line(load, "(crm.towns)") == {"extracted": 2, "excluded": 2}
    assert line(plan, "Consent") == line(load, "Consent")


def test_every_value_of_every_column_has_a_fate(loaded: Loaded) -> None:
    _, plan, _ = loaded
    for table, column, values, *fates in plan["columns"]:
        assert int(values) == sum(map(int, fates)), (table, column)
    fate = {(c[0], c[1]): tuple(map(int, c[2:])) for c in plan["columns"]}
    # values, mapped, dropped, archived, quarantined
    assert fate[("crm.cards", "junk")] == (6, 0, 6, 0, 0)
    assert fate[("crm.cards", "extra")] == (6, 0, 0, 6, 0)
    assert fate[("crm.cards", "news")] == (4, 3, 0, 0, 1)
    assert fate[("crm.cards", "initials")] == (6, 4, 0, 0, 2)
    assert fate[("crm.shops", "boss")] == (1, 1, 0, 0, 0)
    assert fate[("crm.towns", "name")] == (2, 2, 0, 0, 0)  # joined, so it is mapped


def test_a_join_brings_the_partners_columns_or_nothing(loaded: Loaded) -> None:
    case, _, _ = loaded
    people = case.records("contacts")
    assert (people["cards:2"]["city"], people["cards:2"]["country"]) == ("Ulm", "DE")
    assert people["cards:3"]["city"] is None


def test_parents_are_derived_once_whatever_their_case(loaded: Loaded) -> None:
    case, _, _ = loaded
    accounts, people = case.records("accounts"), case.records("contacts")
    assert {k for k in accounts if k.startswith("firms:")} == {
        "firms:acme", "firms:beta", "firms:gamma",
    }  # fmt: skip
    assert accounts["firms:acme"]["name"] == "Acme"
    assert (
        people["cards:1"]["account"] == people["cards:2"]["account"] == accounts["firms:acme"]["id"]
    )
    assert people["cards:3"]["account"] is None


def test_one_row_is_a_company_and_its_person(loaded: Loaded) -> None:
    case, _, _ = loaded
    accounts, people = case.records("accounts"), case.records("contacts")
    assert people["shop_owners:S1"]["account"] == accounts["shops:S1"]["id"]
    assert "shop_owners:S2" not in people


def test_columns_become_records(loaded: Loaded) -> None:
    case, _, _ = loaded
    people = {r["id"]: name for name, r in case.records("contacts").items()}
    found = {
        (people[c["contact"]], c["purpose"], c["status"])
        for c in case.sql("SELECT * FROM consents")
    }
    assert found == {
        ("cards:1", "newsletter", "granted"), ("cards:1", "call", "denied"),
        ("cards:2", "newsletter", "denied"), ("cards:4", "newsletter", "granted"),
        ("cards:4", "call", "granted"),
    }  # fmt: skip


def test_a_reference_leads_to_several_kinds_and_blocks(loaded: Loaded) -> None:
    case, plan, _ = loaded
    names = {("Contact", r["id"]): n for n, r in case.records("contacts").items()}
    names |= {("Account", r["id"]): n for n, r in case.records("accounts").items()}
    notes = {
        n["body"]: names.get((n["related_type"], n["related"]))
        for n in case.sql("SELECT * FROM notes")
    }
    assert notes == {
        "of a card": "cards:1", "of a shop's boss": "shop_owners:S1", "of a branch": "branches:1",
        "of a shop": "shops:S2", "of nobody": None,
    }  # fmt: skip
    assert [i["record"] for i in issues(plan, "orphan") if i["severity"] == "warning"]


def test_a_lookup_by_another_column_finds_the_record(loaded: Loaded) -> None:
    case, _, _ = loaded
    users = {u["id"]: u["name"] for u in case.sql("SELECT * FROM users")}
    people = case.records("contacts")
    assert (users[people["cards:1"]["owner"]], users[people["cards:2"]["owner"]]) == ("Una", "Ugo")


def test_nothing_is_red_and_everything_can_be_taken_back(loaded: Loaded, tmp_path: Path) -> None:
    case = loaded[0].copy(tmp_path / "copy")
    assert [r for r in case.reconcile()["rules"] if r["status"] == "not met"] == []
    rows = tables()["notes"]
    rows[0] |= {"kind": "firm"}  # the same number, another kind of record
    rows[3]["about"] = "S1"
    case.source("notes", rows)
    assert line(case.plan(), "Note") == {"extracted": 5, "updated": 2, "unchanged": 3}
    case.load()
    assert case.records("notes")["notes:1"]["related_type"] == "Account"
    cards = tables()["cards"]
    case.source("cards", [*cards[1:3], {**cards[3], "calls": None}, cards[4]])  # 1 and 6 are gone
    plan = case.plan()
    # the two of card 1 stay in the books; what was never loaded of card 6 leaves them
    assert line(plan, "Consent")["extracted"] == 7
    assert not any(entry["created"] or entry["updated"] for entry in plan["objects"])
    assert case.load()["predictions_agree"]
    case.rollback()
    for table in ("users", "accounts", "contacts", "consents", "notes"):
        assert case.sql(f"SELECT * FROM {table}") == []
