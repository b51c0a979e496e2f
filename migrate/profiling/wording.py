"""How are the figures of an assessment said in words? Shared by terminal, page and workbook."""

from __future__ import annotations

from migrate.profiling.assessment import ColumnProfile, Duplicates, TableProfile
from migrate.profiling.names import touched_score
from migrate.profiling.showing import Showing

MEANINGS = {
    "email": "e-mail", "phone": "telephone", "person_name": "person's name",
    "first_name": "first name", "last_name": "family name", "tax_id": "tax or company id",
    "bank_account": "bank account", "long_text": "free text", "datetime": "date and time",
    "url": "web address", "boolean": "yes or no", "money": "amount", "category": "list of values",
    "integer": "whole number", "decimal": "number", "subdivision": "region",
}  # fmt: skip
PERSONAL = {
    "identifying": "says who somebody is", "contact": "says how to reach somebody",
    "financial": "money and accounts", "sensitive": "specially protected",
}  # fmt: skip


def share(part: float) -> str:
    """Write a share as a percentage that says 100 % (or 0 %) only where it is whole.

    >>> share(1.0), share(0.99996), share(0.5), share(0.0001), share(0.0)
    ('100 %', '99.9 %', '50 %', '< 0.1 %', '0 %')
    """
    if 0.999 < part < 1:
        return "99.9 %"
    if 0 < part < 0.001:
        return "< 0.1 %"
    return f"{part:.1%}".replace(".0%", "%").replace("%", " %")


def key_of(table: TableProfile) -> str:
    """Say what tells the rows of a table apart."""
    if table.key:
        return ", ".join(table.key) + ("" if table.key_is_declared else " (found)")
    if table.composite_keys:
        return " + ".join(table.composite_keys[0]) + " (found)"
    return "none"


def meaning_of(column: ColumnProfile) -> str:
    """Say what a column means, and what else it might.

    >>> meaning_of(ColumnProfile("x", "text", "empty", 1.0, 0, 0.0, 0))
    'empty'
    """
    found = column.meaning
    if not column.filled:
        return "empty"
    named = MEANINGS.get(found.type, found.type.replace("_", " "))
    if found.confidence < 0.6 and found.runner_up not in ("", "text", "long_text"):
        other = MEANINGS.get(found.runner_up, found.runner_up.replace("_", " "))
        return f"{named}? ({other}?)"
    return named


def repeats(found: Duplicates, rows: int) -> str:
    """Say how many rows repeat others."""
    parts = []
    if found.exact:
        parts.append(f"{found.exact:,} exact")
    elif found.but_key:
        parts.append(f"{found.but_key:,} but for the key")
    if found.estimated:
        parts.append(f"about {found.estimated:,} likely ({share(found.estimated / rows)})")
    return ", ".join(parts) or "none seen"


def untouched(table: TableProfile) -> str:
    """Say how many rows are stale; empty where none is, or nothing tells."""
    old = table.staleness
    if old is None or not old.stale:
        return ""
    part = f"{old.stale:,} rows ({share(old.stale / table.rows)})"
    if touched_score(old.column) < 2:
        return (
            f"{part} were made more than {old.years} years before {old.newest}, by {old.column};"
            " no date says whether they were touched since."
        )
    return f"{part} were not touched in the {old.years} years before {old.newest}, by {old.column}."


def remarks(column: ColumnProfile, showing: Showing) -> list[str]:
    """Say what is odd about a column, the gravest first."""
    said = []
    if column.mojibake:
        said.append(
            f"{column.mojibake:,} in a wrong encoding"
            + (f" ({column.repair})" if column.repair else "")
        )
    for found in column.outliers:
        what = {"number": "far figures", "date": "far dates", "length": "unusual lengths",
                "shape": "rare shapes"}[found.what]  # fmt: skip
        examples = showing.examples(column, found)
        said.append(f"{found.count:,} {what}" + (f": {examples}" if examples else ""))
    made_up = column.sentinels + column.spikes
    if made_up:
        said.append(f"stand for nothing: {showing.counted(column, made_up, 3)}")
    if column.blank:
        said.append(f"{column.blank:,} only spaces")
    if column.padded:
        said.append(f"{column.padded:,} with spaces around")
    if column.controls:
        said.append(f"{column.controls:,} with control characters")
    cases = dict(column.cases)
    if column.meaning.type in (
        "person_name",
        "first_name",
        "last_name",
        "company",
        "city",
        "street",
    ):
        whole = sum(cases.values())
        odd = cases.get("capitals", 0) + cases.get("small", 0)
        if whole and 0.01 <= odd / whole <= 0.99:
            said.append(f"mixed case: {odd:,} all capitals or all small")
    if column.is_constant:
        said.append("always the same")
    if column.is_nearly_unique and column.meaning.type in ("identifier", "email", "tax_id"):
        said.append(f"unique but for {column.filled - column.distinct:,}")
    return said
