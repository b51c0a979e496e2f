"""How are columns written into the fields that were chosen for them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from migrate.mapping.decisions.edits import Edit, new_block
from migrate.mapping.decisions.judged import Added, Judged, Place, Today, field_path
from migrate.mapping.decisions.refusals import field_taken
from migrate.mapping.decisions.shapes import OWNERS_BLOCK, Parents, field_value, owners_block
from migrate.specs.mapping import Block
from migrate.values import Issue


def write_added(added: Sequence[Added], today: Today, judged: Judged) -> None:
    """Write the columns that found a field; several into one field only where they are joined."""
    blocks = {block.name: block for block in today.mapping.blocks}
    _take_out(judged)
    _refuse_taken(blocks, judged)
    _refuse_quarrel(judged)
    new: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    made = {a.block: a.target.partition(".")[0] for a in added if a.block not in blocks}
    parents = Parents(today.mapping, made, today.references)
    by_field: dict[Place, list[Added]] = {}
    owners: list[Added] = []
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
            judged.issues += [field_taken(one) for one in all_of]
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
            judged.edits.append(Edit("put", field_path(name, own), value))
        else:
            new.setdefault((name, first.entry.key.table, object), {})[own] = value
    for (name, table, object), fields in new.items():
        judged.edits.append(Edit("put", ("blocks", name), new_block(table, object, fields)))
    _write_owners(owners, today, judged)
    _refuse_empty_blocks(blocks, by_field, judged)


def _write_owners(owners: Sequence[Added], today: Today, judged: Judged) -> None:
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


def _take_out(judged: Judged) -> None:
    """Take columns out of their fields; a field goes with the last of its columns."""
    for (block, name), uses in judged.emptied.items():
        known, path = uses[0].map, field_path(block, name)
        gone = {use.column for use in uses}
        left = [column for column in known.columns if column not in gone]
        if left:
            kind = "from" if known.kind == "columns" else "join"
            judged.edits.append(Edit("put", (*path, kind), left))
        else:
            judged.edits.append(Edit("take", path))
            judged.moved[block, name] = ""


def _refuse_quarrel(judged: Judged) -> None:
    """Lines of several columns of one field may not say different things about the field."""
    said: dict[object, set[object]] = {}
    for edit in judged.edits:
        if edit.path[-1:] in (("comment",), ("signed_off_by",)):
            said.setdefault(edit.path, set()).add((edit.op, edit.value))
    for path, answers in said.items():
        if len(answers) > 1 and isinstance(path, tuple):
            judged.issues.append(
                Issue(
                    "lines_disagree", "error",
                    f"block {path[1]!r}: the lines of the columns that go into {path[3]!r} do not "
                    "agree about it", place="Fields",
                    hint="write the same comment and name on all of them",
                )
            )  # fmt: skip


def _refuse_taken(blocks: Mapping[str, Block], judged: Judged) -> None:
    """A field gets no name that another one has and keeps, or gets too."""
    for one in judged.renamed:
        own = one.target.partition(".")[2]
        fields = [known.field for known in blocks[one.block].fields]
        is_kept = own in fields and (one.block, own) not in judged.moved
        same = [
            other
            for other in judged.renamed
            if (other.block, other.target) == (one.block, one.target)
        ]
        if is_kept or len(same) > 1:
            judged.issues.append(field_taken(one))


def _go_together(added: Sequence[Added]) -> bool:
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
