"""In which encoding was a text file written, and how sure is that?

UTF-8 proves itself; between the 8-bit code pages the letters decide: read in the right one, a text
has the letters of one language where that language has them.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import SourceError
from migrate.languages.alphabets import page_score

CODE_PAGES = ("cp1250", "cp1252", "cp1251", "iso-8859-2", "cp852", "cp1253")

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
    scores = sorted(((page_score(sample, page), page) for page in CODE_PAGES), reverse=True,
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
