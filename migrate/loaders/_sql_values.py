"""How does canonical text become what a driver takes, and what a driver gives become canonical text?

Databases turn ISO dates and plain decimals into their own types without loss, so most values go
over as the text they are; what a column cannot hold *exactly* is refused here, record by record,
because databases round, cut and coerce without a word.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Literal

import pandas as pd

from migrate.loaders._sql_errors import Refusal

Kind = Literal["text", "integer", "decimal", "boolean", "date", "datetime"]


@dataclass(frozen=True)
class Shape:
    """What one column of the database can hold.

    ``digits`` is how many significant digits survive (0: all), ``scale`` how many after the point
    (of a second, for a datetime; None: all), ``is_padded`` a CHAR that comes back with blanks.
    """

    kind: Kind = "text"
    sql_type: str = "text"
    scale: int | None = None
    digits: int = 0
    is_padded: bool = False
    has_default: bool = False
    allows_nul: bool = True
    booleans: tuple[Any, Any] = (False, True)


_PATTERNS: Mapping[Kind, str] = {
    "integer": r"-?[0-9]{1,19}",
    "decimal": r"-?[0-9]+(?:\.[0-9]+)?",
    "boolean": r"true|false",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "datetime": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z?",
}
_EXPECTED: Mapping[Kind, str] = {
    "integer": "a whole number",
    "decimal": "a decimal number with a point",
    "boolean": "true or false",
    "date": "a date as YYYY-MM-DD",
    "datetime": "a time as YYYY-MM-DDTHH:MM:SS",
}
_LARGEST_INTEGER = 2**63 - 1
_WHOLE_SECONDS = len("2024-02-29T08:05:00")


def to_driver(values: pd.Series, shape: Shape, column: str) -> tuple[list[Any], dict[int, Refusal]]:
    """What the driver takes for a column of canonical text, and the positions that are refused.

    >>> flags = pd.Series(["true", None, "maybe"], dtype="str")
    >>> sent, refused = to_driver(flags, Shape("boolean", booleans=(0, 1)), "opt_out")
    >>> sent, refused[2].message
    ([1, None, None], 'opt_out takes true or false')
    """
    present = values.notna()
    refused: dict[int, Refusal] = {}

    def refuse(mask: pd.Series, code: str, message: str) -> None:
        for position in mask.to_numpy().nonzero()[0].tolist():
            refused.setdefault(position, Refusal(code, message, column))

    if shape.kind == "text":
        if not shape.allows_nul:
            nul = values.str.contains("\x00", regex=False).fillna(False).astype(bool)
            refuse(nul, "refused", f"{column} cannot hold the control character NUL")
    else:
        fits = values.str.fullmatch(_PATTERNS[shape.kind]).fillna(False).astype(bool)
        if shape.kind in ("date", "datetime"):
            unreal = {v for v in values[fits].tolist() if not _is_real(v, shape.kind)}
            fits &= ~values.isin(unreal) if unreal else True
        refuse(present & ~fits, "refused", f"{column} takes {_EXPECTED[shape.kind]}")
        _refuse_inexact(values.where(fits), shape, column, refuse)
    texts = values.astype(object).where(present, None).tolist()
    for position in refused:
        texts[position] = None
    return _converted(texts, shape), refused


def _converted(texts: list[Any], shape: Shape) -> list[Any]:
    if shape.kind == "integer":
        return [None if text is None else int(text) for text in texts]
    if shape.kind == "boolean":
        known = {None: None, "false": shape.booleans[0], "true": shape.booleans[1]}
        return [known[text] for text in texts]
    if shape.kind == "datetime":
        # With a blank, as the databases themselves write it: so SQLite's text compares rightly.
        return [None if t is None else t.removesuffix("Z").replace("T", " ") for t in texts]
    return texts


def _refuse_inexact(
    values: pd.Series, shape: Shape, column: str, refuse: Callable[[pd.Series, str, str], None]
) -> None:
    lengths = values.str.len()
    longest = int(lengths.max()) if lengths.notna().any() else 0
    if shape.kind == "integer" and longest >= 19:
        large = values.map(lambda text: abs(int(text)) > _LARGEST_INTEGER, na_action="ignore")
        refuse(large.eq(True), "too_long", f"{column} holds at most 18 digits")
    may_round = shape.kind == "decimal" or (shape.kind == "datetime" and longest > _WHOLE_SECONDS)
    if may_round and shape.scale is not None:
        fraction = _fraction_digits(values)
        places = f"{column} keeps {shape.scale} digits after the point"
        refuse((fraction > shape.scale).fillna(False).astype(bool), "too_long", places)
    if shape.kind == "decimal" and shape.digits and longest > shape.digits:
        digits = values.str.replace(r"^-?0*|\.", "", regex=True)
        digits = digits.where(
            ~values.str.contains(".", regex=False).eq(True), digits.str.rstrip("0")
        )
        many = (digits.str.len() > shape.digits).fillna(False).astype(bool)
        refuse(many, "too_long", f"{column} keeps {shape.digits} digits in this database")


def _fraction_digits(values: pd.Series) -> pd.Series:
    """How many digits follow the point, without the zeros at the end."""
    point = values.str.find(".")
    digits = (values.str.len() - point - 1).where(point.ge(0), 0)
    if (digits > 0).any() and values.str.contains(r"\.[0-9]*0Z?$|Z$").eq(True).any():
        digits = values.str.extract(r"\.([0-9]*[1-9])0*Z?$", expand=False).str.len()
    return digits


def _is_real(text: str, kind: Kind) -> bool:
    """The databases differ about 31 February; we do not."""
    try:
        if kind == "date":
            date.fromisoformat(text)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def to_text(values: Iterable[Any], shape: Shape) -> list[str | None]:
    """Canonical text for what a driver gave back.

    >>> to_text([Decimal("12.50"), 100, None], Shape("decimal", scale=2))
    ['12.5', '100', None]
    >>> to_text([datetime(2024, 2, 29, 8, 5)], Shape("datetime"))
    ['2024-02-29T08:05:00']
    """
    if shape.kind == "text":
        if shape.is_padded:
            return [None if v is None else _plain(v).rstrip(" ") for v in values]
        return [v if v is None or type(v) is str else _plain(v) for v in values]
    if shape.kind == "integer":
        return [str(v) if type(v) is int else _whole_text(v) for v in values]
    write = {
        "decimal": lambda v: _decimal_text(v, shape.scale),
        "boolean": _boolean_text,
        "date": _date_text,
        "datetime": _datetime_text,
    }[shape.kind]
    # Typed columns repeat themselves: a date or an amount is written once.
    known: dict[Any, str | None] = {None: None}
    texts: list[str | None] = []
    for value in values:
        if value not in known:
            known[value] = write(value)
        texts.append(known[value])
    return texts


def _plain(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if isinstance(value, str) else str(value)


def _whole_text(value: Any) -> str | None:
    if value is None:
        return None
    return str(int(value)) if isinstance(value, int | float | Decimal) else str(value)


def _boolean_text(value: Any) -> str:
    return {0: "false", 1: "true", b"\x00": "false", b"\x01": "true"}.get(value, str(value))


def _decimal_text(value: Any, scale: int | None) -> str:
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return str(value)
        number = Decimal(repr(value))
        if scale is not None and abs(value) < 1e15:
            # 0.1 + 0.2, added by a user in SQLite, is 0.3 to everybody who reads it.
            number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN, Context(prec=60))
    elif isinstance(value, int | Decimal):
        number = Decimal(value)
    else:
        return str(value)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


_TEXT_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_TEXT_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?:\.(\d+))?)?Z?")


def _date_text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    found = _TEXT_DATE.fullmatch(str(value))
    return found[1] if found else str(value)


def _datetime_text(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    found = _TEXT_TIME.fullmatch(str(value))
    if not found:
        return str(value)
    fraction = (found[4] or "").rstrip("0")
    text = f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}"
    return f"{text}.{fraction}" if fraction else text


def text_frame(columns: Mapping[str, Sequence[str | None]]) -> pd.DataFrame:
    """A frame of text with missing as NaN."""
    return pd.DataFrame({name: pd.Series(list(v), dtype="str") for name, v in columns.items()})


def row_hash(values: Iterable[str | None]) -> str:
    """The version of a row that has no version column: equal rows, equal text.

    >>> row_hash(["a", None]) == row_hash(["a", None]), row_hash(["a", ""]) == row_hash(["a", None])
    (True, False)
    """
    return hashlib.sha256(json.dumps(list(values)).encode()).hexdigest()
