"""What a dry run tells: counts, gaps, duration, price, and what it could not check."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from migrate.evidence.roi_case import compute
from migrate.evidence.roi_page import roi_json, roi_section
from migrate.evidence.roi_yaml import roi_inputs
from migrate.loading.payload import Payload
from migrate.pipeline.accounting import COLUMN_HEADER
from migrate.pipeline.runs import runs_of
from migrate.pipeline.setup import Setup
from migrate.store import sets
from migrate.store.ledger import Ledger
from migrate.values import Loader, ObjectCount, Section

ASSUMED_ROWS_PER_SECOND = 500
"""Before any load was measured: cautious for a database, about right for a web service."""


def plan_sections(
    setup: Setup, loader: Loader, ledger: Ledger, connection: sets.Connection, *,
    objects: Sequence[ObjectCount], payloads: Sequence[Payload], changes: Mapping[str, int],
    columns: Sequence[tuple[str, ...]], issue_counts: Mapping[str, int],
) -> tuple[tuple[Section, ...], dict[str, Any]]:  # fmt: skip
    """The sections of the plan's report and the figures for ``--json``."""
    seconds, rate, source = expected_seconds(ledger, payloads)
    measured = measures(ledger, objects, seconds)
    figures: dict[str, Any] = {
        "expected_seconds": round(seconds, 1),
        "rows_per_second": round(rate, 1),
        "measured": {name: str(value) for name, value in measured.items()},
    }
    sections = [
        _duration(payloads, seconds, rate, source),
        _gaps(columns),
        _cleaning(changes),
        _columns(columns),
        _unchecked(loader),
    ]
    if setup.project.roi:
        given = {"currency": setup.project.currency, **setup.project.roi}
        case = compute(roi_inputs(given, where=setup.project.where, measured=measured))
        sections += roi_section(case)
        figures["roi"] = roi_json(case)
    return tuple(section for section in sections if section is not None), figures


def expected_seconds(ledger: Ledger, payloads: Sequence[Payload]) -> tuple[float, float, str]:
    """Seconds that the load will take, at rows a second, and where the rate comes from."""
    rows = sum(payload.rows for payload in payloads)
    for load in runs_of(ledger, "load"):
        figures = run_figures(load.get("figures"))
        if figures.get("written", 0) > 0 and figures.get("seconds", 0) > 0:
            rate = figures["written"] / figures["seconds"]
            return rows / rate, rate, f"measured in {load['run_id']}"
    return rows / ASSUMED_ROWS_PER_SECOND, float(ASSUMED_ROWS_PER_SECOND), "assumed"


def run_figures(value: Any) -> dict[str, Any]:
    """The figures of a run, or nothing when it left none."""
    return dict(json.loads(value)) if isinstance(value, str) and value else {}


def measures(
    ledger: Ledger, objects: Sequence[ObjectCount], seconds: float
) -> dict[str, Decimal | int]:
    """What the plan itself measured and the ROI may use instead of a guess."""
    total = {
        name: sum(count.dispositions.get(name, 0) for count in objects)
        for name in ("merged", "quarantined")
    }
    owners = ledger.scalar(
        "SELECT count(*) FROM entity WHERE object = 'User' AND last_run = "
        "(SELECT value FROM meta WHERE name = 'registered_plan')"
    )
    return {
        "active_owners": int(owners or 0),
        "records": sum(count.extracted for count in objects),
        "surplus_duplicates": total["merged"],
        "incomplete_records": total["quarantined"],
        "rejects": total["quarantined"],
        "cutover_hours": Decimal(str(round(seconds / 3600, 2))),
    }


def _duration(payloads: Sequence[Payload], seconds: float, rate: float, source: str) -> Section:
    table = [("wave", "object", "operation", "records")]
    table += [
        (p.wave, p.object, p.op + (" (second pass)" if p.part == "2" else ""), f"{p.rows:,}")
        for p in payloads
    ]
    minutes = seconds / 60
    text = (
        f"The load will write {sum(p.rows for p in payloads):,} records in about "
        f"{seconds:,.0f} seconds ({minutes:,.1f} minutes) at {rate:,.0f} records a second "
        f"({source}).",
    )
    return Section("What will be written, and how long it takes", text, (tuple(table),))


def _gaps(columns: Sequence[tuple[str, ...]]) -> Section:
    """Source columns that hold values and have no home in the target."""
    homeless = [c for c in columns if int(c[2]) and not int(c[3]) and not int(c[6])]
    table = [("table", "column", "values", "what happens")]
    for name, column, values, _, dropped, _, _ in homeless:
        outcome = "dropped, signed off" if int(dropped) else "kept in the archive"
        table.append((name, column, values, outcome))
    text = "Every source column with values is mapped."
    if homeless:
        text = (
            f"{len(homeless)} source columns hold values that no field of the target takes. Each "
            "is a decision: map it, create a field, or sign off that it stays behind."
        )
    return Section("Gaps", (text,), (tuple(table),))


def _cleaning(changes: Mapping[str, int]) -> Section:
    table = [("rule", "values changed")]
    table += [(name, f"{count:,}") for name, count in sorted(changes.items(), key=lambda c: -c[1])]
    return Section("What cleaning changes", (), (tuple(table),), "bars" if changes else "")


def _columns(columns: Sequence[tuple[str, ...]]) -> Section:
    broken = [c for c in columns if int(c[2]) != sum(int(n) for n in c[3:])]
    text = (
        "Non-empty values = mapped + dropped + archived + quarantined: "
        + ("it holds for every column." if not broken else f"BROKEN for {len(broken)} columns."),
    )
    return Section("Columns accounted for", text, ((COLUMN_HEADER, *columns),))


def _unchecked(loader: Loader) -> Section:
    text = [
        "Changes that users make in the target between this plan and the load: they are noticed "
        "when the load comes to them.",
        "What automations of the target do when records arrive (mails, assignments, duplicate "
        "rules): switch them off for the load.",
    ]
    if not loader.capabilities.discloses_all_constraints:
        text.insert(
            0,
            "This target refuses things that its schema call does not show. Records that it "
            "refuses for such a reason are predicted as created and will come out as failed.",
        )
    return Section("What this dry run could not check", tuple(text))
