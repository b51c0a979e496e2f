"""Which field of the target does each legacy column belong to, how sure is that, and why?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrate.mapping.learned import Decided, with_decisions
from migrate.mapping.ranking.calibration import probability
from migrate.mapping.ranking.fallbacks import with_fallbacks
from migrate.mapping.ranking.fields import KnownField, known_fields
from migrate.mapping.ranking.objects import named_subjects, table_objects
from migrate.mapping.ranking.scoring import ColumnScores, score_column, settle
from migrate.mapping.ranking.subjects import table_subjects
from migrate.mapping.reading.facts import ColumnFacts, table_facts
from migrate.mapping.reading.headings import LIKELY_LANGUAGE, Reading, language_priors, read_heading
from migrate.mapping.reading.keys import with_keys
from migrate.mapping.reading.known_columns import known_readings
from migrate.mapping.reading.names import with_names
from migrate.mapping.reading.prefixes import shared_prefixes, with_groups, without_prefix
from migrate.mapping.reading.values import with_values
from migrate.mapping.reading.vocabulary import Vocabulary, vocabulary_of
from migrate.mapping.reasons import reasons_against, reasons_for
from migrate.mapping.shapes import Shape, shapes
from migrate.mapping.value_maps import ValueChoice, suggest_values
from migrate.specs.glossary import Glossary, read_glossary
from migrate.values import Table, TargetSchema

Decide = Callable[[Sequence[ColumnScores]], tuple[list[ColumnScores], dict[str, tuple[float, str]]]]
LIKELY = 0.5
"""From this probability on a field is suggested before leaving the column where it is."""
_SHOWN = 5
_KNOWN = 0.95  # a heading that needs no other name
_FAIR = 0.4  # from here on a reading counts for what its table is about


@dataclass(frozen=True)
class Candidate:
    """One field a column may belong to; ``field`` None says: do not map.

    ``confidence`` is how likely this is right, from 0 to 1; ``reasons`` are sentences.
    """

    field: str | None
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """What is suggested for one column: ``candidates``, the best first, never empty.

    ``source_column`` is its heading in the source, ``column`` its name in the table: a source
    profile calls the columns of an export by one name whatever its language.

    ``needs_review`` says why nobody should accept it unseen; empty when nothing speaks against.
    ``meaning`` is what the column most likely means, as a glossary says it. Of the best field,
    ``shape`` says how the values get there, ``values`` what they become where it has a picklist.
    ``decided`` says what was decided about such a heading before, empty when nothing was.
    """

    table: str
    source_column: str
    candidates: tuple[Candidate, ...]
    facts: ColumnFacts
    column: str = ""
    needs_review: str = ""
    meaning: str = ""
    shape: Shape = field(default_factory=Shape)
    values: tuple[ValueChoice, ...] = ()
    decided: str = ""

    @property
    def best(self) -> Candidate:
        return self.candidates[0]


def suggest(
    tables: Sequence[Table],
    target: TargetSchema | str,
    *,
    objects: Sequence[str] = (),
    region: str = "",
    folder: Path | None = None,
    learned: Sequence[Decided] = (),
) -> list[Suggestion]:
    """Suggest a field for every column of the tables, in their order.

    ``target`` is a schema or the name of one of the catalogue; ``objects`` narrows it down to some
    of its objects. ``region`` ("SK") is where the data come from, if known. A migration's own
    ``folder`` adds its glossaries and goes before the product's target of the same name. What was
    ``learned`` goes before everything else (:func:`migrate.mapping.learned.known_decisions`).

    Raises MappingError for a target that is not known, UsageError for an object that it does not
    have, SourceError for a table that cannot be read.
    """
    from migrate.specs.catalogue import read_target

    schema = read_target(target, folder=folder) if isinstance(target, str) else target
    vocabulary = vocabulary_of(read_glossary(folder))
    fields = known_fields(schema, vocabulary, objects=objects)
    return [
        suggestion
        for table in tables
        for suggestion in _for_table(
            table.name,
            table_facts(table, vocabulary.glossary, region=region),
            fields,
            vocabulary,
            lambda scored: with_decisions(scored, fields, learned, schema.name),
            is_narrowed=bool(objects),
        )
    ]


def _for_table(
    name: str,
    columns: Sequence[ColumnFacts],
    fields: Sequence[KnownField],
    vocabulary: Vocabulary,
    decide: Decide,
    *,
    is_narrowed: bool = True,
) -> list[Suggestion]:
    glossary = vocabulary.glossary
    readings = _readings(columns, vocabulary)
    named = named_subjects(name, vocabulary)
    if not is_narrowed:
        everywhere = _scored(columns, readings, fields, glossary, named)
        ours = table_objects(name, everywhere, fields, vocabulary)
        fields = [known for known in fields if known.object in ours]
    scored = settle(_scored(columns, readings, fields, glossary, named))
    scored, decided = decide(with_fallbacks(scored, fields, glossary))
    best = {c.facts.name: c.ranked[0] for c in scored if not _is_left_alone(c)}
    order = [facts.name for facts in columns]
    shaped = shapes(best, fields, order=order)
    return [
        replace(
            _told(_suggestion(name, column, vocabulary), decided.get(column.facts.name)),
            shape=shaped.get(column.facts.name, Shape()),
            values=_values(column, glossary) if column.facts.name in best else (),
        )
        for column in scored
    ]


def _scored(
    columns: Sequence[ColumnFacts],
    readings: Sequence[tuple[Reading, ...]],
    fields: Sequence[KnownField],
    glossary: Glossary,
    named: Collection[str],
) -> list[ColumnScores]:
    """Score every field for every column, in the light of what the table is about."""
    abouts = sorted({known.about for known in fields})
    likeliest = [found[0].meaning for found in readings if found and found[0].weight >= _FAIR]
    subjects = table_subjects(likeliest, abouts, glossary, named=named)
    return [
        score_column(facts, read, fields, subjects, glossary)
        for facts, read in zip(columns, readings, strict=True)
    ]


def _told(found: Suggestion, decided: tuple[float, str] | None) -> Suggestion:
    """A suggestion that says first what was decided before."""
    if decided is None:
        return found
    sure, why = decided
    best = found.best
    others = tuple(reason for reason in best.reasons if reason != why)
    first = replace(best, confidence=sure, reasons=(why, *others))
    return replace(found, candidates=(first, *found.candidates[1:]), needs_review="", decided=why)


def _readings(columns: Sequence[ColumnFacts], vocabulary: Vocabulary) -> list[tuple[Reading, ...]]:
    """Read every heading in the light of all others and of its values."""
    names = [facts.heading or facts.name for facts in columns]
    priors = language_priors(names, vocabulary)
    likely = [language for language, prior in priors.items() if prior >= LIKELY_LANGUAGE]
    prefixes = shared_prefixes(names, vocabulary, likely)
    readings = [
        known_readings(facts, vocabulary.glossary)
        or with_values(_read(facts, without_prefix(name, prefixes), vocabulary, priors), facts)
        for name, facts in zip(names, columns, strict=True)
    ]
    readings = with_groups(list(zip(columns, readings, strict=True)), prefixes, vocabulary)
    for in_context in (with_keys, with_names):
        readings = in_context(list(zip(columns, readings, strict=True)))
    return readings


def _read(
    facts: ColumnFacts, heading: str, vocabulary: Vocabulary, priors: Mapping[str, float]
) -> tuple[Reading, ...]:
    """Read the heading as it stands, or as the source profile calls the column."""
    readings = read_heading(heading, vocabulary, priors=priors)
    if not facts.heading or (readings and readings[0].weight >= _KNOWN):
        return readings
    return max(readings, read_heading(facts.name, vocabulary), key=_best_weight)


def _best_weight(readings: Sequence[Reading]) -> float:
    return readings[0].weight if readings else 0.0


def _is_left_alone(column: ColumnScores) -> bool:
    if column.skip or not column.ranked:
        return True
    return probability(column.ranked[0].score) < LIKELY


def _values(column: ColumnScores, glossary: Glossary) -> tuple[ValueChoice, ...]:
    """What the old values become, where the field has a list of its own."""
    found = column.ranked[0]
    spec = found.field.spec
    if spec.type != "boolean" and not spec.picklist:
        return ()
    concept = found.reading.meaning.concept
    return tuple(suggest_values(column.facts.counts, spec, concept, glossary))


def _suggestion(table: str, column: ColumnScores, vocabulary: Vocabulary) -> Suggestion:
    glossary = vocabulary.glossary
    likely = [
        Candidate(str(found.field), probability(found.score), reasons_for(found, column, glossary))
        for found in column.ranked[:_SHOWN]
    ]
    best = likely[0].confidence if likely else 0.0
    if _is_left_alone(column):
        sure = max(1 - best, 0.9) if column.skip else 1 - best
        nothing = Candidate(None, round(sure, 4), reasons_against(column, glossary))
        likely.insert(0, nothing)
    return Suggestion(
        table=table,
        source_column=column.facts.heading or column.facts.name,
        column=column.facts.name,
        candidates=tuple(likely),
        facts=column.facts,
        needs_review=_review(column, vocabulary),
        meaning=str(column.readings[0].meaning) if column.readings else "",
    )


def _review(column: ColumnScores, vocabulary: Vocabulary) -> str:
    if not column.ranked:
        return ""
    language = column.ranked[0].reading.language
    glossary = vocabulary.glossary
    if language and language not in glossary.reviewed:
        name = glossary.languages.get(language, language)
        return f"no native speaker has reviewed the {name} glossary"
    return ""
