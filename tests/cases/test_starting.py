"""A migration begun from any folder works from any folder, and its assessment sees what is declared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from migrate.cli import run

COMPANY = Path(__file__).parents[2] / "examples" / "company"


def test_init_writes_places_that_the_next_command_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "legacy").mkdir()
    shutil.copy(COMPANY / "legacy" / "erp.db", tmp_path / "legacy" / "erp.db")
    monkeypatch.chdir(tmp_path)
    assert run(["init", "acme", "--source", "legacy/erp.db"]) == 0
    assert 'place: "../legacy/erp.db"' in (tmp_path / "acme" / "migration.yaml").read_text("utf-8")
    capsys.readouterr()
    assert run(["assess", "--folder", "acme", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    declared = {
        (r["table"], *r["columns"], r["target_table"]) for r in found["references"] if r["declared"]
    }
    assert ("erp.contacts", "company_id", "erp.companies") in declared
    assert ("erp.line_items", "deal_id", "erp.deals") in declared
    users = next(t for t in found["tables"] if t["name"] == "erp.users")
    assert (users["owners"]["active"], users["owners"]["gone"]) == (11, 3)


def test_a_folder_that_holds_a_migration_is_not_begun_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path / "acme")]) == 0
    assert run(["init", str(tmp_path / "acme")]) == 2
    assert "holds a migration already" in capsys.readouterr().err
