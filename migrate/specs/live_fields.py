"""Which of what is known of a field stands, once the live system has been asked?"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from migrate.specs.live import KIND, LENGTH, MULTIPLE, PICKLIST, READ_ONLY, REQUIRED, UNIQUE
from migrate.values import TargetField

# A type that only people know -> what the live system may call it without contradicting.
_REFINES: Mapping[str, Collection[str]] = {
    "email": ("text", "long_text"),
    "phone": ("text", "long_text"),
    "url": ("text", "long_text"),
    "picklist": ("text", "long_text", "integer"),
    "reference": ("text", "integer", "picklist"),
    "currency": ("decimal", "integer", "text"),
    "integer": ("decimal", "text"),
    "decimal": ("text",),
    "date": ("text", "datetime"),
    "datetime": ("text",),
    "long_text": ("text",),
    "text": ("long_text",),
    "boolean": ("picklist", "text", "integer"),
}


def merged_field(now: TargetField, known: TargetField, untold: Collection[str]) -> TargetField:
    kind = known.type if KIND in untold and now.type in _REFINES[known.type] else now.type
    references = (now.references or known.references) if kind == "reference" else ()
    if set(references) == set(known.references):
        references = known.references
    if kind == "reference" and not references:
        kind = "text"
    is_list = kind == "picklist"
    takes_known = is_list and not now.picklist and (PICKLIST in untold or kind != now.type)
    listed = known if takes_known else now
    picklist = tuple(dict.fromkeys(v for v in listed.picklist if v)) if is_list else ()
    if set(picklist) == set(known.picklist):
        picklist = known.picklist
    labels = {v: listed.picklist_labels[v] for v in picklist if v in listed.picklist_labels}
    size: dict[str, Any] = {
        fact: getattr(known, fact)
        if LENGTH in untold and getattr(now, fact) is None
        else getattr(now, fact)
        for fact in ("length", "precision", "scale")
    }
    return dataclasses.replace(
        known,
        type=kind,
        label=known.label or now.label,
        is_required=now.is_required or (REQUIRED in untold and known.is_required),
        is_unique=now.is_unique or (UNIQUE in untold and known.is_unique),
        is_read_only=now.is_read_only or (READ_ONLY in untold and known.is_read_only),
        is_multiple=now.is_multiple or (MULTIPLE in untold and known.is_multiple),
        is_custom=known.is_custom or now.is_custom,
        picklist=picklist,
        picklist_labels=labels,
        references=references,
        type_field=(known.type_field or now.type_field) if len(references) > 1 else "",
        **size,
    )


def sound_fields(fields: Iterable[TargetField]) -> tuple[TargetField, ...]:
    """The fields without what the live lists have made untrue: such a file would be refused."""
    found = tuple(fields)
    by_name = {field.name: field for field in found}
    return tuple(_sound_field(field, by_name) for field in found)


def _sound_field(field: TargetField, others: Mapping[str, TargetField]) -> TargetField:
    if field.is_consent and field.picklist and field.strict_value not in field.picklist:
        field = dataclasses.replace(field, is_consent=False, strict_value="")
    if not field.depends_on:
        return field
    other = others.get(field.depends_on)
    if other is None:
        return dataclasses.replace(field, depends_on="", allowed={})
    allowed = {
        value: tuple(v for v in values if not field.picklist or v in field.picklist)
        for value, values in field.allowed.items()
        if not other.picklist or value in other.picklist
    }
    return dataclasses.replace(field, allowed=allowed)
