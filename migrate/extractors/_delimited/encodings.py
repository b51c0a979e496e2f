"""In which encoding was a text file written, and how sure is that?

A byte order mark says it; zeros at every other byte are UTF-16; UTF-8 proves itself; between the
8-bit and two-byte code pages the letters decide: read in the right one, a text has the letters of
one language where that language has them. A file whose lines were written in two encodings (an
export to which another program appended) is read line by line: UTF-8 where a line is UTF-8, the
other page where it is not.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._delimited.signs import holds_only_signs
from migrate.languages.alphabets import (
    PAGE_LANGUAGES,
    TWO_BYTE_LANGUAGES,
    TWO_BYTE_PAGES,
    page_score,
)

# In this order: of two that read the sample alike, the one that more programs wrote comes first.
CODE_PAGES = (
    "cp1250", "cp1252", "cp1251", "iso-8859-2", "cp852", "cp1253", "iso-8859-15", "cp850", "cp437",
    "cp866", "koi8-r", "koi8-u", "iso-8859-5", "iso-8859-7", "cp737", "mac-roman", "mac-latin2",
    "mac-cyrillic", "cp1254", "iso-8859-9", "cp1255", "cp1256", "cp874", "cp1257", *TWO_BYTE_PAGES,
)  # fmt: skip

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_RARITY = {"mac-roman": 0.15, "mac-latin2": 0.15, "mac-cyrillic": 0.15}
_SIGNS = "cp1252"
_DOUBTFUL = 0.05  # what speaks for the best page is no more than what speaks against it
_SAMPLE_BYTES = 400_000
_CHUNK = 1 << 20
_LISTED = 20
# What Python can turn into bytes and back but is no way to write a text.
_NOT_TEXT = frozenset({"base64", "hex", "bz2", "zip", "zlib", "uu", "quopri", "rot13", "idna",
                       "punycode", "undefined", "raw-unicode-escape", "unicode-escape", "mbcs",
                       "oem"})  # fmt: skip


@dataclass(frozen=True)
class BadLine:
    """A line that the encoding cannot read: its number and the offset of its first byte."""

    line: int
    offset: int


@dataclass(frozen=True)
class Encoding:
    """The encoding found, why, what came second.

    ``fallback`` is the page of the lines that are not in ``name`` ("" where the file is of one
    encoding); ``other_lines`` the first of those lines, ``others`` how many there are.
    ``is_doubtful``: it fits no language, and is named for want of a better one.
    ``unreadable_bytes`` counts what no page reads, ``unreadable_lines`` where the first stand.
    """

    name: str
    evidence: str
    runner_up: str = ""
    is_sure: bool = True
    is_doubtful: bool = False
    unreadable_bytes: int = 0
    unreadable_lines: tuple[BadLine, ...] = ()
    fallback: str = ""
    others: int = 0
    other_lines: tuple[BadLine, ...] = ()


@dataclass
class _Survey:
    """Lines beyond ASCII: how many, how many of them are not UTF-8, and samples of both."""

    foreign: int
    broken: int
    broken_sample: bytes
    valid_sample: bytes
    broken_counts: Counter[int]
    broken_lines: tuple[BadLine, ...]
    valid_lines: tuple[BadLine, ...]


def find_encoding(
    path: Path, given: str = "", *, fallback: str = "", languages: Sequence[str] = ()
) -> Encoding:
    """Find the encoding of a file by BOM, zeros, strict UTF-8, or the letters; ``given`` beats all.

    ``fallback`` is the page of lines that are not in ``given``; ``languages`` the only ones to
    think of. Raises SourceError where an encoding given is not known.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    bom = next((name for mark, name in _BOMS if head.startswith(mark)), "")
    if given:
        return _given(path, given, fallback, bom)
    if bom:
        return _wide(path, bom, "byte order mark")
    if wide := wide_without_mark(head):
        return _wide(path, wide, "zeros at every other byte, no byte order mark")
    kind = _utf8_kind(path)
    if kind:
        return Encoding("utf-8", kind)
    return _from_letters(_survey(path), languages)


def _wide(path: Path, name: str, why: str) -> Encoding:
    bad = _undecodable(path, name)
    return Encoding(name, why, is_sure=not bad, unreadable_bytes=bad)


def wide_without_mark(head: bytes) -> str:
    """Tell UTF-16 and UTF-32 without a mark: zeros stand at one place of every unit only.

    >>> [wide_without_mark(text.encode(e)) for text, e in (("a;b\\n1;", "utf-16-le"), ("Я;Ю\\nб;", "utf-16-be"))]
    ['utf-16-le', 'utf-16-be']
    >>> wide_without_mark("a;b".encode("utf-32-le")), wide_without_mark(b"a;b\\0;c\\n")
    ('utf-32-le', '')
    """
    size = len(head) // 4 * 4
    if size < 4:
        return ""
    zeros = [head[place:size:4].count(0) * 4 / size for place in range(4)]
    if min(zeros[2:]) > 0.99 and zeros[0] < 0.1:
        return "utf-32-le"
    if min(zeros[:2]) > 0.99 and zeros[3] < 0.1:
        return "utf-32-be"
    even, odd = head[:size:2].count(0) * 2 / size, head[1:size:2].count(0) * 2 / size
    for name, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many >= 0.05 and few < many / 20:
            if many < 0.3 and head.isascii():
                continue  # a stray NUL in plain text: wide text of few zeros has high bytes
            text = head[: len(head) // 2 * 2].decode(name, "replace")[:-1]
            if "\ufffd" not in text and any(sign in text for sign in "\r\n;,\t"):
                return name
    return ""


def _utf8_kind(path: Path) -> str:
    """Say how the file proves to be UTF-8; "" where it is not."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_ascii = True
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if not chunk.isascii():
                    is_ascii = False
                    decoder.decode(chunk)
                elif not is_ascii:
                    decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return ""
    return "only ASCII bytes" if is_ascii else "bytes beyond ASCII, all valid UTF-8"


def _from_letters(found: _Survey, languages: Sequence[str]) -> Encoding:
    scores = _scores(found.broken_sample, languages)
    signs = holds_only_signs(found.broken_sample) and any(page == _SIGNS for _, page in scores)
    if signs:
        scores = [(1.0, _SIGNS), *(score for score in scores if score[1] != _SIGNS)]
    (best, name), (second, runner_up) = scores[0], scores[min(1, len(scores) - 1)]
    same = found.broken_sample.decode(name, "replace") == found.broken_sample.decode(
        runner_up, "replace"
    )
    evidence = f"letters score {best:.2f} of 1"
    if signs:
        evidence = "no letters beyond ASCII, only signs as Windows programs write them"
    next_best = f"{runner_up} {second:.2f}" + (", same text" if same else "")
    sure = signs or (best >= 0.3 and (same or best - second >= 0.05))
    unreadable = _undefined(name, found.broken_counts, found.broken_sample)
    valid = found.foreign - found.broken
    if valid and _is_mixed(found, name):
        few_valid = valid < found.broken
        return Encoding(
            "utf-8",
            f"{valid} of {found.foreign} lines beyond ASCII are valid UTF-8; {evidence} for the others",
            runner_up=next_best,
            is_sure=sure,
            is_doubtful=best < _DOUBTFUL,
            unreadable_bytes=unreadable,
            fallback=name,
            others=valid if few_valid else found.broken,
            other_lines=found.valid_lines if few_valid else found.broken_lines,
        )
    return Encoding(
        name,
        evidence,
        runner_up=next_best,
        is_sure=sure,
        is_doubtful=best < _DOUBTFUL,
        unreadable_bytes=unreadable,
        unreadable_lines=found.broken_lines if unreadable else (),
    )


def _scores(sample: bytes, languages: Sequence[str]) -> list[tuple[float, str]]:
    wanted = [language.lower().replace("_", "-").split("-")[0] for language in languages]
    wanted = ["nordic" if name in ("sv", "da", "no", "nb", "nn", "fi") else name for name in wanted]
    pages = list(CODE_PAGES)
    if wanted:
        two_byte = {page for name in wanted for page in TWO_BYTE_LANGUAGES.get(name, ())}
        spoken = {page for page, names in PAGE_LANGUAGES.items() if set(names) & set(wanted)}
        pages = [page for page in pages if page in spoken | two_byte] or pages
    return sorted(
        ((page_score(sample, page, wanted) - _RARITY.get(page, 0.0), page) for page in pages),
        key=lambda pair: -pair[0],
    )


def _is_mixed(found: _Survey, page: str) -> bool:
    """Tell lines of UTF-8 among others from lines that only happen to be valid UTF-8."""
    valid = found.foreign - found.broken
    if valid * 20 >= found.foreign:
        return page not in TWO_BYTE_PAGES or valid * 4 >= found.foreign
    return page not in TWO_BYTE_PAGES and page_score(found.valid_sample, page) < 0.0


def _given(path: Path, given: str, fallback: str, bom: str) -> Encoding:
    name = _known(path, given, "encoding")
    other = _known(path, fallback, "fallback_encoding") if fallback else ""
    if name == "utf-8" and bom == "utf-8-sig":
        name = bom
    if other:
        return Encoding(name, "given", fallback=other)
    bad = _undecodable(path, name)
    lines: tuple[BadLine, ...] = ()
    if bad and not name.startswith(("utf-16", "utf-32")):
        lines = tuple(_bad_lines(path, name))
    return Encoding(name, "given", unreadable_bytes=bad, unreadable_lines=lines)


def _known(path: Path, given: str, option: str) -> str:
    try:
        found = codecs.lookup(given)
        "".encode(given)
    except (LookupError, ValueError, TypeError) as problem:
        raise SourceError(
            f'the encoding "{given}" is not known; the usual ones: utf-8, {", ".join(CODE_PAGES)}',
            hint=f"correct the option `{option}`",
            where=str(path),
        ) from problem
    if found.name in _NOT_TEXT:
        raise SourceError(
            f'"{given}" is no encoding of text; the usual ones: utf-8, {", ".join(CODE_PAGES)}',
            hint=f"correct the option `{option}`",
            where=str(path),
        )
    return found.name


def _undecodable(path: Path, name: str) -> int:
    """Count what a file has that is not in the encoding; 0 where all of it is."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:  # UTF-16 and UTF-32 raise it bare
        pass
    else:
        return 0
    if name.startswith(("utf-16", "utf-32")):
        return 1
    return sum(1 for _ in _bad_lines(path, name, most=1 << 62)) or 1


def _bad_lines(path: Path, name: str, most: int = _LISTED) -> Iterator[BadLine]:
    offset = found = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.isascii():
                try:
                    line.decode(name)
                except UnicodeError:
                    yield BadLine(number, offset)
                    found += 1
                    if found == most:
                        return
            offset += len(line)


def _survey(path: Path) -> _Survey:
    """Look at every line beyond ASCII: is it UTF-8?"""
    foreign = broken = offset = 0
    broken_sample, valid_sample = bytearray(), bytearray()
    counts: Counter[int] = Counter()
    broken_lines: list[BadLine] = []
    valid_lines: list[BadLine] = []
    with path.open("rb") as file:
        for number, line in enumerate(_short_lines(file), start=1):
            if line.isascii():
                offset += len(line)
                continue
            foreign += 1
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                broken += 1
                counts.update(line.translate(None, _ASCII))
                sample, lines = broken_sample, broken_lines
            else:
                sample, lines = valid_sample, valid_lines
            if len(sample) < _SAMPLE_BYTES:
                sample += line[:10_000]
            if len(lines) < _LISTED:
                lines.append(BadLine(number, offset))
            offset += len(line)
    return _Survey(foreign, broken, bytes(broken_sample), bytes(valid_sample), counts,
                   tuple(broken_lines), tuple(valid_lines))  # fmt: skip


def _short_lines(file: Iterator[bytes]) -> Iterator[bytes]:
    """Cut at carriage returns too: a file of an old Macintosh is one line otherwise."""
    for line in file:
        if line.count(b"\r") > 1:
            yield from line.splitlines(keepends=True)
        else:
            yield line


_ASCII = bytes(range(128))


def _undefined(name: str, counts: Counter[int], sample: bytes) -> int:
    """Count the bytes that the code page has no character for."""
    if name in TWO_BYTE_PAGES:
        return sample.decode(name, "replace").count("\ufffd")
    total = 0
    for byte, count in counts.items():
        try:
            bytes([byte]).decode(name)
        except UnicodeDecodeError:
            total += count
    return total
