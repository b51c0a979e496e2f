"""Which expectations may a user's rule name, with which arguments, and what do they judge?

A table of our own: asking Great Expectations would cost its import of several seconds. A test holds
it against the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


@dataclass(frozen=True)
class Offered:
    """An expectation that a rule may name.

    ``judges``: "rows" (each row by itself), "whole" (one figure over all rows) or "flag" (each row,
    but computed over the whole set elsewhere). ``compares``: "text", "numbers", or "ordered" for
    numbers and dates alike. ``fields`` names the arguments that hold the names of fields.
    """

    name: str
    judges: Literal["rows", "whole", "flag"] = "rows"
    compares: Literal["text", "numbers", "ordered"] = "text"
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("column",)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Everything that may stand beside ``expect`` in the rule's line."""
        share = ("mostly",) if self.judges == "rows" else ()
        return (*self.required, *self.optional, *share)


_ROWS = (
    Offered("ExpectColumnValuesToNotBeNull"),
    Offered("ExpectColumnValuesToBeNull"),
    Offered("ExpectColumnValuesToBeInSet", required=("value_set",)),
    Offered("ExpectColumnValuesToNotBeInSet", required=("value_set",)),
    Offered("ExpectColumnValuesToMatchRegex", required=("regex",)),
    Offered("ExpectColumnValuesToNotMatchRegex", required=("regex",)),
    Offered(
        "ExpectColumnValuesToMatchRegexList", required=("regex_list",), optional=("match_on",)
    ),
    Offered("ExpectColumnValuesToNotMatchRegexList", required=("regex_list",)),
    Offered("ExpectColumnValueLengthsToBeBetween", optional=_BOUNDS),
    Offered("ExpectColumnValueLengthsToEqual", required=("value",)),
    Offered("ExpectColumnValuesToBeBetween", compares="ordered", optional=_BOUNDS),
    Offered("ExpectColumnValuesToMatchStrftimeFormat", required=("strftime_format",)),
    Offered("ExpectColumnValuesToBeDateutilParseable"),
    Offered("ExpectColumnValuesToBeJsonParseable"),
    Offered(
        "ExpectColumnPairValuesAToBeGreaterThanB", compares="ordered", required=("column_B",),
        optional=("column_A", "or_equal"), fields=("column_A", "column_B"),
    ),
    Offered(
        "ExpectColumnPairValuesToBeEqual", required=("column_B",), optional=("column_A",),
        fields=("column_A", "column_B"),
    ),
    Offered(
        "ExpectSelectColumnValuesToBeUniqueWithinRecord", required=("column_list",),
        fields=("column_list",),
    ),
    Offered(
        "ExpectMulticolumnSumToEqual", compares="numbers", required=("column_list", "sum_total"),
        fields=("column_list",),
    ),
)  # fmt: skip
_WHOLE = (
    Offered("ExpectColumnMinToBeBetween", "whole", "ordered", optional=_BOUNDS),
    Offered("ExpectColumnMaxToBeBetween", "whole", "ordered", optional=_BOUNDS),
    Offered("ExpectColumnMeanToBeBetween", "whole", "numbers", optional=_BOUNDS),
    Offered("ExpectColumnMedianToBeBetween", "whole", "numbers", optional=_BOUNDS),
    Offered("ExpectColumnStdevToBeBetween", "whole", "numbers", optional=_BOUNDS),
    Offered("ExpectColumnSumToBeBetween", "whole", "numbers", optional=_BOUNDS),
    Offered(
        "ExpectColumnValueZScoresToBeLessThan", "whole", "numbers",
        required=("threshold", "double_sided"), optional=("mostly",),
    ),
    Offered("ExpectColumnProportionOfNonNullValuesToBeBetween", "whole", optional=_BOUNDS),
    Offered("ExpectColumnProportionOfUniqueValuesToBeBetween", "whole", optional=_BOUNDS),
    Offered("ExpectColumnUniqueValueCountToBeBetween", "whole", optional=_BOUNDS),
    Offered("ExpectColumnDistinctValuesToBeInSet", "whole", required=("value_set",)),
    Offered("ExpectColumnDistinctValuesToContainSet", "whole", required=("value_set",)),
    Offered("ExpectColumnDistinctValuesToEqualSet", "whole", required=("value_set",)),
    Offered(
        "ExpectColumnMostCommonValueToBeInSet", "whole", required=("value_set",),
        optional=("ties_okay",),
    ),
    Offered(
        "ExpectCompoundColumnsToBeUnique", "whole", required=("column_list",),
        optional=("mostly",), fields=("column_list",),
    ),
    Offered("ExpectTableRowCountToBeBetween", "whole", optional=_BOUNDS, fields=()),
    Offered("ExpectTableRowCountToEqual", "whole", required=("value",), fields=()),
)  # fmt: skip
_FLAGS = (Offered("ExpectColumnValuesToBeUnique", "flag"),)

OFFERED = {offered.name: offered for offered in (*_ROWS, *_WHOLE, *_FLAGS)}


def snake(name: str) -> str:
    """The name that the library's documentation uses for an expectation's class.

    >>> snake("ExpectColumnPairValuesAToBeGreaterThanB")
    'expect_column_pair_values_a_to_be_greater_than_b'
    """
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


_BY_NAME = {**OFFERED, **{snake(name): offered for name, offered in OFFERED.items()}}


def find(name: str) -> Offered | None:
    """The expectation of this name, written in either way.

    >>> find("expect_column_values_to_be_in_set").name
    'ExpectColumnValuesToBeInSet'
    """
    return _BY_NAME.get(name)


def expectation_names() -> tuple[str, ...]:
    """Every name that ``expect:`` may hold, in both spellings.

    >>> "expect_column_values_to_match_regex" in expectation_names()
    True
    """
    return tuple(sorted(_BY_NAME))


def alike(name: str) -> Iterable[str]:
    """The names in the spelling that this one was written in."""
    return sorted(n for n in _BY_NAME if n[:1].isupper() == name[:1].isupper())
