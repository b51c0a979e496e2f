"""Scripts for CRMs that take files rather than requests: metadata, definitions, SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from migrate.mapping.gaps.fields import NewField
from migrate.values import TargetSchema

_SALESFORCE = "salesforce/force-app/main/default"
_RECALLED = "recalled, not read in a document: try it in a sandbox first"
_LONGEST_TEXT = 255


def salesforce_files(fields: Sequence[NewField]) -> Iterator[tuple[str, str]]:
    """A metadata file for each field, and a permission set that makes them visible."""
    project = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "60.0"}  # fmt: skip
    yield "salesforce/sfdx-project.json", json.dumps(project, indent=1) + "\n"
    for field in fields:
        path = f"{_SALESFORCE}/objects/{field.object}/fields/{field.name}.field-meta.xml"
        yield path, _salesforce_field(field)
    shown = "".join(
        "    <fieldPermissions>\n        <editable>true</editable>\n"
        f"        <field>{escape(f'{f.object}.{f.name}')}</field>\n"
        "        <readable>true</readable>\n    </fieldPermissions>\n"
        for f in fields
    )
    path = f"{_SALESFORCE}/permissionsets/Migrated_fields.permissionset-meta.xml"
    text = f"{shown}    <label>Migrated fields</label>\n"
    yield path, _xml("PermissionSet", text)


def _xml(root: str, inner: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- the format is {_RECALLED} -->\n'
        f'<{root} xmlns="http://soap.sforce.com/2006/04/metadata">\n{inner}</{root}>\n'
    )


def _salesforce_field(field: NewField) -> str:
    """The parts of a CustomField in the order of its type."""
    parts: list[tuple[str, str]] = [("fullName", field.name), ("label", field.label)]
    kind = {
        "integer": "Number", "decimal": "Number", "currency": "Currency", "date": "Date",
        "datetime": "DateTime", "boolean": "Checkbox", "email": "Email", "phone": "Phone",
        "url": "Url", "picklist": "Picklist",
    }.get(field.type, "Text")  # fmt: skip
    if field.type == "boolean":
        parts.append(("defaultValue", "false"))
    if kind == "Text" and (field.type == "long_text" or (field.length or 0) > _LONGEST_TEXT):
        kind = "LongTextArea"
        parts += [("length", str(max(field.length or 0, 256))), ("visibleLines", "3")]
    elif kind == "Text":
        parts.append(("length", str(field.length or 80)))
    elif kind in ("Number", "Currency"):
        parts.append(("precision", str(field.precision or 18)))
        parts.append(("scale", str(field.scale or 0)))
    inner = "".join(f"    <{name}>{escape(text)}</{name}>\n" for name, text in parts)
    inner += f"    <type>{kind}</type>\n"
    if field.picklist:
        values = "".join(
            f"            <value>\n                <fullName>{escape(value)}</fullName>\n"
            "                <default>false</default>\n"
            f"                <label>{escape(value)}</label>\n            </value>\n"
            for value in field.picklist
        )
        inner += (
            "    <valueSet>\n        <restricted>true</restricted>\n        <valueSetDefinition>\n"
            f"            <sorted>false</sorted>\n{values}        </valueSetDefinition>\n"
            "    </valueSet>\n"
        )
    return _xml("CustomField", inner)


_ESPO_TYPES = {
    "long_text": "text", "integer": "int", "decimal": "float", "currency": "currency",
    "date": "date", "datetime": "datetime", "boolean": "bool", "email": "varchar",
    "phone": "varchar", "url": "url", "picklist": "enum",
}  # fmt: skip


def espocrm_files(fields: Sequence[NewField]) -> Iterator[tuple[str, str]]:
    """Definitions and labels for each entity, to be merged with those that are there."""
    home = "espocrm/custom/Espo/Custom/Resources"
    objects: dict[str, list[NewField]] = {}
    for field in fields:
        objects.setdefault(field.object, []).append(field)
    for object, ours in objects.items():
        defined = {"fields": {field.name: _espo_field(field) for field in ours}}
        labels: dict[str, Any] = {"fields": {field.name: field.label for field in ours}}
        lists = {f.name: {value: value for value in f.picklist} for f in ours if f.picklist}
        labels |= {"options": lists} if lists else {}
        yield f"{home}/metadata/entityDefs/{object}.json", _json(defined)
        yield f"{home}/i18n/en_US/{object}.json", _json(labels)


def _espo_field(field: NewField) -> Mapping[str, Any]:
    found: dict[str, Any] = {"type": _ESPO_TYPES.get(field.type, "varchar"), "isCustom": True}
    if found["type"] == "varchar":
        found["maxLength"] = field.length or 100
    if field.picklist:
        found["options"] = ["", *field.picklist]
    return found


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=4) + "\n"


_SQL_TYPES = {
    "integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "boolean": "BOOLEAN",
    "long_text": "TEXT",
}  # fmt: skip


def sql_file(schema: TargetSchema, fields: Sequence[NewField]) -> str:
    """An ALTER TABLE for each column, in the SQL that SQLite, PostgreSQL and MariaDB share."""
    lines = [
        f"-- New columns for {schema.label or schema.name}. Look at each before you run it: the",
        "-- types are the ones that SQLite, PostgreSQL and MariaDB share (on MariaDB quote by `).",
        "-- The application in front of the database may have to be told of them as well.",
    ]
    for field in fields:
        target = schema.object(field.object)
        table = target.table if target and target.table else field.object
        note = f"  -- {', '.join(field.columns)}".replace("\n", " ")
        if field.picklist:
            note += f"; values: {', '.join(field.picklist)}".replace("\n", " ")
        kind = _sql_type(field)
        lines.append(f"ALTER TABLE {_quoted(table)} ADD COLUMN {_quoted(field.name)} {kind};{note}")
    return "\n".join(lines) + "\n"


def _sql_type(field: NewField) -> str:
    if field.type in _SQL_TYPES:
        return _SQL_TYPES[field.type]
    if field.type in ("decimal", "currency"):
        return f"DECIMAL({field.precision or 18}, {field.scale or 0})"
    longest = max((len(value) for value in field.picklist), default=0)
    return f"VARCHAR({field.length or max(2 * longest, 40)})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
