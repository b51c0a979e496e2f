"""CRMs that answer their schema calls and nothing else, over real HTTP.

Each is a function from a request to an answer that speaks just the calls of its vendor's
documentation, with the vendor's way of signing in, of saying that something is not there, and of
being busy::

    with serving(salesforce()) as crm:
        ...crm.url...
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "s3cret-token-of-the-schema-crm"
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    body: Any = None


@dataclass(frozen=True)
class Answer:
    body: Any
    status: int = 200
    headers: Headers = field(default_factory=dict)
    is_html: bool = False


Crm = Callable[[Request], Answer]


@dataclass
class Serving:
    """A CRM that runs; ``busy`` answers of "later" come first, ``asked`` is what was called."""

    url: str
    busy: int = 0
    retry_after: str = "0"
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(crm: Crm, *, busy: int = 0, busy_status: int = 429) -> Iterator[Serving]:
    """Run a CRM on a port of its own."""
    state = Serving("", busy)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(size)
            body = json.loads(content) if content else None
            state.asked.append(f"{self.command} {self.path}")
            if state.busy:
                state.busy -= 1
                found = Answer({"error": "busy"}, busy_status, {"Retry-After": state.retry_after})
            else:
                query = dict(parse_qsl(parts.query))
                found = crm(Request(self.command, parts.path, query, self.headers, body))
            sent = found.body if found.is_html else json.dumps(found.body)
            raw = b"" if found.status == 204 else sent.encode()
            self.send_response(found.status)
            kind = "text/html" if found.is_html else "application/json;charset=UTF-8"
            for name, value in {"Content-Type": kind, **found.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            """Nothing: tests look at ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def web_page(_: Request) -> Answer:
    """What a proxy or a login page answers."""
    return Answer("<!doctype html><h1>Sign in</h1>", is_html=True)


# -- Salesforce -----------------------------------------------------------------------------------


def salesforce(objects: Mapping[str, Mapping[str, Any]] | None = None) -> Crm:
    """``GET /services/data/vNN.N/sobjects/<name>/describe``."""
    described = objects or {"Account": sf_account(), "Site__c": SF_SITE}

    def answer(asked: Request) -> Answer:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            refused = {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
            return Answer([refused], 401)
        match = re.fullmatch(r"/services/data/v\d+\.0/sobjects/(\w+)/describe", asked.path)
        if asked.method != "GET" or not match or match[1] not in described:
            message = "The requested resource does not exist"
            return Answer([{"message": message, "errorCode": "NOT_FOUND"}], 404)
        return Answer(described[match[1]])

    return answer


def sf_field(name: str, kind: str, **said: Any) -> dict[str, Any]:
    """A field of a describe, with everything that a describe says of each."""
    usual = {
        "name": name, "type": kind, "label": name, "length": 0, "precision": 0, "scale": 0,
        "digits": 0, "nillable": True, "defaultedOnCreate": False, "createable": True,
        "updateable": True, "externalId": False, "unique": False, "idLookup": False,
        "calculated": False, "restrictedPicklist": False, "picklistValues": [],
        "referenceTo": [], "relationshipName": None, "custom": name.endswith("__c"),
    }  # fmt: skip
    return {**usual, **said}


def sf_values(*values: str, gone: str = "") -> list[dict[str, Any]]:
    pairs = [(value, True) for value in values] + ([(gone, False)] if gone else [])
    return [
        {"value": v, "label": v, "active": active, "defaultValue": False} for v, active in pairs
    ]


def sf_account(*more: dict[str, Any]) -> dict[str, Any]:
    """An org's Account: a shorter name, one standard field gone, three of the customer's own."""
    sites = sf_values("Head office", "Depot", gone="Kiosk")
    return {
        "name": "Account",
        "label": "Account",
        "custom": False,
        "createable": True,
        "fields": [
            sf_field(
                "Id",
                "id",
                label="Account ID",
                length=18,
                nillable=False,
                createable=False,
                updateable=False,
                defaultedOnCreate=True,
            ),
            sf_field("Name", "string", label="Account Name", length=120, nillable=False),
            sf_field("BillingAddress", "address", createable=False, updateable=False),
            sf_field("BillingStreet", "textarea", length=255),
            sf_field("AnnualRevenue", "currency", precision=18),
            sf_field("ParentId", "reference", referenceTo=["Account"], relationshipName="Parent"),
            sf_field(
                "Type", "picklist", length=255, picklistValues=sf_values("Kunde", "Lieferant")
            ),
            sf_field("Mig_Id__c", "string", length=60, externalId=True, unique=True),
            sf_field("Debitor__c", "string", label="Debitorennummer", length=10, nillable=False),
            sf_field("Sites__c", "multipicklist", label="Sites", length=4099, picklistValues=sites),
            sf_field(
                "Partner__c",
                "reference",
                referenceTo=["Account", "Contact"],
                relationshipName="Partner__r",
            ),
            *more,
        ],
    }


SF_SITE = {
    "name": "Site__c", "label": "Site", "custom": True, "createable": True,
    "fields": [
        sf_field("Id", "id", length=18, nillable=False, createable=False, updateable=False),
        sf_field("Name", "string", length=80, nillable=False),
        sf_field("Account__c", "reference", referenceTo=["Account"], relationshipName="Account__r"),
        sf_field("Mig_Id__c", "string", length=60, externalId=True, unique=True),
    ],
}  # fmt: skip


# -- HubSpot --------------------------------------------------------------------------------------


def hubspot(asked: Request) -> Answer:
    """``GET /crm/v3/properties/<object>``."""
    if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
        return Answer({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
    if asked.method != "GET" or asked.path != "/crm/v3/properties/contacts":
        return Answer({"status": "error", "category": "OBJECT_NOT_FOUND"}, 404)

    def one(name: str, kind: str, widget: str, **said: Any) -> dict[str, Any]:
        usual = {
            "name": name, "label": name.title(), "type": kind, "fieldType": widget,
            "groupName": "contactinformation", "options": [], "hasUniqueValue": False,
            "calculated": False, "hidden": False, "hubspotDefined": True,
            "modificationMetadata": {"archivable": False, "readOnlyValue": False},
        }  # fmt: skip
        return {**usual, **said}

    if "after" in asked.query:
        tiers = [{"label": "Gold", "value": "g", "hidden": False, "displayOrder": 0},
                 {"label": "Silver", "value": "s", "hidden": False, "displayOrder": 1}]  # fmt: skip
        rest = [
            one("tiers", "enumeration", "checkbox", options=tiers, hubspotDefined=False),
            one("mig_id", "string", "text", hasUniqueValue=True, hubspotDefined=False),
        ]
        return Answer({"results": rest})
    first = [
        one("email", "string", "text"),
        one("lastname", "string", "text"),
        one("hubspot_owner_id", "enumeration", "select", referencedObjectType="OWNER"),
        one("num_notes", "number", "number", modificationMetadata={"readOnlyValue": True}),
        one("vip", "bool", "booleancheckbox", hubspotDefined=False),
    ]
    return Answer({"results": first, "paging": {"next": {"after": "5", "link": "…"}}})


# -- Dynamics 365 ---------------------------------------------------------------------------------


def _label(text: str) -> dict[str, Any]:
    one = {"Label": text, "LanguageCode": 1031}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def _attribute(name: str, kind: str, level: str = "None", **said: Any) -> dict[str, Any]:
    usual = {
        "LogicalName": name, "AttributeType": kind, "AttributeOf": None,
        "RequiredLevel": {"Value": level, "CanBeChanged": True}, "IsValidForCreate": True,
        "IsValidForUpdate": True, "IsCustomAttribute": name.startswith("acme_"),
        "DisplayName": _label(name),
    }  # fmt: skip
    return {**usual, **said}


_DYNAMICS = [
    _attribute("contactid", "Uniqueidentifier", "SystemRequired"),
    _attribute("lastname", "String", "ApplicationRequired"),
    _attribute("emailaddress1", "String"),
    _attribute("birthdate", "DateTime"),
    _attribute("description", "Memo"),
    _attribute("statecode", "State", "SystemRequired", IsValidForCreate=False),
    _attribute("statecodename", "Virtual", AttributeOf="statecode"),
    _attribute("parentcustomerid", "Customer"),
    _attribute("parentcustomeridtype", "EntityName"),
    _attribute("createdon", "DateTime", IsValidForCreate=False, IsValidForUpdate=False),
    _attribute("acme_size", "Picklist", DisplayName=_label("Größe")),
    _attribute("acme_topics", "Virtual"),
    _attribute("acme_bonus", "Money"),
]
_OPTIONS = {
    "Options": [
        {"Value": 100000000, "Label": _label("Klein")}, {"Value": 100000001, "Label": _label("Groß")}
    ]
}  # fmt: skip
_STATES = {"Options": [{"Value": 0, "Label": _label("Aktiv")}, {"Value": 1, "Label": _label("Inaktiv")}]}  # fmt: skip
_DYNAMICS_CASTS: dict[str, list[dict[str, Any]]] = {
    "String": [
        {"LogicalName": "lastname", "MaxLength": 60, "FormatName": {"Value": "Text"}},
        {"LogicalName": "emailaddress1", "MaxLength": 100, "FormatName": {"Value": "Email"}},
    ],
    "Memo": [{"LogicalName": "description", "MaxLength": 2000}],
    "Money": [{"LogicalName": "acme_bonus", "Precision": 2}],
    "DateTime": [
        {"LogicalName": "birthdate", "Format": "DateOnly"},
        {"LogicalName": "createdon", "Format": "DateAndTime"},
    ],
    "Lookup": [{"LogicalName": "parentcustomerid", "Targets": ["account", "contact"]}],
    "Picklist": [{"LogicalName": "acme_size", "OptionSet": _OPTIONS, "GlobalOptionSet": None}],
    "State": [{"LogicalName": "statecode", "OptionSet": _STATES}],
    "MultiSelectPicklist": [
        {"LogicalName": "acme_topics", "OptionSet": None, "GlobalOptionSet": _OPTIONS}
    ],
}


def dynamics365(asked: Request) -> Answer:
    """``GET EntityDefinitions(LogicalName='contact')`` with ``$expand``, and its casts."""
    if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
        return Answer({"error": {"code": "0x80040220", "message": "no"}}, 401)
    root = "/api/data/v9.2/EntityDefinitions(LogicalName='contact')"
    if asked.method != "GET" or not asked.path.startswith(root):
        return Answer({"error": {"code": "0x80060888", "message": "Does Not Exist"}}, 404)
    if asked.path == root:
        assert asked.query["$expand"].startswith("Attributes($select=LogicalName,")
        found = {
            "LogicalName": "contact", "EntitySetName": "contacts", "IsCustomEntity": False,
            "PrimaryIdAttribute": "contactid", "DisplayName": _label("Kontakt"),
        }  # fmt: skip
        return Answer({**found, "Attributes": _DYNAMICS})
    match = re.fullmatch(
        r"/Attributes/Microsoft\.Dynamics\.CRM\.(\w+)AttributeMetadata", asked.path[len(root) :]
    )
    assert match and asked.query["$select"].startswith("LogicalName")
    found = _DYNAMICS_CASTS.get(match[1], [])
    if len(found) > 1 and "$skiptoken" not in asked.query:
        link = f"http://{asked.headers['Host']}{asked.path}?$select=LogicalName&$skiptoken=2"
        return Answer({"value": found[:1], "@odata.nextLink": link})
    return Answer({"value": found[1:] if "$skiptoken" in asked.query else found})


# -- Odoo -----------------------------------------------------------------------------------------

_ODOO = {
    "name": {"type": "char", "string": "Name", "required": True, "readonly": False},
    "email": {"type": "char", "string": "Email", "required": False, "readonly": False},
    "parent_id": {
        "type": "many2one",
        "string": "Company",
        "relation": "res.partner",
        "required": False,
        "readonly": False,
    },
    "category_id": {
        "type": "many2many",
        "string": "Tags",
        "relation": "res.partner.category",
        "required": False,
        "readonly": False,
    },
    "child_ids": {"type": "one2many", "string": "Contacts", "relation": "res.partner"},
    "image_1920": {"type": "binary", "string": "Image"},
    "create_date": {"type": "datetime", "string": "Created on", "readonly": True},
    "x_size": {
        "type": "selection",
        "string": "Size",
        "required": True,
        "readonly": False,
        "selection": [["s", "Small"], ["l", "Large"]],
    },
}


def odoo_json2(asked: Request) -> Answer:
    """``POST /json/2/<model>/fields_get``."""
    if asked.headers.get("Authorization") != f"bearer {TOKEN}":
        return Answer(
            {"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}, 401
        )
    if (asked.method, asked.path) != ("POST", "/json/2/res.partner/fields_get"):
        return Answer({"name": "werkzeug.exceptions.NotFound", "message": "no model"}, 404)
    assert set(asked.body) == {"attributes"}
    return Answer(_ODOO)


def odoo_jsonrpc(asked: Request) -> Answer:
    """``POST /jsonrpc``: authenticate, and ``fields_get`` through ``execute_kw``."""
    assert (asked.method, asked.path, asked.body["jsonrpc"]) == ("POST", "/jsonrpc", "2.0")
    params = asked.body["params"]
    head = {"jsonrpc": "2.0", "id": asked.body["id"]}
    arguments = params["args"]
    if (params["service"], params["method"]) == ("common", "authenticate"):
        is_right = arguments == ["crm", "admin", TOKEN, {}]
        return Answer({**head, "result": 2 if is_right else False})
    assert (params["service"], params["method"]) == ("object", "execute_kw")
    assert arguments[:3] == ["crm", 2, TOKEN]
    assert arguments[4:6] == ["fields_get", []]
    if arguments[3] != "res.partner":
        data = {"name": "builtins.KeyError", "message": arguments[3], "arguments": [arguments[3]]}
        error = {"code": 200, "message": "Odoo Server Error", "data": data}
        return Answer({**head, "error": error})
    return Answer({**head, "result": _ODOO})


# -- EspoCRM --------------------------------------------------------------------------------------

_ESPO = {
    "fields": {
        "name": {"type": "personName"},
        "firstName": {"type": "varchar", "maxLength": 100},
        "lastName": {"type": "varchar", "maxLength": 80, "required": True},
        "salutationName": {"type": "enum", "options": ["", "Herr", "Frau"]},
        "emailAddress": {"type": "email"},
        "address": {"type": "address"},
        "account": {"type": "link"},
        "teams": {"type": "linkMultiple"},
        "createdAt": {"type": "datetime", "readOnly": True},
        "cMigId": {"type": "varchar", "maxLength": 80, "isCustom": True},
        "cHobby": {"type": "multiEnum", "options": ["Chess", "Go"], "isCustom": True},
        "cRef": {"type": "linkParent", "entityList": ["Account", "Lead"], "isCustom": True},
        "old": {"type": "varchar", "disabled": True},
    },
    "links": {
        "account": {"type": "belongsTo", "entity": "Account"},
        "teams": {"type": "hasMany", "entity": "Team"},
    },
}


def espocrm(asked: Request) -> Answer:
    """``GET /api/v1/Metadata?key=entityDefs.<Entity>``."""
    if asked.headers.get("X-Api-Key") != TOKEN:
        return Answer({}, 401, {"X-Status-Reason": "Unauthorized"})
    assert (asked.method, asked.path) == ("GET", "/api/v1/Metadata")
    return Answer(_ESPO if asked.query == {"key": "entityDefs.Contact"} else None)


# -- Bitrix24 -------------------------------------------------------------------------------------

_TIME = {"start": 1.0, "finish": 1.1, "duration": 0.1, "operating": 0}


def bitrix24(asked: Request) -> Answer:
    """``POST /rest/<user>/<secret>/crm.contact.fields``, crm.item.fields and crm.status.list."""
    if not asked.path.startswith(f"/rest/1/{TOKEN}/"):
        return Answer({"error": "INVALID_CREDENTIALS", "error_description": "Invalid"}, 401)
    method = asked.path.rsplit("/", 1)[1]
    if method == "crm.status.list":
        first = [{"ID": "1", "ENTITY_ID": "CONTACT_TYPE", "STATUS_ID": "CLIENT", "NAME": "Kunde"}]
        second = [{"ID": "9", "ENTITY_ID": "CONTACT_TYPE", "STATUS_ID": "UC_1", "NAME": "Verein"}]
        if asked.body["start"] == 0:
            return Answer({"result": first, "next": 50, "total": 51, "time": _TIME})
        return Answer({"result": second, "total": 51, "time": _TIME})

    def one(kind: str, **said: Any) -> dict[str, Any]:
        usual = {"isRequired": False, "isReadOnly": False, "isImmutable": False,
                 "isMultiple": False, "isDynamic": False}  # fmt: skip
        return {"type": kind, **usual, **said}

    if method == "crm.item.fields" and asked.body == {"entityTypeId": 156}:
        fields = {"title": one("string", title="Name", upperName="TITLE"), "xmlId": one("string")}
        return Answer({"result": {"fields": fields}, "time": _TIME})
    if method != "crm.contact.fields":
        return Answer({"error": "ERROR_METHOD_NOT_FOUND", "error_description": "no"}, 404)
    colours = [{"ID": "3363", "VALUE": "Rot"}, {"ID": "3364", "VALUE": "Blau"}]
    fields = {
        "ID": one("integer", isReadOnly=True, title="ID"),
        "NAME": one("string", title="Vorname"),
        "LAST_NAME": one("string", isRequired=True, title="Nachname"),
        "PHONE": one("crm_multifield", isMultiple=True, title="Telefon"),
        "TYPE_ID": one("crm_status", statusType="CONTACT_TYPE", title="Kontakttyp"),
        "COMPANY_ID": one("crm_company", title="Firma"),
        "ORIGIN_ID": one("string", title="ID in der Quelle"),
        "UF_CRM_COLOUR": one("enumeration", isDynamic=True, items=colours, formLabel="Farbe"),
        "UF_CRM_NOTE": one(
            "string", isDynamic=True, settings={"MAX_LENGTH": 40}, formLabel="Notiz"
        ),
    }
    return Answer({"result": fields, "time": _TIME})


# -- Pipedrive ------------------------------------------------------------------------------------

SIZE = "9f" * 20


def pipedrive(asked: Request) -> Answer:
    """``GET /api/v2/personFields`` by cursor."""
    if asked.headers.get("x-api-token") != TOKEN:
        return Answer({"success": False, "error": "unauthorized access", "errorCode": 401}, 401)
    if (asked.method, asked.path) != ("GET", "/api/v2/personFields"):
        return Answer({"success": False, "error": "not found"}, 404)
    if asked.query == {"limit": "500", "cursor": "next"}:
        options = [{"id": 7, "label": "Small"}, {"id": 8, "label": "Large"}]
        own = {"field_code": SIZE, "field_name": "Size", "field_type": "enum", "options": options,
               "is_custom_field": True}  # fmt: skip
        return Answer({"success": True, "data": [own], "additional_data": {"next_cursor": None}})
    assert asked.query == {"limit": "500"}
    fields = [
        {"field_code": "name", "field_name": "Name", "field_type": "varchar"},
        {"field_code": "org_id", "field_name": "Organization", "field_type": "org"},
        {"field_code": "add_time", "field_name": "Person created", "field_type": "date"},
    ]
    return Answer({"success": True, "data": fields, "additional_data": {"next_cursor": "next"}})


# -- Zoho -----------------------------------------------------------------------------------------


def zoho(asked: Request) -> Answer:
    """``GET /crm/v8/settings/fields?module=<Module>``."""
    if asked.headers.get("Authorization") != f"Zoho-oauthtoken {TOKEN}":
        return Answer({"code": "INVALID_TOKEN", "details": {}, "status": "error"}, 401)
    assert (asked.method, asked.path) == ("GET", "/crm/v8/settings/fields")
    if asked.query["module"] != "Contacts":
        return Answer({"code": "INVALID_MODULE", "details": {}, "status": "error"}, 400)

    def one(name: str, kind: str, **said: Any) -> dict[str, Any]:
        usual = {
            "api_name": name, "field_label": name.replace("_", " "), "data_type": kind,
            "length": 255, "system_mandatory": False, "read_only": False, "custom_field": False,
            "field_read_only": False, "unique": {}, "pick_list_values": [], "lookup": {},
            "operation_type": {"api_create": True, "api_update": True, "web_create": True},
        }  # fmt: skip
        return {**usual, **said}

    moods = [{"display_value": "Glad", "actual_value": "glad", "id": "1"}]
    fields = [
        one("Last_Name", "text", length=60, system_mandatory=True),
        one("Email", "email", length=100),
        one("Account_Name", "lookup", lookup={"module": {"api_name": "Accounts", "id": "5"}}),
        one("Owner", "ownerlookup"),
        one("Created_Time", "datetime", field_read_only=True),
        one("Mood", "picklist", custom_field=True, pick_list_values=moods),
        one("Legacy_Id", "text", custom_field=True, unique={"casesensitive": "true"}),
    ]
    return Answer({"fields": fields})
