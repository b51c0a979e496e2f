"""Plans that are made again, or interrupted, and rows that are easily taken for one another."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from migrate.pipeline import planning
from migrate.pipeline.setup import open_setup, open_target
from tests.cases.small import Refusal, Small, codes, crm_migrate, line, small

USERS = """
blocks:
  users: {from: crm.users, to: User, action: bind, bind_by: email, fields: {email: mail}}
  firms: {from: crm.firms, to: Account, fields: {name: n, owner: {from: o, lookup: users}}}
"""
FIRMS = "blocks:\n  firms: {from: crm.firms, to: Account, fields: {name: n, city: c}}\n"


def claimed(case: Small) -> Small:
    """The target with its tables, before the migration."""
    with closing(open_target(open_setup(case.folder))) as loader:
        loader.claim(migration="small", environment="sandbox")
    return case


def forgive(case: Small) -> list[str]:
    """What reconciliation finds wrong, apart from what it has no evidence of."""
    return [r["rule"] for r in case.reconcile()["rules"] if r["status"] == "not met"]


def test_an_owner_that_was_bound_wrongly_is_bound_anew_by_the_next_plan(tmp_path: Path) -> None:
    case = claimed(
        small(
            tmp_path, USERS,
            {"users": [{"id": "1", "mail": "old@example.com"}],
             "firms": [{"id": "1", "n": "ACME", "o": "1"}]},
        )
    )  # fmt: skip
    case.sql(
        "INSERT INTO users (name, email) VALUES ('Wrong', 'old@example.com'), "
        "('Right', 'right@example.com')"
    )
    case.plan()
    case.change_migration('"}', '", owners: {"1": right@example.com}}')
    case.plan_and_load()
    owners = case.sql("SELECT u.name FROM accounts a JOIN users u ON u.id = a.owner")
    assert [o["name"] for o in owners] == ["Right"]


def test_a_record_that_was_deleted_between_two_plans_is_made(tmp_path: Path) -> None:
    case = claimed(small(tmp_path, FIRMS, {"firms": [{"id": "1", "n": "ACME", "c": "Wien"}]}))
    case.sql("INSERT INTO accounts (external_id, name) VALUES ('crm:firms:1', 'Old')")
    assert line(case.plan(), "Account") == {"extracted": 1, "updated": 1}
    case.sql("DELETE FROM accounts")
    assert line(case.plan(), "Account") == {"extracted": 1, "created": 1}
    assert line(case.load(), "Account") == {"extracted": 1, "created": 1}
    assert case.records("accounts")["firms:1"]["name"] == "ACME"


def test_a_given_id_is_read_from_the_target_however_much_else_it_holds(tmp_path: Path) -> None:
    rows = [{"id": "1", "n": "ACME", "c": "Wien"}, {"id": "2", "n": "Lost", "c": "Ulm"}]
    case = claimed(small(tmp_path, FIRMS, {"firms": rows}))
    case.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
        "INSERT INTO accounts (name, city) SELECT 'n' || i, 'Oldcity' FROM n"
    )
    case.change_migration(
        '"}', '", ids: {Account: {"crm:firms:1": "700", "crm:firms:2": "999999"}}}'
    )
    plan = case.plan()
    assert line(plan, "Account") == {"extracted": 2, "updated": 1, "pending": 1}
    assert codes(plan)["deleted_in_target"] == 1
    assert line(case.load(), "Account") == {"extracted": 2, "updated": 1, "pending": 1}
    (written,) = case.sql("SELECT name, city FROM accounts WHERE id = 700")
    assert written == {"name": "ACME", "city": "Wien"}
    case.rollback()
    (back,) = case.sql("SELECT name, city FROM accounts WHERE id = 700")
    assert back == {"name": "n700", "city": "Oldcity"}


def test_a_record_of_which_users_edited_all_since_the_plan_was_not_updated(tmp_path: Path) -> None:
    case = claimed(small(tmp_path, FIRMS, {"firms": [{"id": "1", "n": "ACME", "c": None}]}))
    case.sql("INSERT INTO accounts (external_id, name) VALUES ('crm:firms:1', 'Old')")
    case.plan()
    case.sql("UPDATE accounts SET name = 'Theirs'")
    report = case.load()
    assert line(report, "Account") == {"extracted": 1, "unchanged": 1}
    assert codes(report)["edited_in_target"] == 1
    assert case.records("accounts")["firms:1"]["name"] == "Theirs"


@pytest.mark.parametrize("first", ["base", "extra"])
def test_a_row_that_only_updates_speaks_for_the_record_that_another_row_makes(
    tmp_path: Path, first: str
) -> None:
    mapping = (
        "blocks:\n"
        "  base: {from: crm.own, to: Account, fields: {name: n, registration_number: r}}\n"
        "  extra: {from: crm.erp, to: Account, action: update, fields: {name: n, "
        "registration_number: r, city: c}}\n"
        "  kids: {from: crm.kids, to: Contact, fields: {last_name: n, account: {from: a, "
        "lookup: base}}}\n"
        f"match: {{Account: {{keys: [[registration_number]], priority: [{first}]}}}}\n"
    )
    case = small(
        tmp_path, mapping,
        {
            "own": [{"id": "1", "n": "ACME", "r": "11"}, {"id": "2", "n": "Solo", "r": "22"}],
            "erp": [
                {"id": "8", "n": "Acme erp", "r": "11", "c": "Wien"},
                {"id": "9", "n": "Nobody", "r": "99", "c": "Ulm"},
            ],
            "kids": [{"id": "1", "n": "Kid", "a": "1"}],
        },
    )  # fmt: skip
    case.plan()
    report = case.load()
    expected = {"extracted": 4, "created": 2, "merged": 1, "excluded": 1}
    assert line(report, "Account") == expected
    assert line(report, "Contact") == {"extracted": 1, "created": 1}
    found = case.sql("SELECT name, city FROM accounts ORDER BY registration_number")
    name = "ACME" if first == "base" else "Acme erp"
    assert [tuple(r.values()) for r in found] == [(name, "Wien"), ("Solo", None)]
    assert forgive(case) == []


def test_a_second_row_of_a_key_is_not_the_row_whose_key_looks_like_it(tmp_path: Path) -> None:
    rows = [
        {"id": "A", "n": "Jana", "c": "Wien"}, {"id": "A", "n": "Jana", "c": "Wien"},
        {"id": "A#2", "n": "Eva", "c": "Brno"}, {"id": "B", "n": "Zoe", "c": "Graz"},
    ]  # fmt: skip
    case = small(tmp_path, FIRMS, {"firms": rows})
    assert line(case.plan(), "Account") == {"extracted": 4, "created": 3, "merged": 1}
    case.load()
    held = {key: row["name"] for key, row in case.records("accounts").items()}
    assert held == {"firms:A": "Jana", "firms:A#2": "Eva", "firms:B": "Zoe"}
    for key in ("A", "A#2", "B"):
        assert crm_migrate("trace", case.folder, key)["found"] >= 1
    case.source("firms", [rows[0], rows[3]])  # the twin and its namesake are gone
    plan = case.plan()
    assert codes(plan)["gone_from_source"] == 2
    assert line(plan, "Account") == {"extracted": 4, "unchanged": 3, "merged": 1}


def test_tables_and_objects_of_similar_names_do_not_share_files(tmp_path: Path) -> None:
    mapping = (
        "blocks:\n"
        "  a: {from: crm.Order Details, to: Order Details, fields: {n: v}}\n"
        "  b: {from: crm.Order_Details, to: Order_Details, fields: {n: v}}\n"
    )
    target = '{target: sql, url: "sqlite:///crm.db", options: {external_id: legacy_ref}}'
    case = small(
        tmp_path, mapping,
        {"Order Details": [{"id": "1", "v": "space"}], "Order_Details": [{"id": "2", "v": "under"}],
         "ORDER-DETAILS": [{"id": "3", "v": "nobody"}]},
        target=target,
    )  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "crm.db")) as database, database:
        for name in ("Order Details", "Order_Details"):
            database.execute(
                f'CREATE TABLE "{name}" (id integer primary key, legacy_ref varchar(60) unique, '
                "n varchar(40))"
            )
    case.plan_and_load()
    for name, text in (("Order Details", "space"), ("Order_Details", "under")):
        assert [r["n"] for r in case.sql(f'SELECT n FROM "{name}"')] == [text]
    assert crm_migrate("trace", case.folder, "nobody")["archived"] == 1
    assert forgive(case) == []


def test_source_columns_called_like_ours_are_archived(tmp_path: Path) -> None:
    row = {"id": "1", "n": "ACME", "c": None, "reason": "r", "block": "b", "record_key": "k"}
    case = small(tmp_path, FIRMS, {"firms": [row]})
    assert line(case.plan_and_load(), "Account") == {"extracted": 1, "created": 1}
    with closing(sqlite3.connect(tmp_path / "archive.db")) as archive:
        (found,) = archive.execute("SELECT record_key, block, reason, content FROM archived")
    assert found[:3] == ("1", "(columns)", "columns not mapped")
    assert '"reason": "r"' in found[3]


def test_after_a_plan_that_was_killed_while_it_read_the_earlier_one_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = small(tmp_path, FIRMS, {"firms": [{"id": "1", "n": "ACME", "c": None}]})
    case.plan()
    case.source("firms", [{"id": "2", "n": "Other", "c": None}])

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(planning, "decide_columns", killed)
        with pytest.raises((KeyboardInterrupt, Refusal)):
            crm_migrate("plan", case.folder)
    case.source("firms", [{"id": "1", "n": "ACME", "c": None}])  # even where nothing differs now
    with pytest.raises(Refusal, match="interrupted"):
        case.load()
    case.plan_and_load()
    assert set(case.records("accounts")) == {"firms:1"}


TWO = """
blocks:
  a: {from: crm.p, to: Account, fields: {name: n, customer_since: {from: d, clean: date}}}
  o: {from: crm.p, to: Product, fields: {code: id, name: n, price: {from: d, clean: decimal}}}
  k: {from: crm.p, to: Contact, fields: {last_name: n, title: d}}
"""


def correct(case: Small, block: str, text: str) -> None:
    with closing(sqlite3.connect(case.folder / "ledger.db")) as ledger, ledger:
        ledger.execute(
            "UPDATE quarantine SET state = 'corrected', action = 'correct', correction = ? "
            "WHERE block = ?",
            (text, block),
        )


def values(case: Small) -> list[object]:
    queries = (
        "SELECT customer_since FROM accounts", "SELECT price FROM products",
        "SELECT title FROM contacts",
    )  # fmt: skip
    return [str(row[next(iter(row))]) for query in queries for row in case.sql(query)]


def test_two_blocks_may_correct_one_cell_differently(tmp_path: Path) -> None:
    case = small(tmp_path, TWO, {"p": [{"id": "1", "n": "Jana", "d": "xx"}]})
    assert line(case.plan(), "Account") == {"extracted": 1, "quarantined": 1}
    correct(case, "a", "2024-01-02")
    correct(case, "o", "12.5")
    case.plan_and_load()
    assert values(case) == ["2024-01-02", "12.5", "xx"]
    assert forgive(case) == []


def test_one_correction_of_a_cell_is_for_every_block_that_reads_it(tmp_path: Path) -> None:
    case = small(tmp_path, TWO, {"p": [{"id": "1", "n": "Jana", "d": "xx"}]})
    case.plan()
    correct(case, "o", "12.5")
    case.plan_and_load()
    assert values(case) == ["12.5", "12.5"]  # the account still waits
    assert forgive(case) == []
