"""Problems of units as data: which unit, which field, which value, what happens to it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from migrate.specs.mapping import Block, FieldMap
from migrate.transform.conditions import incomparable, size_tests
from migrate.values import PART, RECORD_ID

PROBLEM_COLUMNS = (
    RECORD_ID, "part", "code", "severity", "field", "column", "value", "message", "hint",
)  # fmt: skip


def no_problems() -> pd.DataFrame:
    """An empty frame of problems."""
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in PROBLEM_COLUMNS})
    return empty.astype({RECORD_ID: "int64"})


def problem_rows(
    units: pd.DataFrame, mask: pd.Series, raw: pd.Series, field_map: FieldMap, code: str,
    severity: str, message: str, hint: str,
) -> pd.DataFrame:  # fmt: skip
    """One row for each unit under the mask."""
    rows = units[mask]
    frame = pd.DataFrame({RECORD_ID: rows[RECORD_ID].to_numpy(), "part": rows[PART].to_numpy()})
    frame["part"] = frame["part"].astype("str")
    texts = {
        "code": code, "severity": severity, "field": field_map.field,
        "column": field_map.columns[0] if field_map.columns else "", "message": message,
        "hint": hint,
    }  # fmt: skip
    for name, text in texts.items():
        frame[name] = pd.Series(text, index=frame.index, dtype="str")
    frame["value"] = raw[mask].astype("str").to_numpy()
    frame["value"] = frame["value"].astype("str")
    return frame[list(PROBLEM_COLUMNS)]


def policy_severity(policy: str) -> str:
    """Whether a value that the policy is about keeps its record back."""
    return "error" if policy == "quarantine" else "warning"


OUTCOMES = {
    "keep": "the text is kept as it is",
    "blank": "the field stays empty, the original is in the archive of issues",
    "quarantine": "the record waits in quarantine",
}
"""What becomes of a value under each policy, in words."""


def incomparable_rows(units: pd.DataFrame, block: Block) -> Iterator[pd.DataFrame]:
    """Texts that a condition's ``less`` or ``greater`` could not compare: they count as not met,
    and somebody should know."""
    conditions = [exclusion.condition for exclusion in block.exclusions]
    conditions += [field.when for field in block.fields if field.when]
    for test in size_tests(conditions):
        mask = incomparable(units, test)
        if mask.any():
            yield problem_rows(
                units,
                mask,
                units[test.column],
                FieldMap("", columns=(test.column,)),
                "condition_unreadable",
                "warning",
                f"neither {test.test} than {test.values[0]} nor the contrary: the text has another "
                "form, and the condition counts as not met",
                "correct the value, or compare by an expression that reads it: number(…), date(…)",
            )
