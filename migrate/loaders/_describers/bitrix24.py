"""What does a Bitrix24 portal say of its objects? ``crm.contact.fields`` and its sisters.

Documented: the shape of crm.item.fields, which the calls by object share with names in capitals,
the lists of statuses with pages, what a webhook's address is. Recalled: the labels of the customer's
own fields (``formLabel``). The description calls fields as crm.contact.fields does, so that is asked;
crm.item.fields only for smart processes (``crm.item.<entityTypeId>``). Users and bank details are not
described in this way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.errors import TargetError
from migrate.loaders._describers._asking import OPTIONS as ASKING
from migrate.loaders._describers._asking import Asking, shown_place
from migrate.loaders._describers._facts import (
    Item,
    choices,
    each_item,
    flag,
    next_page,
    number,
    text,
)
from migrate.specs.live import KIND, LENGTH, PICKLIST, UNIQUE, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = ASKING
_FIELDS = ("crm.company", "crm.contact", "crm.lead", "crm.deal", "crm.quote", "crm.requisite")
_TYPES: Mapping[str, FieldType] = {
    "string": "text", "char": "boolean", "text": "long_text", "integer": "integer",
    "double": "decimal", "boolean": "boolean", "date": "date", "datetime": "datetime",
    "user": "reference", "employee": "reference", "crm_status": "picklist",
    "crm_company": "reference", "crm_contact": "reference", "crm_lead": "reference",
    "crm_deal": "reference", "crm_multifield": "text", "enumeration": "picklist",
    "money": "currency", "url": "url", "address": "text", "crm_currency": "text",
    "file": "text", "crm_entity": "text", "crm": "text", "iblock_element": "text",
    "crm_category": "integer", "location": "integer", "crm_quote": "integer",
}  # fmt: skip
_PARENTS: Mapping[str, str] = {
    "user": "user", "employee": "user", "crm_company": "crm.company",
    "crm_contact": "crm.contact", "crm_lead": "crm.lead", "crm_deal": "crm.deal",
}  # fmt: skip

Statuses = Mapping[str, Sequence[tuple[str, str]]]


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The objects by the beginning of their calls; what has none is kept as it was known."""
    shown = shown_place(url, "Bitrix24")
    # The path of a webhook is the credential itself.
    place = re.sub(r"(/rest/)\d+/[^/]+.*", r"\g<1>***", shown)
    if place == shown and not options.get("token"):
        host = "/".join(shown.split("/")[:3])
        raise TargetError(
            f"the address at {host} is no webhook's",
            hint="write it as https://<portal>/rest/<user>/<secret>, the secret from a variable of "
            "the environment: --url '${BITRIX24_WEBHOOK}'",
        )
    asking = Asking(url, "Bitrix24", options=options, headers={}, place=place, codes=("error",))
    with closing(asking):
        sent = {"auth": str(options["token"])} if options.get("token") else {}
        statuses = _statuses(asking, sent)
        found, missing, undescribed = [], [], []
        for name in objects:
            item_type = re.fullmatch(r"crm\.item\.(\d+)", name)
            if name not in _FIELDS and not item_type:
                undescribed.append(name)
                continue
            method = "crm.item.fields" if item_type else f"{name}.fields"
            extra = {"entityTypeId": int(item_type[1])} if item_type else {}
            body = _call(asking, method, {**sent, **extra})
            fields = _mapping(body)
            if item_type and fields:
                fields = _mapping(fields.get("fields"))
            if fields is None:
                missing.append(name)
            else:
                found.append(object_of(asking, name, fields, statuses))
        return Live(
            tuple(found), asking.place, "REST", missing=tuple(missing),
            untold=frozenset({KIND, LENGTH, PICKLIST, UNIQUE}), undescribed=tuple(undescribed),
        )  # fmt: skip


def _call(asking: Asking, method: str, sent: Mapping[str, Any]) -> Any:
    """What a method answers; None where there is no such thing."""
    try:
        body = asking.ask("POST", f"/{method}", body=dict(sent))
    except TargetError as problem:
        if re.search(r"\b(NOT_FOUND|ERROR_METHOD_NOT_FOUND)\b", problem.message):
            return None
        raise
    if body is None:
        return None
    if not isinstance(body, dict) or "result" not in body:
        raise asking.puzzled(f"{method} gives no result")
    return body["result"]


def _mapping(found: Any) -> Mapping[str, Any] | None:
    """A mapping; an empty one comes as a list."""
    return found if isinstance(found, dict) else {} if found == [] else None


def _statuses(asking: Asking, sent: Mapping[str, Any]) -> Statuses:
    """The values of all lists that are not the customer's own fields, page by page."""
    found: dict[str, list[tuple[str, str]]] = {}
    start, seen = "0", {"0"}
    while start:
        body = asking.ask("POST", "/crm.status.list", body={**sent, "start": int(start)})
        listed = body.get("result") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise asking.puzzled("crm.status.list gives no list")
        for item in listed:
            if isinstance(item, dict):
                pair = (text(item, "STATUS_ID"), text(item, "NAME"))
                found.setdefault(text(item, "ENTITY_ID"), []).append(pair)
        start = next_page(asking, body.get("next"), seen)
        if not start.isdecimal():
            break
    return found


def object_of(asking: Asking, name: str, fields: Mapping[str, Any], statuses: Statuses) -> TargetObject:  # fmt: skip
    """The object of its fields."""
    if not fields or not all(isinstance(f, dict) and "type" in f for f in fields.values()):
        raise asking.puzzled(f"{name} has no fields")
    is_item = name.startswith("crm.item.")
    return TargetObject(
        name,
        tuple(field_of(n, item, statuses) for n, item in fields.items()),
        table=name,
        label=name,
        id_field="id" if is_item else "ID",
        external_id="xmlId" if is_item else "ORIGIN_ID",
    )


def field_of(name: str, item: Item, statuses: Statuses) -> TargetField:
    """The field of one entry.

    >>> field_of("UF_CRM_SIZE", {"type": "enumeration", "isDynamic": True, "formLabel": "Size",
    ...          "items": [{"ID": "7", "VALUE": "Small"}]}, {}).picklist_labels
    {'7': 'Small'}
    """
    called = str(item["type"])
    kind = _TYPES.get(called, "text")
    pairs: Sequence[tuple[str, str]] = [
        (text(i, "ID"), text(i, "VALUE")) for i in each_item(item, "items")
    ]
    if called == "crm_status":
        pairs = statuses.get(text(item, "statusType"), ())
    values, labels = choices(pairs)
    settings = item.get("settings")
    size = number(settings, "MAX_LENGTH") if isinstance(settings, dict) else None
    is_custom = name.upper().startswith("UF_") or name.startswith("uf")
    return TargetField(
        name,
        kind,
        label=text(item, "formLabel", "listLabel", "title"),
        length=size if kind in ("text", "long_text", "url") else None,
        is_required=flag(item, "isRequired") and not flag(item, "isReadOnly"),
        is_read_only=flag(item, "isReadOnly"),
        is_multiple=flag(item, "isMultiple"),
        is_custom=is_custom,
        picklist=values if kind == "picklist" else (),
        picklist_labels=labels if kind == "picklist" else {},
        references=(_PARENTS[called],) if kind == "reference" else (),
    )
