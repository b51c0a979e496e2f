"""How is one thing of a YAML file changed, and every other byte of it left alone?

A file that people keep has comments, an order and line breaks of their own. So nothing is written
anew: the parser says where a piece stands, and only that piece of the text is cut out or put in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from migrate.errors import MappingError

_WIDTH = 100  # a line of a flow mapping that would grow longer is broken
_PLAIN = re.compile(r"[^\W\d_]([\w ./()@%&+-]*[\w.)%+])?")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_UNPRINTED = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")

Path = Sequence[str | int]
"""Keys, and the numbers of items, from the root of a file to a piece of it."""


def put(text: str, path: Path, value: Any) -> str:
    """Give the text with ``value`` at ``path``: what stands there is replaced, or a key is added.

    Raises MappingError where the piece cannot be changed alone (it is shared through an anchor).

    >>> put("a: {b: 1}  # why\\n", ["a", "c"], ["x", "no"])
    'a: {b: 1, c: [x, "no"]}  # why\\n'
    """
    found, left = _walk(text, path)
    if not left:
        return _replaced(text, found[-1], value)
    parent = found[-1].node
    is_flow = parent is not None and _is_flow(text, parent)
    for key in reversed(left[1:]):
        value = {key: value} if is_flow else Lines([(str(key), value)])
    return _added(text, found[-1], str(left[0]), value)


def append(text: str, path: Path, item: Any) -> str:
    """Give the text with one more item in the list at ``path``, which is made where there is none.

    >>> append("drop:\\n  - {a: 1}\\nz: 2\\n", ["drop"], {"b": "x"})
    'drop:\\n  - {a: 1}\\n  - {b: x}\\nz: 2\\n'
    """
    found, left = _walk(text, path)
    spot = found[-1]
    if left or not isinstance(spot.node, SequenceNode):
        return put(text, path, Lines([item]))
    node = spot.node
    if _is_flow(text, node):
        return _into_flow(text, node, render(item), [item.end_mark.index for item in node.value])
    at = _line_end(text, _end(text, node))
    column, newline = int(node.start_mark.column), _newline(text)
    made = f"{newline}{' ' * column}- {_broken(item, column + 2, newline)}"
    return text[:at] + made + text[at:]


def take(text: str, path: Path) -> str:
    """Give the text without what stands at ``path``; comments above it stay.

    >>> take("a: 1\\n# why\\nb: 2  # two\\nc: {d: 1, e: 2}\\n", ["b"])
    'a: 1\\n# why\\nc: {d: 1, e: 2}\\n'
    """
    found, left = _walk(text, path)
    if left:
        return text
    spot, parent = found[-1], found[-2].node
    spans = _spans(text, parent)
    number = next(n for n, (start, _) in enumerate(spans) if start == spot.start)
    start, end = spans[number]
    if len(spans) == 1:
        empty = "{}" if isinstance(parent, MappingNode) else "[]"
        inner = "" if _is_flow(text, parent) else empty
        start = start if inner == "" else int(parent.start_mark.index)
        return text[:start] + inner + text[end:]
    if _is_flow(text, parent):
        if number + 1 < len(spans):
            return text[:start] + text[spans[number + 1][0] :]
        return text[: spans[number - 1][1]] + text[end:]
    begin = text.rfind("\n", 0, start) + 1
    above = text[begin:start].rstrip()
    if isinstance(parent, SequenceNode):
        above = above.removesuffix("-")
    if above.strip():  # the first key of "- a: 1": the next one takes its place
        return text[:start] + text[spans[number + 1][0] :]
    after = _line_end(text, end)
    after += 2 if text.startswith("\r\n", after) else 1
    return text[:begin] + text[after:]


def rename(text: str, path: Path, key: str) -> str:
    """Give the text with another key for what stands at ``path``.

    >>> rename("a: {b: 1}\\n", ["a", "b"], "c")
    'a: {c: 1}\\n'
    """
    found, left = _walk(text, path)
    if left or found[-1].key is None:
        return text
    node = found[-1].key
    return text[: node.start_mark.index] + scalar(key) + text[node.end_mark.index :]


def as_mapping(text: str, path: Path, key: str) -> str:
    """Give the text with the plain value at ``path`` written out under ``key``.

    >>> as_mapping("currency: Mena\\n", ["currency"], "from")
    'currency: {from: Mena}\\n'
    """
    found, left = _walk(text, path)
    node = found[-1].node
    if left or not isinstance(node, ScalarNode | SequenceNode) or not _is_inline(text, node):
        return text
    start, end = node.start_mark.index, node.end_mark.index
    return f"{text[:start]}{{{key}: {text[start:end]}}}{text[end:]}"


def has(text: str, path: Path) -> bool:
    """Say whether anything stands at ``path``."""
    return not _walk(text, path)[1]


def plain_at(text: str, path: Path) -> Any:
    """Give what stands at ``path`` as texts, lists and mappings; None where nothing does.

    >>> plain_at("drop: [{columns: [a, 07]}]", ["drop", 0])
    {'columns': ['a', '07']}
    """
    found, left = _walk(text, path)
    return None if left else _plain_node(found[-1].node)


def _plain_node(node: Any) -> Any:
    if isinstance(node, MappingNode):
        return {str(k.value): _plain_node(v) for k, v in node.value}
    if isinstance(node, SequenceNode):
        return [_plain_node(item) for item in node.value]
    return None if node is None or _is_null(node) else str(node.value)


class Lines(list[Any]):
    """A list or, with pairs in it, a mapping that is written one item a line."""


def render(value: Any, *, indent: int = 0, newline: str = "\n") -> str:
    """Write a value as YAML: on one line, but for :class:`Lines`.

    >>> print(render({"from": "Tel. 1", "default": "1", "values": {"Nein": "no"}}))
    {from: Tel. 1, default: "1", values: {Nein: "no"}}
    """
    if isinstance(value, Lines):
        space = newline + " " * (indent + 2)
        made = [
            f"{scalar(str(item[0]))}:{_after_colon(item[1], indent + 2, newline)}"
            if isinstance(item, tuple)
            else f"- {_broken(item, indent + 4, newline)}"
            for item in value
        ]
        return "".join(space + line for line in made)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(k))}: {render(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(render(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return scalar(str(value))


def _broken(value: Any, column: int, newline: str) -> str:
    """A flow mapping that begins in a column, its entries on further lines where it grows too long."""
    made = render(value)
    if not isinstance(value, Mapping) or column + len(made) <= _WIDTH:
        return made
    lines, line = [], "{"
    entries = [f"{scalar(str(k))}: {render(v)}" for k, v in value.items()]
    for number, entry in enumerate(entries):
        end = "}" if number + 1 == len(entries) else ","
        gap = "" if line == "{" else " "
        if line.strip() not in ("", "{") and column + len(line) + len(gap + entry + end) > _WIDTH:
            lines.append(line)
            line, gap = " " * (column + 1), ""
        line += gap + entry + end
    return newline.join([*lines, line])


def scalar(text: str) -> str:
    """Write a text so that every reader takes it for this text: plain where that is safe.

    >>> scalar("Kontakt / E-mail"), scalar("0123"), scalar("no"), scalar("a: b")
    ('Kontakt / E-mail', '"0123"', '"no"', '"a: b"')
    """
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS and text.isprintable():
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


# -- where things stand -----------------------------------------------------------------------


class _Spot:
    """A piece of the file: its node, and the node of its key where it has one."""

    def __init__(self, node: Any, key: Any = None) -> None:
        self.node, self.key = node, key

    @property
    def start(self) -> int:
        return int((self.key or self.node).start_mark.index)


def _walk(text: str, path: Path) -> tuple[list[_Spot], list[str | int]]:
    """The pieces from the root along the path, and what of the path is not there."""
    try:
        root = YAML(typ="safe").compose(text)
    except YAMLError as error:
        raise MappingError("the file is not YAML any more", hint="crm-migrate check") from error
    spots = [_Spot(root)]
    for number, step in enumerate(path):
        node, child = spots[-1].node, None
        if isinstance(node, MappingNode):
            pairs = (_Spot(v, k) for k, v in node.value if getattr(k, "value", None) == step)
            child = next(pairs, None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = _Spot(node.value[step])
        if child is None:
            return spots, list(path[number:])
        _refuse_shared(text, child, path[: number + 1])
        spots.append(child)
    return spots, []


def _refuse_shared(text: str, spot: _Spot, path: Path) -> None:
    node = spot.node
    start = int(node.start_mark.index)
    is_elsewhere = spot.key is not None and start < spot.key.end_mark.index
    if is_elsewhere or text[start : start + 1] in ("*", "&", "!") or node.anchor:
        line = int((spot.key or node).start_mark.line) + 1
        raise MappingError(
            f"line {line}: {'.'.join(map(str, path))} is shared with another part of the file",
            hint="write it out where an anchor (& and *) or a tag stands, and run it again",
        )


def _is_flow(text: str, node: Any) -> bool:
    return text[node.start_mark.index : node.start_mark.index + 1] in ("{", "[")


def _is_null(node: Any) -> bool:
    return isinstance(node, ScalarNode) and not node.value and not node.style


def _is_inline(text: str, node: Any) -> bool:
    if isinstance(node, ScalarNode):
        return node.style not in ("|", ">") and not _is_null(node)
    return _is_flow(text, node)


def _end(text: str, node: Any, key: Any = None) -> int:
    """Where a piece ends: behind its last sign, not where the next one begins."""
    if _is_null(node) and key is not None:
        return text.index(":", int(key.end_mark.index)) + 1
    if not isinstance(node, ScalarNode) and not _is_flow(text, node) and node.value:
        last = node.value[-1]
        return _end(text, last[1], last[0]) if isinstance(last, tuple) else _end(text, last)
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    return start + len(text[start:end].rstrip())


def _spans(text: str, node: Any) -> list[tuple[int, int]]:
    """Begin and end of each entry of a mapping or list; that of a block's item has its dash."""
    if isinstance(node, MappingNode):
        return [(int(k.start_mark.index), _end(text, v, k)) for k, v in node.value]
    return [(int(item.start_mark.index), _end(text, item)) for item in node.value]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if end > at and text[end - 1] == "\r" else end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# -- changing ---------------------------------------------------------------------------------


def _after_colon(value: Any, indent: int, newline: str) -> str:
    if isinstance(value, Lines):
        return render(value, indent=indent, newline=newline)
    return f" {render(value)}"


def _replaced(text: str, spot: _Spot, value: Any) -> str:
    node = spot.node
    if _is_inline(text, node) and not isinstance(value, Lines):
        return text[: node.start_mark.index] + render(value) + text[node.end_mark.index :]
    if spot.key is None:
        end = _end(text, node)
        return text[: node.start_mark.index] + render(value) + text[end:]
    colon = text.index(":", int(spot.key.end_mark.index)) + 1
    column = int(spot.key.start_mark.column)
    return (
        text[:colon]
        + _after_colon(value, column, _newline(text))
        + text[_end(text, node, spot.key) :]
    )


def _added(text: str, spot: _Spot, key: str, value: Any) -> str:
    node, newline = spot.node, _newline(text)
    if node is None:
        gap = "" if not text or text.endswith("\n") else newline
        return f"{text}{gap}{scalar(key)}:{_after_colon(value, 0, newline)}{newline}"
    if not isinstance(node, MappingNode):
        if not _is_null(node):
            raise MappingError(
                f"line {node.start_mark.line + 1} holds no keys, so {key!r} has no place there"
            )
        return _replaced(text, spot, Lines([(key, value)]))
    if _is_flow(text, node):
        ends = [_end(text, v, k) for k, v in node.value]
        return _into_flow(text, node, f"{scalar(key)}: {render(value)}", ends)
    column = int(node.value[0][0].start_mark.column)
    if column == 0:
        return f"{text.rstrip()}{newline}{newline}{scalar(key)}:{_after_colon(value, 0, newline)}{newline}"
    at = _line_end(text, _end(text, node))
    made = f"{newline}{' ' * column}{scalar(key)}:{_after_colon(value, column, newline)}"
    return text[:at] + made + text[at:]


def _into_flow(text: str, node: Any, made: str, ends: Sequence[int]) -> str:
    """One more entry before the closing bracket, on a line of its own where it grows too long."""
    if not ends:
        at = int(node.start_mark.index) + 1
        return text[:at] + made + text[at:]
    at = ends[-1]
    begin, end = text.rfind("\n", 0, at) + 1, _line_end(text, at)
    gap = " "
    if end - begin + len(made) + 2 > _WIDTH:
        gap = _newline(text) + " " * (int(node.start_mark.column) + 1)
    return text[:at] + "," + gap + made + text[at:]
