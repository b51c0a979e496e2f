"""Who is the parent of each unit: symbolic references become the parent's external id, set-wise.

Works on four scratch tables: ``parent_keys (block, key, external_id)`` with one row for each unit
that a lookup may find, ``refused (external_id, role)`` with the units that will not reach the
target, and the canonical files. A reference that leads nowhere is a problem, never a silent gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from migrate.specs.mapping import Block, FieldMap, Lookup, MappingSpec
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.transform.fields import BLOCKS_SUFFIX, FOLDED_SUFFIX
from migrate.transform.keys import distinct_key, normal_key
from migrate.transform.noting import PROBLEM_COLUMNS
from migrate.values import EXTERNAL_ID, KEY, PART, RECORD_ID, ROLE

OBJECT_SUFFIX = "@object"
"""Beside a reference: the object of the parent (what a polymorphic type field must say)."""

_HIDDEN = (BLOCKS_SUFFIX, FOLDED_SUFFIX)

_REASONS = {
    "orphan": "points to {label}, and the source holds no such parent",
    "parent_excluded": "points to {label} that is not migrated",
    "parent_quarantined": "points to {label} that waits in quarantine",
}


def create_tables(connection: sets.Connection) -> None:
    """The empty scratch tables of the relations."""
    sets.run(connection, "CREATE TABLE parent_keys (block TEXT, key TEXT, external_id TEXT)")
    sets.run(connection, "CREATE TABLE refused (external_id TEXT, role TEXT)")


def add_parent_keys(connection: sets.Connection, block: Block, canonical: Path) -> None:
    """Let lookups find this block's units by key (of several parts: the first)."""
    sets.run(
        connection,
        f"INSERT INTO parent_keys SELECT {literal(block.name)}, {KEY}, "
        f"arg_min({EXTERNAL_ID}, {PART}) FROM {sets.parquet([canonical])} "
        f"WHERE {KEY} IS NOT NULL GROUP BY {KEY}",
    )


def add_alternative_keys(
    connection: sets.Connection, block: Block, lookup: Lookup, canonical: Path, extract: Path
) -> None:
    """Let lookups find this block's units by another column of its table (``by:``).

    A text that two records share finds neither: choosing one would be a guess.
    """
    key = padded(f"nfc_normalize(trim(t.{quote(lookup.by)}))", lookup.digits)
    sets.run(
        connection,
        f"INSERT INTO parent_keys SELECT {literal(_by(block.name, lookup))}, {key}, "
        f"min(c.{EXTERNAL_ID}) FROM {sets.parquet([extract])} t "
        f"JOIN {sets.parquet([canonical])} c ON c.{RECORD_ID} = t.{RECORD_ID} "
        f"WHERE {key} <> '' GROUP BY ALL HAVING count(DISTINCT c.{EXTERNAL_ID}) = 1",
    )


def note_refused(connection: sets.Connection, object: str) -> None:
    """Bring ``refused`` up to date for the units of one object (table ``units``)."""
    sets.run(
        connection,
        "INSERT INTO refused SELECT external_id, min(role) FROM units "
        f"WHERE object = {literal(object)} AND external_id IS NOT NULL "
        "GROUP BY external_id HAVING bool_and(role IN ('excluded', 'quarantined'))",
    )


def resolve(
    connection: sets.Connection,
    block: Block,
    canonical: Path,
    resolved: Path,
    *,
    mapping: MappingSpec,
    key_digits: Mapping[str, int],
    deferred: Iterable[str] = (),
) -> pd.DataFrame:
    """Write the canonical file again with every reference resolved; the answer is its problems.

    Each lookup field then holds the parent unit's external id (missing where there is none) and
    has ``<field>@object`` beside it. Fields in ``deferred`` do not ask whether the parent was
    refused: that is not known yet. ``key_digits``: source table -> digits that its keys have.
    """
    lookups = [field for field in block.fields if field.lookup]
    late = set(deferred)
    joins: list[str] = []
    columns: list[str] = []
    for number, field in enumerate(lookups):
        found = _join_candidates(field, number, joins, mapping, key_digits)
        columns += _resolved_columns(
            connection, field, number, found, joins, mapping, key_digits, late
        )
    names = [field.field for field in lookups]
    held = {str(r[0]) for r in sets.run(connection, f"DESCRIBE FROM {sets.parquet([canonical])}")}
    hidden = [n + suffix for n in names for suffix in _HIDDEN if n + suffix in held]
    replaced = ", ".join(quote(name) for name in (*names, *hidden))
    rest = f"c.* EXCLUDE ({replaced})" if replaced else "c.*"
    everything = ", ".join([rest, *columns])
    query = f"SELECT {everything} FROM {sets.parquet([canonical])} c {' '.join(joins)}"
    sets.run(connection, f"CREATE OR REPLACE TABLE resolving AS {query}")
    problems = [_problems(connection, field, mapping) for field in lookups]
    keep = ", ".join(quote(name + "@problem") for name in names)
    listed = f"* EXCLUDE ({keep})" if keep else "*"
    sets.copy_to(connection, f"SELECT {listed} FROM resolving", resolved)
    sets.run(connection, "DROP TABLE resolving")
    found_problems = [problem for problem in problems if len(problem)]
    if not found_problems:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in PROBLEM_COLUMNS}).astype(
            {RECORD_ID: "int64"}
        )
    return pd.concat(found_problems, ignore_index=True)


def padded(key: str, digits: int) -> str:
    """A SQL expression for a key with the leading zeros that a spreadsheet lost.

    >>> padded("k", 0)
    'k'
    """
    if not digits:
        return key
    return (
        f"CASE WHEN regexp_full_match({key}, '[0-9]{{1,{digits}}}') "
        f"THEN lpad({key}, {digits}, '0') ELSE {key} END"
    )


def _join_candidates(
    field: FieldMap, number: int, joins: list[str], mapping: MappingSpec,
    key_digits: Mapping[str, int],
) -> list[tuple[str, str]]:  # fmt: skip
    """Join each candidate block's keys; the answer is (alias, block) in order of preference."""
    lookup = field.lookup
    assert lookup is not None
    found = []
    for place, name in enumerate(lookup.all_blocks):
        alias = f"p{number}_{place}"
        block = _by(name, lookup) if lookup.by else name
        key = _child_key(field, name, mapping, key_digits)
        condition = f"{alias}.block = {literal(block)} AND {alias}.key = {key}"
        if lookup.type_column:
            candidates = f"c.{quote(field.field + BLOCKS_SUFFIX)}"
            condition += f" AND list_contains(string_split({candidates}, '|'), {literal(name)})"
        joins.append(f"LEFT JOIN parent_keys {alias} ON {condition}")
        found.append((alias, name))
    return found


def _child_key(
    field: FieldMap, parent: str, mapping: MappingSpec, key_digits: Mapping[str, int]
) -> str:
    """The child's key, in the way in which this parent block writes its own."""
    assert field.lookup is not None
    block = mapping.block(parent)
    plain = f"c.{quote(field.field)}"
    if field.lookup.by:
        return padded(plain, field.lookup.digits)
    if block is None:
        return plain
    if block.distinct:
        return f"c.{quote(field.field + FOLDED_SUFFIX)}"
    return padded(plain, key_digits.get(block.table, 0))


def _resolved_columns(
    connection: sets.Connection, field: FieldMap, number: int, found: list[tuple[str, str]],
    joins: list[str], mapping: MappingSpec, key_digits: Mapping[str, int], late: set[str],
) -> list[str]:  # fmt: skip
    lookup = field.lookup
    assert lookup is not None
    reference = f"coalesce({', '.join(f'{alias}.external_id' for alias, _ in found)})"
    cases = []
    for alias, name in found:
        block = mapping.block(name)
        object_name = literal(block.object if block else "")
        cases.append(f"WHEN {alias}.external_id IS NOT NULL THEN {object_name}")
    parent_object = f"CASE {' '.join(cases)} END"
    refused = f"r{number}"
    joins.append(f"LEFT JOIN refused {refused} ON {refused}.external_id = {reference}")
    filled = f"c.{quote(field.field)} IS NOT NULL AND c.{ROLE} = ''"
    is_refused = "FALSE" if field.field in late else f"{refused}.role IS NOT NULL"
    problem = (
        f"CASE WHEN NOT ({filled}) THEN NULL WHEN {reference} IS NULL THEN 'orphan' "
        f"WHEN {is_refused} THEN 'parent_' || {refused}.role END"
    )
    default, default_object = _default(connection, lookup, mapping, key_digits)
    usable = f"CASE WHEN {problem} IS NULL THEN {{good}} ELSE {{instead}} END"
    name = field.field
    return [
        usable.format(good=reference, instead=default) + f" AS {quote(name)}",
        usable.format(good=parent_object, instead=default_object)
        + f" AS {quote(name + OBJECT_SUFFIX)}",
        f"{problem} AS {quote(name + '@problem')}",
    ]


def _default(
    connection: sets.Connection, lookup: Lookup, mapping: MappingSpec,
    key_digits: Mapping[str, int],
) -> tuple[str, str]:  # fmt: skip
    """The parent that stands in, as two SQL literals (external id, object), NULL without one."""
    given = pd.DataFrame({"key": [lookup.default]}, dtype="str")
    for name in lookup.all_blocks if lookup.default else ():
        block = mapping.block(name)
        digits = lookup.digits if lookup.by else key_digits.get(block.table if block else "", 0)
        folded = block is not None and block.distinct and not lookup.by
        keys = distinct_key(given, ["key"]) if folded else normal_key(given["key"], digits=digits)
        rows = sets.run(
            connection,
            "SELECT p.external_id FROM parent_keys p LEFT JOIN refused r USING (external_id) "
            f"WHERE p.block = {literal(_by(name, lookup) if lookup.by else name)} "
            f"AND p.key = {literal(str(keys[0]))} AND r.role IS NULL",
        )
        if rows and block:
            return literal(rows[0][0]), literal(block.object)
    return "NULL", "NULL"


def _problems(connection: sets.Connection, field: FieldMap, mapping: MappingSpec) -> pd.DataFrame:
    """The units whose reference did not come out as written, with what happens to them."""
    lookup = field.lookup
    assert lookup is not None
    problem = quote(field.field + "@problem")
    found = sets.frame(
        connection,
        f"SELECT {RECORD_ID}, {PART} AS part, {problem} AS code, {quote(field.field)} AS reference "
        f"FROM resolving WHERE {problem} IS NOT NULL",
    )
    if found.empty:
        return found
    parents = " or ".join(lookup.all_blocks)
    replaced = found["reference"].notna()
    quarantined = ~replaced & (lookup.orphan == "quarantine")
    outcome = pd.Series("; the record is loaded without it", index=found.index, dtype="str")
    outcome = outcome.where(~replaced, f"; {lookup.default} stands in")
    outcome = outcome.where(~quarantined, "; the record waits in quarantine")
    label = f"a record of {parents}"
    message = found["code"].map({k: v.format(label=label) for k, v in _REASONS.items()})
    frame = found[[RECORD_ID, "part", "code"]].copy()
    frame["severity"] = pd.Series("warning", index=found.index, dtype="str").where(
        ~quarantined, "error"
    )
    frame["field"] = field.field
    frame["column"] = field.columns[0] if field.columns else ""
    frame["value"] = pd.Series(None, index=found.index, dtype="str")
    frame["message"] = f"{field.field} " + message + outcome
    frame["hint"] = "add the parent to the source, correct the value, or set `orphan: blank`"
    return frame.astype({name: "str" for name in PROBLEM_COLUMNS if name != RECORD_ID})


def parent_cycles(
    connection: sets.Connection, entities: Path, object: str, field: str
) -> list[list[str]]:
    """The circles among an object's records that a reference to its own kind makes."""
    pairs = sets.frame(
        connection,
        f"SELECT external_id AS child, {quote(field)} AS parent FROM {sets.parquet([entities])} "
        f"WHERE {quote(field + OBJECT_SUFFIX)} = {literal(object)}",
    )
    # whoever is nobody's parent is in no circle: of a million records few are left
    while len(pairs):
        kept = pairs[pairs["child"].isin(pairs["parent"]) & pairs["parent"].isin(pairs["child"])]
        if len(kept) == len(pairs):
            break
        pairs = kept
    return cycles(dict(zip(pairs["child"], pairs["parent"], strict=True)))


def cycles(parents: Mapping[str, str]) -> list[list[str]]:
    """The cycles of a self reference (child -> parent), each starting with its smallest member.

    >>> cycles({"a": "b", "b": "c", "c": "a", "d": "a"})
    [['a', 'b', 'c']]
    """
    names = sorted(set(parents) | set(parents.values()))
    place = {name: number for number, name in enumerate(names)}
    step = np.arange(len(names))
    for child, parent in parents.items():
        step[place[child]] = place[parent]
    reached = step.copy()
    for _ in range(max(1, len(names).bit_length())):
        reached = reached[reached]  # after 2^k steps only members of cycles (or roots) remain
    found: list[list[str]] = []
    seen: set[int] = set()
    for start in sorted(set(reached.tolist())):
        if start in seen or names[start] not in parents:
            continue
        cycle, at = [], start
        while at not in seen:
            seen.add(at)
            cycle.append(names[at])
            at = int(step[at])
        found.append(cycle)
    return found


def _by(block: str, lookup: Lookup) -> str:
    """The name in ``parent_keys`` of a block's units under another column, read in one way."""
    return f"{block}@{lookup.by}@{lookup.digits}"
