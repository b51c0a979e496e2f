"""Who is this person: title, first name, last name, suffix, and is it a person at all?"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._first_names import FIRST_NAMES
from migrate.cleaners._legal_forms import LENGTHS
from migrate.cleaners._name_capitals import (
    LETTER_RUN,
    is_shouted,
    is_shouted_particle,
    known_title,
    recased,
    recased_word,
    right_spelling,
)
from migrate.cleaners._name_words import (
    JOINING,
    LOOSELY_JOINING,
    PARTICLES,
    SUFFIXES,
    SURNAMES_CHINESE_OF_TWO,
    SURNAMES_VIETNAMESE,
    TITLES,
)
from migrate.cleaners.companies import looks_like_company
from migrate.cleaners.text import decide_mojibake, fold, reader_of
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_PARTS = ("first_name", "last_name", "title", "suffix")
_FEMALE_ENDINGS = ("ova", "ска", "ова")
_MIXED_FROM = 10  # one name in so many the other way round, and the column has no order
_GLUED_TITLE = re.compile(r"\b([^\W\d_]{2,7})\.(?=[^\W\d_]{2,})")
_SPLIT_DEGREE = re.compile(r"\b(ph|th|ll|cs)\.\s*([dmc])\b\.?", re.IGNORECASE)
_HONORARY = re.compile(r"\b(dr)\.\s*(h)\.\s*(c)\.", re.IGNORECASE)
_PATRONYMIC = re.compile(r".+(?:ович|евич|ич|овна|евна|ична|івна|ївна|йович)", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff\u3005]{2,4}")
_HANGUL = re.compile(r"[\uac00-\ud7a3]{2,4}")
_EASTERN = re.compile(
    r"([\u3040-\u30ff\u3400-\u9fff\u3005\uac00-\ud7a3]{1,5})[ ・]([\u3040-\u30ff\u3400-\u9fff\u3005\uac00-\ud7a3]{1,6})"
)


class _Person(NamedTuple):
    first: tuple[str, ...]
    last: tuple[str, ...]
    title: str
    suffix: str


def clean_person_name(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Take a person's name apart, and write it first name first.

    A name that is all in capitals or all in small letters gets capitals where they belong. A comma
    ("Novák, Ján"), a last name in capitals ("NOVÁK Ján") and a Russian patronymic tell the order by
    themselves; Chinese, Japanese, Korean and Vietnamese names stay last name first. A company, or
    two people in one field, is a suggestion and is not taken apart.
    Decision: ``order`` is "first_last" (default, also for "auto"), "last_first", or "mixed": then
    each name is read by what is known of its own words, and one that tells nothing is left first
    name first, as a suggestion. ``mojibake`` as for ``text``.

    >>> names = pd.Series(["Novák, Ing. Ján, PhD.", "JAN VAN DER BERG", "Acme s.r.o."])
    >>> cleaned = clean_person_name(names, companions=None, decision={})
    >>> cleaned.columns.iloc[0].tolist()
    ['Ing. Ján Novák, PhD.', 'Ján', 'Novák', 'Ing.', 'PhD.']
    >>> cleaned.columns["value"].tolist()[1:], cleaned.rule.tolist()
    (['Jan van der Berg', 'Acme s.r.o.'], ['name_order', 'recased', 'looks_like_company'])
    """
    order = str(decision.get("order", "first_last"))
    understood = reader_of(decision)
    is_plain = order in {"first_last", "auto"} and not decision.get("mojibake")

    def read(text: str) -> Reading:
        if is_plain:
            first, _, last = text.partition(" ")
            if _is_plain_word(first) and _is_plain_word(last):
                return Reading(text, "", "", (first, last, "", ""))
        typed = understood(text)
        found = _read(typed.text, order)
        return found._replace(rule=typed.rule) if typed.rule and not found.status else found

    return read_distinct(values, read, parts=_PARTS)


@lru_cache(maxsize=200_000)
def _is_plain_word(word: str) -> bool:
    """Whether nothing at all is to be done to this word of a two-word name. Most are such."""
    if not word.isalpha() or not word.istitle() or len(word) < 2 or word[0] > "\u024f":
        return False
    folded = fold(word)
    return (
        unicodedata.is_normalized("NFC", word)
        and not any(table_key in table for table in (TITLES, SUFFIXES, PARTICLES, JOINING)
                    for table_key in (word.casefold(), folded))
        and folded not in LENGTHS
        and word.casefold() not in SURNAMES_VIETNAMESE
    )  # fmt: skip


def decide_person_name(evidence: Evidence) -> Decision:
    """Find which way round the column's names are, by frequent first names and "-ová".

    Where many are written the other way round, no one order is right: "mixed".

    >>> decide_person_name(Evidence(["Novák Ján", "Kováčová Anna"], [1, 1]))["order"]
    'last_first'
    >>> decide_person_name(Evidence(["Novák Ján", "Anna Kováčová"], [1, 1]))["order"]
    'mixed'
    """
    repair = decide_mojibake(evidence)
    understood = reader_of(repair)
    counts = {"first_last": 0, "last_first": 0}
    for value, count in zip(evidence.values, evidence.counts, strict=False):
        typed = understood(value).text
        person = _parsed(typed, "first_last") if "," not in typed else None
        if person is None or len(person.first) != 1 or len(person.last) != 1:
            continue
        if _own_order(typed, person):
            continue  # it needs no column to tell its order
        order = _order_of(person.first[0], person.last[0])
        if order:
            counts[order] += count
    order = str(evidence.options.get("order", "auto"))
    if order not in (*counts, "mixed"):
        order = "last_first" if counts["last_first"] > counts["first_last"] else "first_last"
        if min(counts.values()) * _MIXED_FROM > sum(counts.values()):
            order = "mixed"
        elif not any(counts.values()) and evidence.locale.lower().startswith("hu"):
            order = "last_first"
    return {"order": order, "evidence": counts, **repair}


def clean_name_part(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean a first name or a last name that stands alone: blanks, encoding, and its capitals.

    Decision: ``mojibake`` as for ``text``.

    >>> names = pd.Series(["NOVÁK", "VAN DER BERG", "mcdonald", " Ján "])
    >>> clean_name_part(names, companions=None, decision={}).columns["value"].tolist()
    ['Novák', 'van der Berg', 'McDonald', 'Ján']
    """
    understood = reader_of(decision)

    def read(text: str) -> Reading:
        typed = understood(text)
        name = recased(typed.text, is_part=True)
        return Reading(name, typed.rule or "recased")

    return read_distinct(values, read)


def decide_name_part(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding."""
    return decide_mojibake(evidence)


def _order_of(before: str, after: str) -> str:
    """Which way round these two words of a name are, empty where they do not tell."""
    before, after = fold(before), fold(after)
    is_first = before in FIRST_NAMES or after.endswith(_FEMALE_ENDINGS)
    is_last = after in FIRST_NAMES or before.endswith(_FEMALE_ENDINGS)
    return "" if is_first == is_last else "first_last" if is_first else "last_first"


def _read(typed: str, order: str) -> Reading:
    if looks_like_company(typed):
        return Reading(typed, "looks_like_company", SUGGESTED)
    if not LETTER_RUN.search(typed) or "@" in typed:
        return Reading(typed, "not_a_name", UNREADABLE)
    if "(" in typed or "[" in typed:
        return Reading(typed, "name_not_understood", SUGGESTED)
    if _is_several(typed):
        return Reading(typed, "several_people", SUGGESTED)
    eastern = _eastern(typed)
    if eastern:
        return Reading(typed, "", "", eastern)
    name = _without_shouted_last_name(recased(typed))
    person = _parsed(name, order)
    is_unsure = False
    if person is not None and person.first and not _has_comma(name):
        words = (
            (*person.first, *person.last)
            if order != "last_first"
            else (*person.last, *person.first)
        )
        own = _own_order(name, _Person(words[:-1], words[-1:], person.title, person.suffix))
        if own:
            name, order = _without_capitals(name, person), own
        elif order == "mixed":
            order = _order_of(words[0], words[-1])
            is_unsure = not order
        elif order == "last_first" and _order_of(words[0], words[-1]) == "first_last":
            order, is_unsure = "first_last", True  # nobody's name is turned round against its words
        person = _parsed(name, order)
    if person is None:
        return Reading(name, "name_not_understood", SUGGESTED)
    parts = (" ".join(person.first), " ".join(person.last), person.title, person.suffix)
    if person.first and (_has_comma(name) or order == "last_first"):
        written = " ".join(part for part in (person.title, *person.first, *person.last) if part)
        written = f"{written}, {person.suffix}" if person.suffix else written
        again = _parsed(written, "first_last")
        if again is None or _read_again(written) != written:
            return Reading(name, "name_not_understood", SUGGESTED)
        return Reading(written, "name_order", "", parts)
    if is_unsure:
        return Reading(name, "name_order_unsure", SUGGESTED, parts)
    return Reading(name, "recased" if name != typed else "whitespace", "", parts)


def _read_again(written: str) -> str:
    """What this cleaner would make of its own writing."""
    found = _read(written, "first_last")
    return found.value if not found.status else ""


def _is_several(name: str) -> bool:
    """Whether two people share the field: "Ján a Mária Novákovci", "Hans & Greta Müller"."""
    words = name.replace(",", " , ").split()
    for place, word in enumerate(words[1:-1], 1):
        joint = word.casefold()
        if joint not in JOINING and joint not in LOOSELY_JOINING:
            continue
        before, after = words[place - 1], words[place + 1]
        if before.casefold() in PARTICLES and after.casefold() in PARTICLES:
            continue  # "Hans von und zu Guttenberg" is one person
        both = fold(before) in FIRST_NAMES and fold(after) in FIRST_NAMES
        titled = right_spelling(before, TITLES) and right_spelling(after, TITLES)
        if both or titled or joint in {"&", "+", "und", "and", "és", "και", "oraz"}:
            return True
        if joint in JOINING - LOOSELY_JOINING and (fold(before) in FIRST_NAMES or place == 1):
            return True
        if joint == "a" and word == "a" and fold(before) in FIRST_NAMES:
            return True
    return name.count("/") == 1 and all(
        len(side.split()) in {1, 2} and fold(side.split()[0]) in FIRST_NAMES
        for side in name.split("/")
        if side.strip()
    ) and not name.startswith("/") and not name.endswith("/")  # fmt: skip


def _eastern(name: str) -> tuple[str, str, str, str] | None:
    """First name, last name of a Chinese, Japanese, Korean or Vietnamese name; it stays as it is."""
    if name.isascii():
        return None
    spaced = _EASTERN.fullmatch(name)
    if spaced:
        return spaced[2], spaced[1], "", ""
    if _HANGUL.fullmatch(name):
        return name[1:], name[:1], "", ""
    if _HAN.fullmatch(name):
        length = 2 if name[:2] in SURNAMES_CHINESE_OF_TWO and len(name) > 2 else 1
        if len(name) - length > 2:
            return "", name, "", ""  # four ideographs: where a Japanese name divides is not written
        return name[length:], name[:length], "", ""
    words = name.split()
    is_vietnamese = words[0].casefold() in SURNAMES_VIETNAMESE and len(words) > 1
    if is_vietnamese and not words[0].isascii() and not name.isupper() and not name.islower():
        return " ".join(words[1:]), words[0], "", ""
    return None


def _own_order(name: str, person: _Person) -> str:
    """The order that the name itself shows, empty where it shows none.

    ``person`` has the words as they stand, all but the last one as ``first``.
    """
    words = (*person.first, *person.last)
    if len(words) == 3 and words[0][0] > "\u03ff":
        if _PATRONYMIC.fullmatch(words[2]) and not _PATRONYMIC.fullmatch(words[1]):
            return "last_first"
        if _PATRONYMIC.fullmatch(words[1]):
            return "first_last"
    return _order_by_capitals(words)


def _order_by_capitals(words: tuple[str, ...]) -> str:
    """ "NOVÁK Ján" and "Ján NOVÁK": one end in capitals is the last name, if the rest is a first."""
    if len(words) < 2:
        return ""
    shouted = [is_shouted(word) or is_shouted_particle(word) for word in words]
    if all(shouted) or not any(shouted):
        return ""
    known = [fold(word) in FIRST_NAMES for word in words]
    if shouted[0] and not shouted[-1] and known[-1] and not known[0]:
        return "last_first"
    if shouted[-1] and not shouted[0] and known[0] and not known[-1]:
        return "first_last"
    return ""


def _without_capitals(name: str, person: _Person) -> str:
    """The name with its shouted words written like the others."""
    words = {word for word in (*person.first, *person.last) if is_shouted(word)}
    return " ".join(
        recased_word(word, True) if word.strip(",") in words or is_shouted_particle(word) else word
        for word in name.split(" ")
    )


def _without_shouted_last_name(name: str) -> str:
    """ "NOVÁK, Ján" as "Novák, Ján": the comma tells the order, the capitals nothing more."""
    last, comma, rest = name.partition(",")
    if not comma or not last.isupper() or rest.isupper() or not _has_comma(name):
        return name
    if not any(is_shouted(word) for word in last.split()):
        return name
    words = last.split(" ")
    written = (recased_word(word, number < len(words) - 1) for number, word in enumerate(words))
    return f"{' '.join(written)},{rest}"


def _has_comma(name: str) -> bool:
    """Whether a comma parts last name and first name, and not only a suffix."""
    return "," in name and len(_segments(name)[0]) == 2


def _segments(name: str) -> tuple[list[list[str]], list[str]]:
    """The words between commas, and the suffixes taken off the end."""
    spaced = _GLUED_TITLE.sub(
        _unglued, _SPLIT_DEGREE.sub(r"\1\2.", _HONORARY.sub(r"\1.\2.\3.", name))
    )
    segments = [words for part in spaced.split(",") if (words := part.split())]
    suffixes: list[str] = []
    while segments and (found := right_spelling(segments[-1][-1], SUFFIXES)):
        if len(segments) == 1 and len(segments[0]) == 1:
            break
        suffixes.insert(0, found)
        segments[-1].pop()
        if not segments[-1]:
            segments.pop()
    return segments, suffixes


def _parsed(name: str, order: str) -> _Person | None:
    segments, suffixes = _segments(name)
    if len(segments) not in {1, 2}:
        return None
    titles: list[str] = []
    for words in reversed(segments):
        while len(words) > (len(segments) == 1) and (found := right_spelling(words[0], TITLES)):
            titles.append(words[0] if words[0].casefold() == found.casefold() else found)
            words.pop(0)
    while len(words := segments[0]) > 1 and words[-1].endswith(".") and known_title(words[-1]):
        titles.append(known_title(words.pop()))
    title, suffix = " ".join(titles), " ".join(suffixes)
    if len(segments) == 2:
        return _Person(tuple(segments[1]), tuple(segments[0]), title, suffix)
    words = segments[0]
    if len(words) == 1 and right_spelling(words[0], TITLES):
        return None
    if len(words) == 1:
        return _Person((), tuple(words), title, suffix)
    if order == "last_first":
        end = 1
        while end < len(words) - 1 and words[end - 1].casefold() in PARTICLES:
            end += 1
        return _Person(tuple(words[end:]), tuple(words[:end]), title, suffix)
    start = _last_name_from(words)
    return _Person(tuple(words[:start]), tuple(words[start:]), title, suffix)


def _last_name_from(words: list[str]) -> int:
    """Where the last name begins in a name that is written first name first."""
    if words[0] in PARTICLES:
        return 0  # "van Gogh" alone
    for place, word in enumerate(words[1:-1], 1):
        if word in LOOSELY_JOINING:
            return place - 1  # "José Ortega y Gasset", "Puig i Cadafalch"
        if word.casefold() in PARTICLES:
            return place
    return len(words) - 1


def _unglued(glued: re.Match[str]) -> str:
    """ "Ing.Novák" is a title and a name, "J.Novák" is not."""
    return f"{glued[0]} " if glued[1].casefold() in TITLES else glued[0]
