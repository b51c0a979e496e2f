"""How likely is a suggestion right, given its score? Measured on mappings made by hand."""

from __future__ import annotations

from bisect import bisect_right

# Score -> share of the suggestions near it that were right, a little towards doubt: measured on
# header lists in eight languages whose mapping was made by hand (benchmarks/suggest.py --points).
_POINTS = (
    (0.0, 0.01), (0.1, 0.05), (0.2, 0.22), (0.3, 0.45), (0.4, 0.62), (0.5, 0.76), (0.6, 0.8),
    (0.7, 0.87), (0.8, 0.93), (0.9, 0.965), (1.0, 0.985),
)  # fmt: skip


def probability(score: float) -> float:
    """Turn a score into how likely the field is right, both from 0 to 1.

    >>> probability(0.0), probability(1.0)
    (0.01, 0.985)
    """
    places = [point for point, _ in _POINTS]
    index = bisect_right(places, score)
    if index == 0:
        return _POINTS[0][1]
    if index == len(_POINTS):
        return _POINTS[-1][1]
    (low, below), (high, above) = _POINTS[index - 1], _POINTS[index]
    return round(below + (above - below) * (score - low) / (high - low), 4)
