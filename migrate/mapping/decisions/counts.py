"""How often does each value that somebody must decide on occur, and how many rows are left out?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.specs.mapping import Block, MappingSpec
from migrate.transform.conditions import meets
from migrate.transform.rows import without_nulls
from migrate.values import Table

MOST_DISTINCT = 100_000
"""A column with more values than this holds none that people decide on one by one."""


@dataclass(frozen=True)
class TableCounts:
    """What a whole table holds: ``filled`` rows by column, ``values`` with how often each occurs.

    ``excluded``: block and number of its rule -> rows; a rule that cannot be held against the table
    alone is not in it. A column with too many values has no entry in ``values``.
    """

    table: str
    rows: int = 0
    filled: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    excluded: Mapping[tuple[str, int], int] = field(default_factory=dict)


def count_table(
    table: Table, mapping: MappingSpec, *, columns: Collection[str] = (), nulls: Sequence[str] = ()
) -> TableCounts:
    """Read a table once, batch by batch: its fill, the values of ``columns``, its exclusions.

    Raises SourceError when the table cannot be read.
    """
    names = table.column_names
    filled = dict.fromkeys(names, 0)
    values: dict[str, Counter[str]] = {name: Counter() for name in columns if name in names}
    rules = [
        (block.name, number, exclusion.condition)
        for block in mapping.blocks
        if block.table == table.name and _is_plain(block)
        for number, exclusion in enumerate(block.exclusions)
        if set(exclusion.condition.columns) <= set(names)
    ]
    excluded = {(name, number): 0 for name, number, _ in rules}
    rows = 0
    for batch in table.batches():
        frame = without_nulls(batch, nulls)
        rows += len(frame)
        for name in names:
            filled[name] += int(frame[name].notna().sum())
        for name in list(values):
            counted = frame[name].dropna().str.strip().value_counts()
            values[name].update({str(text): int(n) for text, n in counted.items()})
            if len(values[name]) > MOST_DISTINCT:
                del values[name]
        for name, number, condition in rules:
            excluded[name, number] += int(meets(frame, condition).sum())
    return TableCounts(
        table.name,
        rows,
        filled,
        {name: dict(counter.most_common()) for name, counter in values.items()},
        excluded,
    )


def _is_plain(block: Block) -> bool:
    """Whether each row of the table is one unit of the block, so that rows can be counted."""
    return block.unpivot is None
