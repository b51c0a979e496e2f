"""Which values break which rule? The one door to Great Expectations.

Failing positions come from Great Expectations, values from our own frames: its complete result
would carry a copy of every failing row.
"""

from __future__ import annotations

import functools
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from migrate.errors import MappingError
from migrate.registry import did_you_mean
from migrate.validation.offered import snake
from migrate.validation.rules import FLAGS, Rule
from migrate.values import BATCH_ROWS, Issue, Progress, silent

FAILURE_COLUMNS = ("external_id", "field", "code", "severity", "value", "message", "hint")

_POSITIONS = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
_NUMBER, _TIME = "#number:", "#time:"
_MOMENT_DIGITS = 14  # 20240331153000: text of this width compares as moments do
_SHOWN_VALUES = 5


class Figure(NamedTuple):
    """What an aggregate rule found over all rows; ``observed`` is text, "" where there is none."""

    rule: Rule
    is_met: bool
    observed: str


def validate(
    frames: Iterable[pd.DataFrame],
    rules: Sequence[Rule],
    *,
    key: str = "external_id",
    progress: Progress = silent,
) -> Iterator[pd.DataFrame]:
    """Yield the failures of each frame (FAILURE_COLUMNS, one line for each broken rule and row).

    Row-level rules alone are run; aggregates are for :func:`aggregate`. The frames hold canonical
    text; only ``required_missing`` fails on a missing value, and an empty text counts as missing.

    >>> rule = Rule("too_long", "name", "ExpectColumnValueLengthsToEqual",
    ...             {"column": "name", "value": 2})
    >>> frame = pd.DataFrame({"external_id": ["a", "b"], "name": ["SK", "SVK"]})
    >>> next(validate([frame], [rule]))[["external_id", "code", "value"]].values.tolist()
    [['b', 'too_long', 'SVK']]
    """
    row_rules = [rule for rule in rules if not rule.is_aggregate]
    done = 0
    for frame in frames:
        parts = [
            _failures(frame.iloc[start : start + BATCH_ROWS], row_rules, key)
            for start in range(0, len(frame), BATCH_ROWS)
        ]
        done += len(frame)
        progress("validate", done, 0)
        yield _joined(parts)


def aggregate(frames: Iterable[pd.DataFrame], rules: Sequence[Rule]) -> list[Figure]:
    """Judge the aggregate rules over all rows, keeping no column that none of them reads.

    >>> rule = Rule("rule_mean", "amount", "ExpectColumnMeanToBeBetween",
    ...             {"column": "amount", "min_value": 10}, is_aggregate=True, numbers=("amount",))
    >>> frames = [pd.DataFrame({"amount": ["1.5"]}), pd.DataFrame({"amount": ["2.5"]})]
    >>> [(figure.is_met, figure.observed) for figure in aggregate(frames, [rule])]
    [(False, '2')]
    """
    rules = [rule for rule in rules if rule.is_aggregate]
    if not rules:
        return []
    parts = [_judged(frame, rules) for frame in frames]
    if not parts:
        names = {name for rule in rules for name in rule.columns}
        parts = [_judged(pd.DataFrame({name: pd.Series(dtype="str") for name in names}), rules)]
    whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    del parts
    results = _run(whole, rules, _COUNTS)
    return [
        Figure(rule, bool(result.success), _observed(rule, result.result))
        for rule, result in zip(rules, results, strict=True)
    ]


def figure_issues(figures: Iterable[Figure], entity: str) -> list[Issue]:
    """The issues that unmet aggregate rules are: no row can be blamed, so none is refused."""
    return [
        Issue(
            figure.rule.code,
            figure.rule.severity,
            f"{figure.rule.message}; {_said(figure)}",
            entity=entity,
            column=figure.rule.field,
            place=figure.rule.where,
            value=figure.observed,
            hint=figure.rule.hint,
        )
        for figure in figures
        if not figure.is_met
    ]


def _said(figure: Figure) -> str:
    """The figure, unless it is some record's own value: that is in the issue's value, masked."""
    if not figure.observed:
        return "there is no value to judge"
    quotes = any(word in figure.rule.expectation for word in ("Min", "Max", "MostCommon"))
    return "over all records it is not so" if quotes else f"found {figure.observed}"


def no_failures() -> pd.DataFrame:
    """An empty frame of failures."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in FAILURE_COLUMNS})


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else no_failures()


# -- rows -------------------------------------------------------------------------------------


def _failures(frame: pd.DataFrame, rules: Sequence[Rule], key: str) -> pd.DataFrame:
    if not rules:
        return no_failures()
    found: list[tuple[int, Rule, np.ndarray[Any, Any]]] = []
    results = _run(_judged(frame, rules), rules, _POSITIONS)
    for number, (rule, result) in enumerate(zip(rules, results, strict=True)):
        positions = result.result.get("unexpected_index_list") or []
        if positions:
            found.append((number, rule, np.asarray(positions, dtype="int64")))
    if not found:
        return no_failures()
    places = np.concatenate([positions for _, _, positions in found])
    numbers = np.concatenate([np.full(len(places_), n) for n, _, places_ in found])
    failures = pd.concat([_lines(frame, r, at, key) for _, r, at in found], ignore_index=True)
    return failures.iloc[np.lexsort((numbers, places))].reset_index(drop=True)


def _lines(
    frame: pd.DataFrame, rule: Rule, positions: np.ndarray[Any, Any], key: str
) -> pd.DataFrame:
    lines = pd.DataFrame({"external_id": frame[key].take(positions).array}).astype("str")
    texts = {
        "field": rule.field, "code": rule.code, "severity": rule.severity, "value": None,
        "message": rule.message, "hint": rule.hint,
    }  # fmt: skip
    for name, text in texts.items():
        lines[name] = pd.Series(text, index=lines.index, dtype="str")
    if rule.field in frame:
        lines["value"] = pd.Series(frame[rule.field].take(positions).array).astype("str")
    return lines


# -- the columns as the rules compare them ----------------------------------------------------


def _judged(frame: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """The columns that the rules read, by position, each in the form that they compare."""
    columns: dict[str, pd.Series] = {}
    for rule in rules:
        for name in rule.columns:
            if name not in frame:
                raise _no_column(name, rule, frame)
            form = _form(rule, name)
            if form not in columns:
                columns[form] = _converted(frame[name], form)
    return pd.DataFrame(columns)


def _form(rule: Rule, name: str) -> str:
    if name in rule.numbers:
        return _NUMBER + name
    return _TIME + name if name in rule.times else name


def _converted(values: pd.Series, form: str) -> pd.Series:
    values = values.reset_index(drop=True)
    if values.dtype == bool:
        return values.map({True: "true", False: "false"}).astype("str")
    if form.startswith(_NUMBER):
        return pd.to_numeric(values, errors="coerce").astype("float64")
    if form.startswith(_TIME):
        return pd.to_numeric(_digits(values), errors="coerce").astype("float64")
    is_empty = values == ""
    return values.mask(is_empty) if is_empty.any() else values


def _digits(values: pd.Series) -> pd.Series:
    digits = values.str.replace("[^0-9]", "", regex=True).str.slice(0, _MOMENT_DIGITS)
    return digits.str.pad(_MOMENT_DIGITS, side="right", fillchar="0")


def _no_column(name: str, rule: Rule, frame: pd.DataFrame) -> MappingError:
    if name.startswith(FLAGS):
        hint = "it has to be computed over the whole set before the records are validated"
    else:
        hint = did_you_mean(name, [str(column) for column in frame.columns])
    return MappingError(
        f"rule {rule.code} of {rule.field} reads the column {name!r}, which the records lack",
        hint=hint,
        where=rule.where,
    )


# -- Great Expectations -----------------------------------------------------------------------


def _run(judged: pd.DataFrame, rules: Sequence[Rule], result_format: dict[str, Any]) -> list[Any]:
    """The result of each rule, in the order of the rules."""
    gx, batches = _opened()
    suite = gx.ExpectationSuite(
        name="rules", expectations=[_expectation(gx, n, rule) for n, rule in enumerate(rules)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = batches.get_batch(batch_parameters={"dataframe": judged})
        report = batch.validate(suite, result_format=result_format)
        # The library keeps the last frame it was handed; a million rows would stay for good.
        empty = batches.get_batch(batch_parameters={"dataframe": judged.iloc[:0].copy()})
        empty.validate(gx.ExpectationSuite(name="nothing"))
    results = {result.expectation_config.meta["rule"]: result for result in report.results}
    for number, rule in enumerate(rules):
        if "result" not in results[number] or not _was_run(results[number].exception_info):
            # The library's own text may quote the customer's values, so it is not passed on.
            raise MappingError(
                f"{snake(rule.expectation)} cannot be run on {rule.field}",
                hint="check its arguments and the type of the field",
                where=rule.where,
            )
    return [results[number] for number in range(len(rules))]


def _was_run(exception_info: dict[str, Any]) -> bool:
    """Where metrics failed, the information is keyed by metric and lacks this entry."""
    return exception_info.get("raised_exception") is False


def _expectation(gx: Any, number: int, rule: Rule) -> Any:
    arguments = dict(rule.arguments)
    for name in ("column", "column_A", "column_B"):
        if name in arguments:
            arguments[name] = _form(rule, arguments[name])
    if "column_list" in arguments:
        arguments["column_list"] = [_form(rule, name) for name in arguments["column_list"]]
    if rule.times:
        for name in ("min_value", "max_value"):
            if arguments.get(name) is not None:
                bound = _digits(pd.Series([str(arguments[name])], dtype="str"))
                arguments[name] = float(bound[0])
    kind = getattr(gx.expectations, rule.expectation)
    return kind(**arguments, meta={"rule": number})


@functools.cache
def _opened() -> tuple[Any, Any]:
    """The library, imported once it is needed, and a place in memory to hand frames to it.

    It would otherwise report its use over the network, draw progress bars and log tracebacks with
    values in them.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx

        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas("records").add_dataframe_asset("records")
        return gx, asset.add_batch_definition_whole_dataframe("records")


# -- figures ----------------------------------------------------------------------------------


def _observed(rule: Rule, result: dict[str, Any]) -> str:
    value = result.get("observed_value")
    if value is None and "unexpected_percent" in result:
        return f"{result['unexpected_percent'] or 0:.4g} % do not fit"
    if value is None:
        counts = {"other values": "unexpected_count", "missing values": "missing_count"}
        return ", ".join(f"{result[c]} {word}" for word, c in counts.items() if c in result)
    if isinstance(value, list | tuple | set):
        texts = sorted(map(str, value))
        more = f" and {len(texts) - _SHOWN_VALUES} more" if len(texts) > _SHOWN_VALUES else ""
        return ", ".join(texts[:_SHOWN_VALUES]) + more
    if value != value:  # NaN
        return ""
    if rule.times:
        return _moment(int(value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _moment(digits: int) -> str:
    """The ISO text of a moment's digits.

    >>> _moment(20240331000000), _moment(20240331153000)
    ('2024-03-31', '2024-03-31T15:30:00')
    """
    text = f"{digits:0{_MOMENT_DIGITS}d}"
    date = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    clock = text[8:]
    return date if clock == "000000" else f"{date}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
