"""What does a field hold whose value depends on several columns?"""

from __future__ import annotations

import pandas as pd

from migrate.specs.mapping import Combinations, FieldMap
from migrate.transform.noting import OUTCOMES, policy_severity, problem_rows


def combined(
    rows: pd.DataFrame, raw: pd.Series, field_map: FieldMap, combinations: Combinations,
    problems: list[pd.DataFrame],
) -> pd.Series:  # fmt: skip
    """The new value of the first line that fits each row; a filled row that none fits is a problem."""
    values, left = fitted(rows, combinations)
    if left.any():
        policy = field_map.unmapped
        names = ", ".join(combinations.by)
        problems.append(
            problem_rows(
                rows,
                left,
                raw,
                field_map,
                "unmapped_combination",
                policy_severity(policy),
                f"these texts of {names} have no line: {OUTCOMES[policy]}",
                f"add a line to `values:` of {field_map.field} ({combinations.where})",
            )
        )
        if policy == "keep":
            values = values.where(~left, raw)
    return values


def fitted(rows: pd.DataFrame, combinations: Combinations) -> tuple[pd.Series, pd.Series]:
    """The new values, and a mask of the rows that say something and that no line fits.

    >>> rows = pd.DataFrame({"a": ["x", "X ", None], "b": ["1", "2", None]}, dtype="str")
    >>> lines = ((("x", "1"), "one"), (("x", None), "other"))
    >>> fitted(rows, Combinations(("a", "b"), lines))[0].tolist()
    ['one', 'other', nan]
    """
    folded = [rows[name].str.strip().str.casefold().fillna("") for name in combinations.by]
    values = pd.Series(None, index=rows.index, dtype="str")
    open_rows = pd.Series(True, index=rows.index)
    for texts, new in combinations.lines:
        fits = open_rows.copy()
        for column, text in zip(folded, texts, strict=True):
            if text is not None:
                fits &= column == text.strip().casefold()
        if fits.any():
            values = values.where(~fits, new or None)
            open_rows &= ~fits
    filled = pd.Series(False, index=rows.index)
    for column in folded:
        filled |= column != ""
    return values, open_rows & filled
