"""How are the columns of one table read: as dates, numbers, yes and no? Decided from its values.

Only what must be decided for a whole column is decided here (the order of day and month, the
decimal sign, which words mean yes); everything else is text and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from migrate.languages.nulls import NULL_SPELLINGS
from migrate.profiling.semantics import Semantic, semantic_type
from migrate.transform.fields import decide
from migrate.values import Decision

CLEANED_AS: Mapping[str, str] = {
    "date": "date",
    "datetime": "datetime",
    "money": "decimal",
    "decimal": "decimal",
    "integer": "integer",
    "percent": "percent",
    "boolean": "boolean",
}
"""The semantic types whose values have to be read, and the cleaner that reads each."""

_FIRST, _LATER, _ENOUGH = 5_000, 500, 20_000
_NULLS = sorted(NULL_SPELLINGS)


class ColumnSample:
    """Distinct values of a column from all over the table, and how often each null spelling stands."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.nulls: dict[str, int] = {}
        self.filled = 0
        self._batches = 0

    def add(self, values: pd.Series) -> None:
        """Take in the next batch: many values of the first one, some of each later one."""
        filled = values.dropna()
        self.filled += len(filled)
        if filled.empty:
            return
        is_null = filled.isin(_NULLS)
        if is_null.any():
            for text, count in filled[is_null].value_counts().items():
                self.nulls[str(text)] = self.nulls.get(str(text), 0) + int(count)
            filled = filled[~is_null]
        self._batches += 1
        limit = _FIRST if self._batches == 1 else _LATER
        if len(filled) > limit * 4:  # from the whole batch, and the same ones in every run
            filled = filled.iloc[:: len(filled) // (limit * 2)]
        for text, count in filled.value_counts().head(limit).items():
            key = str(text)
            if key in self.counts or len(self.counts) < _ENOUGH:
                self.counts[key] = self.counts.get(key, 0) + int(count)


def meaning(name: str, sample: ColumnSample, region: str = "") -> Semantic:
    """What a column is, by its name and its values; null spellings say nothing about that."""
    return semantic_type(name, list(sample.counts), list(sample.counts.values()), region=region)


def decide_column(
    sample: ColumnSample,
    semantic: Semantic,
    *,
    locale: str = "",
    region: str = "",
    given: Decision | None = None,
) -> dict[str, Any]:
    """The decision for one column: ``clean`` names the cleaner, the rest is the cleaner's own.

    What ``given`` says beats every guess. A column that needs no decision has none, but for the
    spellings of nothing that were seen in it (``nulls``: text -> how often).
    """
    said = dict(given or {})
    cleaner = str(said.pop("clean", CLEANED_AS.get(semantic.type, "")) or "")
    nulls = said.pop("nulls", sample.nulls)
    decision: dict[str, Any] = {}
    if cleaner:
        options = {key: value for key, value in said.items() if key != "evidence"}
        decided = decide(
            cleaner, list(sample.counts.items()), locale=locale, region=region, options=options
        )
        decision = {"clean": cleaner, **decided, **options}
    if nulls:
        decision["nulls"] = nulls
    return decision
