"""Which values of an assessment may anybody see, and how are the others hidden?

What a list offers (a status, a country), what is no person's (a sum, a day that is no birthday) and
what stands for nothing ("n/a") says how a column is used, and is shown. Every other value keeps its
shape and is hidden.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrate.profiling._headings import promised
from migrate.profiling._kinds import SENTINELS
from migrate.profiling.assessment import Assessment, ColumnProfile, Outliers, Reference
from migrate.reports.mask import mask_value

_LISTS = frozenset(("category", "boolean", "country", "language", "subdivision"))
_FIGURES = frozenset(("integer", "decimal", "money", "percent", "date", "datetime"))
_FEW, _OFTEN = 60, 5  # a list is short, and what one person has occurs once
_LONGEST_FIGURE = 9  # digits: a longer whole number may be somebody's
# Running numbers with or without letters before them; a birth number is longer.
_NUMBERED = re.compile(r"[0-9]{1,8}|[A-Z]{1,4}[-_/ ]?[0-9]{1,8}")
_PLACEHOLDERS = frozenset(SENTINELS)


@dataclass(frozen=True)
class Showing:
    """How values are shown; with ``show_personal_data`` as they are."""

    show_personal_data: bool = False

    def value(self, column: ColumnProfile, text: str, count: int = 1) -> str:
        """Show one value of a column that occurs ``count`` times.

        >>> status = ColumnProfile("Status", "text", "text", 1.0, 9, 1.0, 2)
        >>> Showing().value(status, "Novák", 9), Showing(True).value(status, "Novák", 9)
        ('N… (5)', 'Novák')
        """
        if self.show_personal_data or text.strip().casefold() in _PLACEHOLDERS:
            return text
        return text if self._is_harmless(column, text, count) else mask_value(text)

    def _is_harmless(self, column: ColumnProfile, text: str, count: int) -> bool:
        meaning = column.meaning
        if meaning.personal or meaning.confidence < 0.5:
            return False
        if meaning.type == "identifier":
            return bool(_NUMBERED.fullmatch(text)) and "identifier" in promised(column.name)
        if meaning.type in _FIGURES:
            if (
                column.type not in ("integer", "decimal", "date", "datetime")
                and meaning.type != "percent"
            ):
                return False
            return (
                meaning.type in ("date", "datetime")
                or len(re.sub(r"\D", "", text)) <= _LONGEST_FIGURE
            )
        if meaning.type not in _LISTS or column.distinct > _FEW or count < _OFTEN:
            return False
        # "Kováč" under a heading that says nothing may be whoever sells there.
        return meaning.type != "category" or promised(column.name).get("category", 0.0) >= 0.5

    def counted(self, column: ColumnProfile, values: tuple[tuple[str, int], ...], most: int) -> str:
        """Show values with how often each occurs; a hidden one that occurs once says nothing."""
        shown = [(self.value(column, text, n), text, n) for text, n in values]
        kept = [(value, n) for value, text, n in shown if n > 1 or value == text]
        return ", ".join(f"{value} ×{n:,}" for value, n in kept[:most])

    def orphans(self, found: Reference, assessment: Assessment) -> tuple[str, ...]:
        """Show the values of a reference that find nothing."""
        table = assessment.table(found.table)
        column = table.column(found.columns[0]) if table else None
        if column is None or len(found.columns) > 1:
            shown = (t if self.show_personal_data else mask_value(t) for t in found.examples)
        else:
            shown = (self.value(column, text) for text in found.examples)
        return tuple(dict.fromkeys(shown))

    def examples(self, column: ColumnProfile, found: Outliers) -> str:
        """Show the examples of values that are far from the others."""
        return ", ".join(self.value(column, text) for text in found.examples)

    def range(self, column: ColumnProfile) -> str:
        """Show the smallest and the largest value, where they say something."""
        if column.type not in ("integer", "decimal", "date", "datetime") or not column.minimum:
            return ""
        least, most = (self.value(column, text) for text in (column.minimum, column.maximum))
        return least if least == most else f"{least} – {most}"
