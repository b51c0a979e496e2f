"""Do converted amounts come out in the target, by the customer's rates and from the raw texts?

Rule R04. Amounts of one currency and one day have one rate: their sum is converted here a second
time, and may differ from the target's by what rounding each of them can make.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from migrate.evidence.loose_values import kind_of
from migrate.evidence.probes import declared, order_evidence, raw_probe
from migrate.evidence.raw_rows import RawBlock, raw_block
from migrate.evidence.reconcile_rules import amount, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import ReconcileInputs, RuleResult
from migrate.specs.mapping import Conversion, FieldMap
from migrate.specs.rates import RateTable
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.values import TargetField

_SCALE = 2  # of a field that does not say how many decimals it keeps
Row = tuple[str, str, str, str, str, str, str]


def r04(scratch: Scratch) -> RuleResult:
    """Converted amounts add up to the raw ones times the rate of their day."""
    rows: list[Row] = []
    compared, worst = 0, Decimal(0)
    gaps = list(scratch.gaps)
    asked = []
    for one in scratch.paired:
        for field_map in one.block.fields:
            if field_map.conversion is None:
                continue
            asked.append(one)
            red, count, unread = _field(scratch, one, field_map, field_map.conversion)
            rows += red
            compared += count
            worst = max([worst, *(abs(Decimal(row[6])) for row in red)])
            if unread:
                gaps.append(f"{unread} amounts of {field_map.field} that cannot be read here")
    if not asked:
        return outcome(
            "R04",
            expected="no amount converted",
            found="no amount converted",
            difference=0,
            is_met=True,
            text="The mapping converts no currencies: amounts are compared in their own.",
        )
    return outcome(
        "R04",
        expected=f"{compared} sums of a currency and a day within rounding",
        found=f"{compared - len(rows)} are",
        difference=amount(worst),
        is_met=not rows,
        header=("object", "field", "currency", "day", "source", "converted", "difference"),
        rows=rows,
        text="Raw amounts are converted a second time, sum by sum, by the rates of migration.yaml.",
        private=("source", "converted"),
        gaps=tuple(dict.fromkeys([*gaps, *not_compared(asked)])),
    )


def _field(
    scratch: Scratch, one: BlockScratch, field_map: FieldMap, conversion: Conversion
) -> tuple[list[Row], int, int]:
    """The sums that differ, how many were compared, and how many amounts could not be read."""
    inputs = scratch.inputs
    corrected = tuple(inputs.corrections["column"].unique())
    raw = raw_block(inputs.connection, one.block, inputs.project, inputs.plan, corrected)
    plain = dataclasses.replace(field_map, conversion=None)
    probe = raw_probe(inputs, raw, field_map.field, plain) if raw else None
    if raw is None or probe is None or probe.kind.name != "decimal":
        return [], 0, one.compared
    units = (
        f"(SELECT * FROM units WHERE block = {literal(one.block.name)} AND gone = 0 "
        "AND role = 'survivor')"
    )
    listed = (
        f"u.entity_id, {probe.raw} AS raw, {_code(raw, conversion)} AS code, "
        f"{_day(inputs, raw, conversion)} AS day"
    )
    held = quote(f"t:{field_map.field}")
    read = probe.kind.raw.replace("{}", "r.raw")
    groups = sets.run(
        inputs.connection,
        f"SELECT code, day, sum(({read})::DECIMAL(38, 10))::VARCHAR, count(raw), "
        f"sum(try_cast({held} AS DECIMAL(38, 10)))::VARCHAR, count({held}), "
        f"count_if(raw IS NOT NULL AND ({read}) IS NULL) "
        f"FROM (SELECT {listed} {raw.source(units)}) r "
        f"JOIN {one.pairs} p ON p.entity_id = r.entity_id WHERE p.is_ours AND NOT p.is_merged "
        "GROUP BY ALL ORDER BY 1, 2",
    )
    return _compared(inputs, one, field_map, conversion, groups, probe.field.scale)


def _compared(
    inputs: ReconcileInputs, one: BlockScratch, field_map: FieldMap, conversion: Conversion,
    groups: list[tuple[object, ...]], scale: int | None,
) -> tuple[list[Row], int, int]:  # fmt: skip
    rates = inputs.project.rates
    table = rates[conversion.rates] if conversion.rates else next(iter(rates.values()))
    half = Decimal(5).scaleb(-(_SCALE if scale is None else scale) - 1)
    red: list[Row] = []
    compared = unread = 0
    for code, day, source, many, found, present, unclear in groups:
        count = int(str(many))
        rate = _rate(table, conversion, str(code or ""), str(day or ""))
        if int(str(unclear)) or (count and not (code and (day or code == conversion.to))):
            unread += count if int(str(present)) else 0
            continue
        expected = Decimal(str(source or 0)) * rate if rate is not None else Decimal(0)
        difference = Decimal(str(found or 0)) - expected
        compared += 1
        if abs(difference) > half * max(count, 1):
            name = one.block.object
            red.append(
                (name, field_map.field, str(code or ""), str(day or ""), amount(Decimal(str(source or 0))),
                 amount(expected), amount(difference))
            )  # fmt: skip
    return red, compared, unread


def _rate(table: RateTable, conversion: Conversion, code: str, day: str) -> Decimal | None:
    if code == conversion.to:
        return Decimal(1)
    if not (code and day):
        return None
    return table.rate(code, conversion.to, day, conversion.within_days)


def _code(raw: RawBlock, conversion: Conversion) -> str:
    """SQL for the currency's code; a sign such as Kč is not read here."""
    if not conversion.column:
        return literal(conversion.currency)
    text = f"upper(outer_trim({raw.text(conversion.column)}))"
    return f"CASE WHEN regexp_full_match({text}, '[A-Z]{{3}}') THEN {text} END"


def _day(inputs: ReconcileInputs, raw: RawBlock, conversion: Conversion) -> str:
    """SQL for the day of the rate, read loosely."""
    if not conversion.date_column:
        return literal(conversion.date)
    field_map = FieldMap("day", columns=(conversion.date_column,), clean="date")
    field = TargetField("day", type="date")
    text = raw.text(conversion.date_column)
    options = {**declared(inputs, raw, field_map, field)}
    if not options.get("order"):
        options["order"] = order_evidence(inputs, raw, text)
    kind = kind_of(raw.block, field_map, field, options, inputs.project.locale)
    return kind.raw.replace("{}", text)
