"""Which tables stand inside another one: numbered columns, lists in a cell, rows of several kinds?

Numbered columns and lists become tables of their own beside the first, which keeps them as they
were: such a table is a view, to be mapped or not. Rows of several kinds are parted: each row is in
exactly one table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from operator import itemgetter

import pandas as pd
import pyarrow as pa

from migrate.extractors._profiles.rows import Plan, Watched, rows_of
from migrate.extractors._text import frame_of
from migrate.specs.profile import NUMBER, PART, Branch, Group, Listing, Split
from migrate.values import Column, ForeignKey, Issue, Table

POSITION = "position"
Cells = tuple[str | None, ...]
Rows = Callable[[pd.DataFrame], Iterator[tuple[int, Cells]]]


def children_of(plan: Plan, main: Table, names: Mapping[str, str]) -> list[Table]:
    """Give the tables that the columns of ``main`` hold; none where its rows have no key."""
    key = plan.row_key or (plan.table.key[0] if len(plan.table.key) == 1 else "")
    if key not in plan.names:
        return []
    tables = []
    for group in plan.table.groups:
        sources = _sources(group, plan.names)
        if sources:
            columns = tuple(dict.fromkeys(group.parts.values()))
            rows = _group_rows(group, sources, columns)
            tables.append(_child(plan, main, group.table, key, columns, rows, []))
    for listing in plan.table.lists:
        if listing.table and listing.column in plan.names:
            rows = _list_rows(listing)
            target = plan.profile.table(listing.references)
            foreign = (
                [ForeignKey((listing.value,), names[target.name], target.key)]
                if target and target.name in names and len(target.key) == 1
                else []
            )
            tables.append(_child(plan, main, listing.table, key, (listing.value,), rows, foreign))
    return tables


def _child(
    plan: Plan,
    main: Table,
    name: str,
    key: str,
    columns: Sequence[str],
    rows_in: Rows,
    foreign_keys: Sequence[ForeignKey],
) -> Table:
    """``rows_in(frame)`` gives for each value: the position of its row in the frame, and the cells."""
    parent = key if key not in columns else f"parent_{key}"
    labels = (parent, POSITION, *columns)
    issues: list[Issue] = []

    def read(rows: int) -> Iterator[pd.DataFrame]:
        issues.clear()
        ordinal = 0
        pending: list[Cells] = []
        yielded = False
        for frame in rows_of(plan, rows):
            keys = _texts(frame[key])
            positions: Counter[int] = Counter()
            for number, values in sorted(rows_in(frame), key=itemgetter(0)):
                positions[number] += 1
                pending.append((keys[number], str(positions[number]), *values))
                if len(pending) == rows:
                    yielded = True
                    yield _frame(labels, pending, ordinal)
                    ordinal += len(pending)
                    pending = []
        if pending or not yielded:
            yield _frame(labels, pending, ordinal)

    def count() -> int:
        return sum(1 for frame in rows_of(plan, 50_000) for _ in rows_in(frame))

    return Table(
        name=name,
        columns=tuple(Column(label) for label in labels),
        origin=main.origin,
        read=read,
        count=count,
        key=(parent, POSITION),
        foreign_keys=(ForeignKey((parent,), main.name, (key,)), *foreign_keys),
        reading={},
        issues=lambda: tuple(issues),
        is_view=True,
    )


def _frame(labels: Sequence[str], rows: list[Cells], before: int) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * len(labels)
    return frame_of(labels, columns, range(before + 1, before + len(rows) + 1))


def _texts(values: pd.Series) -> list[str | None]:
    """Give a column's texts, None where there is none."""
    texts: list[str | None] = pa.array(values, pa.large_string()).to_pylist()
    return texts


def _sources(group: Group, headers: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Give the columns of each number: (header, column it becomes), the first number first.

    >>> group = Group("phones", ("Phone {n} - {part}",), {"Label": "label", "Value": "phone"})
    >>> _sources(group, ["Name", "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Value"])
    [[('Phone 1 - Label', 'label'), ('Phone 1 - Value', 'phone')], [('Phone 2 - Value', 'phone')]]
    """
    parts = {part.casefold(): column for part, column in group.parts.items()}
    found: dict[int, list[tuple[str, str]]] = {}
    for pattern in group.patterns:
        shape = re.escape(pattern).replace(re.escape(NUMBER), r"(?P<number>\d+)")
        shape = shape.replace(re.escape(PART), f"(?P<part>{'|'.join(map(re.escape, parts))})")
        for header in headers:
            if match := re.fullmatch(shape, header, re.IGNORECASE):
                number = int(match.groupdict().get("number") or 1)
                found.setdefault(number, []).append((header, parts[match["part"].casefold()]))
    return [found[number] for number in sorted(found)]


def _group_rows(group: Group, sources: list[list[tuple[str, str]]], columns: Sequence[str]) -> Rows:
    """Read one number's columns side by side; cells with several values are taken apart together."""

    def rows(frame: pd.DataFrame) -> Iterator[tuple[int, Cells]]:
        for source in sources:
            data = [header for header, column in source if column not in group.repeated]
            if not data:
                continue
            filled = frame.loc[frame[data].notna().any(axis=1), [header for header, _ in source]]
            cells = [_texts(filled[name]) for name in filled]
            made_of = [column for _, column in source]
            for index, row in zip(filled.index.tolist(), zip(*cells, strict=True), strict=True):
                by_column = dict(zip(made_of, row, strict=True))
                if group.separator and any(t and group.separator in t for t in row):
                    for values in _values(by_column, group):
                        yield index, tuple(values.get(column) for column in columns)
                else:
                    yield index, tuple(by_column.get(column) for column in columns)

    return rows


def _values(cells: Mapping[str, str | None], group: Group) -> Iterator[dict[str, str | None]]:
    """Take the cells of one group apart: the n-th values of all parts belong together.

    >>> group = Group("phones", ("{n}{part}",), {"T": "label", "V": "number"}, " ::: ", ("label",))
    >>> list(_values({"label": "Work", "number": "1 ::: 2"}, group))
    [{'label': 'Work', 'number': '1'}, {'label': 'Work', 'number': '2'}]
    """
    listed = {
        column: text.split(group.separator) if group.separator else [text]
        for column, text in cells.items()
        if isinstance(text, str)
    }
    most = max((len(v) for c, v in listed.items() if c not in group.repeated), default=0)
    for number in range(most):
        values: dict[str, str | None] = {}
        for column, texts in listed.items():
            if number < len(texts):
                values[column] = texts[number].strip() or None
            elif column in group.repeated:
                values[column] = texts[-1].strip() or None
        if any(value for column, value in values.items() if column not in group.repeated):
            yield values


def _list_rows(listing: Listing) -> Rows:
    separator = listing.separator.strip() or listing.separator

    def rows(frame: pd.DataFrame) -> Iterator[tuple[int, Cells]]:
        for index, text in enumerate(_texts(frame[listing.column])):
            for value in text.split(separator) if text else ():
                if value.strip():
                    yield index, (value.strip(),)

    return rows


# -- rows of several kinds ----------------------------------------------------------------------


def parted(plan: Plan, main: Table, split: Split, watched: Watched) -> list[Table]:
    """Give a table for each kind of row; together they hold every row once."""

    @cache
    def tally() -> Counter[str]:
        """How many rows of each kind there are, counted without making them."""
        back = {ours: theirs for theirs, ours in plan.rename.items()}
        column = back.get(split.column, split.column)
        counts: Counter[str] = Counter()
        for frame in plan.raw.batches():
            counts.update(kind_of_row(frame[column], split).tolist())
        return counts

    branches = {**split.branches, "": Branch(split.other)}
    first = next(iter(branches))
    others = [kind for kind in branches if kind != first]

    def rows_of_kind(kind: str) -> int:
        return tally()[kind]

    def rest_of_rows() -> int:
        """What the source's own count leaves: a row that was lost shows there."""
        return plan.raw.count() - sum(map(rows_of_kind, others))

    result = []
    for kind, branch in branches.items():
        rename = _free_names(branch, plan.names)
        columns = tuple(
            replace(c, name=rename.get(c.name, c.name), means=branch.meaning_of(c.name, c.means))
            for c in main.columns
        )
        notes = tuple(
            Issue("source_note", "info", note, entity=branch.name, place=main.origin)
            for note in branch.notes
        )
        result.append(replace(
            main,
            name=branch.name,
            columns=columns,
            read=_branch_reader(plan, split, kind, rename, watched if kind == first else None),
            count=rest_of_rows if kind == first else partial(rows_of_kind, kind),
            key=tuple(rename.get(c, c) for c in main.key),
            foreign_keys=tuple(
                replace(fk, columns=tuple(rename.get(c, c) for c in fk.columns))
                for fk in main.foreign_keys
            ),
            issues=partial(_issues_of_branch, main if kind == first else None, notes),
        ))  # fmt: skip
    return result


def _free_names(branch: Branch, names: Sequence[str]) -> dict[str, str]:
    """What the columns of a branch are called; a name that another column has is left alone."""
    staying = set(names) - set(branch.columns)
    return {
        column: name
        for column, name in branch.columns.items()
        if column in names and name not in staying
    }


def _issues_of_branch(main: Table | None, notes: tuple[Issue, ...]) -> tuple[Issue, ...]:
    return (*(main.issues() if main else ()), *notes)


def kind_of_row(values: pd.Series, split: Split) -> pd.Series:
    """Tell the kind of each row; "" for one that the profile does not name."""
    said = values.str.strip().str.upper()
    return said.where(said.isin(list(split.branches)), "").fillna("")


def _branch_reader(
    plan: Plan, split: Split, kind: str, rename: Mapping[str, str], watched: Watched | None
) -> Callable[[int], Iterator[pd.DataFrame]]:
    def read(rows: int) -> Iterator[pd.DataFrame]:
        if watched is not None:
            watched.clear()
        yielded = False
        last: pd.DataFrame | None = None
        for frame in rows_of(plan, rows, watched):
            own = frame[kind_of_row(frame[split.column], split) == kind]
            last = own.rename(columns=dict(rename)).reset_index(drop=True)
            if len(last):
                yielded = True
                yield last
        if not yielded and last is not None:
            yield last

    return read
