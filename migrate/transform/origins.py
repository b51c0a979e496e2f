"""Which text does a field start from, before anything is cleaned or translated?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from migrate.specs.mapping import FieldMap, Split
from migrate.transform.expressions import compute
from migrate.transform.noting import OUTCOMES, policy_severity, problem_rows
from migrate.transform.python_functions import call_function
from migrate.values import MULTIPLE

TEMPLATE_MARK = r"\{([^{}]+)\}"


def origin(
    units: pd.DataFrame, field_map: FieldMap, problems: list[pd.DataFrame], *, folder: Path | None
) -> pd.Series:
    """The field's text before cleaning, one part of it where it is split into one."""
    values = _whole(units, field_map, problems, folder)
    if field_map.split and not field_map.split.is_all:
        values = part_of(values, field_map.split)
    return values


def _whole(
    units: pd.DataFrame, field_map: FieldMap, problems: list[pd.DataFrame], folder: Path | None
) -> pd.Series:
    if field_map.kind == "constant":
        return pd.Series(field_map.constant, index=units.index, dtype="str")
    if field_map.kind == "join":
        return _joined(units, field_map.columns, field_map.separator)
    if field_map.kind == "template":
        return _filled_template(units, field_map)
    if field_map.kind == "expression":
        return _computed(units, field_map, problems)
    if field_map.kind == "python":
        assert field_map.function is not None and folder is not None
        return call_function(folder, field_map.function, units[list(field_map.columns)])
    values = units[field_map.columns[0]]
    for name in field_map.columns[1:]:
        values = values.where(values.notna(), units[name])
    return values


def part_of(values: pd.Series, split: Split) -> pd.Series:
    """One part of each text, trimmed; missing where there is no such part or nothing in it.

    >>> part_of(pd.Series(["a; b;c", "a"], dtype="str"), Split((";",), 2)).tolist()
    ['b', nan]
    >>> part_of(pd.Series(["a; b;c", "a"], dtype="str"), Split((";",), 0)).tolist()
    ['c', 'a']
    """
    cut = {text: _parts(text, split) for text in values.dropna().unique()}
    place = split.part - 1
    found = {
        text: (parts[place] if place < len(parts) else "") or None for text, parts in cut.items()
    }
    return values.map(found).astype("str")


def exploded(
    units: pd.DataFrame, values: pd.Series, split: Split
) -> tuple[pd.DataFrame, pd.Series]:
    """A row for each filled part of each text, and the parts; the index leads to ``units`` by
    :func:`put_together`."""
    cut = {
        text: [part for part in _parts(text, split) if part] for text in values.dropna().unique()
    }
    parts = values.map(cut).explode().dropna()
    rows = units.loc[parts.index].reset_index(names=_ORIGIN)
    return rows, pd.Series(parts.to_list(), index=rows.index, dtype="str")


def put_together(values: pd.Series, parts: pd.DataFrame, units: pd.DataFrame) -> pd.Series:
    """The values of each unit's parts in one text, each of them once; missing where none is left."""
    found: dict[object, dict[str, None]] = {}
    held = values.notna()
    for unit, value in zip(parts.loc[held, _ORIGIN], values[held], strict=True):
        found.setdefault(unit, {})[value] = None
    joined = [MULTIPLE.join(found[unit]) if unit in found else None for unit in units.index]
    return pd.Series(joined, index=units.index, dtype="str")


_ORIGIN = "@unit"


def _parts(text: str, split: Split) -> list[str]:
    pattern = "|".join(re.escape(separator) for separator in split.separators)
    return [part.strip() for part in re.split(pattern, text)]


def _joined(units: pd.DataFrame, names: Sequence[str], separator: str) -> pd.Series:
    result = pd.Series(None, index=units.index, dtype="str")
    for name in names:
        both = result.notna() & units[name].notna()
        result = (result + separator + units[name]).where(both, result.fillna(units[name]))
    return result


def _filled_template(units: pd.DataFrame, field_map: FieldMap) -> pd.Series:
    pieces = pd.Series([field_map.template], dtype="str").str.split(TEMPLATE_MARK, regex=True)[0]
    result = pd.Series("", index=units.index, dtype="str")
    anything = pd.Series(False, index=units.index)
    for number, piece in enumerate(pieces):
        if number % 2:  # every second piece of the split is a column's name
            anything |= units[piece].notna()
            result = result + units[piece].fillna("")
        else:
            result = result + piece
    return result.where(anything)


def _computed(units: pd.DataFrame, field_map: FieldMap, problems: list[pd.DataFrame]) -> pd.Series:
    assert field_map.expression is not None
    values, reasons = compute(units, field_map.expression)
    shown = _joined(units, field_map.columns, " / ")
    policy = field_map.on_unreadable
    problems += [
        problem_rows(
            units,
            reasons == reason,
            shown,
            field_map,
            "not_computable",
            policy_severity(policy),
            f"the expression cannot be computed, {reason}: {OUTCOMES[policy]}",
            f"correct the value, or let the expression allow for it ({field_map.where})",
        )
        for reason in reasons.dropna().unique()
    ]
    return values
