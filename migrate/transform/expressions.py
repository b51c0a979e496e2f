"""What does an expression come to in each row, and in which rows can it not be computed?

Computed once for each distinct combination of the columns that it names. Numbers are decimals of 38
digits. What a row's texts do not allow (a text where a number is needed, a division by nothing) is
a reason in words, never an exception and never a guess.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

import pandas as pd

from migrate.specs.expression import ColumnValue, Expression, Fixed, Node
from migrate.specs.time_formats import format_problem, read_moment

Value = str | Decimal | datetime.date | bool | None
"""What a piece of an expression can be; None is nothing, and so is an empty text."""

Row = tuple[str | None, ...]
Computing = Callable[[Row], Value]

_NUMBERS = decimal.Context(
    prec=38,
    Emax=999,
    Emin=-999,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
_PLAIN = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ].*)?", re.DOTALL)
_GROUPED = {
    ".": re.compile(r"[-+]?([0-9]+|[0-9]{1,3}(([ ,'’])[0-9]{3})(\3[0-9]{3})*)(\.[0-9]+)?"),
    ",": re.compile(r"[-+]?([0-9]+|[0-9]{1,3}(([ .'’])[0-9]{3})(\3[0-9]{3})*)(,[0-9]+)?"),
}
_BLANK = re.compile(r"[\s\u00a0\u202f\u2009]")
_LONGEST = 100_000


class _Uncomputable(Exception):
    """Why a row has no answer, without any of its values."""


def compute(frame: pd.DataFrame, expression: Expression) -> tuple[pd.Series, pd.Series]:
    """The expression's text in each row (canonical form, missing where it comes to nothing), and
    the reason where it cannot be computed (missing everywhere else).

    >>> from migrate.specs.expression import parse
    >>> rows = pd.DataFrame({"net": ["100", "x", None]}, dtype="str")
    >>> values, reasons = compute(rows, parse("round(net * 1.2, 1)"))
    >>> values.tolist(), reasons.tolist()
    (['120', nan, nan], [nan, 'a text stands where a number is needed', nan])
    """
    columns = list(expression.columns)
    answer = _answering(_made(expression.tree, {name: n for n, name in enumerate(columns)}))
    index = frame.index
    if not columns:
        text, reason = answer(())
        return pd.Series(text, index=index, dtype="str"), pd.Series(
            reason, index=index, dtype="str"
        )
    known: dict[Row, tuple[str | None, str | None]] = {}
    cells = [frame[name].astype(object).where(frame[name].notna(), None) for name in columns]
    rows = list(zip(*cells, strict=True))
    for row in rows:
        if row not in known:
            known[row] = answer(row)
    texts, reasons = ([known[row][side] for row in rows] for side in (0, 1))
    return pd.Series(texts, index=index, dtype="str"), pd.Series(reasons, index=index, dtype="str")


def _answering(value: Computing) -> Callable[[Row], tuple[str | None, str | None]]:
    """The value of a row as text, or why there is none."""

    def answer(row: Row) -> tuple[str | None, str | None]:
        try:
            return _text(value(row)) or None, None
        except _Uncomputable as reason:
            return None, str(reason)
        except decimal.DivisionByZero:
            return None, "it divides by nothing"
        except (decimal.DecimalException, OverflowError):
            return None, "a number is too large"

    return answer


def _made(node: Node, places: Mapping[str, int]) -> Computing:
    """A function that computes the node's value from a row; made once, asked of many rows."""
    if isinstance(node, Fixed):
        fixed = node.value
        return lambda row: fixed
    if isinstance(node, ColumnValue):
        place = places[node.name]
        return lambda row: text if (text := row[place]) is not None and text.strip() else None
    given = tuple(_made(argument, places) for argument in node.arguments)
    if node.name in _LAZY:
        return _LAZY[node.name](given)
    function = _EAGER[node.name]
    if len(given) == 1:
        (only,) = given
        return lambda row: function(only(row))
    if len(given) == 2:
        first, second = given
        return lambda row: function(first(row), second(row))
    return lambda row: function(*[one(row) for one in given])


# -- one kind of value from another --------------------------------------------------------------


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in {"-0", ""} else text
    if isinstance(value, datetime.date):
        return value.isoformat()
    if len(value) > _LONGEST:
        raise _Uncomputable("the text becomes too long")
    return value


def _number(value: Value) -> Decimal | None:
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        if not value.strip():
            return None
        if _PLAIN.fullmatch(value.strip()):
            return Decimal(value.strip())
        raise _Uncomputable("a text stands where a number is needed")
    raise _Uncomputable("a number is needed, and this is a date or a truth value")


def _day(value: Value) -> datetime.date | None:
    if value is None or isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        if not value.strip():
            return None
        found = _DATE.fullmatch(value.strip())
        try:
            return datetime.date.fromisoformat(found[1]) if found else _refuse_day()
        except ValueError:
            _refuse_day()
    raise _Uncomputable("a date is needed, and this is a number or a truth value")


def _refuse_day() -> datetime.date:
    raise _Uncomputable("a text stands where a date is needed")


def _truth(value: Value) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    text = value.strip().casefold() if isinstance(value, str) else ""
    if text in {"true", "false"}:
        return text == "true"
    raise _Uncomputable("true or false is needed, and this is neither")


def _count(value: Value) -> int:
    number = _number(value)
    if number is None or number != number.to_integral_value() or not 0 <= number <= _LONGEST:
        raise _Uncomputable("a whole number is needed")
    return int(number)


# -- functions and signs --------------------------------------------------------------------------


def _if(given: tuple[Computing, ...]) -> Computing:
    condition, yes, *others = given
    no: Computing = others[0] if others else lambda row: None
    return lambda row: yes(row) if _truth(condition(row)) else no(row)


def _and(given: tuple[Computing, ...]) -> Computing:
    left, right = given
    return lambda row: _truth(left(row)) and _truth(right(row))


def _or(given: tuple[Computing, ...]) -> Computing:
    left, right = given
    return lambda row: _truth(left(row)) or _truth(right(row))


def _coalesce(given: tuple[Computing, ...]) -> Computing:
    def first(row: Row) -> Value:
        return next((value for one in given if (value := one(row)) not in {None, ""}), None)

    return first


def _calculated(operate: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., Value]:
    def calculate(left: Value, right: Value) -> Value:
        x, y = _number(left), _number(right)
        return None if x is None or y is None else operate(x, y)

    return calculate


def _divide(x: Decimal, y: Decimal) -> Decimal:
    if y == 0:
        raise _Uncomputable("it divides by nothing")
    return _NUMBERS.divide(x, y)


def _negative(value: Value) -> Value:
    number = _number(value)
    return None if number is None else _NUMBERS.minus(number)


def _equal(left: Value, right: Value) -> bool:
    left, right = left if left != "" else None, right if right != "" else None
    if left is None or right is None:
        return left is right
    for kind in (Decimal, datetime.date, bool):
        if isinstance(left, kind) or isinstance(right, kind):
            return _same_kind(left, right, kind)
    return _text(left).strip().casefold() == _text(right).strip().casefold()


def _same_kind(left: Value, right: Value, kind: type) -> bool:
    """Texts are read as the other side's kind; what cannot be read so is not the same."""
    read: Callable[[Value], Value] = {Decimal: _number, datetime.date: _day, bool: _truth}[kind]
    try:
        return bool(read(left) == read(right))
    except _Uncomputable:
        return False


def _ordered(test: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def compare(left: Value, right: Value) -> Value:
        x, y = _alike(left, right)
        if x is None or y is None:
            return False
        return test((x > y) - (x < y))  # type: ignore[operator]

    return compare


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Both sides as numbers or both as dates: texts have no order that people agree on."""
    if any(isinstance(side, datetime.date) for side in (left, right)):
        return _day(left), _day(right)
    texts = [side.strip() for side in (left, right) if isinstance(side, str) and side.strip()]
    if len(texts) == 2 and all(_DATE.fullmatch(text) for text in texts):
        return _day(left), _day(right)
    return _number(left), _number(right)


def _read_number(value: Value, sign: Value = ".") -> Value:
    if not isinstance(value, str):
        return _number(value)
    if sign not in _GROUPED:
        raise _Uncomputable("the decimal sign is '.' or ','")
    plain = value.strip()
    if _PLAIN.fullmatch(plain.replace(str(sign), ".") if "." not in plain or sign == "." else ""):
        return Decimal(plain.replace(str(sign), "."))
    plain = _BLANK.sub(" ", plain).replace("\u2212", "-")
    if not plain:
        return None
    if len(plain) > 60 or not _GROUPED[str(sign)].fullmatch(plain):
        raise _Uncomputable("the text is no number of this form")
    grouping = ",.".replace(str(sign), "")
    return Decimal(re.sub(rf"[ '’{grouping}]", "", plain).replace(",", "."))


def _read_date(value: Value, form: Value = None) -> Value:
    if form is None or not isinstance(value, str):
        return _day(value)
    if format_problem(_text(form)):
        raise _Uncomputable("dates cannot be read by this format")
    if not value.strip():
        return None
    moment = read_moment(value, _text(form))
    if moment is None:
        raise _Uncomputable("the text is no date of this form")
    return moment.date()


def _round(value: Value, digits: Value = Decimal(0)) -> Value:
    number, places = _number(value), _count(digits)
    if number is None:
        return None
    if places > 20:
        raise _Uncomputable("at most 20 decimals can be rounded to")
    step = Decimal(1).scaleb(-places)
    return number.quantize(step, rounding=decimal.ROUND_HALF_UP, context=_NUMBERS)


def _year(value: Value) -> Value:
    day = _day(value)
    return None if day is None else Decimal(day.year)


def _days_between(first: Value, last: Value) -> Value:
    x, y = _day(first), _day(last)
    return None if x is None or y is None else Decimal((y - x).days)


def _concat(*values: Value) -> Value:
    return _text("".join(_text(value) for value in values))


def _replace(value: Value, old: Value, new: Value) -> Value:
    what = _text(old)
    return _text(_text(value).replace(what, _text(new))) if what else _text(value)


def _contains(value: Value, piece: Value) -> Value:
    return _text(piece).casefold() in _text(value).casefold()


def _starts_with(value: Value, piece: Value) -> Value:
    return _text(value).lstrip().casefold().startswith(_text(piece).casefold())


def _right(value: Value, count: Value) -> Value:
    number = _count(count)
    return _text(value)[-number:] if number else ""


_LAZY: Mapping[str, Callable[[tuple[Computing, ...]], Computing]] = {
    "if": _if, "and": _and, "or": _or, "coalesce": _coalesce,
}  # fmt: skip

_EAGER: Mapping[str, Callable[..., Value]] = {
    "not": lambda value: not _truth(value),
    "negative": _negative,
    "+": _calculated(_NUMBERS.add),
    "-": _calculated(_NUMBERS.subtract),
    "*": _calculated(_NUMBERS.multiply),
    "/": _calculated(_divide),
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "concat": _concat,
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "trim": lambda value: _text(value).strip(),
    "left": lambda value, count: _text(value)[: _count(count)],
    "right": _right,
    "length": lambda value: Decimal(len(_text(value))),
    "replace": _replace,
    "contains": _contains,
    "starts_with": _starts_with,
    "number": _read_number,
    "round": _round,
    "date": _read_date,
    "year": _year,
    "days_between": _days_between,
}
