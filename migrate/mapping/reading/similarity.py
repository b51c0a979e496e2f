"""How alike are two words? The one door to rapidfuzz in mapping."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA


def nearest(
    word: str, among: Sequence[str], *, at_least: float, most: int = 60
) -> list[tuple[str, float]]:
    """Give the words that need few changes, swapped letters counting once; the nearest first.

    >>> nearest("emial", ["email", "mail", "serial"], at_least=0.75)
    [('email', 0.8)]
    """
    found = process.extract(
        word, among, scorer=OSA.normalized_similarity, score_cutoff=at_least - 1e-6, limit=most
    )
    return [(text, round(float(score), 3)) for text, score, _ in found]


def name_likeness(first: str, second: str) -> float:
    """Say from 0 to 1 how alike two names are, whatever the order of their words.

    >>> name_likeness("account name", "name account")
    1.0
    """
    return fuzz.token_sort_ratio(first, second) / 100
