"""Where in a block is each field measured: its raw text, and how that text is read here?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrate.evidence.loose_values import Kind, kind_of
from migrate.evidence.parent_keys import Parent, parent_of
from migrate.evidence.raw_rows import RawBlock
from migrate.evidence.reconcile_values import ReconcileInputs
from migrate.specs.mapping import FieldMap
from migrate.specs.project import ControlTotal
from migrate.store import sets
from migrate.store.sets import literal
from migrate.values import TargetField

_YEAR = Kind(
    "year",
    "coalesce(left(loose_date({}, 'dmy', '1900'), 4), "
    r"nullif(regexp_extract({}, '(18|19|20|21)\d\d'), ''))",
    "left({}, 4)",
)


@dataclass(frozen=True)
class Probe:
    """One field of a block, measured. ``is_total``: only for a control total (its own column);
    ``met``: SQL for whether the row meets the field's condition, "" where it has none."""

    name: str
    field: TargetField
    field_map: FieldMap
    kind: Kind
    raw: str
    parent: Parent | None = None
    is_total: bool = False
    met: str = ""

    @property
    def label(self) -> str:
        return self.field.label or self.field.name

    def reading(self, text: str, met: str = "") -> str:
        """SQL for the loose reading of a raw text; the mapping's default fills what is empty, and
        what it says otherwise stands where the condition (SQL in ``met``) is not."""
        if self.kind.is_opaque:
            return "NULL::TEXT"
        read = f"({self.kind.raw.replace('{}', text)})"
        if self.field_map.default:
            instead = self.present(literal(self.field_map.default))
            read = f"CASE WHEN {text} IS NULL THEN {instead} ELSE {read} END"
        if not met:
            return read
        other = self.field_map.otherwise
        return f"CASE WHEN {met} THEN {read} ELSE {self.present(literal(other)) if other else 'NULL'} END"

    def present(self, text: str) -> str:
        """SQL for the comparable form of what the target holds."""
        target = self.kind.target or "{}"
        return f"({target.replace('{}', text)})"


def block_probes(inputs: ReconcileInputs, raw: RawBlock) -> tuple[Probe, ...]:
    """The probes of a block: its mapped fields, then the columns of the control totals on it."""
    probes = []
    for field_map in raw.block.fields:
        probe = raw_probe(inputs, raw, field_map.field, field_map)
        if probe:
            probes.append(probe)
    for number, total in enumerate(inputs.project.totals):
        if total.block == raw.block.name:
            probes += _total_probes(inputs, raw, number, total)
    return tuple(probes)


def raw_probe(
    inputs: ReconcileInputs, raw: RawBlock, name: str, field_map: FieldMap
) -> Probe | None:
    target = inputs.schema.object(raw.block.object)
    field = target.field(field_map.field) if target else None
    if field is None:
        return None
    text = raw.field_text(field_map)
    met = raw.met(field_map.when) if field_map.when else ""
    if field_map.lookup:
        if met and field_map.otherwise:
            text = f"CASE WHEN {met} THEN {text} ELSE {literal(field_map.otherwise)} END"
        parent = parent_of(inputs, raw, name, field_map, text)
        return Probe(name, field, field_map, Kind("reference", "{}", "{}"), text, parent)
    if field.type == "reference":
        return Probe(name, field, field_map, Kind("opaque"), text, met=met)
    options = declared(inputs, raw, field_map, field)
    kind = kind_of(raw.block, field_map, field, options, inputs.project.locale)
    if kind.name == "decimal" and not options.get("decimal"):
        options = {**options, "decimal": _sign_evidence(inputs, raw, text)}
    elif kind.name in {"date", "datetime"} and not options.get("order"):
        options = {**options, "order": order_evidence(inputs, raw, text)}
    kind = kind_of(raw.block, field_map, field, options, inputs.project.locale)
    return Probe(name, field, field_map, kind, text, met=met)


def _total_probes(
    inputs: ReconcileInputs, raw: RawBlock, number: int, total: ControlTotal
) -> list[Probe]:
    probes = []
    if total.sum_column:
        options = {"decimal": total.decimal}
        column = FieldMap(
            total.sum_field, columns=(total.sum_column,), clean="decimal", options=options
        )
        probes.append(raw_probe(inputs, raw, f"#{number}.sum", column))
    mapped = {field_map.field: field_map for field_map in raw.block.fields}
    for place, by in enumerate(total.by):
        plain = FieldMap(by.field, columns=(by.column,))
        field_map = mapped.get(by.field, plain)
        if field_map.kind != "constant":
            field_map = dataclasses.replace(field_map, kind="columns", columns=(by.column,))
        probe = raw_probe(inputs, raw, f"#{number}.{place}", field_map)
        if probe and by.part == "year":
            probe = dataclasses.replace(probe, kind=_YEAR)
        elif probe and probe.kind.is_opaque and not probe.parent:
            probe = dataclasses.replace(
                probe, kind=Kind("text", "loose_text({})", "loose_text({})")
            )
        probes.append(probe)
    return [dataclasses.replace(probe, is_total=True) for probe in probes if probe]


def declared(
    inputs: ReconcileInputs, raw: RawBlock, field_map: FieldMap, field: TargetField
) -> Mapping[str, Any]:
    """What people said about the column: the mapping's options, over what they wrote in
    reading.yaml, over what a control total says of its decimal sign."""
    cleaner = field_map.clean or field.type
    name = f"{raw.block.table}.{'+'.join(field_map.columns)} as {cleaner}"
    signs = {t.sum_column: t.decimal for t in inputs.project.totals if t.block == raw.block.name}
    sign = next((signs[c] for c in field_map.columns if c in signs), "")
    said = {"decimal": sign} if sign else {}
    return {**said, **inputs.decisions.get(name, {}), **field_map.options}


def _sign_evidence(inputs: ReconcileInputs, raw: RawBlock, text: str) -> str:
    """The decimal sign that some value of the column proves; "" when none does."""
    point, comma = _counts(
        inputs,
        raw,
        text,
        r"regexp_matches(v, '\.(\d{1,2}|\d{4,})\D*$')",
        r"regexp_matches(v, ',(\d{1,2}|\d{4,})\D*$')",
    )
    return "." if point else "," if comma else ""


def order_evidence(inputs: ReconcileInputs, raw: RawBlock, text: str) -> str:
    """The order that some value of the column proves; "any" when the values disagree."""
    first, second = (
        "try_cast(year_last(one_line(v)).a AS INT)",
        "try_cast(year_last(one_line(v)).b AS INT)",
    )
    day_first, month_first = _counts(
        inputs, raw, text, f"{first} > 12 AND {second} <= 12", f"{second} > 12 AND {first} <= 12"
    )
    if day_first and month_first:
        return "any"
    return "dmy" if day_first else "mdy" if month_first else ""


def _counts(
    inputs: ReconcileInputs, raw: RawBlock, text: str, one: str, other: str
) -> tuple[int, int]:
    units = f"(SELECT * FROM units WHERE block = {literal(raw.block.name)} AND gone = 0)"
    rows = sets.run(
        inputs.connection,
        f"SELECT count_if({one}), count_if({other}) FROM (SELECT DISTINCT {text} AS v "
        f"{raw.source(units)})",
    )
    return int(rows[0][0] or 0), int(rows[0][1] or 0)
