"""What does an expression over a row's columns say? Its text becomes a tree of frozen values.

The language: columns (``amount``, ``product.price``, ``{Net amount}``), texts in quotes, numbers,
``true`` and ``false``, ``+ - * /``, ``= != < <= > >=``, ``and or not``, brackets, and the functions
of FUNCTIONS. There is nothing else: no attribute, no name but a column's, no Python. What a tree
comes to is computed in :mod:`migrate.transform.expressions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from migrate.registry import did_you_mean
from migrate.specs.time_formats import format_problem

FUNCTIONS: Mapping[str, tuple[int, int | None]] = {
    "if": (2, 3),
    "coalesce": (1, None),
    "concat": (1, None),
    "upper": (1, 1),
    "lower": (1, 1),
    "trim": (1, 1),
    "left": (2, 2),
    "right": (2, 2),
    "length": (1, 1),
    "replace": (3, 3),
    "contains": (2, 2),
    "starts_with": (2, 2),
    "number": (1, 2),
    "round": (1, 2),
    "date": (1, 2),
    "year": (1, 1),
    "days_between": (2, 2),
}
"""Each function with the fewest and the most arguments it takes (None: any number)."""

SIGNS = (".", ",")
DEEPEST = 60
"""How many pieces may stand inside each other; computing goes as deep as the tree."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | \{(?P<column>[^{}]+)\}
    | (?P<name>[^\W\d]\w*(?:\.\w+)*)
    | (?P<sign><=|>=|!=|<>|==|[-+*/=<>(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}  # fmt: skip


@dataclass(frozen=True)
class Fixed:
    """A text, a number or a truth value that stands in the expression itself."""

    value: str | Decimal | bool


@dataclass(frozen=True)
class ColumnValue:
    """The text of a column in the row."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function or an operator (its sign or word is the name) with what it is given."""

    name: str
    arguments: tuple[Node, ...]


Node = Fixed | ColumnValue | Call


@dataclass(frozen=True)
class Expression:
    """An expression: its text, its tree, and the columns that it names."""

    text: str
    tree: Node

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_columns(self.tree)))


class ExpressionProblem(ValueError):
    """The text is no expression: ``message``, what to write (``hint``), and where in it (``at``)."""

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.at, self.hint = message, at, hint


def parse(text: str) -> Expression:
    """The tree of an expression. Raises ExpressionProblem, and nothing else, for any other text.

    >>> parse("if(amount > 10, 'big', city)").columns
    ('amount', 'city')
    >>> parse("uper(name)")
    Traceback (most recent call last):
    migrate.specs.expression.ExpressionProblem: there is no function 'uper'
    """
    parser = _Parser(_tokens(text), len(text))
    tree = parser.either(0)
    parser.end()
    if _depth(tree) > DEEPEST:
        hint = "split it over two fields, or write a python: function"
        raise ExpressionProblem("it has too many pieces inside each other", 0, hint)
    return Expression(text, tree)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            sign = text[start]
            if sign in "'\"":
                raise ExpressionProblem("the text has no closing quotation mark", start)
            hint = "a column with such a sign in its name stands in braces: {Net amount}"
            raise ExpressionProblem(f"{sign!r} means nothing here", start, hint)
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
        if len(found) > 2000:
            raise ExpressionProblem("it is too long", at, "split it over two fields")
    return found


class _Parser:
    """Reads tokens from left to right; each method reads what binds at least as tightly."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._place = 0
        self._end = end

    def either(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionProblem("it has too many pieces inside each other", self._at())
        left = self._both(depth)
        while self._takes("or"):
            left = Call("or", (left, self._both(depth)))
        return left

    def end(self) -> None:
        if self._place < len(self._tokens):
            token = self._tokens[self._place]
            hint = "two values need a sign between them; texts are put together by concat(a, b)"
            raise ExpressionProblem(f"{token.text!r} is one too many here", token.at, hint)

    def _both(self, depth: int) -> Node:
        left = self._denied(depth)
        while self._takes("and"):
            left = Call("and", (left, self._denied(depth)))
        return left

    def _denied(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionProblem("it has too many pieces inside each other", self._at())
        if self._takes("not"):
            return Call("not", (self._denied(depth + 1),))
        return self._compared(depth)

    def _compared(self, depth: int) -> Node:
        left = self._sum(depth)
        sign = self._sign(_COMPARISONS)
        if not sign:
            return left
        compared = Call(_COMPARISONS[sign], (left, self._sum(depth)))
        at = self._at()
        if self._sign(_COMPARISONS):
            raise ExpressionProblem(
                "a comparison has two sides", at, "join two with and: a < b and b < c"
            )
        return compared

    def _sum(self, depth: int) -> Node:
        left = self._product(depth)
        while sign := self._sign("+-"):
            left = Call(sign, (left, self._product(depth)))
        return left

    def _product(self, depth: int) -> Node:
        left = self._negated(depth)
        while sign := self._sign("*/"):
            left = Call(sign, (left, self._negated(depth)))
        return left

    def _negated(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionProblem("it has too many pieces inside each other", self._at())
        if self._sign("-"):
            return Call("negative", (self._negated(depth + 1),))
        return self._one(depth)

    def _one(self, depth: int) -> Node:
        if self._place == len(self._tokens):
            raise ExpressionProblem(
                "something is missing at the end", self._end, "write a column, a text or a number"
            )
        token = self._tokens[self._place]
        self._place += 1
        if token.kind == "number":
            return Fixed(Decimal(token.text))
        if token.kind == "text":
            return Fixed(re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL))
        if token.kind == "column":
            return ColumnValue(token.text.strip())
        if token.text == "(":
            inner = self.either(depth + 1)
            self._close(token)
            return inner
        if token.kind != "name" or token.text in {"and", "or", "not"}:
            hint = "write a column, a text in quotes or a number"
            raise ExpressionProblem(f"{token.text!r} cannot stand here", token.at, hint)
        if token.text in {"true", "false"}:
            return Fixed(token.text == "true")
        if self._sign("("):
            return self._call(token, depth)
        return ColumnValue(token.text)

    def _call(self, name: _Token, depth: int) -> Node:
        if name.text not in FUNCTIONS:
            message = f"there is no function {name.text!r}"
            raise ExpressionProblem(message, name.at, did_you_mean(name.text, FUNCTIONS))
        given: list[Node] = []
        places: list[int] = []
        if not self._sign(")"):
            while True:
                places.append(self._at())
                given.append(self.either(depth + 1))
                if not self._sign(","):
                    break
            self._close(name)
        least, most = FUNCTIONS[name.text]
        if len(given) < least or (most is not None and len(given) > most):
            wanted = (
                f"{least}"
                if most == least
                else f"{least} or more"
                if most is None
                else f"{least} or {most}"
            )
            message = f"{name.text} takes {wanted} values, found {len(given)}"
            raise ExpressionProblem(message, name.at)
        _check_fixed(name.text, given, places)
        return Call(name.text, tuple(given))

    def _close(self, opened: _Token) -> None:
        if not self._sign(")"):
            message = (
                "the bracket is not closed"
                if opened.text == "("
                else f"the bracket of {opened.text} is not closed"
            )
            raise ExpressionProblem(
                message, self._at(), "write ) behind it, and a comma between two values"
            )

    def _takes(self, word: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place][:2] == ("name", word):
            self._place += 1
            return True
        return False

    def _sign(self, signs: str | Mapping[str, str]) -> str:
        if self._place < len(self._tokens):
            token = self._tokens[self._place]
            if token.kind == "sign" and token.text in signs:
                self._place += 1
                return token.text
        return ""

    def _at(self) -> int:
        return self._tokens[self._place].at if self._place < len(self._tokens) else self._end


def _check_fixed(name: str, given: list[Node], places: list[int]) -> None:
    """A decimal sign or a format that stands there as a text is looked at once, not per row."""
    if len(given) < 2 or not isinstance(given[1], Fixed):
        return
    fixed = given[1].value
    if name == "number" and fixed not in SIGNS:
        raise ExpressionProblem("the decimal sign is '.' or ','", places[1])
    if name == "date":
        problem = format_problem(str(fixed))
        if problem:
            raise ExpressionProblem(
                f"as a format of dates, {problem}", places[1], "write it as '%d.%m.%Y'"
            )


def _columns(node: Node) -> list[str]:
    if isinstance(node, ColumnValue):
        return [node.name]
    if isinstance(node, Call):
        return [name for argument in node.arguments for name in _columns(argument)]
    return []


def _depth(tree: Node) -> int:
    """How many pieces stand inside each other; a long sum is a deep tree."""
    level: list[Node] = [tree]
    depth = 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [a for node in level if isinstance(node, Call) for a in node.arguments]
    return depth
