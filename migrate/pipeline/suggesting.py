"""Suggestions for a file, folder or database that needs no migration around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors import open_source
from migrate.mapping import Suggestion, suggest
from migrate.mapping.learned import folded, known_decisions, profile_headings
from migrate.registry import did_you_mean
from migrate.specs.secrets import mask_url
from migrate.values import RunReport, Section, Table

_FAIR = 0.95


def suggest_for_place(
    place: str,
    target: str,
    *,
    only: Sequence[str] = (),
    region: str = "",
    folder: Path | None = None,
    use_learned: bool = True,
) -> RunReport:
    """Suggest a field of ``target`` ("salesforce", "salesforce:Account,Contact") for each column.

    ``only`` narrows down to some tables of the place. What was decided before about a heading is
    used first: by the customer whose migration is in ``folder``, then by everyone. ``figures`` are the JSON of the command.
    Raises SourceError where the place cannot be read or has no such table, MappingError for a
    target that is not known, UsageError for an object that it does not have.
    """
    name, objects = target_and_objects(target)
    chosen = tables_of_place(place, only, folder=folder)
    learned = known_decisions(folder) if use_learned else []
    suggestions = suggest(
        chosen, name, objects=objects, region=region, folder=folder, learned=learned
    )
    return RunReport(
        command="map suggest",
        migration="",
        environment="",
        run_id="",
        title=f"Fields of {name} for the columns of {mask_url(place)}",
        sections=tuple(_section(table, suggestions) for table in chosen),
        figures={
            "suggestions": [suggestion_json(found) for found in suggestions],
            "known_tables": [t.name for t in chosen if is_known(t, suggestions)],
        },
    )


def target_and_objects(text: str) -> tuple[str, tuple[str, ...]]:
    """The target and which of its objects.

    >>> target_and_objects("salesforce:Account, Contact")
    ('salesforce', ('Account', 'Contact'))
    """
    name, _, wanted = text.partition(":")
    return name, tuple(part.strip() for part in wanted.split(",") if part.strip())


def tables_of_place(
    place: str, only: Sequence[str] = (), *, folder: Path | None = None
) -> list[Table]:
    """The tables of a place, or those of them that are named; views are left out.

    A migration's own ``folder`` adds its source profiles.

    Raises SourceError where the place cannot be read or has no such table.
    """
    tables = [table for table in open_source(place, folder=folder) if not table.is_view]
    names = [table.name for table in tables]
    for name in only:
        if name not in names:
            raise SourceError(
                f"{mask_url(place)} has no table {name!r}",
                hint=did_you_mean(name, names) or f"it has: {', '.join(names)}",
            )
    return [table for table in tables if not only or table.name in only]


def suggestion_json(found: Suggestion) -> dict[str, Any]:
    """Write a suggestion as plain JSON; no value of the source is in it."""
    return {
        "table": found.table,
        "source_column": found.source_column,
        "candidates": [
            {"field": c.field, "confidence": c.confidence, "reasons": list(c.reasons)}
            for c in found.candidates
        ],
        "needs_review": found.needs_review,
        "decided_before": bool(found.decided),
        "means": found.meaning,
        "clean": found.shape.cleaner,
        "parts": dict(found.shape.parts),
        "joined_with": list(found.shape.joined_with),
        "parent": found.shape.parent,
        "values_without_home": sum(choice.target is None for choice in found.values),
    }


def is_known(table: Table, suggestions: Sequence[Suggestion]) -> bool:
    """Whether every heading of a table was decided before, or is known from its source profile."""
    profile = str(table.reading.get("profile") or "")
    known = profile_headings(profile) if profile and profile != "none" else frozenset()
    ours = [found for found in suggestions if found.table == table.name]
    return bool(ours) and all(f.decided or f.facts.means or folded(f.column) in known for f in ours)


def _section(table: Table, suggestions: Sequence[Suggestion]) -> Section:
    ours = [found for found in suggestions if found.table == table.name]
    mapped = [found for found in ours if found.best.field]
    sure = [f for f in ours if f.best.confidence >= _FAIR and not f.needs_review]
    header = ("column", "filled", "field", "sure", "why", "or")
    rows = (header, *(_row(found) for found in ours))
    text: tuple[str, ...] = (
        f"{len(mapped)} of {len(ours)} columns have a field; {len(sure)} could be accepted unseen "
        f"({_FAIR:.0%} sure or more, in a language whose glossary is reviewed).",
    )
    if is_known(table, suggestions):
        text += ("Every heading is known from earlier decisions: this step can be skipped.",)
    return Section(table.name, text, (rows,))


def _row(found: Suggestion) -> tuple[str, ...]:
    best = found.best
    share = found.facts.filled / found.facts.rows if found.facts.rows else 0.0
    others = [c.field or "do not map" for c in found.candidates[1:3]]
    return (
        found.source_column,
        f"{share:.0%}",
        best.field or "do not map",
        f"{best.confidence:.0%}",
        "; ".join(best.reasons),
        ", ".join(others),
    )
