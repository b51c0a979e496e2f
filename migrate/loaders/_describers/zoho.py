"""What does a Zoho CRM say of its modules? ``GET /crm/v8/settings/fields?module=<Module>``.

Documented: the call and the keys of its answer. Recalled: that a module nobody has is refused with
INVALID_MODULE. What a layout alone requires is not in it; users have no fields there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.errors import TargetError
from migrate.loaders._describers._asking import OPTIONS as ASKING
from migrate.loaders._describers._asking import Asking, token_of
from migrate.loaders._describers._facts import Item, choices, each_item, flag, items, number, text
from migrate.specs.live import REQUIRED, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = (*ASKING, "version")
VERSION = "8"
_USERS = "users"
_TYPES: Mapping[str, FieldType] = {
    "text": "text", "email": "email", "phone": "phone", "website": "url",
    "textarea": "long_text", "picklist": "picklist", "multiselectpicklist": "picklist",
    "lookup": "reference", "ownerlookup": "reference", "userlookup": "reference",
    "currency": "currency", "integer": "integer", "bigint": "integer", "double": "decimal",
    "percent": "decimal", "date": "date", "datetime": "datetime", "boolean": "boolean",
    "autonumber": "text", "formula": "text", "profileimage": "text",
}  # fmt: skip
_SIZED = ("text", "long_text", "email", "phone", "url")


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The modules by their API names; those that are not there are missing."""
    headers = {"Authorization": f"Zoho-oauthtoken {token_of(options, 'Zoho CRM')}"}
    url, _, given = url.partition("/crm/v")
    version = str(options.get("version") or given.strip("/") or VERSION).removeprefix("v")
    with closing(Asking(url, "Zoho CRM", options=options, headers=headers)) as asking:
        found, missing = [], []
        for name in objects:
            if name == _USERS:
                continue
            body = _asked(asking, version, name)
            if body is None:
                missing.append(name)
            else:
                found.append(
                    object_of(name, items(asking, body, "fields", "api_name", "data_type"))
                )
        return Live(
            tuple(found), asking.place, f"API v{version}", untold=frozenset({REQUIRED}),
            undescribed=(_USERS,), missing=tuple(missing),
        )  # fmt: skip


def _asked(asking: Asking, version: str, name: str) -> Any:
    try:
        return asking.get(f"/crm/v{version}/settings/fields", module=name)
    except TargetError as problem:
        if "INVALID_MODULE" in problem.message:
            return None
        raise


def object_of(name: str, fields: Sequence[Item]) -> TargetObject:
    """The object of its fields."""
    found = tuple(field_of(f) for f in fields if str(f["data_type"]) in _TYPES)
    return TargetObject(
        name, found, table=name, label=name.replace("_", " "), id_field="id", external_id=""
    )


def field_of(item: Item) -> TargetField:
    """The field of one entry.

    >>> field_of({"api_name": "Size", "data_type": "text", "length": 40, "custom_field": True,
    ...           "system_mandatory": True}).is_required
    True
    """
    kind = _TYPES[str(item["data_type"])]
    lookup = item.get("lookup")
    module = lookup.get("module") if isinstance(lookup, dict) else None
    leads_to = text(module, "api_name") if isinstance(module, dict) else str(module or "")
    if item["data_type"] in ("ownerlookup", "userlookup"):
        leads_to = _USERS
    if kind == "reference" and not leads_to:
        kind = "text"
    values, labels = choices(
        (text(v, "actual_value", "display_value"), text(v, "display_value"))
        for v in each_item(item, "pick_list_values")
        if text(v, "type") != "unused"
    )
    unique = item.get("unique")
    how = item.get("operation_type")
    is_fixed = flag(item, "read_only") or flag(item, "field_read_only")
    if isinstance(how, dict) and "api_create" in how:
        is_fixed |= not flag(how, "api_create") and not flag(how, "api_update")
    scale = item.get("decimal_place")
    return TargetField(
        text(item, "api_name"),
        kind,
        label=text(item, "field_label"),
        length=number(item, "length") if kind in _SIZED else None,
        scale=scale if kind in ("decimal", "currency") and isinstance(scale, int) else None,
        is_required=flag(item, "system_mandatory") and not is_fixed,
        is_unique=bool(unique) if isinstance(unique, dict) else flag(item, "unique"),
        is_read_only=is_fixed or item["data_type"] in ("autonumber", "formula"),
        is_multiple=item["data_type"] == "multiselectpicklist",
        is_custom=flag(item, "custom_field"),
        picklist=values if kind == "picklist" else (),
        picklist_labels=labels if kind == "picklist" else {},
        references=(leads_to,) if kind == "reference" else (),
    )
