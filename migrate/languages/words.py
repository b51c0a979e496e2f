"""Which words does a heading consist of, however it is written?"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart, and that people leave out on other keyboards.
_LETTERS = str.maketrans({
    "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
    "ё": "е", "ґ": "г", "’": "", "'": "", "ʼ": "", "`": "", "ー": "ー",
})  # fmt: skip
_PIECES = re.compile(r"[^\W\d_]+|\d+|[#№%€$£]")
# Cyrillic short i and Japanese voiced sounds are letters of their own, not letters with an accent.
_OWN = frozenset("йї")
_KANA_MARKS = "\u3099\u309a"


@lru_cache(maxsize=65_536)
def heading_words(text: str) -> tuple[str, ...]:
    """Take a heading apart into words in small letters without accents.

    Camel case, underscores, punctuation and digits divide; ``#``, ``№``, ``%`` and signs of money
    are words. Scripts without spaces stay in one piece.

    >>> heading_words("E-mail biuro"), heading_words("Kd.-Nr."), heading_words("primaryEmail_2")
    (('e', 'mail', 'biuro'), ('kd', 'nr'), ('primary', 'email', '2'))
    >>> heading_words("Straße/Nr."), heading_words("№ п/п"), heading_words("電話番号")
    (('strasse', 'nr'), ('№', 'п', 'п'), ('電話番号',))
    >>> heading_words("ЮрАдрес"), heading_words("hsURLField")
    (('юр', 'адрес'), ('hs', 'url', 'field'))
    """
    wide = unicodedata.normalize("NFKC", text.replace("№", "\ue000")).replace("\ue000", "№")
    split = _without_camels(wide).casefold().translate(_LETTERS)
    return tuple(_PIECES.findall(_without_accents(split)))


def _without_camels(text: str) -> str:
    """Divide where a small letter meets a capital, and before the last capital of several."""
    if text.islower() or text.isupper():
        return text
    parts = []
    for before, letter, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        starts = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        parts.append(f" {letter}" if starts else letter)
    return "".join(parts)


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    kept = []
    for character in unicodedata.normalize("NFC", text):
        if character in _OWN:
            kept.append(character)
            continue
        parts = unicodedata.normalize("NFD", character)
        if any(mark in parts for mark in _KANA_MARKS):
            kept.append(character)
        else:
            kept.append("".join(c for c in parts if not unicodedata.combining(c)))
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


def is_unspaced(word: str) -> bool:
    """Tell whether a word is of a script that is written without spaces.

    >>> is_unspaced("電話番号"), is_unspaced("telefon")
    (True, False)
    """
    return any("\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" for c in word)
