"""What does this address say: street, house number, flat, post box, postcode and city?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.countries import country_code
from migrate.cleaners.postcodes import clean_postcode
from migrate.cleaners.text import decide_mojibake, reader_of, tidy, tidy_lines
from migrate.errors import UsageError
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_STREET_PARTS = ("street_name", "house_number", "unit", "po_box")
_ADDRESS_PARTS = ("street", "house_number", "unit", "po_box", "postcode", "city", "country")
_BOX = re.compile(
    r"\b(?:p\.?\s?o\.?\s?box|post\s?box|postfach|pf\.?|poštov[áý] (?:priečinok|schránka)|p\.\s?p\.|p\.\s?o\.\s?b\.|"
    r"b\.?p\.?|boîte postale|boite postale|casella postale|c\.\s?p\.|apartado(?: de correos)?|apdo\.?|caixa postal|"
    r"skr(?:ytka|\.)?\s?poczt(?:owa|\.)?|postboks|postbus|postilokero|pl|box|а/я|абонентский ящик|τ\.?θ\.?)"
    r"\s*[:.č#]*\s*(?P<box>[0-9][0-9 ]{0,9}[A-Z]?)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[,;\s]+(?:(?:apt|apartment|suite|ste|unit|flat|room|rm|floor|fl|byt|bytu|b\.\s?č|kv|кв|квартира|оф|офис|"
    r"m|lok|lokal|mieszkania|top|tür|stiege|whg|wohnung|piso|pta|puerta|int|interno|scala|app|appt|"
    r"bât|bat|étage|bus|em|emelet|ajtó|διαμ)\b\.?|#)\s*(?P<unit>[\w/-]{1,8}(?:\s?[\w.ºª/-]{1,4})?)\s*$",
    re.IGNORECASE,
)
_HOUSE = r"[0-9]{1,5}(?:\s?[A-Za-zА-Яа-я](?![^\W\d_]))?(?:\s?[-–/]\s?[0-9]{1,5}[A-Za-zА-Яа-я]?|/[A-Za-zА-Яа-я](?![^\W_])){0,2}(?:\s?(?:bis|ter|quater)\b)?"
_NUMBER_LAST = re.compile(
    rf"(?P<street>.*[^\W_][^0-9]*?)[\s,]+(?:(?:č\.\s?[dp]\.?|č\.|nr\.?|no\.?|n\.|n[º°]\.?|nº|д\.|дом|#)\s*)?"
    rf"(?P<number>{_HOUSE})",
    re.IGNORECASE,
)  # fmt: skip
_NUMBER_FIRST = re.compile(rf"(?P<number>{_HOUSE})[\s,]+(?P<street>[^\W\d_].*)", re.IGNORECASE)
_HOUSE_WORD = re.compile(
    r"[\s,]+(?:č\.\s?[dp]\.|č\.|nr\.?|no\.?|n\.|n[º°]\.?|д\.|дом|#)$", re.IGNORECASE
)
_STATE_AND_ZIP = re.compile(r"(?:(.*)[\s,]+)?([A-Z]{2})\s+([0-9]{5}(?:-[0-9]{4})?)")
_SIMPLE = re.compile(r"([^\W\d_]+(?: [^\W\d_]+)*) ([0-9]{1,5})")
_NO_STREET = re.compile(r"[0-9]+\.?")
_POSTCODE_LINE = re.compile(
    r"(?:[A-Z]{1,3}[-\s])?[0-9]{2,5}(?:[\s-][0-9]{2,4})?(?:\s?[A-Z]{2})?\s+[^\W\d_].*"
    r"|[^\W\d_].*[\s,]+(?:[A-Z]{1,3}[-\s])?[0-9]{3,5}(?:[\s-][0-9]{2,4})?"
    r"|.*\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|.*\b[A-Z]{2} [0-9]{5}(?:-[0-9]{4})?"
    r"|.*\b[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"
)
_BORDER = re.compile(r"\n|,\s+|;\s*|\s\|\s")


class _Place(NamedTuple):
    """What an address line names."""

    street: str = ""
    number: str = ""
    unit: str = ""
    box: str = ""


def clean_street(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean a street line as one-line text, repaired as ``text`` is by its ``mojibake``.

    The value stays as it was typed; the parts say what is found in it.

    >>> streets = pd.Series(["Hlavná  12/5A, byt 3", "221B Baker Street", "P.O. Box 77"])
    >>> clean_street(streets, companions=None, decision={}).columns.fillna("").values.tolist()[0]
    ['Hlavná 12/5A, byt 3', 'Hlavná', '12/5A', '3', '']
    """
    understood = reader_of(decision)

    def read(text: str) -> Reading:
        typed = understood(text)
        return Reading(typed.text, typed.rule, "", _placed(typed.text))

    return read_distinct(values, read, parts=_STREET_PARTS)


def decide_street(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding."""
    return decide_mojibake(evidence)


def clean_address(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean a whole address in one field: its lines stay, the parts say what is found in them.

    The companion column ``country`` or the decision's ``country`` (default: none) tells how its
    postcodes look. Decision: ``parser`` is "own" (default) or "libpostal", which must be installed.
    ``mojibake`` as for ``text``.

    >>> addresses = pd.Series(["Hlavná 12\\r\\n811 01 Bratislava"])
    >>> cleaned = clean_address(addresses, companions=None, decision={"country": "SK"})
    >>> cleaned.columns.fillna("").values.tolist()[0][1:]
    ['Hlavná', '12', '', '', '811 01', 'Bratislava', '']
    """
    understood = reader_of(decision, tidy_lines)
    default = country_code(str(decision.get("country") or ""))
    beside = companions["country"] if companions is not None and "country" in companions else None
    parse = _libpostal_parser() if decision.get("parser") == "libpostal" else _own_parser

    def read(text: str, country: str = "") -> Reading:
        typed = understood(text)
        parts = parse(typed.text, (country_code(country) if country else "") or default)
        return Reading(typed.text, typed.rule, "", parts)

    return read_distinct(values, read, parts=_ADDRESS_PARTS, beside=beside)


def decide_address(evidence: Evidence) -> Decision:
    """Take country and parser from the mapping, the country else from the migration's region."""
    said = str(evidence.options.get("country") or evidence.region or "")
    parser = str(evidence.options.get("parser") or "own")
    return {
        **decide_mojibake(evidence),
        "country": country_code(said),
        "parser": parser if parser == "libpostal" else "own",
    }


def _placed(line: str) -> _Place:
    """Street, house number, flat and post box of one line; empty where they are not sure."""
    simple = _SIMPLE.fullmatch(line)
    if simple and not any(map(_is_keyword, simple[1].split())):
        return _Place(simple[1], simple[2])
    box = _BOX.search(line)
    rest = f"{line[: box.start()]} {line[box.end() :]}".strip(" ,;") if box else line
    found_box = box["box"].strip() if box else ""
    if not any(sign.isdigit() for sign in rest):
        return _Place(street=rest if not box else tidy(rest), box=found_box)
    unit = _UNIT.search(rest)
    named = unit["unit"].strip() if unit else ""
    if unit:
        rest = rest[: unit.start()]
    last, first = _NUMBER_LAST.fullmatch(rest), _NUMBER_FIRST.fullmatch(rest)
    found = first if first and not (last and not _is_number_first(rest)) else last
    if found is None or _NO_STREET.fullmatch(found["street"]):
        return _Place(street=tidy(rest), unit=named, box=found_box)
    street = _HOUSE_WORD.sub("", tidy(found["street"])).strip(" ,")
    return _Place(street, tidy(found["number"]), named, found_box)


@lru_cache(maxsize=100_000)
def _is_keyword(word: str) -> bool:
    """Whether a word of a simple street line could be one for a flat, a house or a post box."""
    return bool(_BOX.search(f"{word} 1") or _UNIT.search(f" {word} 1")) or len(word) < 3


def _is_number_first(line: str) -> bool:
    """ "17. novembra 5" begins with a number that is part of the street's name."""
    return not re.match(r"[0-9]{1,3}\.(?=\s?[^\W\d_])", line)


def _own_parser(text: str, country: str) -> tuple[str, ...]:
    lines = [piece for line in _BORDER.split(text) if (piece := tidy(line).strip(" ,"))]
    code = city = land = ""
    if len(lines) > 1 and (named := country_code(lines[-1])) and not lines[-1][-1].isdigit():
        land, country = named, country or named
        lines.pop()
    for number in range(len(lines) - 1, -1, -1):
        if number == 0 and len(lines) > 1:
            break
        found = _code_and_city(lines[number], country)
        if found:
            code, city = found
            lines.pop(number)
            break
    if len(city) == 2 and city.isupper():
        city = ""  # "Washington, DC 20500": the state, and the city stands before it
    if not city and code and lines and not any(sign.isdigit() for sign in lines[-1]):
        city = lines.pop()
    placed = next((p for line in lines if (p := _placed(line)).number or p.box), None)
    if placed is None:
        placed = _placed(lines[0]) if lines else _Place()
    units = next((p.unit for line in lines if (p := _placed(f" {line}")).unit), placed.unit)
    box = next((p.box for line in lines if (p := _placed(line)).box), placed.box)
    return (placed.street, placed.number, placed.unit or units, box, code, city, land)


def _code_and_city(line: str, country: str) -> tuple[str, str] | None:
    """The postcode and the city of a line that has both, or a postcode alone."""
    if not country:
        if not _POSTCODE_LINE.fullmatch(line):
            return None
        found = re.match(r"((?:[A-Z]{1,3}-)?[0-9][0-9 -]{2,8}[0-9])\s+([^\W\d_].*)", line)
        return (found[1], found[2]) if found else None
    american = _STATE_AND_ZIP.fullmatch(line) if country == "US" else None
    if american:
        return american[3], american[1] or american[2]
    cleaned = clean_postcode(
        pd.Series([line], dtype="str"), companions=None, decision={"country": country}
    )
    if cleaned.status.iloc[0] == UNREADABLE:
        return None
    city = cleaned.columns["city"].iloc[0]
    return str(cleaned.columns["value"].iloc[0]), "" if pd.isna(city) else str(city)


def _libpostal_parser() -> Callable[[str, str], tuple[str, ...]]:
    try:
        parse_address = importlib.import_module("postal.parser").parse_address
    except ImportError as problem:
        raise UsageError(
            "the parser libpostal is not installed",
            hint="install libpostal and `pip install postal`, or write parser: own",
        ) from problem

    def parse(text: str, country: str) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for value, label in parse_address(text, country=country.lower() or None):
            found.setdefault(label, tidy(value))
        labels = ("road", "house_number", "unit", "po_box", "postcode", "city", "country")
        return tuple(found.get(label, "") for label in labels)

    return parse
