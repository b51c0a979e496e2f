"""Which e-mail address does this text hold, and does its domain look mistyped?"""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_PARTS = ("display_name", "others", "suggestion")
_SEPARATOR = re.compile(r"[;,|]|\s/\s")
_BRACKETED = re.compile(r"^(.*?)<\s*([^<>]*?)\s*>(.*)$")
_AROUND_AT = re.compile(r"\s*@\s*")
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+%-]+(?:\.[A-Za-z0-9_+%-]+)*")
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254
_SHORTEST_ENDING = 2
_LOOSE_END = " .,;:<>()[]'\"’„“”`"
_TYPO_DOMAINS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmal.com": "gmail.com",
    "gnail.com": "gmail.com", "gamil.com": "gmail.com", "gmaill.com": "gmail.com",
    "gmail.co": "gmail.com", "gmail.cm": "gmail.com", "gmail.sk": "gmail.com",
    "gmail.cz": "gmail.com", "gmil.com": "gmail.com", "gmali.com": "gmail.com",
    "ggmail.com": "gmail.com", "gmail.om": "gmail.com", "gmail.cim": "gmail.com",
    "hotmial.com": "hotmail.com", "hotmai.com": "hotmail.com", "hotmal.com": "hotmail.com",
    "hotmil.com": "hotmail.com", "homtail.com": "hotmail.com", "hotnail.com": "hotmail.com",
    "hotmail.co": "hotmail.com", "outlok.com": "outlook.com", "outloo.com": "outlook.com",
    "outllook.com": "outlook.com", "outlook.co": "outlook.com", "yaho.com": "yahoo.com",
    "yahooo.com": "yahoo.com", "yhoo.com": "yahoo.com", "yahoo.co": "yahoo.com",
    "icloud.co": "icloud.com", "iclod.com": "icloud.com", "azet.con": "azet.sk",
    "zoznma.sk": "zoznam.sk", "zonam.sk": "zoznam.sk", "azte.sk": "azet.sk",
    "seznma.cz": "seznam.cz", "sezanm.cz": "seznam.cz", "senzam.cz": "seznam.cz",
    "centrm.cz": "centrum.cz", "centrum.zc": "centrum.cz", "centrm.sk": "centrum.sk",
}  # fmt: skip
_TYPO_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com",
                 "xom": "com", "cpm": "com", "coom": "com", "nte": "net", "ogr": "org"}  # fmt: skip
# Reserved names: nobody can be reached there from outside, but companies do keep such addresses.
_SPECIAL_ENDINGS = frozenset({"local", "localhost", "invalid", "internal", "lan", "home"})


def clean_email(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read e-mail addresses: names and mailto: taken apart, the first valid one of a list kept.

    Only the domain is lower-cased. A domain that looks mistyped stays, with the right one in the
    part ``suggestion``. The decision has no keys.

    >>> emails = pd.Series(["Novák, Ján <Jan@Firma.SK>; x@firma.sk", "jan@gmial.com", "jan@"])
    >>> cleaned = clean_email(emails, companions=None, decision={})
    >>> cleaned.columns["value"].tolist()
    ['Jan@firma.sk', 'jan@gmial.com', 'jan@']
    >>> cleaned.columns.loc[0, ["display_name", "others"]].tolist()
    ['Novák, Ján', 'x@firma.sk']
    >>> cleaned.status.tolist(), cleaned.columns.loc[1, "suggestion"]
    (['changed', 'suggested', 'unreadable'], 'jan@gmail.com')
    """
    return read_distinct(values, _read, parts=_PARTS)


def decide_email(evidence: Evidence) -> Decision:
    """Nothing to decide."""
    return {}


def _read(text: str) -> Reading:
    typed = tidy(text)
    pieces = _pieces(typed)
    for place, (name, candidate) in enumerate(pieces):
        address = _valid(candidate)
        if not address:
            continue
        others = "; ".join(
            f"{other_name} <{other}>" if other_name and other else other_name or other
            for number, (other_name, other) in enumerate(pieces)
            if number != place
        )
        return _judged(address, text, name, others)
    return Reading(text, "not_an_email", UNREADABLE)


def _judged(address: str, text: str, name: str, others: str) -> Reading:
    local, _, domain = address.rpartition("@")
    suggestion = _suggested_domain(domain)
    if suggestion:
        return Reading(address, "typo_domain", SUGGESTED, (name, others, f"{local}@{suggestion}"))
    if domain.rpartition(".")[2] in _SPECIAL_ENDINGS:
        return Reading(address, "special_use_domain", SUGGESTED, (name, others))
    if others:
        rule = "first_of_list"
    elif address.casefold() == text.casefold():
        rule = "domain_lowercased"
    else:
        rule = "address_extracted" if name or "<" in text or ":" in text else "whitespace"
    return Reading(address, rule, "", (name, others))


def _pieces(typed: str) -> list[tuple[str, str]]:
    """The cell's (display name, address) pairs; a comma inside "Novák, Ján <j@x.sk>" is no border."""
    pieces: list[tuple[str, str]] = []
    pending = ""
    start = 0
    borders = [(found.start(), found.end()) for found in _SEPARATOR.finditer(typed)]
    for stop, after in [*borders, (len(typed), len(typed))]:
        piece = f"{pending}{typed[start:stop]}"
        if "@" in piece:
            if "<" not in piece and pending.strip(_LOOSE_END):
                pieces.append((pending.strip(_LOOSE_END), ""))
                piece = typed[start:stop]
            pieces.extend(_addresses(piece.strip()))
            pending = ""
        else:
            pending = f"{piece}{typed[stop:after]}"
        start = after
    leftover = pending.strip(" ;,|/")
    return [*pieces, (leftover, "")] if leftover else pieces


def _addresses(piece: str) -> list[tuple[str, str]]:
    bracketed = _BRACKETED.match(piece)
    if bracketed:
        name = bracketed[1].strip(_LOOSE_END)
        rest = bracketed[3].strip(_LOOSE_END)
        found = [(name if "@" not in name else "", _bare(bracketed[2]))]
        return [*found, *_addresses(rest)] if rest else found
    piece, bracket, note = _AROUND_AT.sub("@", _bare(piece)).partition(" (")
    words = [_bare(word) for word in piece.split(" ")]
    if not all("@" in word for word in words):
        # "jan novak@firma.sk": whose address would novak@firma.sk be?
        words = [piece]
    found = [("", word) for word in words]
    return [*found, (note.strip(_LOOSE_END), "")] if bracket else found


def _bare(piece: str) -> str:
    piece = piece.strip(_LOOSE_END)
    for scheme in ("mailto:", "e-mail:", "email:", "mail:"):
        if piece.lower().startswith(scheme):
            return piece[len(scheme) :].partition("?")[0].strip(_LOOSE_END)
    return piece


def _valid(candidate: str) -> str:
    """The address with its domain in lower case, empty when it is none."""
    local, at, domain = candidate.rpartition("@")
    domain = domain.lower()
    name, _, ending = domain.rpartition(".")
    if not at or " " in candidate or not name or len(ending) < _SHORTEST_ENDING:
        return ""
    if _PLAIN_LOCAL.fullmatch(local):
        is_short = len(local) <= _LONGEST_LOCAL and len(candidate) <= _LONGEST_ADDRESS
        written = _valid_domain(domain) if is_short else ""
        return f"{local}@{written}" if written else ""
    found = _validated(local, "firma.sk")
    written = _valid_domain(domain) if found else ""
    return f"{found.local_part}@{written}" if found and written else ""


@lru_cache(maxsize=65_536)
def _valid_domain(domain: str) -> str:
    """The domain as it is to be written, empty when there is none such; many share a domain."""
    # The library refuses reserved endings; behind .test it judges the rest of the form alone.
    is_special = domain.rpartition(".")[2] in _SPECIAL_ENDINGS
    found = _validated("name", f"{domain}.test" if is_special else domain)
    if found is None:
        return ""
    return domain if is_special or domain.isascii() else found.domain


def _validated(local: str, domain: str) -> ValidatedEmail | None:
    try:
        return validate_email(
            f"{local}@{domain}", check_deliverability=False, test_environment=True
        )
    except (EmailNotValidError, ValueError):
        return None


def _suggested_domain(domain: str) -> str:
    if domain in _TYPO_DOMAINS:
        return _TYPO_DOMAINS[domain]
    name, _, ending = domain.rpartition(".")
    if ending not in _TYPO_ENDINGS:
        return ""
    repaired = f"{name}.{_TYPO_ENDINGS[ending]}"
    return _TYPO_DOMAINS.get(repaired, repaired)
