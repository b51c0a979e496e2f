"""Whose is a column: the company's, the person's, the deal's? The table as a whole tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from migrate.mapping.ranking.agreement import subject_fit
from migrate.specs.glossary import Glossary, Meaning

# Concepts that several subjects have, and whom a mixed table most likely means by them.
_SHARED = {
    "address": "company", "street": "company", "street_2": "company", "street_3": "company",
    "po_box": "company", "house_number": "company", "apartment": "company", "postcode": "company",
    "city": "company", "district": "company", "state": "company", "country": "company",
    "latitude": "company", "longitude": "company", "website": "company", "fax": "company",
    "note": "company", "description": "company", "owner": "company", "lead_source": "company",
    "rating": "company", "status": "company", "tags": "company", "customer_class": "company",
    "customer_type": "company", "social": "company", "linkedin": "company", "facebook": "company",
    "twitter": "company", "instagram": "company", "customer_number": "company", "language": "company",
    "phone": "person", "email": "person", "newsletter": "person", "email_opt_out": "person",
    "do_not_call": "person", "do_not_mail": "person", "consent": "person", "skype": "person",
    "messenger": "person", "whatsapp": "person", "extension": "person", "last_contact": "company",
    "next_contact": "company", "external_id": "company", "campaign": "company", "territory": "company",
    "score": "company", "lifecycle_stage": "person", "referred_by": "company", "created_date": "company",
    "modified_date": "company", "lawful_basis": "person", "balance": "company",
}  # fmt: skip
# What says to whom or to what a record belongs, so that it is not an attribute of anybody.
_RELATIONS = frozenset(
    (
        "company",
        "full_name",
        "contact_person",
        "email",
        "deal",
        "campaign",
        "product",
        "owner",
        "phone",
    )
)
_PLACES = frozenset(
    ("address", "street", "street_2", "street_3", "po_box", "postcode", "city", "district", "state",
     "country")
)  # fmt: skip
_PLACES = frozenset(
    ("address", "street", "street_2", "street_3", "po_box", "postcode", "city", "district", "state",
     "country")
)  # fmt: skip
_SECOND = 0.8  # the other subject of a mixed table
_NAMED = 2.0  # columns
_WEAK = 0.55  # a subject that the table hardly speaks of


@dataclass(frozen=True)
class Subjects:
    """How likely each subject is for the shared concepts of a table.

    ``persons`` and ``companies`` count the columns that only those have.
    """

    glossary: Glossary
    abouts: frozenset[str]
    persons: float
    companies: float
    has_mobile: bool = False
    has_home_address: bool = False

    def of(self, meaning: Meaning) -> Mapping[str, float]:
        """Say from 0 to 1 how well a column that means this goes into each subject's object."""
        return {about: self._fit(meaning, about) for about in self.abouts}

    def _fit(self, meaning: Meaning, about: str) -> float:
        if meaning.concept in _RELATIONS and about not in ("person", "company", "lead"):
            return 1.0
        if meaning.subject:
            return subject_fit(meaning.subject, about)
        concept = self.glossary.concepts.get(meaning.concept)
        if concept is None or not concept.subjects:
            return 1.0
        if about not in concept.subjects:
            if meaning.concept in _RELATIONS and concept.subjects[0] not in self.abouts:
                return 1.0
            return max(subject_fit(subject, about) for subject in concept.subjects) * 0.9
        shared = _SHARED.get(meaning.concept)
        if shared is None or about not in ("person", "company"):
            return 1.0 if about == concept.subjects[0] else 0.97
        return self._shared(meaning, about, shared)

    def _shared(self, meaning: Meaning, about: str, usual: str) -> float:
        if {"person", "company"} - self.abouts:
            return 1.0
        if "main" in meaning.qualifiers and meaning.concept in ("phone", "fax", "email"):
            return 1.0 if about == "company" else _WEAK
        if "home" in meaning.qualifiers:
            return 1.0 if about == "person" else _WEAK
        if self.has_home_address and meaning.concept in _PLACES:
            return 1.0 if about == "company" else _SECOND
        if meaning.concept == "phone" and not meaning.qualifiers and self.has_mobile:
            usual = "company"
        if meaning.concept == "fax" and meaning.qualifiers & {"home", "direct", "work"}:
            usual = "person"
        if not self.persons:
            return 1.0 if about == "company" else _WEAK
        if self.companies < 2 or self.persons >= 1.8 * self.companies:
            return 1.0 if about == "person" else _WEAK + 0.2
        return 1.0 if about == usual else _SECOND


def table_subjects(
    meanings: Sequence[Meaning],
    abouts: Sequence[str],
    glossary: Glossary,
    *,
    named: Collection[str] = (),
) -> Subjects:
    """Weigh what a table is about from what its columns most likely mean.

    ``named`` are the subjects that its name speaks of: each counts like two columns.
    """
    composition = Counter(meaning.concept for meaning in meanings)
    persons = companies = 0.0
    for concept, times in composition.items():
        told = glossary.concepts.get(concept)
        if told is None or concept in _SHARED or concept in ("company", "name", "contact_person"):
            continue
        if told.subjects and told.subjects[0] == "person":
            persons += times
        elif told.subjects and told.subjects[0] == "company":
            companies += times
    persons += composition["contact_person"]
    if ("person" in named) != ("company" in named):
        persons += _NAMED * ("person" in named)
        companies += _NAMED * ("company" in named)
    return Subjects(
        glossary,
        frozenset(abouts),
        persons,
        companies,
        has_mobile=any(m.concept == "phone" and "mobile" in m.qualifiers for m in meanings),
        has_home_address=any(m.concept in _PLACES and "home" in m.qualifiers for m in meanings),
    )
