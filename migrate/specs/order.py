"""In which order are the objects loaded, and which references must wait for a second pass?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from migrate.specs.mapping import MappingSpec
from migrate.values import TargetSchema

Reference = tuple[str, str]
"""An object and one of its reference fields."""


@dataclass(frozen=True)
class LoadOrder:
    """``objects`` parents first; ``deferred`` are the references written in the second pass.

    ``stuck`` are those deferred that the target requires: no record can be written without them,
    so a plan that has any cannot be loaded.
    """

    objects: tuple[str, ...]
    deferred: frozenset[Reference] = frozenset()
    stuck: frozenset[Reference] = frozenset()


def load_order(mapping: MappingSpec, schema: TargetSchema) -> LoadOrder:
    """Order the mapped objects so that every parent comes before its children.

    References within an object, and those that close a cycle, are deferred; never a required one
    where the cycle has another. Blocks that bind write nothing and so wait for nobody.
    """
    objects = tuple(dict.fromkeys(block.object for block in mapping.blocks))
    makes = {block.name: block.object for block in mapping.blocks}
    parents: dict[Reference, set[str]] = {}
    for block in mapping.blocks:
        for field in block.fields:
            if field.lookup and block.action != "bind":
                found = {makes[name] for name in field.lookup.all_blocks if name in makes}
                parents.setdefault((block.object, field.field), set()).update(found)
    required = {reference for reference in parents if _is_required(schema, reference)}
    edges = {
        child: {p for (o, _), found in parents.items() if o == child for p in found}
        for child in objects
    }
    ordered: list[str] = []
    for cycle in components(edges):
        ordered += _arranged(cycle, parents, required)
    place = {name: n for n, name in enumerate(ordered)}
    late = {r for r, found in parents.items() if any(place[p] >= place[r[0]] for p in found)}
    return LoadOrder(tuple(ordered), frozenset(late), frozenset(late & required))


def _is_required(schema: TargetSchema, reference: Reference) -> bool:
    target = schema.object(reference[0])
    field = target.field(reference[1]) if target else None
    return bool(field and field.is_required)


def _arranged(
    cycle: Collection[str], parents: Mapping[Reference, set[str]], required: Collection[Reference]
) -> list[str]:
    """Order the members of a cycle: as few required, then as few other references as possible
    are left to be deferred. Ties follow the mapping."""
    left = list(cycle)
    done: list[str] = []

    def waiting(name: str) -> tuple[int, int]:
        others = set(left) - {name}
        open_fields = [r for r, found in parents.items() if r[0] == name and found & others]
        return sum(r in required for r in open_fields), len(open_fields)

    while left:
        chosen = min(left, key=waiting)
        left.remove(chosen)
        done.append(chosen)
    return done


def components(edges: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The strongly connected parts of a graph (Tarjan), what is pointed to first.

    >>> components({"contact": ["account"], "account": ["user"], "user": ["account"]})
    [['account', 'user'], ['contact']]
    """
    place = {name: n for n, name in enumerate(edges)}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for parent in sorted((p for p in edges[name] if p in place), key=place.__getitem__):
            if parent not in index:
                visit(parent)
                low[name] = min(low[name], low[parent])
            elif parent in stack:
                low[name] = min(low[name], index[parent])
        if low[name] == index[name]:
            cut = stack.index(name)
            found.append(sorted(stack[cut:], key=place.__getitem__))
            del stack[cut:]

    for name in edges:
        if name not in index:
            visit(name)
    return found
