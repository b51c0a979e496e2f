"""How is a chosen field written in a mapping: cleaned, taken apart, joined, or looked up?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.mapping.decisions.model import field_of
from migrate.mapping.decisions.reading import Entry
from migrate.mapping.shapes import cleaner_of
from migrate.specs.glossary import Meaning
from migrate.specs.mapping import MappingSpec
from migrate.specs.yamledit import Lines
from migrate.values import Issue, TargetField, TargetSchema

OWNERS_BLOCK = "owners"
"""The block that finds the users of the target whom the rows name, where no table lists them."""


def owners_block(table: str, column: str, schema: TargetSchema) -> Lines:
    """Make a block that binds each distinct owner of a column to a user who exists in the target.

    >>> from migrate.specs.catalogue import read_target
    >>> dict(owners_block("crm.firms", "Rep", read_target("reference")))["bind_by"]
    'email'
    """
    users = next(target for target in schema.objects if target.is_user)
    names = [spec.name for spec in users.fields]
    by = next((name for name in ("email", "name") if name in names), names[0])
    fields = Lines([(by, {"from": column})])
    return Lines(
        [("from", table), ("to", users.name), ("action", "bind"), ("bind_by", by),
         ("distinct", column), ("fields", fields)]
    )  # fmt: skip


@dataclass(frozen=True)
class Parents:
    """Which blocks make the records that a reference leads to.

    ``new``: a block that is about to be made -> its object; ``references``: table and column -> the
    table to which the source says that it leads.
    """

    mapping: MappingSpec
    new: Mapping[str, str]
    references: Mapping[tuple[str, str], str]

    def of(self, objects: Sequence[str], table: str, column: str) -> list[str]:
        """Name the blocks of these objects; one alone where the source says which table it is."""
        found = [block for block in self.mapping.blocks if block.object in objects]
        leads_to = self.references.get((table, column), "")
        exact = [block.name for block in found if block.table == leads_to]
        if len(exact) == 1:
            return exact
        return [b.name for b in found] + [name for name, o in self.new.items() if o in objects]


def field_value(
    columns: Sequence[str],
    target: str,
    plan: Mapping[str, Any],
    schema: TargetSchema,
    parents: Parents,
    entry: Entry,
) -> dict[str, Any] | Issue:
    """Make the mapping of a field: as suggested where the suggestion is chosen, else by its type."""
    spec = field_of(schema, target)
    value: dict[str, Any] = {"from": columns[0]} if len(columns) == 1 else {"join": list(columns)}
    if spec is None:
        return value
    if spec.references:
        blocks = parents.of(spec.references, entry.key.table, columns[0])
        users = [o for o in schema.objects if o.is_user and o.name in spec.references]
        if not blocks and users:
            return {**value, "lookup": OWNERS_BLOCK}
        if len(blocks) == 1:
            return {**value, "lookup": blocks[0]}
        objects = " or ".join(spec.references)
        message = f"{target} refers to {objects}, and "
        message += (
            f"several blocks make them: {', '.join(blocks)}" if blocks else "no block makes them"
        )
        return entry.issue(
            "lookup_undecided", "error", message,
            hint="map its table first" if not blocks else "write the lookup in the mapping: "
            f"{{from: {columns[0]}, lookup: {blocks[0]}}}",
        )  # fmt: skip
    is_suggested = plan.get("target") == target
    concept = Meaning.read(spec.means).concept if spec.means else ""
    part = str(plan.get("part") or "") if is_suggested else ""
    cleaner = str(plan.get("clean") or "") if is_suggested else cleaner_of(spec, concept)
    if not is_suggested and cleaner in ("person_name", "address"):
        cleaner = "text"  # these take values apart, which nobody asked for
    if cleaner:
        value["clean"] = cleaner
    if part and part != "value":
        value["part"] = part
    return value


def is_alike(old: TargetField | None, new: TargetField | None) -> bool:
    """Say whether what fills one field may fill the other one in the same way.

    >>> is_alike(TargetField("phone", type="phone"), TargetField("mobile", type="phone"))
    True
    """
    if old is None:
        return False
    if new is None:  # a field that has to be created: made for what is in it
        return not old.references
    kinds = {"text": "text", "long_text": "text"}
    same = kinds.get(old.type, old.type) == kinds.get(new.type, new.type)
    return same and old.references == new.references and old.picklist == new.picklist
