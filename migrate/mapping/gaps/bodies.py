"""The requests that make new fields, one for each CRM whose interface takes them: plain JSON values.

What of them is documented and what only recalled stands in :mod:`migrate.mapping.gaps.creation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from migrate.mapping.gaps.fields import NewField

Request = Mapping[str, Any]
_LONGEST_STRING, _ENGLISH = 4_000, 1033
_ZOHO_FIELDS_A_CALL = 5


def dynamics365(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One request for each column of a table."""
    return [
        {
            "method": "POST",
            "path": f"/api/data/v9.2/EntityDefinitions(LogicalName='{object}')/Attributes",
            "body": {
                **_dynamics_type(field),
                "SchemaName": field.name,
                "RequiredLevel": {"Value": "None"},
                "DisplayName": _dynamics_label(field.label),
            },
        }
        for field in fields
    ]


def _dynamics_type(field: NewField) -> dict[str, Any]:
    space = "Microsoft.Dynamics.CRM"
    if field.type == "picklist":
        # numbers of a publisher's own options begin at its option prefix; 10000 is the default one
        options = [
            {"Value": 100_000_000 + number, "Label": _dynamics_label(value)}
            for number, value in enumerate(field.picklist)
        ]
        options_of = {
            "@odata.type": f"#{space}.OptionSetMetadata", "IsGlobal": False,
            "OptionSetType": "Picklist", "Options": options,
        }  # fmt: skip
        return {"@odata.type": f"{space}.PicklistAttributeMetadata", "OptionSet": options_of}
    if field.type == "long_text" or (field.length or 0) > _LONGEST_STRING:
        length = min(field.length or 2_000, 1_048_576)
        return {"@odata.type": f"{space}.MemoAttributeMetadata", "MaxLength": length, "Format": "TextArea"}  # fmt: skip
    if field.type == "integer":
        return {"@odata.type": f"{space}.IntegerAttributeMetadata", "Format": "None"}
    if field.type in ("decimal", "currency"):
        return {"@odata.type": f"{space}.DecimalAttributeMetadata", "Precision": field.scale or 2}
    if field.type in ("date", "datetime"):
        kind = "DateOnly" if field.type == "date" else "DateAndTime"
        return {"@odata.type": f"{space}.DateTimeAttributeMetadata", "Format": kind}
    if field.type == "boolean":
        options_of = {
            "TrueOption": {"Value": 1, "Label": _dynamics_label("Yes")},
            "FalseOption": {"Value": 0, "Label": _dynamics_label("No")},
        }
        return {"@odata.type": f"{space}.BooleanAttributeMetadata", "OptionSet": options_of}
    shown = {"email": "Email", "phone": "Phone", "url": "Url"}.get(field.type, "Text")
    return {
        "@odata.type": f"{space}.StringAttributeMetadata",
        "MaxLength": field.length or 100,
        "FormatName": {"Value": shown},
    }


def _dynamics_label(text: str) -> dict[str, Any]:
    space = "Microsoft.Dynamics.CRM"
    label = {"@odata.type": f"{space}.LocalizedLabel", "Label": text, "LanguageCode": _ENGLISH}
    return {"@odata.type": f"{space}.Label", "LocalizedLabels": [label]}


_HUBSPOT_GROUPS = {"contacts": "contactinformation", "companies": "companyinformation",
                   "deals": "dealinformation"}  # fmt: skip
_HUBSPOT_TYPES = {
    "text": ("string", "text"), "long_text": ("string", "textarea"), "integer": ("number", "number"),
    "decimal": ("number", "number"), "currency": ("number", "number"), "date": ("date", "date"),
    "datetime": ("datetime", "date"), "boolean": ("bool", "booleancheckbox"),
    "picklist": ("enumeration", "select"), "phone": ("string", "text"),
    "email": ("string", "text"), "url": ("string", "text"),
}  # fmt: skip


def hubspot(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One request for each property of an object."""
    group = _HUBSPOT_GROUPS.get(object.casefold(), f"{object.casefold().rstrip('s')}information")
    found: list[Request] = []
    for field in fields:
        kind, shown = _HUBSPOT_TYPES.get(field.type, ("string", "text"))
        body: dict[str, Any] = {
            "name": field.name, "label": field.label, "type": kind, "fieldType": shown,
            "groupName": group,
        }  # fmt: skip
        values = field.picklist or (("true", "false") if field.type == "boolean" else ())
        if values:
            body["options"] = [
                {"label": value, "value": value, "displayOrder": number, "hidden": False}
                for number, value in enumerate(values)
            ]
        found.append({"method": "POST", "path": f"/crm/v3/properties/{object}", "body": body})
    return found


_ZOHO_TYPES = {
    "long_text": "textarea", "decimal": "double", "picklist": "picklist", "url": "website",
    "phone": "phone", "email": "email", "integer": "integer", "date": "date",
    "datetime": "datetime", "boolean": "boolean", "currency": "currency",
}  # fmt: skip


def zoho(object: str, fields: Sequence[NewField]) -> list[Request]:
    """Requests of five fields each."""
    described = []
    for field in fields:
        body: dict[str, Any] = {
            "field_label": field.label, "data_type": _ZOHO_TYPES.get(field.type, "text"),
        }  # fmt: skip
        if field.type == "text" and field.length:
            body["length"] = min(field.length, 255)
        if field.type == "decimal":
            body["decimal_place"] = field.scale
        if field.picklist:
            body["pick_list_values"] = [
                {"display_value": value, "actual_value": value} for value in field.picklist
            ]
        described.append(body)
    return [
        {
            "method": "POST",
            "path": f"/crm/v8/settings/fields?module={object}",
            "body": {"fields": described[start : start + _ZOHO_FIELDS_A_CALL]},
        }
        for start in range(0, len(described), _ZOHO_FIELDS_A_CALL)
    ]


_PIPEDRIVE_PATHS = {
    "deals": "dealFields", "deal": "dealFields", "persons": "personFields",
    "person": "personFields", "organizations": "organizationFields",
    "organization": "organizationFields", "products": "productFields", "product": "productFields",
}  # fmt: skip
_PIPEDRIVE_TYPES = {
    "long_text": "text", "integer": "int", "decimal": "double", "currency": "monetary",
    "date": "date", "picklist": "enum", "boolean": "enum", "phone": "phone",
}  # fmt: skip


def pipedrive(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One request for each field; a yes or no is a list of two, a moment a text."""
    path = _PIPEDRIVE_PATHS.get(object.casefold(), f"{object.casefold()}Fields")
    found: list[Request] = []
    for field in fields:
        body: dict[str, Any] = {
            "field_name": field.label, "field_type": _PIPEDRIVE_TYPES.get(field.type, "varchar"),
        }  # fmt: skip
        values = field.picklist or (("Yes", "No") if field.type == "boolean" else ())
        if values:
            body["options"] = [{"label": value} for value in values]
        found.append({"method": "POST", "path": f"/api/v2/{path}", "body": body})
    return found


_ODOO_TYPES = {
    "long_text": "text", "integer": "integer", "decimal": "float", "currency": "float",
    "date": "date", "datetime": "datetime", "boolean": "boolean", "picklist": "selection",
}  # fmt: skip


def odoo(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One call that makes all fields of a model."""
    values = []
    for field in fields:
        one: dict[str, Any] = {
            "name": field.name, "field_description": field.label,
            "model_id": f"<id in ir.model of {object}>", "ttype": _ODOO_TYPES.get(field.type, "char"),
            "copied": False,
        }  # fmt: skip
        if field.type in ("text", "email", "phone", "url") and field.length:
            one["size"] = field.length
        if field.picklist:
            one["selection_ids"] = [
                [0, 0, {"value": value, "name": value, "sequence": number}]
                for number, value in enumerate(field.picklist)
            ]
        values.append(one)
    path = "/json/2/ir.model.fields/create"
    return [{"method": "POST", "path": path, "body": {"vals_list": values}}]


_BITRIX_TYPES = {
    "integer": "integer", "decimal": "double", "currency": "double", "date": "date",
    "datetime": "datetime", "boolean": "boolean", "picklist": "enumeration", "url": "url",
}  # fmt: skip


def bitrix24(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One call for each field; the method puts UF_CRM_ before the name by itself."""
    found: list[Request] = []
    for field in fields:
        body: dict[str, Any] = {
            "FIELD_NAME": field.name.removeprefix("UF_CRM_"),
            "USER_TYPE_ID": _BITRIX_TYPES.get(field.type, "string"),
            "LABEL": field.label, "XML_ID": field.name, "MULTIPLE": "N", "MANDATORY": "N",
        }  # fmt: skip
        if field.picklist:
            body["LIST"] = [{"VALUE": value} for value in field.picklist]
        method = f"crm.{object.casefold()}.userfield.add"
        found.append({"method": "POST", "path": f"/rest/{method}", "body": {"fields": body}})
    return found


_AMO_TYPES = {
    "long_text": "textarea", "integer": "numeric", "decimal": "numeric", "currency": "numeric",
    "date": "date", "datetime": "date_time", "boolean": "checkbox", "picklist": "select",
    "url": "url",
}  # fmt: skip


def amocrm(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One call for all fields of a kind of card."""
    body = []
    for field in fields:
        one: dict[str, Any] = {
            "name": field.label, "type": _AMO_TYPES.get(field.type, "text"), "code": field.name,
        }  # fmt: skip
        if field.picklist:
            one["enums"] = [{"value": v, "sort": n} for n, v in enumerate(field.picklist, 1)]
        body.append(one)
    return [{"method": "POST", "path": f"/api/v4/{object}/custom_fields", "body": body}]


_TWENTY_TYPES = {
    "integer": "NUMBER", "decimal": "NUMBER", "currency": "NUMBER", "date": "DATE",
    "datetime": "DATE_TIME", "boolean": "BOOLEAN", "picklist": "SELECT",
}  # fmt: skip


def twenty(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One request for each field; the values of a list have names in capitals."""
    found: list[Request] = []
    for field in fields:
        body: dict[str, Any] = {
            "objectMetadataId": f"<id of {object}>", "name": field.name, "label": field.label,
            "type": _TWENTY_TYPES.get(field.type, "TEXT"), "isNullable": True,
        }  # fmt: skip
        if field.picklist:
            body["options"] = [
                {"label": value, "value": f"OPTION_{number}", "position": number, "color": "gray"}
                for number, value in enumerate(field.picklist)
            ]
        found.append({"method": "POST", "path": "/rest/metadata/fields", "body": body})
    return found


_FRAPPE_TYPES = {
    "long_text": "Small Text", "integer": "Int", "decimal": "Float", "currency": "Currency",
    "date": "Date", "datetime": "Datetime", "boolean": "Check", "picklist": "Select",
}  # fmt: skip


def frappe_crm(object: str, fields: Sequence[NewField]) -> list[Request]:
    """One request for each field."""
    found: list[Request] = []
    for field in fields:
        body: dict[str, Any] = {
            "dt": object, "fieldname": field.name, "label": field.label,
            "fieldtype": _FRAPPE_TYPES.get(field.type, "Data"),
        }  # fmt: skip
        if field.picklist:
            body["options"] = "\n".join(field.picklist)
        if field.length and field.type in ("text", "phone", "email", "url"):
            body["length"] = field.length
        found.append({"method": "POST", "path": "/api/resource/Custom Field", "body": body})
    return found
