"""Which units are the same record by exact keys, and who represents them.

Set-wise in the scratch database; only the members of real clusters reach Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.values import RECORD_ID


@dataclass(frozen=True)
class Clusters:
    """``members``: external_id -> entity (the external id of the record they become), rows only
    for clusters of two or more; ``kept_apart``: external ids that match another record but are
    both in the target already, so that joining them is for a person to decide."""

    members: pd.DataFrame
    kept_apart: tuple[str, ...] = ()


def cluster(
    connection: sets.Connection,
    candidates: str,
    keys: Sequence[Sequence[str]],
    *,
    known: frozenset[str] = frozenset(),
) -> Clusters:
    """Cluster the rows of the query ``candidates``, which must give ``external_id, rank`` (the
    block's place in the priority), ``_record_id`` and every key field.

    Two rows match when all fields of one key are filled and equal, compared trimmed and
    case-folded. Transitive. ``known`` are external ids already in the target: a cluster keeps the
    external id it was loaded under.
    """
    pairs = [_pairs(connection, candidates, fields) for fields in keys]
    edges = pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame()
    if edges.empty:
        return Clusters(pd.DataFrame({"external_id": [], "entity": []}, dtype="str"))
    root = _union(list(zip(edges["head"], edges["external_id"], strict=True)))
    order = _order(connection, candidates, list(root))
    groups: dict[str, list[str]] = {}
    for name in sorted(root, key=lambda n: order[n]):
        groups.setdefault(root[name], []).append(name)
    rows: list[tuple[str, str]] = []
    apart: list[str] = []
    for members in groups.values():
        loaded = [name for name in members if name in known]
        head = loaded[0] if loaded else members[0]
        apart += loaded[1:]
        joined = [name for name in members if name == head or name not in loaded]
        if len(joined) > 1:
            rows += [(name, head) for name in joined]
    frame = pd.DataFrame(rows, columns=["external_id", "entity"], dtype="str")
    return Clusters(frame, tuple(apart))


def _pairs(connection: sets.Connection, candidates: str, fields: Sequence[str]) -> pd.DataFrame:
    """Each row that shares the key with an earlier one, beside the first of them."""
    parts = [f"lower(trim({quote(name)}))" for name in fields]
    filled = " AND ".join(f"trim({quote(name)}) <> ''" for name in fields)
    key = ", ".join(parts)
    return sets.frame(
        connection,
        f"SELECT external_id, head FROM (SELECT external_id, first_value(external_id) OVER "
        f"(PARTITION BY {key} ORDER BY rank, {RECORD_ID}, external_id) AS head "
        f"FROM ({candidates}) WHERE {filled}) WHERE external_id <> head",
    )


def _union(edges: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Connected components: each name -> its component's representative.

    >>> _union([("a", "b"), ("b", "c"), ("x", "y")]) == {"a": "a", "b": "a", "c": "a", "x": "x", "y": "x"}
    True
    """
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        top = name
        while parent.setdefault(top, top) != top:
            top = parent[top]
        while parent[name] != top:
            parent[name], name = top, parent[name]
        return top

    for one, other in edges:
        first, second = find(one), find(other)
        if first != second:
            parent[max(first, second)] = min(first, second)
    return {name: find(name) for name in list(parent)}


def _order(
    connection: sets.Connection, candidates: str, names: Sequence[str]
) -> dict[str, tuple[int, int, str]]:
    sets.put(connection, "clustered", pd.DataFrame({"external_id": list(names)}, dtype="str"))
    rows = sets.run(
        connection,
        f"SELECT c.external_id, min(c.rank), min(c.{RECORD_ID}) FROM ({candidates}) c "
        "JOIN clustered USING (external_id) GROUP BY 1",
    )
    return {name: (int(rank), int(record), name) for name, rank, record in rows}


def priority_rank(blocks: Sequence[str], priority: Sequence[str]) -> str:
    """A SQL CASE that ranks the column ``_block``: named blocks first, the others in their order.

    >>> priority_rank(["a", "b"], ["b"])
    "CASE _block WHEN 'b' THEN 0 WHEN 'a' THEN 1 END"
    """
    ordered = [*priority, *(name for name in blocks if name not in priority)]
    cases = " ".join(f"WHEN {literal(name)} THEN {n}" for n, name in enumerate(ordered))
    return f"CASE _block {cases} END"
