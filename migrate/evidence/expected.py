"""Do the raw extracts add up to the figures in the customer's own reports (``expected.yaml``)?

A figure is a count or a sum over the rows of one table, all of them unless ``where`` says
otherwise; with ``by``, one value for each value of that column::

    figures:
      - name: won deals
        table: deals            # or erp.deals
        measure: count
        where: {result: won}
        value: 272
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from migrate.errors import MappingError
from migrate.evidence.raw_rows import columns_of, extract_file, table_spec
from migrate.evidence.reconcile_rules import amount
from migrate.evidence.reconcile_values import ReconcileInputs, TotalLine
from migrate.registry import did_you_mean
from migrate.specs.problems import raise_errors
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import read_yaml
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.values import Issue

_LISTED_TEXTS = 20


@dataclass(frozen=True)
class Figure:
    """One figure of a report: ``values`` by the value of ``by``, or under "" without it."""

    name: str
    table: str
    measure: Literal["count", "sum"]
    values: Mapping[str, Decimal]
    column: str = ""
    by: str = ""
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decimal: Literal["", ".", ","] = ""
    where: str = ""


@dataclass(frozen=True)
class FigureCheck:
    """The figures held against the extract: a line each, and raw texts that are no numbers."""

    lines: tuple[TotalLine, ...]
    unreadable: tuple[tuple[str, str, int], ...] = ()
    gaps: tuple[str, ...] = ()


def read_expected(path: Path) -> tuple[Figure, ...]:
    """Read the figures. Raises MappingError with everything that is wrong with the file."""
    issues: list[Issue] = []
    reader = Reader(read_yaml(path), path.name, issues)
    figures = [_figure(entry) for entry in reader.items("figures", "figure")]
    reader.done()
    raise_errors(issues)
    return tuple(figures)


def _figure(reader: Reader) -> Figure:
    measure = reader.choice("measure", ("count", "sum"), "count")
    column, by = reader.text("column"), reader.text("by")
    where = reader.mapping("where")
    conditions = {name: where.texts(name) for name in where.names}
    key = "values" if by else "value"
    texts = reader.text_map("values") if by else {"": reader.text("value", required=True)}
    if (measure == "sum") != bool(column):
        reader.refuse("missing_key", "a sum, and nothing else, needs 'column'", key="column")
    values: dict[str, Decimal] = {}
    for name, text in texts.items():
        try:
            values[name] = Decimal(text)
        except ArithmeticError:
            reader.refuse(
                "wrong_value", "must be a number such as 1234.50", key=key,
                hint="write it without spaces, with a decimal point",
            )  # fmt: skip
    figure = Figure(
        reader.text("name", required=True), reader.text("table", required=True), measure, values,
        column, by, conditions, reader.choice("decimal", ("", ".", ","), ""), reader.where,
    )  # fmt: skip
    reader.done()
    return figure


def check_figures(inputs: ReconcileInputs, figures: Sequence[Figure]) -> FigureCheck:
    """Hold every figure against the raw extract, outside mapping and transform."""
    lines: list[TotalLine] = []
    unreadable: list[tuple[str, str, int]] = []
    gaps: list[str] = []
    for figure in figures:
        table = _table_of(inputs, figure)
        path = extract_file(inputs.plan, table)
        if not path.exists():
            gaps.append(f"{figure.name}: the plan did not extract {table}")
            continue
        _require_columns(inputs, figure, path)
        found = _figures_found(inputs, figure, table, path)
        for group in dict.fromkeys([*figure.values, *found]):
            if group not in figure.values and figure.conditions.get(figure.by):
                continue
            said, is_there = figure.values.get(group, Decimal(0)), found.get(group, Decimal(0))
            lines.append(
                TotalLine(
                    f"{figure.name} (reported)",
                    group,
                    amount(is_there),
                    amount(said),
                    difference=amount(is_there - said),
                )
            )
        unreadable += _unreadable(inputs, figure, table, path)
    return FigureCheck(tuple(lines), tuple(unreadable), tuple(gaps))


def _table_of(inputs: ReconcileInputs, figure: Figure) -> str:
    names = [f"{source}.{figure.table}" for source in inputs.project.sources]
    known = [name for name in (figure.table, *names) if extract_file(inputs.plan, name).exists()]
    if len(known) > 1:
        raise MappingError(
            f"{figure.name}: more than one source has a table {figure.table!r}",
            hint=f"write table: {known[0]}",
            where=figure.where,
        )
    return known[0] if known else figure.table


def _require_columns(inputs: ReconcileInputs, figure: Figure, path: Path) -> None:
    held = columns_of(inputs.connection, path)
    for column in (figure.column, figure.by, *figure.conditions):
        if column and column not in held:
            raise MappingError(
                f"{figure.name}: {figure.table} has no column {column!r}",
                hint=did_you_mean(column, [name for name in held if not name.startswith("_")]),
                where=figure.where,
            )


def _source(inputs: ReconcileInputs, figure: Figure, table: str, path: Path) -> str:
    nulls = (*inputs.project.nulls, *table_spec(inputs.project, table).nulls)
    spellings = ", ".join(literal(text) for text in ("", *nulls))
    conditions = ["TRUE"]
    for column, wanted in figure.conditions.items():
        texts = ", ".join(literal(text.strip().casefold()) for text in wanted)
        conditions.append(f"lower(outer_trim({quote(column)})) IN ({texts})")
    value = quote(figure.column) if figure.column else "''"
    group = f"coalesce(outer_trim({quote(figure.by)}), '')" if figure.by else "''"
    return (
        f"(SELECT {group} AS g, CASE WHEN outer_trim({value}) NOT IN ({spellings}) THEN {value} END "
        f"AS v FROM {sets.parquet([path])} WHERE {' AND '.join(conditions)})"
    )


def _figures_found(
    inputs: ReconcileInputs, figure: Figure, table: str, path: Path
) -> dict[str, Decimal]:
    number = f"loose_decimal(v, {literal(figure.decimal or '.')})"
    measure = f"coalesce(sum({number}), 0)" if figure.measure == "sum" else "count(*)"
    rows = sets.run(
        inputs.connection,
        f"SELECT g, {measure} FROM {_source(inputs, figure, table, path)} GROUP BY 1 ORDER BY 1",
    )
    found = {str(group): Decimal(value) for group, value in rows}
    # the reports and the tables need not agree on the case of a group's name
    said = {name.strip().casefold(): name for name in figure.values}
    renamed: dict[str, Decimal] = {}
    for group, value in found.items():
        name = said.get(group.casefold(), group)
        renamed[name] = renamed.get(name, Decimal(0)) + value
    return renamed


def _unreadable(
    inputs: ReconcileInputs, figure: Figure, table: str, path: Path
) -> list[tuple[str, str, int]]:
    if figure.measure != "sum":
        return []
    rows = sets.run(
        inputs.connection,
        f"SELECT v, count(*) FROM {_source(inputs, figure, table, path)} WHERE v IS NOT NULL AND "
        f"loose_decimal(v, {literal(figure.decimal or '.')}) IS NULL GROUP BY 1 "
        f"ORDER BY 2 DESC, 1 LIMIT {_LISTED_TEXTS}",
    )
    return [(figure.name, str(text), int(count)) for text, count in rows]
