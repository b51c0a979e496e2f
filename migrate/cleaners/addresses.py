"""How does the country write this postcode, and what does this street line say?"""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.countries import country_code
from migrate.cleaners.text import decide_mojibake, reader_of, tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence


class _Postcode(NamedTuple):
    """``shape``: # stands for a digit; ``lost`` is how many leading zeros a number may have lost."""

    shape: str
    lost: int = 0


_POSTCODES = {
    "SK": _Postcode("### ##", 1), "CZ": _Postcode("### ##"), "SE": _Postcode("### ##"),
    "GR": _Postcode("### ##"), "PL": _Postcode("##-###", 1), "PT": _Postcode("####-###"),
    "JP": _Postcode("###-####", 1), "AT": _Postcode("####"), "CH": _Postcode("####"),
    "HU": _Postcode("####"), "BE": _Postcode("####"), "BG": _Postcode("####"),
    "DK": _Postcode("####", 1), "NO": _Postcode("####", 1), "SI": _Postcode("####"),
    "AU": _Postcode("####", 1), "DE": _Postcode("#####", 1), "FR": _Postcode("#####", 1),
    "IT": _Postcode("#####", 2), "ES": _Postcode("#####", 1), "FI": _Postcode("#####", 2),
    "EE": _Postcode("#####"), "HR": _Postcode("#####"), "TR": _Postcode("#####", 1),
    "UA": _Postcode("#####", 1), "RO": _Postcode("######", 1), "RU": _Postcode("######"),
    "CN": _Postcode("######", 1), "IN": _Postcode("######"),
}  # fmt: skip
_BRITISH = re.compile(r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_CANADIAN = re.compile(r"([A-Z][0-9][A-Z])([0-9][A-Z][0-9])")
_DUTCH = re.compile(r"([1-9][0-9]{3})([A-Z]{2})")
_AMERICAN = re.compile(r"([0-9]{5})([0-9]{4})?")
_FLOAT_END = re.compile(r"(?<=[0-9])[.,]0+\Z")
_JOINTS = re.compile(r"[\s\-–—]+")


def clean_postcode(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Write postcodes as their country does, and give back the zeros that a spreadsheet took.

    The companion column ``country`` (a name or ISO code) tells whose rule holds. Decision:
    ``country`` (default: none) where the companion is missing. Without a country a code is only
    trimmed and upper-cased.

    >>> cleaned = clean_postcode(pd.Series(["81101", "4001"]), companions=None,
    ...                          decision={"country": "SK"})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['811 01', '040 01'], ['postcode_format', 'zeros_restored'])
    """
    default = country_code(str(decision.get("country") or ""))
    beside = companions["country"] if companions is not None and "country" in companions else None

    def read(text: str, country: str = "") -> Reading:
        return _read(text, (country_code(country) if country else "") or default)

    return read_distinct(values, read, beside=beside)


def decide_postcode(evidence: Evidence) -> Decision:
    """Take the country from the mapping or the migration's region."""
    said = str(evidence.options.get("country") or evidence.region or "")
    return {"country": country_code(said)}


def clean_street(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean a street line as one-line text, repaired as ``text`` is by its ``mojibake``."""
    understood = reader_of(decision)
    return read_distinct(values, lambda text: Reading(*understood(text)))


def decide_street(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding."""
    return decide_mojibake(evidence)


def _read(text: str, country: str) -> Reading:
    typed = tidy(tidy(text).upper())
    if not country:
        return Reading(typed, "postcode_format")
    joined = _JOINTS.sub("", _FLOAT_END.sub("", typed)).removeprefix(country)
    if country in {"DE", "AT", "CH", "FR", "IT", "SK", "CZ", "HU"} and joined[:2].isalnum():
        # D-80331, A-1010: the signs that cars carry.
        joined = joined.removeprefix({"DE": "D", "AT": "A", "HU": "H"}.get(country, country[0]))
    rule = "postcode_format"
    postcode = _POSTCODES.get(country)
    is_number = joined.isascii() and joined.isdigit()
    lost = postcode.lost if postcode else 2 if country == "US" else 0
    digits = postcode.shape.count("#") if postcode else 5 if country == "US" else 0
    if is_number and digits - lost <= len(joined) < digits:
        joined, rule = joined.zfill(digits), "zeros_restored"
    elif is_number and country == "US" and len(joined) == 8:
        joined, rule = joined.zfill(9), "zeros_restored"
    written = _written(joined, country, typed)
    if not written:
        return Reading(text, "postcode_not_of_country", UNREADABLE)
    return Reading(written, rule)


def _written(joined: str, country: str, typed: str) -> str:
    """The postcode in its country's form, empty when it cannot be one of that country."""
    postcode = _POSTCODES.get(country)
    if postcode:
        digits = iter(joined)
        is_right = joined.isascii() and joined.isdigit()
        if not is_right or len(joined) != postcode.shape.count("#"):
            return ""
        return "".join(next(digits) if sign == "#" else sign for sign in postcode.shape)
    for pattern, place, joint in (
        (_BRITISH, "GB", " "), (_CANADIAN, "CA", " "), (_DUTCH, "NL", " "), (_AMERICAN, "US", "-"),
    ):  # fmt: skip
        if country == place:
            found = pattern.fullmatch(joined)
            return joint.join(part for part in found.groups() if part) if found else ""
    return typed
