"""Which units do the raw rows make, and which of them does the mapping exclude, by our own count?

Part of rule R01: the conditions of ``exclude``, the days of ``retention`` and the parts of repeated
columns are read from the extract a second time.
"""

from __future__ import annotations

from migrate.evidence.raw_rows import RawBlock, extract_file, raw_block
from migrate.evidence.reconcile_scratch import Scratch
from migrate.evidence.reconcile_values import ReconcileInputs
from migrate.specs.mapping import Block
from migrate.specs.project import Retention
from migrate.store import sets
from migrate.store.sets import literal
from migrate.values import RECORD_ID

_YEAR = r"nullif(regexp_extract({}, '(18|19|20|21)\d\d'), '')"
_EARLIER = ("no_value", "no_partner", "left_out")
"""Rules that are asked before the declared ones: their units are not asked again."""


def raw_splits(scratch: Scratch, block: Block) -> int | None:
    """How many units more than rows the raw rows make; None when the extract is not there."""
    if block.unpivot is None:
        return 0
    raw = _raw(scratch.inputs, block)
    if raw is None:
        return None
    table = sets.parquet([extract_file(raw.plan, block.table)])
    labels = ", ".join(f"({literal(part)})" for part in block.unpivot.groups)
    units = f"(SELECT {RECORD_ID} AS record_id, part FROM {table}, (VALUES {labels}) p(part))"
    filled = " OR ".join(
        f"u.part = {literal(part)} AND {raw.text(column)} IS NOT NULL"
        for part, columns in block.unpivot.groups.items()
        for column in columns
    )
    return int(
        sets.scalar(
            scratch.connection,
            "SELECT coalesce(sum(greatest(n, 1) - 1), 0)::BIGINT FROM (SELECT u.record_id, "
            f"count_if({filled}) AS n {raw.source(units)} GROUP BY 1)",
        )
    )


def wrongly_excluded(scratch: Scratch, block: Block) -> tuple[int, int, int] | None:
    """(units that the raw rows exclude, of these not excluded, excluded for no reason).

    A day that cannot be read for certain is not held against anybody. None when the extract is
    not there.
    """
    units = (
        f"(SELECT * FROM units WHERE block = {literal(block.name)} AND gone = 0 AND stale = 0 "
        f"AND coalesce(rule, '') NOT IN ({', '.join(literal(rule) for rule in _EARLIER)}))"
    )
    done = "(role = 'excluded' AND coalesce(rule, '') IN ('exclude', 'retention'))"
    retention = [rule for rule in scratch.inputs.project.retention if rule.block == block.name]
    if not block.exclusions and not retention:
        lone = sets.scalar(scratch.connection, f"SELECT count_if({done}) FROM {units}")
        return 0, 0, int(lone or 0)
    raw = _raw(scratch.inputs, block)
    if raw is None:
        return None
    said = [raw.met(exclusion.condition) for exclusion in block.exclusions]
    said += [_is_old(scratch.inputs, raw, rule) for rule in retention]
    row = sets.run(
        scratch.connection,
        f"SELECT count_if(wanted), count_if(wanted AND NOT {done}), count_if(NOT wanted AND {done}) "
        f"FROM (SELECT u.role, u.rule, ({' OR '.join(said)}) AS wanted {raw.source(units)})",
    )[0]
    return int(row[0] or 0), int(row[1] or 0), int(row[2] or 0)


def _raw(inputs: ReconcileInputs, block: Block) -> RawBlock | None:
    corrected = tuple(inputs.corrections["column"].unique())
    return raw_block(inputs.connection, block, inputs.project, inputs.plan, corrected)


def _is_old(inputs: ReconcileInputs, raw: RawBlock, rule: Retention) -> str:
    """SQL: the raw day lies before the rule's; NULL where neither day nor year settles it."""
    text = raw.text(rule.column)
    given = inputs.decisions.get(f"{raw.block.table}.{rule.column} as date", {})
    order = str(given.get("order") or "")
    day = f"loose_date({text}, {literal(order)}, {literal(str(given.get('serials') or '1900'))})"
    year, first = _YEAR.format(text), literal(rule.before[:4])
    return (
        f"CASE WHEN {text} IS NULL THEN FALSE WHEN has_zone(loose_text({text})) THEN NULL "
        f"WHEN {day} IS NOT NULL THEN {day} < {literal(rule.before)} "
        f"WHEN {year} <> {first} THEN {year} < {first} END"
    )
