"""What does an Odoo database say of its models? ``fields_get``, over JSON-2 or JSON-RPC.

Documented: JSON-2 (from Odoo 19), its errors, and ``fields_get`` with what it answers; names of
custom fields begin with ``x_``. Recalled: how JSON-RPC (to Odoo 18) says that a model is not there.
With the option ``login`` (and ``database``) JSON-RPC is spoken, without it JSON-2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.errors import TargetError
from migrate.loaders._describers._asking import OPTIONS as ASKING
from migrate.loaders._describers._asking import Asking, token_of
from migrate.loaders._describers._facts import Item, choices, each, flag, number, text
from migrate.specs.live import KIND, UNIQUE, Live
from migrate.values import FieldType, TargetField, TargetObject

OPTIONS = (*ASKING, "database", "login")
_ASKED = ("type", "string", "required", "readonly", "selection", "relation", "size", "store")
_TYPES: Mapping[str, FieldType] = {
    "char": "text", "text": "long_text", "html": "long_text", "integer": "integer",
    "float": "decimal", "monetary": "currency", "boolean": "boolean", "date": "date",
    "datetime": "datetime", "selection": "picklist", "many2one": "reference",
    "many2many": "reference", "many2one_reference": "integer",
}  # fmt: skip


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """The models by their names; those that are not there are missing."""
    token = token_of(options, "Odoo")
    login, database = str(options.get("login") or ""), str(options.get("database") or "")
    headers = {} if login else {"Authorization": f"bearer {token}"}
    if database and not login:
        headers["X-Odoo-Database"] = database
    with closing(Asking(url, "Odoo", options=options, headers=headers)) as asking:
        user = _signed_in(asking, database, login, token) if login else 0
        found, missing = [], []
        for name in objects:
            if login:
                call = [database, user, token, name, "fields_get", [], {"attributes": list(_ASKED)}]
                body = _rpc(asking, "object", "execute_kw", call)
            else:
                body = asking.ask(
                    "POST", f"/json/2/{name}/fields_get", body={"attributes": list(_ASKED)}
                )
            if body is None:
                missing.append(name)
            else:
                found.append(object_of(asking, name, body))
        api = "fields_get over " + ("JSON-RPC" if login else "JSON-2")
        return Live(
            tuple(found), asking.place, api, untold=frozenset({KIND, UNIQUE}),
            missing=tuple(missing),
        )  # fmt: skip


def _signed_in(asking: Asking, database: str, login: str, token: str) -> int:
    """The number of the user, which JSON-RPC wants in every call."""
    user = _rpc(asking, "common", "authenticate", [database, login, token, {}])
    if isinstance(user, int) and not isinstance(user, bool):
        return user
    raise TargetError(
        f"{asking.place} does not accept this login and token for the database {database!r}",
        hint="check the options database, login and token (an API key), then run it again",
    )


def _rpc(asking: Asking, service: str, method: str, arguments: list[Any]) -> Any:
    """One call of JSON-RPC, which answers 200 whatever happens; None for a model that is not there."""
    params = {"service": service, "method": method, "args": arguments}
    sent = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
    body = asking.ask("POST", "/jsonrpc", body=sent)
    if not isinstance(body, dict) or not {"result", "error"} & body.keys():
        raise asking.puzzled("its answer is none of JSON-RPC")
    if "error" not in body:
        return body["result"]
    error = body["error"] if isinstance(body["error"], dict) else {}
    data = error.get("data")
    name = text(data, "name") if isinstance(data, dict) else ""
    if name.endswith(("KeyError", "NotFound")) and service == "object":
        return None
    if name.endswith(("AccessDenied", "AccessError")):
        raise TargetError(
            f"{asking.place} does not let this user read the schema ({name})",
            hint="check the options database, login and token (an API key), then run it again",
        )
    raise TargetError(
        f"{asking.place} refused {service}.{method} ({name or 'no reason given'})",
        hint="check the option database, and what the user may read",
    )


def object_of(asking: Asking, name: str, body: Any) -> TargetObject:
    """The object of one ``fields_get``."""
    is_right = isinstance(body, dict) and all(
        isinstance(item, dict) and "type" in item for item in body.values()
    )
    if not is_right or not body:
        raise asking.puzzled("its fields_get gives no fields")
    fields = [field_of(n, item) for n, item in body.items() if str(item["type"]) in _TYPES]
    return TargetObject(
        name, tuple(fields), table=name, label=name, id_field="id", external_id="id"
    )


def field_of(name: str, item: Item) -> TargetField:
    """The field of one entry.

    >>> field_of("x_size", {"type": "selection", "string": "Size", "selection": [["s", "Small"]]})
    ... # doctest: +ELLIPSIS
    TargetField(name='x_size', type='picklist', label='Size', ... is_custom=True, ...)
    """
    kind = _TYPES[str(item["type"])]
    relation = text(item, "relation")
    if kind == "reference" and not relation:
        kind = "text"
    pairs = [
        (text({"v": pair[0]}, "v"), text({"v": pair[1]}, "v"))
        for pair in each(item, "selection")
        if isinstance(pair, list) and len(pair) == 2
    ]
    values, labels = choices(pairs)
    is_fixed = flag(item, "readonly")
    return TargetField(
        name,
        kind,
        label=text(item, "string"),
        length=number(item, "size"),
        is_required=flag(item, "required") and not is_fixed,
        is_read_only=is_fixed,
        is_multiple=item["type"] == "many2many",
        is_custom=name.startswith("x_"),
        picklist=values if kind == "picklist" else (),
        picklist_labels=labels if kind == "picklist" else {},
        references=(relation,) if kind == "reference" else (),
    )
