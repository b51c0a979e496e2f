"""What each target field of a batch of units holds, and what could not be read.

The policy (keep, blank, quarantine) stands here once: cleaners only say what they found.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.cleaners import CANONICAL, CLEANERS, DECIDERS
from migrate.specs.mapping import Block, FieldMap, MappingSpec, Policy
from migrate.specs.rates import RateTable
from migrate.transform.canonical import DEFAULT_CLEANERS, beyond_scale, canonical
from migrate.transform.combinations import combined
from migrate.transform.conditions import meets
from migrate.transform.currencies import converted
from migrate.transform.keys import distinct_key, normal_key
from migrate.transform.noting import (
    incomparable_rows,
    no_problems,
    problem_rows,
)
from migrate.transform.origins import exploded, origin, put_together
from migrate.values import (
    SUGGESTED,
    UNREADABLE,
    Cleaned,
    Decision,
    Evidence,
    TargetField,
    TargetObject,
)

BLOCKS_SUFFIX = "@blocks"
"""Beside a polymorphic reference: the candidate blocks of each row's parent, joined with ``|``."""

FOLDED_SUFFIX = "@folded"
"""Beside a reference that may lead to a derived parent: its key as derived parents have theirs."""


@dataclass(frozen=True)
class Mapped:
    """``fields``: one column for each mapped field (references still hold the parent's key);
    ``problems``: PROBLEM_COLUMNS, severity "error" where the unit must go to quarantine;
    ``changes``: rule -> how many values it changed."""

    fields: pd.DataFrame
    problems: pd.DataFrame
    changes: Mapping[str, int]


COMPUTED = frozenset({"expression", "python"})
"""Origins whose texts are no column's: they are in canonical form, or in none that evidence knows."""


def cleaner_of(field_map: FieldMap, field: TargetField) -> str:
    """The cleaner of a mapped field: its own, or the one its type cannot do without."""
    if field_map.lookup or field_map.combinations:
        return ""
    if field_map.clean:
        return field_map.clean
    if field_map.values:
        return "picklist"
    return DEFAULT_CLEANERS.get(field.type, "") if field_map.kind == "columns" else ""


def decision_name(block: Block, field_map: FieldMap, cleaner: str) -> str:
    """Under which name the decision about a column stands in reading.yaml."""
    return f"{block.table}.{'+'.join(field_map.columns)} as {cleaner}"


def date_decision_name(block: Block, column: str) -> str:
    """Under which name it stands there how a column is read that only says the day of a rate."""
    return decision_name(block, FieldMap(column, columns=(column,)), "date")


def decide(
    cleaner: str, evidence_values: Sequence[tuple[str, int]], *, locale: str, region: str,
    options: Mapping[str, Any],
) -> Decision:  # fmt: skip
    """How a column is read, from its distinct values with their counts."""
    module, _, function = DECIDERS[cleaner].partition(":")
    evidence = Evidence(
        values=[value for value, _ in evidence_values],
        counts=[count for _, count in evidence_values],
        locale=locale,
        region=region,
        options=options,
    )
    decision: Decision = getattr(importlib.import_module(module), function)(evidence)
    return decision


def clean_column(
    cleaner: str, values: pd.Series, decision: Decision, companions: pd.DataFrame | None = None
) -> Cleaned:
    """Clean one column by a cleaner's registered name.

    >>> clean_column("boolean", pd.Series(["yes", "no"], dtype="str"), {}).columns["value"].tolist()
    ['true', 'false']
    """
    module, _, function = CLEANERS[cleaner].partition(":")
    cleaned: Cleaned = getattr(importlib.import_module(module), function)(
        values, companions=companions, decision=decision
    )
    return cleaned


def map_fields(
    units: pd.DataFrame,
    block: Block,
    target: TargetObject,
    *,
    mapping: MappingSpec,
    decisions: Mapping[str, Decision],
    rates: Mapping[str, RateTable] | None = None,
    folder: Path | None = None,
) -> Mapped:
    """Map the units of a batch (all of them meant to go on) to the fields of the target object.

    ``rates`` are the tables that amounts are converted by, ``folder`` is where functions of the
    customer's own stand.
    """
    columns: dict[str, pd.Series] = {}
    problems: list[pd.DataFrame] = [*incomparable_rows(units, block)]
    changes: dict[str, int] = {}
    cleaned: dict[str, Cleaned] = {}
    for field_map in block.fields:
        field = target.field(field_map.field)
        if field is None:
            continue
        met = meets(units, field_map.when) if field_map.when else None
        rows = units if met is None else units[met]
        if field_map.lookup:
            columns.update(_lookup(units, rows, field_map, mapping, problems, folder))
            continue
        raw = origin(rows, field_map, problems, folder=folder)
        parts, texts = (rows, raw)
        if field_map.split and field_map.split.is_all:
            parts, texts = exploded(rows, raw, field_map.split)
        values = _made(
            parts,
            texts,
            field_map,
            field,
            block,
            decisions,
            cleaned,
            changes,
            problems,
            rates or {},
        )
        if parts is not rows:
            values = put_together(values, parts, rows)
        if field_map.default:
            values = values.fillna(field_map.default)
        if met is not None:
            values = values.reindex(units.index)
            raw = raw.reindex(units.index)
            if field_map.otherwise:
                values = values.where(met, field_map.otherwise)
        columns[field_map.field] = _canonical(units, values, raw, field_map, field, problems)
    found = [problem for problem in problems if len(problem)]
    return Mapped(
        fields=pd.DataFrame(columns, index=units.index),
        problems=pd.concat(found, ignore_index=True) if found else no_problems(),
        changes=changes,
    )


def _made(
    rows: pd.DataFrame, texts: pd.Series, field_map: FieldMap, field: TargetField, block: Block,
    decisions: Mapping[str, Decision], cleaned: dict[str, Cleaned], changes: dict[str, int],
    problems: list[pd.DataFrame], rates: Mapping[str, RateTable],
) -> pd.Series:  # fmt: skip
    """What the field's texts become: cleaned and translated, combined with others, converted."""
    if field_map.combinations:
        return combined(rows, texts, field_map, field_map.combinations, problems)
    name = cleaner_of(field_map, field)
    values = texts
    if name:
        values = _clean(rows, texts, field_map, name, block, decisions, cleaned, changes, problems)
    conversion = field_map.conversion
    if conversion is None:
        return values
    days = pd.Series(conversion.date or None, index=rows.index, dtype="str")
    if conversion.date_column:
        decision = decisions.get(date_decision_name(block, conversion.date_column), {})
        read = clean_column("date", rows[conversion.date_column], decision)
        days = read.columns["value"].where(read.status != UNREADABLE)
    return converted(rows, values, days, field_map, field, rates, problems)


def _canonical(
    units: pd.DataFrame, values: pd.Series, raw: pd.Series, field_map: FieldMap,
    field: TargetField, problems: list[pd.DataFrame],
) -> pd.Series:  # fmt: skip
    """The values in the one form of the field's type; what has none is a problem."""
    values, bad = canonical(values, field)
    if field.type == "decimal" and field.scale is not None:
        cut = beyond_scale(values, field.scale)
        if cut.any():
            problems.append(
                problem_rows(
                    units,
                    cut,
                    raw,
                    field_map,
                    "too_many_decimals",
                    "error",
                    f"{field.name} keeps {field.scale} decimals; nothing is rounded unseen",
                    "round the value in the quarantine workbook",
                )
            )
    if bad.any():
        problems.append(
            problem_rows(
                units,
                bad,
                raw,
                field_map,
                f"not_{field.type}",
                "error",
                f"the text is no {field.type} as {field.name} needs it",
                f"add `clean: {DEFAULT_CLEANERS.get(field.type, field.type)}` to the field, "
                "or correct the value in the quarantine workbook",
            )
        )
    return values


def _clean(
    units: pd.DataFrame, values: pd.Series, field_map: FieldMap, name: str, block: Block,
    decisions: Mapping[str, Decision], cache: dict[str, Cleaned], changes: dict[str, int],
    problems: list[pd.DataFrame],
) -> pd.Series:  # fmt: skip
    decision = dict(decisions.get(decision_name(block, field_map, name), {}))
    if name == "picklist":
        decision["values"] = dict(field_map.values)
    if field_map.kind in COMPUTED and name != "picklist":
        # how the source writes its numbers says nothing about what was computed from them
        said = dict(field_map.options)
        decision = {**decide(name, [], locale="", region="", options=said)}
        decision |= {key: v for key, v in CANONICAL.get(name, {}).items() if key not in said}
    text = (field_map.kind, field_map.columns, field_map.separator, field_map.template)
    more = (field_map.when, field_map.split, field_map.expression, field_map.function)
    recipe = json.dumps(
        [*text, *map(repr, more), field_map.constant, name, decision, dict(field_map.companions)],
        sort_keys=True,
        default=str,
    )
    is_first = recipe not in cache
    if is_first:
        companions = None
        if field_map.companions:
            pairs = field_map.companions.items()
            companions = pd.DataFrame({label: units[column] for label, column in pairs})
        cache[recipe] = clean_column(name, values, decision, companions)
    found = cache[recipe]
    if field_map.part not in found.columns:
        result = pd.Series(None, index=units.index, dtype="str")
    else:
        result = found.columns[field_map.part]
    if is_first:
        counts = found.rule[found.status == "changed"].value_counts()
        for rule, count in counts.items():
            label = f"{name}: {rule}"
            changes[label] = changes.get(label, 0) + int(count)
        _note_suggestions(units, values, found, field_map, problems)
    unreadable = found.status == UNREADABLE
    if unreadable.any():
        picklist = name == "picklist"
        policy = field_map.unmapped if picklist else field_map.on_unreadable
        if is_first or policy == "quarantine":
            problems.append(_unreadable(units, values, found, unreadable, field_map, name, policy))
        if policy == "keep":
            result = result.where(~unreadable, values)
        else:
            result = result.where(~unreadable)
    if field_map.values and name != "picklist":
        result = _translate(units, result, field_map, problems)
    return result


def _translate(
    units: pd.DataFrame, values: pd.Series, field_map: FieldMap, problems: list[pd.DataFrame]
) -> pd.Series:
    """Old value -> new value after another cleaner has been at work."""
    table = {old.strip().casefold(): new for old, new in field_map.values.items()}
    mapped = values.str.strip().str.casefold().map(table).astype("str")
    missing = values.notna() & mapped.isna()
    if missing.any():
        problems.append(
            problem_rows(
                units,
                missing,
                values,
                field_map,
                "unmapped_value",
                "error" if field_map.unmapped == "quarantine" else "warning",
                f"the value has no counterpart in {field_map.field}",
                f"add it to `values:` of {field_map.field} ({field_map.where})",
            )
        )
    return mapped.where(~missing, values) if field_map.unmapped == "keep" else mapped


def _unreadable(
    units: pd.DataFrame, raw: pd.Series, found: Cleaned, mask: pd.Series, field_map: FieldMap,
    cleaner: str, policy: Policy,
) -> pd.DataFrame:  # fmt: skip
    outcome = {
        "keep": "the text is kept as it is",
        "blank": "the field stays empty, the original is in the archive of issues",
        "quarantine": "the record waits in quarantine",
    }[policy]
    if cleaner == "picklist":
        hint = f"add the value to `values:` of {field_map.field} ({field_map.where})"
    else:
        hint = "correct the value in the quarantine workbook"
    frame = problem_rows(
        units, mask, raw, field_map, "", "error" if policy == "quarantine" else "warning",
        f"cannot be read as {cleaner}: {outcome}", hint,
    )  # fmt: skip
    frame["code"] = found.rule[mask].fillna(f"not_{cleaner}").to_numpy()
    return frame


def _note_suggestions(
    units: pd.DataFrame, raw: pd.Series, found: Cleaned, field_map: FieldMap,
    problems: list[pd.DataFrame],
) -> None:  # fmt: skip
    mask = found.status == SUGGESTED
    if not mask.any():
        return
    frame = problem_rows(
        units, mask, raw, field_map, "", "warning",
        "looks wrong; it is loaded as it is until somebody decides",
        "correct it in the source, or in the CRM after the load",
    )  # fmt: skip
    frame["code"] = found.rule[mask].to_numpy()
    problems.append(frame)


def _lookup(
    units: pd.DataFrame, rows: pd.DataFrame, field_map: FieldMap, mapping: MappingSpec,
    problems: list[pd.DataFrame], folder: Path | None,
) -> dict[str, pd.Series]:  # fmt: skip
    """The parent's key as text, as the child writes it (each candidate block reads it in the way
    of its own keys); for a polymorphic reference also the candidate blocks. ``rows`` are the units
    that meet the field's condition; the others refer to what ``else`` says."""
    lookup = field_map.lookup
    assert lookup is not None
    raw = origin(rows, field_map, problems, folder=folder).reindex(units.index)
    if field_map.otherwise:
        raw = raw.where(units.index.isin(rows.index), field_map.otherwise)
    blocks = [mapping.block(name) for name in lookup.all_blocks]
    parents = [block for block in blocks if block is not None]
    columns = {field_map.field: normal_key(raw)}
    key = columns[field_map.field]
    if any(parent.distinct for parent in parents):
        columns[field_map.field + FOLDED_SUFFIX] = distinct_key(raw.to_frame("key"), ["key"])
    if not lookup.type_column:
        return columns
    kinds = units[lookup.type_column].str.strip().str.casefold()
    table = {text.strip().casefold(): "|".join(names) for text, names in lookup.cases.items()}
    candidates = kinds.map(table).astype("str")
    unknown = key.notna() & candidates.isna()
    if unknown.any():
        problems.append(
            problem_rows(
                units,
                unknown,
                units[lookup.type_column],
                field_map,
                "unknown_parent_type",
                "error",
                f"{field_map.field} says which table its parent is in, and this is none "
                f"of {', '.join(lookup.cases)}",
                f"add the type to `cases:` of {field_map.field} ({field_map.where})",
            )
        )
    return columns | {field_map.field + BLOCKS_SUFFIX: candidates}
