"""How does a table look in Markdown?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Made by `make docs` from the code. Do not edit it here. -->\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; pipes and line breaks in cells are made harmless.

    >>> print(table(["key", "what"], [["a|b", "two\\nlines"]]))
    | key | what |
    |---|---|
    | a\\|b | two lines |
    """
    lines = [_row(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def code(text: str) -> str:
    """A piece of code within a sentence; nothing for nothing."""
    return f"`{text}`" if text else ""


def _row(cells: Sequence[str]) -> str:
    plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(plain)} |"
