"""Who is this person: title, first name, last name, suffix, and is it a person at all?"""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._first_names import FIRST_NAMES
from migrate.cleaners.companies import looks_like_company
from migrate.cleaners.text import decide_mojibake, fold, reader_of, tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_PARTS = ("first_name", "last_name", "title", "suffix")
_TITLES = {
    "ing": "Ing.", "mgr": "Mgr.", "mgra": "MgrA.", "bc": "Bc.", "bca": "BcA.", "mudr": "MUDr.",
    "judr": "JUDr.", "phdr": "PhDr.", "rndr": "RNDr.", "mvdr": "MVDr.", "paeddr": "PaedDr.",
    "pharmdr": "PharmDr.", "thdr": "ThDr.", "mddr": "MDDr.", "icdr": "ICDr.", "rsdr": "RSDr.",
    "thlic": "ThLic.", "arch": "arch.", "doc": "doc.", "prof": "prof.", "dr": "Dr.", "mr": "Mr.",
    "mrs": "Mrs.", "ms": "Ms.", "miss": "Miss", "herr": "Herr", "frau": "Frau", "dipl-ing":
    "Dipl.-Ing.", "dipl": "Dipl.", "mag": "Mag.", "dott": "Dott.", "sig": "Sig.", "sra": "Sra.",
    "mme": "Mme", "mlle": "Mlle", "inz": "inż.", "p": "p.", "pan": "pan", "pani": "pani", "pí": "pí",
}  # fmt: skip
_SUFFIXES = {
    "phd": "PhD.", "csc": "CSc.", "drsc": "DrSc.", "mba": "MBA", "msc": "MSc.", "bsc": "BSc.",
    "llm": "LL.M.", "dis": "DiS.", "artd": "ArtD.", "mph": "MPH", "mha": "MHA", "jr": "Jr.",
    "sr": "Sr.", "ml": "ml.", "st": "st.", "ii": "II", "iii": "III", "iv": "IV", "esq": "Esq.",
    "dba": "DBA", "facc": "FACC", "cpa": "CPA", "feng": "FEng", "th d": "ThD.",
}  # fmt: skip
# Words that are names or nicknames too: a title only where the dot says so.
_DOT_NEEDED = frozenset({"doc", "p", "arch", "mag", "sig", "st", "ml", "dis", "sr", "pan"})
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ben",
        "ter",
        "ten",
        "zu",
        "zum",
        "vom",
        "af",
        "av",
        "och",
        "y",
        "do",
        "dal",
        "degli",
        "vander",
        "d'",
    ]
)
_FEMALE_ENDINGS = ("ova", "ска", "ова")
_MIXED_FROM = 10  # one name in so many the other way round, and the column has no order
_GLUED_TITLE = re.compile(r"\b([^\W\d_]{2,7})\.(?=[^\W\d_]{2,})")
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_SPLIT_DEGREE = re.compile(r"\b(ph|th|ll|cs)\.\s*([dmc])\b\.?", re.IGNORECASE)


class _Person(NamedTuple):
    first: tuple[str, ...]
    last: tuple[str, ...]
    title: str
    suffix: str


def clean_person_name(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Take a person's name apart, and write it first name first.

    A name that is all in capitals or all in small letters gets capitals where they belong.
    Decision: ``order`` is "first_last" (default, also for "auto"), "last_first", or "mixed": then
    each name is read by what is known of its own words, and one that tells nothing is left first
    name first, as a suggestion. A comma ("Novák, Ján") goes before it.

    >>> names = pd.Series(["Novák, Ing. Ján, PhD.", "JAN VAN DER BERG", "Acme s.r.o."])
    >>> cleaned = clean_person_name(names, companions=None, decision={})
    >>> cleaned.columns.iloc[0].tolist()
    ['Ing. Ján Novák, PhD.', 'Ján', 'Novák', 'Ing.', 'PhD.']
    >>> cleaned.columns["value"].tolist()[1:], cleaned.rule.tolist()
    (['Jan van der Berg', 'Acme s.r.o.'], ['name_order', 'recased', 'looks_like_company'])
    """
    order = str(decision.get("order", "first_last"))
    understood = reader_of(decision)

    def read(text: str) -> Reading:
        typed = understood(text)
        found = _read(typed.text, order)
        return found._replace(rule=typed.rule) if typed.rule and not found.status else found

    return read_distinct(values, read, parts=_PARTS)


def decide_person_name(evidence: Evidence) -> Decision:
    """Find which way round the column's names are, by frequent first names and "-ová".

    Where many are written the other way round, no one order is right: "mixed".

    >>> decide_person_name(Evidence(["Novák Ján", "Kováčová Anna"], [1, 1]))["order"]
    'last_first'
    >>> decide_person_name(Evidence(["Novák Ján", "Anna Kováčová"], [1, 1]))["order"]
    'mixed'
    """
    counts = {"first_last": 0, "last_first": 0}
    for value, count in zip(evidence.values, evidence.counts, strict=False):
        typed = tidy(value)
        person = _parsed(typed, "first_last") if "," not in typed else None
        if person is None or len(person.first) != 1 or len(person.last) != 1:
            continue
        order = _order_of(person.first[0], person.last[0])
        if order:
            counts[order] += count
    order = str(evidence.options.get("order", "auto"))
    if order not in (*counts, "mixed"):
        order = "last_first" if counts["last_first"] > counts["first_last"] else "first_last"
        if min(counts.values()) * _MIXED_FROM > sum(counts.values()):
            order = "mixed"
    return {"order": order, "evidence": counts, **decide_mojibake(evidence)}


def _order_of(before: str, after: str) -> str:
    """Which way round these two words of a name are, empty where they do not tell."""
    before, after = fold(before), fold(after)
    is_first = before in FIRST_NAMES or after.endswith(_FEMALE_ENDINGS)
    is_last = after in FIRST_NAMES or before.endswith(_FEMALE_ENDINGS)
    return "" if is_first == is_last else "first_last" if is_first else "last_first"


def _read(text: str, order: str) -> Reading:
    typed = text
    if looks_like_company(typed):
        return Reading(typed, "looks_like_company", SUGGESTED)
    if not _LETTER_RUN.search(typed):
        return Reading(text, "not_a_name", UNREADABLE)
    name = _recased(typed)
    person = _parsed(name, order)
    is_unsure = False
    if person is not None and order == "mixed" and person.first and not _has_comma(name):
        order = _order_of(person.first[0], person.last[-1])
        person, is_unsure = _parsed(name, order), not order
    if person is None:
        return Reading(name, "name_not_understood", SUGGESTED)
    parts = (" ".join(person.first), " ".join(person.last), person.title, person.suffix)
    if person.first and (_has_comma(name) or order == "last_first"):
        written = " ".join(part for part in (person.title, *person.first, *person.last) if part)
        written = f"{written}, {person.suffix}" if person.suffix else written
        again = _parsed(written, "first_last")
        if again is None or looks_like_company(written) or _recased(written) != written:
            return Reading(name, "name_not_understood", SUGGESTED)
        return Reading(written, "name_order", "", parts)
    if is_unsure:
        return Reading(name, "name_order_unsure", SUGGESTED, parts)
    return Reading(name, "recased" if name != typed else "whitespace", "", parts)


def _has_comma(name: str) -> bool:
    """Whether a comma parts last name and first name, and not only a suffix."""
    return "," in name and len(_segments(name)[0]) == 2


def _segments(name: str) -> tuple[list[list[str]], list[str]]:
    """The words between commas, and the suffixes taken off the end."""
    spaced = _GLUED_TITLE.sub(_unglued, _SPLIT_DEGREE.sub(r"\1\2.", name))
    segments = [words for part in spaced.split(",") if (words := part.split())]
    suffixes: list[str] = []
    while segments and (found := _known(segments[-1][-1], _SUFFIXES)):
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
        while len(words) > (len(segments) == 1) and (found := _known(words[0], _TITLES)):
            titles.append(words[0] if words[0].casefold() == found.casefold() else found)
            words.pop(0)
    title, suffix = " ".join(titles), " ".join(suffixes)
    if len(segments) == 2:
        return _Person(tuple(segments[1]), tuple(segments[0]), title, suffix)
    words = segments[0]
    if len(words) == 1 and _known(words[0], _TITLES):
        return None
    if len(words) == 1:
        return _Person((), tuple(words), title, suffix)
    if order == "last_first":
        end = 1
        while end < len(words) - 1 and words[end - 1].casefold() in _PARTICLES:
            end += 1
        return _Person(tuple(words[end:]), tuple(words[:end]), title, suffix)
    start = next(
        (n for n, word in enumerate(words[1:-1], 1) if word.casefold() in _PARTICLES),
        len(words) - 1,
    )
    return _Person(tuple(words[:start]), tuple(words[start:]), title, suffix)


def _known(word: str, table: dict[str, str]) -> str:
    key = word.casefold().rstrip(".").replace(".", "")
    if key in _DOT_NEEDED and not word.endswith("."):
        return ""
    if word == "P.":  # an initial; "p." is the Slovak Mr.
        return ""
    return table.get(key, "")


def _unglued(glued: re.Match[str]) -> str:
    """ "Ing.Novák" is a title and a name, "J.Novák" is not."""
    return f"{glued[0]} " if glued[1].casefold() in _TITLES else glued[0]


def _recased(name: str) -> str:
    """Capitals where they belong, in a name that is all in one case ("IBM" and "II" stay)."""
    letters = "".join(_LETTER_RUN.findall(name))
    if not (letters.isupper() or letters.islower()) or (" " not in name and len(letters) < 4):
        return name
    words = [_recased_word(word, number > 0) for number, word in enumerate(name.split(" "))]
    recased = tidy(" ".join(words))
    return recased if recased.casefold() == name.casefold() else name


def _recased_word(word: str, is_inner: bool) -> str:
    bare = word.strip(",")
    if is_inner and bare.casefold() in _PARTICLES:
        return word.lower()
    known = _known(bare, _TITLES) or _known(bare, _SUFFIXES)
    if known and known.casefold() == bare.casefold():
        return word.replace(bare, known)
    return _LETTER_RUN.sub(_capitalized, word)


def _capitalized(run: re.Match[str]) -> str:
    first = run[0][0].title()
    # A letter like "ŉ" has no capital of its own, only two letters that read like it.
    return (first if len(first) == 1 else run[0][0]) + run[0][1:].lower()
