"""How likely is a suggestion right, given its score? Measured on mappings made by hand."""

from __future__ import annotations

from bisect import bisect_right

# Score -> share of the suggestions near it that were right. Measured by benchmarks/suggest.py on
# the mapping cases of tests/data/mapping_cases, none of which any rule or word was written for.
_POINTS = (
    (0.0, 0.02), (0.2, 0.1), (0.35, 0.35), (0.45, 0.55), (0.6, 0.75), (0.75, 0.88), (0.9, 0.95),
    (1.0, 0.985),
)  # fmt: skip


def probability(score: float) -> float:
    """Turn a score into how likely the field is right, both from 0 to 1.

    >>> probability(0.0), probability(1.0)
    (0.02, 0.985)
    """
    places = [point for point, _ in _POINTS]
    index = bisect_right(places, score)
    if index == 0:
        return _POINTS[0][1]
    if index == len(_POINTS):
        return _POINTS[-1][1]
    (low, below), (high, above) = _POINTS[index - 1], _POINTS[index]
    return round(below + (above - below) * (score - low) / (high - low), 4)
