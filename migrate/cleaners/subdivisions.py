"""Which state, province or county, as ISO 3166-2, does a name or code mean in its country?"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._subdivision_names import SUBDIVISIONS
from migrate.cleaners.countries import country_code
from migrate.cleaners.text import fold, tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_CODE = re.compile(r"([A-Za-z]{2})[-‐–_ ]([A-Za-z0-9]{1,3})")
_NOISE = re.compile(r"[^\w]+")
_KIND_WORDS = re.compile(
    r"^(?:state of|province of|provincia (?:di|de)|county of|co|region|voivodship|wojewodztwo|woj|"
    r"canton(?: of| de)?|kanton|kraj|departement(?: de| du)?|okres)\s+"
    r"|\s+(?:state|province|county|oblast|область|обл|край|республика|автономная|region|kraj|"
    r"voivodeship|wojewodztwo|megye|vm|lan|zupanija|prefecture|ken|fu|canton|district)$"
    r"|^(?:республика|г)\s+"
)
_LEAST_SHARE = 0.8


def clean_subdivision(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read states, provinces, Länder, cantons and counties as ISO 3166-2.

    The companion column ``country`` tells in which country the name or code is looked for, or else
    the decision's ``country`` (default: none). Without either a name is read that only one
    country has. A country whose subdivisions are not listed here keeps the name, trimmed.

    >>> states = pd.Series(["Calif.", "ny", "Bayern", "Narnia"])
    >>> cleaned = clean_subdivision(states, companions=None, decision={"country": "US"})
    >>> cleaned.columns["value"].tolist()
    ['US-CA', 'US-NY', 'Bayern', 'Narnia']
    >>> cleaned.rule.tolist()
    ['subdivision_name', 'subdivision_name', 'not_in_country', 'unknown_subdivision']
    """
    default = country_code(str(decision.get("country") or ""))
    beside = companions["country"] if companions is not None and "country" in companions else None

    def read(text: str, country: str = "") -> Reading:
        return _read(text, (country_code(country) if country else "") or default)

    return read_distinct(values, read, beside=beside)


def decide_subdivision(evidence: Evidence) -> Decision:
    """Take the country from the mapping, the one whose names the values are, or the region.

    >>> decide_subdivision(Evidence(["NY", "CA", "TX"], [1, 1, 1]))["country"]
    'US'
    """
    said = country_code(str(evidence.options.get("country") or ""))
    region = country_code(evidence.region)
    if said:
        return {"country": said}
    counts = {
        country: sum(
            count
            for value, count in zip(evidence.values, evidence.counts, strict=False)
            if _found(tidy(value), country)
        )
        for country in SUBDIVISIONS
    }
    total = sum(evidence.counts)
    fitting = [c for c, count in counts.items() if count >= _LEAST_SHARE * total > 0]
    if region in fitting or not fitting:
        country = region
    else:
        best = max(counts[country] for country in fitting)
        leaders = [country for country in fitting if counts[country] == best]
        country = leaders[0] if len(leaders) == 1 else region
    return {"country": country, "evidence": {c: counts[c] for c in fitting}}


def _read(text: str, country: str) -> Reading:
    typed = tidy(text)
    whole = _CODE.fullmatch(typed)
    if whole and whole[1].upper() in SUBDIVISIONS:
        code = whole[2].upper()
        if code in _index(whole[1].upper())[0]:
            return Reading(f"{whole[1].upper()}-{code}", "subdivision_code")
    if country in SUBDIVISIONS:
        code = _found(typed, country)
        if code:
            return Reading(f"{country}-{code}", "subdivision_name")
        problem = "not_in_country" if _anywhere(typed) else "unknown_subdivision"
        return Reading(text, problem, UNREADABLE)
    if country:
        return Reading(typed, "whitespace")
    owners = _anywhere(typed)
    if len(owners) == 1:
        return Reading(owners[0], "subdivision_name")
    problem = "country_missing" if owners else "unknown_subdivision"
    return Reading(text, problem, UNREADABLE)


def _anywhere(typed: str) -> list[str]:
    """The full codes of every country that has a subdivision of this name."""
    key = _key(typed)
    return [
        f"{country}-{code}" for country in SUBDIVISIONS if (code := _index(country)[1].get(key))
    ]


def _found(typed: str, country: str) -> str:
    codes, names = _index(country)
    bare = typed.upper().strip(". ")
    if bare in codes:
        return bare
    key = _key(typed)
    return names.get(key) or names.get(_KIND_WORDS.sub("", key).strip(), "")


def _key(name: str) -> str:
    return _NOISE.sub(" ", fold(name)).strip()


@cache
def _index(country: str) -> tuple[frozenset[str], dict[str, str]]:
    """A country's codes, and its folded names with and without the word for what they are."""
    names: dict[str, str] = {}
    codes = []
    for entry in SUBDIVISIONS[country].split("|"):
        code, _, written = " ".join(entry.split()).partition(" ")
        codes.append(code)
        for name in written.split("/"):
            names.setdefault(_key(name), code)
            names.setdefault(_KIND_WORDS.sub("", _key(name)).strip(), code)
    names.pop("", None)
    return frozenset(codes), names
