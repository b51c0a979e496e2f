"""What a user gets wrong, through the command line: exit code, sentence, and nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa

from tests.cases.migrations import (
    MAPPING,
    PEOPLE,
    PROJECT,
    Migration,
    Outcome,
    command,
    copy_of,
    snapshot,
    write_migration,
    write_sqlite,
)
from tests.wire.hostile_crm import TOKEN, HostileCrm

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and signals of POSIX")


def refused(outcome: Outcome, code: int, *parts: str) -> None:
    """The command ended with this code and said each of these parts, without a traceback."""
    assert outcome.code == code, outcome
    for part in parts:
        assert part in outcome.said, f"{part!r} is not in:\n{outcome}"
    assert "Traceback" not in outcome.said
    assert "unexpected" not in outcome.said


# -- what check refuses -----------------------------------------------------------------------


def place(old: str, new: str, file: str = "migration.yaml") -> Callable[[Migration], None]:
    return lambda migration: migration.edit(file, old, new)


def delete(name: str) -> Callable[[Migration], None]:
    return lambda migration: (migration.folder / name).unlink()


def people(text: str) -> Callable[[Migration], None]:
    def write(migration: Migration) -> None:
        (migration.folder / "people.csv").write_text(text, encoding="utf-8")

    return write


def empty_sheet(migration: Migration) -> None:
    book = openpyxl.Workbook()
    book.active.title = "people"
    book.save(migration.folder / "people.xlsx")
    migration.edit("migration.yaml", "people.csv", "people.xlsx")


def no_workbook(migration: Migration) -> None:
    (migration.folder / "people.xlsx").write_bytes(b"PK\x03\x04 half a download")
    migration.edit("migration.yaml", "people.csv", "people.xlsx")


CREW = "mappings/crm.yaml"
WRONG: dict[str, tuple[Callable[[Migration], None], int, tuple[str, ...]]] = {
    "the source file is missing": (
        delete("people.csv"), 3, ("migration.yaml:5", "source 'files'", "people.csv: the file is not there", "put the file into"),
    ),
    "an unknown key": (
        place("locale: sk_SK", "local: sk_SK"), 2,
        ("migration.yaml:2", "local: there is no such key here", "did you mean 'locale'?"),
    ),
    "an unknown key of a source": (
        place("tables:", "tabels:"), 2,
        ("migration.yaml:7", "tabels: there is no such key", "did you mean 'tables'?"),
    ),
    "an unknown key of a block": (
        place("fields:", "feilds:", CREW), 2,
        ("crm.yaml:5", "feilds: there is no such key", "did you mean 'fields'?"),
    ),
    "an unknown column": (
        place("last_name: last_name", "last_name: last_nmae", CREW), 2,
        ("crm.yaml:7", "files.people has no column 'last_nmae'", "did you mean 'last_name'?"),
    ),
    "an unknown field": (
        place("phone: phone", "fone: phone", CREW), 2,
        ("crm.yaml:9", "has no field 'fone'", "did you mean 'phone'?"),
    ),
    "an unknown object": (
        place("to: Contact", "to: Contct", CREW), 2,
        ("crm.yaml:2", "has no object 'Contct'", "did you mean 'Contact'?"),
    ),
    "an unknown table": (
        place("from: files.people", "from: files.peopel", CREW), 2,
        ("crm.yaml:2", "has no table 'peopel'", "did you mean 'people'?"),
    ),
    "an unknown wave": (
        place("    fields:", "    wave: histroy\n    fields:", CREW), 2,
        ("crm.yaml:2", "there is no wave 'histroy'"),
    ),
    "two columns of one name": (
        people("id,name,email,name\n1,a,b,c\n"), 2,
        ("crm.yaml:", "files.people has no column", "known: email, id, name, name_2"),
    ),
    "an empty sheet": (
        empty_sheet, 3, ("migration.yaml:5", "people.xlsx", "no visible sheet holds anything"),
    ),
    "an empty file": (people(""), 3, ("people.csv", "empty")),
    "a table without a key": (
        place("    tables: {people: {key: id}}\n", ""), 2,
        ("migration.yaml:", "files.people has no key", "key: [<column>]", "one_shot: true"),
    ),
    "an unknown key column": (
        place("key: id", "key: idd"), 2,
        ("migration.yaml:7", "names the column 'idd'", "did you mean 'id'?"),
    ),
    "a tab": (
        place("    place: people.csv", "\tplace: people.csv"), 2,
        ("migration.yaml:6:1", "not YAML", "tab"),
    ),
    "a key given twice": (
        place("region: SK", "region: SK\nregion: CZ"), 2,
        ("migration.yaml:4:1", "'region' is given twice, first in migration.yaml:3"),
    ),
    "a variable that is not set": (
        place("sqlite:///crm.db", "postgresql://crm:${CRM_NOBODY_SET}@db/crm"), 2,
        ("migration.yaml:9", "the environment variable CRM_NOBODY_SET is not set", "set CRM_NOBODY"),
    ),
    "no mapping": (delete(CREW), 2, ("migration.yaml", "no mapping file", "mappings/<name>.yaml")),
    "an unknown target": (
        place("target: reference", "target: refrence"), 2,
        ("migration.yaml:9", "there is no target 'refrence'", "did you mean 'reference'?"),
    ),
    "an unknown cleaner": (
        place("clean: email", "clean: emial", CREW), 2, ("crm.yaml:8", "emial", "email"),
    ),
    "a source that is not a workbook": (
        no_workbook, 3, ("migration.yaml:5", "people.xlsx"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("order", ["check", "plan"])
def test_what_is_wrong_is_said_and_nothing_is_written(
    tmp_path: Path, case: str, order: str
) -> None:
    spoil, code, parts = WRONG[case]
    migration = write_migration(tmp_path)
    spoil(migration)
    before = snapshot(tmp_path)

    refused(migration(order), code, *parts)

    assert snapshot(tmp_path) == before


def test_check_lists_every_problem_of_the_whole_plan_at_once(tmp_path: Path) -> None:
    migration = write_migration(tmp_path)
    migration.edit("migration.yaml", "region: SK", "regoin: SK\nwaves: [base, base]")
    migration.edit(
        "migration.yaml",
        "sources:\n",
        "sources:\n  gone: {place: gone.csv}\n  lost: {place: lost.db}\n",
    )
    migration.edit(CREW, "to: Contact", "to: Contact\n    wave: history")
    migration.edit(CREW, "email: {from: email", "emial: {from: emaill")
    migration.edit(CREW, "note", "notes")

    outcome = migration("check", "--json")

    assert outcome.code == 2
    places = {(issue["place"], issue["code"]) for issue in outcome.json["issues"]}
    assert places >= {
        ("migration.yaml:3", "unknown_key"),
        ("migration.yaml:4", "wrong_value"),
        ("migration.yaml:6", "source_unreadable"),
        ("migration.yaml:7", "source_unreadable"),
        ("mappings/crm.yaml:2", "unknown_wave"),
        ("mappings/crm.yaml:9", "unknown_field"),
        ("mappings/crm.yaml:9", "unknown_column"),
        ("mappings/crm.yaml:11", "unknown_column"),
    }
    assert migration.written() == set()


def test_check_reads_headers_and_no_data_row(tmp_path: Path) -> None:
    project = PROJECT.replace("people.csv", "erp.db").replace("{people:", "{readings:")
    migration = write_migration(
        tmp_path,
        project=project,
        mapping=MAPPING.replace("files.people", "files.readings"),
        files={},
    )
    # a number that no 64-bit integer has a positive form of: each row of the view is an error
    write_sqlite(
        tmp_path / "erp.db",
        "CREATE TABLE raw (id INTEGER PRIMARY KEY, n INTEGER);"
        "INSERT INTO raw VALUES (1, -9223372036854775808);"
        "CREATE VIEW readings AS SELECT id, abs(n) AS first_name, 'x' AS last_name, 'e' AS email,"
        " 'p' AS phone, 'n' AS note FROM raw;",
    )

    assert migration("check").code == 0
    refused(migration("plan"), 3, "erp.db", "integer overflow", "check host, port")


def test_required_references_in_a_circle_are_refused_by_check(tmp_path: Path) -> None:
    write_sqlite(
        tmp_path / "theirs.db",
        "CREATE TABLE firm (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, name TEXT,"
        " boss INTEGER NOT NULL REFERENCES person(id));"
        "CREATE TABLE person (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, name TEXT,"
        " firm INTEGER NOT NULL REFERENCES firm(id));",
    )
    migration = write_migration(
        tmp_path,
        project=PROJECT.replace("target: reference", "target: sql").replace("crm.db", "theirs.db"),
        mapping="""\
blocks:
  firms:
    from: files.people
    to: firm
    fields: {name: note, boss: {from: id, lookup: persons}}
  persons:
    from: files.people
    to: person
    fields: {name: last_name, firm: {from: id, lookup: firms}}
""",
    )
    before = snapshot(tmp_path)

    refused(
        migration("check"), 2, "crm.yaml:", "closes a cycle of required references", "bind one side"
    )
    refused(migration("plan"), 2, "closes a cycle of required references")
    assert snapshot(tmp_path) == before


def test_a_table_without_a_key_is_read_once_where_that_is_declared(tmp_path: Path) -> None:
    migration = write_migration(tmp_path, project=PROJECT.replace("key: id", "one_shot: true"))
    assert migration("check").code == 0


def test_a_folder_without_a_migration_and_an_unknown_environment(tmp_path: Path) -> None:
    nowhere = Migration(tmp_path / "nowhere")
    for name in ("check", "plan", "load", "status", "reconcile", "rollback", "cutover", "assess"):
        refused(nowhere(name), 2, "there is no migration.yaml in", "crm-migrate init")
    migration = write_migration(tmp_path / "acme")
    for name in ("check", "plan", "load", "status"):
        outcome = migration(name, "--environment", "sandbx")
        refused(outcome, 2, "there is no environment 'sandbx'", "did you mean 'sandbox'?")
    assert not (tmp_path / "nowhere").exists()
    assert migration.written() == set()


def test_an_unknown_command_option_and_argument() -> None:
    refused(command("lod"), 2, "there is no command 'lod'", "did you mean 'load'?")
    refused(command("load", "--wav", "x"), 2, "--wav", "--wave")
    refused(command("approve"), 2, "RUN_ID")


@pytest.mark.parametrize("name", ["load", "reconcile", "rollback", "cutover", "trace"])
def test_nothing_is_done_before_there_is_a_plan(tmp_path: Path, name: str) -> None:
    migration = write_migration(tmp_path)
    arguments = (name, "Novák") if name == "trace" else (name,)
    before = snapshot(tmp_path)

    refused(migration(*arguments), 2, "'sandbox'", "crm-migrate plan")
    assert snapshot(tmp_path) == before


# -- servers ----------------------------------------------------------------------------------


@pytest.fixture
def mariadb_user(mariadb_url: str) -> Iterator[tuple[sa.URL, str]]:
    """The URL of a user who has a password, and that password."""
    admin = sa.make_url(mariadb_url).set(drivername="mysql+pymysql")
    name, password = f"crm_{uuid.uuid4().hex[:8]}", "r1ght-Pa55word"
    engine = sa.create_engine(admin, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        for host in ("localhost", "127.0.0.1"):
            server.exec_driver_sql(f"CREATE USER '{name}'@'{host}' IDENTIFIED BY '{password}'")
            server.exec_driver_sql(f"GRANT ALL ON `{admin.database}`.* TO '{name}'@'{host}'")
    yield admin.set(drivername="mysql", username=name), password
    with engine.connect() as server:
        for host in ("localhost", "127.0.0.1"):
            server.exec_driver_sql(f"DROP USER '{name}'@'{host}'")
    engine.dispose()


WRONG_PASSWORD = "wr0ng-Pa55word/@:x"


@pytest.mark.parametrize("order", ["check", "plan"])
def test_a_wrong_password_is_said_and_not_shown(
    tmp_path: Path, mariadb_user: tuple[sa.URL, str], order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = mariadb_user
    wrong = url.set(password=WRONG_PASSWORD).render_as_string(hide_password=False)
    monkeypatch.setenv("LEGACY_URL", wrong)
    project = PROJECT.replace("people.csv", "${LEGACY_URL}")
    source = write_migration(tmp_path / "source", project=project, files={})
    target = write_migration(
        tmp_path / "target", project=PROJECT.replace("sqlite:///crm.db", "${LEGACY_URL}")
    )

    for migration, code, line in ((source, 3, "migration.yaml:5"), (target, 4, "migration.yaml:9")):
        outcome = migration(order)
        refused(outcome, code, "password")
        assert line in outcome.said or order == "plan", outcome
        assert str(url.host) in outcome.said
        assert "Pa55word" not in outcome.said
        assert migration.written() == set()


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("reference", "postgresql://crm:${CRM_PASSWORD}@127.0.0.1:9/crm"),
        ("rest_batch", "http://127.0.0.1:9"),
    ],
)
def test_a_target_that_does_not_answer(
    tmp_path: Path, target: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "s3cret-w0rd")
    project = PROJECT.replace("sqlite:///crm.db", url).replace("reference", target)
    migration = write_migration(tmp_path, project=project + "    \n")
    for order in ("check", "plan"):
        outcome = migration(order)
        refused(outcome, 4, "127.0.0.1:9")
        assert "s3cret" not in outcome.said
    assert migration.written() == set()


# -- between the plan and the load ------------------------------------------------------------


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    """A migration whose plan is made; tests ruin copies of it."""
    migration = write_migration(tmp_path_factory.mktemp("planned") / "acme")
    outcome = migration.ok("plan", "--json")
    assert [line["created"] for line in outcome.json["objects"]] == [2]
    return migration


@pytest.fixture
def acme(planned: Migration, tmp_path: Path) -> Migration:
    return copy_of(planned, tmp_path / "acme")


def changed_schema(migration: Migration) -> None:
    targets = migration.folder / "mappings" / "targets"
    targets.mkdir()
    known = Path(__file__).parents[2] / "mappings" / "targets" / "reference.yaml"
    text = known.read_text(encoding="utf-8").replace(
        "job_title: {type: text, length: 128,", "job_title: {type: text, length: 64,"
    )
    (targets / "reference.yaml").write_text(text, encoding="utf-8")


OTHER_INPUTS: dict[str, tuple[Callable[[Migration], None], str]] = {
    "a source row": (people(PEOPLE.replace("Malý", "Veľký")), "a source file changed"),
    "a row more": (people(PEOPLE + "5,Iva,Nová,iva@example.com,,\n"), "a source file changed"),
    "the mapping": (place("phone: phone", "mobile: phone", CREW), "the mapping changed"),
    "migration.yaml": (
        place("region: SK", "region: CZ"), "migration.yaml (or reading.yaml) changed",
    ),
    "reading.yaml": (
        lambda m: (m.folder / "reading.yaml").write_text("columns: {}\n", encoding="utf-8") and None,
        "migration.yaml (or reading.yaml) changed",
    ),
    "the schema": (changed_schema, "the target's schema changed"),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHER_INPUTS)
def test_a_plan_made_from_other_inputs_is_not_loaded(acme: Migration, case: str) -> None:
    change, said = OTHER_INPUTS[case]
    change(acme)
    before = snapshot(acme.folder)

    refused(acme("load"), 2, "was made from other inputs", said, "crm-migrate plan")
    assert_same(snapshot(acme.folder), before)


def assert_same(after: dict[str, bytes], before: dict[str, bytes]) -> None:
    """No file of the user's, no target and no run was made, changed or lost."""
    own = ("error.log", ".lock", "-wal", "-shm", "-lock")
    told, was = (
        {n: b for n, b in files.items() if not n.endswith(own)} for files in (after, before)
    )
    assert told == was


def test_the_same_inputs_in_another_place_are_the_same(
    acme: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan was made in another folder, with --folder; the load runs inside of this one."""
    monkeypatch.chdir(acme.folder)
    outcome = command("load", "--json")
    assert outcome.code == 1
    assert outcome.json["objects"][0]["created"] == 2


def test_an_unknown_wave(acme: Migration) -> None:
    refused(acme("load", "--wave", "al"), 2, "there is no wave 'al'", "did you mean 'all'?")
    refused(acme("rollback", "--wave", "al"), 2, "there is no wave 'al'", "did you mean 'all'?")
    assert not (acme.folder / "crm.db").exists()


def test_a_run_folder_that_somebody_deleted(acme: Migration) -> None:
    for run in (acme.folder / "runs").iterdir():
        for path in sorted(run.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        run.rmdir()

    refused(acme("load"), 2, "the run folder of the plan", "not there any more", "crm-migrate plan")
    assert not (acme.folder / "crm.db").exists()
    acme.ok("plan")
    assert acme.ok("load", "--json").json["objects"][0]["created"] == 2


def test_a_payload_that_somebody_deleted(acme: Migration) -> None:
    for path in (acme.folder / "runs").glob("*/payload/*.parquet"):
        path.unlink()

    refused(acme("load"), 2, "payload", "crm-migrate plan")
    acme.ok("plan")
    assert acme.ok("load", "--json").json["objects"][0]["created"] == 2


def test_another_migrations_ledger(acme: Migration) -> None:
    acme.edit("migration.yaml", "migration: acme", "migration: globex")
    before = snapshot(acme.folder)

    for name in ("load", "plan", "status", "reconcile", "trace"):
        arguments = (name, "x") if name == "trace" else (name,)
        refused(
            acme(*arguments), 2, "the ledger ledger.db belongs to the migration 'acme', not to 'globex'",
            "`ledger:`",
        )  # fmt: skip
    assert_same(snapshot(acme.folder), before)


@pytest.mark.parametrize("content", [b"", b"no ledger at all" * 1000])
def test_a_file_that_is_no_ledger(acme: Migration, content: bytes) -> None:
    (acme.folder / "ledger.db").write_bytes(content)
    if content:
        refused(acme("load"), 2, "ledger.db", "cannot be opened", "backup")
        assert (acme.folder / "ledger.db").read_bytes() == content
    else:
        refused(acme("load"), 2, "there is no plan", "crm-migrate plan")


def test_another_migrations_target(acme: Migration, tmp_path: Path) -> None:
    acme.ok("load")
    other = write_migration(
        tmp_path / "other",
        project=PROJECT.replace("migration: acme", "migration: globex").replace(
            "sqlite:///crm.db", f"sqlite:///{(acme.folder / 'crm.db').as_posix()}"
        ),
    )
    before = acme.rows()
    other.ok("plan")

    refused(
        other("load"), 2, "is marked as the environment 'sandbox' of the migration 'acme'",
        "migration.yaml:9", "`url:`",
    )  # fmt: skip
    assert acme.rows() == before


def test_a_target_that_is_no_database_any_more(acme: Migration) -> None:
    (acme.folder / "crm.db").write_bytes(b"somebody saved a letter under this name" * 100)
    refused(acme("load"), 4, "crm.db", "not an SQLite database", "url")
    (acme.folder / "crm.db").unlink()
    assert acme.ok("load", "--json").json["objects"][0]["created"] == 2


def test_a_target_that_is_made_anew_after_the_load(acme: Migration) -> None:
    """Somebody deleted the CRM's file: the ledger knows that this is not the one it filled."""
    acme.ok("load")
    (acme.folder / "crm.db").unlink()
    refused(acme("load"), 2, "belongs to another target", "`ledger:`")


# -- the target is gone in the middle ---------------------------------------------------------

MANY = "id,first_name,last_name,email,phone,note\n" + "".join(
    f"{n},First{n},Last{n},person{n}@example.com,+421905{n:06},note {n}\n" for n in range(1, 201)
)
HTTP = PROJECT.replace(
    '{target: reference, url: "sqlite:///crm.db"}',
    '{target: rest_batch, url: "${CRM_URL}", options: {token: "${CRM_TOKEN}", max_attempts: 1}}',
)


class Vanishing(HostileCrm):
    """A CRM that closes its port for good once it has taken ``batches`` batches."""

    batches = 2

    def write(self, *arguments: object) -> dict[str, object] | None:
        answer = super().write(*arguments)  # type: ignore[arg-type]
        self.batches -= 1
        if self.batches == 0:
            self.stop_listening()
        return answer


def test_a_crm_that_is_gone_in_the_middle_of_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = write_migration(tmp_path / "acme", project=HTTP, files={"people.csv": MANY})
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    with Vanishing(tmp_path / "server.db") as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        migration.ok("plan")
        outcome = migration("load")
        refused(outcome, 4, crm.url.removeprefix("http://"), "run the command again")
        assert TOKEN not in outcome.said
        assert 0 < len(crm.records("Contact")) < 200

        crm.start_listening()
        outcome = migration("load", "--json")
        assert outcome.code == 0, outcome
        assert outcome.json["objects"][0]["created"] == 200
        assert outcome.json["identity"]
        held = [record["external_id"] for record in crm.records("Contact")]
        assert len(held) == len(set(held)) == 200


# -- the disk is full, and Ctrl-C -------------------------------------------------------------


def in_child(migration: Migration, *arguments: str, file_bytes: int) -> Outcome:
    """Run a command in a forked process in which no file may grow beyond that size."""
    import resource

    stdout, stderr = migration.folder.parent / "out", migration.folder.parent / "err"
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            out, err = (os.open(p, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for p in (stdout, stderr))
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
            outcome = migration(*arguments)
            os.write(out, outcome.out.encode())
            os.write(err, outcome.err.encode())
            code = outcome.code
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.WIFEXITED(status), f"killed by signal {os.WTERMSIG(status)}"
    return Outcome(os.WEXITSTATUS(status), stdout.read_text(), stderr.read_text())


def long_notes(count: int, length: int) -> str:
    """People with notes that no compression makes smaller."""
    lines = ["id,first_name,last_name,email,phone,note"]
    lines += [
        f"{n},First{n},Last{n},person{n}@example.com,,{os.urandom(length // 2).hex()}"
        for n in range(1, count + 1)
    ]
    return "\n".join(lines) + "\n"


@forks
@pytest.mark.parametrize(
    ("where", "file_bytes"), [("the run folder", 300_000), ("the ledger", 30_000)]
)
def test_a_full_disk_while_planning(tmp_path: Path, where: str, file_bytes: int) -> None:
    count, length = (3, 300_000) if where == "the run folder" else (300, 10)
    migration = write_migration(tmp_path / "acme", files={"people.csv": long_notes(count, length)})

    outcome = in_child(migration, "plan", file_bytes=file_bytes)
    refused(outcome, 2, "disk", "run the same command again")
    assert ("ledger.db" in outcome.said) == (where == "the ledger")
    assert "person1@" not in outcome.said
    refused(migration("load"), 2, "crm-migrate plan")

    assert migration.ok("plan", "--json").json["objects"][0]["created"] == count
    assert migration.ok("load", "--json").json["objects"][0]["created"] == count
    assert len(migration.rows()) == count


@forks
def test_a_full_disk_under_the_target(tmp_path: Path) -> None:
    migration = write_migration(tmp_path / "acme", files={"people.csv": long_notes(3, 300_000)})
    migration.ok("plan")

    outcome = in_child(migration, "load", file_bytes=600_000)
    refused(outcome, 4, "run the same command again")
    assert "person1@" not in outcome.said

    outcome = migration.ok("load", "--json")
    assert outcome.json["identity"]
    assert outcome.json["objects"][0]["created"] == 3
    assert len(migration.rows()) == 3


@forks
def test_a_full_disk_under_the_ledger_while_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CRM takes the records, and then their outcome cannot be booked."""
    migration = write_migration(tmp_path / "acme", project=HTTP, files={"people.csv": MANY})
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    with HostileCrm(tmp_path / "server.db") as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        migration.ok("plan")
        ledger = migration.folder / "ledger.db"

        outcome = in_child(migration, "load", file_bytes=100_000)
        refused(outcome, 2, "ledger.db", "disk", "run the same command again")
        assert "person1@" not in outcome.said
        assert 0 < len(crm.records("Contact")) <= 200, ledger.stat().st_size

        outcome = migration("load", "--json")
        assert outcome.code == 0, outcome
        assert outcome.json["identity"]
        assert outcome.json["objects"][0]["created"] == 200
        assert len(crm.records("Contact")) == 200


@forks
def test_ctrl_c_stops_the_load_which_then_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = write_migration(tmp_path / "acme", project=HTTP, files={"people.csv": MANY})
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    with HostileCrm(tmp_path / "server.db") as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        migration.ok("plan")
        crm.behave(slow_next=100, slow_seconds=0.5)
        child = subprocess.Popen(
            [sys.executable, "-c", "from migrate.cli import main; main()", "load", "--folder",
             str(migration.folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        until = time.monotonic() + 60
        while not crm.records("Contact") and time.monotonic() < until:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        assert child.returncode == 130, err
        assert "run the same command again" in err
        assert "Traceback" not in out + err

        crm.behave(slow_next=0)
        outcome = migration("load", "--json")
        assert outcome.code == 0, outcome
        assert outcome.json["objects"][0]["created"] == 200
        held = [record["external_id"] for record in crm.records("Contact")]
        assert len(held) == len(set(held)) == 200


LONG_QUERY = """
from migrate import cli
from migrate.cli import status
from migrate.store import duck, sets

def command(*_, **__):
    print("asking", flush=True)
    sets.run(duck.connect(), "SELECT count(*) FROM range(4000000) a, range(1000) b "
             "WHERE a.range * b.range % 7 = 3")

status.command.callback = command
cli.main(["status"])
"""


@forks
def test_ctrl_c_in_the_middle_of_a_long_query() -> None:
    """DuckDB turns it into an error of its own; it is a stop all the same."""
    child = subprocess.Popen(
        [sys.executable, "-c", LONG_QUERY],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "asking\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "stopped; run the same command again" in err


def test_a_fault_of_the_program_shows_its_place_and_no_value(acme: Migration) -> None:
    """A message of Python's own may hold a customer's name: it is neither shown nor logged."""
    (plan,) = (acme.folder / "runs").glob("*-plan-*/plan.json")
    plan.write_text('{"payloads": {"Nováková": 1}}', encoding="utf-8")

    outcome = acme("load")
    assert outcome.code == 2
    assert "unexpected TypeError in runs.py:" in outcome.err
    assert "fault of crm-migrate" in outcome.err
    log = (acme.folder / "runs" / "error.log").read_text(encoding="utf-8")
    assert "runs.py" in log
    assert "Nováková" not in outcome.said + log


# -- parents in a circle ----------------------------------------------------------------------


def test_parents_in_a_circle_are_loaded_and_reported(tmp_path: Path) -> None:
    firms = {1: "", 2: 3, 3: 4, 4: 2, 5: 2, 6: 6, 7: 99, 8: 1}
    lines = ["id,name,parent"] + [f"{n},Firm {n},{parent}" for n, parent in firms.items()]
    migration = write_migration(
        tmp_path,
        project=PROJECT.replace("people", "firms"),
        mapping="""\
blocks:
  firms:
    from: files.firms
    to: Account
    fields: {name: name, parent: {from: parent, lookup: firms, orphan: blank}}
""",
        files={"firms.csv": "\n".join(lines) + "\n"},
    )

    report = migration.ok("plan", "--json").json
    circle = {i["record"]: i for i in report["issues"] if i["code"] == "parent_cycle"}
    assert set(circle) == {"files:firms:2", "files:firms:3", "files:firms:4"}
    assert "leads back to the record itself after 3 steps" in circle["files:firms:2"]["message"]
    assert circle["files:firms:2"]["hint"]
    codes = {i["code"]: i["record"] for i in report["issues"]}
    assert codes["own_parent"] == "6"
    assert codes["orphan"] == "7"

    outcome = migration("load", "--json")
    assert outcome.code == 0, outcome
    rows = migration.rows("accounts")
    names = {row["id"]: row["name"] for row in rows}
    loaded = {row["name"]: names.get(row["parent"]) for row in rows}
    assert loaded == {
        "Firm 1": None, "Firm 2": "Firm 3", "Firm 3": "Firm 4", "Firm 4": "Firm 2",
        "Firm 5": "Firm 2", "Firm 6": None, "Firm 7": None, "Firm 8": "Firm 1",
    }  # fmt: skip
