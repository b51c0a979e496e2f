"""Secrets are in no file and on no screen; personal data is in the listed stores alone."""

from __future__ import annotations

import html
import io
import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from tests.cases.migrations import MAPPING, PROJECT, Migration, Outcome, write_migration
from tests.wire.hostile_crm import HostileCrm

SOURCE_PASSWORD = "Pl4nted/S0urce@Word"
TARGET_PASSWORD = "Pl4nted/T4rget@Word"
TOKEN = "pl4nted-t0ken-of-the-crm"
HIDDEN = ("Pl4nted", "S0urce", "T4rget", "pl4nted-t0ken")

NAME, FIRST, EMAIL, PHONE = (
    "Quillová-Vrbenská",
    "Zdislavka",
    "zdislavka.q@private.example",
    "+421905776155",
)
NOTE = "Prosila nevolať po šiestej"
PERSONAL = (NAME, FIRST, EMAIL, "905776155", "776 155", NOTE, "zdislavka.q", "Menšík-Horský")
STORES = (
    "people.csv", "ledger*.db*", "archive.db*", "crm.db*", "server.db*", "quarantine.xlsx",
    "runs/*/extract/*", "runs/*/canonical/*", "runs/*/resolved/*", "runs/*/entities/*",
    "runs/*/payload/*", "runs/*/snapshot/*", "runs/*/predictions/*", "runs/*/target/*",
    "runs/*/issues.jsonl", "runs/*/issues.xlsx",
)  # fmt: skip
"""Where the documentation says that personal data is."""


def texts_in(path: Path) -> Iterator[str]:
    """Everything readable in a file: its bytes in two encodings, and what it compresses."""
    raw = path.read_bytes()
    yield raw.decode("utf-8", "replace")
    yield raw.decode("utf-16-le", "replace")
    yield html.unescape(raw.decode("utf-8", "replace"))
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield json.dumps(table.to_pydict(), ensure_ascii=False, default=str)
        yield str(table.schema.metadata)
    if zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield html.unescape(archive.read(name).decode("utf-8", "replace"))
    if path.suffix in (".json", ".jsonl"):
        for line in raw.decode("utf-8").splitlines() if path.suffix == ".jsonl" else [raw]:
            yield json.dumps(json.loads(line), ensure_ascii=False)


def places_of(needles: Iterable[str], folder: Path) -> set[str]:
    """The files of a folder that hold one of the texts."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and any(n in text for text in texts_in(path) for n in needles)
    }


def everything(migration: Migration) -> list[Outcome]:
    """Every command that a migration is made with, twice loaded, and the answers of all of them."""
    workbook = str(migration.folder / "quarantine.xlsx")
    lines: list[tuple[str, ...]] = [
        ("check",), ("check", "--json"), ("assess",), ("assess", "--json"), ("plan", "--json"),
        ("plan",), ("load",), ("load", "--json"), ("reconcile",), ("reconcile", "--json"),
        ("status",), ("status", "--json"), ("trace", NAME), ("trace", EMAIL, "--json"),
        ("quarantine", "export", workbook), ("quarantine", "import", workbook, "--json"),
        ("cutover",), ("cutover", "--json"), ("rollback", "--dry-run"), ("rollback", "--json"),
    ]  # fmt: skip
    outcomes = []
    for line in lines:
        outcome = migration(*line)
        assert outcome.code in (0, 1), (line, outcome)
        outcomes.append(outcome)
    return outcomes


# -- secrets ----------------------------------------------------------------------------------


@pytest.fixture
def urls(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> sa.URL:
    """A PostgreSQL source and target whose passwords stand in the environment alone."""
    url = sa.make_url(postgresql_url)
    monkeypatch.setenv("SOURCE_PASSWORD", quote(SOURCE_PASSWORD, safe=""))
    monkeypatch.setenv("TARGET_PASSWORD", quote(TARGET_PASSWORD, safe=""))
    return url


def of_servers(folder: Path, url: sa.URL) -> Migration:
    place = f"{url.host}:{url.port or 5432}/{url.database}"
    project = f"""\
migration: acme
region: SK
sources:
  erp:
    place: "postgresql://{url.username}:${{SOURCE_PASSWORD}}@{place}"
    tables: {{people: {{key: id}}}}
environments:
  sandbox:
    target: reference
    url: "postgresql://{url.username}:${{TARGET_PASSWORD}}@{place}"
"""
    mapping = MAPPING.replace("files.people", "erp.people")
    return write_migration(folder, project=project, mapping=mapping, files={})


def test_passwords_of_databases_are_nowhere(
    tmp_path: Path, urls: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine(urls.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, "
            "email TEXT, phone TEXT, note TEXT)"
        )
        connection.exec_driver_sql(
            "INSERT INTO people VALUES (1, 'Jana', 'Nováková', 'jana@example.com', NULL, NULL), "
            "(2, 'Peter', 'Kováč', 'peter@', NULL, NULL)"
        )
    migration = of_servers(tmp_path / "acme", urls)
    outcomes = everything(migration)

    with engine.begin() as connection:  # what breaks a plan and a load on the server's side
        connection.exec_driver_sql("DROP TABLE people")
    outcomes += [migration("plan"), migration("check", "--json")]
    engine.dispose()
    assert [outcome.code for outcome in outcomes[-2:]] == [2, 2]
    migration.edit("migration.yaml", "/" + str(urls.database), "/nowhere_at_all")
    outcomes += [migration(name) for name in ("check", "plan", "load", "assess", "reconcile")]
    assert {outcome.code for outcome in outcomes[-5:]} <= {3, 4}
    migration.edit("migration.yaml", "@", "@@")
    outcomes += [migration(name) for name in ("check", "plan")]
    monkeypatch.delenv("TARGET_PASSWORD")
    outcomes.append(migration("check"))

    for outcome in outcomes:
        assert not [word for word in HIDDEN if word in outcome.said], outcome
    assert places_of(HIDDEN, migration.folder) == set()


def test_the_token_of_a_crm_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = PROJECT.replace(
        '{target: reference, url: "sqlite:///crm.db"}',
        '{target: rest_batch, url: "${CRM_URL}", options: {token: "${CRM_TOKEN}", max_attempts: 1}}',
    )
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    with HostileCrm(tmp_path / "server.db", token=TOKEN) as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        migration = write_migration(tmp_path / "acme", project=project)
        outcomes = everything(migration)
        outcomes.append(migration("plan"))
        crm.behave(token_expires_after=0)  # from now on the token is refused
        outcomes += [migration(name) for name in ("check", "plan", "load", "reconcile")]
        assert {outcome.code for outcome in outcomes[-4:]} == {4}
    outcomes.append(migration("load"))
    assert outcomes[-1].code == 4

    for outcome in outcomes:
        assert not [word for word in HIDDEN if word in outcome.said], outcome
    assert places_of(HIDDEN, migration.folder) == set()


def test_a_password_written_into_the_file_is_warned_about_and_masked(tmp_path: Path) -> None:
    url = f"postgresql://crm:{quote(TARGET_PASSWORD, safe='')}@127.0.0.1:9/crm"
    migration = write_migration(tmp_path, project=PROJECT.replace("sqlite:///crm.db", url))
    outcome = migration("check")
    assert "holds a password that everybody who has the file can read" in outcome.said
    assert "${NAME}" in outcome.said
    assert "Pl4nted" not in outcome.said


# -- personal data ----------------------------------------------------------------------------

PEOPLE = f"""\
id,first_name,last_name,email,phone,note
1,{FIRST},{NAME},{EMAIL},{PHONE},{NOTE}
2,{FIRST},{NAME},{EMAIL}@@,{PHONE},{NOTE}
3,{FIRST},,{EMAIL},{PHONE},{NOTE}
{EMAIL},{FIRST},{NAME},{EMAIL}x,{PHONE},{NOTE}
{EMAIL},{FIRST},Menšík-Horský,{EMAIL}y,{PHONE},{NOTE}
5,{FIRST},{NAME * 6},{EMAIL},{PHONE},{NOTE}
6,{FIRST},Test,{EMAIL},{PHONE},{NOTE}
"""
"""Loaded; a bad e-mail; no last name; two of one key, which is an e-mail; too long; excluded."""

PERSONAL_MAPPING = (
    MAPPING.replace("phone: phone", "phone: {from: phone, clean: phone}")
    .replace(
        "    fields:",
        "    exclude: [{when: {column: last_name, is: [Test]}, reason: a test record}]\n    fields:",
    )
    .replace("description: note", 'description: {template: "{first_name}: {note}"}')
    + "match:\n  Contact: [[email]]\n"
)


def test_personal_data_is_in_the_listed_stores_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    migration = write_migration(
        tmp_path / "acme", mapping=PERSONAL_MAPPING, files={"people.csv": PEOPLE}
    )
    outcomes = everything(migration)
    (migration.folder / "people.csv").write_text(PEOPLE.replace("y,", ","), encoding="utf-8")
    outcomes += [migration("plan"), migration("load"), migration("reconcile", "--json")]
    migration.edit("mappings/crm.yaml", "to: Contact", "to: Lead")
    outcomes.append(migration("load"))
    assert outcomes[-1].code == 2
    assert (migration.folder / "runs" / "error.log").stat().st_size

    for outcome in outcomes:
        assert not [word for word in PERSONAL if word in outcome.said], outcome
        if outcome.out.startswith("{"):
            said = json.dumps(outcome.json, ensure_ascii=False)
            assert not [word for word in PERSONAL if word in said], said
    found = places_of(PERSONAL, migration.folder)
    assert {path for path in found if not any(fnmatch(path, store) for store in STORES)} == set()
    assert {"people.csv", "ledger.db", "crm.db", "archive.db"} <= found

    shown = migration("plan", "--show-personal-data")
    assert f"{EMAIL}@@" in shown.said
    report = next(iter(sorted(migration.folder.glob("runs/*-plan-*/report.html"))[-1:]))
    assert EMAIL not in report.read_text(encoding="utf-8")
    assert EMAIL in migration("trace", NAME, "--show-personal-data").said


def test_personal_data_of_records_that_a_crm_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hostile CRM repeats values in its refusals; two people share an e-mail it wants unique."""
    project = PROJECT.replace(
        '{target: reference, url: "sqlite:///crm.db"}',
        '{target: rest_batch, url: "${CRM_URL}", options: {token: "${CRM_TOKEN}"}}',
    )
    people = PEOPLE + f"7,{FIRST},{NAME},{EMAIL},{PHONE},{NOTE}\n"
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    with HostileCrm(tmp_path / "server.db", token=TOKEN) as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        migration = write_migration(
            tmp_path / "acme", project=project, mapping=MAPPING, files={"people.csv": people}
        )
        outcomes = [migration(*line) for line in (
            ("plan",), ("load",), ("load", "--json"), ("status",), ("reconcile",), ("cutover",),
        )]  # fmt: skip
        assert outcomes[1].code == 1
        assert "refused_by_target" in outcomes[1].said
    for outcome in outcomes:
        assert not [word for word in PERSONAL if word in outcome.said], outcome
    found = places_of(PERSONAL, migration.folder)
    assert {path for path in found if not any(fnmatch(path, store) for store in STORES)} == set()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_only_the_owner_can_reach_personal_data(tmp_path: Path) -> None:
    """A file is closed to others itself, or lies in a folder that is."""
    before = os.umask(0o022)
    try:
        migration = write_migration(
            tmp_path / "acme", mapping=PERSONAL_MAPPING, files={"people.csv": PEOPLE}
        )
        everything(migration)
    finally:
        os.umask(before)
    folder = migration.folder
    stores = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name != "people.csv"
        and any(fnmatch(path.relative_to(folder).as_posix(), store) for store in STORES)
    ]
    assert {path.name for path in stores} >= {
        "ledger.db",
        "archive.db",
        "crm.db",
        "quarantine.xlsx",
    }
    open_to_others = [path for path in stores if not is_private(path, folder)]
    assert open_to_others == []
    assert mode(folder / "runs") & 0o077 == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_runs_folder_that_was_there_before_is_no_way_in(tmp_path: Path) -> None:
    migration = write_migration(tmp_path / "acme")
    (migration.folder / "runs").mkdir(mode=0o755)
    (migration.folder / "runs").chmod(0o755)
    migration.ok("plan")
    runs = [path for path in (migration.folder / "runs").iterdir() if path.is_dir()]
    assert runs
    assert all(mode(run) & 0o077 == 0 for run in runs)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_private(path: Path, top: Path) -> bool:
    """Whether others are kept out by the file, or by a folder between it and the migration."""
    while path != top:
        if mode(path) & 0o077 == 0:
            return True
        path = path.parent
    return False


def test_the_search_itself_finds_what_is_planted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database, database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.execute("INSERT INTO t VALUES (?)", (NAME,))
    (tmp_path / "b.json").write_text(json.dumps({"x": NAME}), encoding="utf-8")
    (tmp_path / "c.html").write_text(html.escape(NOTE), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "d.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", EMAIL)
    assert places_of(PERSONAL, tmp_path) == {"a.db", "b.json", "c.html", "d.xlsx"}
