"""What does a live CRM say of itself, and how does that differ from what was known?

Names, types, lengths, required marks and picklists are the live system's. What no system can know
is kept from the description: what a field means, how it is labelled, in which order objects are
loaded. :mod:`migrate.specs.live_merge` puts the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrate.values import Capabilities, TargetField, TargetObject, TargetSchema

KIND, LENGTH, REQUIRED, UNIQUE = "kind", "length", "required", "unique"
PICKLIST, READ_ONLY, MULTIPLE = "picklist", "read_only", "multiple"


@dataclass(frozen=True)
class Live:
    """What a describer fetched. An object is called what its protocol calls it.

    ``place`` is the address without any secret, ``api`` the version that answered. ``untold`` are
    the facts (KIND, LENGTH, REQUIRED and so on) that this API does not tell: where it is silent,
    what was known stands. ``undescribed`` are objects that it has, but does not describe, and
    ``unlisted`` fields that it does not list though it has them: both are kept as they were known.
    ``missing`` are objects that were asked for and are not there.
    """

    objects: tuple[TargetObject, ...]
    place: str
    api: str
    untold: frozenset[str] = frozenset()
    undescribed: tuple[str, ...] = ()
    unlisted: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    family: str = ""
    capabilities: Capabilities | None = None


@dataclass(frozen=True)
class Change:
    """One difference; ``field`` is empty where it is a whole object, ``fact`` where it is a field."""

    object: str
    field: str
    change: Literal["added", "changed", "gone"]
    fact: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Merged:
    """The customer's own description, and how it differs from the one known before.

    ``without_key`` names the objects whose field for our key is not there yet, with that field.
    """

    schema: TargetSchema
    changes: tuple[Change, ...]
    without_key: tuple[tuple[str, str], ...] = ()


def differences(before: TargetObject | None, now: TargetObject) -> list[Change]:
    if before is None:
        return [Change(now.name, "", "added", after=counted(now))]
    changes: list[Change] = []
    for field in now.fields:
        was = before.field(field.name)
        if was is None:
            changes.append(Change(now.name, field.name, "added", after=_told(field)))
            continue
        earlier, later = _facts(was), _facts(field)
        changes += [
            Change(now.name, field.name, "changed", fact, earlier[fact], later[fact])
            for fact in later
            if earlier[fact] != later[fact]
        ]
    now_names = {field.name for field in now.fields}
    changes += [
        Change(now.name, field.name, "gone", before=_told(field))
        for field in before.fields
        if field.name not in now_names
    ]
    for fact, old, new in (("key", before.external_id, now.external_id),
                           ("can be created", str(before.can_create), str(now.can_create))):  # fmt: skip
        if old != new:
            changes.append(Change(now.name, "", "changed", fact, old, new))
    return changes


def _facts(field: TargetField) -> dict[str, str]:
    """What is compared, as texts; picklists by their values."""
    return {
        "type": field.type,
        "length": _number(field.length),
        "precision": _number(field.precision),
        "scale": _number(field.scale),
        "required": _yes(field.is_required),
        "unique": _yes(field.is_unique),
        "read-only": _yes(field.is_read_only),
        "several": _yes(field.is_multiple),
        "picklist": ", ".join(
            f"{v} ({field.picklist_labels[v]})" if v in field.picklist_labels else v
            for v in field.picklist
        ),
        "references": ", ".join(field.references),
        "consent": _yes(field.is_consent),
    }


def _told(field: TargetField) -> str:
    """A field in a few words.

    >>> _told(TargetField("Size__c", length=40, is_custom=True, is_required=True))
    'text(40), required, custom'
    """
    marks = [("required", field.is_required), ("unique", field.is_unique),
             ("read-only", field.is_read_only), ("custom", field.is_custom)]  # fmt: skip
    size = f"({field.length})" if field.length else ""
    return ", ".join([f"{field.type}{size}", *(name for name, is_so in marks if is_so)])


def counted(target: TargetObject) -> str:
    return f"{len(target.fields)} fields"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
