"""Which country, as ISO 3166-1 alpha-2, does a name or code in any common language mean?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import fold, tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_LANGUAGES = (
    "en sk cs de fr es it pl hu ru uk ro bg hr sl sr nl pt da sv nb fi et lv lt el tr "
    "sq mk bs ca ga is mt eu gl be hy ka az kk he ar fa hi th vi id ms tl zh zh_Hant ja ko"
)
# What people write and the locale data does not hold. Accents count here: ČR is not CR.
_ALIASES: Mapping[str, str] = {
    "uk": "GB", "u.k.": "GB", "great britain": "GB", "britain": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "northern ireland": "GB", "anglicko": "GB", "anglie": "GB",
    "veľká británia": "GB", "velká británie": "GB", "großbritannien": "GB", "england (uk)": "GB",
    "united kingdom of great britain and northern ireland": "GB", "škótsko": "GB",
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US",
    "spojené štáty americké": "US", "spojené státy americké": "US", "amerika": "US", "сша": "US",
    "holland": "NL", "holandsko": "NL", "holandia": "NL", "the netherlands": "NL",
    "nizozemí": "NL", "olanda": "NL", "hollande": "NL", "holanda": "NL",
    "česko": "CZ", "čr": "CZ", "č.r.": "CZ", "czech republic": "CZ", "czech rep.": "CZ",
    "česká republika": "CZ", "česká rep.": "CZ", "tschechische republik": "CZ", "czechia": "CZ",
    "the czech republic": "CZ", "republika czeska": "CZ",
    "s.r.": "SK", "slovak republic": "SK", "slovak rep.": "SK", "slovak rep": "SK",
    "slovenská republika": "SK", "slovenská rep.": "SK", "slovakia (slovak republic)": "SK",
    "slowakische republik": "SK", "republika słowacka": "SK", "the slovak republic": "SK",
    "spolková republika nemecko": "DE", "bundesrepublik deutschland": "DE", "brd": "DE",
    "nsr": "DE", "srn": "DE", "federal republic of germany": "DE",
    "russia": "RU", "russian federation": "RU", "rusko": "RU", "ruská federácia": "RU", "рф": "RU",
    "российская федерация": "RU",
    "republic of austria": "AT", "rakúska republika": "AT", "republik österreich": "AT",
    "republic of poland": "PL", "poľská republika": "PL", "rzeczpospolita polska": "PL",
    "hungarian republic": "HU", "republic of hungary": "HU", "maďarská republika": "HU",
    "ireland, republic of": "IE", "republic of ireland": "IE", "eire": "IE", "éire": "IE",
    "ελλάς": "GR", "hellas": "GR", "hellenic republic": "GR", "ukrajina": "UA", "the ukraine": "UA",
    "south korea": "KR", "republic of korea": "KR", "korea, republic of": "KR", "korea": "KR", "kórea": "KR",
    "north korea": "KP", "china": "CN", "p.r. china": "CN", "pr china": "CN", "prc": "CN",
    "people's republic of china": "CN", "taiwan": "TW", "hong kong": "HK", "macau": "MO",
    "viet nam": "VN", "ivory coast": "CI", "burma": "MM", "macedonia": "MK", "fyrom": "MK",
    "swaziland": "SZ", "cape verde": "CV", "east timor": "TL", "turkey": "TR", "vatican": "VA",
    "holy see": "VA", "palestine": "PS", "syrian arab republic": "SY",
    "iran, islamic republic of": "IR", "moldova, republic of": "MD", "republic of moldova": "MD",
    "tanzania, united republic of": "TZ", "venezuela, bolivarian republic of": "VE",
    "bolivia, plurinational state of": "BO", "lao people's democratic republic": "LA",
    "brunei darussalam": "BN", "uae": "AE", "u.a.e.": "AE", "emirates": "AE", "emiráty": "AE",
    "bosna": "BA", "bosnia": "BA", "dr congo": "CD", "drc": "CD", "bielorusko": "BY",
    "byelorussia": "BY", "belorussia": "BY", "the philippines": "PH", "the gambia": "GM",
}  # fmt: skip
# In Slovak and Czech lists these mean the Slovak and the Czech Republic, to ISO Suriname and
# Costa Rica: only a column that is known to be Slovak or Czech may read them so.
_LOCAL_CODES = {"SR": "SK", "CR": "CZ"}
# Only Slovaks and Czechs write countries so.
_LOCAL_WORDS = frozenset(
    ["čr", "č.r.", "slovensko", "česko", "česká republika", "slovenská republika", "rakúsko", "nemecko",
     "poľsko", "maďarsko", "rakousko", "německo", "polsko", "maďarsko", "taliansko", "francúzsko"]
)  # fmt: skip
_NOISE = re.compile(r"[^\w]+")


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country's name or code, empty when it is not sure.

    >>> [country_code(name) for name in ("Slovensko", "UK", "CZE", "Ελλάδα", "Atlantis")]
    ['SK', 'GB', 'CZ', 'GR', '']
    """
    name = tidy(text)
    alias = _ALIASES.get(name.casefold())
    if alias:
        return alias
    codes, names = _index()
    if name.isascii() and len(name) <= 3:
        return codes.get(name.upper(), "")
    return names.get(_key(name), "")


def clean_country(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read country names and codes as ISO 3166-1 alpha-2.

    Decision: ``aliases`` is a map spelling -> code that goes before everything else (default:
    empty), for example ``{"SR": "SK"}``, which ISO would read as Suriname.

    >>> cleaned = clean_country(pd.Series(["Česko", "Narnia"]), companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['CZ', 'Narnia'], ['country_name', 'unknown_country'])
    """
    aliases = {tidy(name).casefold(): code for name, code in _aliases(decision).items()}

    def read(text: str) -> Reading:
        code = aliases.get(tidy(text).casefold()) or country_code(text)
        if not code:
            return Reading(text, "unknown_country", UNREADABLE)
        return Reading(code, "country_name")

    return read_distinct(values, read)


def decide_country(evidence: Evidence) -> Decision:
    """Read "SR" and "CR" as Slovak and Czech where locale, region or other values say so.

    >>> decide_country(Evidence(["SR", "ČR"], [4, 2]))
    {'aliases': {'SR': 'SK', 'CR': 'CZ'}}
    """
    is_local = (
        evidence.region.upper() in {"SK", "CZ"}
        or evidence.locale.lower()[:2] in {"sk", "cs"}
        or any(tidy(value).casefold() in _LOCAL_WORDS for value in evidence.values)
    )
    return {"aliases": {**(_LOCAL_CODES if is_local else {}), **_aliases(evidence.options)}}


def _aliases(given: Mapping[str, object]) -> dict[str, str]:
    aliases = given.get("aliases")
    pairs = aliases.items() if isinstance(aliases, Mapping) else ()
    return {str(name): str(code).upper() for name, code in pairs}


def _key(name: str) -> str:
    return _NOISE.sub(" ", fold(name)).strip()


@cache
def _index() -> tuple[dict[str, str], dict[str, str]]:
    """Codes (alpha-2, alpha-3) and folded names, each with its alpha-2 code; made on first use."""
    from babel import Locale
    from babel.core import get_global

    english = {
        code: name
        for code, name in Locale.parse("en").territories.items()
        if len(code) == 2
        and code.isalpha()
        and code not in {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    }
    codes = {code: code for code in english}
    for alias, found in get_global("territory_aliases").items():
        if alias.isalpha() and len(found) == 1 and found[0] in english:
            codes.setdefault(alias, found[0])
    found_names: dict[str, set[str]] = {}
    for language in _LANGUAGES.split():
        for code, name in Locale.parse(language).territories.items():
            if code in english:
                found_names.setdefault(_key(name), set()).add(code)
    # One name for two countries in two languages decides nothing, unless English knows it.
    names = {name: min(found) for name, found in found_names.items() if len(found) == 1}
    names.update({_key(name): code for code, name in english.items()})
    names.pop("", None)
    return codes, names
