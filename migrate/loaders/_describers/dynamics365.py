"""What does a Dataverse environment say of its tables? ``EntityDefinitions`` with their attributes.

Documented: EntityDefinitions with Attributes, and the casts to StringAttributeMetadata and
PicklistAttributeMetadata. Recalled: the other casts (memo, lookup, decimal, money, date, state,
status, multi-select), the names of formats, and that SystemRequired is filled by the system.
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
    each,
    each_item,
    flag,
    items,
    names,
    next_page,
    number,
    text,
)
from migrate.specs.live import UNIQUE, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = (*ASKING, "version")
VERSION = "9.2"
_LONGEST = 1_048_576  # more is no limit that anybody meets

_ENTITY = "LogicalName,EntitySetName,PrimaryIdAttribute,DisplayName,IsCustomEntity"
_ATTRIBUTE = (
    "LogicalName,AttributeType,AttributeOf,RequiredLevel,IsValidForCreate,IsValidForUpdate,"
    "IsCustomAttribute,DisplayName"
)
_OPTION_SETS = {"$select": "LogicalName", "$expand": "OptionSet,GlobalOptionSet"}
_CASTS: Mapping[str, Mapping[str, str]] = {
    "String": {"$select": "LogicalName,MaxLength,FormatName"},
    "Memo": {"$select": "LogicalName,MaxLength"},
    "Decimal": {"$select": "LogicalName,Precision"},
    "Double": {"$select": "LogicalName,Precision"},
    "Money": {"$select": "LogicalName,Precision"},
    "DateTime": {"$select": "LogicalName,Format"},
    "Lookup": {"$select": "LogicalName,Targets"},
    "Picklist": _OPTION_SETS,
    "State": {"$select": "LogicalName", "$expand": "OptionSet"},
    "Status": {"$select": "LogicalName", "$expand": "OptionSet"},
    "MultiSelectPicklist": _OPTION_SETS,
}
_TYPES: Mapping[str, FieldType] = {
    "String": "text", "Memo": "long_text", "Integer": "integer", "BigInt": "integer",
    "Decimal": "decimal", "Double": "decimal", "Money": "currency", "Boolean": "boolean",
    "DateTime": "datetime", "Picklist": "picklist", "State": "picklist", "Status": "picklist",
    "MultiSelectPicklist": "picklist", "Lookup": "reference", "Customer": "reference",
    "Owner": "reference", "Uniqueidentifier": "text", "PartyList": "text",
}  # fmt: skip
_FORMATS: Mapping[str, FieldType] = {
    "email": "email", "phone": "phone", "url": "url", "textarea": "long_text",
}  # fmt: skip


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The tables by their logical names; those that are not there are missing."""
    headers = {
        "Authorization": f"Bearer {token_of(options, 'Dynamics 365')}",
        "OData-MaxVersion": "4.0",
        "OData-Version": "4.0",
    }
    url, _, given = url.partition("/api/data")
    version = str(options.get("version") or given.strip("/") or VERSION).removeprefix("v")
    with closing(Asking(url, "Dynamics 365", options=options, headers=headers)) as asking:
        found, missing = [], []
        for name in objects:
            path = f"/api/data/v{version}/EntityDefinitions(LogicalName='{name}')"
            expand = f"Attributes($select={_ATTRIBUTE})"
            body = asking.get(path, **{"$select": _ENTITY, "$expand": expand})
            if body is None:
                missing.append(name)
                continue
            details = {cast: _details(asking, path, cast) for cast in _CASTS}
            found.append(object_of(asking, body, details))
        return Live(
            tuple(found), asking.place, f"Web API v{version}", untold=frozenset({UNIQUE}),
            missing=tuple(missing),
        )  # fmt: skip


def _details(asking: Asking, path: str, cast: str) -> dict[str, Item]:
    """What only one kind of attribute has, by the attribute's name; all pages."""
    call = f"{path}/Attributes/Microsoft.Dynamics.CRM.{cast}AttributeMetadata"
    body = asking.get(call, **_CASTS[cast])
    found: dict[str, Item] = {}
    seen: set[str] = set()
    while body is not None:
        for item in items(asking, body, "value", "LogicalName"):
            found[str(item["LogicalName"])] = item
        following = next_page(asking, body.get("@odata.nextLink"), seen)
        body = asking.get(following) if following else None
    return found


def object_of(asking: Asking, body: Item, details: Mapping[str, Mapping[str, Item]]) -> TargetObject:  # fmt: skip
    """The object of one definition and of its casts."""
    attributes = items(asking, body, "Attributes", "LogicalName", "AttributeType")
    name = text(body, "LogicalName")
    entity_names = {str(a["LogicalName"]) for a in attributes if a["AttributeType"] == "EntityName"}
    several = details.get("MultiSelectPicklist", {})
    fields = []
    for item in attributes:
        own = str(item["LogicalName"])
        kind = "MultiSelectPicklist" if own in several else str(item["AttributeType"])
        if kind in _TYPES and not item.get("AttributeOf"):
            more = details.get("Lookup" if _TYPES[kind] == "reference" else kind, {}).get(own, {})
            fields.append(field_of(item, kind, more, entity_names))
    return TargetObject(
        name,
        tuple(fields),
        table=text(body, "EntitySetName") or name,
        label=_label(body.get("DisplayName")),
        id_field=text(body, "PrimaryIdAttribute") or f"{name}id",
        external_id="",
    )


def field_of(item: Item, kind: str, more: Item, entity_names: frozenset[str] | set[str]) -> TargetField:  # fmt: skip
    """The field of one attribute; ``more`` is what the cast to its kind says.

    >>> field_of({"LogicalName": "mig_size", "RequiredLevel": {"Value": "ApplicationRequired"},
    ...           "IsValidForCreate": True}, "String", {"MaxLength": 40}, set()).is_required
    True
    """
    name = str(item["LogicalName"])
    found: FieldType = _TYPES[kind]
    if kind == "String":
        found = _FORMATS.get(_value(more.get("FormatName")).casefold(), found)
    if kind == "DateTime" and text(more, "Format") == "DateOnly":
        found = "date"
    references = names(more, "Targets")
    if found == "reference" and not references:
        found = "text"
    values, labels = _options(more)
    is_writable = flag(item, "IsValidForCreate") or flag(item, "IsValidForUpdate")
    is_asked = _value(item.get("RequiredLevel")) == "ApplicationRequired"
    scale = more.get("Precision")
    return TargetField(
        name,
        found,
        label=_label(item.get("DisplayName")),
        length=number(more, "MaxLength", most=_LONGEST),
        scale=scale if isinstance(scale, int) else None,
        is_required=is_asked and flag(item, "IsValidForCreate"),
        is_read_only=not is_writable,
        is_multiple=kind in ("MultiSelectPicklist", "PartyList"),
        is_custom=flag(item, "IsCustomAttribute"),
        picklist=values if found == "picklist" else (),
        picklist_labels=labels if found == "picklist" else {},
        references=references if found == "reference" else (),
        type_field=_type_field(name, entity_names) if len(references) > 1 else "",
    )


def _type_field(name: str, entity_names: frozenset[str] | set[str]) -> str:
    """The attribute that says to which table a reference leads."""
    likely = (f"{name}type", f"{name.removesuffix('id')}typecode", f"{name}typecode")
    return next((n for n in likely if n in entity_names), likely[0])


def _options(more: Item) -> tuple[tuple[str, ...], dict[str, str]]:
    for key in ("OptionSet", "GlobalOptionSet"):
        chosen = more.get(key)
        options = each_item(chosen, "Options") if isinstance(chosen, dict) else []
        if options:
            return choices((text(o, "Value"), _label(o.get("Label"))) for o in options)
    return (), {}


def _value(level: Any) -> str:
    return text(level, "Value") if isinstance(level, dict) else ""


def _label(found: Any) -> str:
    """What the token's user sees, or the first label of any language."""
    if not isinstance(found, dict):
        return ""
    own = found.get("UserLocalizedLabel")
    labels = [own, *each(found, "LocalizedLabels")]
    return next((text(one, "Label") for one in labels if isinstance(one, dict)), "")
