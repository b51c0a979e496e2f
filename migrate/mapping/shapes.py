"""How do the values get into the field: as they are, taken apart, put together, or looked up?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrate.mapping.ranking.fields import KnownField
from migrate.mapping.ranking.scoring import Scored
from migrate.values import TargetField

# Concept -> the cleaner that reads its values.
CLEANERS = {
    "email": "email", "phone": "phone", "fax": "phone", "pager": "phone", "whatsapp": "phone",
    "website": "url", "linkedin": "url", "facebook": "url", "full_name": "person_name",
    "contact_person": "person_name", "first_name": "name_part", "middle_name": "name_part",
    "last_name": "name_part", "second_last_name": "name_part", "company": "company",
    "legal_name": "company", "trade_name": "company", "parent_company": "company",
    "address": "address", "street": "street", "street_2": "street", "postcode": "postcode",
    "state": "subdivision", "country": "country", "language": "language", "tax_id": "tax_id",
    "vat_id": "tax_id", "registration_number": "tax_id", "bank_account": "bank_account",
    "iban": "bank_account", "probability": "percent", "note": "long_text", "description": "long_text",
    "message": "long_text",
}  # fmt: skip
_BY_TYPE = {
    "date": "date", "datetime": "datetime", "integer": "integer", "decimal": "decimal",
    "currency": "decimal", "boolean": "boolean", "email": "email", "phone": "phone", "url": "url",
    "long_text": "long_text", "picklist": "picklist",
}  # fmt: skip
# What a cleaner takes a value apart into: concept of a field -> part of the cleaner.
_PARTS = {
    "person_name": {
        "first_name": "first_name", "middle_name": "middle_name", "last_name": "last_name",
        "salutation": "title", "academic_title": "title", "name_suffix": "suffix",
    },
    "address": {"street": "street", "postcode": "postcode", "city": "city", "country": "country"},
}  # fmt: skip
_WHOLE = {"person_name": ("first_name", "last_name"), "address": ("street", "postcode", "city")}


@dataclass(frozen=True)
class Shape:
    """How a column becomes a field.

    ``cleaner`` reads its values; ``parts``: field -> part of the cleaner, where one value is
    taken apart; ``joined_with`` are the other columns that go into the same field, in their order;
    ``parent`` is the object that a reference leads to.
    """

    cleaner: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    joined_with: tuple[str, ...] = ()
    parent: str = ""


def shapes(
    best: Mapping[str, Scored], fields: Sequence[KnownField], *, order: Sequence[str]
) -> dict[str, Shape]:
    """Say for each column that has a field how it gets there; ``order`` is that of the columns."""
    together: dict[str, list[str]] = {}
    for column in order:
        if column in best:
            together.setdefault(str(best[column].field), []).append(column)
    taken = {(s.field.object, s.field.meaning.concept) for s in best.values()}
    return {
        column: _shape(found, together[str(found.field)], column, fields, taken)
        for column, found in best.items()
    }


def cleaner_of(spec: TargetField, concept: str) -> str:
    """Name the cleaner for a column that goes into a field, by what it means; none for a reference.

    >>> cleaner_of(TargetField("opened", type="date"), "created_date")
    'date'
    >>> cleaner_of(TargetField("name"), "company")
    'company'
    """
    if spec.references:
        return ""
    if CLEANERS.get(concept) in _PARTS and spec.type in ("text", "long_text"):
        return CLEANERS[concept]
    return _BY_TYPE.get(spec.type, "") or CLEANERS.get(concept, "text")


def _shape(
    found: Scored,
    together: Sequence[str],
    column: str,
    fields: Sequence[KnownField],
    taken: set[tuple[str, str]],
) -> Shape:
    spec, concept = found.field.spec, found.reading.meaning.concept
    if spec.references:
        return Shape(parent=spec.references[0])
    cleaner = cleaner_of(spec, concept)
    others = tuple(name for name in together if name != column)
    return Shape(
        cleaner=cleaner,
        parts=_parts(cleaner, found.field, fields, taken),
        joined_with=() if spec.is_multiple else others,
    )


def _parts(
    cleaner: str, into: KnownField, fields: Sequence[KnownField], taken: set[tuple[str, str]]
) -> dict[str, str]:
    """The fields of the same record that parts of one value go into, unless others fill them."""
    if cleaner not in _PARTS:
        return {}
    parts = _PARTS[cleaner]
    same = [
        known
        for known in fields
        if known.object == into.object
        and known.meaning.concept in parts
        and not known.is_read_only
        and (not known.meaning.qualifiers or known.meaning.qualifiers == into.meaning.qualifiers)
    ]
    free = [k for k in same if k == into or (k.object, k.meaning.concept) not in taken]
    found: dict[str, str] = {}
    for known in free:
        found.setdefault(known.name, parts[known.meaning.concept])
    concepts = {known.meaning.concept for known in free}
    return found if concepts >= set(_WHOLE[cleaner]) or len(concepts) > 1 else {}
