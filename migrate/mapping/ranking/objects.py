"""Which objects of the target does a table hold: companies, people, both in one row, deals?

The object that most of its columns find a field in, helped by the table's own name; then those
that go with it in one row and give a field to columns that found none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.languages.words import heading_words
from migrate.mapping.ranking.fields import KnownField
from migrate.mapping.ranking.scoring import ColumnScores
from migrate.mapping.reading.vocabulary import Vocabulary

# What stands beside what in one row of a legacy table.
_TOGETHER = {
    "company": ("person", "company"), "person": ("company", "person"), "deal": ("company", "person"),
    "order": ("company", "person"), "case": ("company", "person"),
}  # fmt: skip
_NAMED, _LEAD, _USER = 1.3, 0.8, 0.5
_GAIN, _MOST = 1.2, 4


def table_objects(
    table: str,
    columns: Sequence[ColumnScores],
    fields: Sequence[KnownField],
    vocabulary: Vocabulary,
) -> tuple[str, ...]:
    """Give the objects that a table's columns belong to, the main one first.

    Leads hold a person and a company in one, so that they would always win: they count less unless
    the table is called so.
    """
    abouts = {field.object: field.object_about for field in fields}
    named = named_subjects(table, vocabulary)
    worth = {name: _worth(about, named) for name, about in abouts.items()}
    best = {name: _best(name, columns) for name in abouts}
    totals = {name: worth[name] * sum(best[name]) for name in abouts}
    if not totals:
        return ()
    main = max(totals, key=lambda name: totals[name])
    chosen = [main]
    while len(chosen) < _MOST:
        gains = _gains(chosen, best, worth, abouts)
        name = max(gains, key=lambda name: gains[name], default="")
        if not name or gains[name] < _GAIN:
            break
        chosen.append(name)
    return tuple(chosen)


def named_subjects(table: str, vocabulary: Vocabulary) -> frozenset[str]:
    """Give the subjects that a table's name speaks of.

    >>> from migrate.mapping.reading.vocabulary import vocabulary_of
    >>> from migrate.specs.glossary import read_glossary
    >>> sorted(named_subjects("tblKunden", vocabulary_of(read_glossary())))
    ['company']
    """
    return frozenset(
        entry.meaning
        for word in heading_words(table)
        for entry in vocabulary.entries((word,))
        if entry.kind == "subject"
    )


def _worth(about: str, named: frozenset[str]) -> float:
    if about in named:
        return _NAMED
    return {"lead": _LEAD, "user": _USER}.get(about, 1.0)


def _best(name: str, columns: Sequence[ColumnScores]) -> list[float]:
    """For each column the best score among the fields of an object, whoever the table is about."""
    return [
        max(
            (s.score / s.subject for s in column.ranked if s.field.object == name and s.subject),
            default=0.0,
        )
        if not column.skip
        else 0.0
        for column in columns
    ]


def _gains(
    chosen: Sequence[str],
    best: Mapping[str, Sequence[float]],
    worth: Mapping[str, float],
    abouts: Mapping[str, str],
) -> dict[str, float]:
    """What each object that may stand beside the chosen ones would add to them."""
    together = _TOGETHER.get(abouts[chosen[0]], ())
    covered = [max(scores) for scores in zip(*(best[name] for name in chosen), strict=True)]
    return {
        name: worth[name] * sum(max(0.0, s - c) for s, c in zip(best[name], covered, strict=True))
        for name in best
        if name not in chosen and abouts[name] in together
    }
