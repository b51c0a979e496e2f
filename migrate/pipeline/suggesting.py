"""Suggestions for a file, folder or database that needs no migration around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors import open_source
from migrate.mapping import Suggestion, suggest
from migrate.registry import did_you_mean
from migrate.specs.secrets import mask_url
from migrate.values import RunReport, Section

_FAIR = 0.95


def suggest_for_place(
    place: str,
    target: str,
    *,
    only: Sequence[str] = (),
    region: str = "",
    folder: Path | None = None,
) -> RunReport:
    """Suggest a field of ``target`` ("salesforce", "salesforce:Account,Contact") for each column.

    ``only`` narrows down to some tables of the place. ``figures`` are the JSON of the command.
    Raises SourceError where the place cannot be read or has no such table, MappingError for a
    target that is not known, UsageError for an object that it does not have.
    """
    name, _, wanted = target.partition(":")
    objects = tuple(part.strip() for part in wanted.split(",") if part.strip())
    tables = [table for table in open_source(place) if not table.is_view]
    names = [table.name for table in tables]
    for table in only:
        if table not in names:
            raise SourceError(
                f"{mask_url(place)} has no table {table!r}",
                hint=did_you_mean(table, names) or f"it has: {', '.join(names)}",
            )
    chosen = [table for table in tables if not only or table.name in only]
    suggestions = suggest(chosen, name, objects=objects, region=region, folder=folder)
    return RunReport(
        command="map suggest",
        migration="",
        environment="",
        run_id="",
        title=f"Fields of {name} for the columns of {mask_url(place)}",
        sections=tuple(_section(table.name, suggestions) for table in chosen),
        figures={"suggestions": [suggestion_json(found) for found in suggestions]},
    )


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
        "means": found.meaning,
        "clean": found.shape.cleaner,
        "parts": dict(found.shape.parts),
        "joined_with": list(found.shape.joined_with),
        "parent": found.shape.parent,
        "values_without_home": sum(choice.target is None for choice in found.values),
    }


def _section(table: str, suggestions: Sequence[Suggestion]) -> Section:
    ours = [found for found in suggestions if found.table == table]
    mapped = [found for found in ours if found.best.field]
    sure = [f for f in ours if f.best.confidence >= _FAIR and not f.needs_review]
    header = ("column", "filled", "field", "sure", "why", "or")
    rows = (header, *(_row(found) for found in ours))
    text = (
        f"{len(mapped)} of {len(ours)} columns have a field; {len(sure)} could be accepted unseen "
        f"({_FAIR:.0%} sure or more, in a language whose glossary is reviewed).",
    )
    return Section(table, text, (rows,))


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
