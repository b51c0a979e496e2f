"""What may stand in a YAML file of a migration, as the JSON Schema that editors ask for?

Made from the keys that the readers ask for and from their sentences (:mod:`migrate.specs.yaml_keys`);
only which part stands under which key is said here. A schema knows less than ``crm-migrate check``:
it sees one file, and neither sources nor target.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from migrate.specs.fieldfile import ORPHANS
from migrate.specs.project import GATES
from migrate.specs.yaml_keys import Key, described, keys_of

Schema = dict[str, Any]

FILES: Mapping[str, tuple[str, str]] = {
    "mapping": ("Mapping files", "mappings/*.yaml"),
    "migration": ("migration.yaml", "migration.yaml"),
    "target": ("Target files", "mappings/targets/*.yaml"),
}
"""What a schema can be asked for, with the part that its file is and where such files are."""

SCALAR: Schema = {"type": ["string", "number", "boolean"]}
"""A text: whatever YAML takes it for, the reader takes it as it was typed."""

_TEXTS: Schema = {"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]}
_KINDS: Mapping[str, Schema] = {
    "text": SCALAR,
    "text or list": _TEXTS,
    "list of lists": {"type": "array", "items": _TEXTS},
    "true/false": {"enum": [True, False, "true", "false"]},
    "whole number": {"type": "integer", "minimum": 0},
    "number from 0 to 100": {"type": "number", "minimum": 0, "maximum": 100},
    "mapping": {"type": "object"},
    "mapping of names": {"type": "object"},
    "list": {"type": "array"},
    "any": {},
    "condition": {"$ref": "#/$defs/Conditions"},
}
_NESTED = re.compile(r"(under|in) (`\w+`|a line)")
_OPEN = frozenset({"Sources", "Tables", "Rules"})
"""Parts whose other keys go to a reader or an expectation as they are."""


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _list(value: Schema) -> Schema:
    return {"type": "array", "items": value}


def _closed(required: tuple[str, ...] = (), **keys: Schema) -> Schema:
    return {
        "type": "object",
        "properties": keys,
        "required": list(required),
        "additionalProperties": False,
    }


def _part(title: str) -> Schema:
    return {"$ref": f"#/$defs/{title.replace(' ', '_')}"}


def _or(*choices: Schema) -> Schema:
    return {"anyOf": list(choices)}


_TEXT_MAP = _map(SCALAR)
_WORTH = _or(SCALAR, _closed(("constant",), constant=SCALAR))
_UNDER: Mapping[str, Mapping[str, Schema]] = {
    "Mapping files": {
        "blocks": _map(_part("Blocks")),
        "drop": _list(_part("Dropped columns")),
        "match": _map(_or(_list(_TEXTS), _closed(("keys",), keys=_list(_TEXTS), priority=_TEXTS))),
    },
    "Blocks": {
        "fields": _map(_or(SCALAR, _part("Fields"))),
        "join": _list(_part("Joins")),
        "exclude": _list(_part("Exclusions")),
        "unpivot": _closed(("parts",), label=SCALAR, parts=_map(_TEXT_MAP)),
    },
    "Joins": {"on": _TEXT_MAP},
    "Conditions": {"all": _list(_part("Conditions")), "any": _list(_part("Conditions"))},
    "Fields": {
        "with": _TEXT_MAP,
        "lookup": _or(_TEXTS, _part("Lookups")),
        "orphan": {"enum": list(ORPHANS)},
        "values": _or(_TEXT_MAP, _part("Values by several columns")),
        "split": _part("Splits"),
        "currency": _part("Currencies"),
    },
    "Lookups": {"cases": _map(_TEXTS)},
    "Splits": {"part": {"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["last", "all"]}]}},
    "Values by several columns": {
        "map": _list({"type": "object", "required": ["to"], "additionalProperties": SCALAR})
    },
    "Currencies": {"from": _WORTH, "date": _WORTH},
    "migration.yaml": {
        "sources": _map(_part("Sources")),
        "environments": _map(_part("Environments")),
        "retention": _list(_part("Retention")),
        "rules": _list(_part("Rules")),
        "totals": _list(_part("Totals")),
        "gates": {**_closed(), "properties": {name: {"type": "number"} for name in GATES}},
        "rates": _or(SCALAR, _TEXT_MAP),
        "expected": SCALAR,
        "mappings": _or(
            SCALAR,
            _closed(("pack",), pack=SCALAR),
            _list(_or(SCALAR, _closed(("pack",), pack=SCALAR))),
        ),
    },
    "Sources": {"tables": _map(_part("Tables")), "queries": _TEXT_MAP},
    "Environments": {"owners": _TEXT_MAP, "ids": _map(_TEXT_MAP)},
    "Totals": {"by": _map(_or(SCALAR, _closed(("field",), field=SCALAR, part=SCALAR)))},
    "Target files": {
        "objects": _map(_part("Objects of a target")),
        "capabilities": _part("Capabilities of a target"),
    },
    "Objects of a target": {"fields": _map(_part("Fields of a target"))},
    "Fields of a target": {
        "picklist": _or(_TEXTS, _TEXT_MAP),
        "labels": _TEXT_MAP,
        "depends_on": _closed(("field", "allowed"), field=SCALAR, allowed=_map(_TEXTS)),
    },
}
"""What stands under a key, where its kind alone does not say it: part -> key -> schema."""


def json_schema(file: str) -> Schema:
    """The JSON Schema of one of FILES.

    >>> sorted(json_schema("mapping")["properties"])
    ['blocks', 'drop', 'match']
    """
    title, place = FILES[file]
    parts = described()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"crm-migrate: {place}",
        **_object(title, parts[title]),
    }
    named: dict[str, Schema] = {}
    open_names = _named(schema)
    while open_names:
        name = open_names.pop()
        if name not in named:
            own = name.replace("_", " ")
            named[name] = _object(own, parts[own])
            open_names |= _named(named[name])
    schema["$defs"] = dict(sorted(named.items()))
    return schema


def _object(title: str, part: Mapping[str, Any]) -> Schema:
    """The schema of one part: its keys with their sentences."""
    sentences = part["keys"]
    under = _UNDER.get(title, {})
    properties: Schema = {}
    required = []
    keys = {**keys_of(part), **{n: Key(n, "any") for n in under if n not in keys_of(part)}}
    for name, key in keys.items():
        sentence = sentences.get(name, "")
        if _NESTED.match(sentence):
            continue
        properties[name] = {**_kind(key, under.get(name)), "description": _plain(sentence)}
        if key.is_required and name not in _NOT_ALWAYS.get(title, ()):
            required.append(name)
    made: Schema = {
        "type": "object",
        "description": _plain(part["about"]),
        "properties": properties,
    }
    if title not in _OPEN:
        made["additionalProperties"] = False
    if required:
        made["required"] = required
    if title == "Conditions":
        return {"anyOf": [made, _list(_part(title))], "description": made.pop("description")}
    return made


_NOT_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "Conditions": ("column",),  # not beside all: or any:
    "Fields": ("columns",),  # only with python:
}


def _kind(key: Key, under: Schema | None) -> Schema:
    if under is not None:
        return dict(under)
    if key.allowed:
        return {"enum": [choice for choice in key.allowed if choice]}
    return dict(_KINDS.get(key.kind, {}))


def _named(schema: Any) -> set[str]:
    """The parts that a schema refers to."""
    if isinstance(schema, Mapping):
        own = {str(schema["$ref"]).rpartition("/")[2]} if "$ref" in schema else set()
        return own.union(*map(_named, schema.values()))
    return set().union(*map(_named, schema)) if isinstance(schema, list) else set()


def _plain(sentence: str) -> str:
    """A sentence of the reference without its links."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", str(sentence)).strip()
