"""What the golden cases share: the real command line, a migrated company, frames of both sides."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.cli import run

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "company"


def crm_migrate(command: str, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run a command as the console script does; its exit code and the JSON on its stdout."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([command, "--folder", str(folder), "--json", *options])
    assert out.getvalue(), f"{command} ended with {code}: {err.getvalue()[-2000:]}"
    return code, json.loads(out.getvalue())


def rows(path: Path, query: str) -> pd.DataFrame:
    """The rows of a query on a SQLite file, every value as its text, missing as None."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        texts = [[None if v is None else str(v) for v in row] for row in cursor]
    return pd.DataFrame(texts, columns=names, dtype=object)


def copied_example(folder: Path) -> Path:
    """The bundled company in a folder of its own."""
    ignore = shutil.ignore_patterns("kvapka", "__pycache__", "*.db-*", "runs", "generate.py")
    shutil.copytree(EXAMPLE, folder, ignore=ignore)
    return folder


@dataclass
class Migrated:
    """A company that has been migrated, wave by wave, and what each command said about it."""

    folder: Path
    truth: dict[str, Any]
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    ledger_after_base: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger-sandbox.db"

    @property
    def target(self) -> Path:
        return self.folder / "sandbox.db"

    def run(self, name: str, command: str, *options: str) -> dict[str, Any]:
        self.codes[name], self.reports[name] = crm_migrate(command, self.folder, *options)
        return self.reports[name]

    def units(self) -> pd.DataFrame:
        """Every unit with its source row, its fate and the record of the target it became."""
        return rows(
            self.ledger,
            "SELECT s.name AS source_table, r.key, u.block, u.part, u.role, u.rule, u.reason, "
            "u.object, e.external_id AS entity, e.state, e.target_id, e.incomplete FROM unit u "
            "JOIN record r USING (record_id) JOIN source_table s USING (table_id) "
            "LEFT JOIN entity e USING (entity_id)",
        )

    def issues(self, run: str = "plan") -> pd.DataFrame:
        """Every issue of a run, as its file holds them."""
        path = self.folder / "runs" / self.reports[run]["run_id"] / "issues.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        return pd.DataFrame([json.loads(line) for line in lines], dtype=object)
