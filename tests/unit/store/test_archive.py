"""Everything that is left behind is in the archive, whatever its columns and keys are."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from migrate.store.archive import (
    ARCHIVE_BLOCK,
    ARCHIVE_KEY,
    ARCHIVE_REASON,
    ARCHIVE_RECORD,
    archive_rows,
    open_archive,
    search_archive,
)


def rows(*records: tuple[int, str, dict[str, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame([content for _, _, content in records], dtype="str")
    frame.insert(0, ARCHIVE_KEY, pd.Series([key for _, key, _ in records], dtype="str"))
    frame.insert(1, ARCHIVE_RECORD, [number for number, _, _ in records])
    frame[ARCHIVE_BLOCK], frame[ARCHIVE_REASON] = "people", "gone"
    return frame


def keep(path: Path, frame: pd.DataFrame) -> None:
    with open_archive(path) as archive:
        archive_rows(archive, "crm.people", frame, run_id="r1")


def test_rows_that_share_a_key_are_all_kept_and_archiving_again_adds_none(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    frame = rows((1, "A", {"name": "Jana"}), (2, "A", {"name": "Eva"}), (3, "B", {"name": "Zoe"}))
    keep(path, frame)
    keep(path, frame)
    assert [json.loads(r["content"])["name"] for r in search_archive(path, "A")][:2] == [
        "Jana", "Eva",
    ]  # fmt: skip
    assert [r["record_key"] for r in search_archive(path, "zoe")] == ["B"]
    assert len(search_archive(path, "name")) == 3


def test_source_columns_may_be_called_like_what_the_archive_says(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    content = {"reason": "cancelled", "block": "7", "record_key": "k", "run_id": "x"}
    keep(path, rows((1, "A", content)))
    (found,) = search_archive(path, "cancelled")
    assert (found["reason"], found["block"], found["record_key"]) == ("gone", "people", "A")
    assert json.loads(found["content"]) == content


def test_what_is_missing_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    keep(path, rows((1, "A", {"name": "Jana", "memo": None})))
    (found,) = search_archive(path, "A")
    assert json.loads(found["content"]) == {"name": "Jana"}
