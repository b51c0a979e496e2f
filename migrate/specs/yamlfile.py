"""What does a YAML file say, and on which line does it say it?

Scalars stay the text that the user typed: ``NO`` is a country, ``0123`` a code and ``2015-01-01``
a date for whoever asks for one. Only :func:`plain` turns text into numbers and truth values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.resolver import BaseResolver

from migrate.errors import MappingError
from migrate.specs.secrets import mask_url

NO_BREAK_SPACES = "\u00a0\u2007\u202f"

Kind = Literal["text", "list", "mapping", "nothing"]


@dataclass(frozen=True)
class Node:
    """A piece of a YAML file; ``where`` is the line of its key, or its own when it has none.

    ``at`` is ``file:line:column`` of a text's first character; ``is_folded`` where the text goes on
    over several lines, so that only its beginning has a known column.
    """

    kind: Kind
    where: str
    text: str = ""
    is_quoted: bool = False
    items: tuple[Node, ...] = ()
    entries: Mapping[str, Node] = field(default_factory=dict)
    at: str = ""
    is_folded: bool = False

    def spot(self, offset: int) -> str:
        """Where in the file a character of the text is: ``file:line:column``, as well as is known.

        >>> Node("text", "m.yaml:7", "a + b", at="m.yaml:7:12").spot(4)
        'm.yaml:7:16'
        """
        label, line, column = self.at.rsplit(":", 2) if self.at else ("", "", "")
        if not label:
            return self.where
        if self.is_folded:
            return f"{label}:{int(line) + self.text.count(chr(10), 0, offset)}"
        return f"{label}:{line}:{int(column) + offset}"

    @property
    def is_null(self) -> bool:
        """Whether this is one of YAML's ways to write nothing, of which only one looks like it."""
        is_word = not self.is_quoted and self.text in {"~", "null", "Null", "NULL"}
        return self.kind == "nothing" or (self.kind == "text" and is_word)

    @property
    def described(self) -> str:
        """What was found, for the sentence of a problem: never a resolved value."""
        names: Mapping[Kind, str] = {
            "text": f"the text {mask_url(self.text)!r}",
            "list": "a list",
            "mapping": "a mapping of keys",
            "nothing": "nothing",
        }
        return names[self.kind]


def read_yaml(path: Path, *, label: str = "") -> Node:
    """Read one YAML file; every key and value keeps ``<label>:<line>``, label being the file name.

    Raises MappingError with ``file:line:column`` for what is not YAML, for a key given twice, and
    for the no-break spaces that text pasted from a web page or a word processor brings along.
    """
    label = label or path.name
    text = _decoded(path, label)
    try:
        root = _composed(text)
    except MarkedYAMLError as error:
        raise _not_yaml(error, text, label) from error
    except YAMLError as error:
        line = _line_of(text, getattr(error, "position", 0))
        raise MappingError(
            "the file holds a control character, which YAML does not allow",
            hint="delete the invisible character on this line",
            where=f"{label}:{line}",
        ) from error
    if root is None:
        return Node("mapping", f"{label}:1")
    return _built(root, label, f"{label}:{root.start_mark.line + 1}", ())


class _NoTypes(BaseResolver):  # type: ignore[misc, unused-ignore]
    """Nobody here asks what type YAML would give a plain word, and finding out takes time."""

    def __init__(self, version: object = None, loadumper: object = None) -> None:
        super().__init__(loadumper)


def _composed(text: str) -> Any:
    """The nodes of a text; the quick parser leaves what it refuses to the one that says why."""
    quick = YAML(typ="safe")
    quick.Resolver = _NoTypes
    try:
        return quick.compose(text)
    except YAMLError:
        return YAML(typ="safe", pure=True).compose(text)


def plain(node: Node, resolve: Callable[[Node], str] = lambda node: node.text) -> Any:
    """The node as plain Python values: unquoted numbers, ``true`` and ``false`` become their types.

    A number with leading zeros stays text, because it is a code. ``resolve`` gives a text its
    final form.

    >>> node = Node("list", "x:1", items=(Node("text", "x:1", "7"), Node("text", "x:1", "007")))
    >>> plain(node)
    [7, '007']
    """
    if node.kind == "mapping":
        return {key: plain(value, resolve) for key, value in node.entries.items()}
    if node.kind == "list":
        return [plain(item, resolve) for item in node.items]
    if node.is_null:
        return None
    if node.is_quoted:
        return resolve(node)
    if node.text in {"true", "false"}:
        return node.text == "true"
    if re.fullmatch(r"[-+]?(0|[1-9]\d*)", node.text):
        return int(node.text)
    if re.fullmatch(r"[-+]?(0|[1-9]\d*)\.\d+([eE][-+]?\d+)?", node.text):
        return float(node.text)
    return resolve(node)


def _decoded(path: Path, label: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MappingError(
            f"the file cannot be read: {error.strerror}",
            hint=f"look for it in {path.parent}",
            where=label,
        ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MappingError(
            "the file is not UTF-8 text",
            hint="save it with the encoding UTF-8",
            where=f"{label}:{line}",
        ) from error


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _not_yaml(error: MarkedYAMLError, text: str, label: str) -> MappingError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines()
    shown = lines[line] if line < len(lines) else ""
    hint = "look at this line and the one above: a colon, a quotation mark or a bracket"
    if "\t" in shown:
        hint = "the line holds a tab; YAML is indented with spaces"
    elif any(space in shown for space in NO_BREAK_SPACES):
        hint = "the line holds a no-break space; replace it with a space"
    problem = " ".join(part for part in (error.context, error.problem) if part)
    return MappingError(
        f"this is not YAML: {problem}", hint=hint, where=f"{label}:{line + 1}:{column + 1}"
    )


def _built(node: Any, label: str, where: str, above: tuple[int, ...]) -> Node:
    exact = f"{label}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
    if id(node) in above:
        raise MappingError(
            f"the anchor &{node.anchor} contains itself",
            hint="write the part out instead of repeating it with *",
            where=exact,
        )
    above = (*above, id(node))
    if isinstance(node, ScalarNode):
        return _scalar(node, where, exact)
    if isinstance(node, SequenceNode):
        items = tuple(
            _built(item, label, f"{label}:{item.start_mark.line + 1}", above) for item in node.value
        )
        return Node("list", where, items=items)
    entries: dict[str, Node] = {}
    for key_node, value_node in node.value if isinstance(node, MappingNode) else ():
        key, line = _key(key_node, label, entries)
        entries[key] = _built(value_node, label, f"{label}:{line}", above)
    return Node("mapping", where, entries=entries)


def _key(key_node: Any, label: str, entries: Mapping[str, Node]) -> tuple[str, int]:
    line = int(key_node.start_mark.line) + 1
    exact = f"{label}:{line}:{key_node.start_mark.column + 1}"
    if not isinstance(key_node, ScalarNode):
        raise MappingError("a key must be one text", hint="put it in quotes", where=exact)
    key = _scalar(key_node, f"{label}:{line}", exact).text
    if key in entries:
        first = entries[key].where
        raise MappingError(
            f"the key {key!r} is given twice, first in {first}",
            hint="delete one, or write both into one",
            where=exact,
        )
    return key, line


def _scalar(node: ScalarNode, where: str, exact: str) -> Node:
    text = str(node.value)
    is_quoted = bool(node.style)  # the quick parser says "" of a plain text, the other one None
    if not is_quoted and any(space in text for space in NO_BREAK_SPACES):
        raise MappingError(
            "there is a no-break space among the letters",
            hint="replace it with a space; put the text in quotes when the name really has one",
            where=exact,
        )
    if not is_quoted and text == "":
        return Node("nothing", where)
    label, line, column = exact.rsplit(":", 2)
    is_block = node.style in {"|", ">"}
    is_folded = is_block or node.start_mark.line != node.end_mark.line
    start = f"{label}:{int(line) + is_block}:{int(column) + (node.style in {chr(34), chr(39)})}"
    return Node("text", where, text, is_quoted, at=start, is_folded=is_folded)
