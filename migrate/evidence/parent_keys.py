"""Which record of the target does a raw parent key lead to?

From the raw key over the ledger's units to the surviving entity and the record found in the
target: nothing of the transform's references is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.evidence.raw_rows import RawBlock, extract_file, table_spec
from migrate.evidence.reconcile_values import ReconcileInputs
from migrate.specs.mapping import FieldMap
from migrate.store import sets
from migrate.store.ledger import IN_TARGET
from migrate.store.sets import literal, quote
from migrate.values import RECORD_ID, RECORD_KEY


@dataclass(frozen=True)
class Parent:
    """SQL pieces that lead from a raw key to the parent.

    ``keys``: columns to take from the raw row; ``joins`` then find the parent; ``target_id`` is
    the record that the target must show, ``state`` survivor, merged, default, refused (the parent
    is not migrated), absent (the source holds no such parent) or not loaded.
    """

    keys: Mapping[str, str]
    joins: tuple[str, ...]
    target_id: str
    state: str


def add_parent_keys(
    connection: sets.Connection, inputs: ReconcileInputs, raws: Mapping[str, RawBlock]
) -> None:
    """Table ``parent_keys``: for each block that is looked up, key -> target id and state."""
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE parent_keys "
        "(block TEXT, by_column TEXT, key TEXT, target_id TEXT, state TEXT)",
    )
    wanted = {
        (name, field.lookup.by, field.lookup.digits)
        for block in inputs.mapping.blocks
        for field in block.fields
        if field.lookup
        for name in field.lookup.all_blocks
    }
    for name, by_column, digits in sorted(wanted):
        if name not in raws:
            continue
        raw = raws[name]
        units = f"(SELECT * FROM units WHERE block = {literal(name)} AND gone = 0)"
        if by_column:
            query = _by_column(raw, by_column, digits, units)
        elif raw.block.distinct:
            texts = ", '|', ".join(f"outer_trim({raw.text(c)})" for c in raw.block.distinct)
            query = f"SELECT lower(concat({texts})) AS key, u.* {raw.source(units)}"
        else:
            table = sets.parquet([extract_file(raw.plan, raw.block.table)])
            query = (
                f"SELECT t.{RECORD_KEY} AS key, u.* FROM {units} u "
                f"JOIN {table} t ON t.{RECORD_ID} = u.record_id"
            )
        states = ", ".join(literal(state) for state in IN_TARGET)
        sets.run(
            connection,
            f"INSERT INTO parent_keys SELECT {literal(name)}, {literal(_way(by_column, digits))}, key, "
            "f.target_id, CASE WHEN k.role NOT IN ('survivor', 'merged') OR k.entity_id IS NULL "
            f"THEN 'refused' WHEN e.state IN ({states}) AND f.target_id IS NOT NULL THEN k.role "
            "ELSE 'not loaded' END FROM (SELECT * FROM "
            f"({query}) WHERE key <> '' QUALIFY row_number() OVER (PARTITION BY key "
            "ORDER BY part, role NOT IN ('survivor', 'merged'), role <> 'survivor', record_id) = 1"
            ") k LEFT JOIN entities e ON e.entity_id = k.entity_id "
            "LEFT JOIN found f ON f.entity_id = k.entity_id AND f.is_first",
        )


def _way(by_column: str, digits: int) -> str:
    """By which column, and read with how many digits, parents are looked up."""
    return f"{by_column}/{digits}" if digits else by_column


def _padded(key: str, digits: int) -> str:
    if not digits:
        return key
    return (
        f"CASE WHEN regexp_full_match({key}, '\\d{{1,{digits}}}') "
        f"THEN lpad({key}, {digits}, '0') ELSE {key} END"
    )


def _by_column(raw: RawBlock, column: str, digits: int, units: str) -> str:
    """A text that two records share finds neither."""
    key = _padded(f"outer_trim({raw.text(column)})", digits)
    return (
        f"SELECT {key} AS key, u.* {raw.source(units)} QUALIFY min(u.record_id) OVER (PARTITION BY "
        f"{key}) = max(u.record_id) OVER (PARTITION BY {key})"
    )


def parent_of(
    inputs: ReconcileInputs, raw: RawBlock, name: str, field_map: FieldMap, text: str
) -> Parent:
    """How the parent behind this field is found; ``name`` makes the columns unique."""
    lookup = field_map.lookup
    assert lookup is not None
    key_column, case_column = quote(f"k:{name}"), quote(f"c:{name}")
    keys = {f"k:{name}": f"nullif(outer_trim(nfc_normalize({text})), '')"}
    if lookup.type_column:
        keys[f"c:{name}"] = f"loose_text({raw.text(lookup.type_column)})"
    joins, hits = [], []
    for number, candidate in enumerate(lookup.all_blocks):
        alias = quote(f"{name}/{number}")
        block = inputs.mapping.block(candidate)
        # trimmed, NFC, lost zeros given back: each parent's table has its own number of digits
        digits = table_spec(inputs.project, block.table).key_digits if block else 0
        key = _padded(f"u.{key_column}", lookup.digits if lookup.by else digits)
        key = f"lower({key})" if block and block.distinct else key
        on = (
            f"{alias}.block = {literal(candidate)} AND {alias}.by_column = "
            f"{literal(_way(lookup.by, lookup.digits))} AND {alias}.key = {key}"
        )
        if lookup.type_column:
            cases = [
                t.strip().casefold() for t, names in lookup.cases.items() if candidate in names
            ]
            on += f" AND u.{case_column} IN ({', '.join(literal(c) for c in cases)})"
        joins.append(f"LEFT JOIN parent_keys {alias} ON {on}")
        hits.append(alias)
    state = f"coalesce({', '.join(f'{alias}.state' for alias in hits)}, 'absent')"
    target = " ".join(
        f"WHEN {alias}.state IS NOT NULL THEN {alias}.target_id" for alias in hits
    )  # the first block that knows the key
    default_id, default_state = "NULL", "NULL"
    if lookup.default:
        for number, candidate in enumerate(lookup.all_blocks):
            alias = quote(f"{name}/default/{number}")
            joins.append(
                f"LEFT JOIN parent_keys {alias} ON {alias}.block = {literal(candidate)} AND "
                f"{alias}.by_column = {literal(_way(lookup.by, lookup.digits))} AND {alias}.key = "
                f"{literal(lookup.default)} AND {alias}.state IN ('survivor', 'merged')"
            )
        stand_ins = [quote(f"{name}/default/{n}") for n in range(len(lookup.all_blocks))]
        default_id = f"coalesce({', '.join(f'{alias}.target_id' for alias in stand_ins)})"
        default_state = f"CASE WHEN {default_id} IS NOT NULL THEN 'default' END"
    none = f"{state} IN ('absent', 'refused')"
    return Parent(
        keys,
        tuple(joins),
        f"CASE WHEN u.{key_column} IS NULL THEN NULL WHEN {none} THEN {default_id} "
        f"ELSE CASE {target} END END",
        f"CASE WHEN u.{key_column} IS NULL THEN NULL WHEN {none} THEN "
        f"coalesce({default_state}, {state}) ELSE {state} END",
    )
