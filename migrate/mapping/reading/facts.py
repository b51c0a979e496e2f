"""What do the values of a column say, whatever its heading says?"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from migrate.languages.words import heading_words
from migrate.profiling.semantics import value_scores
from migrate.specs.glossary import Glossary
from migrate.values import Table

MOST_ROWS = 20_000
"""Rows of a table that are looked at: more do not change what a column means."""
_MOST_VALUES = 500  # distinct values tried for kinds and picklist meanings
_SHOWN = 5


@dataclass(frozen=True)
class ColumnFacts:
    """What the rows looked at say of one column.

    ``heading`` is what the source calls it, where a source profile gave it another ``name``;
    ``means`` what the ``profile`` that recognised the table knows it to mean.

    ``kinds``: kind of value -> (share that could be of it, how surely it is); ``groups``: picklist
    group of the glossary -> share of the values that it knows; ``is_sequence``: whole numbers that
    count up by one; ``longest`` in characters; ``counts``: the 500 most frequent values -> how
    often each occurs.
    """

    name: str
    heading: str = ""
    means: str = ""
    profile: str = ""
    rows: int = 0
    filled: int = 0
    distinct: int = 0
    longest: int = 0
    samples: tuple[str, ...] = ()
    is_sequence: bool = False
    average_words: float = 0.0
    kinds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    groups: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def is_empty(self) -> bool:
        return not self.filled

    @property
    def is_constant(self) -> bool:
        return self.filled > 1 and self.distinct == 1

    def could(self, kind: str) -> float:
        """The share of the filled values that could be of a kind."""
        return self.kinds.get(kind, (0.0, 0.0))[0]

    def surely(self, kind: str) -> float:
        """How surely the values are of a kind, from 0 to 1."""
        return self.kinds.get(kind, (0.0, 0.0))[1]


def table_facts(table: Table, glossary: Glossary, *, region: str = "") -> list[ColumnFacts]:
    """Look at the first 20,000 rows of a table; one entry for each of its columns, in their order.

    Raises SourceError when the table cannot be read.
    """
    frames, rows = [], 0
    for batch in table.batches():
        frames.append(batch.head(MOST_ROWS - rows))
        rows += len(frames[-1])
        if rows >= MOST_ROWS:
            break
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    headings: Mapping[str, str] = table.reading.get("renamed") or {}
    return [
        replace(
            column_facts(column.name, frame.get(column.name, ()), glossary, region=region),
            heading=headings.get(column.name, ""),
            means=column.means,
            profile=str(table.reading.get("profile", "")),
        )
        for column in table.columns
    ]


def column_facts(
    name: str, values: Iterable[object], glossary: Glossary, *, region: str = ""
) -> ColumnFacts:
    """Look at the values of one column, texts with missing ones among them.

    >>> from migrate.specs.glossary import read_glossary
    >>> facts = column_facts("X", ["1", "2", None, "3"], read_glossary())
    >>> facts.filled, facts.is_sequence, facts.samples
    (3, True, ('1', '2', '3'))
    """
    texts = ["" if value is None or value != value else str(value).strip() for value in values]
    filled = [text for text in texts if text]
    counts = Counter(filled)
    common = counts.most_common(_MOST_VALUES)
    return ColumnFacts(
        name=name,
        rows=len(texts),
        filled=len(filled),
        distinct=len(counts),
        longest=max(map(len, filled), default=0),
        samples=tuple(text for text, _ in common[:_SHOWN]),
        is_sequence=_is_sequence(filled),
        average_words=sum(t.count(" ") + 1 for t in filled) / len(filled) if filled else 0.0,
        kinds=value_scores([t for t, _ in common], [n for _, n in common], region=region),
        groups=_groups(common, glossary),
        counts=dict(common),
    )


def _is_sequence(texts: Sequence[str]) -> bool:
    if len(texts) < 3 or not all(text.rstrip(".").isdecimal() for text in texts[:200]):
        return False
    numbers = [int(text.rstrip(".")) for text in texts[:200]]
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    return numbers[0] in (0, 1) and sum(step == 1 for step in steps) >= 0.9 * len(steps)


def _groups(values: Sequence[tuple[str, int]], glossary: Glossary) -> dict[str, float]:
    """Which share of the values each picklist group knows, in whatever language."""
    if not values or sum(len(text) for text, _ in values) > 60 * len(values):
        return {}
    found: Counter[str] = Counter()
    for text, count in values:
        entries = glossary.entries(heading_words(text))
        for group in {e.meaning.partition(".")[0] for e in entries if e.kind == "value"}:
            found[group] += count
    total = sum(count for _, count in values)
    return {group: count / total for group, count in found.items()}
