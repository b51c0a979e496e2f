"""Which web address does this value name?"""

from __future__ import annotations

import re

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_FULL = re.compile(r"(https?|ftp)://([^/?#]+)([/?#].*)?", re.IGNORECASE)
_BARE = re.compile(r"([^/?#:@]+(?::[0-9]+)?)([/?#].*)?")
_HOST = re.compile(
    r"(?:[\w](?:[\w-]{0,61}[\w])?\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{1,59})\.?(?::[0-9]{1,5})?"
)
_ADDRESS = re.compile(
    r"(?:localhost|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
)


_SLIPS = re.compile(
    r"(?P<scheme>https?|ftp)(?:\s*:\s*/*\s*|//|\s*:\s*\\\\+|;//|:\\)(?=[^\s/:\\])", re.IGNORECASE
)
_TWICE = re.compile(r"(?:https?://)+(?=https?://)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[;|\n]\s*|\s*,\s+|\s+(?:a|and|und|et|y|i|oder|or|alebo)\s+|\s+")
_LOOSE_END = " .,;<>()[]'\"„“”"


def clean_url(values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision) -> Cleaned:
    """Read web addresses: https:// is added to a bare domain, the host is lower-cased.

    A mistyped scheme (http:/firma.sk) is repaired; of several addresses the first is the value, the
    others are in the part ``others``. The decision has no keys.

    >>> cleaned = clean_url(pd.Series(["WWW.Firma.sk/O-nás", "n/a"]), companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['https://www.firma.sk/O-nás', 'n/a'], ['scheme_added', 'not_a_web_address'])
    """
    return read_distinct(values, _read, parts=("others",))


def decide_url(evidence: Evidence) -> Decision:
    """Nothing to decide."""
    return {}


def _read(text: str) -> Reading:
    address = tidy(text)
    found = _read_one(address, text)
    if found.status != UNREADABLE:
        return found
    mended = tidy(
        _SLIPS.sub(lambda slip: f"{slip['scheme'].lower()}://", _TWICE.sub("", address), 1)
    )
    if mended != address and " " not in mended:
        again = _read_one(mended, mended)
        if again.status != UNREADABLE:
            return Reading(again.value, "scheme_repaired")
    pieces = [piece for one in _SEPARATOR.split(address) if (piece := one.strip(_LOOSE_END))]
    readings = [_read_one(piece, piece) for piece in pieces]
    if len(pieces) < 2 or any(reading.status == UNREADABLE for reading in readings):
        return found
    return Reading(readings[0].value, "first_of_list", "", ("; ".join(pieces[1:]),))


def _read_one(address: str, text: str) -> Reading:
    if " " in address:
        return Reading(text, "spaces_in_url", UNREADABLE)
    full = _FULL.fullmatch(address)
    if full:
        user, at, host = full[2].rpartition("@")
        host = host.lower()
        if _HOST.fullmatch(host) or _ADDRESS.fullmatch(host):
            read = f"{full[1].lower()}://{user}{at}{host}{full[3] or ''}"
            return Reading(tidy(read), "host_lowercased" if address == text else "whitespace")
        return Reading(text, "not_a_web_address", UNREADABLE)
    bare = _BARE.fullmatch(address)
    if bare and _HOST.fullmatch(host := bare[1].lower()):
        return Reading(tidy(f"https://{host}{bare[2] or ''}"), "scheme_added")
    return Reading(text, "not_a_web_address", UNREADABLE)
