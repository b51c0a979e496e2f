"""Where does an administrator click to make the new fields, in plain words?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.mapping.gaps.fields import NewField
from migrate.mapping.gaps.names import rules_of
from migrate.values import TargetSchema

# Where fields are made. All of them are recalled: menus move from release to release.
_WAYS: Mapping[str, str] = {
    "salesforce": "Setup → Object Manager → {object} → Fields & Relationships → New",
    "dynamics365": "make.powerapps.com → Tables → {object} → Columns → New column",
    "hubspot": "Settings → Properties → {object} → Create property",
    "zoho": "Setup → Modules and Fields → {object} → drag a new field into the layout",
    "pipedrive": "Settings → Data fields → {object} → Custom field",
    "odoo": "Settings → Technical → Fields → New (with developer mode), model {object}",
    "bitrix24": "CRM → Settings → Custom fields → {object} → Add field",
    "amocrm": "Settings of the card → {object} → Add field",
    "espocrm": "Administration → Entity Manager → {object} → Fields → Add Field",
    "suitecrm": "Admin → Studio → {object} → Fields → Add Field, then put it into the layouts",
    "creatio": "Freedom UI Designer → {object} → New column, or a package",
    "twenty": "Settings → Data model → {object} → Add field",
    "frappe_crm": "Customize Form → {object} → add a row",
    "1c_crm": "Additional attributes of {object}, or the 1C developer of the customer",
    "sap_crm": "Adaptation mode of {object} → add a field, then add it to the OData service",
}
_KINDS = {
    "text": "text, one line", "long_text": "text, several lines", "integer": "whole number",
    "decimal": "number with decimals", "currency": "amount of money", "date": "date",
    "datetime": "date and time", "boolean": "yes or no", "email": "e-mail address",
    "phone": "phone number", "url": "web address", "picklist": "list to choose from",
}  # fmt: skip


def click_list(
    schema: TargetSchema, fields: Sequence[NewField], missing_values: Mapping[str, Sequence[str]]
) -> str:
    """A page in Markdown: for each object the fields to make, then the values that lists lack."""
    name = schema.label or schema.name
    known = rules_of(schema.name, schema.family).known
    lines = [f"# Fields to make in {name}", ""]
    if fields:
        lines += [
            f"Make these fields before the load. The API names follow {name}'s rules as they are "
            f"{known}; where the CRM makes another one, correct it in the mapping. Tick each field "
            "when it is there and visible to the user who loads.",
            "",
        ]
    objects: dict[str, list[NewField]] = {}
    for field in fields:
        objects.setdefault(field.object, []).append(field)
    for object, ours in objects.items():
        way = _WAYS.get(schema.name, "where the CRM lets an administrator add fields to {object}")
        recalled = " (recalled; menus move)" if schema.name in _WAYS else ""
        lines += [f"## {object}", "", f"{way.format(object=object)}{recalled}", ""]
        for field in ours:
            lines += _item(field)
        lines.append("")
    if missing_values:
        lines += ["## Values that lists lack", "", "Add them, or map them to values that are there.", ""]  # fmt: skip
        for place, values in missing_values.items():
            lines.append(f"- [ ] {place}: {', '.join(_plain(value) for value in values)}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _item(field: NewField) -> list[str]:
    """One field, a line for each thing to type in."""
    details = [f"  - type: {_KINDS.get(field.type, field.type)}"]
    if field.length and not field.picklist:
        details.append(f"  - length: {field.length:,} (a quarter more than the longest value)")
    if field.precision:
        details.append(f"  - digits: {field.precision}, {field.scale or 0} after the point")
    if field.picklist:
        details.append(f"  - values: {', '.join(_plain(value) for value in field.picklist)}")
    details.append(f"  - for: {', '.join(field.columns)}")
    if field.unfit:
        details.append(f"  - {field.unfit:,} values of the source are not of this type")
    return [f"- [ ] **{_plain(field.label)}** (API name `{field.name}`)", *details]


def _plain(text: str) -> str:
    """One line, without what Markdown would take for its own."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "*_`[]<>" else c for c in line)
