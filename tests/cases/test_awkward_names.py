"""Names of columns and fields that could be mistaken for the tool's own lose nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from migrate.pipeline.loading_run import load
from migrate.pipeline.planning import plan
from migrate.pipeline.setup import open_setup

OURS = ("role", "key", "part", "reason", "rule", "block", "rank", "entity", "members", "place")

PROJECT = """
migration: awkward
sources:
  crm: {place: legacy.db, tables: {people: {key: [id]}, regions: {key: [id]}}}
environments:
  sandbox: {target: sql, url: "sqlite:///crm.db"}
waves: [base]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    columns = ", ".join(f'"{name}" TEXT' for name in OURS)
    with closing(sqlite3.connect(tmp_path / "legacy.db")) as legacy, legacy:
        legacy.execute(f"CREATE TABLE people (id TEXT, mail TEXT, region TEXT, {columns})")
        legacy.execute("CREATE TABLE regions (id TEXT, code TEXT, name TEXT)")
        legacy.executemany(
            "INSERT INTO regions VALUES (?, ?, ?)",
            [("1", "N", "North"), ("2", "S", "South"), ("3", "S", "Sahara")],
        )
        for person, mail, region in (("1", "a", "N"), ("2", "a", "S"), ("3", "c", "N")):
            values = [person, mail, region, *(f"{name}-{person}" for name in OURS)]
            marks = ", ".join("?" * len(values))
            legacy.execute(f"INSERT INTO people VALUES ({marks})", values)
    with closing(sqlite3.connect(tmp_path / "crm.db")) as crm, crm:
        crm.execute(
            "CREATE TABLE person (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, mail TEXT, "
            f"region TEXT, note TEXT, other TEXT, {columns})"
        )
    (tmp_path / "mappings").mkdir()
    (tmp_path / "migration.yaml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def migrate(folder: Path, mapping: str) -> list[dict[str, str | None]]:
    (folder / "mappings" / "crm.yaml").write_text(mapping, encoding="utf-8")
    setup = open_setup(folder)
    assert plan(setup).identity_holds
    report = load(setup)
    assert report.identity_holds
    with closing(sqlite3.connect(folder / "crm.db")) as crm:
        crm.row_factory = sqlite3.Row
        return [dict(row) for row in crm.execute("SELECT * FROM person ORDER BY external_id")]


def test_columns_and_fields_named_like_our_own_keep_their_values(folder: Path) -> None:
    fields = "\n".join(f"      {name}: {name}" for name in OURS)
    found = migrate(
        folder,
        f"""
blocks:
  people:
    from: crm.people
    to: person
    exclude: [{{when: {{column: role, is: [role-3]}}, reason: a test user}}]
    fields:
      mail: mail
{fields}
match:
  person: [[mail]]
""",
    )
    assert len(found) == 1, "one is excluded by its role, two are one by their mail"
    assert {name: found[0][name] for name in OURS} == {name: f"{name}-1" for name in OURS}


def test_fields_over_the_same_columns_keep_their_own_text(folder: Path) -> None:
    found = migrate(
        folder,
        """
blocks:
  people:
    from: crm.people
    to: person
    fields:
      mail: {join: [id, mail], separator: "-", clean: text}
      note: {join: [id, mail], separator: "/", clean: text}
      region: {template: "{id} in {region}", clean: text}
      other: {template: "{id} von {region}", clean: text}
""",
    )
    assert [found[0][n] for n in ("mail", "note", "region", "other")] == [
        "1-a", "1/a", "1 in N", "1 von N",
    ]  # fmt: skip


def test_a_join_with_several_partners_joins_none_and_says_so(folder: Path) -> None:
    (folder / "mappings" / "crm.yaml").write_text(
        """
blocks:
  people:
    from: crm.people
    to: person
    join: [{table: crm.regions, as: r, on: {region: code}}]
    fields: {mail: mail, region: r.name}
""",
        encoding="utf-8",
    )
    setup = open_setup(folder)
    report = plan(setup)
    assert report.issue_counts["join_ambiguous"] == 1
    load(setup)
    with closing(sqlite3.connect(folder / "crm.db")) as crm:
        regions = [r[0] for r in crm.execute("SELECT region FROM person ORDER BY external_id")]
    assert regions == ["North", None, "North"]


def test_what_a_first_filled_field_passes_over_is_archived_and_counted_so(folder: Path) -> None:
    (folder / "mappings" / "crm.yaml").write_text(
        """
blocks:
  people:
    from: crm.people
    to: person
    fields: {mail: mail, note: {from: [role, rank]}}
""",
        encoding="utf-8",
    )
    with closing(sqlite3.connect(folder / "legacy.db")) as legacy, legacy:
        legacy.execute("UPDATE people SET role = NULL WHERE id = '2'")
    setup = open_setup(folder)
    lines = {
        line[1]: line[2:] for line in plan(setup).figures["columns"] if line[0] == "crm.people"
    }
    assert lines["rank"] == ["3", "1", "0", "2", "0"], "values, mapped, dropped, archived, waiting"
    load(setup)
    with closing(sqlite3.connect(folder / "crm.db")) as crm:
        notes = [r[0] for r in crm.execute("SELECT note FROM person ORDER BY external_id")]
    assert notes == ["role-1", "rank-2", "role-3"]
    with closing(sqlite3.connect(folder / "archive.db")) as archive:
        kept = "".join(r[0] for r in archive.execute("SELECT content FROM archived"))
    assert "rank-1" in kept and "rank-3" in kept and "rank-2" not in kept
