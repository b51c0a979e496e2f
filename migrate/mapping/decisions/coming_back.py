"""What do the choices of a returned workbook change in the mapping, and which cannot be taken?

Three states are compared for each column: what went out, what came back, and what the mapping says
today. Pure: nothing is read and nothing written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from migrate.mapping.decisions.adding import write_added
from migrate.mapping.decisions.constants import judge_constant
from migrate.mapping.decisions.edits import Edit
from migrate.mapping.decisions.judged import (
    Added,
    Judged,
    Place,
    Said,
    Today,
    chosen_target,
    field_path,
    sign,
)
from migrate.mapping.decisions.model import (
    CONSTANT,
    NEW,
    NOT_IMPORTED,
    Choice,
    Key,
    Use,
    field_of,
    uses_of,
)
from migrate.mapping.decisions.reading import Entry, Returned
from migrate.mapping.decisions.refusals import (
    column_gone,
    conflict,
    not_kept,
    said_twice,
    stale,
)
from migrate.mapping.decisions.shapes import is_alike
from migrate.mapping.decisions.state import BLOCK, CHOSEN, COMMENT, SIGNED
from migrate.registry import did_you_mean
from migrate.specs.mapping import Block, MappingSpec
from migrate.values import Issue, TargetSchema


def judge_fields(returned: Returned, today: Today) -> Judged:
    """Compare the sheet of fields with the mapping: the edits, and an Issue for what is not fine."""
    judged = Judged()
    added: list[Added] = []
    uses = uses_of(today.mapping)
    for keys in _by_column(returned.before).values():
        added += _column(keys, returned, today, uses, judged)
    for key in returned.before:
        if key.kind == "constant":
            judge_constant(key, returned, today, judged)
    write_added(added, today, judged)
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
) -> list[Added]:
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
            judged.issues.append(stale(next(iter(entries.values())), now))
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
            if place in wanted and wanted[place][0] != said:
                problems.append(said_twice(entry))
            wanted[place] = (said, key)
    if len(wanted) > 1:
        wanted.pop(("", NOT_IMPORTED), None)  # one line less of a column that goes elsewhere
    if problems:
        judged.issues += problems
        return []
    asked = {place: said for place, (said, _) in wanted.items()}
    if asked == before:
        judged.issues += [not_kept(entries[key]) for key in changed]
        return []
    if asked == now:
        judged.known_already += len(changed)
        return []
    if before != now:
        judged.issues.append(conflict(entries[changed[0]], now))
        return []
    if column not in today.columns.get(table, (column,)) and not uses.get((table, column)):
        judged.issues.append(column_gone(entries[changed[0]]))
        return []
    judged.written += len(changed)
    return _changes((table, column), before, wanted, entries, returned, today, uses, judged)


def _said_before(choice: Choice) -> Iterable[tuple[Place, Said]]:
    target = chosen_target(choice)
    if target:
        block = "" if target == NOT_IMPORTED else choice[BLOCK]
        yield (block, target), Said(choice[COMMENT], choice[SIGNED])


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
    target, said = chosen_target(choice), Said(choice[COMMENT], choice[SIGNED])
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
) -> list[Added]:
    table, column = place
    gone = {p: use for p in before if p not in wanted for use in _use(uses.get(place, ()), p)}
    added: list[Added] = []
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
            sign(judged, at, before[at], said)
            continue
        assert entry is not None  # what stands on no line of the workbook is as it was
        old = next((p for p in gone if p == (key.block, f"{_object(gone[p])}.{key.field}")), None)
        if old is not None and _can_rename(gone[old], at, today.schema):
            _rename(judged, gone.pop(old), at, said)
            judged.renamed.append(Added(entry, *at, said, {}))
            judged.homes[table, column, at[1]] = (at[0], at[1].partition(".")[2])
            continue
        added.append(Added(entry, *at, said, returned.plans.get(key, {})))
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
    judged.edits.append(Edit("rename", field_path(use.block.name, use.map.field), name))
    judged.moved[use.block.name, use.map.field] = name
    sign(judged, to, Said(use.map.comment, use.map.signed_off_by), said)


def _remove(judged: Judged, use: Use, entry: Entry) -> None:
    """Take the column out of a field, with whatever other columns go out of it."""
    if use.map.kind in ("columns", "join"):
        judged.emptied.setdefault((use.block.name, use.map.field), []).append(use)
    else:
        judged.issues.append(
            entry.issue(
                "not_decided_here", "error",
                f"{use.target} is put together from several columns in a way that only the file "
                f"shows ({use.map.where or use.block.where})",
                hint="change it there", title=CHOSEN,
            )
        )  # fmt: skip
