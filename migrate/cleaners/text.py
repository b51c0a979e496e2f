"""What did somebody mean to type, once stray blanks and invisible characters are gone?"""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.values import Cleaned, Decision, Evidence

# Zero-width space, soft hyphen, byte-order mark and direction marks: pasted along, never typed.
# Joiners (200C, 200D) build Persian words and emoji, so they go only beside ASCII or at an end.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
    "|(?:(?<=[\x00-\x7f])|\\A)[\u200c\u200d]+"
    "|[\u200c\u200d]+(?=[\x00-\x7f]|\\Z)"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"\s+")
_CODE_END = re.compile(
    "\\A[\\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]+"
    "|[\\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]+\\Z"
)
# Letters that Unicode does not take apart into a letter and an accent.
_UNFOLDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
                           "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"})  # fmt: skip


class _Accents(dict[int, int | None]):
    """A translation that takes accents away, learning each character when it first comes."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_ACCENTS = _Accents()


def tidy(text: str) -> str:
    """One line, single spaces, NFC, nothing invisible.

    >>> tidy("  Nova\\u0301k\\xa0 \\u200bJa\\u0301n\\r\\n")
    'Novák Ján'
    """
    # printable: no control, no invisible sign, and no blank but the plain space
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()
    while (tidied := _tidied_once(text)) != text:
        text = tidied
    return text


def _tidied_once(text: str) -> str:
    visible = _CONTROL.sub("", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def tidy_lines(text: str) -> str:
    """Like :func:`tidy`, but line breaks (as LF) and inner spacing stay as they were typed."""
    while (tidied := _tidied_lines_once(text)) != text:
        text = tidied
    return text


def _tidied_lines_once(text: str) -> str:
    lines = _LINE_END.sub("\n", text)
    return unicodedata.normalize("NFC", _CONTROL.sub("", _INVISIBLE.sub("", lines))).strip()


def tidy_code(text: str) -> str:
    """Trim an identifier, whatever blank or invisible character is at its ends, and NFC."""
    while (tidied := unicodedata.normalize("NFC", _CODE_END.sub("", text))) != text:
        text = tidied
    return text


def fold(text: str) -> str:
    """Lower case without accents: for comparing only, never for storing.

    >>> fold("Žilina ŁÓDŹ Straße")
    'zilina lodz strasse'
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_UNFOLDED))
    return apart.translate(_ACCENTS).casefold()


def _rule(text: str) -> str:
    if _CONTROL.search(text) or _INVISIBLE.search(text):
        return "invisible_characters"
    return "whitespace" if unicodedata.is_normalized("NFC", text) else "unicode_form"


def clean_text(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean one-line text. The decision has no keys.

    >>> cleaned = clean_text(pd.Series([" Old\\xa0 Mill "]), companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['Old Mill'], ['whitespace'])
    """

    def read(text: str) -> Reading:
        tidied = tidy(text)
        return Reading(tidied, _rule(text) if tidied != text else "")

    return read_distinct(values, read)


def decide_text(evidence: Evidence) -> Decision:
    """Nothing to decide."""
    return {}


def clean_long_text(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean text of many lines: line ends become LF, inner spacing stays. No decision keys.

    >>> notes = pd.Series([" Called.\\r\\n  - no answer\\x00 "])
    >>> clean_long_text(notes, companions=None, decision={}).columns["value"].tolist()
    ['Called.\\n  - no answer']
    """
    return read_distinct(values, lambda text: Reading(tidy_lines(text), _rule(text)))


def decide_long_text(evidence: Evidence) -> Decision:
    """Nothing to decide."""
    return {}


def clean_code(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean identifiers: trimmed and NFC, nothing else; leading zeros stay.

    Decision: ``digits`` (0: off) is the length to which a number's lost zeros are restored.

    >>> codes = pd.Series(["00042 ", "123"])
    >>> clean_code(codes, companions=None, decision={"digits": 5}).columns["value"].tolist()
    ['00042', '00123']
    """
    digits = _whole(decision.get("digits", 0))

    def read(text: str) -> Reading:
        code = tidy_code(text)
        if len(code) < digits and code.isascii() and code.isdigit():
            return Reading(code.zfill(digits), "zeros_restored")
        return Reading(code, _rule(text))

    return read_distinct(values, read)


def decide_code(evidence: Evidence) -> Decision:
    """Take ``digits`` from the mapping; zeros are never invented from evidence."""
    return {"digits": _whole(evidence.options.get("digits", 0))}


def _whole(number: object) -> int:
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() else 0
