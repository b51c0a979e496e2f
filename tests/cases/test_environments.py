"""Sandbox and production: one mapping, two targets, and no way from one into the other's books."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from migrate.registry import load_plugin
from migrate.specs.catalogue import read_target
from migrate.values import ENTITY_ID, Batch
from tests.cases.migrations import Migration, Outcome, write_migration

PROJECT = """\
migration: acme
sources:
  erp: {place: erp.csv, tables: {erp: {key: id}}}
  staff: {place: staff.csv, tables: {staff: {key: login}}}
environments:
  sandbox:
    target: reference
    url: "sqlite:///crm-sandbox.db"
    owners: {jan: test.jan@example.com}
    ids: {Account: {"erp:firms:2": "SANDBOX"}}
  production:
    target: reference
    url: "sqlite:///crm-production.db"
    production: true
    owners: {jan: jan.novak@example.com}
    ids: {Account: {"erp:firms:2": "PRODUCTION"}}
"""
MAPPING = """\
blocks:
  users:
    from: staff.staff
    to: User
    action: bind
    bind_by: email
    fields: {name: name, email: email}
  firms:
    from: erp.erp
    to: Account
    fields:
      name: name
      owner: {from: owner, lookup: users}
"""
FILES = {
    "erp.csv": "id,name,owner\n1,First,jan\n2,Second,eva\n3,Third,eva\n",
    "staff.csv": "login,name,email\njan,Jan,jan@legacy.example\neva,Eva,eva@example.com\n",
}
PRODUCTION = ("--environment", "production")


def make_crm(
    folder: Path, environment: str, users: dict[str, str], firms: int, *, file: str = ""
) -> dict[str, str]:
    """A CRM with users and firms of its own; the target ids of all of them by name."""
    ids: dict[str, str] = {}
    loader = load_plugin("loaders", "reference").open_loader(
        f"sqlite:///{(folder / (file or f'crm-{environment}.db')).as_posix()}",
        options={}, schema=read_target("reference"),
    )  # fmt: skip
    with closing(loader):
        loader.claim(migration="acme", environment=environment)
        for object, names, emails in (
            ("User", list(users), list(users.values())),
            ("Account", [f"Own {n}" for n in range(firms)], None),
        ):
            frame = pd.DataFrame({"external_id": [f"own:{n}" for n in names], "name": names})
            if emails is not None:
                frame["email"] = emails
            frame = frame.astype("str")
            frame.insert(0, ENTITY_ID, range(1, len(frame) + 1))
            written = loader.write(Batch(f"own-{object}", object, "create", frame))
            assert written["ok"].all()
            by_entity = dict(zip(written[ENTITY_ID], written["target_id"], strict=True))
            ids |= {name: str(by_entity[n]) for n, name in enumerate(names, 1)}
    return ids


@pytest.fixture
def acme(tmp_path: Path) -> Migration:
    """The users' ids of the two CRMs differ, and so do the ids of the firm that is there already."""
    folder = tmp_path / "acme"
    folder.mkdir()
    sandbox = make_crm(
        folder, "sandbox", {"Tester": "test.jan@example.com", "Eva": "eva@example.com"}, 1
    )
    production = make_crm(
        folder, "production",
        {"Boss": "boss@example.com", "Eva": "EVA@example.com", "Jan": "jan.novak@example.com"}, 5,
    )  # fmt: skip
    assert sandbox["Eva"] != sandbox["Tester"]
    project = PROJECT.replace("SANDBOX", sandbox["Own 0"])
    project = project.replace("PRODUCTION", production["Own 4"])
    return write_migration(folder, project=project, mapping=MAPPING, files=FILES)


def firms(migration: Migration, environment: str) -> dict[str, tuple[str, str]]:
    """Name of each of our firms in the CRM, with its owner's e-mail and its id."""
    with closing(sqlite3.connect(migration.folder / f"crm-{environment}.db")) as database:
        rows = database.execute(
            "SELECT a.name, u.email, a.id FROM accounts a JOIN users u ON u.id = a.owner"
        ).fetchall()
    return {name: (email, str(id)) for name, email, id in rows}


def approved(migration: Migration) -> str:
    """Plan for production, and have the plan approved."""
    run = migration.ok("plan", *PRODUCTION, "--json").json["run_id"]
    assert migration("approve", run, "--by", "Eva, owner", *PRODUCTION).code == 0
    return str(run)


def refused(outcome: Outcome, *parts: str) -> None:
    assert outcome.code == 2, outcome
    for part in parts:
        assert part in outcome.said, outcome
    assert outcome.out == ""


def test_each_environment_has_its_own_ledger_target_owners_and_ids(acme: Migration) -> None:
    acme.ok("plan")
    assert acme("load").code == 0
    assert (acme.folder / "ledger-sandbox.db").exists()
    assert not (acme.folder / "ledger-production.db").exists()
    assert firms(acme, "production") == {}
    loaded = firms(acme, "sandbox")
    assert {name: owner for name, (owner, _) in loaded.items()} == {
        "First": "test.jan@example.com", "Second": "eva@example.com", "Third": "eva@example.com",
    }  # fmt: skip
    assert loaded["Second"][1] == "1"  # the firm that `ids:` names was updated, not doubled

    approved(acme)
    outcome = acme("load", *PRODUCTION, "--json", typed="acme\n")
    assert outcome.code == 0, outcome
    loaded = firms(acme, "production")
    assert {name: owner for name, (owner, _) in loaded.items()} == {
        "First": "jan.novak@example.com", "Second": "EVA@example.com", "Third": "EVA@example.com",
    }  # fmt: skip
    assert loaded["Second"][1] == "5"
    by_object = {line["object"]: line for line in outcome.json["objects"]}
    assert by_object["User"]["unchanged"] == 2
    assert (by_object["Account"]["created"], by_object["Account"]["updated"]) == (2, 1)


def test_an_owner_whom_the_target_does_not_have_waits(acme: Migration) -> None:
    acme.edit("migration.yaml", "owners: {jan: test.jan@example.com}", "owners: {}")
    outcome = acme("plan", "--json")
    assert outcome.code == 1
    missing = [i for i in outcome.json["issues"] if i["code"] == "bind_missing"]
    assert [i["record"] for i in missing] == ["jan"]
    assert "`owners:`" in missing[0]["hint"]
    lines = {line["object"]: line for line in outcome.json["objects"]}
    assert lines["User"]["quarantined"] == 1
    assert lines["Account"]["quarantined"] == 1  # whose owner he is


def test_production_takes_an_approved_plan(acme: Migration) -> None:
    run = acme.ok("plan", *PRODUCTION, "--json").json["run_id"]

    outcome = acme("load", *PRODUCTION, typed="acme\n")
    refused(
        outcome, "production is a production environment", run, "is not approved",
        f"crm-migrate approve --environment production {run} --by",
    )  # fmt: skip
    assert "Type the name" not in outcome.err  # nobody is asked for what would be refused
    assert firms(acme, "production") == {}

    refused(acme("approve", "no-such-run", "--by", "Eva", *PRODUCTION), "no finished plan", run)
    assert acme("approve", run, *PRODUCTION).code == 2  # somebody has to sign
    assert acme("approve", run, "--by", "Eva, owner", *PRODUCTION).code == 0
    assert acme("load", *PRODUCTION, typed="acme\n").code == 0
    status = acme("status", *PRODUCTION, "--json").json
    assert "Eva, owner" in json.dumps(status)


def test_a_new_plan_needs_a_new_approval(acme: Migration) -> None:
    approved(acme)
    acme.ok("plan", *PRODUCTION)
    refused(acme("load", *PRODUCTION, typed="acme\n"), "is not approved")


def test_approving_in_the_sandbox_approves_nothing_in_production(acme: Migration) -> None:
    run = acme.ok("plan", "--json").json["run_id"]
    acme.ok("plan", *PRODUCTION)
    refused(acme("approve", run, "--by", "Eva", *PRODUCTION), "no finished plan")
    assert acme("approve", run, "--by", "Eva").code == 0
    refused(acme("load", *PRODUCTION, typed="acme\n"), "is not approved")


@pytest.mark.parametrize("name", ["load", "rollback"])
def test_production_asks_for_the_migrations_name(acme: Migration, name: str) -> None:
    approved(acme)
    if name == "rollback":
        assert acme("load", *PRODUCTION, typed="acme\n").code == 0
    before = firms(acme, "production")

    for typed in ("", "\n", "yes\n", "Acme\n", "acme production\n"):
        refused(acme(name, *PRODUCTION, "--json", typed=typed), "PRODUCTION", "(acme)", "type acme")
    assert firms(acme, "production") == before

    outcome = acme(name, *PRODUCTION, "--json", typed="acme\n")
    assert outcome.code == 0, outcome
    assert outcome.json["environment"] == "production"
    assert firms(acme, "production") != before


@pytest.mark.parametrize("option", ["--yes", "-y", "--force"])
def test_no_switch_types_the_name(acme: Migration, option: str) -> None:
    for name in ("load", "rollback"):
        outcome = acme(name, option, *PRODUCTION)
        assert outcome.code == 2
        assert "No such option" in outcome.err


def test_a_dry_run_of_a_rollback_asks_nobody(acme: Migration) -> None:
    approved(acme)
    acme.ok("load", *PRODUCTION, typed="acme\n")
    assert acme("rollback", "--dry-run", *PRODUCTION).code == 0
    assert firms(acme, "production")


def test_the_sandbox_ledger_does_not_write_to_the_production_target(acme: Migration) -> None:
    """Somebody pasted production's URL under sandbox: no approval, no name, no load."""
    acme.ok("plan")
    acme.ok("load")
    acme.edit(
        "migration.yaml", 'url: "sqlite:///crm-sandbox.db"', 'url: "sqlite:///crm-production.db"'
    )
    acme.ok("plan")

    for name in ("load", "rollback"):
        refused(
            acme(name), "marked as the environment 'production' of the migration 'acme'",
            "migration.yaml:6", "`url:`",
        )  # fmt: skip
    assert firms(acme, "production") == {}


def test_another_target_of_the_same_name_needs_another_ledger(acme: Migration) -> None:
    """A sandbox that was made anew bears the same mark, but the ledger does not speak of it."""
    acme.ok("plan")
    acme.ok("load")
    make_crm(acme.folder, "sandbox", {"Eva": "test.jan@example.com"}, 1, file="fresh.db")
    acme.edit("migration.yaml", "crm-sandbox.db", "fresh.db")
    acme.ok("plan")

    for name in ("load", "rollback"):
        refused(
            acme(name), "the ledger ledger-sandbox.db belongs to another target", "migration.yaml:6",
            "a new target needs a new ledger",
        )  # fmt: skip
    assert len(firms(acme, "sandbox")) == 3


def test_an_environments_ledger_is_refused_to_the_other(acme: Migration) -> None:
    acme.ok("plan")
    acme.edit(
        "migration.yaml",
        "    production: true",
        "    production: true\n    ledger: ledger-sandbox.db",
    )
    refused_by_check = acme("check")
    assert refused_by_check.code == 2
    assert "share the ledger ledger-sandbox.db" in refused_by_check.said
    acme.edit(
        "migration.yaml", "    owners: {jan: test", "    ledger: other.db\n    owners: {jan: test"
    )
    refused(
        acme("plan", *PRODUCTION), "ledger-sandbox.db", "belongs to the environment 'sandbox'",
        "not to 'production'",
    )  # fmt: skip


def test_productions_secret_is_not_needed_in_the_sandbox(acme: Migration) -> None:
    acme.edit(
        "migration.yaml", "sqlite:///crm-production.db", "postgresql://c:${CRM_PROD_SECRET}@db/c"
    )
    outcome = acme("check")
    assert outcome.code == 0
    assert "CRM_PROD_SECRET is not set" in outcome.said
    refused_there = acme("check", *PRODUCTION)
    assert refused_there.code == 2
    assert "CRM_PROD_SECRET is not set" in refused_there.said


def test_json_is_alone_on_stdout_and_progress_on_stderr(acme: Migration) -> None:
    """Of every command that reports; a question is asked on stderr too."""
    approved(acme)
    lines: list[tuple[str, ...]] = [
        ("check",), ("assess",), ("plan",), ("load",), ("status",), ("reconcile",), ("cutover",),
        ("trace", "First"), ("quarantine", "export", str(acme.folder / "q.xlsx")),
        ("quarantine", "import", str(acme.folder / "q.xlsx")), ("rollback", "--dry-run"),
    ]  # fmt: skip
    for line in lines:
        outcome = acme(*line, "--json")
        assert outcome.code in (0, 1), outcome
        assert outcome.out.startswith("{")
        assert isinstance(outcome.json, dict)
        if line[0] in ("assess", "plan", "load", "reconcile"):
            assert outcome.err, line
    outcome = acme("load", "--json", *PRODUCTION, typed="acme\n")
    assert outcome.out.startswith("{")
    assert "Type the name" in outcome.err
    assert {"objects", "identity", "issues"} <= outcome.json.keys()
