"""Which of the keys that a part of a YAML file may have does it have, and what is wrong with them?

A reader asks a mapping for its keys one by one. What is wrong is collected, so that one run shows
everything; ``done()`` then reports each key that nobody asked for. The asking is the schema.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from typing import Any

from migrate.registry import did_you_mean
from migrate.specs.yamlfile import Node, plain
from migrate.values import Issue, Severity

VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")


class Reader:
    """The keys of one YAML mapping; ``subject`` names it in sentences ("block 'companies'").

    >>> issues = []
    >>> entries = {"adress": Node("text", "m.yaml:2", "Main St 1")}
    >>> reader = Reader(Node("mapping", "m.yaml:1", entries=entries), "customer", issues)
    >>> reader.text("address")
    ''
    >>> reader.done()
    >>> issues[0].place, issues[0].code, issues[0].hint
    ('m.yaml:2', 'unknown_key', "did you mean 'address'?")
    """

    def __init__(self, node: Node, subject: str, issues: list[Issue]) -> None:
        self.where = node.where
        self.subject = subject
        self.issues = issues
        self._asked: dict[str, None] = {}
        self._entries = node.entries
        if node.kind not in {"mapping", "nothing"}:
            self.refuse("wrong_type", f"must be a mapping of keys, found {node.described}")

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that the mapping has, as they stand."""
        return tuple(self._entries)

    def refuse(
        self,
        code: str,
        message: str,
        *,
        key: str = "",
        hint: str = "",
        severity: Severity = "error",
    ) -> None:
        """Collect one problem of this mapping, at the line of ``key`` if it has that key."""
        subject = f"{self.subject}, {key}" if key else self.subject
        place = self.place(key)
        self.issues.append(Issue(code, severity, f"{subject}: {message}", place=place, hint=hint))

    def place(self, key: str) -> str:
        """``file:line`` of a key, or of the whole when it is not there."""
        return self._entries[key].where if key in self._entries else self.where

    def node(self, key: str, *, required: bool = False) -> Node | None:
        """The value of a key as it stands, None when it is not there."""
        self._asked[key] = None
        found = self._entries.get(key)
        if required and (found is None or found.kind == "nothing"):
            self.refuse("missing_key", f"the key {key!r} is missing", key=key if found else "")
            return None
        return found

    def text(
        self, key: str, default: str = "", *, required: bool = False, verbatim: bool = False
    ) -> str:
        """One text; variables of the environment are put in, unless it is taken ``verbatim``."""
        found = self.node(key, required=required)
        if found is None:
            return default
        if found.kind != "text" or found.is_null:
            hint = "put it in quotes if this very word is meant" if found.text else ""
            self.refuse(
                "wrong_type", f"must be a text, found {found.described}", key=key, hint=hint
            )
            return default
        if required and not found.text.strip():
            self.refuse("missing_key", "must not be empty", key=key)
        return found.text if verbatim else self.resolved(found)

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of one."""
        found = self.node(key, required=required)
        return () if found is None else self._texts(found, key)

    def rows_of_texts(self, key: str, *, required: bool = False) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts."""
        found = self.node(key, required=required)
        if found is None:
            return ()
        if found.kind != "list":
            self.refuse("wrong_type", f"must be a list of lists, found {found.described}", key=key)
        return tuple(self._texts(item, key) for item in found.items)

    def flag(self, key: str, default: bool = False) -> bool:
        """``true`` or ``false``."""
        return str(self.choice(key, ("true", "false"), str(default).lower())) == "true"

    def number(self, key: str, default: int = 0) -> int:
        """A whole number, not negative."""
        text = self.text(key)
        if text and not re.fullmatch(r"\d{1,9}", text):
            self.refuse("wrong_type", f"must be a whole number, found {self._raw(key)}", key=key)
            return default
        return int(text) if text else default

    def percent(self, key: str, default: float) -> float:
        """A number from 0 to 100."""
        text = self.text(key)
        if text and not (re.fullmatch(r"\d{1,3}(\.\d+)?", text) and float(text) <= 100):
            self.refuse(
                "wrong_type", f"must be a number from 0 to 100, found {self._raw(key)}", key=key
            )
            return default
        return float(text) if text else default

    def choice(self, key: str, allowed: Sequence[str], default: str) -> Any:
        """One of the allowed words."""
        text = self.text(key, default)
        if text in allowed:
            return text
        self.refuse(
            "unknown_choice",
            f"must be one of {', '.join(allowed)}, found {self._raw(key)}",
            key=key,
            hint=did_you_mean(text, allowed),
        )
        return default

    def text_map(self, key: str) -> dict[str, str]:
        """Texts by key."""
        reader = self.mapping(key)
        return {name: reader.text(name) for name in reader.names}

    def mapping(self, key: str, *, required: bool = False) -> Reader:
        """A reader of the mapping under ``key``; of an empty one when it is not there."""
        found = self.node(key, required=required) or Node("mapping", self.where)
        return Reader(found, f"{self.subject}, {key}", self.issues)

    def children(self, key: str, kind: str, *, required: bool = False) -> list[tuple[str, Reader]]:
        """A reader for each mapping under ``key``, with its name; ``kind`` is what they are."""
        entries = self.mapping(key, required=required)._entries
        return [(n, Reader(node, f"{kind} {n!r}", self.issues)) for n, node in entries.items()]

    def items(self, key: str, subject: str = "") -> list[Reader]:
        """A reader for each mapping of a list."""
        found = self.node(key)
        if found is None or found.kind == "nothing":
            return []
        if found.kind != "list":
            self.refuse("wrong_type", f"must be a list, found {found.described}", key=key)
        name = subject or f"{self.subject}, {key}"
        return [Reader(item, f"{name} {n}", self.issues) for n, item in enumerate(found.items, 1)]

    def plain_map(self, key: str) -> dict[str, Any]:
        """A mapping of whatever it holds, as plain Python values."""
        reader = self.mapping(key)
        return {name: plain(node, self.resolved) for name, node in reader._entries.items()}

    def rest(self) -> dict[str, Any]:
        """Every key that was not asked for, as plain Python values, but for what is a slip."""
        own = [name for name in self._entries if name not in self._asked]
        names = [n for n in own if not difflib.get_close_matches(n, self._asked, n=1, cutoff=0.75)]
        values = {name: plain(self._entries[name], self.resolved) for name in names}
        self._asked.update(dict.fromkeys(names))
        return values

    def done(self) -> None:
        """Report each key that nobody asked for, with the nearest that somebody did."""
        for key in self._entries:
            if key not in self._asked:
                hint = did_you_mean(key, self._asked)
                self.refuse("unknown_key", "there is no such key here", key=key, hint=hint)

    def resolved(self, node: Node) -> str:
        """The text with ``${NAME}`` put in; an unset variable is a problem and stays as written."""

        def value(match: re.Match[str]) -> str:
            found = os.environ.get(match[1], "")
            if not found:
                self.issues.append(_unset(match[1], self.subject, node.where))
            return found or match[0]

        return VARIABLE.sub(value, node.text)

    def _raw(self, key: str) -> str:
        return self._entries[key].described if key in self._entries else "nothing"

    def _texts(self, node: Node, key: str) -> tuple[str, ...]:
        nodes = node.items if node.kind == "list" else (node,)
        texts = [item for item in nodes if item.kind == "text"]
        for item in nodes:
            if item.kind != "text":
                message = f"{self.subject}, {key}: must be texts, found {item.described}"
                self.issues.append(Issue("wrong_type", "error", message, place=item.where))
        return tuple(self.resolved(item) for item in texts)


def check_name(reader: Reader, name: str) -> None:
    """Report a name that cannot be part of an external id or of ``<source>.<table>``."""
    if not re.fullmatch(r"[\w-]+", name):
        reader.refuse(
            "bad_name",
            "the name becomes part of external ids",
            hint="use letters, digits, - and _ only",
        )


def _unset(name: str, subject: str, where: str) -> Issue:
    return Issue(
        "unset_variable",
        "error",
        f"{subject}: the environment variable {name} is not set, or empty",
        place=where,
        hint=f"set {name} before you run the command",
    )
