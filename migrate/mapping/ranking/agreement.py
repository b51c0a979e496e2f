"""How well does what a column means go into what a field means, and do the values agree?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from migrate.mapping.reading.facts import ColumnFacts
from migrate.specs.glossary import Glossary, Meaning

_WITHIN, _AROUND, _CONFLICT = 0.7, 0.5, 0.15
# Subjects that stand in for one another: a lead is a person and a company in one.
_SUBJECTS = {
    ("person", "lead"): 0.95, ("company", "lead"): 0.92, ("lead", "person"): 0.9,
    ("lead", "company"): 0.7, ("lead", "deal"): 0.75, ("deal", "lead"): 0.6, ("user", "person"): 0.3,
    ("person", "user"): 0.3, ("order", "deal"): 0.75, ("deal", "order"): 0.6, ("case", "activity"): 0.6,
    ("activity", "case"): 0.5, ("company", "person"): 0.45, ("person", "company"): 0.4,
    ("company", "deal"): 0.3, ("person", "deal"): 0.3, ("product", "deal"): 0.3,
}  # fmt: skip
_OTHER_SUBJECT = 0.2
# Picklist groups of the glossary that speak for a concept.
GROUPS = {
    "salutation": "salutation", "gender": "gender", "rating": "rating", "priority": "priority",
    "direction": "direction", "activity_type": "activity_type", "outcome": "outcome",
    "stage": "stage", "deal_type": "deal_type", "lost_reason": "lost_reason",
    "lead_source": "lead_source", "customer_type": "customer_type", "industry": "industry",
    "job_title": "job_level", "preferred_channel": "preferred_channel",
    "lifecycle_stage": "lifecycle_stage", "status": "lead_status",
}  # fmt: skip


def meaning_fit(source: Meaning, field: Meaning, glossary: Glossary) -> float:
    """Say from 0 to 1 how well a column's meaning goes into a field's; subjects are not compared.

    >>> from migrate.specs.glossary import read_glossary
    >>> fit = lambda a, b: meaning_fit(Meaning.read(a), Meaning.read(b), read_glossary())
    >>> fit("city", "city:billing") > fit("city", "city:shipping") > fit("city", "phone")
    True
    """
    fit = _concepts(source.concept, field.concept, glossary)
    if fit:
        for names, degrees in sets_of(glossary):
            fit *= _alternatives(source.qualifiers & names, field.qualifiers & names, degrees)
    return fit


@lru_cache(maxsize=8)
def sets_of(glossary: Glossary) -> tuple[tuple[frozenset[str], Mapping[str, float]], ...]:
    """Give each set of qualifiers that tell apart, with how well they go into one another."""
    return tuple(
        (frozenset(part for key in degrees for part in key.split(" > ")) - {"-"}, degrees)
        for degrees in glossary.alternatives.values()
    )


@lru_cache(maxsize=65_536)
def _concepts(source: str, field: str, glossary: Glossary) -> float:
    if source == field:
        return 1.0
    told = glossary.near.get(f"{source} > {field}")
    if told is not None:
        return told
    if field in glossary.wider(source):
        return _WITHIN ** (1 + glossary.wider(source).index(field))
    if source in glossary.wider(field):
        return _AROUND ** (1 + glossary.wider(field).index(source))
    return 0.0


def _alternatives(
    ours: frozenset[str], theirs: frozenset[str], degrees: Mapping[str, float]
) -> float:
    if ours == theirs:
        return 1.0
    if ours & theirs:
        return 0.9 ** len(ours ^ theirs)
    return max(
        degrees.get(f"{one} > {other}", _CONFLICT)
        for one in ours or {"-"}
        for other in theirs or {"-"}
    )


def subject_fit(source: str, about: str) -> float:
    """Say how well a column about one subject goes into an object about another.

    >>> subject_fit("person", "person"), subject_fit("", "deal")
    (1.0, 1.0)
    """
    if not source or not about or source == about:
        return 1.0
    return _SUBJECTS.get((source, about), _OTHER_SUBJECT)


def value_fit(concept: str, facts: ColumnFacts, glossary: Glossary) -> tuple[float, float]:
    """Say how much the values could be what a concept promises, and how surely they are.

    Both from 0 to 1; (1, 0) where nothing is filled or the concept promises nothing.
    """
    told = glossary.concepts.get(concept)
    if told is None or facts.is_empty or not told.values:
        return 1.0, 0.0
    could = max(_could(kind, facts) for kind in told.values)
    surely = max(_surely(kind, facts) for kind in told.values)
    group = GROUPS.get(concept)
    if group:
        share = facts.groups.get(group, 0.0)
        surely, could = max(surely, share), max(could, share)
    return could, surely


def _could(kind: str, facts: ColumnFacts) -> float:
    match kind:
        case "salutation":
            return facts.groups.get("salutation", 0.0)
        case "job_title":
            return 1.0 - max(facts.groups.get("salutation", 0.0), facts.surely("email"))
        case "address":
            return 1.0 - facts.surely("email")
        case "currency":
            return 1.0 if facts.longest <= 4 else 0.3
        case "category":
            counts = facts.could("integer") >= 0.9 and facts.distinct > 2
            return facts.could("category") * (0.3 if counts else 0.6 if _all_differ(facts) else 1.0)
        case "date":
            return max(facts.could("date"), facts.could("datetime"))
        case "text" | "long_text":
            return 0.9 if facts.surely("email") < 0.5 and facts.surely("phone") < 0.5 else 0.3
    return facts.could(kind)


def _surely(kind: str, facts: ColumnFacts) -> float:
    match kind:
        case "salutation":
            return facts.groups.get("salutation", 0.0)
        case "date":
            return max(facts.surely("date"), facts.surely("datetime"))
        case "category" | "text" | "job_title" | "address" | "currency":
            return 0.0
        case "long_text":
            return 0.8 if facts.average_words >= 5 else 0.0
        case "integer" | "decimal" | "identifier":
            return 0.4 * facts.surely(kind)
    return facts.surely(kind)


def _all_differ(facts: ColumnFacts) -> bool:
    return facts.filled >= 12 and facts.distinct > 0.9 * facts.filled


def says_otherwise(concept: str, facts: ColumnFacts, glossary: Glossary) -> str:
    """Name the kind that the values surely are and the concept does not allow; empty when none."""
    told = glossary.concepts.get(concept)
    if told is None or not told.values or facts.is_empty:
        return ""
    for kind in ("email", "url", "date", "bank_account"):
        if (
            _surely(kind, facts) >= 0.8
            and kind not in told.values
            and _could_any(told.values, facts) < 0.6
        ):
            return kind
    return ""


def _could_any(kinds: tuple[str, ...], facts: ColumnFacts) -> float:
    return max(_could(kind, facts) for kind in kinds)
