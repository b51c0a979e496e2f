"""What does an EspoCRM say of its entities? ``GET Metadata?key=entityDefs.<Entity>``.

Documented: the call, the types, and the keys of fields and links. Recalled: ``isCustom``, and that
an address is written as its five subfields where the metadata does not list them. Labels are in
another call (I18n) that is not made: a new field's label is its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.loaders._describers._asking import OPTIONS as ASKING
from migrate.loaders._describers._asking import Asking, token_of
from migrate.loaders._describers._facts import Item, choices, each, flag, names, number, text
from migrate.specs.live import LENGTH, UNIQUE, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = ASKING
_TYPES: Mapping[str, FieldType] = {
    "varchar": "text", "text": "long_text", "wysiwyg": "long_text", "enum": "picklist",
    "enumInt": "picklist", "multiEnum": "picklist", "array": "picklist", "checklist": "picklist",
    "bool": "boolean", "int": "integer", "autoincrement": "integer", "float": "decimal",
    "decimal": "decimal", "enumFloat": "decimal", "duration": "integer", "currency": "currency",
    "currencyConverted": "currency", "date": "date", "datetime": "datetime",
    "datetimeOptional": "datetime", "email": "email", "phone": "phone", "url": "url",
    "link": "reference", "linkOne": "reference", "linkMultiple": "reference",
    "linkParent": "reference", "personName": "text", "number": "text", "foreign": "text",
}  # fmt: skip
_SEVERAL = ("multiEnum", "array", "checklist", "linkMultiple")
_FILLED = ("currencyConverted", "autoincrement", "number", "foreign")
_SUBFIELDS: Mapping[str, tuple[FieldType, int]] = {
    "Street": ("long_text", 255), "City": ("text", 100), "State": ("text", 100),
    "PostalCode": ("text", 40), "Country": ("text", 100),
}  # fmt: skip


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The entities by their names; those that are not there are missing."""
    headers = {"X-Api-Key": token_of(options, "EspoCRM")}
    base = url.split("?")[0].rstrip("/")
    base = base if base.endswith("/api/v1") else f"{base}/api/v1"
    with closing(Asking(base, "EspoCRM", options=options, headers=headers)) as asking:
        found, missing = [], []
        for name in objects:
            body = asking.get("Metadata", key=f"entityDefs.{name}")
            if body in (None, False, [], {}):
                missing.append(name)
            else:
                found.append(object_of(asking, name, body))
        return Live(
            tuple(found), asking.place, "Metadata of API v1",
            untold=frozenset({LENGTH, UNIQUE}), missing=tuple(missing),
        )  # fmt: skip


def object_of(asking: Asking, name: str, body: Any) -> TargetObject:
    """The object of one entity's definitions."""
    fields = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(fields, dict) or not fields:
        raise asking.puzzled("its metadata has no fields")
    links = body.get("links")
    links = links if isinstance(links, dict) else {}
    found = tuple(_fields({n: f for n, f in fields.items() if isinstance(f, dict)}, links))
    return TargetObject(name, found, table=name, label=name, id_field="id", external_id="")


def _fields(fields: Mapping[str, Item], links: Mapping[str, Any]) -> Iterator[TargetField]:
    for name, item in fields.items():
        kind = text(item, "type")
        if flag(item, "disabled"):
            continue
        if kind == "address":
            for part, (found, length) in _SUBFIELDS.items():
                if name + part not in fields:
                    is_custom = flag(item, "isCustom")
                    yield TargetField(name + part, found, length=length, is_custom=is_custom)
        elif kind in _TYPES:
            link = links.get(name)
            yield field_of(name, item, link if isinstance(link, dict) else {})


def field_of(name: str, item: Item, link: Item) -> TargetField:
    """The field of one definition; ``link`` says to which entity a reference leads.

    >>> field_of("account", {"type": "link"}, {"type": "belongsTo", "entity": "Account"}).references
    ('Account',)
    """
    kind = text(item, "type")
    found = _TYPES[kind]
    parents = names(item, "entityList") if kind == "linkParent" else ()
    single = text(item, "entity") or text(link, "entity")
    references = parents or ((single,) if single else ())
    if found == "reference" and not references:
        found = "text"
    values, _ = choices((o, o) for o in (text({"o": o}, "o") for o in each(item, "options")))
    is_fixed = flag(item, "readOnly") or kind in _FILLED
    return TargetField(
        name,
        found,
        length=number(item, "maxLength"),
        is_required=flag(item, "required") and not is_fixed,
        is_read_only=is_fixed,
        is_multiple=kind in _SEVERAL,
        is_custom=flag(item, "isCustom"),
        picklist=values if found == "picklist" else (),
        references=references if found == "reference" else (),
        type_field=f"{name}Type" if found == "reference" and len(references) > 1 else "",
    )
