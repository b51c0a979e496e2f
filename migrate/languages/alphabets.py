"""How plausible is a text in one language? Its letters, and where they stand, tell.

Read in the right encoding, a text has the letters of one language where that language has them:
this decides between 8-bit code pages, and finds text that was once read in the wrong one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

# Letters beyond ASCII, the most frequent first.
LETTERS = {
    "sk": "áíčžéýšúľťóňôďäŕĺ", "cs": "íáéěřčžýšůúňťóď", "pl": "łęąóśżćńź", "hu": "áéőöóíüúű",
    "ro": "ăîâșțşţ", "hr": "čžšćđ", "de": "üäöß", "fr": "éèàêçôâîûùëïœ", "es": "óíáéñúü",
    "it": "àèòùìé", "pt": "ãçáéíóõêúâàô", "nordic": "åäöæø",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "uk": "оаинвіетрслкмдупязьбгйчхжїцюшєщфґ",
    "el": "αοιετσνηυρπκμλςωίάόέθδγχήύώφβξζψ",
}  # fmt: skip
PAGE_LANGUAGES = {
    "cp1250": ("sk", "cs", "pl", "hu", "ro", "hr", "de"),
    "iso-8859-2": ("sk", "cs", "pl", "hu", "ro", "hr", "de"),
    "cp852": ("sk", "cs", "pl", "hu", "ro", "hr", "de"),
    "cp1252": ("de", "fr", "es", "it", "pt", "nordic"),
    "cp1251": ("ru", "uk"),
    "cp1253": ("el",),
}
_TYPOGRAPHY = frozenset("„“”‚‘’–—…€§°«»№\u00a0")


def page_score(sample: bytes, page: str) -> float:
    """Score how much the sample, read in this code page, looks like one language: at most 1.

    >>> word = "Žilina, Kováčová".encode("cp1250")
    >>> page_score(word, "cp1250") > 0.5 > 0 > page_score(word, "cp1251")
    True
    """
    text = " " + sample.decode(page, "replace") + " "
    context: Counter[tuple[str, str, str]] = Counter(
        (text[i - 1], text[i], text[i + 1])
        for i in range(1, len(text) - 1)
        if not text[i].isascii()
    )
    total = context.total()
    if not total:
        return 0.0
    return max(
        sum(
            count * _plausible(before, character, after, LETTERS[language])
            for (before, character, after), count in context.items()
        )
        / total
        for language in PAGE_LANGUAGES[page]
    )


def _plausible(before: str, character: str, after: str, letters: str) -> float:
    if character == "\ufffd" or unicodedata.category(character) == "Cc":
        return -3.0
    if not character.isalpha():
        if before.isalpha() and after.isalpha():
            return -1.0
        return 0.3 if character in _TYPOGRAPHY else -0.5
    lower = character.lower()
    if lower not in letters:
        return -1.0
    worth = 1.0 - 0.6 * letters.index(lower) / len(letters)
    if character != lower and before.islower():
        return -1.0  # a capital inside a word in small letters
    is_latin = letters[0] < "\u0370"
    for neighbour in (before, after):
        if neighbour.isalpha() and neighbour.isascii() != is_latin:
            # Cyrillic beside Latin, or two accented letters in a row: rare in a real word
            worth -= 0.5 if is_latin else 1.5
    return worth
