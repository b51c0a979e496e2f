"""Which columns of different tables hold the same kind of thing, often the same values?

Of every column a sample of its distinct values' hashes is kept, the smallest ones: of two columns
the samples meet where the columns do, so that the share they have in common can be told without
comparing all with all. A column of fewer values than the sample holds is known exactly.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from migrate.profiling.assessment import ColumnProfile, Reference, SameMeaning, TableProfile
from migrate.profiling.names import subject, words
from migrate.store.duck import Connection

SAMPLE = 512
# Values of these kinds meet by chance: numbers from 1, days, yes and no.
_BY_CHANCE = frozenset(("date", "datetime", "integer", "decimal", "money", "percent", "boolean",
                        "long_text", "empty"))  # fmt: skip
_NAMELESS = frozenset(("category", "text", "identifier"))
_FEWEST, _OVERLAP, _STRONG = 3, 0.1, 0.5
_NAMED_ALIKE = 0.8
_MOST = 200


@dataclass(frozen=True)
class Sample:
    """The smallest hashes of a column's distinct values; ``is_whole`` when they are all of them."""

    hashes: frozenset[int]
    distinct: int

    @property
    def is_whole(self) -> bool:
        return self.distinct <= len(self.hashes)

    @property
    def reach(self) -> int:
        """Up to which hash every value of the column is in the sample."""
        return 2**64 if self.is_whole else max(self.hashes)


def sample(connection: Connection, column: ColumnProfile) -> Sample | None:
    """Sample the column last profiled; None where its values say nothing."""
    if column.meaning.type in _BY_CHANCE - {"integer"} or column.distinct < 2:
        return None
    text = "lower(trim(v))"
    if column.meaning.type == "phone":
        text = "right(regexp_replace(v, '[^0-9]', '', 'g'), 9)"
    rows = connection.execute(
        f"SELECT hash({text}) AS h FROM one ORDER BY h LIMIT {4 * SAMPLE}"
    ).fetchall()  # several spellings may have one hash
    hashes = frozenset(sorted({int(value) for (value,) in rows})[:SAMPLE])
    return Sample(hashes, len(hashes) if len(hashes) < SAMPLE else max(column.distinct, SAMPLE + 1))


def overlap(first: Sample, second: Sample) -> tuple[float, int, bool]:
    """Say which share of the smaller column's values the other one has, how many that is, and
    whether it is an estimate.

    >>> overlap(Sample(frozenset({1, 2, 3, 4}), 4), Sample(frozenset({3, 4, 5, 6, 7}), 5))
    (0.5, 2, False)
    """
    reach = min(first.reach, second.reach)
    ours = {value for value in first.hashes if value <= reach}
    theirs = {value for value in second.hashes if value <= reach}
    smaller = first if first.distinct <= second.distinct else second
    of_smaller = ours if smaller is first else theirs
    if not of_smaller:
        return 0.0, 0, True
    share = len(ours & theirs) / len(of_smaller)
    is_estimated = not (first.is_whole and second.is_whole)
    return share, round(share * smaller.distinct), is_estimated


def contained(part: Sample, whole: Sample) -> float:
    """Say which share of ``part`` is in ``whole``, as far as the samples tell.

    >>> contained(Sample(frozenset({1, 2}), 2), Sample(frozenset({1, 2, 3}), 3))
    1.0
    """
    reach = min(part.reach, whole.reach)
    known = [value for value in part.hashes if value <= reach]
    return sum(value in whole.hashes for value in known) / len(known) if known else 0.0


def find_same_meanings(
    profiles: Sequence[TableProfile],
    samples: Mapping[tuple[str, str], Sample],
    references: Iterable[Reference] = (),
) -> tuple[SameMeaning, ...]:
    """List the pairs of columns of different tables that mean the same, the surest first.

    Columns that a reference ties together are left out: they are listed as references.
    """
    tied = {
        frozenset(((found.table, ours), (found.target_table, theirs)))
        for found in references
        for ours, theirs in zip(found.columns, found.target_columns, strict=True)
    }
    known = [
        (table.name, column)
        for table in profiles
        for column in table.columns
        if (table.name, column.name) in samples and column.meaning.type not in _BY_CHANCE
    ]
    found = []
    for (table, column), (other_table, other) in combinations(known, 2):
        pair = ((table, column.name), (other_table, other.name))
        if table == other_table or frozenset(pair) in tied:
            continue
        if column.meaning.type != other.meaning.type:
            continue
        same = _same(pair, column, other, samples)
        if same:
            found.append(same)
    return tuple(sorted(found, key=lambda same: (-same.score, same.first, same.second))[:_MOST])


def _same(
    pair: tuple[tuple[str, str], tuple[str, str]],
    column: ColumnProfile,
    other: ColumnProfile,
    samples: Mapping[tuple[str, str], Sample],
) -> SameMeaning | None:
    share, shared, is_estimated = overlap(samples[pair[0]], samples[pair[1]])
    alike = difflib.SequenceMatcher(None, words(column.name), words(other.name)).ratio()
    is_named_alike = alike >= _NAMED_ALIKE
    if column.meaning.type in _NAMELESS:
        holds = shared >= _FEWEST and share >= _STRONG and (is_named_alike or share >= 0.8)
        if "integer" in (column.type, other.type) and not (is_named_alike and subject(column.name)):
            return None  # 1, 2, 3 are in every `id`
    else:
        holds = is_named_alike or (shared >= _FEWEST and share >= _OVERLAP)
    if not holds:
        return None
    score = 0.5 * share + 0.3 * (column.meaning.type not in _NAMELESS) + 0.2 * alike
    return SameMeaning(
        pair[0], pair[1], column.meaning.type, shared, round(share, 4), is_estimated,
        round(score, 3),
    )  # fmt: skip
