"""Does Northwind arrive whole, whichever database it comes from?

The sample database is shared beside the repository; without it these tests are skipped.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.cases.migrated import REPOSITORY, crm_migrate, rows

SHARED = Path(os.environ.get("CRM_MIGRATE_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
NORTHWIND = SHARED / "northwind" / "northwind.db"
pytestmark = pytest.mark.skipif(
    not NORTHWIND.is_file(),
    reason="the Northwind sample is not there; set CRM_MIGRATE_SHARED_DATA to its folder",
)

MIGRATION = """\
migration: northwind
locale: en_US
waves: [base, history]
sources:
  northwind: {{place: "{place}"}}
environments:
  sandbox: {{target: reference, url: "sqlite:///crm.db"}}
mappings: [{{pack: northwind_to_reference}}]
"""
COUNTS = {
    "users": 9, "accounts": 122, "contacts": 122, "products": 77, "opportunities": 830,
    "line_items": 2155,
}  # fmt: skip
TABLES = ("Customers", "Suppliers", "Employees", "Products", "Orders", "Order Details")


def migrated(folder: Path, place: str) -> Path:
    """Plan and load Northwind from a database; the folder of the migration."""
    folder.mkdir()
    (folder / "migration.yaml").write_text(MIGRATION.format(place=place), encoding="utf-8")
    for command in ("plan", "load"):
        _, report = crm_migrate(command, folder)
        assert report["identity"]
    assert report["predictions_agree"]
    return folder


@pytest.fixture(scope="module")
def northwind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("northwind") / "migration"
    return migrated(folder, f"sqlite:///{NORTHWIND.as_posix()}")


def content(folder: Path) -> dict[str, pd.DataFrame]:
    """The target by external id: surrogate ids, and what refers to them, spelt as external ids."""
    found = {name: rows(folder / "crm.db", f"SELECT * FROM {name}") for name in COUNTS}
    names = {
        table: dict(zip(frame["id"], frame["external_id"], strict=True))
        for table, frame in found.items()
    }
    parents = {"owner": "users", "account": "accounts", "parent": "accounts",
               "contact": "contacts", "opportunity": "opportunities", "product": "products"}  # fmt: skip
    for frame in found.values():
        for column, table in parents.items():
            if column in frame:
                frame[column] = [names[table].get(value) for value in frame[column]]
        frame.drop(columns=["id", "row_version"], inplace=True)
        frame.sort_values("external_id", ignore_index=True, inplace=True)
    return found


def source(query: str) -> Iterator[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(NORTHWIND)) as connection:
        yield from connection.execute(query)


def test_everything_arrives(northwind: Path) -> None:
    assert {name: len(frame) for name, frame in content(northwind).items()} == COUNTS
    (batches,) = rows(
        northwind / "ledger.db", "SELECT count(*) AS n FROM batch WHERE state <> 'done'"
    )["n"]
    assert batches == "0"


def test_every_order_has_its_customer_contact_and_employee(northwind: Path) -> None:
    orders = content(northwind)["opportunities"].set_index("external_id")
    for order, customer, employee in source("SELECT OrderID, CustomerID, EmployeeID FROM Orders"):
        found = orders.loc[f"northwind:orders:{order}"]
        assert found["account"] == f"northwind:customers:{customer}"
        assert found["contact"] == f"northwind:customer_contacts:{customer}"
        assert found["owner"] == f"northwind:employees:{employee}"


def test_every_line_has_its_order_and_product(northwind: Path) -> None:
    lines = content(northwind)["line_items"]
    found = set(zip(lines["opportunity"], lines["product"], strict=True))
    assert found == {
        (f"northwind:orders:{order}", f"northwind:products:{product}")
        for order, product in source('SELECT OrderID, ProductID FROM "Order Details"')
    }


def value(lines: Iterator[tuple[Any, ...]]) -> Decimal:
    """Quantity times price less discount, as exact decimals of what is written."""
    amounts = ([Decimal(str(part)) for part in line] for line in lines)
    return sum((q * price * (1 - discount) for q, price, discount in amounts), Decimal(0))


def test_the_value_of_the_goods_is_the_same_to_the_last_decimal(northwind: Path) -> None:
    lines = content(northwind)["line_items"]
    loaded = value(zip(lines["quantity"], lines["unit_price"], lines["discount"], strict=True))
    assert loaded == value(source('SELECT Quantity, UnitPrice, Discount FROM "Order Details"'))
    assert loaded > 1_000_000


def copied(url: str, driver: str) -> None:
    """Copy the tables that the pack reads into another database, as their types allow."""
    engine = sa.create_engine(sa.make_url(url).set(drivername=driver))
    own = sa.create_engine(f"sqlite:///{NORTHWIND.as_posix()}")
    metadata = sa.MetaData()
    with own.connect() as there, engine.begin() as here:
        for name in TABLES:
            table = sa.Table(name, sa.MetaData(), autoload_with=own)
            columns = [
                sa.Column(c.name, _type(c), primary_key=c.primary_key, autoincrement=False)
                for c in table.columns
            ]
            copy = sa.Table(name, metadata, *columns)
            copy.create(here)
            listed = [dict(row) for row in there.execute(sa.select(*_plain(table))).mappings()]
            here.execute(sa.insert(copy), listed)
    engine.dispose()
    own.dispose()


def _type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    if isinstance(column.type, sa.Integer):
        return sa.Integer()
    if isinstance(column.type, sa.Numeric):
        # Discount is a binary fraction in the sample; its decimals are what people wrote
        return sa.Numeric(12, 4)
    if isinstance(column.type, sa.LargeBinary):
        return sa.LargeBinary(2**24)
    return sa.String(50) if column.primary_key else sa.Text()


def _plain(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns as SQLite holds them: its dates are texts, which no date type has to read."""
    return [
        sa.type_coerce(column, sa.Text()).label(column.name)
        if isinstance(column.type, sa.DateTime | sa.Date)
        else column
        for column in table.columns
    ]


@pytest.mark.parametrize(
    ("fixture", "driver"),
    [("postgresql_url", "postgresql+psycopg"), ("mariadb_url", "mysql+pymysql")],
)
def test_it_arrives_the_same_from_a_database_server(
    northwind: Path, tmp_path: Path, request: pytest.FixtureRequest, fixture: str, driver: str
) -> None:
    url = request.getfixturevalue(fixture)
    copied(url, driver)
    there = content(migrated(tmp_path / "migration", url))
    for name, frame in content(northwind).items():
        pd.testing.assert_frame_equal(there[name], frame)
