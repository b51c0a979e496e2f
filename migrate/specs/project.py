"""What ``migration.yaml`` says: the sources, the environments, the waves and the rules, as frozen values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from migrate.specs.rates import RateTable
from migrate.values import Severity


@dataclass(frozen=True)
class TableSpec:
    """What is known of one source table beyond what the source itself declares.

    ``key`` columns identify a row for ever; ``key_digits`` pads an all-digit key (and whatever
    looks it up) with the leading zeros that a spreadsheet lost. ``is_one_shot`` allows a table
    without a key: its rows are told apart by content, so an edited row looks deleted and new.
    ``nulls`` are spellings of "nothing". ``options`` go to the extractor as they are.
    """

    name: str
    key: tuple[str, ...] = ()
    key_digits: int = 0
    is_one_shot: bool = False
    nulls: tuple[str, ...] = ()
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True)
class SourceSpec:
    """One place that is read; ``place`` is a path beside migration.yaml or a URL, secrets resolved.

    ``reading`` is the path of a reading file whose guesses are followed.
    """

    name: str
    place: str = dataclasses.field(repr=False)
    tables: Mapping[str, TableSpec] = dataclasses.field(default_factory=dict)
    queries: Mapping[str, str] = dataclasses.field(default_factory=dict)
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    where: str = ""
    reading: str = ""

    def table(self, name: str) -> TableSpec:
        return self.tables.get(name) or TableSpec(name, where=self.where)


@dataclass(frozen=True)
class Environment:
    """One target of the migration: sandbox, production.

    ``target`` names the loader family or catalogue entry ("reference", "sql", "rest_batch").
    ``owners`` maps a legacy owner's key to the value of the target's user field named by the
    block's ``bind_by``; ``ids`` maps object -> external id -> target id of records that exist.
    """

    name: str
    target: str
    url: str = dataclasses.field(repr=False)
    ledger: Path = Path("ledger.db")
    is_production: bool = False
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    owners: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ids: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True)
class Retention:
    """Rows of a block whose ``column`` lies before ``before`` (ISO date) are archived, not loaded."""

    block: str
    column: str
    before: str
    reason: str
    where: str = ""


@dataclass(frozen=True)
class QualityRule:
    """One line of the user's own: a Great Expectations expectation on a field of an object."""

    object: str
    field: str
    expect: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    severity: Severity = "error"
    where: str = ""


@dataclass(frozen=True)
class TotalBy:
    """One grouping of a control total: raw source column, target field, whole value or its year."""

    column: str
    field: str
    part: Literal["value", "year"] = "value"


@dataclass(frozen=True)
class ControlTotal:
    """A figure taken from raw source columns, outside the transform, and held against the target.

    ``sum_column`` empty counts rows. ``decimal`` is the source's decimal sign.
    """

    name: str
    block: str
    object: str
    sum_column: str = ""
    sum_field: str = ""
    decimal: Literal[".", ","] = "."
    by: tuple[TotalBy, ...] = ()
    where: str = ""


GATES: Mapping[str, float] = {
    "max_quarantined_percent": 0.5,
    "min_prediction_percent": 100.0,
    "max_edited_percent": 5.0,
}
"""What ``cutover`` asks for, with house defaults; ``gates:`` sets the customer's own figures."""


@dataclass(frozen=True)
class Project:
    """One migration: the folder and everything ``migration.yaml`` says."""

    name: str
    folder: Path
    sources: Mapping[str, SourceSpec]
    environments: Mapping[str, Environment]
    waves: tuple[str, ...]
    default_environment: str = ""
    mapping_files: tuple[Path, ...] = ()
    locale: str = ""
    region: str = ""
    currency: str = ""
    time_zone: str = ""
    nulls: tuple[str, ...] = ()
    retention: tuple[Retention, ...] = ()
    rules: tuple[QualityRule, ...] = ()
    totals: tuple[ControlTotal, ...] = ()
    expected_file: Path | None = None
    gates: Mapping[str, float] = dataclasses.field(default_factory=lambda: dict(GATES))
    roi: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    rates: Mapping[str, RateTable] = dataclasses.field(default_factory=dict)
    allows_python: bool = False
    where: str = ""

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    @property
    def archive_file(self) -> Path:
        return self.folder / "archive.db"
