"""What do the choices of a returned workbook change in the mapping, and which cannot be taken?

Three states are compared for each column: what went out, what came back, and what the mapping says
today. Pure: nothing is read and nothing written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from migrate.mapping.decisions import (
    CONSTANT,
    NEW,
    NOT_IMPORTED,
    Choice,
    Key,
    Use,
    field_of,
    read_target_text,
    uses_of,
)
from migrate.mapping.decisions_edits import Edit, new_block
from migrate.mapping.decisions_lines import BLOCK, CHOSEN, COMMENT, SIGNED
from migrate.mapping.decisions_reading import Entry, Returned
from migrate.mapping.decisions_shapes import (
    OWNERS_BLOCK,
    Parents,
    field_value,
    is_alike,
    owners_block,
)
from migrate.registry import did_you_mean
from migrate.specs.mapping import Block, MappingSpec
from migrate.values import Issue, TargetSchema


class Said(NamedTuple):
    """Who says why that a column goes into a field."""

    comment: str = ""
    signed_off_by: str = ""


Place = tuple[str, str]
"""A block and a field of its object ("Contact.phone"); the block is empty for "do not import"."""


@dataclass
class Judged:
    """What the workbook changes, and what is wrong with it.

    ``homes``: table, column and target -> the block and field that it is in after the changes;
    ``moved``: block and field -> the field's new name, or "" where it goes.
    """

    edits: list[Edit] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    homes: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    written: int = 0
    known_already: int = 0


@dataclass(frozen=True)
class Today:
    """What the workbook is held against: the mapping and the target of now.

    ``references``: table and column -> the table to which the source says that it leads.
    """

    mapping: MappingSpec
    schema: TargetSchema
    references: Mapping[tuple[str, str], str] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Added:
    """A column that is to go into a field that it did not go into."""

    entry: Entry
    block: str
    target: str
    said: Said
    plan: Mapping[str, Any]


def judge_fields(returned: Returned, today: Today) -> Judged:
    """Compare the sheet of fields with the mapping: the edits, and an Issue for what is not fine."""
    judged = Judged()
    added: list[_Added] = []
    uses = uses_of(today.mapping)
    for keys in _by_column(returned.before).values():
        added += _column(keys, returned, today, uses, judged)
    for key in returned.before:
        if key.kind == "constant":
            _constant(key, returned, today, judged)
    _write_added(added, today, judged)
    return judged


def _by_column(before: Mapping[Key, Choice]) -> dict[tuple[str, str], list[Key]]:
    found: dict[tuple[str, str], list[Key]] = {}
    for key in before:
        if key.kind == "field":
            found.setdefault((key.table, key.column), []).append(key)
    return found


def _column(
    keys: Sequence[Key],
    returned: Returned,
    today: Today,
    uses: Mapping[tuple[str, str], Sequence[Use]],
    judged: Judged,
) -> list[_Added]:
    """Judge all lines of one column together: only so is it clear what a choice means."""
    table, column = keys[0].table, keys[0].column
    entries = {key: returned.entries[key] for key in keys if key in returned.entries}
    changed = [key for key, entry in entries.items() if entry.choice != returned.before[key]]
    before = {p: s for key in keys for p, s in _said_before(returned.before[key])}
    now = _now(table, column, uses.get((table, column), ()), today.mapping)
    for block, target in now:
        judged.homes[table, column, target] = (block, target.partition(".")[2])
    if not changed:
        if before != now and entries:
            judged.issues.append(_stale(next(iter(entries.values())), now))
        return []
    wanted: dict[Place, tuple[Said, Key]] = {}
    problems: list[Issue] = []
    for key in keys:
        choice = entries[key].choice if key in entries else returned.before[key]
        entry = entries.get(key, Entry(key, choice))
        is_changed = key in changed
        found = _wanted(entry, returned, today, is_changed)
        problems += [found] if isinstance(found, Issue) else []
        if isinstance(found, tuple):
            place, said = found
            if place in wanted and wanted[place][0] != said and is_changed:
                problems.append(_said_twice(entry))
            wanted[place] = (said, key)
    if len(wanted) > 1:
        wanted.pop(("", NOT_IMPORTED), None)  # one line less of a column that goes elsewhere
    if problems:
        judged.issues += problems
        return []
    asked = {place: said for place, (said, _) in wanted.items()}
    if asked == before:
        judged.issues += [_not_kept(entries[key]) for key in changed]
        return []
    if asked == now:
        judged.known_already += len(changed)
        return []
    if before != now:
        judged.issues.append(_conflict(entries[changed[0]], now, today))
        return []
    if column not in today.columns.get(table, (column,)) and not uses.get((table, column)):
        judged.issues.append(_column_gone(entries[changed[0]]))
        return []
    judged.written += len(changed)
    return _changes((table, column), before, wanted, entries, returned, today, uses, judged)


def _said_before(choice: Choice) -> Iterable[tuple[Place, Said]]:
    target = _target(choice)
    if target:
        block = "" if target == NOT_IMPORTED else choice[BLOCK]
        yield (block, target), Said(choice[COMMENT], choice[SIGNED])


def _target(choice: Choice) -> str:
    return read_target_text(choice[CHOSEN]).removeprefix(NEW)


def _now(table: str, column: str, uses: Sequence[Use], mapping: MappingSpec) -> dict[Place, Said]:
    found = {
        (use.block.name, use.target): Said(use.map.comment, use.map.signed_off_by) for use in uses
    }
    for drop in mapping.drops:
        if (drop.table, drop.column) == (table, column):
            found["", NOT_IMPORTED] = Said(drop.reason, drop.signed_off_by)
    return found


def _wanted(
    entry: Entry, returned: Returned, today: Today, is_changed: bool
) -> tuple[Place, Said] | Issue | None:
    """What a line asks for: a place and who says so, nothing, or what is wrong with it."""
    key, choice, old = entry.key, entry.choice, returned.before[entry.key]
    target, said = _target(choice), Said(choice[COMMENT], choice[SIGNED])
    if not target:
        return None
    if not is_changed:
        return next(iter(_said_before(choice)))
    if not said.signed_off_by:
        return entry.issue(
            "empty_sign_off", "error", f"{choice[CHOSEN]!r} is chosen, and nobody signed for it",
            hint="write who decided it", title=SIGNED,
        )  # fmt: skip
    if target == NOT_IMPORTED:
        reason = said.comment or str(returned.plans.get(key, {}).get("reason", ""))
        if not reason:
            return entry.issue(
                "missing_reason", "error", "the column is left behind, and no reason is given",
                hint="write the reason beside the choice", title=COMMENT,
            )  # fmt: skip
        return ("", NOT_IMPORTED), said._replace(comment=reason)
    if target.startswith(CONSTANT):
        return entry.issue(
            "misplaced_constant", "error", "a column has values of its own, so it is no constant",
            hint="choose a field, or “do not import”; constants stand on lines without a column",
        )  # fmt: skip
    problem = check_target(entry, target, today.schema, is_new=NEW in choice[CHOSEN])
    if problem is not None:
        return problem
    block = _block(entry, old, target, today)
    return block if isinstance(block, Issue) else ((block, target), said)


def check_target(entry: Entry, target: str, schema: TargetSchema, *, is_new: bool) -> Issue | None:
    """Say what is wrong with a field that somebody chose; None where it is fine."""
    name, _, own = target.partition(".")
    spec, known = field_of(schema, target), schema.object(name)
    if spec is not None and spec.is_read_only:
        return entry.issue(
            "read_only_field", "error", f"{target} cannot be written: the target fills it itself",
            hint="choose another field, or “do not import”",
        )  # fmt: skip
    if spec is not None or (is_new and known is not None and re.fullmatch(r"\w+", own)):
        return None
    names = [f"{o.name}.{f.name}" for o in schema.objects for f in o.fields if not f.is_read_only]
    if known is not None:
        names = [text for text in names if text.startswith(f"{name}.")] or names
    near = did_you_mean(target, names)
    hint = near if near.startswith("did") else "choose one of the list"
    return entry.issue(
        "unknown_target", "error", f"{schema.label or schema.name} has no field {target!r}",
        hint=f"{hint}; a field that has to be created is written {NEW}Object.field",
    )  # fmt: skip


def _block(entry: Entry, old: Choice, target: str, today: Today) -> str | Issue:
    """The block that writes the object out of this table; a name for a new one where none does."""
    name = target.partition(".")[0]
    ours = [b for b in today.mapping.blocks if b.table == entry.key.table]
    fitting = [b.name for b in ours if b.object == name]
    said = entry.choice[BLOCK]
    is_left = said == old[BLOCK] and said not in fitting
    if said and not is_left:
        if said in fitting:
            return said
        return entry.issue(
            "unknown_block", "error",
            f"no block {said!r} makes {name} records of {entry.key.table}",
            hint=did_you_mean(said, fitting) if fitting else "leave it empty: a block is made",
            title=BLOCK,
        )  # fmt: skip
    if len(fitting) > 1:
        return entry.issue(
            "ambiguous_block", "error",
            f"{entry.key.table} becomes several {name} records: {', '.join(fitting)}",
            hint=f"write one of them under {BLOCK}", title=BLOCK,
        )  # fmt: skip
    return fitting[0] if fitting else new_name(entry.key.table, name, today.mapping.blocks)


def new_name(table: str, object: str, blocks: Sequence[Block]) -> str:
    """Name a block for a table that has none of this object.

    >>> new_name("crm.Kontakty 2024", "Contact", [])
    'kontakty_2024'
    """
    own = re.sub(r"[^\w-]+", "_", table.partition(".")[2]).strip("_").lower() or "table"
    taken = {block.name.casefold() for block in blocks}
    source = table.partition(".")[0].lower()
    names = (own, f"{own}_{object.lower()}", f"{source}_{own}_{object.lower()}")
    return next((name for name in names if name.casefold() not in taken), names[-1])


# -- from differences to edits ----------------------------------------------------------------


def _changes(
    place: tuple[str, str],
    before: Mapping[Place, Said],
    wanted: Mapping[Place, tuple[Said, Key]],
    entries: Mapping[Key, Entry],
    returned: Returned,
    today: Today,
    uses: Mapping[tuple[str, str], Sequence[Use]],
    judged: Judged,
) -> list[_Added]:
    table, column = place
    gone = {p: use for p in before if p not in wanted for use in _use(uses.get(place, ()), p)}
    added: list[_Added] = []
    out = ("", NOT_IMPORTED)
    if out in before and out not in wanted:
        judged.edits.append(Edit("undrop", table=table, value={"column": column}))
    for at, (said, key) in wanted.items():
        entry = entries.get(key)
        if at == out:
            if before.get(out) != said:
                value = {"column": column, "reason": said.comment,
                         "signed_off_by": said.signed_off_by}  # fmt: skip
                op: Literal["redrop", "drop"] = "redrop" if out in before else "drop"
                judged.edits.append(Edit(op, table=table, value=value))
            continue
        if at in before:
            _sign(judged, at, before[at], said)
            continue
        assert entry is not None  # what stands on no line of the workbook is as it was
        old = next((p for p in gone if p == (key.block, f"{_object(gone[p])}.{key.field}")), None)
        if old is not None and _can_rename(gone[old], at, today.schema):
            _rename(judged, gone.pop(old), at, said)
            judged.homes[table, column, at[1]] = (at[0], at[1].partition(".")[2])
            continue
        added.append(_Added(entry, *at, said, returned.plans.get(key, {})))
    for at, use in gone.items():
        judged.homes.pop((table, column, at[1]), None)
        _remove(judged, use, next(iter(entries.values())))
    return added


def _use(uses: Sequence[Use], place: Place) -> list[Use]:
    return [use for use in uses if (use.block.name, use.target) == place]


def _object(use: Use) -> str:
    return use.block.object


def _can_rename(use: Use, to: Place, schema: TargetSchema) -> bool:
    is_alone = use.map.kind == "columns" and len(use.map.columns) == 1
    old, new = field_of(schema, use.target), field_of(schema, to[1])
    return is_alone and use.block.name == to[0] and is_alike(old, new)


def _rename(judged: Judged, use: Use, to: Place, said: Said) -> None:
    name = to[1].partition(".")[2]
    judged.edits.append(Edit("rename", _path(use.block.name, use.map.field), name))
    judged.moved[use.block.name, use.map.field] = name
    _sign(judged, to, Said(use.map.comment, use.map.signed_off_by), said)


def _sign(judged: Judged, at: Place, before: Said, said: Said) -> None:
    path = _path(at[0], at[1].partition(".")[2])
    for name in Said._fields:
        old, new = getattr(before, name), getattr(said, name)
        if new and new != old:
            judged.edits.append(Edit("put", (*path, name), new))
        elif old and not new:
            judged.edits.append(Edit("take", (*path, name)))


def _remove(judged: Judged, use: Use, entry: Entry) -> None:
    """Take the column out of a field; the field goes with its only column."""
    path = _path(use.block.name, use.map.field)
    if len(use.map.columns) == 1 and use.map.kind in ("columns", "join"):
        judged.edits.append(Edit("take", path))
        judged.moved[use.block.name, use.map.field] = ""
    elif use.map.kind in ("columns", "join"):
        kind = "from" if use.map.kind == "columns" else "join"
        columns = [column for column in use.map.columns if column != use.column]
        judged.edits.append(Edit("put", (*path, kind), columns))
    else:
        judged.issues.append(
            entry.issue(
                "not_decided_here", "error",
                f"{use.target} is put together from several columns in a way that only the file "
                f"shows ({use.map.where or use.block.where})",
                hint="change it there", title=CHOSEN,
            )
        )  # fmt: skip


def _path(block: str, name: str) -> tuple[str, ...]:
    return ("blocks", block, "fields", name)


def _write_added(added: Sequence[_Added], today: Today, judged: Judged) -> None:
    """Write the columns that found a field; several into one field only where they are joined."""
    blocks = {block.name: block for block in today.mapping.blocks}
    new: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    made = {a.block: a.target.partition(".")[0] for a in added if a.block not in blocks}
    parents = Parents(today.mapping, made, today.references)
    by_field: dict[Place, list[_Added]] = {}
    owners: list[_Added] = []
    for one in added:
        by_field.setdefault((one.block, one.target), []).append(one)
    for (name, target), all_of in by_field.items():
        object, _, own = target.partition(".")
        first = all_of[0]
        block = blocks.get(name)
        known = next((f for f in block.fields if f.field == own), None) if block else None
        is_free = known is None or (name, own) in judged.moved
        into = [new for (b, _), new in judged.moved.items() if b == name and new == own]
        if not is_free or into or not _go_together(all_of):
            judged.issues += [_field_taken(one, today) for one in all_of]
            continue
        value = field_value(
            [one.entry.key.column for one in all_of], target, first.plan, today.schema, parents,
            first.entry,
        )  # fmt: skip
        if isinstance(value, Issue):
            judged.issues.append(value)
            continue
        if value.get("lookup") == OWNERS_BLOCK and OWNERS_BLOCK not in blocks:
            owners.append(first)
        value |= {k: v for k, v in first.said._asdict().items() if v}
        for one in all_of:
            judged.homes[one.entry.key.table, one.entry.key.column, target] = (name, own)
        if block is not None:
            judged.edits.append(Edit("put", _path(name, own), value))
        else:
            new.setdefault((name, first.entry.key.table, object), {})[own] = value
    for (name, table, object), fields in new.items():
        judged.edits.append(Edit("put", ("blocks", name), new_block(table, object, fields)))
    _write_owners(owners, today, judged)
    _refuse_empty_blocks(blocks, by_field, judged)


def _write_owners(owners: Sequence[_Added], today: Today, judged: Judged) -> None:
    """One block finds the users whom a column names; two columns need blocks of their own."""
    places = dict.fromkeys((one.entry.key.table, one.entry.key.column) for one in owners)
    for table, column in list(places)[:1]:
        made = owners_block(table, column, today.schema)
        judged.edits.append(Edit("put", ("blocks", OWNERS_BLOCK), made))
    for one in owners:
        if (one.entry.key.table, one.entry.key.column) != next(iter(places)):
            judged.issues.append(
                one.entry.issue(
                    "lookup_undecided", "error",
                    "several columns name owners, and one block can find those of one column alone",
                    hint="map the table of the users first, or choose the other columns later",
                )
            )  # fmt: skip


def _go_together(added: Sequence[_Added]) -> bool:
    """Whether several columns were suggested to be joined into one field, and agree on who says so."""
    columns = {one.entry.key.column for one in added}
    return len(added) == 1 or all(
        columns <= {one.entry.key.column, *one.plan.get("joined_with", ())}
        and one.plan.get("target") == one.target
        and one.said == added[0].said
        for one in added
    )


def _refuse_empty_blocks(
    blocks: Mapping[str, Block], added: Mapping[Place, object], judged: Judged
) -> None:
    for block in blocks.values():
        gone = [f for f in block.fields if judged.moved.get((block.name, f.field)) == ""]
        if gone and len(gone) == len(block.fields) and not any(b == block.name for b, _ in added):
            judged.issues.append(
                Issue(
                    "block_without_fields", "error",
                    f"block {block.name!r} would have no field left", entity=block.table,
                    place=block.where, hint="leave one, or delete the block in the file",
                )
            )  # fmt: skip


# -- constants --------------------------------------------------------------------------------


def _constant(key: Key, returned: Returned, today: Today, judged: Judged) -> None:
    """A field that no column fills: the same text in every record, or nothing."""
    old, entry = returned.before[key], returned.entries.get(key)
    block = today.mapping.block(key.block)
    known = next((f for f in block.fields if f.field == key.field), None) if block else None
    now = (
        (CONSTANT + known.constant, Said(known.comment, known.signed_off_by))
        if known is not None and known.kind == "constant"
        else ("", Said()) if known is None else None
    )  # fmt: skip
    before = (_target(old), Said(old[COMMENT], old[SIGNED]))
    if entry is None or entry.choice == old:
        if now != before and entry is not None and before[0]:
            judged.issues.append(_stale(entry, {}))
        return
    wanted = (_target(entry.choice), Said(entry.choice[COMMENT], entry.choice[SIGNED]))
    if wanted[0] in ("", NOT_IMPORTED):
        wanted = ("", Said())
    elif not wanted[0].startswith(CONSTANT) or wanted[0] == CONSTANT:
        judged.issues.append(
            entry.issue(
                "misplaced_target", "error", "this line is a field that no column fills",
                hint=f"write {CONSTANT}text, or choose the field on the line of a column",
            )
        )  # fmt: skip
        return
    elif not wanted[1].signed_off_by:
        judged.issues.append(
            entry.issue(
                "empty_sign_off", "error", "a constant is chosen, and nobody signed for it",
                hint="write who decided it", title=SIGNED,
            )
        )  # fmt: skip
        return
    if wanted == now:
        judged.known_already += 1
    elif now != before or block is None:
        judged.issues.append(_conflict(entry, {}, today))
    else:
        judged.written += 1
        path = _path(key.block, key.field)
        if not wanted[0]:
            judged.edits.append(Edit("take", path))
            judged.moved[key.block, key.field] = ""
            return
        text, at = wanted[0].removeprefix(CONSTANT), (key.block, f"{block.object}.{key.field}")
        if known is None:
            said = {k: v for k, v in wanted[1]._asdict().items() if v}
            judged.edits.append(Edit("put", path, {"constant": text, **said}))
            return
        if text != known.constant:
            judged.edits.append(Edit("put", (*path, "constant"), text))
        _sign(judged, at, before[1], wanted[1])


# -- sentences --------------------------------------------------------------------------------


def _stale(entry: Entry, now: Mapping[Place, Said]) -> Issue:
    return entry.issue(
        "stale_decision", "warning",
        f"the mapping changed since the export and says {_in_words(now)}; nothing is taken from "
        "this line, which shows what it said then",
        hint="export the workbook again",
    )  # fmt: skip


def _conflict(entry: Entry, now: Mapping[Place, Said], today: Today) -> Issue:
    return entry.issue(
        "changed_in_both", "error",
        "the choice was changed here, and in the mapping too since the export: it says "
        f"{_in_words(now)}",
        hint="export the workbook again and decide there",
    )  # fmt: skip


def _in_words(now: Mapping[Place, Said]) -> str:
    said = [f"{target} ({block})" if block else target for block, target in now]
    return ", ".join(said) or "something else"


def _said_twice(entry: Entry) -> Issue:
    return entry.issue(
        "lines_disagree", "error", "two lines of the column choose the same field differently",
        hint="write the same comment and name on both, or empty one of them",
    )  # fmt: skip


def _not_kept(entry: Entry) -> Issue:
    return entry.issue(
        "comment_without_choice", "info",
        "nothing is chosen on the line, so what else was written there is not kept",
        hint="choose a field, or “do not import”", title=COMMENT,
    )  # fmt: skip


def _column_gone(entry: Entry) -> Issue:
    return entry.issue(
        "unknown_column", "error", "the source does not have the column any more",
        hint="export the workbook again",
    )  # fmt: skip


def _field_taken(one: _Added, today: Today) -> Issue:
    return one.entry.issue(
        "field_taken", "error", f"another column goes into {one.target} already, in {one.block}",
        hint="choose another field, take the other column out, or write in the mapping which of "
        "them comes first: from: [first, second]",
    )  # fmt: skip
