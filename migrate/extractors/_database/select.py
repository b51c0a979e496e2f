"""Which statement reads a table, a view or a query, and the part of it after a key?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrate.extractors._database.texts import SourceColumn


@dataclass(frozen=True)
class Selection:
    """What is read: a table or view by its quoted ``source``, or a ``query`` of the user.

    ``order`` are the columns that it is read by; ``is_unique`` says that the database guarantees
    that no two rows are equal in them and none is NULL: only then a page may begin after a key.
    ``kept`` is a condition, empty for every row. ``quote`` quotes one name.
    """

    name: str
    columns: tuple[SourceColumn, ...]
    quote: Callable[[str], str]
    source: str = ""
    query: str = ""
    order: tuple[str, ...] = ()
    is_unique: bool = False
    kept: str = ""

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def is_plain_query(self) -> bool:
        """A query that is sent as it was written, for nothing is asked of it."""
        return bool(self.query) and not self.kept and not self.order


def statement(
    selection: Selection,
    expressions: Sequence[str] = (),
    *,
    after: str = "",
    limit: int = 0,
    backwards: bool = False,
) -> str:
    """Give the SELECT of ``expressions`` (else: of every column), in order or ``backwards``.

    >>> wanted = Selection("c", (SourceColumn("id"),), lambda n: f'"{n}"', '"c"', order=("id",))
    >>> statement(wanted)
    'SELECT "id" FROM "c" ORDER BY "id"'
    >>> statement(wanted, ["1"], after=after_key(wanted, ["7"]), limit=2)
    'SELECT 1 FROM "c" WHERE ("id" > 7) ORDER BY "id" LIMIT 2'
    """
    if selection.is_plain_query and not expressions and not after and not limit:
        return selection.query
    listed = ", ".join(expressions or [asked(selection, c) for c in selection.columns])
    conditions = [part for part in (selection.kept, after) if part]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    down = " DESC" if backwards else ""
    order = ", ".join(selection.quote(name) + down for name in selection.order)
    return (
        f"SELECT {listed} FROM {_from(selection)}{where}"
        + (f" ORDER BY {order}" if order else "")
        + (f" LIMIT {limit}" if limit else "")
    )


def asked(selection: Selection, column: SourceColumn) -> str:
    """Give the expression that a column is asked for by."""
    quoted = selection.quote(column.name)
    return column.cast.replace("{}", quoted) if column.cast else quoted


def count_statement(selection: Selection, condition: str = "") -> str:
    """Give the SELECT that counts the rows, of those kept the ones that meet a condition."""
    conditions = [part for part in (selection.kept, condition) if part]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT count(*) FROM {_from(selection)}{where}"


def _from(selection: Selection) -> str:
    # Oracle knows no AS before the name of a subquery; every database reads it without.
    # A query that ends in a comment must not swallow the bracket.
    return selection.source or f"({selection.query}\n) {selection.quote('counted')}"


def after_key(selection: Selection, literals: Sequence[str]) -> str:
    """Give the condition for the rows after a key, in the order that the database sorts by.

    The parts are compared one by one: (a, b) > (x, y) is not understood by every database, and
    uses no index in MySQL. No part is NULL, or the key would not be unique.

    >>> both = Selection("t", (), str, "t", order=("a", "b"))
    >>> after_key(both, ["1", "'x'"])
    "(a >= 1 AND (a > 1 OR (a = 1 AND b > 'x')))"
    """
    names = [selection.quote(name) for name in selection.order]
    condition = f"{names[-1]} > {literals[-1]}"
    for name, literal in list(zip(names, literals, strict=True))[-2::-1]:
        condition = f"{name} > {literal} OR ({name} = {literal} AND {condition})"
    if len(names) > 1:
        return f"({names[0]} >= {literals[0]} AND ({condition}))"
    return f"({condition})"
