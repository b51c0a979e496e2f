"""Tiny migration folders, and the command line run on them as a user would."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.cli import run

PROJECT = """\
migration: acme
locale: sk_SK
region: SK
sources:
  files:
    place: people.csv
    tables: {people: {key: id}}
environments:
  sandbox: {target: reference, url: "sqlite:///crm.db"}
"""

MAPPING = """\
blocks:
  people:
    from: files.people
    to: Contact
    fields:
      first_name: first_name
      last_name: last_name
      email: {from: email, clean: email}
      phone: phone
      description: note
"""

PEOPLE = """\
id,first_name,last_name,email,phone,note
1,Jana,Nováková,jana@example.com,+421905000001,first
2,Peter,Kováč,peter@,+421905000002,second
3,Eva,,eva@example.com,+421905000003,third
4,Ján,Malý,jan@example.com,+421905000004,fourth
"""
"""Two of them are refused: the second has no whole e-mail, the third no last name."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code and what it said where."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Migration:
    """A folder with a migration in it."""

    folder: Path

    def __call__(self, *arguments: str, typed: str = "") -> Outcome:
        """Run a command on the folder; ``typed`` is what the user types."""
        return command(*arguments, "--folder", str(self.folder), typed=typed)

    def ok(self, *arguments: str, typed: str = "") -> Outcome:
        """A command that works: it ends with 0, or with 1 because of refused rows."""
        outcome = self(*arguments, typed=typed)
        assert outcome.code in (0, 1), outcome
        return outcome

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in one of its files."""
        path = self.folder / name
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new), encoding="utf-8")

    def rows(self, table: str = "contacts", file: str = "crm.db") -> list[dict[str, Any]]:
        """The rows of a table of the SQLite target, in order of the external id."""
        with closing(sqlite3.connect(self.folder / file)) as database:
            database.row_factory = sqlite3.Row
            found = database.execute(f"SELECT * FROM {table} ORDER BY external_id").fetchall()
        return [dict(row) for row in found]

    def written(self) -> set[str]:
        """What commands wrote beside the files of the user."""
        names = ("runs", "ledger*.db", "archive.db", "crm*.db")
        return {path.name for name in names for path in self.folder.glob(name)}


def command(*arguments: str, typed: str = "") -> Outcome:
    """Run the command line in this process; a MigrateError becomes its exit code there."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdin
    sys.stdin = io.StringIO(typed)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(arguments))
    finally:
        sys.stdin = before
    return Outcome(code, out.getvalue(), err.getvalue())


def write_migration(
    folder: Path,
    *,
    project: str = PROJECT,
    mapping: str = MAPPING,
    files: Mapping[str, str] | None = None,
) -> Migration:
    """A migration of four people out of a CSV file, or of whatever is given instead."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    content = {
        "migration.yaml": project,
        "mappings/crm.yaml": mapping,
        **({"people.csv": PEOPLE} if files is None else files),
    }
    for name, text in content.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Migration(folder)


def copy_of(migration: Migration, folder: Path) -> Migration:
    """The same migration in another place, which a test may ruin."""
    shutil.copytree(migration.folder, folder)
    return Migration(folder)


def write_sqlite(path: Path, script: str) -> None:
    """A SQLite database out of a script."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(script)


def snapshot(folder: Path, keep: Callable[[Path], bool] = lambda path: True) -> dict[str, bytes]:
    """The bytes of every file of a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and keep(path))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
