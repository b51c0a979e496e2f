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
from migrate.values import UNREADABLE, Decision

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

TOLD = ("picklist", "picklist_from", "is_hidden")
"""What the source itself says of a column: nothing is read by it, and whoever maps wants to know it."""

_SURE_NULLS = frozenset(
    ("NULL", "null", "(null)", "(NULL)", "<null>", "<NULL>", "\\N", "#N/A", "#N/A!", "N/A", "n/a")
)
"""What a database or a spreadsheet writes for nothing; no text, name or code is spelled so."""

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
    """What a column is, by its name and its values; null spellings say nothing about that.

    But where it holds nothing else: a column of "x" is one of ticks.
    """
    counts = sample.counts or sample.nulls
    return semantic_type(name, list(counts), list(counts.values()), region=region)


def means_nothing(values: pd.Series, status: pd.Series, decision: Decision) -> pd.Series:
    """Which values are listed as ``nulls`` and say nothing in this column either.

    What the column's cleaner can read says something: "x" among ticks is yes, "нет" is no.
    """
    listed = decision.get("nulls") or ()
    nulls = {str(text) for text in listed} if isinstance(listed, (Mapping, list, tuple)) else set()
    is_listed = values.isin(sorted(nulls))
    return is_listed & ((status == UNREADABLE) | values.isin(sorted(_SURE_NULLS)))


def in_calendar(
    decision: Decision, reading: Mapping[str, Any], said: Mapping[str, Any]
) -> dict[str, Any]:
    """Count day numbers from where the workbook counts them, unless ``said`` decides otherwise.

    >>> in_calendar({"serials": "1900"}, {"date_system": "1904"}, {})
    {'serials': '1904'}
    """
    system = str(reading.get("date_system") or "1900")
    if "serials" in said or decision.get("serials") != "1900":
        return dict(decision)
    return {**decision, "serials": system}


def decide_column(
    sample: ColumnSample,
    semantic: Semantic,
    *,
    locale: str = "",
    region: str = "",
    given: Decision | None = None,
    column: str = "",
    reading: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The decision for one column: ``clean`` names the cleaner, the rest is the cleaner's own.

    What ``given`` says beats every guess. A column that needs no decision has none, but for the
    spellings of nothing that were seen in it (``nulls``: text -> how often) and for what the source
    itself says of it (``TOLD``): ``reading`` is the table's.
    """
    table = reading or {}
    told = dict(table.get("columns", {}).get(column, {}))
    said = {**{key: told[key] for key in TOLD if key in told}, **(given or {})}
    told = {key: said.pop(key) for key in TOLD if key in said}
    cleaner = str(said.pop("clean", CLEANED_AS.get(semantic.type, "")) or "")
    nulls = said.pop("nulls", sample.nulls)
    decision: dict[str, Any] = {}
    if cleaner:
        options = {key: value for key, value in said.items() if key != "evidence"}
        decided = decide(
            cleaner, list(sample.counts.items()), locale=locale, region=region, options=options
        )
        decision = {"clean": cleaner, **in_calendar(decided, table, said), **options}
    if nulls:
        decision["nulls"] = nulls
    return {**decision, **told}
