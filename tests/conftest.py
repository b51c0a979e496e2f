"""What all tests share: fresh databases on real servers, and how hypothesis runs."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.load_profile("default")


@pytest.fixture(autouse=True, scope="session")
def no_learned_decisions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the developer's own migrations taught must not decide a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_MIGRATE_CONFIG", str(tmp_path_factory.mktemp("config")))
        yield


POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/postgres"
MARIADB = "mysql://root@127.0.0.1:3306/test"


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database, dropped afterwards."""
    url = sa.make_url(os.environ.get("CRM_MIGRATE_TEST_POSTGRESQL", POSTGRESQL))
    yield from _fresh(url, "postgresql+psycopg", 'DROP DATABASE "{}" WITH (FORCE)', '"')


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    """The URL of a fresh, empty MariaDB database, dropped afterwards."""
    url = sa.make_url(os.environ.get("CRM_MIGRATE_TEST_MARIADB", MARIADB))
    yield from _fresh(url.set(database=None), "mysql+pymysql", "DROP DATABASE `{}`", "`")


def _fresh(url: sa.URL, driver: str, drop: str, quote: str) -> Iterator[str]:
    name = f"crm_migrate_test_{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(url.set(drivername=driver), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {quote}{name}{quote}")
    except sa.exc.OperationalError:
        family = driver.partition("+")[0]
        message = f"no {family} server at {url.host}:{url.port}; start one or set its URL"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(drop.format(name))
        server.dispose()
