"""Which columns refer to which tables, and what do they not find there?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.profiling.assessment import ColumnProfile, Reference, TableProfile
from migrate.profiling.names import key_score, refers_score, refers_to_itself
from migrate.profiling.same_meaning import Sample, contained
from migrate.profiling.scratch import Stored
from migrate.store.duck import Connection
from migrate.values import Table

_INCLUDED = 0.95
_NAMED_OUTRIGHT, _INCLUDED_WHEN_NAMED = 1.0, 0.5
"""A column that is called after its target is a reference, however many of its rows are orphans."""
_CODES_INCLUDED = 0.8  # codes that are written alike and found there this often are no chance
_EXAMPLES = 5
_BY_VALUES = 0.6  # how sure values alone make a reference
_FEWEST = 10  # distinct values
_MOST_MEASURED = 50


@dataclass(frozen=True)
class _Guess:
    column: str
    target: str
    key: str
    score: float


def find_references(
    connection: Connection,
    tables: Sequence[Table],
    profiles: Sequence[TableProfile],
    views: Mapping[str, Stored],
    samples: Mapping[tuple[str, str], Sample] | None = None,
) -> tuple[Reference, ...]:
    """Measure every declared reference, and infer those that names and values agree on.

    Where ``samples`` are given, codes that are all found in another table's key are a reference
    whatever the column is called (numbers are not: 1, 2, 3 are in every key).
    """
    measured = 0
    result: list[Reference] = []
    for table, profile in zip(tables, profiles, strict=True):
        declared = [
            measure(connection, views, table.name, key.columns, key.target_table,
                    key.target_columns, is_declared=True)
            for key in table.foreign_keys
            if key.target_table in views
            and set(key.target_columns) <= set(views[key.target_table].columns)
        ]  # fmt: skip
        result += declared
        known = {column for reference in declared for column in reference.columns}
        for column in profile.columns:
            if (
                column.name in known
                or not column.filled
                or column.name in profile.key[:1] * (len(profile.key) == 1)
            ):
                continue
            found = _inferred(connection, views, profile, column.name, profiles)
            if found is None and samples and measured < _MOST_MEASURED:
                found, tried = _by_values(connection, views, profile, column, profiles, samples)
                measured += tried
            if found:
                result.append(found)
    return tuple(result)


def _by_values(
    connection: Connection,
    views: Mapping[str, Stored],
    table: TableProfile,
    column: ColumnProfile,
    profiles: Iterable[TableProfile],
    samples: Mapping[tuple[str, str], Sample],
) -> tuple[Reference | None, int]:
    """The key in which all values of a column of codes are found, and how many keys were tried."""
    ours = samples.get((table.name, column.name))
    if ours is None or column.meaning.type != "identifier" or column.distinct < _FEWEST:
        return None, 0
    if column.type in ("integer", "decimal"):
        return None, 0
    tried = 0
    for target in profiles:
        for key in target.key if len(target.key) == 1 else ():
            theirs = samples.get((target.name, key))
            if (
                theirs is None
                or target.name == table.name
                or contained(ours, theirs) < _CODES_INCLUDED
            ):
                continue
            tried += 1
            found = measure(
                connection, views, table.name, (column.name,), target.name, (key,),
                is_declared=False,
            )  # fmt: skip
            if found.rows and found.included >= _CODES_INCLUDED:
                return replace(found, score=round(_BY_VALUES * found.included, 3)), tried
    return None, tried


def _inferred(
    connection: Connection,
    views: Mapping[str, Stored],
    table: TableProfile,
    column: str,
    profiles: Iterable[TableProfile],
) -> Reference | None:
    guesses = sorted(_guesses(table, column, profiles), key=lambda guess: -guess.score)
    for guess in guesses[:5]:
        reference = measure(
            connection, views, table.name, (column,), guess.target, (guess.key,), is_declared=False
        )
        least = _INCLUDED_WHEN_NAMED if guess.score >= _NAMED_OUTRIGHT else _INCLUDED
        if reference.rows and reference.included >= least:
            sure = min(1.0, 0.5 + 0.5 * min(guess.score, 1.0))
            return replace(reference, score=round(sure * reference.included, 3))
    return None


def _guesses(
    table: TableProfile, column: str, profiles: Iterable[TableProfile]
) -> Iterator[_Guess]:
    """Yield what the name may refer to; the values alone prove nothing (1, 2, 3 is in every key)."""
    for target in profiles:
        for key in _keys(target):
            if target.name == table.name:
                if key != column and refers_to_itself(column):
                    yield _Guess(column, target.name, key, 0.85)
            elif score := refers_score(column, target.name, key):
                # Views repeat the keys of tables; the table that declares the key is meant.
                yield _Guess(column, target.name, key, score + 0.5 * target.key_is_declared)


def _keys(target: TableProfile) -> tuple[str, ...]:
    """Give the keys that others may refer to: the declared one, else columns named like a key."""
    if target.key_is_declared:
        return target.key if len(target.key) == 1 else ()
    return tuple(key for key in target.candidate_keys if key_score(key, target.name))


def measure(
    connection: Connection,
    views: Mapping[str, Stored],
    table: str,
    columns: tuple[str, ...],
    target_table: str,
    target_columns: tuple[str, ...],
    *,
    is_declared: bool,
) -> Reference:
    """Count a reference's rows, orphans, and closed circles where it stays in its table."""
    child, parent = views[table], views[target_table]
    ours, theirs = child.listed(columns), parent.listed(target_columns)
    filled = " AND ".join(f"child.{name} IS NOT NULL" for name in ours)
    keys = ", ".join(f"{name} AS k{index}" for index, name in enumerate(theirs))
    joined = " AND ".join(f"child.{name} = parent.k{index}" for index, name in enumerate(ours))
    source = (
        f"{child.view} AS child LEFT JOIN (SELECT DISTINCT {keys} FROM {parent.view}) AS parent"
        f" ON {joined} WHERE {filled}"
    )
    rows, orphans = connection.execute(
        f"SELECT count(*), count(*) FILTER (parent.k0 IS NULL) FROM {source}"
    ).fetchall()[0]
    examples: tuple[str, ...] = ()
    if orphans:
        shown = " || ' / ' || ".join(f"child.{name}" for name in ours)
        examples = tuple(
            str(value)
            for (value,) in connection.execute(
                f"SELECT DISTINCT {shown} AS e FROM {source} AND parent.k0 IS NULL"
                f" ORDER BY e LIMIT {_EXAMPLES}"
            ).fetchall()
        )
    cycles = 0
    if table == target_table and len(columns) == 1:
        cycles = _cycles(connection, child.view, theirs[0], ours[0])
    return Reference(
        table, columns, target_table, target_columns, is_declared, int(rows), int(orphans),
        examples, cycles,
    )  # fmt: skip


def _cycles(connection: Connection, view: str, key: str, parent: str) -> int:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE chain AS SELECT {key} AS k, {parent} AS p,"
        f" row_number() OVER () - 1 AS i FROM {view} WHERE {key} IS NOT NULL"
    )
    found = connection.execute(
        "SELECT child.i AS i, parent.i AS p FROM chain AS child JOIN chain AS parent"
        " ON child.p = parent.k"
    ).fetchall()
    return count_cycles(dict(found))


def count_cycles(parents: Mapping[int, int]) -> int:
    """Count the closed circles when each points to its parent.

    >>> count_cycles({1: 2, 2: 3, 3: 1, 4: 1, 5: 5})
    2
    """
    walk_of: dict[int, int] = {}
    cycles = 0
    for walk, start in enumerate(parents):
        here = start
        while here in parents and here not in walk_of:
            walk_of[here] = walk
            here = parents[here]
        cycles += walk_of.get(here) == walk and here in parents
    return cycles
