"""Was this text once read in the wrong encoding, in which one, and what did it say?

A column is judged as a whole: its values vote for pairs of code pages (bytes of the ``right`` one
that somebody read in the ``wrong`` one), each by how much more the letters look like a language
afterwards. Bytes that are well-formed UTF-8 prove themselves; between 8-bit pages the letters of
:data:`migrate.languages.alphabets.LETTERS` decide. Replaced bytes ("?", U+FFFD) are gone: nothing
here brings them back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from migrate.languages.alphabets import LETTERS

_MOST_VOTERS = 400
_MOST_CHARACTERS = 400
_FEWEST_VOTES = 2  # a single odd value never decides
_GOOD, _MARGIN = 0.3, 0.3
_PLAUSIBLE = 0.62

# Alphabets whose own texts must not be taken for damage.
_FURTHER = {
    "et": "äõüöšž", "is": "áíðéóúöþýæ", "tr": "ıüşçğöiâ", "lt": "ėšžąįųūęč", "lv": "āīēšņģļķžūč",
    "nl": "ëéïüöè", "ca": "àéèçíóòúï", "ga": "áéíóú", "sl": "čšž", "sq": "ëç", "mt": "ħġżċàèìòù",
    "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđăâêôơưáàãéèíìĩóòõúùũý",
    "be": "аняіелроўктсдымугпзьйбчжхцшыэюёф", "bg": "аиоентрсвдлпкмзъягбучйщхцжшюфь",
    "sr": "аоиенрсјутдкмвплзгбчшцхжћњђљфџ",
}  # fmt: skip
_ALPHABETS = {**LETTERS, **_FURTHER}
_TYPOGRAPHY = frozenset("„“”‚‘’–—…€§°«»№\u00a0£©®™½²³")

# wrong page -> right pages; "cp1252" stands for Latin-1 too, whose control characters it takes.
_PAIRS = (
    ("cp1252", "utf-8"), ("cp1250", "utf-8"), ("cp1251", "utf-8"), ("cp1253", "utf-8"),
    ("iso-8859-2", "utf-8"), ("cp437", "utf-8"), ("cp850", "utf-8"), ("cp852", "utf-8"),
    ("cp866", "utf-8"), ("mac_roman", "utf-8"), ("gb18030", "utf-8"),
    ("cp1252", "cp1250"), ("cp1252", "iso-8859-2"), ("cp1252", "cp1251"), ("cp1252", "cp1253"),
    ("cp1252", "gb18030"), ("cp1252", "big5"), ("cp1252", "cp932"), ("cp1252", "koi8-r"),
    ("cp1252", "cp852"), ("cp1252", "cp866"), ("cp1252", "cp437"),
    ("cp1250", "cp1252"), ("cp1250", "cp1251"), ("cp1250", "cp852"), ("cp1250", "gb18030"),
    ("cp1251", "cp1250"), ("cp1251", "cp1252"), ("cp1251", "koi8-r"), ("cp1251", "cp866"),
    ("koi8-r", "cp1251"), ("cp852", "cp1250"), ("cp437", "cp1252"), ("cp850", "cp1252"),
    ("cp1250", "iso-8859-2"), ("iso-8859-2", "cp1250"), ("cp1250", "cp1253"), ("cp1250", "koi8-r"),
    ("cp1251", "cp1253"), ("cp1253", "cp1251"), ("cp866", "cp1251"), ("cp1253", "cp1252"), ("gb18030", "cp1251"), ("gb18030", "cp1250"),
)  # fmt: skip
_MULTIBYTE = frozenset({"gb18030", "big5", "cp932"})
_MOST_TIMES = 3
_NAME = re.compile(r"(\S+) read as (\S+?)( twice| ([1-9]) times)?")
_PAGES = {page: page for pair in _PAIRS for page in pair} | {
    "latin-1": "cp1252", "iso-8859-1": "cp1252", "utf8": "utf-8", "gbk": "gb18030",
    "gb2312": "gb18030", "shift_jis": "cp932",
}  # fmt: skip


@dataclass(frozen=True)
class Repair:
    """Bytes of the page ``right`` were read in the page ``wrong``, ``times`` over.

    ``share`` is how many of the values that the repair would change it makes better (by count of
    distinct values), ``votes`` how many those are.

    >>> Repair("cp1252", "utf-8", 1.0).name
    'utf-8 read as cp1252'
    """

    wrong: str
    right: str
    share: float
    times: int = 1
    votes: int = 0

    @property
    def name(self) -> str:
        again = {1: "", 2: " twice"}.get(self.times, f" {self.times} times")
        return f"{self.right} read as {self.wrong}{again}"


def repair_named(name: str) -> Repair | None:
    """The repair that a decision names, None where the text names none.

    >>> repair_named("utf-8 read as cp1252 twice").times
    2
    >>> repair_named("no") is None
    True
    """
    found = _NAME.fullmatch(name.strip())
    if found is None:
        return None
    wrong, right = _PAGES.get(found[2].lower(), ""), _PAGES.get(found[1].lower(), "")
    times = {"": 1, " twice": 2}.get(found[3] or "") or int(found[4])
    return Repair(wrong, right, 1.0, times) if wrong and right else None


def find_repair(values: Iterable[str]) -> Repair | None:
    """Find in which page the column was once wrongly read, None where it was not, or nobody can say.

    The values that a repair would change vote for it or against it; it is taken where most of
    them, and at least two distinct ones, look more like a language afterwards.

    >>> found = find_repair(["JÃ¡n HorvÃ¡t", "Å½ilina", "Bratislava"])
    >>> found.name, repaired("Å½ilina", found)
    ('utf-8 read as cp1252', 'Žilina')
    >>> find_repair(["Kováèová", "Dvoøák", "Jiøí Èerný"]).name
    'cp1250 read as cp1252'
    >>> find_repair(["Kováčová", "Žilina", "Å½ilina"]) is None
    True
    """
    voters: dict[str, float] = {}
    for value in values:
        text = value[:_MOST_CHARACTERS]
        if text.isascii() or text in voters:
            continue
        voters[text] = language_score(text)
        if len(voters) == _MOST_VOTERS:
            break
    suspects = [text for text, score in voters.items() if score < _PLAUSIBLE]
    if len(suspects) < _FEWEST_VOTES:
        return None
    best: tuple[float, Repair] | None = None
    for wrong, right in _PAIRS:
        if not any(_decoded(text, wrong, right) for text in suspects[:50]):
            continue
        found = _elected(voters, wrong, right)
        if found and (best is None or found[0] > best[0] + 1e-9):
            best = found
    if best is None:
        return None
    repair = best[1]
    return _repeated(repair, suspects) if repair.right == "utf-8" else repair


def repaired(text: str, repair: Repair) -> str:
    """Undo the wrong reading; a text that it cannot have come from stays as it is.

    >>> repaired("Kováèová", Repair("cp1252", "cp1250", 1.0))
    'Kováčová'
    >>> repaired("Žižkov – Łódź", Repair("cp1252", "cp1250", 1.0))
    'Žižkov – Łódź'
    """
    for _ in range(repair.times):
        if text.isascii():
            break
        decoded = _decoded(text, repair.wrong, repair.right)
        if not decoded:
            break
        if repair.right != "utf-8" and language_score(decoded) < language_score(text) - _MARGIN:
            break  # this value was never read wrongly: it would become nonsense
        text = decoded
    return text


def language_score(text: str) -> float:
    """How much the letters beyond ASCII look like one language: at most 1, below 0 like none.

    >>> language_score("Kováčová") > 0.6 > 0.4 > language_score("KovÃ¡ÄovÃ¡")
    True
    """
    padded = f" {text} "
    found = [
        (padded[i - 1], padded[i], padded[i + 1])
        for i in range(1, len(padded) - 1)
        if not padded[i].isascii()
    ]
    if not found:
        return 1.0
    even, totals = 0.0, dict.fromkeys(_ALPHABETS, 0.0)
    for before, character, after in found:
        anyway, by_language = _worth(before, character, after)
        even += anyway
        for language, worth in by_language.items():
            totals[language] += worth + 1.0  # -1 is what a language without the letter gives
    return (even + max(totals.values())) / len(found)


@lru_cache(maxsize=50_000)
def _worth(before: str, character: str, after: str) -> tuple[float, dict[str, float]]:
    """What the character is worth in any language, and beyond that in each that has it."""
    code = ord(character)
    if code == 0xFFFD or code < 0xA0 or 0xE000 <= code < 0xF900:
        return -3.0, {}
    if character in _TYPOGRAPHY:
        return (-1.0 if before.isalpha() and after.isalpha() and code != 0x2019 else 0.3), {}
    if not character.isalpha():
        return (-1.0 if before.isalpha() or after.isalpha() else -0.5), {}
    if 0x3040 <= code < 0xD7B0:
        is_inside = (before.isascii() and before.islower()) or (after.isascii() and after.islower())
        return (-0.5 if is_inside else _worth_of_ideograph(character)), {}
    lower = character.lower()
    by_language: dict[str, float] = {}
    for language, letters in _ALPHABETS.items():
        place = letters.find(lower)
        if place < 0:
            continue
        worth = 1.0 - 0.6 * place / len(letters)
        if character != lower and before.islower():
            worth = -1.0  # a capital inside a word in small letters
        is_latin = letters[0] < "\u0370"
        for neighbour in (before, after):
            if neighbour.isalpha() and neighbour.isascii() != is_latin:
                worth -= 0.25 if is_latin and _in_latin(neighbour) else 1.5
        by_language[language] = worth
    if not by_language and code >= 0x0530:
        return 0.3, {}  # a script of which no alphabet is kept here: no damage looks like it
    return -1.0, by_language


def _in_latin(character: str) -> bool:
    return character < "\u0250" or "\u1e00" <= character < "\u1f00"


def _worth_of_ideograph(character: str) -> float:
    """Frequent ideographs stand in the first level of their national sets; damage rarely does."""
    if "\u3040" <= character < "\u3100" or character >= "\uac00":
        return 0.7
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        lead = 0
    if 0xB0 <= lead <= 0xD7:
        return 0.8
    try:
        lead = character.encode("big5")[0]
    except UnicodeEncodeError:
        return -0.8
    return 0.6 if 0xA4 <= lead <= 0xC6 else -0.8


def _elected(voters: dict[str, float], wrong: str, right: str) -> tuple[float, Repair] | None:
    """The pair's gain and repair, where most voters want it."""
    votes, against, gain = 0, 0, 0.0
    is_proven = right == "utf-8"
    for text, score in voters.items():
        decoded = _decoded(text, wrong, right)
        if not decoded:
            against += not is_proven  # a right letter that the wrong page does not even have
            continue
        if decoded == text:
            continue
        after = language_score(decoded)
        change = after - score
        if is_proven and len(decoded) < len(text):
            is_better = change > -_MARGIN  # twice damaged, it is nonsense after one repair as well
        else:
            is_better = change >= _MARGIN and after >= _GOOD and _has_accented_word(text)
        if is_better:
            votes += 1
            gain += change
        elif change < 0 or score >= _PLAUSIBLE:
            against += 1
    if votes < _FEWEST_VOTES or votes <= against:
        return None
    share = votes / (votes + against)
    total = gain * share + (votes if is_proven else 0)
    return total, Repair(wrong, right, round(share, 3), votes=votes)


def _has_accented_word(text: str) -> bool:
    """Whether a sign beyond ASCII stands beside a letter: "°C", "½" and "© 2020" tell nothing."""
    return any(
        not sign.isascii() and (before.isalpha() or after.islower() or sign.isalpha())
        for before, sign, after in zip(f" {text}", text, f"{text[1:]} ", strict=False)
    )


def _repeated(repair: Repair, suspects: list[str]) -> Repair:
    """UTF-8 is often read wrongly twice: once for the export and once for the import."""
    texts = suspects
    times = 1
    while times < _MOST_TIMES:
        texts = [d for text in texts if (d := _decoded(text, repair.wrong, repair.right))]
        again = sum(1 for t in texts if not t.isascii() and _decoded(t, repair.wrong, "utf-8"))
        if again < _FEWEST_VOTES or again * 2 <= len(texts):
            break
        times += 1
    return Repair(repair.wrong, repair.right, repair.share, times, repair.votes)


def _decoded(text: str, wrong: str, right: str) -> str:
    """The text's bytes in the wrong page, read in the right one; empty where that cannot be."""
    data = _encoded(text, wrong) if "\ufffd" not in text else None
    if data is None:
        return ""
    if right == "utf-8":
        return _decoded_strictly(text, data, wrong)
    if right in _MULTIBYTE:
        try:
            return data.decode(right)
        except UnicodeDecodeError:
            return ""
    table = _table(right)
    return "".join([table[byte] for byte in data])


def _decoded_strictly(text: str, data: bytes, wrong: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(data):
            # A column too short for the doubled bytes cut the last letter: its half stays.
            return data[: error.start].decode("utf-8") + text[-(len(data) - error.start) :]
    if "Ã " in text:
        # The no-break space that ends "à" was taken for a blank, and tidied.
        mended = _encoded(text.replace("Ã ", "Ã\u00a0 ").replace("\u00a0  ", "\u00a0 "), wrong)
        try:
            return mended.decode("utf-8") if mended else ""
        except UnicodeDecodeError:
            return ""
    return ""


def _encoded(text: str, page: str) -> bytes | None:
    if page == "gb18030":
        try:
            return text.encode(page)
        except UnicodeEncodeError:
            return None
    bytes_of = _bytes(page)
    try:
        return bytes([bytes_of[character] for character in text])
    except KeyError:
        return None


@cache
def _table(page: str) -> tuple[str, ...]:
    """What each byte is. What a page leaves open is the control character of that number, as
    browsers and databases have it."""
    found = []
    for byte in range(256):
        decoded = bytes([byte]).decode(page, "replace")
        found.append(chr(byte) if decoded == "\ufffd" else decoded)
    return tuple(found)


@cache
def _bytes(page: str) -> dict[str, int]:
    found = {chr(byte): byte for byte in range(128, 160)} if page != "cp437" else {}
    found.update({character: byte for byte, character in enumerate(_table(page))})
    return found
