"""In which code page was a dBase file written, and what text do its bytes make?

The head of a file names a page by one byte, which is often 0 and sometimes wrong: then the letters
decide (:func:`migrate.languages.alphabets.page_score`). Python knows all but two of the pages.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from migrate.errors import SourceError
from migrate.extractors._text import nearest
from migrate.languages.alphabets import PAGE_LANGUAGES, page_score

# The language driver ids of dBase, FoxPro and their relatives.
LANGUAGE_PAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x04: "mac-roman", 0x08: "cp865", 0x09: "cp437",
    0x0A: "cp850", 0x0B: "cp437", 0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850",
    0x11: "cp437", 0x12: "cp850", 0x13: "cp932", 0x14: "cp850", 0x15: "cp437", 0x16: "cp850",
    0x17: "cp865", 0x18: "cp437", 0x19: "cp437", 0x1A: "cp850", 0x1B: "cp437", 0x1C: "cp863",
    0x1D: "cp850", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852", 0x24: "cp860", 0x25: "cp850",
    0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "cp936", 0x4E: "cp949", 0x4F: "cp950",
    0x50: "cp874", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865",
    0x67: "cp861", 0x68: "kamenicky", 0x69: "mazovia", 0x6A: "cp737", 0x6B: "cp857",
    0x6C: "cp863", 0x78: "cp950", 0x79: "cp949", 0x7A: "cp936", 0x7B: "cp932", 0x7C: "cp874",
    0x7D: "cp1255", 0x7E: "cp1256", 0x86: "cp737", 0x87: "cp852", 0x88: "cp857",
    0x96: "mac-cyrillic", 0x97: "mac-latin2", 0x98: "mac-greek", 0xC8: "cp1250", 0xC9: "cp1251",
    0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
SYSTEM_PAGE = 0x57  # "whatever ANSI page the computer has": no more told than by 0

_DOS = bytes(range(128, 256)).decode("cp437")
_KAMENICKY = (
    "ČüéďäĎŤčěĚĹÍľĺÄÁÉžŽôöÓůÚýÖÜŠĽÝŘťáíóúňŇŮÔšřŕŔ¼§«»" + _DOS[0x30:]
)  # the brothers Kamenický's, DOS in Czechoslovakia ("cp895")
_MAZOVIA = "".join(
    {
        0x86: "ą", 0x8D: "ć", 0x8F: "Ą", 0x90: "Ę", 0x91: "ę", 0x92: "ł", 0x95: "Ć", 0x98: "Ś",
        0x9C: "Ł", 0x9E: "ś", 0xA0: "Ź", 0xA1: "Ż", 0xA3: "Ó", 0xA4: "ń", 0xA5: "Ń", 0xA6: "ź",
        0xA7: "ż",
    }.get(code, _DOS[code - 128])
    for code in range(128, 256)
)  # fmt: skip
_ASCII = "".join(map(chr, range(128)))
_OWN_TABLES = {"kamenicky": _ASCII + _KAMENICKY, "mazovia": _ASCII + _MAZOVIA}
_OWN_NAMES = {"cp895": "kamenicky", "cp867": "kamenicky", "cp790": "mazovia", "cp991": "mazovia"}

# Pages that the letters may point to, and the page whose languages each one writes.
_GUESSED = {
    "cp1250": "cp1250", "cp852": "cp1250", "kamenicky": "cp1250", "mazovia": "cp1250",
    "cp1252": "cp1252", "cp850": "cp1252", "cp437": "cp1252", "cp865": "cp1252",
    "cp1251": "cp1251", "cp866": "cp1251", "cp1253": "cp1253", "cp737": "cp1253",
    "cp1254": "cp1254", "cp857": "cp1254", "cp1257": "cp1257", "cp775": "cp1257",
    "cp1255": "cp1255", "cp862": "cp1255", "cp1256": "cp1256", "cp874": "cp874",
    "cp932": "cp932", "cp936": "cp936", "cp949": "cp949", "cp950": "cp950",
}  # fmt: skip
_SURE, _CLEAR = 0.3, 0.05
_WRONG_BY = 0.4  # so much more plausible must another page be than the one that the file names


@dataclass(frozen=True)
class Page:
    """The code page found, why, what came second; ``differs_from`` is the page that the file names
    where the letters speak against it."""

    name: str
    evidence: str
    runner_up: str = ""
    is_sure: bool = True
    differs_from: str = ""


def known_page(name: str, place: str) -> str:
    """Give the name by which we know an encoding, or refuse one that nobody knows.

    >>> known_page("windows-1250", "a.dbf"), known_page("CP895", "a.dbf")
    ('cp1250', 'kamenicky')
    """
    plain = name.strip().lower()
    plain = _OWN_NAMES.get(plain, plain)
    if plain in _OWN_TABLES:
        return plain
    try:
        found = codecs.lookup(plain)
        "".encode(found.name).decode(found.name)
    except (LookupError, ValueError, UnicodeError) as problem:
        near = nearest(plain, _GUESSED)
        raise SourceError(
            f'the encoding "{name}" is not known; the usual ones: {", ".join(_GUESSED)}, utf-8',
            hint=f'did you mean "{near}"?' if near else "correct the option `encoding`",
            where=place,
        ) from problem
    return found.name


def find_page(
    sample: Sequence[bytes], *, place: str, language: int = 0, given: str = "", beside: str = ""
) -> Page:
    """Find the code page: given, in a .cpg file beside, by the language byte, or by the letters.

    ``sample`` are texts of the file that hold bytes beyond ASCII.

    >>> find_page(["Žilina, Kováčová, Ďuriš, ľaľa".encode("cp852")], place="").name
    'cp852'
    """
    if given:
        return Page(known_page(given, place), "given")
    if beside:
        return Page(known_page(beside, place), "the .cpg file beside the table")
    declared = LANGUAGE_PAGES.get(language, "")
    says = f"language byte 0x{language:02X}"
    if not sample:
        return Page(declared or "cp1252", says if declared else f"only ASCII bytes ({says})")
    if len(sample) >= 3 and _is_utf_8(sample):
        return Page("utf-8", f"{len(sample)} texts beyond ASCII, all valid UTF-8", declared,
                    differs_from=declared)  # fmt: skip
    joined = b"\n".join(sample)
    scores = sorted(
        ((_score(joined, page), -number, page) for number, page in enumerate(_GUESSED)),
        reverse=True,
    )
    (best, _, name), (second, _, runner_up) = scores[0], scores[1]
    if declared:
        own = _score(joined, declared)
        if own >= 0 or best - own < _WRONG_BY or best < _SURE:
            return Page(declared, f"{says}; letters score {own:.2f} of 1",
                        "" if name == declared else f"{name} {best:.2f}")  # fmt: skip
        return Page(name, f"letters score {best:.2f} of 1, and {own:.2f} as {says} says",
                    f"{declared} {own:.2f}", differs_from=declared)  # fmt: skip
    same = decode(joined, name) == decode(joined, runner_up)
    return Page(
        name,
        f"letters score {best:.2f} of 1 ({says} names no page)",
        f"{runner_up} {second:.2f}" + (", same text" if same else ""),
        is_sure=best >= _SURE and (same or best - second >= _CLEAR),
    )


def _is_utf_8(sample: Sequence[bytes]) -> bool:
    characters = 0
    for text in sample:
        try:
            # Not final: a text cut at the width of its field may end inside a character.
            read = codecs.getincrementaldecoder("utf-8")().decode(text)
        except UnicodeDecodeError:
            return False
        characters += not read.isascii()
    return characters > 0


def _score(sample: bytes, page: str) -> float:
    """Score a text in a page, through a page of the same languages where we know only those."""
    if page in PAGE_LANGUAGES:
        return page_score(sample, page)
    stand_in = _GUESSED.get(page, "cp1252")
    if stand_in not in PAGE_LANGUAGES:
        return -3.0
    text = decode(sample, page, errors="replace")
    kept = text.encode(stand_in, "ignore")
    beyond = sum(not character.isascii() for character in text)
    lost = beyond - sum(not character.isascii() for character in kept.decode(stand_in))
    share = lost / beyond if beyond else 0.0
    return page_score(kept, stand_in) * (1 - share) - 3 * share


def decode(raw: bytes, page: str, errors: str = "backslashreplace") -> str:
    """Read bytes in a code page; a byte that it does not know stays visible as ``\\x81``.

    >>> decode(bytes([0x92, 0x87, 0xA4]), "kamenicky")
    'Žčň'
    """
    if table := _OWN_TABLES.get(page):
        return codecs.charmap_decode(raw, errors, table)[0]
    return raw.decode(page, errors)


def encode_page(text: str, page: str) -> bytes:
    """Write text in a page that Python does not know.

    >>> encode_page("Łódź", "mazovia").hex()
    '9ca264a6'
    """
    return codecs.charmap_encode(text, "strict", codecs.charmap_build(_OWN_TABLES[page]))[0]


# -- whole columns ----------------------------------------------------------------------------


@cache
def _lookup(page: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """For each byte its UTF-8 (in four bytes), how long that is, and whether the page knows it.

    None for a page in which several bytes may make one character.
    """
    if page.startswith("utf") or len(decode(bytes(range(256)), page, "replace")) != 256:
        return None
    texts = np.zeros((256, 4), np.uint8)
    lengths = np.zeros(256, np.int64)
    is_known = np.ones(256, bool)
    for code in range(256):
        try:
            text = decode(bytes([code]), page, "strict")
        except UnicodeDecodeError:
            text = f"\\x{code:02x}"
            is_known[code] = False
        raw = text.encode("utf-8")
        texts[code, : len(raw)] = np.frombuffer(raw, np.uint8)
        lengths[code] = len(raw)
    return texts, lengths, is_known


def text_column(slots: np.ndarray, lengths: np.ndarray, page: str) -> tuple[pa.Array, np.ndarray]:
    """Make texts of the first ``lengths`` bytes of each slot (one row of bytes per record).

    The second answer tells the rows that hold a byte which the page does not know.
    """
    count, width = slots.shape
    unknown = np.zeros(count, bool)
    kept = np.arange(width) < lengths[:, None]
    data = slots[kept]
    ends = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    if not data.size or data.max() < 128:
        return _array(ends, data), unknown
    lookup = _lookup(page)
    if lookup is None:
        return _by_value(ends, data, page)
    texts, sizes, is_known = lookup
    per_byte = sizes[data]
    at = np.concatenate(([0], np.cumsum(per_byte)))[ends]
    if not is_known.all():
        strange = np.concatenate(([0], np.cumsum(~is_known[data])))[ends]
        unknown = np.diff(strange) > 0
    wide = texts[data]
    return _array(at, wide[np.arange(4) < per_byte[:, None]]), unknown


def _array(ends: np.ndarray, data: np.ndarray) -> pa.Array:
    return pa.LargeStringArray.from_buffers(
        len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(data))
    )


def _by_value(ends: np.ndarray, data: np.ndarray, page: str) -> tuple[pa.Array, np.ndarray]:
    """Decode each distinct text once: for pages in which two bytes make a character."""
    raw = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(ends) - 1,
        [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(data))],
    ).dictionary_encode()  # fmt: skip
    distinct = raw.dictionary.to_pylist()
    texts = [decode(text, page) for text in distinct]
    is_strange = np.array([_is_strange(text, page) for text in distinct], bool)
    indices = raw.indices.to_numpy()
    return pa.array(texts, pa.large_string()).take(raw.indices), is_strange[indices]


def _is_strange(raw: bytes, page: str) -> bool:
    try:
        decode(raw, page, "strict")
    except UnicodeDecodeError:
        return True
    return False
