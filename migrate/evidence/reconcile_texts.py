"""Is any text cut or damaged, and did any number lose its zeros, its length or its sign?

Rules R11, R12 and R13.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migrate.evidence.probes import Probe
from migrate.evidence.raw_rows import table_spec
from migrate.evidence.reconcile_rules import DETAIL_ROWS, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import RuleResult
from migrate.store import sets
from migrate.store.sets import literal, quote

_TYPED = frozenset({"decimal", "integer", "boolean", "date", "datetime", "reference"})
_HEADER = ("object", "field", "external id", "source", "target", "problem")
_PRIVATE = ("external id", "source", "target")
# UTF-8 that somebody read as Windows-1252: a lead byte's letter, then a continuation byte's sign
_MOJIBAKE = (
    r"[ÂÃÄÅĂĹ][\x{0080}-\x{00BF}\x{0152}-\x{0153}\x{0160}-\x{0161}\x{0178}\x{017D}-\x{017E}"
    r"\x{0192}\x{02C6}\x{02DC}\x{2013}-\x{203A}\x{20AC}\x{2122}]|â€"
)
_QUESTION = r"\pL\?\pL"
_REST = r"\x{FFFD}|[\x{0000}\x{FEFF}]"
_ZEROS = r"0\d+"


def r11(scratch: Scratch) -> RuleResult:
    """No text as long as the field allows whose raw text was longer."""

    def problem(one: BlockScratch, probe: Probe) -> str:
        length = probe.field.length
        if not length or probe.field.type in _TYPED or probe.kind.name == "picklist":
            return ""
        t, r = quote(f"t:{probe.field.name}"), quote(f"r:{probe.name}")
        cut = f"length({t}) = {length} AND length(one_line({r})) > {length}"
        if probe.field_map.part != "value" or probe.kind.is_opaque:
            return ""  # "CZ" is no cut "Czech Republic"
        return f"CASE WHEN {cut} AND starts_with(loose_text({r}), loose_text({t})) THEN 'cut' END"

    return _result(scratch, "R11", problem, "texts within their length", "cut")


def r12(scratch: Scratch) -> RuleResult:
    """No damage in the target that the raw text does not have."""

    def problem(one: BlockScratch, probe: Probe) -> str:
        if probe.field.type in _TYPED:
            return ""
        t, r = quote(f"t:{probe.field.name}"), quote(f"r:{probe.name}")
        pattern = "|".join([_REST, _MOJIBAKE, *([] if probe.field.type == "url" else [_QUESTION])])
        damage = (
            f"list_filter(regexp_extract_all({t}, {literal(pattern)}), lambda damage: "
            f"NOT contains(lower(coalesce({r}, '')), lower(damage)))[1]"
        )
        return (
            f"list_transform([{damage}], lambda damage: CASE WHEN contains(damage, '?') THEN "
            "'a question mark inside a word' WHEN damage = chr(65533) THEN 'a replacement "
            "character' WHEN damage IN (chr(0), chr(65279)) THEN 'a NUL or a byte-order mark' "
            "WHEN damage IS NOT NULL THEN 'letters of another encoding' END)[1]"
        )

    return _result(scratch, "R12", problem, "texts without new damage", "damaged")


def r13(scratch: Scratch) -> RuleResult:
    """Leading zeros, numbers of more than 15 digits, signs and the scale of percentages."""

    def problem(one: BlockScratch, probe: Probe) -> str:
        return _number_problem(scratch, one, probe)

    return _result(scratch, "R13", problem, "numbers with zeros, length and sign", "changed")


def _number_problem(scratch: Scratch, one: BlockScratch, probe: Probe) -> str:
    t, r = quote(f"t:{probe.field.name}"), quote(f"r:{probe.name}")
    if probe.kind.name == "decimal":
        x, y = (f"{quote(f'{side}:{probe.name}')}::DECIMAL(38, 10)" for side in "xy")
        return (
            f"CASE WHEN sign({x}) <> sign({y}) AND {y} <> 0 THEN 'the sign changed' "
            f"WHEN {x} <> 0 AND abs({x}) < 1e26 AND abs({y}) < 1e26 AND ({x} * 100 = {y} OR "
            f"{y} * 100 = {x}) THEN 'a hundred times as much' END"
        )
    if probe.field.type in _TYPED | {"phone", "email", "url"} or probe.kind.name in {
        "picklist",
        "phone",
    }:
        return ""
    if probe.field_map.part != "value" or probe.field_map.kind != "columns":
        return ""
    raw = f"regexp_replace(one_line({r}), '[ -]', '', 'g')"
    present = f"regexp_replace({t}, '[ -]', '', 'g')"
    spec = table_spec(scratch.inputs.project, one.block.table)
    kept = [f"{present} = {raw}"]
    if spec.key_digits and set(probe.field_map.columns) & set(spec.key):
        kept.append(
            f"{present} = lpad({raw}, greatest({spec.key_digits}, length({raw}))::INT, '0')"
        )
    digits = probe.field_map.options.get("digits")
    if digits:
        kept.append(f"{present} = lpad({raw}, greatest({int(digits)}, length({raw}))::INT, '0')")
    same = f"({' OR '.join(kept)})"
    has_zeros = f"regexp_full_match({raw}, '{_ZEROS}')"
    is_long = f"regexp_full_match({raw}, '\\d{{16,}}')"
    # only few texts are numbers of these kinds
    other = f"NOT coalesce(regexp_matches({r}, '^[^\\pL\\d]*0\\d|\\d[\\d -]{{14,}}\\d'), FALSE)"
    return (
        f"CASE WHEN {t} IS NULL OR {t} = {r} OR {other} THEN NULL WHEN {same} THEN NULL WHEN {has_zeros} THEN 'leading zeros changed' "
        f"WHEN {is_long} THEN 'digits of a long number changed' END"
    )


def _result(
    scratch: Scratch, name: str, problem_of: Callable[[BlockScratch, Probe], str], expected: str,
    found: str,
) -> RuleResult:  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    total = fields = 0
    blocks = []
    for one in scratch.paired:
        problems = {p.name: problem_of(one, p) for p in one.probes if not p.is_total}
        asked = {probe: problem for probe, problem in problems.items() if problem}
        if not asked:
            continue
        fields += len(asked)
        blocks.append(one)
        columns = ", ".join(f"count({problem})" for problem in asked.values())
        counts = sets.run(scratch.connection, f"SELECT {columns} FROM {one.pairs}")[0]
        for (field, problem), count in zip(asked.items(), counts, strict=True):
            total += int(count)
            if count and len(rows) <= DETAIL_ROWS:
                rows += sets.run(
                    scratch.connection,
                    f"SELECT {literal(one.block.object)}, {literal(field)}, external_id, "
                    f"{quote('r:' + field)}, {quote('t:' + field)}, {problem} FROM {one.pairs} "
                    f"WHERE {problem} IS NOT NULL ORDER BY external_id LIMIT {DETAIL_ROWS}",
                )
    return outcome(
        name,
        expected=f"{fields} fields: {expected}",
        found=f"{total} {found}",
        difference=total,
        is_met=total == 0,
        header=_HEADER,
        rows=rows,
        text="" if blocks else "No mapped field is of this kind.",
        private=_PRIVATE,
        gaps=(*scratch.gaps, *not_compared(blocks)),
    )
