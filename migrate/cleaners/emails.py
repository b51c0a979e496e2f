"""Which e-mail address does this text hold, and does its domain look mistyped?"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import pandas as pd
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_PARTS = ("display_name", "others", "suggestion", "role")
_SEPARATOR = re.compile(r"[;,|]|\s/\s")
_BRACKETED = re.compile(r"^(.*?)<\s*([^<>]*?)\s*>(.*)$")
_AROUND_AT = re.compile(r"\s*@\s*")
_PLAIN = re.compile(r"([A-Za-z0-9_+%-]+(?:\.[A-Za-z0-9_+%-]+)*)@((?:[a-z0-9-]+\.)+[a-z]{2,})")
_AT_IN_WORDS = re.compile(
    r"\s*(?:\((?:at|zavináč|zavinac|a|arroba|chiocciola)\)|\[(?:at|zavináč|zavinac|a)\]|\{at\})\s*",
    re.IGNORECASE,
)
_DOT_IN_WORDS = re.compile(
    r"\s*(?:\((?:dot|bodka|punkt|punto)\)|\[(?:dot|bodka)\]|\{dot\})\s*", re.IGNORECASE
)
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+%-]+(?:\.[A-Za-z0-9_+%-]+)*")
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254
_SHORTEST_ENDING = 2
_LOOSE_END = " .,;:<>()[]'\"’„“”`"
_TYPO_DOMAINS = {
    "gmail.co": "gmail.com", "gmail.cm": "gmail.com", "gmail.sk": "gmail.com", "gmail.om": "gmail.com",
    "gmail.cz": "gmail.com", "gmail.pl": "gmail.com", "gmail.hu": "gmail.com", "gmail.cim": "gmail.com",
    "gmail.fr": "gmail.com", "gmail.de": "gmail.com", "gmail.es": "gmail.com", "gmail.it": "gmail.com",
    "gamil.com": "gmail.com", "gnail.com": "gmail.com", "gmaul.com": "gmail.com",
    "googlemail.co": "googlemail.com", "hotnail.com": "hotmail.com", "homtail.com": "hotmail.com",
    "hotmail.co": "hotmail.com", "hotmail.om": "hotmail.com", "hotmail.cm": "hotmail.com",
    "outlook.co": "outlook.com", "outlook.om": "outlook.com", "otlook.com": "outlook.com",
    "yahoo.co": "yahoo.com", "yahoo.om": "yahoo.com", "yahho.com": "yahoo.com",
    "icloud.co": "icloud.com", "iclod.com": "icloud.com", "icoud.com": "icloud.com",
    "azet.con": "azet.sk", "azet.cz": "azet.sk", "azte.sk": "azet.sk", "zoznam.cz": "zoznam.sk",
    "seznam.sk": "seznam.cz", "centrum.zc": "centrum.cz", "web.d": "web.de", "gmx.d": "gmx.de",
    "wp.p": "wp.pl", "onet.p": "onet.pl", "mail.r": "mail.ru", "yandex.r": "yandex.ru",
}  # fmt: skip
# Where most people have their private address: a letter too few, too many or swapped is a slip.
_POPULAR = (
    "gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "googlemail.com",
    "zoznam.sk", "centrum.sk", "seznam.cz", "centrum.cz", "volny.cz", "freemail.hu", "citromail.hu",
    "interia.pl", "gazeta.pl", "t-online.de", "freenet.de", "orange.fr", "wanadoo.fr", "laposte.net",
    "libero.it", "virgilio.it", "telefonica.net", "yandex.ru", "rambler.ru",
)  # fmt: skip
_REAL = frozenset(
    (
        "mail.com",
        "email.com",
        "gmx.com",
        "ymail.com",
        "gail.com",
        "outlook.cz",
        "range.fr",
        "orage.fr",
    )
)
_ROLE_WORDS = """
    info sales office contact kontakt support help helpdesk service servis admin administrator
    webmaster postmaster hostmaster marketing hr jobs kariera career careers billing invoice invoices
    faktury fakturacia uctaren ucetni buchhaltung rechnung accounting accounts finance obchod predaj
    objednavky orders order bestellung shop eshop recepcia recepce reception rezervacie booking
    sekretariat sekretariat secretary mail email firma company podpora zakaznici team hello ahoj
    noreply no-reply donotreply do-not-reply abuse security privacy gdpr legal press media newsletter
    biuro sklep zamowienia ksiegowosc iroda ugyfelszolgalat verwaltung vertrieb einkauf bewerbung
    contacto ventas administracion pedidos comercial contabilidad contatto vendite amministrazione
    ordini commerciale accueil commande commandes comptabilite ventes zakaz sklad buh
"""
_ROLES = frozenset(_ROLE_WORDS.split())
_LONGEST_ROLE = max(map(len, _ROLES)) + 6
_TYPO_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com",
                 "xom": "com", "cpm": "com", "coom": "com", "nte": "net", "ogr": "org"}  # fmt: skip
# Reserved names: nobody can be reached there from outside, but companies do keep such addresses.
_SPECIAL_ENDINGS = frozenset({"local", "localhost", "invalid", "internal", "lan", "home"})


def clean_email(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read e-mail addresses: names and mailto: taken apart, the first valid one of a list kept.

    Only the domain is lower-cased. A domain that looks mistyped stays, with the right one in the
    part ``suggestion``. The part ``role`` names the function (info, sales) that an address belongs
    to, where it is no person's. The decision has no keys.

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
    plain = _PLAIN.fullmatch(text)
    is_short = len(text) <= _LONGEST_ADDRESS
    if plain and is_short and len(plain[1]) <= _LONGEST_LOCAL and _is_plain_domain(plain[2]):
        role = _role(plain[1]) if len(plain[1]) <= _LONGEST_ROLE else ""
        return Reading(text, "", "", ("", "", "", role) if role else ())
    return _read_slowly(text)


@lru_cache(maxsize=65_536)
def _is_plain_domain(domain: str) -> bool:
    """Whether nothing is to be said about an address in this domain."""
    is_special = domain.rpartition(".")[2] in _SPECIAL_ENDINGS
    return not is_special and _valid_domain(domain) == domain and not _suggested_domain(domain)


def _read_slowly(text: str) -> Reading:
    typed = tidy(text)
    written = typed
    if "@" not in typed:
        written = _DOT_IN_WORDS.sub(".", _AT_IN_WORDS.sub("@", typed))
    pieces = _pieces(written)
    for place, (name, candidate) in enumerate(pieces):
        address = _valid(candidate)
        if not address:
            continue
        if written != typed:
            # "jan(at)firma.sk" hides from robots: what was meant is likely, and for people to say
            return Reading(text, "not_an_email", UNREADABLE, ("", "", address))
        others = "; ".join(
            f"{other_name} <{other}>" if other_name and other else other_name or other
            for number, (other_name, other) in enumerate(pieces)
            if number != place
        )
        return _judged(address, text, name, others)
    return Reading(text, "not_an_email", UNREADABLE)


def _role(local: str) -> str:
    """The function an address is for, empty where it is (or may be) a person's."""
    word = local.casefold().partition("+")[0].rstrip("0123456789").strip("._-")
    return word if word in _ROLES else ""


def _judged(address: str, text: str, name: str, others: str) -> Reading:
    local, _, domain = address.rpartition("@")
    suggestion = _suggested_domain(domain)
    if suggestion:
        parts = (name, others, f"{local}@{suggestion}", _role(local))
        return Reading(address, "typo_domain", SUGGESTED, parts)
    parts = (name, others, "", _role(local))
    if domain.rpartition(".")[2] in _SPECIAL_ENDINGS:
        return Reading(address, "special_use_domain", SUGGESTED, parts)
    if others:
        rule = "first_of_list"
    elif address.casefold() == text.casefold():
        rule = "domain_lowercased"
    else:
        rule = "address_extracted" if name or "<" in text or ":" in text else "whitespace"
    return Reading(address, rule, "", parts)


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


@lru_cache(maxsize=65_536)
def _suggested_domain(domain: str) -> str:
    """The domain that was probably meant, empty where nothing looks mistyped."""
    slips = _slips()
    if domain in slips:
        return slips[domain]
    name, _, ending = domain.rpartition(".")
    if ending not in _TYPO_ENDINGS:
        return ""
    repaired = f"{name}.{_TYPO_ENDINGS[ending]}"
    return slips.get(repaired, repaired)


@cache
def _slips() -> dict[str, str]:
    """Mistyped domain -> the popular one: a letter lost, doubled or swapped with the next one."""
    slips: dict[str, str] = {}
    for domain in _POPULAR:
        name, _, ending = domain.rpartition(".")
        for place in range(1, len(name)):
            slips.setdefault(f"{name[:place]}{name[place + 1 :]}.{ending}", domain)
            slips.setdefault(f"{name[:place]}{name[place - 1]}{name[place:]}.{ending}", domain)
            swapped = f"{name[: place - 1]}{name[place]}{name[place - 1]}{name[place + 1 :]}"
            slips.setdefault(f"{swapped}.{ending}", domain)
    for real in (*_POPULAR, *_REAL):
        slips.pop(real, None)
    return {**slips, **_TYPO_DOMAINS}
