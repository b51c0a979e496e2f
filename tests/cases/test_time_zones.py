"""Instants with and without a zone in one column, through the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cases.small import codes, small

MAPPING = """
blocks:
  calls:
    from: crm.calls
    to: Activity
    wave: base
    fields:
      kind: {constant: call}
      subject: title
      due_on: at
"""
CALLS = [
    {"id": "1", "title": "one", "at": "2024-07-01 10:00"},
    {"id": "2", "title": "two", "at": "2024-07-01T10:00:00+02:00"},
]


def loaded(folder: Path, zone: str) -> tuple[dict[str, Any], list[str]]:
    """The plan's report and what the target then holds."""
    made = small(folder, MAPPING, {"calls": CALLS})
    made.change_migration("time_zone: UTC\n", f"time_zone: {zone}\n" if zone else "")
    report = made.plan()
    made.load()
    (dates,) = [r for r in made.reconcile()["rules"] if r["rule"] == "R10"]
    assert dates["status"] == "met", dates
    held = made.sql("SELECT due_on FROM activities ORDER BY subject")
    return report, [str(row["due_on"])[:16].replace("T", " ") for row in held]


def test_the_declared_zone_makes_one_instant_of_both(tmp_path: Path) -> None:
    report, held = loaded(tmp_path, "Europe/Bratislava")
    assert held == ["2024-07-01 10:00", "2024-07-01 10:00"]
    assert "mixed_time_zones" not in codes(report)


def test_without_a_declared_zone_the_mix_is_an_issue(tmp_path: Path) -> None:
    report, held = loaded(tmp_path, "")
    assert sorted(held) == ["2024-07-01 08:00", "2024-07-01 10:00"]
    assert codes(report)["mixed_time_zones"] == 1
