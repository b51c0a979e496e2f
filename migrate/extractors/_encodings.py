"""In which encoding was a text file written, and how sure is that?

UTF-8 proves itself; between the 8-bit code pages the letters decide: read in the right one, a text
has the letters of one language where that language has them.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import SourceError

CODE_PAGES = ("cp1250", "cp1252", "cp1251", "iso-8859-2", "cp852", "cp1253")

# Letters beyond ASCII, the most frequent first.
_LETTERS = {
    "sk": "áíčžéýšúľťóňôďäŕĺ", "cs": "íáéěřčžýšůúňťóď", "pl": "łęąóśżćńź", "hu": "áéőöóíüúű",
    "ro": "ăîâșțşţ", "hr": "čžšćđ", "de": "üäöß", "fr": "éèàêçôâîûùëïœ", "es": "óíáéñúü",
    "it": "àèòùìé", "pt": "ãçáéíóõêúâàô", "nordic": "åäöæø",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "uk": "оаинвіетрслкмдупязьбгйчхжїцюшєщфґ",
    "el": "αοιετσνηυρπκμλςωίάόέθδγχήύώφβξζψ",
}  # fmt: skip
_PAGES = {
    "cp1250": ("sk", "cs", "pl", "hu", "ro", "hr", "de"),
    "iso-8859-2": ("sk", "cs", "pl", "hu", "ro", "hr", "de"),
    "cp852": ("sk", "cs", "pl", "hu", "ro", "hr", "de"),
    "cp1252": ("de", "fr", "es", "it", "pt", "nordic"),
    "cp1251": ("ru", "uk"),
    "cp1253": ("el",),
}
_TYPOGRAPHY = frozenset("„“”‚‘’–—…€§°«»№\u00a0")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SAMPLE_BYTES = 400_000


@dataclass(frozen=True)
class Encoding:
    """The encoding found, why, what came second, and how many bytes it cannot read."""

    name: str
    evidence: str
    runner_up: str = ""
    is_sure: bool = True
    unreadable_bytes: int = 0


def find_encoding(path: Path, given: str = "") -> Encoding:
    """Find the encoding of a file by BOM, strict UTF-8, or the letters; ``given`` beats all."""
    with path.open("rb") as file:
        head = file.read(4)
    bom = next((name for mark, name in _BOMS if head.startswith(mark)), "")
    if given:
        return _checked(path, given, bom)
    if bom:
        return Encoding(bom, "byte order mark")
    foreign, broken, sample, counts = _survey(path)
    if not foreign:
        return Encoding("utf-8", "only ASCII bytes")
    if not broken:
        return Encoding("utf-8", f"{foreign} lines beyond ASCII, all valid UTF-8")
    if broken * 10 < foreign:
        bad = f"{broken} of {foreign} lines beyond ASCII are not valid UTF-8"
        return Encoding("utf-8", bad, is_sure=False, unreadable_bytes=broken)
    scores = sorted(((_score(sample, page), page) for page in CODE_PAGES), reverse=True,
                    key=lambda pair: pair[0])  # fmt: skip
    (best, name), (second, runner_up) = scores[0], scores[1]
    same = sample.decode(name, "replace") == sample.decode(runner_up, "replace")
    return Encoding(
        name,
        f"letters score {best:.2f} of 1",
        runner_up=f"{runner_up} {second:.2f}" + (", same text" if same else ""),
        is_sure=best >= 0.3 and (same or best - second >= 0.05),
        unreadable_bytes=_undefined(name, counts),
    )


def _checked(path: Path, given: str, bom: str) -> Encoding:
    try:
        name = codecs.lookup(given).name
    except LookupError as problem:
        raise SourceError(
            f'the encoding "{given}" is not known; the usual ones: utf-8, {", ".join(CODE_PAGES)}',
            hint="correct the option `encoding`",
            where=str(path),
        ) from problem
    if name == "utf-8" and bom == "utf-8-sig":
        name = bom
    undefined = 0
    decoder = codecs.getincrementaldecoder(name)("strict")
    with path.open("rb") as file:
        counts: Counter[int] = Counter()
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            for line in file:
                counts.update(byte for byte in line if byte > 127)
            undefined = _undefined(name, counts) or 1
    return Encoding(name, "given", unreadable_bytes=undefined)


def _survey(path: Path) -> tuple[int, int, bytes, Counter[int]]:
    """Count lines beyond ASCII and those that are not UTF-8; gather a sample of the former."""
    foreign = broken = size = 0
    sample: list[bytes] = []
    counts: Counter[int] = Counter()
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            foreign += 1
            counts.update(line.translate(None, _ASCII))
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                broken += 1
            if size < _SAMPLE_BYTES:
                sample.append(line[:10_000])
                size += len(sample[-1])
    return foreign, broken, b"".join(sample), counts


_ASCII = bytes(range(128))


def _undefined(name: str, counts: Counter[int]) -> int:
    """Count the bytes that the code page has no character for."""
    total = 0
    for byte, count in counts.items():
        try:
            bytes([byte]).decode(name)
        except UnicodeDecodeError:
            total += count
    return total


def _score(sample: bytes, page: str) -> float:
    """Score how much the sample, read in this code page, looks like one language: at most 1.

    >>> word = "Žilina, Kováčová".encode("cp1250")
    >>> _score(word, "cp1250") > 0.5 > 0 > _score(word, "cp1251")
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
            count * _plausible(before, character, after, _LETTERS[language])
            for (before, character, after), count in context.items()
        )
        / total
        for language in _PAGES[page]
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
