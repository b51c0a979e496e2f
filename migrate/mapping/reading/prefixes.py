"""Which words do many headings of a table begin with, and whose columns do they gather?

KT name, KT phone, KT e-mail: what KT stands for may be in no glossary, but the columns belong
together, and one of them that only a person has says whose they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from migrate.languages.words import heading_words
from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.mapping.reading.vocabulary import Vocabulary

_FEWEST = 3
_SURE = 0.4


def shared_prefixes(
    headings: Sequence[str], vocabulary: Vocabulary, languages: Collection[str] = ()
) -> frozenset[str]:
    """Give the first words that at least three headings share and that no glossary knows.

    ``languages`` are those of the table; none: all.

    >>> from migrate.mapping.reading.vocabulary import vocabulary_of
    >>> from migrate.specs.glossary import read_glossary
    >>> table = ["KTX Name", "KTX Phone", "KTX E-mail", "City"]
    >>> sorted(shared_prefixes(table, vocabulary_of(read_glossary())))
    ['ktx']
    """
    words = [heading_words(heading) for heading in headings]
    first = Counter(found[0] for found in words if len(found) > 1)
    return frozenset(
        word for word, times in first.items()
        if times >= _FEWEST and not _means_something(word, vocabulary, languages)
    )  # fmt: skip


def _means_something(word: str, vocabulary: Vocabulary, languages: Collection[str]) -> bool:
    return any(
        entry.kind != "value" and (not languages or entry.language in languages)
        for entry in vocabulary.glossary.entries((word,))
    )


def without_prefix(heading: str, prefixes: frozenset[str]) -> str:
    """Leave out the first word of a heading where it is one of the prefixes.

    >>> without_prefix("KTX E-mail", frozenset({"ktx"}))
    'e mail'
    """
    words = heading_words(heading)
    return " ".join(words[1:]) if len(words) > 1 and words[0] in prefixes else heading


def with_groups(
    columns: Sequence[tuple[ColumnFacts, Sequence[Reading]]],
    prefixes: frozenset[str],
    vocabulary: Vocabulary,
) -> list[tuple[Reading, ...]]:
    """Say of the columns under one prefix whose they are, when one of them can tell."""
    groups = [_prefix(facts.heading or facts.name, prefixes) for facts, _ in columns]
    owners = {
        prefix: _owner(
            [r for (_, r), g in zip(columns, groups, strict=True) if g == prefix], vocabulary
        )
        for prefix in prefixes
    }
    return [
        tuple(_owned(reading, owners.get(group, ""), vocabulary) for reading in readings)
        for (_, readings), group in zip(columns, groups, strict=True)
    ]


def _prefix(heading: str, prefixes: frozenset[str]) -> str:
    words = heading_words(heading)
    return words[0] if len(words) > 1 and words[0] in prefixes else ""


def _owner(group: Sequence[Sequence[Reading]], vocabulary: Vocabulary) -> str:
    """The subject that alone has most of what the group speaks of."""
    concepts = vocabulary.glossary.concepts
    told = [concepts[r[0].meaning.concept].subjects for r in group if r and r[0].weight >= _SURE]
    persons = sum("person" in subjects and "company" not in subjects for subjects in told)
    companies = sum("company" in subjects and "person" not in subjects for subjects in told)
    return "person" if persons > companies else "company" if companies > persons else ""


def _owned(reading: Reading, owner: str, vocabulary: Vocabulary) -> Reading:
    subjects = vocabulary.glossary.concepts[reading.meaning.concept].subjects
    if not owner or reading.meaning.subject or owner not in subjects:
        return reading
    return replace(reading, meaning=replace(reading.meaning, subject=owner))
