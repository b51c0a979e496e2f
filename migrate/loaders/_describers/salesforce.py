"""What does a Salesforce org say of its objects? ``GET /sobjects/<name>/describe``.

Documented: the call, its fields and types, and that a field is required which is not nillable, can
be created and has no default. Recalled: ``custom``, ``digits`` and ``active``, and that a polymorphic
reference shows its object as ``<relationshipName>.Type``.
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
    names,
    number,
    text,
)
from migrate.specs.live import Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = (*ASKING, "version")
VERSION = "60.0"

_TYPES: Mapping[str, FieldType] = {
    "string": "text", "id": "text", "encryptedstring": "text", "time": "text",
    "textarea": "long_text", "picklist": "picklist", "multipicklist": "picklist",
    "combobox": "picklist", "reference": "reference", "email": "email", "phone": "phone",
    "url": "url", "currency": "currency", "double": "decimal", "percent": "decimal",
    "int": "integer", "long": "integer", "date": "date", "datetime": "datetime",
    "boolean": "boolean",
}  # fmt: skip
_SIZED = ("text", "long_text", "email", "phone", "url")


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """Describe each of the objects; those that the org has not, or hides, are missing."""
    token = token_of(options, "Salesforce")
    url, _, given = url.partition("/services/data")
    version = str(options.get("version") or given.strip("/") or VERSION).removeprefix("v")
    api = f"/services/data/v{version}"
    headers = {"Authorization": f"Bearer {token}"}
    with closing(Asking(url, "Salesforce", options=options, headers=headers)) as asking:
        found, missing = [], []
        for name in objects:
            body = asking.get(f"{api}/sobjects/{name}/describe")
            if body is None:
                missing.append(name)
            else:
                found.append(object_of(asking, body))
        return Live(tuple(found), asking.place, f"REST API v{version}", missing=tuple(missing))


def object_of(asking: Asking, body: Item) -> TargetObject:
    """The object of one describe."""
    fields = items(asking, body, "fields", "name", "type")
    name = text(body, "name")
    if not name:
        raise asking.puzzled("its describe has no name")
    key = [text(f, "name") for f in fields if flag(f, "externalId") and flag(f, "unique")]
    mine = [k for k in key if re.search(r"mig|legacy|extern", k, re.I)]
    return TargetObject(
        name,
        tuple(field_of(f) for f in fields if str(f["type"]) in _TYPES),
        table=name,
        label=text(body, "label"),
        id_field="Id",
        # Of a standard object the description knows the key; of another one it is guessed.
        external_id="" if not flag(body, "custom") else next(iter(mine or key), ""),
        can_create=body.get("createable") is not False,
    )


def field_of(item: Item) -> TargetField:
    """The field of one entry of ``fields``.

    >>> field_of({"name": "Size__c", "type": "string", "length": 40, "custom": True,
    ...           "createable": True, "updateable": True, "nillable": False})
    ... # doctest: +ELLIPSIS
    TargetField(name='Size__c', type='text', ... length=40, ... is_required=True, ...)
    """
    kind = _TYPES[str(item["type"])]
    name = text(item, "name")
    is_writable = flag(item, "createable") or flag(item, "updateable")
    references = names(item, "referenceTo")
    if kind == "reference" and not references:
        kind = "text"
    values, labels = choices(
        (text(v, "value"), text(v, "label"))
        for v in each_item(item, "picklistValues")
        if v.get("active") is not False
    )
    is_decimal = item["type"] in ("currency", "double", "percent")
    scale = item.get("scale")
    relation = text(item, "relationshipName")
    return TargetField(
        name,
        kind,
        label=text(item, "label"),
        length=number(item, "length") if kind in _SIZED else None,
        precision=number(item, "precision") if is_decimal else None,
        scale=scale if is_decimal and isinstance(scale, int) else None,
        is_required=flag(item, "createable") and item.get("nillable") is False
        and not flag(item, "defaultedOnCreate"),
        is_unique=flag(item, "unique"),
        is_read_only=not is_writable,
        is_multiple=item["type"] == "multipicklist",
        is_custom=flag(item, "custom") or name.endswith("__c"),
        picklist=values if kind == "picklist" else (),
        picklist_labels=labels if kind == "picklist" else {},
        references=references if kind == "reference" else (),
        type_field=f"{relation or name}.Type" if len(references) > 1 else "",
    )  # fmt: skip
