"""Which units come out of a batch of raw rows: parts of unpivoted columns, exclusions, retention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from migrate.specs.mapping import Block, Join
from migrate.specs.project import Retention
from migrate.transform.conditions import meets
from migrate.transform.keys import distinct_key, text_hash
from migrate.values import (
    EXTERNAL_ID,
    KEY,
    PART,
    REASON,
    RECORD_ID,
    RECORD_KEY,
    RESERVED_COLUMNS,
    ROLE,
    RULE,
)

ReadDates = Callable[[pd.Series], pd.Series]


def without_nulls(frame: pd.DataFrame, nulls: Sequence[str]) -> pd.DataFrame:
    """The frame with the spellings of "nothing" made missing (compared trimmed, with case).

    >>> without_nulls(pd.DataFrame({"a": ["NULL", " x"]}, dtype="str"), ["NULL"])["a"].tolist()
    [nan, ' x']
    """
    spellings = {"", *nulls}
    result = frame.copy(deep=False)
    for name in _text_columns(frame):
        stripped = frame[name].str.strip()
        gone = stripped.isin(spellings)
        if gone.any():
            result[name] = frame[name].where(~gone)
    return result


def with_corrections(frame: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """The frame with what an admin corrected in the quarantine workbook.

    ``corrections`` has ``_record_id, column, base_hash, correction``; one whose base hash is not
    that of the raw value any more is stale and changes nothing.
    """
    if corrections.empty:
        return frame
    here = corrections[corrections[RECORD_ID].isin(frame[RECORD_ID])]
    if here.empty:
        return frame
    result = frame.copy()
    place = pd.Series(frame.index, index=frame[RECORD_ID])
    rows = zip(here[RECORD_ID], here["column"], here["base_hash"], here["correction"], strict=True)
    for record_id, column, base_hash, correction in rows:
        if column not in result.columns:
            continue
        at = place[record_id]
        raw = frame.at[at, column]
        if value_hash(raw) == base_hash:
            result.at[at, column] = correction if correction else None
    return result


def value_hash(raw: object) -> str:
    """The hash by which a correction knows the value it was made for."""
    return text_hash(raw) if isinstance(raw, str) else "missing"


def units_of(
    frame: pd.DataFrame,
    block: Block,
    *,
    retention: Sequence[Retention] = (),
    read_dates: ReadDates | None = None,
    left_out: frozenset[int] = frozenset(),
) -> pd.DataFrame:
    """One row for each unit: the batch's columns plus UNIT_COLUMNS.

    The role is "" for units that go on and "excluded" for the others. ``left_out`` are record ids
    that an admin chose not to migrate. ``read_dates`` turns a raw column into ISO dates.
    """
    units = _parts(frame, block)
    key = distinct_key(units, block.distinct) if block.distinct else units[RECORD_KEY]
    part = ("#" + units[PART]).where(units[PART] != "", "")
    units[KEY] = key
    units[EXTERNAL_ID] = block.external_id_prefix() + key + part
    units[ROLE] = pd.Series("", index=units.index, dtype="str")
    units[REASON] = pd.Series(None, index=units.index, dtype="str")
    units[RULE] = pd.Series(None, index=units.index, dtype="str")
    if block.distinct:
        _exclude(units, key.isna(), f"nothing in {', '.join(block.distinct)}", "no_value")
    if block.unpivot:
        _exclude(units, units.pop("_is_empty"), "no part of the row is filled", "no_value")
    for join in block.joins:
        if join.is_required:
            alone = units[partners_column(join)].isna()
            _exclude(units, alone, f"no partner in {join.table}", "no_partner")
    _exclude(
        units,
        units[RECORD_ID].isin(left_out),
        "left out in the quarantine workbook",
        "left_out",
    )
    for exclusion in block.exclusions:
        _exclude(units, meets(units, exclusion.condition), exclusion.reason, "exclude")
    for rule in retention:
        if rule.block == block.name and read_dates is not None:
            old = (read_dates(units[rule.column]) < rule.before).fillna(False).astype(bool)
            _exclude(units, old, rule.reason, "retention")
    return units


def partners_column(join: Join) -> str:
    """The working column that says how many rows of a joined table are a row's partners."""
    return f"{join.alias}.@partners"


def _parts(frame: pd.DataFrame, block: Block) -> pd.DataFrame:
    if block.unpivot is None:
        units = frame.copy(deep=False)
        units[PART] = pd.Series("", index=frame.index, dtype="str")
        return units
    pieces = []
    empty = pd.Series(True, index=frame.index)
    for label, columns in block.unpivot.groups.items():
        filled = frame[list(columns.values())].notna().any(axis=1)
        empty &= ~filled
        pieces.append(_part(frame[filled], label, columns, block.unpivot.label))
    first_label, first = next(iter(block.unpivot.groups.items()))
    nothing = _part(frame[empty], first_label, first, block.unpivot.label)
    pieces.append(nothing)
    units = pd.concat(pieces, ignore_index=True)
    units["_is_empty"] = [False] * (len(units) - len(nothing)) + [True] * len(nothing)
    return units


def _part(
    frame: pd.DataFrame, label: str, columns: Mapping[str, str], label_column: str
) -> pd.DataFrame:
    part = frame.copy()
    for new, old in columns.items():
        part[new] = frame[old]
    part[PART] = pd.Series(label, index=part.index, dtype="str")
    if label_column:
        part[label_column] = part[PART]
    return part


def _exclude(units: pd.DataFrame, mask: pd.Series, reason: str, rule: str) -> None:
    """The first reason that applies is the unit's reason; later ones do not overwrite it."""
    fresh = mask & (units[ROLE] == "")
    units.loc[fresh, [ROLE, REASON, RULE]] = ["excluded", reason, rule]


def _text_columns(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in RESERVED_COLUMNS]
