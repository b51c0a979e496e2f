"""All issues of a run: a workbook for people, JSON Lines for machines, values unchanged."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.reports import issues as module
from migrate.reports.issues import write_issues
from migrate.reports.xlsx import read_workbook
from migrate.values import Issue

VALUES = ["+421905123456", "-5", "=A1", "@x", "001", " leading", "a\r\nb", "\ud800", "x" * 40_000]


def _issues() -> list[Issue]:
    return [
        Issue("c", "error", "bad", "Contact", "f", f"K-{n}", "", v) for n, v in enumerate(VALUES)
    ]


def test_machines_read_every_value_unchanged(tmp_path: Path) -> None:
    files = write_issues(tmp_path / "run", iter(_issues()))
    lines = Path(files["issues"]).read_text(encoding="utf-8").split("\n")
    assert [json.loads(line)["value"] for line in lines if line] == VALUES


def test_people_read_the_same_and_are_told_of_what_is_shortened(tmp_path: Path) -> None:
    files = write_issues(tmp_path, iter(_issues()))
    rows = read_workbook(Path(files["issues_workbook"]), "Issues")
    assert [row["value"] for row in rows[:-1]] == VALUES[:-1]
    assert rows[-1]["value"].endswith("(40,000 characters, whole in issues.jsonl)")
    assert rows[2]["record"] == "K-2"


def test_a_full_workbook_says_how_many_more_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORKBOOK_ROWS", 3)
    files = write_issues(tmp_path, iter(_issues()))
    rows = read_workbook(Path(files["issues_workbook"]), "Issues")
    assert [row["message"] for row in rows] == ["bad"] * 3 + ["and 6 more in issues.jsonl"]
    assert len(Path(files["issues"]).read_text(encoding="utf-8").splitlines()) == len(VALUES)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner-only mode bits")
def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    for path in write_issues(tmp_path, iter(_issues())).values():
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_no_issues_are_two_empty_files(tmp_path: Path) -> None:
    files = write_issues(tmp_path, ())
    assert read_workbook(Path(files["issues_workbook"]), "Issues") == []
    assert Path(files["issues"]).read_text(encoding="utf-8") == ""


def test_an_open_workbook_leaves_the_earlier_files_alone(tmp_path: Path) -> None:
    write_issues(tmp_path, _issues()[:2])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "~$issues.xlsx").write_bytes(b"")
    with pytest.raises(UsageError, match="open in another program"):
        write_issues(tmp_path, _issues())
    (tmp_path / "~$issues.xlsx").unlink()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
