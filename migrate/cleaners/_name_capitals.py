"""Where do the capitals of a person's name belong, and which of its words are titles or suffixes?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from migrate.cleaners._name_words import (
    CAPITAL_PARTICLES,
    CAPITALS_NEEDED,
    DOT_NEEDED,
    PARTICLES,
    SUFFIXES,
    TITLES,
)
from migrate.cleaners.text import fold, tidy

LETTER_RUN = re.compile(r"[^\W\d_]+")
_MAC = re.compile(r"\b(Mc|(?<=\b)Mac(?=[a-z]{4}))([a-z])")
_MAC_WORDS = frozenset({"macher", "macko", "machek", "macek", "machala", "mackova", "machova", "machacek",
                        "macejko", "macias", "maciel", "machado", "maclin", "macura"})  # fmt: skip
_LEAST_CAPITALS = 3  # letters of a last name that is told by its capitals: "NOVÁK Ján"


def is_shouted(word: str) -> bool:
    letters = "".join(LETTER_RUN.findall(word))
    return len(letters) >= _LEAST_CAPITALS and letters.isupper()


def is_shouted_particle(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.casefold() in PARTICLES


@lru_cache(maxsize=100_000)
def known_title(word: str) -> str:
    return _known_in(word, TITLES)


@lru_cache(maxsize=100_000)
def _known_suffix(word: str) -> str:
    return _known_in(word, SUFFIXES)


def right_spelling(word: str, table: Mapping[str, str]) -> str:
    """The right spelling of a title or suffix, empty where the word is none."""
    return known_title(word) if table is TITLES else _known_suffix(word)


def _known_in(word: str, table: Mapping[str, str]) -> str:
    key = word.casefold().rstrip(".").replace(".", "")
    if key in DOT_NEEDED and not word.endswith("."):
        return ""
    if key in CAPITALS_NEEDED and not word.replace(".", "").isupper():
        return ""
    if len(word) == 2 and word[0].isupper() and word[1] == ".":
        return ""  # an initial; "p." is the Slovak Mr.
    return table.get(key, "")


def recased(name: str, *, is_part: bool = False) -> str:
    """Capitals where they belong, in a name that is all in one case ("IBM" and "II" stay)."""
    if not (name.isupper() or name.islower()):
        return name
    letters = "".join(LETTER_RUN.findall(name))
    if " " not in name and len(letters) < 4:
        return name
    words = name.split(" ")
    written = [
        recased_word(word, ((is_part and len(words) > 1) or number > 0) and number < len(words) - 1)
        for number, word in enumerate(words)
    ]
    recased = tidy(" ".join(written))
    return recased if recased.casefold() == name.casefold() else name


def recased_word(word: str, is_inner: bool) -> str:
    bare = word.strip(",")
    if is_inner and bare.casefold() in PARTICLES - CAPITAL_PARTICLES:
        return word.lower()
    known = right_spelling(bare, TITLES) or right_spelling(bare, SUFFIXES)
    if known and known.casefold() == bare.casefold():
        return word.replace(bare, known)
    written = LETTER_RUN.sub(_capitalized, word)
    if written.startswith(("Mc", "Mac")) and fold(bare) not in _MAC_WORDS and written.isascii():
        written = _MAC.sub(lambda found: f"{found[1]}{found[2].upper()}", written)
    return written


def _capitalized(run: re.Match[str]) -> str:
    first = run[0][0].title()
    # A letter like "ŉ" has no capital of its own, only two letters that read like it.
    return (first if len(first) == 1 else run[0][0]) + run[0][1:].lower()
