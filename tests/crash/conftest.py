"""Three CRMs with a planned migration each, copied for every test that kills a load."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from migrate.pipeline import setup as pipeline_setup
from migrate.pipeline.planning import plan
from migrate.pipeline.setup import Setup
from tests.conftest import POSTGRESQL
from tests.crash.company import Sizes, fill_crm, write_company, write_migration
from tests.crash.harness import Try, copy_folder, in_child, load, loader_of, opened, state_of
from tests.crash.harness import books_of as read_books
from tests.crash.late_crm import serving_late
from tests.wire.hostile_crm import TOKEN

if not hasattr(os, "fork"):
    collect_ignore_glob = ["test_*.py"]


@dataclass
class Undisturbed:
    """What a load does that nobody disturbs."""

    seconds: float
    starting: float  # of these, the seconds until the first batch
    batches: int
    state: dict[str, Any] = field(repr=False)
    books: dict[str, Any] = field(repr=False)


@pytest.fixture(scope="session", autouse=True)
def catalogue() -> Iterator[None]:
    """The target's file is read once, not at the start of each of some hundred loads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline_setup, "read_target", functools.cache(pipeline_setup.read_target))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks of HTTP targets are kept in the home folder: not in that of whoever runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


SMALL = Sizes(users=3, companies=20, contacts=30, activities=10)


class Crm:
    """One kind of target: a planned migration as it was before its first load, and copies of it."""

    kind = ""
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, folder: Path, sources: Path) -> None:
        self.folder, self.sources = folder, sources
        self._undisturbed: Undisturbed | None = None
        self._loaded: Path | None = None
        self._before: dict[str, Any] | None = None
        write_migration(folder / "base", sources, self.target, "sqlite:///crm.db")
        with self.reached(folder / "base") as url:
            setup = opened(folder / "base", url=url, options=self.options)
            with loader_of(setup) as loader:
                fill_crm(loader)
            report = plan(setup)
            assert report.identity_holds

    @property
    def target(self) -> str:
        return "reference"

    @contextmanager
    def reached(self, folder: Path, *, template: str = "base", **behaviour: Any) -> Iterator[str]:
        """The url of the target that belongs to a folder; ``template`` is what it was copied from,
        ``behaviour`` how badly it behaves."""
        raise NotImplementedError

    def copy(self, folder: Path) -> None:
        """A fresh copy of the folder and of the target."""
        copy_folder(self.folder / "base", folder)

    @contextmanager
    def fresh(self, options: Mapping[str, Any] | None = None, **behaviour: Any) -> Iterator[Try]:
        """A copy to be ruined; ``behaviour`` is how badly the target behaves."""
        folder = self.folder / f"try-{uuid.uuid4().hex[:8]}"
        self.copy(folder)
        try:
            with self.reached(folder, **behaviour) as url:
                yield Try(opened(folder, url=url, options={**self.options, **(options or {})}))
        finally:
            shutil.rmtree(folder)

    @contextmanager
    def loaded(self, **behaviour: Any) -> Iterator[Try]:
        """A copy that is loaded already."""
        if self._loaded is None:
            folder = self.folder / "loaded"
            self.copy(folder)
            with self.reached(folder) as url:
                setup = opened(folder, url=url, options=self.options)
                self._before = state_of(setup)
                load(setup)
            self._loaded = folder
        folder = self.folder / f"try-{uuid.uuid4().hex[:8]}"
        copy_folder(self._loaded, folder)
        try:
            with self.reached(folder, template="loaded", **behaviour) as url:
                yield Try(opened(folder, url=url, options=self.options))
        finally:
            shutil.rmtree(folder)

    @property
    def before(self) -> dict[str, Any]:
        """What the target held before it was loaded."""
        assert self._before is not None, "load first"
        return self._before

    def setup_of(self, folder: Path, url: str) -> Setup:
        """The folder's files read again."""
        return opened(folder, url=url, options=self.options)

    @property
    def undisturbed(self) -> Undisturbed:
        if self._undisturbed is None:
            with self.fresh() as one:
                how, seconds = in_child(lambda: load(one.setup), one.folder / "log")
                assert how == "done"
                _, starting = in_child(lambda: load(one.setup), one.folder / "log")
                with sa.create_engine(f"sqlite:///{one.setup.environment.ledger}").connect() as c:
                    batches = c.exec_driver_sql("SELECT count(*) FROM batch").scalar_one()
                self._undisturbed = Undisturbed(
                    seconds,
                    min(starting, seconds / 2),
                    batches,
                    state_of(one.setup),
                    read_books(one.setup),
                )
        return self._undisturbed


class SqliteCrm(Crm):
    kind = "sqlite"
    options: ClassVar[dict[str, Any]] = {"batch_rows": 60}

    @contextmanager
    def reached(self, folder: Path, *, template: str = "base", **behaviour: Any) -> Iterator[str]:
        yield f"sqlite:///{(folder / 'crm.db').as_posix()}"


class PostgresqlCrm(Crm):
    kind = "postgresql"
    kept = ("base", "loaded")
    options: ClassVar[dict[str, Any]] = {"batch_rows": 60}

    def __init__(self, folder: Path, sources: Path) -> None:
        self.server = sa.make_url(os.environ.get("CRM_MIGRATE_TEST_POSTGRESQL", POSTGRESQL))
        self.engine = sa.create_engine(
            self.server.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )
        self.prefix = f"crm_migrate_crash_{uuid.uuid4().hex[:8]}"
        self.run(f'CREATE DATABASE "{self.prefix}_base"')
        super().__init__(folder, sources)

    def run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(statement)

    @contextmanager
    def reached(self, folder: Path, *, template: str = "base", **behaviour: Any) -> Iterator[str]:
        name = f"{self.prefix}_{folder.name}"
        if folder.name != "base":
            self.run(f'CREATE DATABASE "{name}" TEMPLATE "{self.prefix}_{template}"')
        try:
            yield self.server.set(database=name).render_as_string(hide_password=False)
        finally:
            if folder.name not in self.kept:
                self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def make_commits_slow(self, folder: Path) -> None:
        """Each COMMIT of a batch takes 0.2 s for clients that call themselves slow."""
        url = self.server.set(
            drivername="postgresql+psycopg", database=f"{self.prefix}_{folder.name}"
        )
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF current_setting('application_name') = 'slow' THEN PERFORM pg_sleep(0.2); "
                "END IF; RETURN NULL; END $$"
            )
            connection.exec_driver_sql(
                "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON migrate_batch DEFERRABLE INITIALLY "
                "DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
            )

    def close(self) -> None:
        for name in self.kept:
            self.run(f'DROP DATABASE IF EXISTS "{self.prefix}_{name}" WITH (FORCE)')


class HttpCrm(Crm):
    kind = "http"
    servers: ClassVar[dict[Path, subprocess.Popen[str]]] = {}
    options: ClassVar[dict[str, Any]] = {"token": TOKEN}

    @property
    def target(self) -> str:
        return "rest_batch"

    @contextmanager
    def reached(self, folder: Path, *, template: str = "base", **behaviour: Any) -> Iterator[str]:
        with serving_late(folder / "server.db", **behaviour) as (url, process):
            self.servers[folder] = process
            yield url

    def kill_server(self, folder: Path) -> None:
        """From now on nobody answers; what was committed stays in its file."""
        self.servers[folder].kill()
        self.servers[folder].wait()


@pytest.fixture(scope="session")
def crms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Crm]]:
    made: dict[str, Crm] = {}
    with ExitStack() as stack:
        # in memory where that is easy: a killed process loses nothing that the system holds
        memory = Path("/dev/shm")
        root = tmp_path_factory.mktemp("crms")
        if os.access(memory, os.W_OK):
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory)))

        def crm_of(kind: str) -> Crm:
            if kind not in made:
                folder = root / kind
                sources = folder / "sources"
                write_company(sources, SMALL if kind == "small" else Sizes())
                if kind == "sqlite":
                    made[kind] = SqliteCrm(folder, sources)
                elif kind in ("http", "small"):
                    made[kind] = HttpCrm(folder, sources)
                else:
                    made[kind] = crm = PostgresqlCrm(folder, sources)
                    stack.callback(crm.close)
            return made[kind]

        yield crm_of


@pytest.fixture
def sqlite_crm(crms: Callable[[str], Crm]) -> Crm:
    return crms("sqlite")


@pytest.fixture
def postgresql_crm(crms: Callable[[str], Crm], postgresql_url: str) -> Crm:
    """``postgresql_url`` skips the test where there is no server."""
    return crms("postgresql")


@pytest.fixture
def http_crm(crms: Callable[[str], Crm]) -> Crm:
    return crms("http")


@pytest.fixture
def small_http_crm(crms: Callable[[str], Crm]) -> Crm:
    """One with few records, for loads that send each in a batch of its own."""
    return crms("small")


@pytest.fixture
def crm(request: pytest.FixtureRequest) -> Crm:
    """The CRM that a test names by indirect parameter."""
    found: Crm = request.getfixturevalue(f"{request.param}_crm")
    return found
