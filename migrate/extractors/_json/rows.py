"""Which columns and child tables do nested objects make, and which rows?

An object inside of a row becomes columns (``address.city``), an array of objects a child table, an
array of plain values one text. Which of these a name is, is decided from all rows, never from one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from migrate.extractors._derived import Cell, Row, Shape
from migrate.extractors._json.stream import Number
from migrate.extractors._text import slug
from migrate.values import ForeignKey

_MOST_KEYS = 400  # an object with more different keys is no record but a map
_DEEPEST = 30
_ID_NAMES = ("id", "_id", "Id", "ID", "uuid", "guid", "key", "Key")
_MOST_IDS = 3_000_000
_VALUE: Hashable = (0, "value")
_ROW: Hashable = (0, "row")
_KEY: Hashable = (0, "key")


@dataclass
class Node:
    """What stood under one name, in all rows."""

    objects: int = 0
    plain: int = 0
    arrays_of_objects: int = 0
    types: set[str] = field(default_factory=set)
    children: dict[Hashable, Node] = field(default_factory=dict)
    item: Node | None = None
    is_map: bool = False

    def look_at(self, value: Any, depth: int = 0) -> None:
        """Learn from one value."""
        if value is None:
            return
        if depth > _DEEPEST:
            self._plain("text")
        elif isinstance(value, dict):
            self.objects += 1
            if self.is_map:
                for inner in value.values():
                    self._item().look_at(inner, depth + 1)
                return
            for key, inner in value.items():
                child = self.children.get(key)
                if child is None:
                    child = self.children[key] = Node()
                child.look_at(inner, depth + 1)
            if depth and len(self.children) > _MOST_KEYS:
                self._become_map()
        elif isinstance(value, list):
            if any(isinstance(one, dict) for one in value):
                self.arrays_of_objects += 1
                for one in value:
                    if not isinstance(one, list):
                        self._item().look_at(one, depth + 1)
                    elif one:  # an array among objects is one value, whatever is in it
                        self._item()._plain("text")
            elif value:
                self._plain("text")
        else:
            self._plain(type_of(value))

    def look_at_list(self, values: list[Any]) -> None:
        """Learn from a row that is an array: its places are its names."""
        for index, value in enumerate(values):
            self.children.setdefault(index, Node()).look_at(value, 1)

    def _plain(self, type: str) -> None:
        self.plain += 1
        self.types.add(type)

    def _item(self) -> Node:
        if self.item is None:
            self.item = Node()
        return self.item

    def _become_map(self) -> None:
        self.is_map = True
        for child in self.children.values():
            merge(self._item(), child)
        self.children.clear()

    @property
    def is_table(self) -> bool:
        return self.is_map or self.arrays_of_objects > 0

    @property
    def type(self) -> str:
        if self.types == {"integer"} or self.types == {"boolean"}:
            return next(iter(self.types))
        return "decimal" if self.types and self.types <= {"integer", "decimal"} else "text"


def merge(into: Node, other: Node) -> None:
    """Put what is known of one name to another's."""
    into.objects += other.objects
    into.plain += other.plain
    into.arrays_of_objects += other.arrays_of_objects
    into.types |= other.types
    into.is_map = into.is_map or other.is_map
    for key, child in other.children.items():
        merge(into.children.setdefault(key, Node()), child)
    if other.item:
        into.item = into.item or Node()
        merge(into.item, other.item)


def type_of(value: object) -> str:
    """Name the type of a plain value.

    >>> [type_of(v) for v in (Number("12"), Number("1.5"), True, "12")]
    ['integer', 'decimal', 'boolean', 'text']
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Number):
        return "integer" if value.lstrip("-").isdigit() else "decimal"
    return "text"


class Keys:
    """Finds the name whose value tells the rows of a table apart."""

    def __init__(self) -> None:
        self._seen: dict[str, set[int]] | None = None

    def look_at(self, value: dict[str, Any]) -> None:
        """Give up every name that a row has not, or that two rows share."""
        if self._seen is None:
            self._seen = {name: set() for name in _ID_NAMES if name in value}
        for name, seen in list(self._seen.items()):
            found = value.get(name)
            if found is None or isinstance(found, (dict, list)) or not str(found).strip():
                del self._seen[name]
                continue
            mark = hash(str(found))
            if mark in seen or len(seen) >= _MOST_IDS:
                del self._seen[name]
            else:
                seen.add(mark)

    def give_up(self) -> None:
        """Not all rows are objects."""
        self._seen = {}

    @property
    def best(self) -> str:
        return next(iter(self._seen or {}), "")


@dataclass
class Plan:
    """How one table is made: its cells, and which names have tables of their own."""

    name: str
    cells: list[Cell]
    key: tuple[Cell, ...]
    children: dict[tuple[Hashable, ...], Plan] = field(default_factory=dict)
    parent: Plan | None = None
    refers_to: tuple[Cell, ...] = ()
    is_map: bool = False
    mixed: list[tuple[str, int, int]] = field(default_factory=list)

    def all(self) -> Iterator[Plan]:
        yield self
        for child in self.children.values():
            yield from child.all()

    def shape(self) -> Shape:
        """Give the table's form; its keys are its first cells, whose names nobody can take."""
        foreign: tuple[ForeignKey, ...] = ()
        if self.parent:
            foreign = (
                ForeignKey(
                    tuple(cell.name for cell in self.refers_to),
                    self.parent.name,
                    tuple(cell.name for cell in self.parent.key),
                ),
            )
        return Shape(self.name, tuple(self.cells), tuple(c.name for c in self.key), foreign)


def plan_of(
    name: str, node: Node, key: str, *, header: list[str] | None = None, is_keyed: bool = False
) -> Plan:
    """Plan a table and the tables below it."""
    plan = Plan(name, [], ())
    if is_keyed:
        plan.key = (Cell(_KEY, "key"),)
        plan.cells.append(plan.key[0])
    elif key:
        plan.key = (Cell((key,), key, node.children[key].type),)
        plan.cells.append(plan.key[0])
    if node.plain or (node.arrays_of_objects and not node.children):
        plan.cells.append(Cell(_VALUE, "value", node.type))
    _columns(plan, node, (), header)
    if plan.children and not plan.key:
        plan.key = (Cell(_ROW, "row", "integer"),)
        plan.cells.insert(0, plan.key[0])
        _refer(plan)
    return plan


def _columns(
    plan: Plan, node: Node, at: tuple[Hashable, ...], header: list[str] | None = None
) -> None:
    for key, child in node.children.items():
        path = (*at, key)
        if child.is_table:
            _child(plan, child, path)
            continue
        name = ".".join(str(part) for part in path)
        if isinstance(key, int):
            known = header[key].strip() if header and key < len(header) else ""
            name = known or f"column_{key + 1}"
        if child.plain and child.children:
            plan.mixed.append((name, child.plain, child.objects))
        if (child.plain or not child.children) and path not in {c.key for c in plan.key}:
            plan.cells.append(Cell(path, name, child.type))
        _columns(plan, child, path)


def _child(plan: Plan, child: Node, path: tuple[Hashable, ...]) -> None:
    name = f"{plan.name}_{slug('_'.join(str(part) for part in path))}"
    item = Node()
    merge(item, child.item or Node())
    if not child.is_map:
        # Some rows have one object where others have an array of them.
        for key, inner in child.children.items():
            merge(item.children.setdefault(key, Node()), inner)
        item.plain += child.plain
        item.types |= child.types
        if child.plain or child.objects:
            plan.mixed.append((name, child.plain + child.objects, child.arrays_of_objects))
    made = Plan(name, [], (), parent=plan, is_map=child.is_map)
    plan.children[path] = made
    position = Cell((0, len(path), "position"), "position", "integer")
    made.refers_to = _reference(plan)
    made.key = (*made.refers_to, position)
    made.cells = [*made.key, *([Cell(_KEY, "key")] if child.is_map else [])]
    if item.plain:
        made.cells.append(Cell(_VALUE, "value", item.type))
    _columns(made, item, ())


def _reference(plan: Plan) -> tuple[Cell, ...]:
    """Name the columns that refer to a table; those by which it refers itself keep their names."""
    inherited = {cell.key for cell in plan.refers_to}
    return tuple(
        Cell(
            (0, "parent", index),
            cell.name if cell.key in inherited else f"{plan.name}_{cell.name}",
            cell.type,
        )
        for index, cell in enumerate(plan.key)
    )


def _refer(plan: Plan) -> None:
    """Write the parent's key into the tables below, once it is known."""
    for child in plan.children.values():
        old = child.refers_to
        child.refers_to = _reference(plan)
        child.cells = [*child.refers_to, *child.cells[len(old) :]]
        child.key = (*child.refers_to, *child.key[len(old) :])
        _refer(child)


@dataclass
class RowMaker:
    """Makes rows by a plan; ``wanted`` is the table that is being read."""

    wanted: str
    separator: str
    lists_as_json: Counter[str] = field(default_factory=Counter)

    def rows(self, plan: Plan, value: Any, number: int, key: str | None = None) -> Iterator[Row]:
        """Give the row of a value, and those of the tables below."""
        cells: dict[Any, str | None] = {_ROW: str(number)}
        if key is not None:
            cells[_KEY] = key
        yield from self._rows(plan, value, number, cells)

    def _rows(
        self, plan: Plan, value: Any, number: int, cells: dict[Any, str | None]
    ) -> Iterator[Row]:
        below: list[tuple[Plan, Any]] = []
        if isinstance(value, dict):
            self._fill(plan, cells, below, value, ())
        elif isinstance(value, list) and plan.parent is None:
            self._fill(plan, cells, below, dict(enumerate(value)), ())
        elif value is not None:
            cells[_VALUE] = self._text(plan, value)
        if plan.name == self.wanted:
            yield Row(plan.name, number, cells)
            return
        keys = [cells.get(cell.key) for cell in plan.key]
        for child, inner in below:
            for position, (name, one) in enumerate(_entries(child, inner), start=1):
                own: dict[Any, str | None] = {
                    cell.key: text for cell, text in zip(child.refers_to, keys, strict=True)
                }
                own[child.key[-1].key] = str(position)
                if name is not None:
                    own[_KEY] = name
                yield from self._rows(child, one, number, own)

    def _fill(
        self,
        plan: Plan,
        cells: dict[Any, str | None],
        below: list[tuple[Plan, Any]],
        value: dict[Any, Any],
        at: tuple[Hashable, ...],
    ) -> None:
        for key, inner in value.items():
            if inner is None:
                continue
            path = (*at, key)
            child = plan.children.get(path) if plan.children else None
            if child is not None:
                below.append((child, inner))
            elif isinstance(inner, dict) and len(path) <= _DEEPEST:
                self._fill(plan, cells, below, inner, path)
            else:
                cells[path] = self._text(plan, inner)

    def _text(self, plan: Plan, value: Any) -> str | None:
        if isinstance(value, str):
            return value
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, list):
            texts = [
                "" if one is None else self._text(plan, one) or ""
                for one in value
                if not isinstance(one, list)
            ]
            if len(texts) == len(value) and not any(self.separator in text for text in texts):
                return self.separator.join(texts)
            self.lists_as_json[plan.name] += 1
        return json_text(value)


def _entries(plan: Plan, value: Any) -> Iterable[tuple[str | None, Any]]:
    if plan.is_map and isinstance(value, dict):
        return value.items()
    if isinstance(value, list):
        return ((None, one) for one in value)
    return ((None, value),)


def json_text(value: Any) -> str:
    """Write a value as JSON again, its numbers as they stood.

    >>> json_text({"a": [Number("1.50"), "x", None]})
    '{"a":[1.50,"x",null]}'
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inside = (f"{json.dumps(k, ensure_ascii=False)}:{json_text(v)}" for k, v in value.items())
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
