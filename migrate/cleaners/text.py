"""What did somebody mean to type, once stray blanks and invisible characters are gone?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from html import unescape
from html.entities import html5
from typing import Any, NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.languages.mojibake import find_repair, repair_named, repaired
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

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
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(
    r"</?(?:p|div|br|b|i|u|em|strong|span|a|ul|ol|li|table|tr|td|th|h[1-6]|font|html|body|img|hr|pre|blockquote)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_ROUNDED = re.compile(r"[0-9][.,][0-9]{1,9}[eE]\+[0-9]{2}")  # as a spreadsheet shows a long number
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


def plain_entities(text: str) -> str:
    """The text with HTML's names and numbers of characters written out, however often escaped.

    Only what ends in a semicolon is one: "Q&A" and "?a=1&copy=2" stay. In a text with tags, so do
    the signs that the tags are made of.

    >>> plain_entities("Novotn&yacute; &amp;amp; syn, R&D &#283;")
    'Novotný & syn, R&D ě'
    >>> plain_entities("<p>5 &lt; 6 &euro;</p>")
    '<p>5 &lt; 6 €</p>'
    """
    while "&" in text:
        plain = _ENTITY.sub(_character_in_markup if _TAG.search(text) else _character, text)
        if plain == text:
            break
        text = plain
    return text


def _character_in_markup(entity: re.Match[str]) -> str:
    character = _character(entity)
    return entity[0] if character in {"<", ">", "&", '"', "'"} else character


def _character(entity: re.Match[str]) -> str:
    name = entity[1]
    if name[0] == "#" or f"{name};" in html5:
        return unescape(entity[0])
    return entity[0]


class Typed(NamedTuple):
    """What somebody meant to type, and the rule that found it, empty where nothing was amiss."""

    text: str
    rule: str


def reader_of(decision: Decision, tidied: Callable[[str], str] = tidy) -> Callable[[str], Typed]:
    """How a column's text is read before any cleaner looks at it: encoding, entities, blanks.

    >>> read = reader_of({"mojibake": "cp1250 read as cp1252"})
    >>> read("Kováèová &amp; syn")
    Typed(text='Kováčová & syn', rule='mojibake_repaired')
    """
    repair = repair_named(str(decision.get("mojibake") or ""))

    def read(text: str) -> Typed:
        mended = repaired(text, repair) if repair is not None and not text.isascii() else text
        found = tidied(mended)
        rule = ""
        if "&" in found:
            while (plain := tidied(plain_entities(found))) != found:
                found, rule = plain, "html_entity"
        if mended is not text and mended != text:
            rule = "mojibake_repaired"
        elif not rule and found != text:
            rule = _rule(text)
        return Typed(found, rule)

    return read


def decide_mojibake(evidence: Evidence) -> dict[str, str]:
    """Whether the column was once read in a wrong encoding: the option says, or its values.

    >>> decide_mojibake(Evidence(["Å½ilina", "KoÅ¡ice"], [1, 1]))
    {'mojibake': 'utf-8 read as cp1252'}
    """
    said = evidence.options.get("mojibake")
    if said is not None:
        return {"mojibake": str(said)}
    found = find_repair(evidence.values)
    return {"mojibake": found.name if found else ""}


def _rule(text: str) -> str:
    if _CONTROL.search(text) or _INVISIBLE.search(text):
        return "invisible_characters"
    return "whitespace" if unicodedata.is_normalized("NFC", text) else "unicode_form"


def clean_text(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean one-line text: blanks, invisible characters, HTML entities, wrongly read encodings.

    Decision: ``mojibake`` (default "": none) names the wrong reading that is undone, "utf-8 read
    as cp1252". ``max_length`` (default 0: any length) with ``overflow``: a longer text is
    unreadable ("refuse", default), or is cut at a word and the rest moved to the part ``rest``
    ("cut"), or is cut so and stands whole in ``rest`` as well ("note": a note tells it all).

    >>> cleaned = clean_text(pd.Series([" Old\\xa0 Mill "]), companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['Old Mill'], ['whitespace'])
    >>> decision = {"max_length": 9, "overflow": "cut"}
    >>> clean_text(
    ...     pd.Series(["The old mill"]), companions=None, decision=decision
    ... ).columns.values.tolist()
    [['The old', 'mill']]
    """
    return _clean_typed(values, decision, tidy)


def decide_text(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding; the length is the mapping's to say."""
    return {**decide_mojibake(evidence), **_length_policy(evidence.options)}


def clean_long_text(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean text of many lines: line ends become LF, inner spacing stays. Decides as ``text``.

    >>> notes = pd.Series([" Called.\\r\\n  - no answer\\x00 "])
    >>> clean_long_text(notes, companions=None, decision={}).columns["value"].tolist()
    ['Called.\\n  - no answer']
    """
    return _clean_typed(values, decision, tidy_lines)


def decide_long_text(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding; the length is the mapping's to say."""
    return decide_text(evidence)


def _clean_typed(values: pd.Series, decision: Decision, tidied: Callable[[str], str]) -> Cleaned:
    understood = reader_of(decision, tidied)
    policy = _length_policy(decision)
    most, overflow = policy["max_length"], policy["overflow"]

    def read(text: str) -> Reading:
        typed = understood(text)
        if not most or len(typed.text) <= most:
            return Reading(typed.text, typed.rule)
        if overflow == "refuse":
            return Reading(text, "too_long", UNREADABLE)
        kept = _cut(typed.text, most, tidied)
        if not kept:
            return Reading(text, "too_long", UNREADABLE)
        if overflow == "note":
            return Reading(kept, "whole_text_moved", "", (typed.text,))
        return Reading(kept, "rest_moved", "", (tidied(typed.text[len(kept) :]),))

    return read_distinct(values, read, parts=("rest",))


def _length_policy(given: Mapping[str, object]) -> dict[str, Any]:
    overflow = str(given.get("overflow") or "refuse")
    return {
        "max_length": _whole(given.get("max_length", 0)),
        "overflow": overflow if overflow in {"cut", "note"} else "refuse",
    }


def _cut(text: str, most: int, tidied: Callable[[str], str]) -> str:
    """The longest beginning that fits and ends with a word, or with a whole character at least."""
    end = most
    while end and (unicodedata.combining(text[end]) or text[end] in "\u200c\u200d\ufe0f"):
        end -= 1  # an accent, or half of an emoji, does not part from its letter
    if not text[end].isspace():
        word = max((found.start() for found in _SPACES.finditer(text, 0, end)), default=0)
        end = word if word * 2 >= most else end
    kept = text[:end].rstrip()
    return kept if tidied(kept) == kept else ""


def clean_code(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean identifiers: trimmed and NFC, nothing else; leading zeros stay.

    Decision: ``digits`` (0: off) is the length to which a number's lost zeros are restored. A
    number that a spreadsheet rounded ("1.23457E+15") is unreadable: its digits are gone.

    >>> codes = pd.Series(["00042 ", "123"])
    >>> clean_code(codes, companions=None, decision={"digits": 5}).columns["value"].tolist()
    ['00042', '00123']
    """
    digits = _whole(decision.get("digits", 0))

    def read(text: str) -> Reading:
        code = tidy_code(text)
        if len(code) < digits and code.isascii() and code.isdigit():
            return Reading(code.zfill(digits), "zeros_restored")
        if _ROUNDED.fullmatch(code):
            return Reading(text, "digits_lost", UNREADABLE)
        return Reading(code, _rule(text))

    return read_distinct(values, read)


def decide_code(evidence: Evidence) -> Decision:
    """Take ``digits`` from the mapping; zeros are never invented from evidence."""
    return {"digits": _whole(evidence.options.get("digits", 0))}


def _whole(number: object) -> int:
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
