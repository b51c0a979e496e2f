"""How does the country write this postcode?"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.countries import country_code
from migrate.cleaners.text import tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence


class _Postcode(NamedTuple):
    """``shape``: # stands for a digit; ``lost`` is how many leading zeros a number may have lost."""

    shape: str
    lost: int = 0


_POSTCODES = {
    "SK": _Postcode("### ##", 1), "CZ": _Postcode("### ##"), "SE": _Postcode("### ##"),
    "GR": _Postcode("### ##"), "PL": _Postcode("##-###", 1), "PT": _Postcode("####-###"),
    "JP": _Postcode("###-####", 1), "BR": _Postcode("#####-###", 1), "AT": _Postcode("####"),
    "CH": _Postcode("####"), "LI": _Postcode("####"), "HU": _Postcode("####"),
    "BE": _Postcode("####"), "BG": _Postcode("####"), "LU": _Postcode("####"),
    "DK": _Postcode("####", 1), "NO": _Postcode("####", 1), "SI": _Postcode("####"),
    "MK": _Postcode("####"), "AL": _Postcode("####"), "CY": _Postcode("####"),
    "GE": _Postcode("####", 1), "AM": _Postcode("####", 1), "TN": _Postcode("####"),
    "AU": _Postcode("####", 1), "NZ": _Postcode("####", 1), "ZA": _Postcode("####", 1),
    "PH": _Postcode("####", 1), "BD": _Postcode("####"),
    "DE": _Postcode("#####", 1), "FR": _Postcode("#####", 1), "MC": _Postcode("#####"),
    "IT": _Postcode("#####", 2), "SM": _Postcode("#####"), "ES": _Postcode("#####", 1),
    "FI": _Postcode("#####", 2), "EE": _Postcode("#####"), "HR": _Postcode("#####"),
    "RS": _Postcode("#####"), "BA": _Postcode("#####"), "ME": _Postcode("#####"),
    "TR": _Postcode("#####", 1), "UA": _Postcode("#####", 1), "MX": _Postcode("#####", 1),
    "KR": _Postcode("#####", 1), "TH": _Postcode("#####"), "ID": _Postcode("#####"),
    "MY": _Postcode("#####", 1), "MA": _Postcode("#####"), "EG": _Postcode("#####"),
    "RO": _Postcode("######", 1), "RU": _Postcode("######"), "CN": _Postcode("######", 1),
    "IN": _Postcode("######"), "KZ": _Postcode("######", 1), "BY": _Postcode("######"),
    "SG": _Postcode("######", 1), "VN": _Postcode("######"), "CO": _Postcode("######", 1),
    "LT": _Postcode("LT-#####", 1), "LV": _Postcode("LV-####"), "MD": _Postcode("MD-####"),
    "IL": _Postcode("#######"),
}  # fmt: skip
_LETTERED = (
    ("GB", re.compile(r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})"), " "),
    ("CA", re.compile(r"([A-Z][0-9][A-Z])([0-9][A-Z][0-9])"), " "),
    ("NL", re.compile(r"([1-9][0-9]{3})([A-Z]{2})"), " "),
    ("US", re.compile(r"([0-9]{5})([0-9]{4})?"), "-"),
    ("IE", re.compile(r"([A-Z][0-9][0-9W])([A-Z0-9]{4})"), " "),
    ("MT", re.compile(r"([A-Z]{3})([0-9]{4})"), " "),
)
# The signs that cars carry, where they are not the country's ISO code: D-80331, S-958 22.
_CAR_SIGNS = {
    "DE": "D", "AT": "A", "HU": "H", "FR": "F", "IT": "I", "ES": "E", "PT": "P", "BE": "B", "LU": "L",
    "SE": "S", "NO": "N", "FI": "FIN", "SI": "SLO", "EE": "EST", "LI": "FL", "RU": "RUS", "UA": "UA",
    "RS": "SRB", "BA": "BIH", "ME": "MNE", "MK": "NMK", "GB": "UK",
}  # fmt: skip
_FLOAT_END = re.compile(r"(?<=[0-9])[.,]0+\Z")
_JOINTS = re.compile(r"[\s\-–—.]+")
_SIGNED = re.compile(r"([A-Z]{1,3})[\s\-–—]*(?=[0-9])")
_CODE_AND_CITY = re.compile(
    r"(?P<before>(?![A-Z]{1,3}[\s-]*[0-9])[^\W\d_][^0-9,]{1,60}?)?[\s,]*"
    r"(?P<code>\b(?:[A-Z]{1,3}[\s-]?)?[0-9]{2,5}(?:[ -][0-9]{2,4})?(?: ?[A-Z]{2}\b)?"
    r"|\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|\b[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])"
    r"(?:[\s,]+(?P<after>[^\W\d_][^,]{1,60}))?"
)


def clean_postcode(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Write postcodes as their country does, and give back the zeros that a spreadsheet took.

    The companion column ``country`` (a name or ISO code) tells whose rule holds. Decision:
    ``country`` (default: none) where the companion is missing. A sign of the country before the
    code (SK-811 01, S-958 22) goes, and tells the country where nothing else does; a city beside
    it goes to the part ``city``. Without a country a code is only trimmed and upper-cased.

    >>> cleaned = clean_postcode(pd.Series(["81101", "4001", "811 01 Bratislava"]), companions=None,
    ...                          decision={"country": "SK"})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['811 01', '040 01', '811 01'], ['postcode_format', 'zeros_restored', 'city_moved'])
    """
    default = country_code(str(decision.get("country") or ""))
    beside = companions["country"] if companions is not None and "country" in companions else None

    def read(text: str, country: str = "") -> Reading:
        return _read(text, (country_code(country) if country else "") or default)

    return read_distinct(values, read, parts=("city",), beside=beside)


def decide_postcode(evidence: Evidence) -> Decision:
    """Take the country from the mapping or the migration's region."""
    said = str(evidence.options.get("country") or evidence.region or "")
    return {"country": country_code(said)}


def _read(text: str, country: str) -> Reading:
    plain = tidy(text)
    typed = tidy(plain.upper())
    found = _with_country(typed, country or _country_of_sign(typed))
    if found:
        return found
    if not country:
        return Reading(typed, "postcode_format")
    parted = _CODE_AND_CITY.fullmatch(typed)
    city = (parted["before"] or parted["after"] or "") if parted else ""
    if parted and city and not (parted["before"] and parted["after"]):
        found = _with_country(parted["code"], country)
        place = typed.find(city)
        if found and len(plain) == len(typed):
            return Reading(
                found.value, "city_moved", "", (plain[place : place + len(city)].strip(" ,-"),)
            )
    return Reading(text, "postcode_not_of_country", UNREADABLE)


def _country_of_sign(typed: str) -> str:
    """The country that "SK-811 01" names itself; a sign without a dash may be part of the code."""
    sign, dash, _ = typed.partition("-")
    if not dash or not sign.isalpha():
        return ""
    by_sign = {sign: country for country, sign in _CAR_SIGNS.items()}
    return by_sign.get(sign) or (sign if sign in _POSTCODES else "")


def _with_country(typed: str, country: str) -> Reading | None:
    """The postcode in its country's form, None where it cannot be one."""
    if not country:
        return None
    joined = _JOINTS.sub("", _FLOAT_END.sub("", typed))
    signed = _SIGNED.match(typed)
    if signed and signed[1] in {country, _CAR_SIGNS.get(country)}:
        joined = joined.removeprefix(signed[1])
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
    return Reading(written, rule) if written else None


def _written(joined: str, country: str, typed: str) -> str:
    postcode = _POSTCODES.get(country)
    if postcode:
        digits = iter(joined)
        is_right = joined.isascii() and joined.isdigit()
        if not is_right or len(joined) != postcode.shape.count("#"):
            return ""
        return "".join(next(digits) if sign == "#" else sign for sign in postcode.shape)
    pattern, joint = _lettered().get(country, (None, ""))
    if pattern:
        found = pattern.fullmatch(joined)
        return joint.join(part for part in found.groups() if part) if found else ""
    return typed


@cache
def _lettered() -> dict[str, tuple[re.Pattern[str], str]]:
    return {country: (pattern, joint) for country, pattern, joint in _LETTERED}
