"""Any existing SQL database as a target: described as it is, written without touching its schema."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from migrate.errors import MappingError, TargetError
from migrate.loaders import sql
from migrate.values import Batch

DDL = {
    "sqlite": (
        "CREATE TABLE company (id INTEGER PRIMARY KEY, legacy_key TEXT UNIQUE, name VARCHAR(30) "
        "NOT NULL, size INTEGER, price NUMERIC(10, 3), active BOOLEAN NOT NULL DEFAULT 1, "
        "founded DATE, seen TIMESTAMP, logo BLOB, state VARCHAR(8) NOT NULL DEFAULT 'open')",
        "CREATE TABLE country (code VARCHAR(2) PRIMARY KEY, name TEXT)",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, legacy_key TEXT, "
        "company_id INTEGER REFERENCES company (id), country VARCHAR(2) REFERENCES country (code))",
        "CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
    ),
    "postgresql": (
        "CREATE TABLE company (id SERIAL PRIMARY KEY, legacy_key TEXT UNIQUE, name VARCHAR(30) "
        "NOT NULL, size INTEGER, price NUMERIC(10, 3), active BOOLEAN NOT NULL DEFAULT true, "
        "founded DATE, seen TIMESTAMPTZ, logo BYTEA, state VARCHAR(8) NOT NULL DEFAULT 'open')",
        "CREATE TABLE country (code VARCHAR(2) PRIMARY KEY, name TEXT)",
        "CREATE TABLE person (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, legacy_key TEXT, "
        "company_id INTEGER REFERENCES company (id), country CHAR(2) REFERENCES country (code))",
        "CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
    ),
    "mysql": (
        "CREATE TABLE company (id INTEGER AUTO_INCREMENT PRIMARY KEY, legacy_key VARCHAR(80) UNIQUE, "
        "name VARCHAR(30) NOT NULL, size INTEGER, price NUMERIC(10, 3), active TINYINT(1) NOT NULL "
        "DEFAULT 1, founded DATE, seen DATETIME, logo BLOB, state VARCHAR(8) NOT NULL DEFAULT 'open')",
        "CREATE TABLE country (code VARCHAR(2) PRIMARY KEY, name TEXT)",
        "CREATE TABLE person (id INTEGER AUTO_INCREMENT PRIMARY KEY, legacy_key VARCHAR(80), "
        "company_id INTEGER REFERENCES company (id), country VARCHAR(2) REFERENCES country (code))",
        "CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
    ),
}


@pytest.fixture
def company_db(database_url, execute):
    dialect = database_url.partition(":")[0].partition("+")[0].replace("mariadb", "mysql")
    execute(*DDL[dialect])
    return database_url


@pytest.fixture
def loader(company_db):
    keys = {"company": "legacy_key", "person": "legacy_key", "country": "code"}
    loader = sql.open_loader(company_db, options={"external_id": keys}, schema=None)
    loader.claim(migration="acme", environment="sandbox")
    yield loader
    loader.close()


def test_the_schema_is_described_as_the_database_tells_it(loader):
    schema = loader.describe()
    assert [o.name for o in schema.objects] == ["company", "country", "person"]
    company = schema.object("company")
    assert (company.id_field, company.external_id, company.version_field) == (
        "id",
        "legacy_key",
        "",
    )
    types = {f.name: f.type for f in company.fields}
    assert types == {
        "name": "text", "size": "integer", "price": "decimal", "active": "boolean",
        "founded": "date", "seen": "datetime", "state": "text",
    }  # fmt: skip
    assert (company.field("name").length, company.field("name").is_required) == (30, True)
    assert company.field("price").scale == 3
    assert not company.field("state").is_required, "the database has a default"
    assert schema.object("person").field("company_id").references == ("company",)
    assert schema.object("person").field("country").references == ("country",)


def test_records_are_written_read_and_versioned_by_their_content(loader, records, execute):
    frame = records(
        name=["a", "b"], size=["5", None], price=["1.125", None], active=["false", None],
        founded=["1999-12-31", None], seen=["2024-02-29T08:05:00", None],
    )  # fmt: skip
    frame = frame.rename(columns={"external_id": "legacy_key"})
    batch = Batch("b1", "company", "create", frame)
    written = loader.write(batch)
    assert written["ok"].all() and loader.count("company") == 2
    found = next(loader.read("company"))
    assert found["external_id"].tolist() == ["x:1", "x:2"]
    assert found.loc[0, ["size", "price", "active", "founded", "seen", "state"]].tolist() == [
        "5", "1.125", "false", "1999-12-31", "2024-02-29T08:05:00", "open",
    ]  # fmt: skip
    assert found.loc[1, "active"] == "true", "a value that is not sent leaves the default alone"
    assert found["version"].tolist() == written["version"].tolist()
    assert (
        loader.probe("company", ["x:1", "x:2"])["version"].tolist() == written["version"].tolist()
    )
    pd.testing.assert_frame_equal(loader.write(batch), written)
    execute("UPDATE company SET size = 6 WHERE legacy_key = 'x:1'")
    now = loader.probe("company", ["x:1", "x:2"]).set_index("external_id")["version"]
    assert now["x:1"] != written["version"][0] and now["x:2"] == written["version"][1]


def test_a_key_that_people_chose_is_the_target_id(loader, records):
    countries = pd.DataFrame({"_entity_id": [1, 2], "code": ["SK", "CZ"], "name": ["s", "c"]})
    countries = countries.astype({"code": "str", "name": "str"})
    batch = Batch("b1", "country", "create", countries)
    assert loader.write(batch)["target_id"].tolist() == ["SK", "CZ"]
    assert loader.write(batch)["target_id"].tolist() == ["SK", "CZ"]
    frame = records(country=["SK", "XX"]).rename(columns={"external_id": "legacy_key"})
    person = loader.write(Batch("b2", "person", "create", frame))
    children = loader.children("country", ["SK", "CZ"])
    assert children.to_numpy().tolist()[0] == ["SK", "person", person["target_id"][0]]
    update = records(target_id=["SK", "ZZ"], changes=[json.dumps({"name": "=Slovensko"})] * 2)
    assert loader.write(Batch("u1", "country", "update", update))["ok"].tolist() == [True, False]
    assert next(loader.read("country", target_ids=["SK"]))["name"].tolist() == ["=Slovensko"]


def test_a_refused_record_of_a_real_database_is_named_by_column(loader, records):
    frame = records(name=["a", None], size=["1", "1"]).rename(columns={"external_id": "legacy_key"})
    written = loader.write(Batch("b1", "company", "create", frame))
    assert written["ok"].tolist() == [True, False] and "name" in written["message"][1]


def test_a_table_without_our_key_is_described_and_not_created_into(company_db, records):
    loader = sql.open_loader(company_db, options={}, schema=None)
    loader.claim(migration="acme", environment="sandbox")
    company = loader.describe().object("company")
    assert (company.external_id, company.can_create) == ("", False)
    with pytest.raises(TargetError, match="no column for the external id"):
        loader.write(Batch("b1", "company", "create", records(name=["a"])))
    with pytest.raises(TargetError, match="no column for the external id"):
        loader.probe("company", ["x"])
    loader.close()


@pytest.mark.parametrize(
    "option", ["legacy_kye", {"company": "legacy_kye"}, {"compny": "legacy_key"}]
)
def test_an_option_that_names_nothing_is_an_error_with_the_nearest_name(company_db, option):
    loader = sql.open_loader(company_db, options={"external_id": option}, schema=None)
    with pytest.raises(TargetError) as wrong:
        loader.describe()
    assert "legacy_key" in wrong.value.hint or "company" in wrong.value.hint
    loader.close()


def test_a_table_without_transactions_is_refused(mariadb_url, records):
    loader = sql.open_loader(mariadb_url, options={}, schema=None)
    with loader._database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE old (id INT AUTO_INCREMENT PRIMARY KEY, external_id VARCHAR(20), "
            "name TEXT) ENGINE = MyISAM"
        )
    loader.claim(migration="acme", environment="sandbox")
    with pytest.raises(TargetError, match="no transactions"):
        loader.write(Batch("b1", "old", "create", records(name=["a"])))
    assert loader.count("old") == 0
    loader.close()


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(TargetError, match="no such file"):
        sql.open_loader(f"sqlite:///{tmp_path.as_posix()}/crm.db", options={}, schema=None)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "text.db").write_text("this is no database, but long enough" * 50, encoding="utf-8")
    loader = sql.open_loader(f"sqlite:///{tmp_path.as_posix()}/text.db", options={}, schema=None)
    with pytest.raises(TargetError, match="not an SQLite database"):
        loader.describe()
    with pytest.raises(MappingError, match="external_id"):
        sql.open_loader("sqlite:///x.db", options={"externalid": "x"}, schema=None)
