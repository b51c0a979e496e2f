"""Where a migration stands: runs, waves, what waits."""

from __future__ import annotations

from contextlib import closing

from migrate.pipeline.accounting import count_objects
from migrate.pipeline.setup import Setup, environment_ledger
from migrate.values import ObjectCount, RunReport, Section


def status(setup: Setup) -> RunReport:
    """The runs of the environment, the newest first, and the accounting table as it is now."""
    runs: list[tuple[str, ...]] = []
    objects: tuple[ObjectCount, ...] = ()
    text = "Nothing has been planned yet: crm-migrate plan"
    open_batches = 0
    if setup.environment.ledger.exists():
        with closing(environment_ledger(setup)) as ledger:
            frame = ledger.frame(
                "SELECT run_id, command, state, coalesce(waves, '') AS waves, started_at, "
                "coalesce(finished_at, '') AS finished_at, coalesce(approved_by, '') AS approved "
                "FROM run ORDER BY started_at DESC, rowid DESC LIMIT 20"
            )
            runs = [tuple(str(v) for v in row) for row in frame.itertuples(index=False)]
            names = tuple(dict.fromkeys(block.object for block in setup.mapping.blocks))
            objects = count_objects(ledger, setup.mapping, setup.project.waves, names)
            open_batches = int(
                ledger.scalar("SELECT count(*) FROM batch WHERE state IN ('sent', 'in_doubt')")
            )
            waiting = ledger.scalar("SELECT count(*) FROM quarantine WHERE state = 'open'")
            text = (
                f"{open_batches} batches without an answer, {waiting} refused values in quarantine."
            )
            if open_batches:
                text += " An interrupted load goes on with: crm-migrate load"
    header = ("run", "command", "state", "waves", "started", "finished", "approved by")
    return RunReport(
        command="status", migration=setup.project.name, environment=setup.environment.name,
        run_id="", title=f"Status of {setup.project.name} in {setup.environment.name}",
        objects=objects, sections=(Section("Runs", (text,), ((header, *runs),)),),
        figures={"runs": [dict(zip(header, run, strict=True)) for run in runs],
                 "open_batches": open_batches},
    )  # fmt: skip
