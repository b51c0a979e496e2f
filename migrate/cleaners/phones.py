"""Which telephone number, in E.164, does this text hold?"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._phone_ranges import plain_digits, plain_number
from migrate.cleaners.countries import country_code
from migrate.cleaners.text import tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_PARTS = ("extension", "others")
# The library takes only English extension words; the Slovak ones it would read as digits to dial.
_EXTENSION = re.compile(
    r"[\s,;(/-]*(?:\b(?:klapka|kl|linka|lin|ext|extn|extension|extensión|anexo|ramal|x|доб|добавочный|вн"
    r"|внутр|дод|loc|local|lokal|εσωτ|εσ|durchwahl|dw|nebenstelle|nst|app|appareil|poste|interno|int"
    r"|wewn|wew|mellék|m|toestel|tst|anknytning|ankn|alanumero|dahili|w)\b\.?|(?<=\d)x|转|轉|分机|内線|內線|#)\s*[.:]?\s*([0-9]{1,7})\)?$",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^(?:tel|telefon|telephone|phone|mob|mobil|mobile|fax|gsm|cell|t|m|p)\b\s*[.:]*\s*",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[;,|\n]\s*|\s+(?:alebo|nebo|lebo|or|and|oder|und|aj|i|a)\s+|\s*/\s*")
_WHOLE_FLOAT = re.compile(r"(\+?[0-9]+)[.,]0+")
_EXPONENT = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})")
_GAP = re.compile(r"(?<=[0-9]) (?=[+(]?[0-9])")
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[^\W\d_]")
_SIGNS = str.maketrans("", "", "+ ()/-")
_DIGITS = frozenset("0123456789")
_LONGEST = 40
_MOST_DIGITS_OF_ONE = 15  # with more, a stroke may part two numbers


class _Found(NamedTuple):
    value: str  # E.164
    is_valid: bool  # within a range that is given out, as far as the library knows


def clean_phone(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read telephone numbers as E.164; extension and further numbers go to parts of their own.

    The companion column ``region`` (a country's name or ISO code) tells where a number without
    a country prefix belongs. Decision: ``region`` (default: none) where the companion is missing.

    >>> phones = pd.Series(["02/5441 1234 kl. 12", "6.91E+09"])
    >>> cleaned = clean_phone(phones, companions=None, decision={"region": "SK"})
    >>> cleaned.columns.values.tolist()
    [['+421254411234', '12', nan], ['6.91E+09', nan, nan]]
    >>> cleaned.rule.tolist()
    ['phone_format', 'digits_lost']
    """
    default = country_code(str(decision.get("region") or ""))
    beside = companions["region"] if companions is not None and "region" in companions else None

    def read(text: str, region: str = "") -> Reading:
        return _read(text, (country_code(region) if region else "") or default)

    return read_distinct(values, read, parts=_PARTS, beside=beside)


def decide_phone(evidence: Evidence) -> Decision:
    """Take the region from the mapping, the migration's region, or the locale.

    >>> decide_phone(Evidence([], [], locale="sk_SK"))
    {'region': 'SK'}
    """
    said = str(evidence.options.get("region") or evidence.region or "")
    territory = evidence.locale.replace("-", "_").rpartition("_")[2] if evidence.locale else ""
    return {"region": country_code(said) or country_code(territory)}


def _read(text: str, region: str) -> Reading:
    digits = text.translate(_SIGNS)
    if digits.isascii() and digits.isdigit() and 2 < len(digits) <= _MOST_DIGITS_OF_ONE:
        has_plus = text[0] == "+"
        first, last = text[1 if has_plus else 0], text[-1]
        if first in _DIGITS and last in _DIGITS and "+" not in text[1:] and "  " not in text:
            if digits[:2] == "00" and text[:2] == "00":
                digits, has_plus = digits[2:], True
            if len(text) <= _LONGEST and (plain := plain_digits(digits, region, has_plus=has_plus)):
                return Reading(plain, "phone_format")
    return _read_slowly(text, region)


def _read_slowly(text: str, region: str) -> Reading:
    typed = tidy(text)
    rule = "phone_format"
    whole, exponent = _WHOLE_FLOAT.fullmatch(typed), _EXPONENT.fullmatch(typed)
    if exponent:
        # A spreadsheet that shows 6.91E+09 has written 6.91E+09: the other digits are gone.
        if len(exponent[2] or "") < int(exponent[3]):
            return Reading(text, "digits_lost", UNREADABLE)
        number = Decimal(typed.replace(",", "."))
        if number != number.to_integral_value():
            return Reading(text, "not_a_phone_number", UNREADABLE)
        typed, rule = f"{number:.0f}", "number_restored"
    elif whole and len(whole[1]) > 5:
        typed, rule = whole[1], "number_restored"

    has_words = _LETTER.search(typed) is not None
    typed = _PREFIX.sub("", typed) if has_words else typed
    extension = _EXTENSION.search(typed) if has_words or "#" in typed else None
    first, others = _first_number(typed[: extension.start()] if extension else typed)
    if others and extension:
        # The extension belongs to the last number, which is not the one that is kept.
        others, extension = f"{others}{typed[extension.start() :]}", None
    parts = (extension[1] if extension else "", others)

    found = _number(first, region)
    if found is None:
        return _number_in_words(text, typed, region)
    if isinstance(found, str):
        return Reading(text, found, UNREADABLE)
    if not found.is_valid:
        return Reading(found.value, "number_not_in_known_range", SUGGESTED, parts)
    return Reading(found.value, "first_of_list" if others else rule, "", parts)


def _first_number(typed: str) -> tuple[str, str]:
    """Take a cell with two numbers apart: "0904 123 456, 0905 123 456". "02/5441 1234" is one."""
    for separator in _SEPARATOR.finditer(typed):
        first, rest = typed[: separator.start()], typed[separator.end() :]
        least = 9 if "/" in separator[0] else 7
        if len(_DIGIT.findall(first)) >= least and len(_DIGIT.findall(rest)) >= least - 2:
            return first, rest
    return typed, ""


def _number(typed: str, region: str) -> _Found | str | None:
    """The number, a rule's name when it cannot be one, or None when there is more than a number."""
    if _LETTER.search(typed):
        return None
    if typed.startswith("00"):
        typed = "+" + typed[2:]
    plain = plain_number(typed, region)
    if plain:
        return _Found(plain, True)
    digits = "".join(_DIGIT.findall(typed))
    attempts = [(typed, region or None)]
    if "+" not in typed and len(digits) >= 11:
        # Spreadsheets drop the plus of +421904123456.
        attempts.append(("+" + digits, None))
    problem = "not_a_phone_number"
    possible = None
    for attempt, attempt_region in attempts:
        try:
            number = phonenumbers.parse(attempt, attempt_region)
        except phonenumbers.NumberParseException as error:
            if error.error_type == error.TOO_LONG:
                return None
            if error.error_type == error.INVALID_COUNTRY_CODE and not region and digits:
                problem = "region_missing"
            continue
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            problem = "area_code_missing"
        elif reason == ValidationResult.IS_POSSIBLE:
            value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            if phonenumbers.is_valid_number(number):
                return _Found(value, True)
            possible = possible or _Found(value, False)
        elif reason == ValidationResult.TOO_LONG and len(digits) >= 14:
            return None
    return possible or problem


def _number_in_words(text: str, typed: str, region: str) -> Reading:
    """The first valid number among words or further numbers; the rest goes to ``others``."""
    for gap in _GAP.finditer(typed):
        # "0904 123 456 0905 123 456": at one of the gaps both sides are numbers.
        first = _number(typed[: gap.start()], region)
        second = _number(typed[gap.end() :], region)
        if not (isinstance(first, _Found) and isinstance(second, _Found)):
            continue
        if first.is_valid and second.is_valid:
            return Reading(first.value, "first_of_list", "", ("", typed[gap.end() :]))
    found = next(iter(phonenumbers.PhoneNumberMatcher(typed, region or None)), None)
    if found is None:
        return Reading(text, "not_a_phone_number", UNREADABLE)
    value = phonenumbers.format_number(found.number, PhoneNumberFormat.E164)
    rest = tidy(f"{typed[: found.start]} {typed[found.end :]}").strip(" ,;/|")
    extension = found.number.extension or ""
    return Reading(value, "number_in_text", "", (extension, rest))
