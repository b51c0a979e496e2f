"""Why is a field suggested, or none? In sentences that a consultant can check."""

from __future__ import annotations

from migrate.mapping.ranking.agreement import GROUPS
from migrate.mapping.ranking.scoring import ColumnScores, Scored
from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.specs.glossary import Glossary

_KINDS = {
    "email": "e-mail addresses", "phone": "phone numbers", "url": "web addresses", "date": "dates",
    "datetime": "moments", "person_name": "names of people", "first_name": "first names",
    "last_name": "family names", "company": "companies", "street": "streets", "city": "cities",
    "postcode": "postcodes", "country": "countries", "subdivision": "states or regions",
    "money": "amounts of money", "percent": "percentages", "boolean": "yes or no",
    "tax_id": "tax numbers", "bank_account": "bank accounts", "language": "languages",
}  # fmt: skip
_SURE = 0.5


def reasons_for(found: Scored, column: ColumnScores, glossary: Glossary) -> tuple[str, ...]:
    """Say what speaks for a field and what does not."""
    facts, known = column.facts, found.field
    sentences = [_by_name(found.reading, facts, glossary)]
    if found.meaning < 1:
        sentences.append(f"the field holds: {glossary.label(known.meaning)}")
    sentences += _by_values(facts, found.reading.meaning.concept, glossary)
    if known.spec.length and facts.longest:
        fits = facts.longest <= known.spec.length
        sentences.append(
            f"length fits ({facts.longest} of {known.spec.length})"
            if fits
            else f"values of up to {facts.longest} characters do not fit into {known.spec.length}"
        )
    if known.is_read_only:
        sentences.append("but the field is read-only")
    if found.taken < 1:
        sentences.append("but another column suits the field better")
    return tuple(sentences)


def reasons_against(column: ColumnScores, glossary: Glossary) -> tuple[str, ...]:
    """Say why a column is better left where it is."""
    facts = column.facts
    sentences = []
    if column.readings:
        sentences.append(_by_name(column.readings[0], facts, glossary))
    if column.skip:
        sentences.append(column.skip)
    elif not column.readings:
        sentences.append("the name says nothing that any glossary knows")
    elif not column.ranked or column.ranked[0].score < 0.3:
        sentences.append("the target has no field for it")
    else:
        sentences.append(f"{column.ranked[0].field} is too far from it")
    if facts.is_constant:
        sentences.append("every row has the same value")
    return tuple(sentences)


def _by_name(reading: Reading, facts: ColumnFacts, glossary: Glossary) -> str:
    language = glossary.languages.get(reading.language, "")
    means = glossary.label(reading.meaning)
    if not reading.language and reading.because == ("the values",):
        return f"name: {(facts.heading or facts.name).strip()!r} says nothing; its values are like {means}"
    if facts.means and not reading.language:
        return f"name: {(facts.heading or facts.name).strip()!r} is {reading.because[0]}: {means}"
    if not reading.language:
        return f"name: {(facts.heading or facts.name).strip()!r} says nothing; {reading.because[0]}"
    said = f"name: {(facts.heading or facts.name).strip()!r} is {language} for {means}"
    guessed = [text for text in reading.because if " for " in text]
    return f"{said} (reading {', '.join(guessed)})" if guessed else said


def _by_values(facts: ColumnFacts, concept: str, glossary: Glossary) -> list[str]:
    told = glossary.concepts.get(concept)
    if told is None or facts.is_empty:
        return []
    sentences = []
    sure = [kind for kind in told.values if kind in _KINDS and facts.surely(kind) >= _SURE]
    if sure:
        kind = max(sure, key=facts.surely)
        sentences.append(f"values: {facts.could(kind):.0%} are {_KINDS[kind]}")
    group = GROUPS.get(concept)
    if group and facts.groups.get(group, 0.0) >= _SURE:
        sentences.append(f"values: {facts.groups[group]:.0%} are known as {told.label}")
    return sentences
