"""What do the values of a column look like, and does a text look like one of them?

The evidence for every guess about a text file's structure: a header is what does not look like the
values below it, and a row that lost a delimiter can be cut where both parts look like their columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = r"\d{1,3}(?:[ .,'\u00a0\u202f]\d{3})+|\d+"
_SHAPES = tuple(
    (name, re.compile(pattern, 0 if name == "money" else re.IGNORECASE))
    for name, pattern in (
        ("integer", r"[+-]?\d+"),
        ("time", r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]\.?m\.?)?"),
        (
            "date",
            r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\.?|\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{2,4}\.?"
            r"|\d{1,2}[- ][a-z]{3,9}\.?[- ,]+\d{2,4}|[a-z]{3,9} \d{1,2},? \d{4}",
        ),
        (
            "datetime",
            r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})[T ,]+\d{1,2}:\d{2}\S*"
            r"( ?[ap]m)?( ?[A-Z]{3,4}| ?[+-]\d{2}:?\d{2})?",
        ),
        (
            "decimal",
            rf"[+-]?(?:{_NUMBER})?[.,]\d+(e[+-]?\d+)?|[+-]?\d{{1,3}}(?:[ .,'\u00a0]\d{{3}})+",
        ),
        (
            "money",
            rf"[+-]?\(?(?:[$€£¥₽₴]|[A-Z]{{3}}|Kč|zł|Ft|Sk) ?[+-]?(?:{_NUMBER})([.,]\d+)?\)?"
            rf"|[+-]?(?:{_NUMBER})([.,]\d+)? ?(?:[$€£¥₽₴]|[A-Z]{{3}}|Kč|zł|Ft|Sk)",
        ),
        ("percent", r"[+-]?\d+([.,]\d+)? ?%"),
        ("email", r"[^@\s\"]+@[^@\s\"]+\.[a-z]{2,}"),
        ("url", r"(https?|ftp)://\S+|www\.\S+\.\S+"),
        ("phone", r"\+?\(?\d[\d ()/.\-]{5,20}\d"),
    )
)
TYPED = frozenset(name for name, _ in _SHAPES)
_CODE = re.compile(r"[A-Za-z]*\d[\w.\-/:#]*|[A-Za-z]+[\w.\-/:#]*\d[\w.\-/:#]*")
_LETTERS, _DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
_FEW = 3


@lru_cache(maxsize=50_000)
def shape_of(text: str) -> str:
    """Name the shape of one text; "" where it shows nothing.

    >>> [shape_of(t) for t in ("12", "12,50", "$74.69", "28/01/2018", "a@b.sk", "MG-8769", "Ján Novák")]
    ['integer', 'decimal', 'money', 'date', 'email', 'code A-9', 'text']
    """
    text = text.strip()
    if not text:
        return ""
    if len(text) > 120:
        return "url" if text.startswith(("http://", "https://")) and " " not in text else "text"
    for name, pattern in _SHAPES:
        if pattern.fullmatch(text):
            return name
    if _CODE.fullmatch(text):
        return "code " + _DIGITS.sub("9", _LETTERS.sub("A", text))
    return "word" if _LETTERS.fullmatch(text) else "text"


def is_typed(shape: str) -> bool:
    """Whether a shape is more than words: figures, dates, addresses, codes."""
    return shape in TYPED or shape.startswith("code ")


@dataclass(frozen=True)
class ColumnShape:
    """The shapes of one column's values, each with its share; ``main`` the most frequent of them.

    ``main`` is "" where the column is always empty. ``length`` is the longest of its values.
    """

    shares: dict[str, float]
    main: str
    main_share: float
    length: int = 0

    @property
    def is_strict(self) -> bool:
        """Whether nearly all filled values have one shape that says something."""
        return is_typed(self.main) and self.main_share >= 0.8

    def misfit(self, text: str) -> float:
        """Tell how badly a text fits: 0 it does, 2 no value of the column is like it."""
        shape = shape_of(text)
        share = self.shares.get(shape, 0.0)
        if share >= 0.1:
            return 0.5 if len(text) > 2 * self.length + 10 else 0.0
        if share > 0:
            return 1.2 if self.is_strict and share < 0.05 else 0.4
        if shape in ("word", "text") and not self.is_strict and self.main:
            return 0.0 if self.main in ("word", "text") else 0.5
        if not shape:
            return 0.8
        return 2.0 if self.is_strict or not self.main else 0.9


def learned(rows: Iterable[Sequence[str]], width: int) -> list[ColumnShape]:
    """Learn the shapes of the columns from rows; [] where there are too few of them.

    >>> [column.main for column in learned([["1", "Ján"], ["2", "Eva"], ["3", ""]], 2)]
    ['integer', 'word']
    """
    counts: list[Counter[str]] = [Counter() for _ in range(width)]
    longest = [0] * width
    total = 0
    for fields in rows:
        total += 1
        for index, text in enumerate(fields[:width]):
            counts[index][shape_of(text)] += 1
            if len(text) > longest[index]:
                longest[index] = len(text)
    if total < _FEW:
        return []
    return [_column(count, total, size) for count, size in zip(counts, longest, strict=True)]


def _column(count: Counter[str], total: int, length: int) -> ColumnShape:
    filled = total - count[""]
    shares = {shape: number / total for shape, number in count.items()}
    if not filled:
        return ColumnShape(shares, "", 0.0, length)
    main, often = max(((s, n) for s, n in count.items() if s), key=lambda pair: pair[1])
    return ColumnShape(shares, main, often / filled, length)
