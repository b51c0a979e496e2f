"""What could a column be whose heading no glossary knows? Its values narrow the fields down.

Values that stand in a field's own list speak for that field; beyond that only the type is known,
and the fields of that type which no other column takes are offered, far from sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrate.mapping.ranking.fields import KnownField
from migrate.mapping.ranking.scoring import ColumnScores, Scored
from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.mapping.value_maps import suggest_values
from migrate.specs.glossary import Glossary

_ENOUGH = 5  # fields that are shown
_LISTED, _TYPED = 0.36, 0.1
_MOST_VALUES, _FEWEST_SHARE = 30, 0.6
# Kinds of values -> types of fields that hold them.
_TYPES = {
    "email": ("email",), "url": ("url",), "phone": ("phone",), "date": ("date", "datetime"),
    "datetime": ("datetime", "date"), "boolean": ("boolean",),
    "money": ("currency", "decimal"), "percent": ("decimal", "integer"),
    "integer": ("integer", "decimal", "currency"), "decimal": ("decimal", "currency"),
}  # fmt: skip
_SURE, _LIKELY, _CLEAR = 0.8, 0.4, 0.85


def with_fallbacks(
    columns: Sequence[ColumnScores], fields: Sequence[KnownField], glossary: Glossary
) -> list[ColumnScores]:
    """Fill the ranking of each column up to five fields, the likeliest still first."""
    taken = {str(c.ranked[0].field) for c in columns if c.ranked and c.ranked[0].score >= _LIKELY}
    free = [f for f in fields if not f.is_read_only and str(f) not in taken]
    return [_filled(column, free, glossary) for column in columns]


def _filled(column: ColumnScores, fields: Sequence[KnownField], glossary: Glossary) -> ColumnScores:
    is_clear = bool(column.ranked) and column.ranked[0].score >= _CLEAR
    if is_clear or len(column.ranked) >= _ENOUGH or column.facts.is_empty:
        return column
    known = {str(found.field) for found in column.ranked}
    others = [field for field in fields if str(field) not in known]
    added = [*_by_list(column, others, glossary), *_by_type(column.facts, others)]
    ranked = sorted((*column.ranked, *added), key=lambda s: (-round(s.score, 6), s.field.position))
    best: dict[str, Scored] = {}
    for found in ranked:
        best.setdefault(str(found.field), found)
    return replace(column, ranked=tuple(best.values())[: max(_ENOUGH, len(column.ranked))])


def _by_list(
    column: ColumnScores, fields: Sequence[KnownField], glossary: Glossary
) -> list[Scored]:
    """The fields whose own list has most of the values, unless the heading was understood."""
    counts = column.facts.counts
    if column.facts.could("integer") >= 0.9:  # figures stand in many lists by chance
        return []
    if not 2 <= len(counts) <= _MOST_VALUES or (
        column.ranked and column.ranked[0].score >= _LISTED
    ):
        return []
    found = []
    for field in fields:
        if not field.spec.picklist:
            continue
        choices = suggest_values(counts, field.spec, field.meaning.concept, glossary)
        total = sum(choice.count for choice in choices)
        share = sum(choice.count for choice in choices if choice.target is not None) / (total or 1)
        if share >= _FEWEST_SHARE:
            found.append(_scored(field, _LISTED * share, "its values are in the field's list"))
    return found


def _by_type(facts: ColumnFacts, fields: Sequence[KnownField]) -> list[Scored]:
    sure = [kind for kind in _TYPES if facts.surely(kind) >= _SURE]
    types = {name: place for kind in sure for place, name in enumerate(_TYPES[kind])}
    if not types:
        types = (
            {"long_text": 0, "text": 1} if facts.average_words >= 4 else {"picklist": 0, "text": 1}
        )
    fitting = [field for field in fields if field.spec.type in types]
    fitting.sort(key=lambda f: (types[f.spec.type], not f.spec.is_required, f.position))
    return [
        _scored(field, _TYPED - place / 100, "its values are of the field's type")
        for place, field in enumerate(fitting[:_ENOUGH])
    ]


def _scored(field: KnownField, weight: float, because: str) -> Scored:
    reading = Reading(field.meaning, round(weight, 4), "", (because,))
    return Scored(field, reading, 1.0, 1.0, 1.0, 0.0, 1.0, likeness=1.0)
