"""A migration of a handful of rows in a folder of its own, run through the real command line."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from migrate.cli import run
from migrate.loaders._sql_engine import open_database

Row = Mapping[str, str | None]

MIGRATION = """
migration: small
locale: en_US
region: US
currency: USD
time_zone: UTC
sources:
  crm: {{place: legacy.db}}
environments:
  sandbox: {target}
waves: [base, history]
"""

SQLITE = '{target: reference, url: "sqlite:///crm.db"}'


def crm_migrate(command: str, folder: Path, *options: str) -> dict[str, Any]:
    """Run a command as the console script does; the JSON on its stdout and its exit code."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([command, "--folder", str(folder), "--json", *options])
    if not out.getvalue():
        raise Refusal(code, err.getvalue())
    return {**json.loads(out.getvalue()), "exit_code": code}


class Refusal(Exception):
    """The command ended without a report: its exit code and what it said on stderr."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text[-2000:]}")
        self.code, self.text = code, text


@dataclass(frozen=True)
class Small:
    """One migration folder; ``url`` is the SQL target, relative to nothing."""

    folder: Path
    url: str = ""

    # -- what the test changes ----------------------------------------------------------------

    def source(self, table: str, rows: Sequence[Row]) -> None:
        """Write one table of the legacy system anew, its rows in this order."""
        columns = list(rows[0])
        with contextlib.closing(sqlite3.connect(self.folder / "legacy.db")) as database, database:
            database.execute(f'DROP TABLE IF EXISTS "{table}"')
            listed = ", ".join(f'"{name}" TEXT' for name in columns)
            database.execute(f'CREATE TABLE "{table}" ({listed})')
            marks = ", ".join("?" * len(columns))
            database.executemany(
                f'INSERT INTO "{table}" VALUES ({marks})',
                [[row[name] for name in columns] for row in rows],
            )

    def mapping(self, text: str) -> None:
        (self.folder / "mappings").mkdir(exist_ok=True)
        (self.folder / "mappings" / "crm.yaml").write_text(text, encoding="utf-8")

    def change_mapping(self, old: str, new: str) -> None:
        path = self.folder / "mappings" / "crm.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def change_migration(self, old: str, new: str) -> None:
        path = self.folder / "migration.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    # -- the commands -------------------------------------------------------------------------

    def plan(self) -> dict[str, Any]:
        return self._balanced(crm_migrate("plan", self.folder, "--show-personal-data"))

    def load(self, *options: str) -> dict[str, Any]:
        return self._balanced(crm_migrate("load", self.folder, "--show-personal-data", *options))

    def reconcile(self) -> dict[str, Any]:
        return crm_migrate("reconcile", self.folder)

    def rollback(self, *options: str) -> dict[str, Any]:
        return self._balanced(
            crm_migrate("rollback", self.folder, "--show-personal-data", *options)
        )

    def plan_and_load(self) -> dict[str, Any]:
        self.plan()
        return self.load()

    def _balanced(self, report: dict[str, Any]) -> dict[str, Any]:
        assert report["identity"], report["objects"]
        return report

    # -- what the test looks at ---------------------------------------------------------------

    def sql(self, statement: str) -> list[dict[str, Any]]:
        """Run SQL on the target, as a user of the CRM would (past the loader)."""
        engine = open_database(self.url, must_exist=True).engine
        try:
            with engine.begin() as connection:
                result = connection.execute(sa.text(statement))
                return [dict(r) for r in result.mappings()] if result.returns_rows else []
        finally:
            engine.dispose()

    def records(self, table: str, key: str = "external_id") -> dict[str, dict[str, Any]]:
        """The target's records of a table by their external id without its source."""
        rows = self.sql(f"SELECT * FROM {table}")
        return {str(r[key]).removeprefix("crm:"): r for r in rows}

    def ledger(self, query: str) -> list[dict[str, Any]]:
        with contextlib.closing(sqlite3.connect(self.folder / "ledger.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def payloads(self) -> list[tuple[str, str, str, int]]:
        """What the newest plan will send: (wave, object, operation with its pass, rows)."""
        newest = max(
            (self.folder / "runs").glob("*-plan-*/plan.json"), key=lambda p: p.stat().st_mtime_ns
        )
        figures = json.loads(newest.read_text(encoding="utf-8"))
        return [
            (p["wave"], p["object"], p["op"] + p["part"], p["rows"]) for p in figures["payloads"]
        ]

    def copy(self, folder: Path) -> Small:
        """The same migration and its target, for a test to ruin."""
        shutil.copytree(self.folder, folder)
        old, new = self.folder.as_posix(), folder.as_posix()
        return Small(folder, self.url.replace(old, new))


def small(
    folder: Path,
    mapping: str,
    tables: Mapping[str, Sequence[Row]],
    *,
    target: str = SQLITE,
    keys: Mapping[str, str] | None = None,
    url: str = "",
) -> Small:
    """A migration of these tables (the key of each is ``id`` unless ``keys`` says otherwise)."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Small(folder, url or f"sqlite:///{(folder / 'crm.db').as_posix()}")
    for name, rows in tables.items():
        made.source(name, rows)
    listed = ", ".join(f"{name}: {{key: {(keys or {}).get(name, 'id')}}}" for name in tables)
    text = MIGRATION.format(target=target)
    text = text.replace("{place: legacy.db}", f"{{place: legacy.db, tables: {{{listed}}}}}")
    (folder / "migration.yaml").write_text(text, encoding="utf-8")
    made.mapping(mapping)
    return made


def line(report: Mapping[str, Any], name: str, wave: str = "") -> dict[str, int]:
    """The counts of an object (summed over its waves, or of one), zeros left out."""
    total: dict[str, int] = {}
    for entry in report["objects"]:
        if entry["object"] == name and wave in ("", entry["wave"]):
            for key, value in entry.items():
                if isinstance(value, int) and value and key not in ("rows",):
                    total[key] = total.get(key, 0) + value
    return total


def codes(report: Mapping[str, Any]) -> dict[str, int]:
    return dict(report["issue_counts"])


def issues(report: Mapping[str, Any], code: str) -> list[dict[str, str]]:
    return [issue for issue in report["issues"] if issue["code"] == code]
