"""What do the mapping files say, as one :class:`~migrate.specs.mapping.MappingSpec`?

The fields of a block are read in :mod:`migrate.specs.fieldfile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from migrate.errors import MappingError
from migrate.specs.conditionfile import read_condition
from migrate.specs.fieldfile import read_field
from migrate.specs.mapping import (
    Block,
    Drop,
    Exclusion,
    Join,
    MappingSpec,
    MatchRule,
    Unpivot,
)
from migrate.specs.problems import from_error
from migrate.specs.reader import Reader, check_name
from migrate.specs.yamlfile import read_yaml
from migrate.values import Issue

ACTIONS = ("upsert", "create", "update", "bind")


def read_mapping(
    files: Sequence[Path], *, waves: Sequence[str]
) -> tuple[MappingSpec | None, list[Issue]]:
    """Read all mapping files into one value and collect everything that is wrong with them.

    The value is None only when none of the files could be read; with errors among the issues it
    holds what could be read, to be checked against the sources and the target in the same run.
    A block without a wave belongs to the first of ``waves``.
    """
    issues: list[Issue] = []
    blocks: list[Block] = []
    drops: list[Drop] = []
    matches: list[MatchRule] = []
    read: list[str] = []
    if not files:
        issues.append(_no_files())
    for path in files:
        label = f"{path.parent.name}/{path.name}"
        try:
            reader = Reader(read_yaml(path, label=label), label, issues)
        except MappingError as error:
            issues.append(from_error(error))
            continue
        read.append(str(path))
        first_wave = waves[0] if waves else ""
        blocks += [_block(r, name, first_wave) for name, r in reader.children("blocks", "block")]
        for drop in reader.items("drop", "drop"):
            drops += _drops(drop)
        matches += _matches(reader)
        reader.done()
    spec = MappingSpec(tuple(blocks), tuple(drops), tuple(matches), tuple(read))
    return (spec if read else None), issues


def _no_files() -> Issue:
    return Issue(
        "no_mapping",
        "error",
        "the migration has no mapping file",
        place="migration.yaml",
        hint="write mappings/<name>.yaml, or let crm-migrate map suggest propose one",
    )


def _block(reader: Reader, name: str, first_wave: str) -> Block:
    check_name(reader, name)
    table = reader.text("from", required=True)
    if table and "." not in table.strip("."):
        hint = f"write <source>.<table>, for example erp.{table}"
        reader.refuse("wrong_value", f"{table!r} names no source", key="from", hint=hint)
    action = reader.choice("action", ACTIONS, "upsert")
    bind_by = reader.text("bind_by")
    if bind_by and action != "bind":
        reader.refuse("misplaced_key", "only an action bind has it", key="bind_by")
    fields = reader.mapping("fields", required=True)
    block = Block(
        name=name,
        table=table,
        object=reader.text("to", required=True),
        wave=reader.text("wave", first_wave),
        fields=tuple(read_field(fields, field, name) for field in fields.names),
        action=action,
        joins=tuple(_join(r) for r in reader.items("join")),
        distinct=reader.texts("distinct"),
        unpivot=_unpivot(reader),
        exclusions=tuple(e for r in reader.items("exclude") if (e := _exclusion(r))),
        bind_by=bind_by,
        where=reader.where,
    )
    if block.distinct and block.unpivot:
        reader.refuse(
            "conflicting_keys", "a block has distinct or unpivot, not both", key="distinct"
        )
    reader.done()
    return block


def _join(reader: Reader) -> Join:
    table = reader.text("table", required=True)
    join = Join(
        table=table,
        alias=reader.text("as", table.rpartition(".")[2]),
        on=reader.text_map("on"),
        is_required=reader.flag("required"),
        where=reader.where,
    )
    if not join.on:
        reader.refuse("missing_key", "'on' says which columns are equal: {region_id: id}")
    reader.done()
    return join


def _unpivot(block: Reader) -> Unpivot | None:
    if "unpivot" not in block:
        return None
    reader = block.mapping("unpivot")
    label = reader.text("label")
    parts = reader.mapping("parts", required=True)
    for part in parts.names:
        if "#" in part:
            hint = "leave out the #, which stands before the part's label there"
            parts.refuse("bad_name", "the label becomes part of external ids", key=part, hint=hint)
    groups = {part: parts.text_map(part) for part in parts.names}
    unpivot = Unpivot(groups, label, reader.where)
    reader.done()
    columns = {part: set(group) for part, group in groups.items()}
    for part, own in columns.items():
        missing = set().union(*columns.values()) - own
        if missing:
            names = ", ".join(sorted(missing))
            message = f"the other parts have {names} too; a part without it has no such column"
            parts.refuse("wrong_value", message, key=part, severity="warning")
    return unpivot


def _exclusion(reader: Reader) -> Exclusion | None:
    condition = read_condition(reader, "when", required=True)
    reason = reader.text("reason", required=True)
    reader.done()
    return Exclusion(condition, reason, reader.where) if condition else None


def _drops(reader: Reader) -> list[Drop]:
    table = reader.text("table", required=True)
    reason = reader.text("reason", required=True)
    signed_off_by = reader.text("signed_off_by")
    columns = reader.texts("columns", required=True)
    reader.done()
    return [Drop(table, column, reason, signed_off_by, reader.where) for column in columns]


def _matches(file: Reader) -> list[MatchRule]:
    rules = []
    objects = file.mapping("match")
    for name in objects.names:
        node = objects.node(name)
        if node and node.kind == "mapping":
            reader = objects.mapping(name)
            keys, priority = reader.rows_of_texts("keys", required=True), reader.texts("priority")
            reader.done()
        else:
            keys, priority = objects.rows_of_texts(name), ()
        if not all(keys):
            objects.refuse("wrong_value", "a key without fields would match everything", key=name)
        rules.append(
            MatchRule(name, tuple(key for key in keys if key), priority, objects.place(name))
        )
    return rules
