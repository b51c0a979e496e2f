"""What does a Pipedrive company say of its fields? ``GET /api/v2/personFields`` and its sisters.

Documented: the calls, ``field_name``, ``field_code``, ``field_type`` and ``options``, pages by
cursor. Recalled: ``is_custom_field``. Inferred: that a code of 40 hex digits is a custom field. It
tells neither lengths nor what is required or read-only; users have no fields there.
"""

from __future__ import annotations

import re
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
from migrate.specs.live import KIND, LENGTH, MULTIPLE, PICKLIST, READ_ONLY, REQUIRED, UNIQUE, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = ASKING
_PAGE = "500"
_CALLS: Mapping[str, str] = {
    "persons": "personFields", "organizations": "organizationFields", "deals": "dealFields",
    "products": "productFields", "activities": "activityFields",
}  # fmt: skip
_TYPES: Mapping[str, FieldType] = {
    "varchar": "text", "varchar_auto": "text", "text": "long_text", "double": "decimal",
    "monetary": "currency", "date": "date", "daterange": "text", "time": "text",
    "timerange": "text", "enum": "picklist", "set": "picklist", "user": "reference",
    "org": "reference", "people": "reference", "phone": "phone", "email": "email",
    "address": "text", "visible_to": "picklist", "int": "integer", "boolean": "boolean",
    "datetime": "datetime", "stage": "reference", "pipeline": "reference", "status": "picklist",
}  # fmt: skip
_PARENTS: Mapping[str, str] = {
    "user": "users", "org": "organizations", "people": "persons", "stage": "stages",
    "pipeline": "pipelines",
}  # fmt: skip
# Keys of records that the fields' list has under another name, or not at all.
_UNLISTED = frozenset(
    {"id", "first_name", "last_name", "email", "phone", "im", "label_ids", "owner_id", "currency",
     "picture_id", "notes", "postal_address", "birthday", "job_title", "marketing_status",
     "linkedin", "website", "industry", "annual_revenue", "employee_count", "close_time",
     "origin", "channel"}
)  # fmt: skip


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The fields of each of the objects; what has no list of fields is kept as it was known."""
    headers = {"x-api-token": token_of(options, "Pipedrive")}
    base = re.sub(r"/(api/)?v[12]$", "", url.split("?")[0].rstrip("/"))
    with closing(Asking(base, "Pipedrive", options=options, headers=headers)) as asking:
        found, missing, undescribed = [], [], []
        for name in objects:
            if name not in _CALLS:
                undescribed.append(name)
                continue
            fields = _fields(asking, _CALLS[name])
            if fields is None:
                missing.append(name)
            else:
                found.append(object_of(name, fields))
        silent = {KIND, LENGTH, MULTIPLE, PICKLIST, READ_ONLY, REQUIRED, UNIQUE}
        return Live(
            tuple(found), asking.place, "API v2", untold=frozenset(silent),
            undescribed=tuple(undescribed), unlisted=_UNLISTED, missing=tuple(missing),
        )  # fmt: skip


def _fields(asking: Asking, call: str) -> list[dict[str, Any]] | None:
    """All pages; None where there is no such list."""
    found: list[dict[str, Any]] = []
    cursor, seen = "", set[str]()
    while True:
        query = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
        body = asking.get(f"/api/v2/{call}", **query)
        if body is None:
            return found or None
        found += items(asking, body, "data", "field_code", "field_type")
        more = body.get("additional_data")
        following = more.get("next_cursor") if isinstance(more, dict) else None
        cursor = next_page(asking, following, seen)
        if not cursor:
            return found


def object_of(name: str, fields: Sequence[Item]) -> TargetObject:
    """The object of its fields."""
    return TargetObject(
        name, tuple(field_of(f) for f in fields), table=name, label=name.capitalize(),
        id_field="id", external_id="",
    )  # fmt: skip


def field_of(item: Item) -> TargetField:
    """The field of one entry; a value of a list is the number of its option.

    >>> field_of({"field_code": "a" * 40, "field_name": "Size", "field_type": "enum",
    ...           "options": [{"id": 7, "label": "Small"}]}).picklist_labels
    {'7': 'Small'}
    """
    code, called = text(item, "field_code"), str(item["field_type"])
    kind = _TYPES.get(called, "text")
    values, labels = choices((text(o, "id"), text(o, "label")) for o in each_item(item, "options"))
    parent = _PARENTS.get(called, "")
    return TargetField(
        code,
        kind,
        label=text(item, "field_name"),
        is_multiple=called == "set",
        is_custom=flag(item, "is_custom_field") or bool(re.fullmatch(r"[0-9a-f]{40}", code)),
        picklist=values if kind == "picklist" else (),
        picklist_labels=labels if kind == "picklist" else {},
        references=(parent,) if kind == "reference" else (),
    )
