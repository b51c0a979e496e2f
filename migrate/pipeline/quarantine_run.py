"""The quarantine workbook out to the admin, and the corrections back into the ledger."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pandas as pd

from migrate.pipeline.runs import now
from migrate.pipeline.setup import Setup, environment_ledger
from migrate.store.ledger import Ledger, write_many
from migrate.validation.quarantine import (
    QUARANTINE_COLUMNS,
    export_quarantine,
    import_quarantine,
)
from migrate.values import Issue, RunReport, Section


def export(setup: Setup, path: Path) -> RunReport:
    """Write every open refusal into a workbook, the reason beside each value."""
    with closing(environment_ledger(setup, create=False)) as ledger:
        rows = open_rows(ledger)
        count = export_quarantine(rows, path)
    return _report(
        setup, "quarantine export", f"{count:,} refused values in {path.name}", (),
        {"rows": count}, {"workbook": str(path)},
    )  # fmt: skip


def bring_back(setup: Setup, path: Path) -> RunReport:
    """Take the corrections of a workbook: they take part in the next plan and load."""
    with closing(environment_ledger(setup, create=False)) as ledger, ledger.exclusive():
        corrections, issues = import_quarantine(path, open_rows(ledger))
        with ledger.begin() as connection:
            write_many(
                connection,
                "UPDATE quarantine SET correction = ?, action = ?, corrected_at = ?, state = "
                "'corrected' WHERE record_id = ? AND block = ? AND part = ? AND code = ? AND "
                '"column" = ? AND state IN (\'open\', \'corrected\', \'stale\')',
                (
                    (_text(c["correction"]), c["action"], now(), int(c["record_id"]), c["block"], c["part"],
                     c["code"], c["column"])
                    for c in corrections.to_dict("records")
                ),
            )  # fmt: skip
    text = (
        f"{len(corrections):,} corrections taken. They take part in the next plan: "
        "crm-migrate plan, then crm-migrate load"
    )
    return _report(
        setup, "quarantine import", text, tuple(issues), {"corrections": len(corrections)}, {}
    )


def open_rows(ledger: Ledger) -> pd.DataFrame:
    """The quarantine of the ledger with the key, table and row of each record."""
    frame = ledger.frame(
        'SELECT q.record_id, q.block, q.part, q.code, q."column", q.field, q.value, q.message, '
        'q.hint, q.base_hash, r.key AS record_key, s.name AS "table", r.source_row, u.object '
        "FROM quarantine q JOIN record r USING (record_id) JOIN source_table s USING (table_id) "
        "LEFT JOIN unit u ON u.record_id = q.record_id AND u.block = q.block AND u.part = q.part "
        "WHERE q.state IN ('open', 'stale') ORDER BY u.object, s.name, r.source_row"
    )
    texts = {name: "str" for name in QUARANTINE_COLUMNS if name not in ("record_id", "source_row")}
    return frame[list(QUARANTINE_COLUMNS)].astype(texts)


def _report(
    setup: Setup, command: str, text: str, issues: tuple[Issue, ...], figures: dict[str, int],
    files: dict[str, str],
) -> RunReport:  # fmt: skip
    counts: dict[str, int] = {}
    for issue in issues:
        counts[issue.code] = counts.get(issue.code, 0) + 1
    return RunReport(
        command=command, migration=setup.project.name, environment=setup.environment.name,
        run_id="", title=f"Quarantine of {setup.project.name}", issues=issues,
        issue_counts=counts, sections=(Section("Quarantine", (text,)),), figures=figures,
        files=files,
    )  # fmt: skip


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
