"""How plausible is a text in one language? Its letters, and where they stand, tell.

Read in the right encoding, a text has the letters of one language where that language has them:
this decides between 8-bit code pages, and finds text that was once read in the wrong one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

# Letters beyond ASCII, the most frequent first.
LETTERS = {
    "sk": "áíčžéýšúľťóňôďäŕĺ", "cs": "íáéěřčžýšůúňťóď", "pl": "łęąóśżćńź", "hu": "áéőöóíüúű",
    "ro": "ăîâșțşţ", "hr": "čžšćđ", "de": "üäöß", "fr": "éèàêçôâîûùëïœ", "es": "óíáéñúü",
    "it": "àèòùìé", "pt": "ãçáéíóõêúâàô", "nordic": "åäöæø",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "uk": "оаинвіетрслкмдупязьбгйчхжїцюшєщфґ",
    "el": "αοιετσνηυρπκμλςωίάόέθδγχήύώφβξζψ",
    "tr": "ıüşçğöiâ", "lt": "šėžąįųūęč", "lv": "āīēšņļžūģķč", "et": "äõüöšž",
    "he": "יולהראבמתשנםעדחקפסטגכןזצךףץ",
    "ar": "اليمونرتبةعدسفهكقأحجشصطخىضإذزثءغظئآؤ",
    "fa": "اريدنهمتوسلبشکكزفگعخقآجپحطصچغضظثذژئء",
    "th": "านรอกเงม\u0e31ยล\u0e34วต\u0e35ด\u0e49\u0e48สทบปหแคะ\u0e38พข\u0e37ใจโ\u0e39ไ"
    "\u0e33ช\u0e4cธศถ\u0e47ผ\u0e36ณซภฐษญฟฎฉฝ\u0e4aฤๆฒฏฆฬฯ\u0e4bฮฑฌ",
}  # fmt: skip
_CENTRAL = ("sk", "cs", "pl", "hu", "ro", "hr", "de")
_WESTERN = ("de", "fr", "es", "it", "pt", "nordic")
PAGE_LANGUAGES = {
    "cp1250": _CENTRAL, "iso-8859-2": _CENTRAL, "cp852": _CENTRAL, "mac-latin2": _CENTRAL,
    "cp1252": _WESTERN, "iso-8859-15": _WESTERN, "iso-8859-1": _WESTERN, "mac-roman": _WESTERN,
    "cp850": _WESTERN, "cp437": _WESTERN,
    "cp1251": ("ru", "uk"), "koi8-r": ("ru",), "koi8-u": ("ru", "uk"), "cp866": ("ru",),
    "iso-8859-5": ("ru", "uk"), "mac-cyrillic": ("ru", "uk"),
    "cp1253": ("el",), "iso-8859-7": ("el",), "cp737": ("el",),
    "cp1254": ("tr",), "iso-8859-9": ("tr",), "cp1257": ("lt", "lv", "et"),
    "cp1255": ("he",), "cp1256": ("ar", "fa"), "cp874": ("th",),
}  # fmt: skip
"""The languages that are written in each 8-bit code page."""

# Pages that differ from an older one in a few letters: two of these must be in the text, or
# a ü, an ø, a ţ of the older page would be taken for theirs.
_TELLING = {"tr": ("ışği", 2), "lt": ("ėšž", 2), "lv": ("šžņļķģ", 2), "et": ("õäšž", 2)}
_UNTOLD = 0.5  # the price of their missing
# Where a letter may stand: forms for the end of a word, signs that follow another letter.
_ONLY_LAST = frozenset("ςםןךףץةى")
_NEVER_FIRST = frozenset("ьъыء\u0e33\u0e30")
_AFTER_CONSONANT, _VOWELS = frozenset("ьъы"), frozenset("аеёиоуыэюяіїє")

# Two-byte pages: the first bytes of the characters that nearly every text is made of (level 1 of
# GB 2312, the frequently used characters of Big5, kana and level 1 of JIS X 0208, Hangul syllables).
_COMMON_LEADS = {
    "gb18030": frozenset(range(0xB0, 0xD8)),
    "big5": frozenset(range(0xA4, 0xC7)),
    "cp932": frozenset((0x82, 0x83, *range(0x88, 0x98))),
    "cp949": frozenset(range(0xB0, 0xC9)),
    "euc_jp": frozenset((0xA4, 0xA5, *range(0xB0, 0xD0))),
}
_PUNCTUATION_LEADS = {"gb18030": (0xA1, 0xA3), "big5": (0xA1, 0xA2), "cp932": (0x81,), "cp949": (0xA1, 0xA3),
                      "euc_jp": (0x8E, 0xA1, 0xA3)}  # fmt: skip
_ENOUGH = 30  # characters, before a share of them says anything
TWO_BYTE_PAGES = tuple(_COMMON_LEADS)
TWO_BYTE_LANGUAGES = {"zh": ("gb18030", "big5"), "ja": ("cp932", "euc_jp"), "ko": ("cp949",)}
_TYPOGRAPHY = frozenset("„“”‚‘’–—…€§°«»№\u00a0")


def page_score(sample: bytes, page: str, languages: Iterable[str] = ()) -> float:
    """Score how much the sample, read in this code page, looks like one language: at most 1.

    ``languages`` names the only ones to think of (none named: all that are written in the page).

    >>> word = "Žilina, Kováčová".encode("cp1250")
    >>> page_score(word, "cp1250") > 0.5 > 0 > page_score(word, "cp1251")
    True
    >>> page_score("北京市朝阳区".encode("gb18030"), "gb18030") > 0.9
    True
    """
    if page in _COMMON_LEADS:
        return _two_byte_score(sample, page)
    text = " " + sample.decode(page, "replace") + " "
    context: Counter[tuple[str, str, str]] = Counter(
        (text[i - 1], text[i], text[i + 1])
        for i in range(1, len(text) - 1)
        if not text[i].isascii()
    )
    total = context.total()
    if not total:
        return 0.0
    wanted = set(languages)
    spoken = [name for name in PAGE_LANGUAGES[page] if not wanted or name in wanted]
    seen = {_small(character) for _, character, _ in context}
    return max(
        (
            sum(
                count * _plausible(before, character, after, LETTERS[language])
                for (before, character, after), count in context.items()
            )
            / total
            - _missing(language, seen)
            for language in spoken
        ),
        default=-1.0,
    )


def _missing(language: str, seen: set[str]) -> float:
    letters, least = _TELLING.get(language, ("", 0))
    return _UNTOLD if len(seen & set(letters)) < least else 0.0


def _small(character: str) -> str:
    return character.lower()[:1]  # İ becomes an i and a dot


def _two_byte_score(sample: bytes, page: str) -> float:
    """Score by the share of characters that are in common use; broken pairs count against it."""
    text = " " + sample.decode(page, "replace") + " "
    common, signs = _COMMON_LEADS[page], _PUNCTUATION_LEADS[page]
    worth = 0.0
    total = late = last = kana = low = 0
    context = Counter(
        (text[i], _is_small(text[i - 1]) or _is_small(text[i + 1]))
        for i in range(1, len(text) - 1)
        if not text[i].isascii()
    )
    for (character, is_inside_word), count in context.items():
        total += count
        code = character.encode(page, "replace")
        if character == "\ufffd":
            worth -= 3.0 * count
        elif is_inside_word or len(code) != 2:
            worth -= count  # no such sign stands inside a word of Latin letters
        elif code[0] in common:
            worth += count if code[1] >= 0xA1 or page in ("cp932", "big5") else -count
            late += count * (code[0] >= 0xC9)
            last += count * (code[0] >= 0xD0)
            kana += count * (code[0] in (0xA4, 0xA5))
            low += count * (code[1] < 0x80)
        else:
            worth += count * (0.3 if code[0] in signs else -0.7)
    if page == "gb18030" and late * 8 < total:
        worth -= 0.2 * total  # Chinese uses all of level 1; Hangul fills the first half of it
    if total >= _ENOUGH:
        if page == "gb18030" and last * 30 < total:
            worth -= 0.4 * total  # nor does Japanese reach its last rows: kanji end before them
        if page == "big5" and low * 8 < total:
            worth -= 0.4 * total  # of Big5, a good third of the second bytes are ASCII
    if page == "euc_jp" and not kana and (total < _ENOUGH or late * 20 < total):
        worth -= 0.3 * total  # no kana: Hangul and Chinese would do as well
    return worth / total if total else 0.0


def _is_small(character: str) -> bool:
    return character.isascii() and character.islower()


def _plausible(before: str, character: str, after: str, letters: str) -> float:
    if character == "\ufffd" or unicodedata.category(character) == "Cc":
        return -3.0
    lower = _small(character)
    if not character.isalpha() and lower not in letters:
        if before.isalpha() and after.isalpha():
            return -1.0
        return 0.3 if character in _TYPOGRAPHY else -0.5
    if lower not in letters or not _may_stand(before, lower, after):
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


def _may_stand(before: str, lower: str, after: str) -> bool:
    if lower in _ONLY_LAST:
        return not after.isalpha()
    if lower in _AFTER_CONSONANT and before.lower() in _VOWELS:
        return False
    if lower in _NEVER_FIRST or unicodedata.category(lower) == "Mn":
        return before.isalpha() or unicodedata.category(before) == "Mn"
    return True
