"""How is one fact read from the JSON of a schema call, whatever stands there?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from migrate.loaders._describers._asking import Asking

Item = Mapping[str, Any]


def items(asking: Asking, body: Any, key: str, *needs: str) -> list[dict[str, Any]]:
    """The list ``key`` of an answer, each of whose items has what it needs.

    Raises TargetError where it is another system's answer.
    """
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise asking.puzzled(f"its answer has no list {key!r}")
    if not all(isinstance(item, dict) and set(needs) <= item.keys() for item in found):
        raise asking.puzzled(f"items of its list {key!r} lack {' or '.join(needs)}")
    return found


def next_page(asking: Asking, cursor: Any, seen: set[str]) -> str:
    """Where the next page begins; nothing after the last one.

    Raises TargetError where pages lead back to one that was read: they would never end.
    """
    found = text({"cursor": cursor}, "cursor")
    if found in seen:
        raise asking.puzzled("its pages lead in a circle")
    if found:
        seen.add(found)
    return found


def text(item: Item, *keys: str) -> str:
    """The first of these keys that holds a text or a number.

    >>> text({"label": None, "name": "Size"}, "label", "name")
    'Size'
    """
    for key in keys:
        value = item.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return clean(str(value))
    return ""


def each(item: Item, key: str) -> list[Any]:
    """The items of a list; none where there is no list.

    >>> each({"options": [{"id": 1}]}, "options"), each({"options": True}, "options")
    ([{'id': 1}], [])
    """
    value = item.get(key)
    return value if isinstance(value, list) else []


def each_item(item: Item, key: str) -> list[dict[str, Any]]:
    """The mappings in a list; none where there is no list."""
    return [found for found in each(item, key) if isinstance(found, dict)]


def names(item: Item, key: str) -> tuple[str, ...]:
    """The texts in a list, each once.

    >>> names({"referenceTo": ["Account", None, "Account"]}, "referenceTo")
    ('Account',)
    """
    return tuple(dict.fromkeys(v for v in each(item, key) if isinstance(v, str) and v))


def clean(value: str) -> str:
    """A text on one line, in which nothing looks like a variable of the environment."""
    return " ".join(value.split()).replace("${", "$ {")


def number(item: Item, key: str, *, most: int = 10_000_000) -> int | None:
    """A whole number above nothing; None for what is no limit at all.

    >>> number({"length": 80}, "length"), number({"length": 0}, "length"), number({}, "length")
    (80, None, None)
    """
    value = item.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        return None
    return value


def flag(item: Item, key: str) -> bool:
    """Whether it is said that this is so.

    >>> flag({"required": "Y"}, "required"), flag({"required": None}, "required")
    (True, False)
    """
    return item.get(key) in (True, 1, "Y", "true", "True", "1")


def choices(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The values of a list and their labels, where any differs from its value.

    >>> choices([("1", "Hot"), ("2", "Cold"), ("1", "Again")])
    (('1', '2'), {'1': 'Hot', '2': 'Cold'})
    >>> choices([("Hot", "Hot")])
    (('Hot',), {})
    """
    found: dict[str, str] = {}
    for value, label in pairs:
        if value:
            found.setdefault(value, label or value)
    differ = any(value != label for value, label in found.items())
    return tuple(found), found if differ else {}
