"""In which code page does an old database write, and what text do its bytes make?

dBase names a page by one byte, which is often 0 and sometimes wrong; Access 97 by a number. Where
they say nothing, or nonsense, the letters decide (:func:`migrate.languages.alphabets.page_score`).
Two pages that Python does not know are known here. (Text files: :mod:`migrate.extractors._delimited.encodings`.)
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migrate.errors import SourceError
from migrate.extractors._text import nearest
from migrate.languages.alphabets import PAGE_LANGUAGES, TWO_BYTE_PAGES, page_score

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
# 0x57 is "whatever ANSI page the computer has": no more told than by 0.

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

# Pages that the letters may point to, and the page through which each is scored.
_GUESSED = {
    "cp1250": "cp1250", "cp852": "cp852", "kamenicky": "cp1250", "mazovia": "cp1250",
    "cp1252": "cp1252", "cp850": "cp850", "cp437": "cp437", "cp865": "cp1252",
    "cp1251": "cp1251", "cp866": "cp866", "cp1253": "cp1253", "cp737": "cp737",
    "cp932": "cp932", "cp936": "gb18030", "cp949": "cp949", "cp950": "big5",
}  # fmt: skip
_SURE, _CLEAR = 0.3, 0.05
# So much must speak against the page that the file names: distinct words, and their letters.
_LEAST_WORDS, _IMPLAUSIBLE, _PLAUSIBLE = 10, -0.2, 0.4


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
    sample: Sequence[bytes],
    *,
    place: str,
    declared: str = "",
    says: str = "",
    given: str = "",
    beside: str = "",
) -> Page:
    """Find the code page: given, in a .cpg file beside, by what the file declares, or by the letters.

    ``sample`` are texts of the file that hold bytes beyond ASCII; ``says`` is how the file declares
    its page ("language byte 0x00"), ``declared`` the page, "" where it names none.

    >>> find_page(["Žilina, Kováčová, Ďuriš, ľaľa".encode("cp852")], place="").name
    'cp852'
    """
    if given:
        return Page(known_page(given, place), "given")
    if beside:
        return Page(known_page(beside, place), "the .cpg file beside the table")
    if not sample:
        return Page(declared or "cp1252", says if declared else f"only ASCII bytes ({says})")
    if len(sample) >= 3 and _is_utf_8(sample):
        return Page("utf-8", f"{len(sample)} texts beyond ASCII, all valid UTF-8", declared,
                    differs_from=declared)  # fmt: skip
    words = {word for text in sample for word in text.split() if not word.isascii()}
    joined = b" ".join(sorted(words))
    scores = sorted(
        ((_score(joined, page), -number, page) for number, page in enumerate(_GUESSED)),
        reverse=True,
    )
    (best, _, name), (second, _, runner_up) = scores[0], scores[1]
    if declared:
        own = _score(joined, declared)
        if own >= _IMPLAUSIBLE or best < _PLAUSIBLE or len(words) < _LEAST_WORDS:
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
    """Score a text in a page, through another of the same letters where only that is known."""
    if page in PAGE_LANGUAGES or page in TWO_BYTE_PAGES:
        return page_score(sample, page)
    through = _GUESSED.get(page, "")
    if not through:
        return 0.0  # a page whose languages nobody listed: nothing speaks against it
    text = decode(sample, page, errors="replace")
    kept = text.encode(through, "ignore")
    beyond = sum(not character.isascii() for character in text)
    lost = beyond - sum(not character.isascii() for character in kept.decode(through))
    share = lost / beyond if beyond else 0.0
    return page_score(kept, through) * (1 - share) - 3 * share


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


@dataclass(frozen=True)
class Packed:
    """The bytes of many values, one after the other: value i is ``data[ends[i]:ends[i + 1]]``."""

    ends: np.ndarray
    data: np.ndarray

    def rows_at(self, positions: np.ndarray) -> np.ndarray:
        """Tell for each value whether one of these positions of the data lies in it."""
        found = np.zeros(len(self.ends) - 1, bool)
        found[np.searchsorted(self.ends, positions, "right") - 1] = True
        return found


def trimmed(slots: np.ndarray) -> Packed:
    """Pack the slots of a field (one row of bytes per record) without the spaces and NULs that
    fill them up.

    >>> packed = trimmed(np.frombuffer(b"ab  a\\0\\0\\0    ", np.uint8).reshape(3, 4))
    >>> packed.ends.tolist(), packed.data.tobytes()
    ([0, 2, 3, 3], b'aba')
    """
    count, width = slots.shape
    # As bytes and as text alike: the trimming looks at single bytes and at nothing else.
    filled = _array(np.arange(count + 1, dtype=np.int64) * width, slots)
    texts = pc.ascii_rtrim(filled, characters=" \0")
    _, ends, data = texts.buffers()
    return Packed(
        np.frombuffer(ends, np.int64, count + 1),
        np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8),
    )


def cut(slots: np.ndarray, lengths: np.ndarray) -> Packed:
    """Pack the first ``lengths`` bytes of each slot."""
    kept = np.arange(slots.shape[1]) < lengths[:, None]
    return Packed(np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))), slots[kept])


def text_column(packed: Packed, page: str) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Make texts of packed bytes. The second answer tells the rows with bytes that the page does
    not know (``undecodable_bytes``; they stay visible as ``\\x81``) and with NULs (``nul_bytes``;
    read as spaces)."""
    ends, odd = packed.ends, {}
    data = packed.data[: ends[-1]]
    if data.size and not data.min():
        odd["nul_bytes"] = packed.rows_at(np.flatnonzero(data == 0))
        data = np.where(data == 0, 32, data).astype(np.uint8)
    if not data.size or data.max() < 128:
        return _array(ends, data), odd
    sizes = _sizes(page)
    if sizes is None:
        texts, is_strange = _by_value(Packed(ends, data), page)
        return texts, odd | ({"undecodable_bytes": is_strange} if is_strange.any() else {})
    high = np.flatnonzero(data > 127)
    more = np.concatenate(([0], np.cumsum(sizes[data[high]] - 1)))
    if (sizes[data[high]] == _UNKNOWN).any():
        odd["undecodable_bytes"] = packed.rows_at(high[sizes[data[high]] == _UNKNOWN])
    raw = decode(data.tobytes(), page).encode("utf-8")
    at = ends + more[np.searchsorted(high, ends)]
    return _array(at, np.frombuffer(raw, np.uint8)), odd


_UNKNOWN = 4  # as UTF-8 no letter of a code page is so long: it is the length of \\x81


@cache
def _sizes(page: str) -> np.ndarray | None:
    """How long each byte's text is in UTF-8; None for a page in which characters have two bytes."""
    every = bytes(range(256))
    if page.startswith("utf") or len(decode(every, page, "replace")) != 256:
        return None
    sizes = [len(decode(bytes([code]), page).encode("utf-8")) for code in every]
    is_ascii = decode(every[:128], page, "replace") == every[:128].decode("ascii")
    return np.array(sizes, np.int64) if is_ascii else None


def _array(ends: np.ndarray, data: np.ndarray) -> pa.Array:
    return pa.LargeStringArray.from_buffers(
        len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(data))
    )


def _by_value(packed: Packed, page: str) -> tuple[pa.Array, np.ndarray]:
    """Decode each distinct text once: for pages in which two bytes make a character."""
    ends, data = pa.py_buffer(packed.ends), pa.py_buffer(np.ascontiguousarray(packed.data))
    raw = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(packed.ends) - 1, [None, ends, data]
    ).dictionary_encode()
    distinct = raw.dictionary.to_pylist()
    texts = [decode(text, page) for text in distinct]
    is_strange = np.array([_is_strange(text, page) for text in distinct], bool)
    return pa.array(texts, pa.large_string()).take(raw.indices), is_strange[raw.indices.to_numpy()]


def _is_strange(raw: bytes, page: str) -> bool:
    try:
        decode(raw, page, "strict")
    except UnicodeDecodeError:
        return True
    return False
