"""What is handed to whoever makes the new fields: a script where the CRM takes one, and a click list?

Each script says what of it is documented and what is only recalled: nothing recalled is presented
as certain, and none of it has been run against a CRM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.mapping.gaps import bodies
from migrate.mapping.gaps.clicks import click_list
from migrate.mapping.gaps.fields import NewField
from migrate.mapping.gaps.files import espocrm_files, salesforce_files, sql_file
from migrate.values import TargetSchema

CLICK_LIST = "fields-to-create.md"


@dataclass(frozen=True)
class Script:
    """One file: its path below the folder of the scripts, and its content."""

    path: str
    content: str


@dataclass(frozen=True)
class Requests:
    """How a CRM's own interface makes fields: ``documented`` and ``recalled`` are sentences."""

    make: Callable[[str, Sequence[NewField]], list[Mapping[str, Any]]]
    documented: str
    recalled: str
    before: str = ""


REQUESTS: Mapping[str, Requests] = {
    "dynamics365": Requests(
        bodies.dynamics365,
        "the address, the body of a text field, and the names of the types",
        "the bodies of the other types, and the greatest lengths",
        "Every name begins with your publisher's prefix: replace new_ by yours. Publish afterwards "
        "(POST /PublishAllXml).",
    ),
    "hubspot": Requests(
        bodies.hubspot,
        "the address and the body, with the options of an enumeration",
        "which group of properties each object has",
    ),
    "zoho": Requests(
        bodies.zoho,
        "the names of the types (data_type) that a field can have",
        "the address (POST /settings/fields), its body, and that it takes five fields a call",
        "Zoho makes the API name from the label: look at the answer, and correct the mapping.",
    ),
    "pipedrive": Requests(
        bodies.pipedrive,
        "the address of version 2, field_name, field_type and options, and the names of the types",
        "how an option is written",
        "Pipedrive answers with a key of 40 letters and digits for each field: that key, not the "
        "name, goes into the mapping.",
    ),
    "odoo": Requests(
        bodies.odoo,
        "how a model's method is called (/json/2/<model>/<method>)",
        "the body of ir.model.fields with selection_ids, and the names of the types",
        "model_id is the id of the model's row in ir.model: search it first.",
    ),
    "bitrix24": Requests(
        bodies.bitrix24,
        "nothing of it was read in a document",
        "the method, its body, the prefix UF_CRM_, the greatest length of a name, and the types",
    ),
    "amocrm": Requests(
        bodies.amocrm,
        "the names of the types",
        "the address and the body (POST /api/v4/{entity}/custom_fields)",
        "amoCRM answers with an id for each field: that id goes into the mapping.",
    ),
    "twenty": Requests(
        bodies.twenty,
        "nothing of it was read in a document",
        "the address, the body, the names of the types, and the options of a SELECT",
        "objectMetadataId is the id of the object: ask GET /rest/metadata/objects for it.",
    ),
    "frappe_crm": Requests(
        bodies.frappe_crm,
        "nothing of it was read in a document",
        "the address, the body and the names of the types",
    ),
}
"""The CRMs whose interface makes fields."""


def creation_scripts(
    schema: TargetSchema, fields: Sequence[NewField], *, missing_values: Mapping[str, Sequence[str]]
) -> list[Script]:
    """The files for a target's new fields, the click list always among them; none without fields.

    ``missing_values``: field ("Account.type") -> values that its list lacks.
    """
    if not fields and not missing_values:
        return []
    found = [Script(CLICK_LIST, click_list(schema, fields, missing_values))]
    if not fields:
        return found
    if schema.name in REQUESTS:
        found.append(_requests(schema, fields, REQUESTS[schema.name]))
    elif schema.name == "salesforce":
        found += [Script(path, text) for path, text in salesforce_files(fields)]
    elif schema.name == "espocrm":
        found += [Script(path, text) for path, text in espocrm_files(fields)]
    elif schema.family == "sql":
        found.append(Script("create-fields.sql", sql_file(schema, fields)))
    return found


def _requests(schema: TargetSchema, fields: Sequence[NewField], how: Requests) -> Script:
    by_object: dict[str, list[NewField]] = {}
    for field in fields:
        by_object.setdefault(field.object, []).append(field)
    requests = [r for object, ours in by_object.items() for r in how.make(object, ours)]
    content = {
        "for": schema.label or schema.name,
        "note": "made by crm-migrate map gaps; never run against a CRM: try one request in a "
        "sandbox first",
        "documented": how.documented,
        "recalled": how.recalled,
        **({"before": how.before} if how.before else {}),
        "requests": requests,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return Script("create-fields.json", text)
