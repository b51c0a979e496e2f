"""Is this text the canonical form of the target field's type?

One typed value has one text: decimals without thousands or trailing zeros (``12.5``), ISO dates,
``true`` and ``false``, whole numbers without a point. Cleaners produce it; this module only proves
it, and brings plain decimals to their shortest form.
"""

from __future__ import annotations

import pandas as pd

from migrate.values import TargetField

_PATTERNS = {
    "integer": r"-?\d{1,18}",
    "decimal": r"-?\d+(\.\d+)?",
    "boolean": r"true|false",
    "date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?",
    "currency": r"[A-Z]{3}",
}

DEFAULT_CLEANERS = {
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
"""The cleaner of a typed field whose mapping names none: without it nothing would fit."""


def canonical(values: pd.Series, field: TargetField) -> tuple[pd.Series, pd.Series]:
    """The values in canonical form, and a mask of those that have none.

    >>> amount = TargetField("amount", type="decimal", scale=2)
    >>> values, bad = canonical(pd.Series(["12.50", "1e3", None], dtype="str"), amount)
    >>> values.tolist(), bad.tolist()
    (['12.5', '1e3', nan], [False, True, False])
    """
    pattern = _PATTERNS.get(field.type)
    if pattern is None:
        return values, pd.Series(False, index=values.index)
    if field.type == "datetime":
        values = values.str.removesuffix("Z")  # the instant is UTC; targets read back no suffix
    fits = values.str.fullmatch(pattern)
    bad = values.notna() & ~fits.fillna(False).astype(bool)
    if field.type == "decimal":
        fraction = values.str.contains(".", regex=False).fillna(False).astype(bool) & ~bad
        if fraction.any():
            shortened = values.str.replace(r"(\.\d*?)0+$", r"\1", regex=True).str.rstrip(".")
            values = values.where(~fraction, shortened)
        values = values.where(values != "-0", "0")
    return values, bad


def beyond_scale(values: pd.Series, scale: int) -> pd.Series:
    """A mask of canonical decimals with more fraction digits than the target keeps.

    >>> beyond_scale(pd.Series(["1.234", "1.2"], dtype="str"), 2).tolist()
    [True, False]
    """
    fraction = values.str.extract(r"\.(\d+)$", expand=False).str.len()
    return (fraction > scale).fillna(False).astype(bool)
