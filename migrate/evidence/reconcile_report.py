"""How is a reconciliation shown: the rules at a glance, then the rows behind each red one?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migrate.evidence.reconcile_values import Reconciliation, RuleResult, TotalLine
from migrate.values import Section

_OVERVIEW = ("rule", "title", "expected", "found", "difference", "tolerance", "severity", "status")
_TOTALS = (
    "group", "source", "loaded", "merged", "excluded", "quarantined", "failed", "pending", "edited",
    "filled by a merge", "target", "difference",
)  # fmt: skip
_REPORTED = ("group", "extract", "reported", "difference")


def reconciliation_sections(result: Reconciliation) -> tuple[Section, ...]:
    """The report's sections: overview, one for each rule that is not met, control totals, edits."""
    sections = [_overview(result)]
    sections += [_drill_down(rule) for rule in result.rules if rule.status != "met"]
    for name in dict.fromkeys(line.total for line in result.totals):
        sections.append(_total(name, [line for line in result.totals if line.total == name]))
    if result.edited:
        sections.append(_edits(result))
    return tuple(sections)


def reconciliation_json(result: Reconciliation) -> dict[str, Any]:
    """The figures for ``--json``: no values of records, only counts and totals."""
    return {
        "verdict": "met" if result.is_met else "not met",
        "records": result.records,
        "edited_in_target": result.edited,
        "rules": [
            {
                "rule": rule.rule, "title": rule.title, "expected": rule.expected,
                "found": rule.found, "difference": rule.difference, "tolerance": rule.tolerance,
                "severity": rule.severity, "status": rule.status,
            }
            for rule in result.rules
        ],
        "totals": [
            {
                "total": line.total, "group": line.group, "source": line.source,
                "loaded": line.loaded, "target": line.target, "difference": line.difference,
            }
            for line in result.totals
        ],
    }  # fmt: skip


def _overview(result: Reconciliation) -> Section:
    rows = [
        (
            rule.rule, rule.title, rule.expected, rule.found, rule.difference, rule.tolerance,
            str(rule.severity), rule.status,
        )
        for rule in result.rules
    ]  # fmt: skip
    red = [r.rule for r in result.rules if r.status == "not met"]
    silent = [r.rule for r in result.rules if r.status == "no evidence"]
    text = [
        "Every rule of severity 1 is met."
        if result.is_met
        else "Not every rule of severity 1 is met; no evidence counts as not met."
    ]
    if red:
        text.append(f"Not met: {', '.join(red)}.")
    if silent:
        text.append(f"No evidence: {', '.join(silent)}.")
    return Section(
        "Reconciliation",
        tuple(text),
        ((_OVERVIEW, *rows),),
        status="met" if result.is_met else "not met",
    )


def _drill_down(rule: RuleResult) -> Section:
    return Section(
        f"{rule.rule} {rule.title}",
        (rule.text,) if rule.text else (),
        (rule.details,) if rule.details else (),
        private=rule.private,
        status=rule.status,
    )


def _total(name: str, lines: Sequence[TotalLine]) -> Section:
    is_reported = all(not line.target for line in lines)
    rows: list[tuple[str, ...]]
    if is_reported:
        rows = [(ln.group or "all", ln.source, ln.loaded, ln.difference) for ln in lines]
        header: tuple[str, ...] = _REPORTED
        text = "What the raw extract adds up to, beside the figure in the customer's own report."
    else:
        rows = [
            (
                ln.group or "all", ln.source, ln.loaded, ln.merged, ln.excluded, ln.quarantined,
                ln.failed, ln.pending, ln.edited, ln.filled, ln.target, ln.difference,
            )
            for ln in lines
        ]  # fmt: skip
        header = _TOTALS
        text = (
            "Source = loaded + merged + excluded + quarantined + failed + pending + edited; "
            "loaded + filled by a merge = target."
        )
    is_met = all(line.difference == "0" for line in lines)
    return Section(
        f"Control total: {name}",
        (text,),
        ((header, *rows),),
        status="met" if is_met else "not met",
    )


def _edits(result: Reconciliation) -> Section:
    return Section(
        "Edited in the target",
        (
            f"{result.edited} of {result.records} records were changed in the target after they "
            "were loaded. Their values are not compared.",
        ),
        (result.edits,) if result.edits else (),
    )
