"""How well does each field of the target suit a column, all signals together?

The readings of a heading are held against the meaning of every field: concept, qualifiers, subject,
and the values themselves. Every factor is from 0 to 1; what they come to is made a probability by
:mod:`migrate.mapping.ranking.calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from anyascii import anyascii

from migrate.languages.words import heading_words
from migrate.mapping.ranking.agreement import meaning_fit, says_otherwise, subject_fit, value_fit
from migrate.mapping.ranking.fields import KnownField
from migrate.mapping.ranking.subjects import Subjects
from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.mapping.reading.similarity import name_likeness
from migrate.specs.glossary import Glossary, Meaning

_READ_ONLY, _TO_ITSELF, _SPELLING = 0.3, 0.88, 0.03


@dataclass(frozen=True)
class Scored:
    """What speaks for one field: every factor from 0 to 1, ``score`` their product.

    ``likeness`` of the spelling decides only between fields that mean the same.
    """

    field: KnownField
    reading: Reading
    meaning: float
    subject: float
    values: float
    surely: float
    writable: float
    taken: float = 1.0
    likeness: float = 0.0

    @property
    def score(self) -> float:
        spelled = 1 - _SPELLING * (1 - self.likeness)
        return spelled * (
            self.reading.weight
            * self.meaning
            * self.subject
            * self.values
            * self.writable
            * self.taken
        )


@dataclass(frozen=True)
class ColumnScores:
    """The fields of one column, the best first; ``readings`` are those of its heading."""

    facts: ColumnFacts
    readings: tuple[Reading, ...]
    ranked: tuple[Scored, ...] = field(default_factory=tuple)
    skip: str = ""


def score_column(
    facts: ColumnFacts,
    readings: Sequence[Reading],
    fields: Sequence[KnownField],
    subjects: Subjects,
    glossary: Glossary,
) -> ColumnScores:
    """Score every field for one column; fields that nothing speaks for are left out."""
    best: dict[tuple[str, str], Scored] = {}
    spelled = _plain(facts.heading or facts.name)
    for read in readings:
        whose = subjects.of(read.meaning)
        could, surely = value_fit(read.meaning.concept, facts, glossary)
        reading = replace(read, weight=_supported(read.weight, surely))
        for known in fields:
            meaning = meaning_fit(_asked(reading.meaning, known), known.meaning, glossary)
            if meaning < 0.05:
                continue
            found = Scored(
                field=known,
                reading=reading,
                meaning=meaning * _leads(reading, known),
                subject=whose.get(known.about, subject_fit("", known.about)),
                values=_values(could, surely) * _promised(reading, known, facts, glossary),
                surely=surely,
                writable=_writable(known),
                likeness=_likeness(spelled, known),
            )
            key = known.object, known.name
            if key not in best or found.score > best[key].score:
                best[key] = found
    ranked = sorted(best.values(), key=lambda s: (-round(s.score, 6), s.field.position))
    return ColumnScores(facts, tuple(readings), tuple(ranked), _skip(facts, readings, glossary))


@lru_cache(maxsize=16_384)
def _plain(text: str) -> str:
    """The words of a name in Latin letters."""
    return " ".join(heading_words(anyascii(text)))


def _likeness(name: str, known: KnownField) -> float:
    """How much a heading is spelled like the field's name, or one of its labels."""
    spec = known.spec
    texts = (spec.name, spec.label, *spec.labels.values())
    return max(name_likeness(name, _plain(text)) for text in texts if text)


_OF_SEVERAL = frozenset(
    ("work", "home", "mobile", "main", "direct", "other", "primary", "secondary", "third", "fourth")
)


def _asked(meaning: Meaning, known: KnownField) -> Meaning:
    """A field that holds several values asks of none which one it is."""
    if not known.is_multiple or known.meaning.qualifiers & _OF_SEVERAL:
        return meaning
    return replace(meaning, qualifiers=meaning.qualifiers - _OF_SEVERAL)


def _leads(reading: Reading, known: KnownField) -> float:
    """An id goes into a reference rather than into a name."""
    if "id" not in reading.meaning.qualifiers or "id" in known.meaning.qualifiers:
        return 1.0
    return 1.2 if known.spec.references else 0.5


def _promised(reading: Reading, known: KnownField, facts: ColumnFacts, glossary: Glossary) -> float:
    """A heading that says little is held against what the field itself promises."""
    if not glossary.concepts[reading.meaning.concept].is_generic:
        return 1.0
    could, surely = value_fit(known.meaning.concept, facts, glossary)
    return _values(could, surely)


def _writable(known: KnownField) -> float:
    """A record names itself in its name, and leads to another of its kind more rarely."""
    if known.is_read_only:
        return _READ_ONLY
    return _TO_ITSELF if known.object in known.spec.references else 1.0


def _values(could: float, surely: float) -> float:
    return 0.4 + 0.6 * could if surely < 0.7 else 1.0


def _supported(weight: float, surely: float) -> float:
    """A weak reading is believed more when the values say the same."""
    return round(1 - (1 - weight) * (1 - 0.6 * surely), 4) if surely >= 0.5 else weight


def _skip(facts: ColumnFacts, readings: Sequence[Reading], glossary: Glossary) -> str:
    """Why a column is normally left behind; empty when nothing says so."""
    if facts.is_empty and facts.rows:
        return "no row has a value"
    if readings and readings[0].weight >= 0.5:
        concept = glossary.concepts.get(readings[0].meaning.concept)
        if concept and concept.skip:
            return concept.skip
        if concept and (kind := says_otherwise(concept.name, facts, glossary)):
            return f"its name says {concept.label}, its values are of the kind {kind}"
    return ""


def settle(scores: Sequence[ColumnScores]) -> list[ColumnScores]:
    """Let the columns of a table share the fields: one column for a field that holds one value.

    Fields that hold several values, and lines of an address that go together, take several
    columns; elsewhere the second column is worth less there than in a field of its own.
    """
    owners: dict[tuple[str, str], float] = {}
    order = sorted(range(len(scores)), key=lambda i: -_best(scores[i]))
    settled = list(scores)
    for index in order:
        column = settled[index]
        ranked = tuple(
            replace(found, taken=0.6)
            if (found.field.object, found.field.name) in owners and not _goes_with_others(found)
            else found
            for found in column.ranked
        )
        ranked = tuple(sorted(ranked, key=lambda s: (-round(s.score, 6), s.field.position)))
        settled[index] = replace(column, ranked=ranked)
        if ranked and ranked[0].score >= 0.3 and not column.skip:
            owners[ranked[0].field.object, ranked[0].field.name] = ranked[0].score
    return settled


_LINES = frozenset(
    ("street_2", "street_3", "po_box", "house_number", "apartment", "academic_title", "extension")
)


def _goes_with_others(found: Scored) -> bool:
    concept = found.reading.meaning.concept
    is_part = found.field.meaning.concept == "address" and concept != "address"
    return found.field.is_multiple or is_part or concept in _LINES


def _best(column: ColumnScores) -> float:
    return column.ranked[0].score if column.ranked and not column.skip else 0.0
