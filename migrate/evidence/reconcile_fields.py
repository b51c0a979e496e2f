"""Does the target hold what the plan says *and* what the raw text says, field by field?

Rules R06 (critical fields), R07 (the others) and R08 (empty fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migrate.evidence.loose_values import difference
from migrate.evidence.probes import Probe
from migrate.evidence.reconcile_rules import DETAIL_ROWS, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import RuleResult
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.values import TargetField, TargetSchema

_CRITICAL_WORDS = frozenset(
    [
        "name",
        "firstname",
        "lastname",
        "fullname",
        "amount",
        "value",
        "revenue",
        "total",
        "price",
        "stage",
        "status",
        "closedate",
        "currency",
        "currencycode",
        "currencyisocode",
    ]
)
_CRITICAL_PARTS = ("first_name", "last_name", "close_date", "consent", "opt_out", "do_not")
_MONEY = ("amount", "value", "revenue", "total")
_BLANKABLE = frozenset({"email", "phone"})
_TOLERATED_SHARE = 1000  # one in a thousand
_GRAVE_SHARE = 100  # one in a hundred: no longer what a loose reading may get wrong
_GRAVE = "Severity 1 in this run: more than 1 % of the values differ"
_NULL_POINTS = 0.005


def is_critical(field: TargetField, schema: TargetSchema) -> bool:
    """Whether every record must agree: names, e-mail, phone, amounts, currency, stage, owner,
    close date, consent.

    >>> is_critical(TargetField("close_date", type="date"), TargetSchema("crm", ()))
    True
    >>> is_critical(TargetField("description"), TargetSchema("crm", ()))
    False
    """
    if field.is_consent or field.type in {"email", "phone", "currency"}:
        return True
    if field.type == "reference":
        return is_owner(field, schema)
    name = field.name.casefold()
    if name.replace("_", "") in _CRITICAL_WORDS or any(part in name for part in _CRITICAL_PARTS):
        return True
    return field.type == "decimal" and any(word in name for word in _MONEY)


def is_owner(field: TargetField, schema: TargetSchema) -> bool:
    """Whether the reference leads to users and to nothing else."""
    objects = [schema.object(name) for name in field.references]
    return bool(objects) and all(o is not None and o.is_user for o in objects)


@dataclass(frozen=True)
class FieldCount:
    """One field of one block: records compared, and how many disagree with plan and raw text."""

    one: BlockScratch
    probe: Probe
    compared: int
    from_plan: int
    from_raw: int
    blanked: int
    filled: int

    @property
    def differing(self) -> int:
        return max(self.from_plan, self.from_raw)

    @property
    def is_grave(self) -> bool:
        """More than one value in a hundred differs, or every one of the few that there are."""
        return _is_grave(self.differing, self.compared, self.filled)


def count_fields(scratch: Scratch) -> tuple[FieldCount, ...]:
    """Count every mapped field of every block, one query for each block."""
    counts = []
    for one in scratch.paired:
        probes = [probe for probe in one.probes if not probe.is_total]
        if not probes:
            continue
        columns = ["count(*)"]
        for probe in probes:
            columns += [
                f"count_if({plan_differs(probe)})",
                f"count_if({raw_differs(probe)})",
                f"count_if({_blanked(probe)})",
                f"count_if({_filled(probe)})",
            ]
        row = sets.run(scratch.connection, f"SELECT {', '.join(columns)} FROM {one.pairs}")[0]
        for number, probe in enumerate(probes):
            figures = (int(v or 0) for v in row[1 + 4 * number : 5 + 4 * number])
            counts.append(FieldCount(one, probe, int(row[0]), *figures))
    return tuple(counts)


def _filled(probe: Probe) -> str:
    """SQL: the plan, the target or the raw text has a value."""
    name, x = probe.field.name, quote(f"x:{probe.name}")
    said = "" if probe.kind.is_opaque else f" OR {x} IS NOT NULL"
    return f"({quote(f'e:{name}')} IS NOT NULL OR {quote(f't:{name}')} IS NOT NULL{said})"


def _is_grave(differing: int, compared: int, filled: int) -> bool:
    return differing * _GRAVE_SHARE > compared or (differing > 0 and differing >= filled)


def plan_differs(probe: Probe) -> str:
    """SQL: the target does not hold what the plan says. A record that was there before us keeps
    what the plan says nothing about."""
    name = probe.field.name
    plan, present = quote(f"e:{name}"), quote(f"t:{name}")
    e, t = _canonical(plan, probe.field), _canonical(present, probe.field)
    # most values are the same text, and the rest is then not computed
    return (
        f"CASE WHEN {plan} IS NOT DISTINCT FROM {present} THEN FALSE "
        f"ELSE {e} IS DISTINCT FROM {t} AND (is_ours OR {e} IS NOT NULL) END"
    )


def raw_differs(probe: Probe) -> str:
    """SQL: the target does not hold what the raw text says, as far as it can be read here."""
    if probe.kind.is_opaque or probe.parent:
        return "FALSE"
    x, y, r = (quote(f"{side}:{probe.name}") for side in "xyr")
    name = quote(f"t:{probe.field.name}")
    kept = f"coalesce(loose_text({r}) = loose_text({name}), FALSE)"
    readable = f"({x} IS NOT NULL OR {r} IS NULL)"
    ours = f"(is_ours OR {x} IS NOT NULL)"
    rule = f"{readable} AND {ours} AND {difference(probe.kind, x, y)} AND NOT {kept}"
    if probe.kind.name == "words" and probe.field_map.part == "first_name":
        rule += f" AND {y} IS NOT NULL"  # a name of one word has no first name
    return (
        f"CASE WHEN {x} IS NOT DISTINCT FROM {y} THEN FALSE ELSE "
        f"{rule} AND NOT {_blanked(probe)} END"
    )


def _blanked(probe: Probe) -> str:
    """SQL: left empty as the mapping's policy says, by a cleaner that knows more than we do."""
    if probe.kind.name not in _BLANKABLE or probe.field_map.on_unreadable != "blank":
        return "FALSE"
    r, y = quote(f"r:{probe.name}"), quote(f"y:{probe.name}")
    return f"({r} IS NOT NULL AND {y} IS NULL)"


def _canonical(text: str, field: TargetField) -> str:
    """SQL: the canonical text without what CRMs normalise when they store it."""
    if field.type in {"decimal", "integer"}:
        return f"coalesce(loose_decimal({text}, '.')::VARCHAR, {text})"
    if field.type == "datetime":
        return f"left({text}, 19)"
    if field.type in {"email", "url"}:
        return f"loose_text({text})"
    return f"nullif(trim(replace(nfc_normalize({text}), chr(13) || chr(10), chr(10))), '')"


def r06(scratch: Scratch, counts: tuple[FieldCount, ...], edited: int) -> RuleResult:
    """Critical fields agree in every record."""
    critical = [c for c in counts if is_critical(c.probe.field, scratch.inputs.schema)]
    red = [c for c in critical if c.differing]
    return _result(scratch, "R06", critical, red, edited)


def r07(scratch: Scratch, counts: tuple[FieldCount, ...], edited: int) -> RuleResult:
    """Other fields agree but for one record in a thousand; a field that is lost in more than one
    in a hundred, or wherever it had a value, is as serious as a critical one."""
    others = [c for c in counts if not is_critical(c.probe.field, scratch.inputs.schema)]
    red = [c for c in others if c.is_grave or c.differing * _TOLERATED_SHARE > c.compared]
    return _result(scratch, "R07", others, red, edited)


def _result(
    scratch: Scratch, name: str, counts: list[FieldCount], red: list[FieldCount], edited: int
) -> RuleResult:
    compared = sum(c.compared for c in counts)
    differing = sum(c.differing for c in counts)
    header = ("object", "field", "external id", "source", "plan", "target", "reason")
    rows: list[tuple[Any, ...]] = []
    for count in counts:
        if count.differing and len(rows) <= DETAIL_ROWS:
            rows += _listed(scratch, count)
    gaps = list(scratch.gaps)
    if edited and not compared:
        gaps.append("every record was edited in the target since the load")
    elif counts and not compared:
        gaps.append("no loaded record was found")
    gaps += not_compared(count.one for count in counts)
    blanked = sum(c.blanked for c in counts)
    text = f"{len(counts)} fields compared with the plan and, where it can be read, the raw text."
    grave = [c.probe.field.name for c in counts if c.is_grave] if name == "R07" else []
    if grave:
        text += f" {_GRAVE} ({', '.join(dict.fromkeys(grave))})."
    if blanked:
        text += f" {blanked} unreadable values are empty, as the mapping says."
    if edited:
        text += f" {edited} records that users edited since the load are not compared."
    return outcome(
        name,
        expected=f"{compared} values agree",
        found=f"{compared - differing} agree",
        difference=differing,
        is_met=not red,
        header=header,
        rows=rows,
        text=text,
        private=("external id", "source", "plan", "target"),
        gaps=tuple(dict.fromkeys(gaps)),
        is_grave=bool(grave),
    )


def _listed(scratch: Scratch, count: FieldCount) -> list[tuple[Any, ...]]:
    probe, name = count.probe, count.probe.field.name
    r, e, t = quote(f"r:{probe.name}"), quote(f"e:{name}"), quote(f"t:{name}")
    reason = (
        f"CASE WHEN {plan_differs(probe)} THEN 'the target differs from the plan' "
        f"WHEN {t} IS NULL THEN 'lost' WHEN {r} IS NULL THEN 'not in the source' "
        f"WHEN starts_with(loose_text({r}), loose_text({t})) THEN 'truncated' "
        f"ELSE {literal('cleaned' if probe.field_map.clean else 'changed')} END"
    )
    return sets.run(
        scratch.connection,
        f"SELECT {literal(count.one.block.object)}, {literal(name)}, external_id, {r}, {e}, {t}, "
        f"{reason} FROM {count.one.pairs} WHERE {plan_differs(probe)} OR {raw_differs(probe)} "
        f"ORDER BY external_id LIMIT {DETAIL_ROWS}",
    )


def r08(scratch: Scratch) -> RuleResult:
    """Each field is as often empty as its raw text lets expect."""
    rows: list[tuple[Any, ...]] = []
    red = checked = 0
    grave: list[str] = []
    for one in scratch.paired:
        probes = [p for p in one.probes if not p.is_total]
        columns = ["count(*) FILTER (WHERE is_ours)"]
        for probe in probes:
            columns.append(f"count_if(is_ours AND {_expected_empty(probe)})")
            columns.append(f"count_if(is_ours AND {quote('t:' + probe.field.name)} IS NULL)")
        row = sets.run(scratch.connection, f"SELECT {', '.join(columns)} FROM {one.pairs}")[0]
        total = int(row[0])
        for number, probe in enumerate(probes if total else ()):
            expected, found = int(row[1 + 2 * number]), int(row[2 + 2 * number])
            checked += 1
            lost, filled = abs(found - expected), total - min(expected, found)
            is_grave = _is_grave(lost, total, filled)
            if is_grave:
                grave.append(probe.field.name)
            if is_grave or lost > _NULL_POINTS * total:
                red += 1
                shares = (f"{100 * n / total:.2f} %" for n in (expected, found))
                rows.append((one.block.object, one.block.name, probe.field.name, *shares))
    return outcome(
        "R08",
        expected=f"{checked} fields as often empty as in the source",
        found=f"{checked - red} are",
        difference=red,
        is_met=red == 0,
        header=("object", "block", "field", "expected empty", "found empty"),
        rows=rows,
        text=f"{_GRAVE} ({', '.join(dict.fromkeys(grave))})." if grave else "",
        gaps=(*scratch.gaps, *not_compared(one for one in scratch.paired if one.probes)),
        is_grave=bool(grave),
    )


def _expected_empty(probe: Probe) -> str:
    """SQL: nothing is expected in the target, going by the raw text."""
    r, e = quote(f"r:{probe.name}"), quote(f"e:{probe.field.name}")
    x, y = quote(f"x:{probe.name}"), quote(f"y:{probe.name}")
    if probe.parent:
        return f"({x} IS NULL)"
    is_part = probe.field_map.part != "value" or probe.kind.name == "made"
    if is_part or (probe.kind.is_opaque and probe.field_map.on_unreadable == "blank"):
        return f"({e} IS NULL)"
    if probe.kind.is_opaque:
        return f"({r} IS NULL AND {e} IS NULL)"
    unreadable = f"({r} IS NOT NULL AND {x} IS NULL AND {y} IS NULL)"
    return f"({x} IS NULL AND {r} IS NULL OR {unreadable} OR {_blanked(probe)})"
