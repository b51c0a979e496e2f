"""Does the target hold what the source held, as far as the source itself can say?

Everything is held against the raw extract, read a second time and without the transform, so that
a bug in a transform shows although the plan has the same bug. The pipeline injects what was read;
no loader and no transform is imported here.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from migrate.evidence.converted import r04
from migrate.evidence.reconcile_choices import r09, r18
from migrate.evidence.reconcile_counts import r01, r02, r20
from migrate.evidence.reconcile_dates import r10
from migrate.evidence.reconcile_fields import count_fields, plan_differs, r06, r07, r08
from migrate.evidence.reconcile_references import r05, r16, r19
from migrate.evidence.reconcile_report import reconciliation_json, reconciliation_sections
from migrate.evidence.reconcile_scratch import Scratch, prepare
from migrate.evidence.reconcile_texts import r11, r12, r13
from migrate.evidence.reconcile_values import ReconcileInputs, Reconciliation, Row, RuleResult
from migrate.evidence.totals import r03
from migrate.store import sets
from migrate.store.runfolder import private_folder

__all__ = [
    "ReconcileInputs",
    "Reconciliation",
    "RuleResult",
    "reconcile",
    "reconciliation_json",
    "reconciliation_sections",
]


def reconcile(evidence: ReconcileInputs) -> Reconciliation:
    """Ask every rule. Raises MappingError when ``expected.yaml`` is wrong.

    A record whose version in the target is not the one that the ledger remembers was edited by
    somebody since: its values are not compared, and it is counted.
    """
    private_folder(evidence.scratch)
    with tempfile.TemporaryDirectory(dir=evidence.scratch) as folder:
        scratch = prepare(evidence, Path(folder))
        records = edited = 0
        for one in scratch.paired:
            counted = sets.run(
                scratch.connection,
                "SELECT count(*) FILTER (WHERE is_first), count(*) FILTER (WHERE is_first AND "
                f"edited) FROM {one.all_pairs}",
            )[0]
            records, edited = records + int(counted[0]), edited + int(counted[1])
        fields = count_fields(scratch)
        totals_rule, totals = r03(scratch)
        rules = (
            r01(scratch), r02(scratch), totals_rule, r04(scratch), r05(scratch),
            r06(scratch, fields, edited), r07(scratch, fields, edited), r08(scratch), r09(scratch),
            r10(scratch), r11(scratch), r12(scratch), r13(scratch), r16(scratch), r18(scratch),
            r19(scratch), r20(scratch),
        )  # fmt: skip
        return Reconciliation(rules, totals, edited, records, _edits(scratch) if edited else ())


def _edits(scratch: Scratch) -> tuple[Row, ...]:
    """Per object and field: in how many edited records the target no longer shows the plan."""
    rows: list[Row] = []
    for one in scratch.paired:
        probes = [probe for probe in one.probes if not probe.is_total]
        if not probes:
            continue
        columns = ", ".join(f"count_if({plan_differs(probe)})" for probe in probes)
        counts = sets.run(
            scratch.connection, f"SELECT {columns} FROM {one.all_pairs} WHERE edited AND is_first"
        )[0]
        rows += [
            (one.block.object, one.block.name, probe.field.name, str(count))
            for probe, count in zip(probes, counts, strict=True)
            if count
        ]
    return (("object", "block", "field", "records changed"), *rows) if rows else ()
