"""Where in a JSON file are the rows: in lines, in an array, or in arrays inside of a wrapper?

Exports wrap their rows (``{"results": […], "paging": …}``), write one array for each table, key
rows by their ids, or put one object on each line. The head of the file tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors._byte_lines import byte_lines, decoded
from migrate.extractors._json.stream import CutShortError, Oddities, Reader, decoder

LAYOUTS = ("lines", "values", "array", "document")
_HEAD = 4 << 20
_DEEPEST_SECTION = 5
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|["{}\[\],]', re.DOTALL)
_SPACE = "\0\x1a\x1e"

Keys = tuple[str, ...]
DOCUMENT: Keys = ("\0document",)
"""Stands for the object around the sections: what is in no row of theirs."""


@dataclass(frozen=True)
class Layout:
    """How the rows lie: ``descend`` are objects to look into, ``keyed`` those of id -> row."""

    kind: str
    evidence: str
    descend: frozenset[Keys] = frozenset()
    keyed: frozenset[Keys] = frozenset()


@dataclass
class Element:
    """A value that is to become a row of a section."""

    section: Keys
    row: int
    value: Any
    key: str | None = None


@dataclass
class Broken:
    """What stands where a row should be, and is none."""

    section: Keys
    row: int
    raw: str
    place: str
    message: str


@dataclass
class Walk:
    """What came to light while walking: whether the text is cut, and what stands beside rows."""

    odd: Oddities = field(default_factory=Oddities)
    is_cut: str = ""
    rest: dict[str, Any] = field(default_factory=dict)


def find_layout(path: Path, encoding: str, given: str) -> Layout:
    """Tell the layout by the head of the file. Raises SourceError for one that is not known."""
    if given and given not in LAYOUTS:
        raise SourceError(
            f'the layout "{given}" is not known; allowed: {", ".join(LAYOUTS)}',
            hint="correct the option `layout`",
            where=str(path),
        )
    reader = Reader(path, encoding)
    try:
        while len(reader.rest(_HEAD)) < _HEAD and reader.more():
            pass
        first, head = reader.peek(), reader.rest(_HEAD)
    finally:
        reader.close()
    if not first:
        raise SourceError("the file is empty", hint="export it again", where=str(path))
    if given in ("lines", "values", "array"):
        return Layout(given, "given")
    if not given:
        good, lines = _lines(head)
        if good > 1 and good * 2 >= lines:
            return Layout("lines", f"{good} of the first {lines} lines are JSON by themselves")
        if first == "[":
            return Layout("array", "begins with [")
        if first != "{":
            return Layout("values", "begins with neither { nor [")
    whole, is_followed = _first_value(head)
    if is_followed and not given:
        return Layout("values", "one value stands behind the other")
    descend: set[Keys] = set()
    keyed: set[Keys] = set()
    if isinstance(whole, dict):
        if _is_keyed(whole):
            keyed.add(())
        else:
            _explore(whole, (), descend, keyed)
    return Layout(
        "document", "given" if given else "one object", frozenset(descend), frozenset(keyed)
    )


def _lines(head: str) -> tuple[int, int]:
    """Count the first lines, and those that are an object or an array by themselves."""
    pieces = head.split("\n")
    complete = pieces[:-1] if len(pieces) > 1 and len(head) >= _HEAD else pieces
    lines = [line for line in (p.strip(" \t\r" + _SPACE) for p in complete) if line][:20]
    good = 0
    for line in lines:
        if line[0] in "{[":
            try:
                json.loads(line, parse_int=str, parse_float=str)
            except (ValueError, RecursionError):
                continue
            good += 1
    return good, len(lines)


def _first_value(head: str) -> tuple[Any, bool]:
    """Decode the first value, mended where the head ends inside; tell whether one follows."""
    plain = decoder(Oddities(), strict=False)
    try:
        made, end = plain.raw_decode(head)
        return made, bool(head[end:].strip(" \t\r\n," + _SPACE))
    except RecursionError:
        return None, False
    except ValueError:
        try:
            return plain.decode(_mended(head)), False
        except (ValueError, RecursionError):
            return None, False


def _mended(head: str) -> str:
    """Close what is open at the last comma of a text that is cut."""
    opened: list[str] = []
    cut, closers = 0, ""
    for found in _TOKEN.finditer(head):
        token = found[0]
        if token == '"':
            break  # a text that the head does not end
        if token in "{[":
            opened.append("}" if token == "{" else "]")
        elif token in "}]":
            if opened:
                opened.pop()
        elif token == ",":
            cut, closers = found.start(), "".join(reversed(opened))
    return head[:cut] + closers


def _is_keyed(value: dict[str, Any]) -> bool:
    """Tell id -> row from an object: rows have the same keys, and ids are no words."""
    rows = [row for row in value.values() if isinstance(row, dict) and row][:50]
    if len(rows) < 2 or len(rows) < min(len(value), 50):
        return False
    names = list(value)[:50]
    ids = sum(bool(re.search(r"\d", name)) or len(name) >= 16 for name in names)
    shared = set(rows[0]).intersection(*rows[1:])
    every = set().union(*rows)
    return ids * 2 > len(names) and len(shared) * 3 >= len(every)


def _explore(value: dict[str, Any], at: Keys, descend: set[Keys], keyed: set[Keys]) -> bool:
    """Find the objects that hold rows somewhere below; tell whether this one does."""
    holds = False
    for key, inner in value.items():
        path = (*at, key)
        if is_rows(inner):
            holds = True
        elif isinstance(inner, dict) and inner:
            if _is_keyed(inner):
                keyed.add(path)
                holds = True
            elif len(path) < _DEEPEST_SECTION and _explore(inner, path, descend, keyed):
                descend.add(path)
                holds = True
    return holds


def is_rows(value: Any) -> bool:
    """Tell an array of objects."""
    return isinstance(value, list) and any(isinstance(one, dict) for one in value[:50])


def elements(path: Path, encoding: str, layout: Layout, walk: Walk) -> Iterator[Element | Broken]:
    """Give everything that is to be a row, in the file's order; the rest is in ``walk``."""
    if layout.kind == "lines":
        yield from _line_elements(path, encoding, walk)
        return
    reader = Reader(path, encoding, walk.odd)
    walker = _Walker(reader, layout, walk)
    try:
        yield from walker.all()
    finally:
        reader.close()


def _line_elements(path: Path, encoding: str, walk: Walk) -> Iterator[Element | Broken]:
    plain, lenient = decoder(walk.odd), decoder(walk.odd, strict=False)
    for number, line in byte_lines(path):
        text = decoded(line, encoding).strip(" \t\ufeff" + _SPACE)
        if not text:
            continue
        place = f"{path}:{number}"
        before = (walk.odd.duplicate_keys, walk.odd.not_numbers)
        try:
            try:
                value = plain.decode(text)
            except json.JSONDecodeError as problem:
                if not problem.msg.startswith("Invalid control"):
                    raise
                value = lenient.decode(text)
        except (ValueError, RecursionError) as problem:
            walk.odd.duplicate_keys, walk.odd.not_numbers = before
            said = getattr(problem, "msg", "nested too deeply")
            yield Broken((), number, text[:10_000], place, f"a line is no valid JSON: {said}")
        else:
            yield Element((), number, value)


class _Walker:
    """Walks through a text and gives each row as it is reached."""

    def __init__(self, reader: Reader, layout: Layout, walk: Walk) -> None:
        self._reader, self._layout, self._walk = reader, layout, walk
        self._rows: dict[Keys, int] = {}

    def all(self) -> Iterator[Element | Broken]:
        reader, kind = self._reader, self._layout.kind
        is_read = False
        try:
            while first := reader.peek():
                if first == "," and is_read:
                    reader.skip()
                elif kind == "values":
                    yield from self._one(())
                elif kind == "array" and first == "[":
                    yield from self._array(())
                elif kind == "document" and first == "{" and not is_read:
                    if () in self._layout.keyed:
                        yield from self._members(())
                    else:
                        yield from self._object((), self._walk.rest)
                else:
                    raise reader.wrong(f"a value stands outside of the {kind}", 0)
                is_read = True
        except CutShortError:
            self._walk.is_cut = self._place()

    def _place(self) -> str:
        return f"{self._reader.path}:{self._reader.place()}"

    def _one(self, section: Keys, key: str | None = None) -> Iterator[Element | Broken]:
        """Give one row; where the text ends inside of it, what there is of it."""
        row = self._rows[section] = self._rows.get(section, 0) + 1
        try:
            value = self._reader.value()
        except CutShortError as cut:
            said = "the file ends in the middle of a row"
            yield Broken(section, row, cut.raw or "?", self._place(), said)
            raise
        yield Element(section, row, value, key)

    def _array(self, section: Keys) -> Iterator[Element | Broken]:
        reader = self._reader
        reader.expect("[")
        if reader.peek() == "]":
            reader.skip()
            self._rows.setdefault(section, 0)
            return
        while True:
            if not reader.peek():
                raise CutShortError("")
            yield from self._one(section)
            if reader.peek() == "]":
                reader.skip()
                return
            self._comma()

    def _comma(self) -> None:
        reader = self._reader
        found = reader.peek()
        if not found:
            raise CutShortError("")
        if found != ",":
            raise reader.wrong("Expecting ',' delimiter", 0)
        reader.skip()
        if reader.peek() in ("]", "}"):
            raise SourceError(
                "is no valid JSON: a comma stands behind the last entry",
                hint="take the comma away",
                where=self._place(),
            )

    def _keys(self) -> Iterator[str]:
        """Give the keys of an object; each is given when its value is next."""
        reader = self._reader
        reader.expect("{")
        if reader.peek() == "}":
            reader.skip()
            return
        while True:
            found = reader.peek()
            if found and found != '"':
                raise reader.wrong("Expecting property name enclosed in double quotes", 0)
            key = reader.value()
            reader.expect(":")
            yield str(key)
            if reader.peek() == "}":
                reader.skip()
                return
            self._comma()

    def _members(self, section: Keys) -> Iterator[Element | Broken]:
        for key in self._keys():
            yield from self._one(section, key)

    def _object(self, at: Keys, rest: dict[str, Any]) -> Iterator[Element | Broken]:
        reader = self._reader
        for key in self._keys():
            path = (*at, key)
            first = reader.peek()
            if first == "[" and reader.begins_with_object():
                yield from self._array(path)
            elif first == "{" and path in self._layout.keyed:
                yield from self._members(path)
            elif first == "{" and path in self._layout.descend:
                inner: dict[str, Any] = {}
                yield from self._object(path, inner)
                if inner:
                    rest[key] = inner
            else:
                number, free = 1, key
                while free in rest:
                    number += 1
                    free = f"{key}_{number}"
                if number > 1:
                    self._walk.odd.duplicate_keys += 1
                    self._walk.odd.duplicate_sample = self._walk.odd.duplicate_sample or key
                rest[free] = reader.value()
