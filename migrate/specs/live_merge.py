"""How do a description and the live system become the customer's own description?"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrate.specs.live import Change, Live, Merged, counted, differences
from migrate.specs.live_fields import merged_field, sound_fields
from migrate.specs.order import components
from migrate.values import Capabilities, TargetField, TargetObject, TargetSchema


def merge(
    name: str, live: Live, *, own: TargetSchema | None = None, product: TargetSchema | None = None
) -> Merged:
    """Hold what is live against what was known: ``own`` of an earlier pull, else ``product``.

    >>> known = TargetObject("Account", (TargetField("Name", length=80, means="company"),))
    >>> now = TargetObject("Account", (TargetField("Name", length=255), TargetField("Size__c")))
    >>> found = merge("acme", Live((now,), "https://acme", "v1"),
    ...               product=TargetSchema("acme", (known,)))
    >>> found.schema.object("Account").field("Name").means
    'company'
    >>> [(c.field, c.change, c.fact, c.before, c.after) for c in found.changes]
    [('Name', 'changed', 'length', '80', '255'), ('Size__c', 'added', '', '', 'text')]
    """
    base = own or product
    described = [*(base.objects if base else ()), *(product.objects if product else ())]
    known: dict[str, TargetObject] = {}
    for target in described:
        known.setdefault(target.name, target)
    names = _names(live, known.values())
    found = {names[target.name]: _renamed(target, names) for target in live.objects}
    kept = [n for n in known if n in live.undescribed and n not in found]
    usual_key = _usual_key(known.values())
    objects, changes = [], []
    for object_name in _ordered(known, found, kept):
        if object_name in kept:
            objects.append(known[object_name])
            continue
        before = known.get(object_name)
        shipped = product.object(object_name) if product else None
        target = _merged_object(found[object_name], before, shipped, live, usual_key)
        objects.append(target)
        was = base.object(object_name) if base else None
        changes += differences(was, target)
    gone = [t for t in (base.objects if base else ()) if t.name not in {*found, *kept}]
    changes += [Change(t.name, "", "gone", before=counted(t)) for t in gone]
    lacking = [
        (target.name, target.external_id)
        for target in objects
        if target.name in found and not _has_key(target, found[target.name], live)
    ]
    schema = _schema(name, live, own, product, tuple(objects))
    return Merged(schema, tuple(changes), tuple(lacking))


def same(schema: TargetSchema, other: TargetSchema) -> bool:
    """Whether two descriptions say the same, wherever they stand in their files."""
    return _placeless(schema) == _placeless(other)


def _placeless(schema: TargetSchema) -> dict[str, Any]:
    found = dataclasses.asdict(schema)
    for target in found["objects"]:
        target["fields"] = [{**field, "where": ""} for field in target["fields"]]
        target["where"] = ""
    return {**found, "where": ""}


def _schema(
    name: str,
    live: Live,
    own: TargetSchema | None,
    product: TargetSchema | None,
    objects: tuple[TargetObject, ...],
) -> TargetSchema:
    base = own or product
    described = {target.name for target in objects}
    pointed = {r for target in objects for field in target.references for r in field.references}
    capabilities = base.capabilities if base else live.capabilities or Capabilities()
    return TargetSchema(
        name=name,
        objects=objects,
        family=base.family if base else live.family or "sql",
        label=base.label if base else name,
        verified="tested",
        source=own.source if own and own.source else _source(live, product),
        limits=base.limits if base else (),
        undescribed=tuple(sorted(pointed - described)),
        capabilities=capabilities,
    )


def _source(live: Live, product: TargetSchema | None) -> str:
    told = f"The live schema of the customer's own system ({live.api})"
    silent = sorted(fact.replace("_", " ") for fact in live.untold)
    if silent:
        told += f", which does not tell everything ({', '.join(silent)})"
    if product is None:
        return f"{told}."
    return f"{told}. Meanings, labels and what it does not tell: the product's description."


def _names(live: Live, known: Iterable[TargetObject]) -> dict[str, str]:
    """What each live object is called here: a known one by its name, or by its table."""
    by_table = {target.table: target.name for target in known if target.table}
    by_name = {target.name for target in known}
    return {
        target.name: target.name
        if target.name in by_name
        else by_table.get(target.table or target.name, target.name)
        for target in live.objects
    }


def _renamed(target: TargetObject, names: Mapping[str, str]) -> TargetObject:
    fields = tuple(
        dataclasses.replace(f, references=tuple(names.get(r, r) for r in f.references))
        for f in target.fields
    )
    return dataclasses.replace(target, name=names[target.name], fields=fields)


def _usual_key(known: Iterable[TargetObject]) -> str:
    """What carries our key in most objects, for those that nobody described."""
    counted = Counter(target.external_id for target in known if not target.is_user)
    return counted.most_common(1)[0][0] if counted else ""


def _ordered(
    known: Mapping[str, TargetObject], found: Mapping[str, TargetObject], kept: Sequence[str]
) -> list[str]:
    """The known in the order in which they are loaded, then the others, parents first."""
    old = [name for name in known if name in found or name in kept]
    new = {name: target for name, target in sorted(found.items()) if name not in known}
    edges = {
        name: {r for f in target.references for r in f.references if r in new and r != name}
        for name, target in new.items()
    }
    return [*old, *(name for cycle in components(edges) for name in sorted(cycle))]


def _merged_object(
    now: TargetObject,
    known: TargetObject | None,
    shipped: TargetObject | None,
    live: Live,
    usual_key: str,
) -> TargetObject:
    live_names = {field.name for field in now.fields}
    if known is None:
        key = now.external_id or ("" if live.family == "sql" else usual_key)
        fields = [f for f in now.fields if f.name != key]
        return dataclasses.replace(now, external_id=key, fields=sound_fields(fields))
    is_sql = live.family == "sql"  # there the tables say everything, the key's column included
    key = now.external_id or ("" if is_sql else known.external_id)
    if known.external_id in live_names:
        key = known.external_id
    fields, seen = [], set()
    for before in known.fields:
        seen.add(before.name)
        field = now.field(before.name)
        if field is not None:
            fields.append(merged_field(field, before, live.untold))
        elif before.name in live.unlisted:
            fields.append(before)
    # Which fields these are the description says elsewhere: at the object, at a reference.
    apart = {key, known.version_field, *(field.type_field for field in known.fields)}
    fresh = []
    for field in _by_name(now.fields):
        if field.name in seen or field.name in apart:
            continue
        described = shipped.field(field.name) if shipped else None
        fresh.append(merged_field(field, described, live.untold) if described else field)
    return dataclasses.replace(
        known,
        table=now.table if known.table != known.name and now.table else known.table,
        id_field=now.id_field if is_sql else known.id_field,
        external_id=key,
        version_field=known.version_field if _has(now, known.version_field, live) else "",
        can_create=bool(key) if is_sql else known.can_create and now.can_create,
        fields=sound_fields([*fields, *fresh]),
    )


def _by_name(fields: Iterable[TargetField]) -> list[TargetField]:
    return sorted(fields, key=lambda field: (field.name.casefold(), field.name))


def _has(now: TargetObject, name: str, live: Live) -> bool:
    """Whether a version field is there; an API that lists it nowhere leaves it as it was."""
    return bool(name) and (live.family != "sql" or now.field(name) is not None)


def _has_key(target: TargetObject, now: TargetObject, live: Live) -> bool:
    """Whether the live object has the field that carries our key."""
    names = {field.name for field in now.fields} | {now.external_id, target.id_field}
    names |= live.unlisted
    return bool(target.external_id) and target.external_id in names
