"""What does a HubSpot portal say of its properties? ``GET /crm/v3/properties/<object>``.

Documented: the call and what it answers. Recalled: the field types beside the types, and that a
property of owners refers to them (``referencedObjectType``). It tells neither lengths nor what is
required; owners have no properties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.loaders._describers._asking import OPTIONS as ASKING
from migrate.loaders._describers._asking import Asking, token_of
from migrate.loaders._describers._facts import (
    Item,
    choices,
    each_item,
    flag,
    items,
    next_page,
    text,
)
from migrate.specs.live import KIND, LENGTH, REQUIRED, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = ASKING
_OWNERS = "owners"
_TYPES: Mapping[str, FieldType] = {
    "string": "text", "number": "decimal", "date": "date", "datetime": "datetime",
    "enumeration": "picklist", "bool": "boolean", "phone_number": "phone",
    "object_coordinates": "text", "json": "long_text",
}  # fmt: skip
_BY_WIDGET: Mapping[str, FieldType] = {
    "textarea": "long_text", "html": "long_text", "phonenumber": "phone",
    "booleancheckbox": "boolean",
}  # fmt: skip


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The properties of each of the objects; those that the portal has not are missing."""
    headers = {"Authorization": f"Bearer {token_of(options, 'HubSpot')}"}
    with closing(Asking(url, "HubSpot", options=options, headers=headers)) as asking:
        found, missing = [], []
        for name in objects:
            if name == _OWNERS:
                continue
            properties = _properties(asking, name)
            if properties is None:
                missing.append(name)
            else:
                found.append(object_of(name, properties))
        return Live(
            tuple(found), asking.place, "CRM API v3", untold=frozenset({KIND, LENGTH, REQUIRED}),
            undescribed=(_OWNERS,), missing=tuple(missing),
        )  # fmt: skip


def _properties(asking: Asking, name: str) -> list[dict[str, Any]] | None:
    """All pages; None where there is no such object."""
    found: list[dict[str, Any]] = []
    after, seen = "", set[str]()
    while True:
        query = {"after": after} if after else {}
        body = asking.get(f"/crm/v3/properties/{name}", **query)
        if body is None:
            return found or None
        found += items(asking, body, "results", "name", "type")
        following = body.get("paging")
        following = following.get("next") if isinstance(following, dict) else None
        cursor = following.get("after") if isinstance(following, dict) else None
        after = next_page(asking, cursor, seen)
        if not after:
            return found


def object_of(name: str, properties: Sequence[Item]) -> TargetObject:
    """The object of its properties."""
    return TargetObject(
        name,
        tuple(field_of(p) for p in properties if not flag(p, "archived")),
        table=name,
        label=name.replace("_", " ").capitalize(),
        id_field="hs_object_id",
        external_id="",
    )


def field_of(item: Item) -> TargetField:
    """The field of one property.

    >>> field_of({"name": "tier", "type": "enumeration", "fieldType": "checkbox",
    ...           "options": [{"label": "Gold", "value": "g"}]}).picklist_labels
    {'g': 'Gold'}
    """
    widget = text(item, "fieldType")
    kind = _TYPES.get(str(item["type"]), "text")
    kind = _BY_WIDGET.get(widget, kind) if kind in ("text", "picklist") else kind
    is_owner = text(item, "referencedObjectType").upper() == "OWNER"
    if is_owner:
        kind = "reference"
    values, labels = choices(
        (text(o, "value"), text(o, "label")) for o in each_item(item, "options")
    )
    how = item.get("modificationMetadata")
    is_fixed = isinstance(how, dict) and flag(how, "readOnlyValue")
    return TargetField(
        text(item, "name"),
        kind,
        label=text(item, "label"),
        is_unique=flag(item, "hasUniqueValue"),
        is_read_only=is_fixed or flag(item, "calculated"),
        is_multiple=kind == "picklist" and widget == "checkbox",
        is_custom=not flag(item, "hubspotDefined"),
        picklist=values if kind == "picklist" else (),
        picklist_labels=labels if kind == "picklist" else {},
        references=(_OWNERS,) if is_owner else (),
    )
