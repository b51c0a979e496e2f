"""Are picklist values those that the declared map gives, and is no consent lost or loosened?

Rules R09 and R18.
"""

from __future__ import annotations

from typing import Any

from migrate.evidence.probes import Probe
from migrate.evidence.reconcile_rules import DETAIL_ROWS, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import RuleResult
from migrate.store import sets
from migrate.store.sets import literal, quote


def r09(scratch: Scratch) -> RuleResult:
    """No value outside the picklist, each value as often as the raw texts give it, and in the
    records that they give it to."""
    rows: list[tuple[Any, ...]] = []
    total = fields = 0
    asked = []
    for one in scratch.paired:
        for probe in one.probes:
            if probe.is_total or probe.field.is_consent or not _is_choice(probe):
                continue
            fields += 1
            asked.append(one)
            unmapped = _outside(scratch, one, probe)
            counts = _counts(scratch, one, probe)
            wrong = sets.scalar(
                scratch.connection, f"SELECT count_if({_wrong(probe)}) FROM {one.pairs}"
            )
            total += int(wrong or 0) + sum(int(row[4]) for row in unmapped)
            rows += unmapped + counts
    if not fields:
        return outcome(
            "R09", expected="", found="", difference=0, is_met=True,
            text="No picklist is mapped.", gaps=scratch.gaps,
        )  # fmt: skip
    return outcome(
        "R09",
        expected=f"{fields} picklists as the map says",
        found=f"{total} values differ",
        difference=total,
        is_met=total == 0,
        header=("object", "field", "value", "source", "target"),
        rows=rows,
        gaps=(*scratch.gaps, *not_compared(asked)),
    )


def _is_choice(probe: Probe) -> bool:
    if probe.kind.name == "made" or probe.field.is_multiple:
        return False  # no raw text says it, or it is several values in one
    return probe.field.type == "picklist" or probe.kind.name == "picklist"


def _wrong(probe: Probe) -> str:
    x, y, r = (quote(f"{side}:{probe.name}") for side in "xyr")
    readable = f"({x} IS NOT NULL OR {r} IS NULL AND is_ours)"
    return f"({readable} AND {x} IS DISTINCT FROM {y})"


def _outside(scratch: Scratch, one: BlockScratch, probe: Probe) -> list[tuple[Any, ...]]:
    allowed = probe.field.picklist
    if not allowed:
        return []
    listed = ", ".join(literal(value) for value in allowed)
    name = quote(f"t:{probe.field.name}")
    return sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, {name}, "
        f"'not in the picklist', count(*) FROM {one.pairs} WHERE {name} NOT IN ({listed}) "
        "GROUP BY ALL ORDER BY 5 DESC",
    )


def _counts(scratch: Scratch, one: BlockScratch, probe: Probe) -> list[tuple[Any, ...]]:
    """Values whose number differs, or that stand in other records than the source says."""
    x, y = quote(f"x:{probe.name}"), quote(f"y:{probe.name}")
    wrong = _wrong(probe)
    return sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, "
        "coalesce(v, '(empty)'), sum(n), sum(m) FROM ("
        f"SELECT {x} AS v, 1 AS n, 0 AS m, {wrong} AS w FROM {one.pairs} UNION ALL "
        f"SELECT {y}, 0, 1, {wrong} FROM {one.pairs}) GROUP BY v HAVING bool_or(w) ORDER BY 3",
    )


def r18(scratch: Scratch) -> RuleResult:
    """Every consent as strict as the strictest of the rows that became the record, none lost, and
    none given that nobody gave."""
    rows: list[tuple[Any, ...]] = []
    total = compared = 0
    asked = []
    for one in scratch.paired:
        for probe in one.probes:
            if probe.is_total or not probe.field.is_consent:
                continue
            asked.append(one)
            problem = _loosened(probe)
            counted = sets.run(
                scratch.connection, f"SELECT count(*), count({problem}) FROM {one.pairs}"
            )[0]
            compared, total = compared + int(counted[0]), total + int(counted[1])
            x, t, r = (quote(f"{side}:{probe.field.name}") for side in "xtr")
            if counted[1]:
                rows += sets.run(
                    scratch.connection,
                    f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, external_id, "
                    f"coalesce({r}, {x}), {t}, {problem} FROM {one.pairs} "
                    f"WHERE {problem} IS NOT NULL ORDER BY external_id LIMIT {DETAIL_ROWS}",
                )
    if not asked:
        return outcome(
            "R18", expected="", found="", difference=0, is_met=True,
            text="No consent field is mapped.", gaps=scratch.gaps,
        )  # fmt: skip
    return outcome(
        "R18",
        expected=f"{compared} consents as strict as in the source",
        found=f"{total} are not",
        difference=total,
        is_met=total == 0,
        header=("object", "field", "external id", "source", "target", "problem"),
        rows=rows,
        private=("external id", "source", "target"),
        gaps=(*scratch.gaps, *not_compared(asked)),
    )


def _loosened(probe: Probe) -> str:
    """SQL: how a consent went wrong, NULL when it did not. Text that cannot be read permits
    nothing."""
    x, y = quote(f"x:{probe.name}"), quote(f"y:{probe.name}")
    r = quote(f"r:{probe.name}")
    strict = literal(probe.field.strict_value)
    return (
        f"CASE WHEN {x} = {strict} AND {y} IS DISTINCT FROM {strict} THEN 'refusal lost' "
        f"WHEN {x} IS NOT NULL AND {y} IS NULL THEN 'lost' "
        f"WHEN {x} IS NULL AND {y} IS NOT NULL AND {y} <> {strict} AND is_ours "
        f"AND {r} IS DISTINCT FROM {y} THEN 'nobody said so' "
        f"WHEN {x} <> {y} AND {y} <> {strict} THEN 'loosened' END"
    )
