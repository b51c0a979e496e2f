"""What does reconciliation take in, and what does it answer?

Nothing here reads a target or a source: the pipeline injects what was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from migrate.specs.mapping import MappingSpec
from migrate.specs.project import Project
from migrate.store import sets
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder
from migrate.values import TargetSchema

Status = Literal["met", "not met", "no evidence"]
Row = tuple[str, ...]


def no_corrections() -> pd.DataFrame:
    """An empty frame of corrections: ``record_id, block, column, correction`` (block "": all)."""
    names = ("block", "column", "correction")
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in names})
    frame.insert(0, "record_id", pd.Series(dtype="int64"))
    return frame


@dataclass(frozen=True)
class ReconcileInputs:
    """Everything that is held against each other.

    ``plan`` is the folder of the loaded plan (``extract`` and ``entities`` are read from it).
    ``source_counts``: ``<source>.<table>`` -> the source's own count now. ``target_counts``:
    object -> the target's own count. ``target``: object -> a Parquet file of what the target holds
    now (``target_id, external_id, version`` and every field as canonical text). ``waves`` are
    those loaded. ``corrections`` (see :func:`no_corrections`) are those of the quarantine
    workbook that took part, stale ones left out. ``decisions`` are what *people* wrote into
    ``reading.yaml``, never what was guessed. ``scratch`` is a folder for intermediate files, which
    are removed at the end.
    """

    project: Project
    mapping: MappingSpec
    schema: TargetSchema
    ledger: Ledger
    plan: RunFolder
    source_counts: Mapping[str, int]
    target_counts: Mapping[str, int]
    target: Mapping[str, Path]
    waves: tuple[str, ...]
    connection: sets.Connection
    scratch: Path
    corrections: pd.DataFrame = field(default_factory=no_corrections)
    decisions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleResult:
    """One rule of the cutover report: what was expected, what was found, and the rows behind it.

    ``details`` is a table, header first; ``private`` names its columns that hold values of persons.
    """

    rule: str
    title: str
    expected: str
    found: str
    difference: str
    tolerance: str
    severity: Literal[1, 2]
    status: Status
    details: tuple[Row, ...] = ()
    text: str = ""
    private: tuple[str, ...] = ()


@dataclass(frozen=True)
class TotalLine:
    """One group of one control total; the terms after ``source`` add up to it.

    ``reported`` figures (out of the customer's own reports) have ``source`` as what the raw
    extract says and ``target`` empty.
    """

    total: str
    group: str
    source: str
    loaded: str
    merged: str = "0"
    excluded: str = "0"
    quarantined: str = "0"
    failed: str = "0"
    pending: str = "0"
    edited: str = "0"
    filled: str = "0"
    target: str = ""
    difference: str = "0"


@dataclass(frozen=True)
class Reconciliation:
    """The answer: every rule, the control totals, and how many records users edited since."""

    rules: tuple[RuleResult, ...]
    totals: tuple[TotalLine, ...] = ()
    edited: int = 0
    records: int = 0
    edits: tuple[Row, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether every rule of severity 1 is met; no evidence counts as not met."""
        return all(rule.status == "met" for rule in self.rules if rule.severity == 1)

    def rule(self, name: str) -> RuleResult:
        return next(rule for rule in self.rules if rule.rule == name)
