"""The reference CRM: its tables, its marks, and what opening it does not do."""

from __future__ import annotations

import dataclasses
import sqlite3
import stat
import sys

import pytest

from migrate.errors import MappingError, TargetError
from migrate.loaders import reference
from migrate.values import Batch, TargetField, TargetSchema


def opened(url: str, schema: TargetSchema) -> reference.ReferenceLoader:
    return reference.open_loader(url, options={}, schema=schema)


@pytest.fixture
def sqlite_url(tmp_path) -> str:
    return f"sqlite:///{(tmp_path / 'crm.db').as_posix()}"


def test_opening_and_looking_writes_nothing(sqlite_url, crm_schema, tmp_path):
    loader = opened(sqlite_url, crm_schema)
    assert loader.count("Account") == 0
    assert loader.probe("Account", ["x:1"]).columns.tolist() == [
        "external_id", "target_id", "version",
    ]  # fmt: skip
    assert list(loader.read("Account")) == []
    assert loader.children("Account", ["1"]).empty
    assert loader.settled("b1") is False
    assert loader.identity().fingerprint
    assert list(tmp_path.iterdir()) == []


def test_describe_gives_the_schema_before_and_after_claiming_made_the_tables(
    database_url, crm_schema, execute
):
    loader = opened(database_url, crm_schema)
    described = loader.describe()
    assert [o.name for o in described.objects] == ["Account", "Contact", "Note"]
    assert described.capabilities.has_journal and described.capabilities.is_atomic
    loader.claim(migration="acme", environment="sandbox")
    assert execute("SELECT count(*) FROM contacts") == [(0,)]
    assert loader.describe() == described
    loader.close()


def test_describe_leaves_somebody_elses_database_alone(sqlite_url, crm_schema, tmp_path):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TABLE payroll (id INTEGER PRIMARY KEY)")
    loader = opened(sqlite_url, crm_schema)
    loader.describe()
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert names == {"payroll"}
    loader.claim(migration="acme", environment="sandbox")
    assert loader.count("Account") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_file_of_a_new_crm_is_its_owners_alone(sqlite_url, crm_schema, tmp_path):
    opened(sqlite_url, crm_schema).claim(migration="acme", environment="sandbox")
    assert stat.S_IMODE((tmp_path / "crm.db").stat().st_mode) == 0o600


def test_a_missing_column_is_named(open_crm, database_url, crm_schema):
    open_crm()
    account, *others = crm_schema.objects
    wider = dataclasses.replace(account, fields=(*account.fields, TargetField("segment")))
    loader = opened(database_url, TargetSchema("reference", (wider, *others)))
    with pytest.raises(TargetError, match="accounts of Account lacks segment"):
        loader.describe()
    loader.close()


def test_the_fingerprint_is_stable_and_a_claim_only_lengthens_it(database_url, crm_schema):
    loader = opened(database_url, crm_schema)
    before = loader.identity()
    assert opened(database_url, crm_schema).identity() == before
    assert (before.migration, before.environment) == ("", "")
    loader.claim(migration="acme", environment="sandbox")
    after = loader.identity()
    assert after.fingerprint.startswith(f"{before.fingerprint}+")
    assert (after.migration, after.environment) == ("acme", "sandbox")
    loader.claim(migration="acme", environment="sandbox")
    assert opened(database_url, crm_schema).identity() == after
    loader.close()


def test_two_databases_of_one_server_have_different_fingerprints(postgresql_url, crm_schema):
    here = opened(postgresql_url, crm_schema).identity().fingerprint
    there = opened(postgresql_url.rpartition("/")[0] + "/postgres", crm_schema).identity()
    assert here != there.fingerprint


@pytest.mark.parametrize("other", [("acme", "production"), ("globex", "sandbox")])
def test_a_target_of_another_migration_or_environment_is_refused(open_crm, other):
    loader = open_crm()
    with pytest.raises(
        TargetError, match="belongs to migration 'acme', environment 'sandbox'"
    ) as e:
        loader.claim(migration=other[0], environment=other[1])
    assert "migration.yaml" in e.value.hint
    assert loader.identity().environment == "sandbox"


def test_nothing_is_written_before_the_target_is_claimed(sqlite_url, crm_schema, records):
    loader = opened(sqlite_url, crm_schema)
    loader.describe()
    with pytest.raises(TargetError, match="holds no journal"):
        loader.write(Batch("b1", "Account", "create", records(name=["a"])))
    loader.claim(migration="acme", environment="sandbox")
    assert loader.write(Batch("b1", "Account", "create", records(name=["a"])))["ok"].all()


def test_objects_that_refer_to_each_other_in_a_circle_can_be_made(database_url):
    from migrate.values import TargetObject

    schema = TargetSchema(
        "reference",
        (
            TargetObject("A", (TargetField("b", type="reference", references=("B",)),)),
            TargetObject("B", (TargetField("a", type="reference", references=("A",)),)),
        ),
    )
    loader = opened(database_url, schema)
    assert [o.table for o in loader.describe().objects] == ["A", "B"]
    assert loader.count("B") == 0
    loader.close()


def test_errors_say_what_to_do_and_never_the_password(tmp_path, crm_schema):
    with pytest.raises(MappingError, match="needs its schema"):
        reference.open_loader("sqlite:///crm.db", options={}, schema=None)
    with pytest.raises(MappingError, match="no option 'batch'"):
        reference.open_loader("sqlite:///crm.db", options={"batch": 1}, schema=crm_schema)
    with pytest.raises(TargetError, match="in memory"):
        opened("sqlite://", crm_schema)
    with pytest.raises(TargetError, match="'oracle' databases cannot be loaded"):
        opened("oracle://u:s3cret@host/db", crm_schema)
    with pytest.raises(TargetError, match=r"folder .* is not there"):
        opened(f"sqlite:///{tmp_path.as_posix()}/no/crm.db", crm_schema).claim(
            migration="acme", environment="sandbox"
        )
    for url in (
        "postgresql://postgres:s3cret@127.0.0.1:1/crm",
        "mysql://root:s3cret@127.0.0.1:1/crm",
    ):
        with pytest.raises(TargetError, match="does not answer") as unreachable:
            opened(url, crm_schema).count("Account")
        assert "s3cret" not in str(unreachable.value) and unreachable.value.retryable
        assert "s3cret" not in repr(opened(url, crm_schema))
    with pytest.raises(TargetError, match="a parameter that the driver does not know") as unknown:
        opened("mysql://root@127.0.0.1:1/crm?tls=s3cret", crm_schema).count("Account")
    assert "tls" in unknown.value.hint and "s3cret" not in str(unknown.value)


def test_a_database_that_does_not_exist_or_a_wrong_password_is_said(
    postgresql_url, mariadb_url, crm_schema
):
    for url in (postgresql_url, mariadb_url):
        gone = opened(url.rpartition("/")[0] + "/nobody_made_this", crm_schema)
        with pytest.raises(TargetError, match="no such database"):
            gone.count("Account")
    wrong = mariadb_url.replace("root@", "root:s3cret@")
    with pytest.raises(TargetError, match="login was refused") as refused:
        opened(wrong, crm_schema).count("Account")
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None and refused.value.__suppress_context__
