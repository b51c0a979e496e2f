"""A customer's own database describes itself, and every later step goes by that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate.cli import run
from migrate.loaders._sql_engine import open_database
from migrate.specs.catalogue import read_target
from tests.cases.small import SQLITE, crm_migrate, line, small
from tests.cases.test_sql_targets import FOREIGN, legacy, their_schema


def pull(name: str, folder: Path, *more: str, capsys: pytest.CaptureFixture[str]) -> dict:
    code = run(["targets", "pull", name, "-C", str(folder), "--json", *more])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    found: dict = json.loads(shown.out)
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_a_database_describes_itself_and_the_plan_goes_by_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{(tmp_path / 'theirs.db').as_posix()}"
    else:
        url = request.getfixturevalue(f"{kind}_url")
    their_schema(kind, url)
    target = f'{{target: acme, url: "{url}", options: {{external_id: legacy_ref}}}}'
    case = small(tmp_path / "m", FOREIGN, legacy(), target=target, url=url)
    report = pull("acme", case.folder, capsys=capsys)
    assert [(c["object"], c["change"]) for c in report["changes"]] == [
        ("firms", "added"), ("people", "added"),
    ]  # fmt: skip
    schema = read_target("acme", folder=case.folder)
    firms, people = schema.objects  # parents first
    assert (firms.name, people.name, firms.external_id) == ("firms", "people", "legacy_ref")
    assert firms.field("name").length == 20 and firms.field("name").is_required
    assert firms.field("is_active").type == "boolean"
    assert people.field("firm_id").references == ("firms",)
    assert crm_migrate("check", case.folder)["exit_code"] == 0
    assert line(case.plan(), "firms")["extracted"] == 5

    file = case.folder / "mappings" / "targets" / "acme.yaml"
    before = file.read_bytes()
    assert not pull("acme", case.folder, capsys=capsys)["written"]
    assert file.read_bytes() == before

    engine = open_database(url, must_exist=True).engine
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE people ADD COLUMN shoe_size INTEGER")
        connection.exec_driver_sql("ALTER TABLE firms DROP COLUMN remark")
    engine.dispose()
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("mail: {type: text,", "mail: {type: email, means: email,"), "utf-8"
    )
    report = pull("acme", case.folder, capsys=capsys)
    assert [(c["object"], c["field"], c["change"]) for c in report["changes"]] == [
        ("firms", "remark", "gone"), ("people", "shoe_size", "added"),
    ]  # fmt: skip
    mail = read_target("acme", folder=case.folder).object("people").field("mail")
    assert (mail.type, mail.means, mail.length) == ("email", "email", 40)


def test_the_reference_crm_keeps_the_names_and_kinds_that_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = small(tmp_path, FOREIGN_TO_REFERENCE, {"firms": [{"id": "1", "name": "Acme"}]}, target=SQLITE)  # fmt: skip
    case.plan_and_load()
    with open_database(f"sqlite:///{tmp_path / 'crm.db'}", must_exist=True).engine.begin() as crm:
        crm.exec_driver_sql("ALTER TABLE accounts ADD COLUMN region_code VARCHAR(7)")
    report = pull("reference", tmp_path, capsys=capsys)
    added = [(c["object"], c["field"]) for c in report["changes"] if c["change"] == "added"]
    assert added == [("Account", "region_code")]
    assert [c for c in report["changes"] if c["change"] == "gone"] == []
    schema = read_target("reference", folder=tmp_path)
    account = schema.object("Account")
    assert account.table == "accounts" and account.field("email").type == "email"
    assert account.field("segment").picklist[0] == "customer"
    assert account.field("owner").references == ("User",)
    assert case.plan()["exit_code"] == 0


FOREIGN_TO_REFERENCE = """
blocks:
  firms: {from: crm.firms, to: Account, wave: base, fields: {name: name}}
"""


def test_a_database_without_tables_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.db").touch()
    url = f"sqlite:///{(tmp_path / 'empty.db').as_posix()}"
    assert run(["targets", "pull", "acme", "-C", str(tmp_path), "--url", url]) == 4
    assert "has no table with a primary key of one column" in capsys.readouterr().err
    assert not (tmp_path / "mappings").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///nowhere.db", "there is no such file"),
        ("postgresql://crm:geheim@127.0.0.1:9/crm", "the server does not answer"),
    ],
)
def test_a_database_that_does_not_answer(url: str, said: str, tmp_path: Path, capsys) -> None:
    assert run(["targets", "pull", "acme", "-C", str(tmp_path), "--url", url]) == 4
    told = capsys.readouterr().err
    assert said in told and "geheim" not in told


def test_the_address_of_a_database_is_no_salesforce(tmp_path: Path, capsys) -> None:
    arguments = ["targets", "pull", "salesforce", "-C", str(tmp_path), "--url", "sqlite:///crm.db"]
    assert run(arguments) == 2
    assert "Salesforce is asked over HTTP" in capsys.readouterr().err


def test_showing_works_with_options_anywhere(tmp_path: Path, capsys) -> None:
    for words in (["salesforce", "Account", "--json"], ["--json", "salesforce", "Account"],
                  ["-C", str(tmp_path), "--json", "salesforce", "Account"],
                  ["show", "salesforce", "Account", "--json"]):  # fmt: skip
        assert run(["targets", *words]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["targets"][0]["objects"][0]["name"] == "Account"
    assert run(["targets", "-C", str(tmp_path), "pull", "acme", "--url", "sqlite:///no.db"]) == 4
