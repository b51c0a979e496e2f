"""Which number does this text write, when the column's decimal sign is known or evident?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_SYMBOLS = {
    "€": "EUR", "kč": "CZK", "kčs": "CSK", "sk": "SKK", "zł": "PLN", "ft": "HUF", "£": "GBP",
    "₽": "RUB", "руб": "RUB", "₴": "UAH", "грн": "UAH", "лв": "BGN", "₺": "TRY", "₹": "INR",
    "₪": "ILS", "₩": "KRW", "us$": "USD", "a$": "AUD", "c$": "CAD", "fr": "CHF", "sfr": "CHF",
    "eur": "EUR", "euro": "EUR", "usd": "USD", "czk": "CZK", "gbp": "GBP", "pln": "PLN",
    "huf": "HUF", "skk": "SKK", "₱": "PHP", "₫": "VND", "đ": "VND", "฿": "THB", "₦": "NGN",
    "₸": "KZT", "₼": "AZN", "₾": "GEL", "₡": "CRC", "₲": "PYG", "₵": "GHS", "r$": "BRL",
    "s$": "SGD", "hk$": "HKD", "nt$": "TWD", "nz$": "NZD", "mx$": "MXN", "rm": "MYR", "rp": "IDR",
    "lei": "RON", "円": "JPY", "원": "KRW", "人民币": "CNY",
}  # fmt: skip
# "$", "元" and "kr" belong to many countries: they are kept as they are, for a person to say.
_OPEN_SYMBOLS = frozenset({"$", "¥", "元", "kr", "¢"})
_AMOUNT = re.compile(r"(?P<before>[^0-9.,]*(?:[^\W\d_]\.)?\s*)(?P<number>[0-9.,][0-9.,' ’]*(?:[eE][+-]?[0-9]{1,3})?)"
                     r"(?P<after>.*)")  # fmt: skip
_PLAIN = re.compile(r"([0-9]*)(?:([.,])([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?")
_GROUPED = re.compile(r"([0-9]{1,3})(?:([ '’.,])[0-9]{3})(?:\2[0-9]{3})*(?:([.,])([0-9]*))?")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}([.,])[0-9]{3}")
_MINUS: dict[int, str] = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"}
)
_MINUS |= {ord("٫"): ".", ord("٬"): "'", ord("．"): ".", ord("，"): ","}
_MINUS |= {
    code: str(unicodedata.digit(chr(code)))
    for start in (0x0660, 0x06F0, 0x0966, 0x0E50, 0xFF10)  # Arabic, Persian, Devanagari, Thai, wide
    for code in range(start, start + 10)
}
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.([0-9]+))?")  # lakhs and crores
_FLOAT_DIGITS = 15  # a double holds this many digits for certain; its text shows up to 17
_MOST_DIGITS = 60  # longer texts, and exponents beyond, are no amounts
_WIDE = Context(prec=4 * _MOST_DIGITS)


class _Amount(NamedTuple):
    number: Decimal | None
    rule: str = "number_format"  # why it is unreadable, where ``number`` is None
    currency: str = ""
    is_percent: bool = False


def clean_decimal(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read amounts as canonical decimals, the currency in a part of its own.

    Decision: ``decimal`` is the column's decimal sign, "." or ",". By default it is "", not
    known: then "1.234" and "1,234" are unreadable, and everything that can be read only one way
    is read that way.

    >>> amounts = pd.Series(["1 234,50 €", "(12.5)", "1.234"])
    >>> cleaned = clean_decimal(amounts, companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.columns["currency"].tolist()
    (['1234.5', '-12.5', '1.234'], ['EUR', nan, nan])
    >>> cleaned.rule.tolist()
    ['number_format', 'number_format', 'ambiguous_number']
    """
    return _clean(values, decision, lambda amount: amount)


def decide_decimal(evidence: Evidence) -> Decision:
    """Find the column's decimal sign: option, then evidence, then locale.

    >>> decide_decimal(Evidence(["1.234", "12,50"], [3, 1]))["decimal"]
    ','
    >>> decide_decimal(Evidence(["1.234"], [3]))["decimal"]
    ''
    """
    counts = {".": 0, ",": 0, "ambiguous": 0}
    for value, count in zip(evidence.values, evidence.counts, strict=False):
        found = _AMOUNT.fullmatch(tidy(value).translate(_MINUS))
        sign = _decimal_sign(found["number"].strip()) if found else ""
        if sign:
            counts[sign] += count
    option = str(evidence.options.get("decimal", ""))
    if option in {".", ","}:
        decimal = option
    elif counts["."] and counts[","]:
        # Typed commas among a spreadsheet's own numbers: "1.234" could be either.
        decimal = ""
    elif counts["."] or counts[","]:
        decimal = "." if counts["."] else ","
    else:
        decimal = _locale_decimal(evidence.locale)
    return {
        "decimal": decimal,
        "evidence": {"point": counts["."], "comma": counts[","], "ambiguous": counts["ambiguous"]},
        "ambiguous": not decimal and counts["ambiguous"] > 0,
    }


def clean_integer(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read whole numbers like :func:`clean_decimal`; a fraction makes them unreadable.

    >>> cleaned = clean_integer(pd.Series(["1 200", "42.0", "1.5"]), companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.status.tolist()
    (['1200', '42', '1.5'], ['changed', 'changed', 'unreadable'])
    """

    def whole(amount: _Amount) -> _Amount:
        if amount.number is not None and amount.number != amount.number.to_integral_value():
            return _Amount(None, "not_whole")
        return amount

    return _clean(values, decision, whole)


def decide_integer(evidence: Evidence) -> Decision:
    """Find the column's decimal sign, which tells what "1.234" is."""
    return decide_decimal(evidence)


def clean_percent(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read percentages as the number before the sign: "15 %" is "15".

    Decision: ``decimal`` as for decimals; ``scale`` is "percent" (default) or "fraction", where
    a number without the sign is a share of one: 0.15 is "15".

    >>> shares = pd.Series(["15 %", "0.15"])
    >>> decision = {"scale": "fraction"}
    >>> clean_percent(shares, companions=None, decision=decision).columns["value"].tolist()
    ['15', '15']
    """
    is_fraction = decision.get("scale") == "fraction"

    def scaled(amount: _Amount) -> _Amount:
        if amount.number is None or amount.is_percent or not is_fraction:
            return amount
        return amount._replace(number=amount.number.scaleb(2, _WIDE), rule="percent_scaled")

    cleaned = _clean(values, decision, scaled, takes_percent=True)
    return Cleaned(cleaned.columns[["value"]], cleaned.status, cleaned.rule)


def decide_percent(evidence: Evidence) -> Decision:
    """Numbers without a sign are fractions where none is above one and some are not whole.

    >>> decide_percent(Evidence(["0.15", "0.2", "1"], [1, 1, 1]))["scale"]
    'fraction'
    """
    decided = dict(decide_decimal(evidence))
    bare, above_one, broken = 0, 0, 0
    for value, count in zip(evidence.values, evidence.counts, strict=False):
        amount = _read(value, str(decided["decimal"]), takes_percent=True)
        if amount.number is None or amount.is_percent:
            continue
        bare += count
        above_one += count if abs(amount.number) > 1 else 0
        broken += count if amount.number != amount.number.to_integral_value() else 0
    scale = str(evidence.options.get("scale", ""))
    if scale not in {"percent", "fraction"}:
        scale = "fraction" if broken and not above_one else "percent"
    counted = {**decided["evidence"], "without_sign": bare, "above_one": above_one}
    return {**decided, "scale": scale, "evidence": counted}


def _clean(
    values: pd.Series,
    decision: Decision,
    judge: Callable[[_Amount], _Amount],
    *,
    takes_percent: bool = False,
) -> Cleaned:
    decimal = str(decision.get("decimal") or "")

    def read(text: str) -> Reading:
        amount = judge(_read(text, decimal, takes_percent=takes_percent))
        if amount.number is None:
            return Reading(text, amount.rule, UNREADABLE)
        return Reading(_canonical(amount.number), amount.rule, "", (amount.currency,))

    return read_distinct(values, read, parts=("currency",))


def _read(text: str, decimal: str, *, takes_percent: bool) -> _Amount:
    typed = tidy(text).translate(_MINUS)
    if typed.startswith("(") and typed.endswith(")"):
        typed, is_negative = typed[1:-1].strip(), True
    else:
        is_negative = False
    found = _AMOUNT.fullmatch(typed)
    if not found or len(typed) > _MOST_DIGITS:
        return _Amount(None, "not_a_number")
    number, after = found["number"].strip(), found["after"].strip()
    if number.endswith((",", ".")) and re.match(r"(-{1,2}|=)(?!\S*[0-9])", after):
        # "1 200,-" is how prices are written in half of Europe; that dash is no minus.
        decimal = decimal or number[-1]
        number, after = number[:-1], after.lstrip("-=").strip()
    around = f"{found['before'].strip()} {after}"
    if around.count("-") + around.count("+") + is_negative > 1:
        return _Amount(None, "not_a_number")
    is_negative = is_negative or "-" in around
    words = around.replace("-", " ").replace("+", " ")
    is_percent = takes_percent and words.count("%") == 1
    currency = _currency(words.replace("%", " ") if is_percent else words)
    if currency is None:
        return _Amount(None, "not_a_number")
    if not decimal and _AMBIGUOUS.fullmatch(number):
        return _Amount(None, "ambiguous_number")
    plain = _plain(number, decimal)
    if plain is None:
        return _Amount(None, "not_a_number")
    rule = "exponent_expanded" if "e" in plain.lower() else "number_format"
    value = Decimal(plain)
    if abs(value.adjusted()) > _MOST_DIGITS:
        return _Amount(None, "not_a_number")
    rounded = _without_noise(value)
    if rounded is not None:
        value, rule = rounded, "float_noise"
    return _Amount(value.copy_negate() if is_negative else value, rule, currency, is_percent)


def _plain(number: str, decimal: str) -> str | None:
    """The number as Python writes it, None where the signs in it cannot be understood."""
    if _INDIAN.fullmatch(number) and decimal != ",":
        return number.replace(",", "")
    grouped = _GROUPED.fullmatch(number)
    if grouped:
        group, sign = grouped[2], grouped[3]
        is_single_sign = sign is None and group in ".," and number.count(group) == 1
        is_fraction = is_single_sign and (group == decimal or number.startswith("0"))
        if sign != group and not is_fraction:
            whole = number if sign is None else number[: number.rindex(sign)]
            digits = "".join(char for char in whole if char.isdigit())
            return digits if sign is None else f"{digits}.{grouped[4] or '0'}"
    plain = _PLAIN.fullmatch(number)
    if not plain or not (plain[1] or plain[3]):
        return None
    exponent = f"e{plain[4]}" if plain[4] else ""
    return f"{plain[1] or '0'}.{plain[3] or '0'}{exponent}"


def _decimal_sign(number: str) -> str:
    """The sign that must be the decimal one, "ambiguous", or "" where there is none."""
    if _AMBIGUOUS.fullmatch(number):
        return "ambiguous"
    if _INDIAN.fullmatch(number):
        return "."
    grouped = _GROUPED.fullmatch(number)
    if grouped and not number.startswith("0"):
        if grouped[3] and grouped[3] != grouped[2]:
            return str(grouped[3])
        if grouped[2] in ".," and grouped[3] is None:
            return "," if grouped[2] == "." else "."
        return ""
    plain = _PLAIN.fullmatch(number)
    return str(plain[2] or "") if plain and plain[3] else ""


def _without_noise(value: Decimal) -> Decimal | None:
    """A double's text like 1234.5600000000001 at 15 digits, None where that is not what it is."""
    digits = len(value.as_tuple().digits)
    whole_digits = value.adjusted() + 1
    if not _FLOAT_DIGITS < digits <= 17 or whole_digits >= _FLOAT_DIGITS:
        return None
    if value == value.to_integral_value():
        return None
    return Context(prec=_FLOAT_DIGITS, rounding=ROUND_HALF_EVEN).plus(value)


def _canonical(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _currency(words: str) -> str | None:
    """The currency's code or symbol, "" where none is written, None where it is something else."""
    key = words.strip(" .").casefold()
    if not key:
        return ""
    if key in _SYMBOLS:
        return _SYMBOLS[key]
    if key in _OPEN_SYMBOLS:
        return key
    code = words.strip(" .")  # in capitals only: "5 all" is not five Albanian lek
    return code if code in _currency_codes() else None


@cache
def _currency_codes() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def _locale_decimal(locale: str) -> str:
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        sign = get_decimal_symbol(Locale.parse(locale.replace("-", "_"))) if locale else ""
    except (ValueError, UnknownLocaleError):
        return ""
    return sign if sign in {".", ","} else ""
