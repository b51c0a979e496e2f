"""A small CRM by hand, and the three databases that the SQL loader is made for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from migrate.loaders import reference
from migrate.loaders._sql_engine import open_database
from migrate.values import ENTITY_ID, TargetField, TargetObject, TargetSchema

SCHEMA = TargetSchema(
    "reference",
    (
        TargetObject(
            "Account",
            (
                TargetField("name", length=60, is_required=True),
                TargetField("parent", type="reference", references=("Account",)),
                TargetField("revenue", type="decimal", scale=2),
                TargetField("description", type="long_text"),
            ),
            table="accounts",
        ),
        TargetObject(
            "Contact",
            (
                TargetField("last_name", length=40, is_required=True),
                TargetField("email", type="email", length=80, is_unique=True),
                TargetField("account", type="reference", references=("Account",)),
                TargetField("do_not_call", type="boolean"),
                TargetField("born", type="date"),
                TargetField("created_at", type="datetime"),
                TargetField("visits", type="integer"),
            ),
            table="contacts",
        ),
        TargetObject(
            "Note",
            (
                TargetField("body", type="long_text"),
                TargetField(
                    "parent",
                    type="reference",
                    references=("Account", "Contact"),
                    type_field="parent_type",
                ),
            ),
            table="notes",
        ),
    ),
)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'crm.db').as_posix()}"
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def crm_schema() -> TargetSchema:
    return SCHEMA


@pytest.fixture
def open_crm(database_url: str) -> Iterator[Callable[[], reference.ReferenceLoader]]:
    """Open the claimed CRM, as often as a test wants (each time as another process would)."""
    opened: list[reference.ReferenceLoader] = []

    def open_one() -> reference.ReferenceLoader:
        loader = reference.open_loader(database_url, options={}, schema=SCHEMA)
        opened.append(loader)
        loader.claim(migration="acme", environment="sandbox")
        return loader

    yield open_one
    for loader in opened:
        loader.close()


@pytest.fixture
def execute(database_url: str) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
    """Run SQL as a user of the CRM would, past the loader."""
    engine = open_database(database_url, must_exist=False).engine

    def run(*statements: str) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        with engine.begin() as connection:
            for statement in statements:
                result = connection.execute(sa.text(statement))
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows

    yield run
    engine.dispose()


@pytest.fixture
def records() -> Callable[..., pd.DataFrame]:
    """A frame for a batch: ``records(name=["a", "b"])`` numbers entities and external ids."""

    def make(first: int = 1, **columns: list[str | None]) -> pd.DataFrame:
        size = len(next(iter(columns.values())))
        entities = range(first, first + size)
        frame = pd.DataFrame({ENTITY_ID: pd.Series(entities, dtype="int64")})
        if "target_id" not in columns:
            columns = {"external_id": [f"x:{entity}" for entity in entities], **columns}
        for name, values in columns.items():
            frame[name] = pd.Series(values, dtype="str")
        return frame

    return make
