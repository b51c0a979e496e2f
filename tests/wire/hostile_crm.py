"""A small CRM over HTTP that behaves as badly as real ones do.

It has no transactions, batches half fail and their answers come back shuffled, answers are lost
after the commit, and it enforces rules that its schema call does not show. Its records live in a
SQLite file (one table per object: ``id, external_id, version, fields``), so they survive the
client being killed and a test can look at them beside the API::

    with HostileCrm(tmp_path / "crm.db", lose_next=1, lose_commits="half") as crm:
        ...RestBatchLoader(crm.url, token=crm.token)...

``python tests/wire/hostile_crm.py crm.db --behaviour '{"throttle_rate": 0.1}'`` runs it as a
process of its own, and :func:`serving_process` does so from a test that kills its client.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

BATCH_LIMIT = 50
PAGE_LIMIT = 500
LOOKUP_LIMIT = 200
TOKEN = "s3cret-token-of-the-hostile-crm"
HTML = "<!doctype html><html><body><h1>We will be back soon</h1></body></html>"

# name:type[:length or scale][^unique][!required][>references][=picklist][~strict consent value]
_PARENTS = "Account|Contact|Opportunity|Lead"
_PERSON = "first_name:text:80 last_name:text:80! email:email:254 phone:phone:40"
_ADDRESS = "street:text:255 city:text:100 postcode:text:20 country:text:2"
_SHAPES = {
    "User": "name:text:255! email:email:254 is_active:boolean",
    "Account": (
        "name:text:255! registration_number:text:20 tax_number:text:20 phone:phone:40"
        f" {_ADDRESS} email:email:254 website:url:255"
        " segment:picklist=customer|prospect|partner|supplier|former annual_revenue:decimal:2"
        " currency:text:3 description:long_text owner:reference>User parent:reference>Account"
        " customer_since:date"
    ),
    "Contact": (
        f"{_PERSON} {_ADDRESS} title:text:40 job_title:text:128 mobile:phone:40"
        " account:reference>Account owner:reference>User"
        " newsletter_consent:picklist=granted|denied|unknown~denied do_not_call:boolean~true"
        " description:long_text"
    ),
    "Lead": (
        f"{_PERSON} company:text:255 status:picklist=new|contacted|qualified|lost"
        " source:picklist=web|phone|fair|referral|other estimated_value:decimal:2"
        " currency:text:3 description:long_text created_on:date owner:reference>User"
    ),
    "Opportunity": (
        "name:text:255! amount:decimal:2 currency:text:3"
        " stage:picklist!=prospecting|qualification|proposal|negotiation|won|lost"
        " close_date:date created_on:date account:reference>Account contact:reference>Contact"
        " owner:reference>User description:long_text"
    ),
    "Product": (
        "code:text:40^! name:text:255! unit:text:80 price:decimal:2 currency:text:3"
        " is_active:boolean"
    ),
    "LineItem": (
        "opportunity:reference!>Opportunity product:reference!>Product quantity:decimal:3"
        " unit_price:decimal:2 discount:decimal:4"
    ),
    "Activity": (
        "kind:picklist!=call|meeting|email|task subject:text:255! body:long_text due_on:datetime"
        f" is_done:boolean owner:reference>User related:reference>{_PARENTS}"
        f" related_type:picklist={_PARENTS}"
    ),
    "Note": (
        "body:long_text! created_on:datetime author:reference>User"
        f" related:reference>{_PARENTS} related_type:picklist={_PARENTS}"
    ),
    "Consent": (
        "contact:reference!>Contact purpose:picklist!=newsletter|call|profiling"
        " status:picklist!=granted|denied|unknown~denied granted_on:date"
    ),
}


def _field(text: str) -> dict[str, Any]:
    """
    >>> _field("owner:reference!>User")["references"]
    ['User']
    """
    text, _, strict = text.partition("~")
    text, _, picklist = text.partition("=")
    text, _, references = text.partition(">")
    is_required, is_unique = "!" in text, "^" in text
    name, kind, *size = text.rstrip("!^").split(":")
    targets = references.split("|") if references else []
    return {
        "name": name,
        "type": kind,
        "length": int(size[0]) if size and kind != "decimal" else None,
        "scale": int(size[0]) if kind == "decimal" else None,
        "required": is_required,
        "unique": is_unique,
        "picklist": picklist.split("|") if picklist else [],
        "references": targets,
        "type_field": f"{name}_type" if len(targets) > 1 else "",
        "consent": bool(strict),
        "strict_value": strict,
    }


SCHEMA: dict[str, dict[str, dict[str, Any]]] = {
    name: {field["name"]: field for field in map(_field, shape.split())}
    for name, shape in _SHAPES.items()
}


@dataclass(frozen=True)
class Behaviour:
    """How badly it behaves. ``x_next`` strikes the next so many times, ``x_rate`` at random.

    lose: the connection closes without (or in the middle of) the answer, after ``lose_commits``
    of the batch was committed. drop: reset before anything is executed, which a client cannot
    tell from lose. throttle: 429. unavailable: 503 in HTML, late_unavailable: after the commit. html: 200 in HTML. error: 500 after
    the commit. slow: the answer comes ``slow_seconds`` after the commit. lock: one record is
    refused for now. ``token_expires_after`` so many requests every one is answered with 401.
    ``refuse_for_seconds`` closes the port itself for that time.
    """

    seed: int = 0
    unique_email: bool = True
    hidden_length: int = 80
    needs_email_or_phone: bool = True
    normalises: bool = True
    drops_unknown_fields: bool = True
    shuffles: bool = True
    lose_next: int = 0
    lose_rate: float = 0.0
    lose_commits: Literal["all", "half", "none"] = "all"
    drop_next: int = 0
    drop_rate: float = 0.0
    throttle_next: int = 0
    throttle_rate: float = 0.0
    retry_after: str = "0"
    unavailable_next: int = 0
    unavailable_rate: float = 0.0
    late_unavailable_next: int = 0
    html_next: int = 0
    error_next: int = 0
    slow_next: int = 0
    slow_rate: float = 0.0
    slow_seconds: float = 0.0
    lock_next: int = 0
    lock_rate: float = 0.0
    token_expires_after: int | None = None
    refuse_for_seconds: float = 0.0


class Refused(Exception):
    """One record, or the whole request, is refused."""

    def __init__(self, code: str, message: str, *, status: int = 400, retryable: bool = False):
        super().__init__(message)
        self.code, self.message, self.status, self.retryable = code, message, status, retryable


class HostileCrm:
    """The CRM and its server: ``with HostileCrm(path, **behaviour) as crm: crm.url``."""

    def __init__(self, path: Path, *, token: str = TOKEN, port: int = 0, **behaviour: Any) -> None:
        self.path, self.token = Path(path), token
        self.behaviour = Behaviour()
        self.served: Counter[str] = Counter()
        self._requests = 0
        self._left: dict[str, int] = {}
        self._random = random.Random(0)
        self._mutex = threading.RLock()
        self._connections: set[socket.socket] = set()
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self._database = _open_database(self.path)
        self.behave(**{"seed": 0, **behaviour})

    # -- running ------------------------------------------------------------------------------

    def __enter__(self) -> HostileCrm:
        self.start_listening()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop_listening()
        self._database.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start_listening(self) -> None:
        handler = type("BoundHandler", (_Handler,), {"crm": self})
        server = _Server(("127.0.0.1", self._port), handler)
        self._port = server.server_address[1]
        self._server = server
        # A short poll, because shutdown() waits for it at the end of every test.
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop_listening(self) -> None:
        """From now on connections are refused; open ones are cut."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse every connection while the block runs."""
        self.stop_listening()
        try:
            yield
        finally:
            self.start_listening()

    def behave(self, **changes: Any) -> None:
        """Change the behaviour; the counters of the named ``x_next`` start afresh."""
        with self._mutex:
            self.behaviour = replace(self.behaviour, **changes)
            self._left |= {name: n for name, n in changes.items() if name.endswith("_next")}
            if "seed" in changes:
                self._random = random.Random(self.behaviour.seed)
            if "token_expires_after" in changes:
                self._requests = 0
        if changes.get("refuse_for_seconds"):
            threading.Thread(target=self._refuse_for_a_while, daemon=True).start()

    def _refuse_for_a_while(self) -> None:
        with self.refusing():
            time.sleep(self.behaviour.refuse_for_seconds)

    def strikes(self, hostility: str) -> bool:
        """Whether this hostility strikes now: first as often as told, then at its rate."""
        with self._mutex:
            if self._left.get(f"{hostility}_next", 0) > 0:
                self._left[f"{hostility}_next"] -= 1
                return True
            rate = getattr(self.behaviour, f"{hostility}_rate", 0.0)
            return rate > 0 and self._random.random() < rate

    def token_is_good(self, header: str) -> bool:
        with self._mutex:
            self._requests += 1
            limit = self.behaviour.token_expires_after
            return header == f"Bearer {self.token}" and (limit is None or self._requests <= limit)

    # -- what tests look at -------------------------------------------------------------------

    def records(self, name: str) -> list[dict[str, Any]]:
        """All records of an object as they are stored, in order of their ids."""
        with self._mutex:
            rows = self._database.execute(f'SELECT * FROM "{name}" ORDER BY id').fetchall()
        return [_record(row) for row in rows]

    def user_edit(self, name: str, record_id: int, field: str, value: Any) -> int:
        """Edit one field as a user in front of the screen would; gives the new version."""
        with self._mutex:
            record = self._get(name, record_id)
            self._store(name, record_id, {**record["fields"], field: value})
            return int(record["version"]) + 1

    def user_create(self, name: str, values: Mapping[str, Any]) -> int:
        """Create a record without an external id, as a user would."""
        with self._mutex:
            return int(self._create(name, {"fields": values})["id"])

    # -- the API ------------------------------------------------------------------------------

    def organization(self) -> dict[str, Any]:
        with self._mutex:
            return dict(self._database.execute("SELECT name, value FROM organization").fetchall())

    def mark(self, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._mutex:
            self._database.executemany(
                "INSERT OR REPLACE INTO organization VALUES (?, ?)",
                [(name, str(body.get(name, ""))) for name in ("migration", "environment")],
            )
        return self.organization()

    def write(self, name: str, action: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Do a batch one record after the other, without a transaction. None: say nothing."""
        inputs = body.get("inputs") if action != "delete" else _as_inputs(body.get("ids"))
        if not isinstance(inputs, list) or len(inputs) > BATCH_LIMIT:
            raise Refused("too_many_inputs", f"a batch has at most {BATCH_LIMIT} inputs")
        verb = {"batch": self._create, "update": self._update, "delete": self._delete}[action]
        with self._mutex:
            is_lost = self.strikes("lose")
            share = {"all": len(inputs), "half": -(-len(inputs) // 2), "none": 0}
            committed = inputs[: share[self.behaviour.lose_commits]] if is_lost else inputs
            self._database.execute("BEGIN IMMEDIATE")
            try:
                results = [self._result(verb, name, item) for item in committed]
            finally:
                self._database.execute("COMMIT")
            if self.behaviour.shuffles:
                self._random.shuffle(results)
        return None if is_lost else {"results": results}

    def _result(self, verb: Any, name: str, item: Mapping[str, Any]) -> dict[str, Any]:
        refusal: dict[str, Any]
        try:
            if self.strikes("lock"):
                raise Refused("row_locked", "another user has the record open", retryable=True)
            return {"ref": item.get("ref"), "ok": True, **verb(name, item)}
        except Refused as problem:
            refusal = {"code": problem.code, "message": problem.message}
            refusal["retryable"] = problem.retryable
        known = {"id": item["id"]} if "id" in item else {}
        return {"ref": item.get("ref"), "ok": False, **known, **refusal}

    def _create(self, name: str, item: Mapping[str, Any]) -> dict[str, Any]:
        values = self._checked(name, item.get("fields", {}), {}, None)
        external_id = item.get("external_id")
        try:
            cursor = self._database.execute(
                f'INSERT INTO "{name}" (external_id, version, fields) VALUES (?, 1, ?)',
                (external_id, _dumps(values)),
            )
        except sqlite3.IntegrityError:
            raise Refused(
                "duplicate_external_id", f"{name} {external_id!r} exists already"
            ) from None
        return {"id": cursor.lastrowid, "version": 1}

    def _update(self, name: str, item: Mapping[str, Any]) -> dict[str, Any]:
        record = self._get(name, item.get("id"))
        if item.get("if_version") not in (None, record["version"]):
            raise Refused("version_conflict", f"{name} {record['id']} was edited meanwhile")
        values = self._checked(name, item.get("fields", {}), record["fields"], record["id"])
        try:
            if "external_id" in item:
                self._database.execute(
                    f'UPDATE "{name}" SET external_id = ? WHERE id = ?',
                    (item["external_id"], record["id"]),
                )
            self._store(name, record["id"], values)
        except sqlite3.IntegrityError:
            raise Refused("duplicate_external_id", "the external id is taken") from None
        return {"id": record["id"], "version": record["version"] + 1}

    def _delete(self, name: str, item: Mapping[str, Any]) -> dict[str, Any]:
        record = self._get(name, item.get("id"))
        if self.children(name, [record["id"]]):
            raise Refused("has_children", f"other records refer to {name} {record['id']}")
        self._database.execute(f'DELETE FROM "{name}" WHERE id = ?', (record["id"],))
        return {"id": record["id"], "version": record["version"]}

    def _get(self, name: str, record_id: Any) -> dict[str, Any]:
        row = self._database.execute(f'SELECT * FROM "{name}" WHERE id = ?', (record_id,))
        found = row.fetchone()
        if found is None:
            raise Refused("not_found", f"there is no {name} {record_id}")
        return _record(found)

    def _store(self, name: str, record_id: int, values: Mapping[str, Any]) -> None:
        self._database.execute(
            f'UPDATE "{name}" SET fields = ?, version = version + 1 WHERE id = ?',
            (_dumps(values), record_id),
        )

    def _checked(
        self, name: str, changes: Mapping[str, Any], current: Mapping[str, Any], own_id: int | None
    ) -> dict[str, Any]:
        """The record's fields after the change, or Refused by a rule, disclosed or hidden."""
        behaviour = self.behaviour
        unknown = [field for field in changes if field not in SCHEMA[name]]
        if unknown and not behaviour.drops_unknown_fields:
            raise Refused("unknown_field", f"{name} has no field {unknown[0]!r}")
        sent = {field: value for field, value in changes.items() if field in SCHEMA[name]}
        if behaviour.normalises:
            sent = {field: _normalised(SCHEMA[name][field], v) for field, v in sent.items()}
        for field, value in sent.items():
            _check_value(SCHEMA[name][field], value)
        values = {k: v for k, v in {**current, **sent}.items() if v is not None}
        for required in [f for f, shape in SCHEMA[name].items() if shape["required"]]:
            if values.get(required) in (None, ""):
                raise Refused("required_missing", f"{required} is required")
        self._check_references(name, values)
        if name == "Account" and behaviour.hidden_length:
            street = str(values.get("street", ""))
            if len(street) > behaviour.hidden_length:
                raise Refused("too_long", f"the street '{street[:20]}...' is too long to print")
        is_reachable = values.get("email") or values.get("phone")
        if name == "Contact" and behaviour.needs_email_or_phone and not is_reachable:
            who = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
            raise Refused("not_reachable", f"{who} needs an e-mail or a phone")
        self._check_unique(name, values, own_id)
        return values

    def _check_unique(self, name: str, values: Mapping[str, Any], own_id: int | None) -> None:
        unique = [field for field, shape in SCHEMA[name].items() if shape["unique"]]
        if name == "Contact" and self.behaviour.unique_email:
            unique.append("email")
        for field in unique:
            found = self._database.execute(
                f"SELECT id FROM \"{name}\" WHERE json_extract(fields, '$.{field}') = ?",
                (values.get(field),),
            ).fetchall()
            if any(row[0] != own_id for row in found):
                message = f"another {name} has the {field} {values[field]}"
                raise Refused("duplicate_value", message)

    def _check_references(self, name: str, values: Mapping[str, Any]) -> None:
        for field in SCHEMA[name].values():
            value = values.get(field["name"])
            if not field["references"] or value is None:
                continue
            target = values.get(field["type_field"] or "", field["references"][0])
            if field["type_field"] and field["type_field"] not in values:
                raise Refused("required_missing", f"{field['type_field']} is required")
            found = self._database.execute(f'SELECT 1 FROM "{target}" WHERE id = ?', (value,))
            if found.fetchone() is None:
                message = f"{field['name']}: there is no {target} {value}"
                raise Refused("invalid_reference", message)

    def lookup(self, name: str, external_ids: Sequence[str]) -> dict[str, Any]:
        if len(external_ids) > LOOKUP_LIMIT:
            raise Refused("too_many_ids", f"look up at most {LOOKUP_LIMIT} external ids at once")
        marks = ", ".join("?" * len(external_ids))
        with self._mutex:
            rows = self._database.execute(
                f'SELECT * FROM "{name}" WHERE external_id IN ({marks})', list(external_ids)
            ).fetchall()
        return {"records": [_head(_record(row)) for row in rows]}

    def page(self, name: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
        limit = min(int(query.get("limit", ["100"])[0]), PAGE_LIMIT)
        with self._mutex:
            if "ids" in query:
                ids = query["ids"][0].split(",")[:PAGE_LIMIT]
                marks = ", ".join("?" * len(ids))
                sql, values = f'SELECT * FROM "{name}" WHERE id IN ({marks}) ORDER BY id', ids
            else:
                sql = f'SELECT * FROM "{name}" WHERE id > ? ORDER BY id LIMIT {limit}'
                values = [query.get("after", ["0"])[0]]
            records = [_record(row) for row in self._database.execute(sql, values)]
        has_more = "ids" not in query and len(records) == limit
        return {"records": records, "next": records[-1]["id"] if has_more else None}

    def count(self, name: str) -> dict[str, Any]:
        with self._mutex:
            sql = f'SELECT count(*) FROM "{name}"'
            return {"count": self._database.execute(sql).fetchone()[0]}

    def children(self, name: str, ids: Sequence[int]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        marks = ", ".join("?" * len(ids))
        with self._mutex:
            for child, field in _referring(name):
                path = f"json_extract(fields, '$.{field['name']}')"
                sql = f'SELECT {path}, id FROM "{child}" WHERE {path} IN ({marks})'
                values: list[Any] = list(ids)
                if field["type_field"]:
                    sql += f" AND json_extract(fields, '$.{field['type_field']}') = ?"
                    values.append(name)
                rows = self._database.execute(sql, values).fetchall()
                found += [{"id": to, "object": child, "child_id": own} for to, own in rows]
        return found


def _open_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")  # it outlives its client, not the machine
    database.execute("CREATE TABLE IF NOT EXISTS organization (name TEXT PRIMARY KEY, value TEXT)")
    database.executemany(
        "INSERT OR IGNORE INTO organization VALUES (?, ?)",
        [("id", f"org-{random.SystemRandom().randrange(10**9):09}"), ("name", "Hostile CRM")],
    )
    for name, shape in SCHEMA.items():
        database.execute(
            f'CREATE TABLE IF NOT EXISTS "{name}" (id INTEGER PRIMARY KEY AUTOINCREMENT,'
            " external_id TEXT UNIQUE, version INTEGER NOT NULL, fields TEXT NOT NULL)"
        )
        for field in [f for f in shape if shape[f]["references"] or f in ("email", "code")]:
            database.execute(
                f'CREATE INDEX IF NOT EXISTS "{name}_{field}" ON "{name}"'
                f" (json_extract(fields, '$.{field}'))"
            )
    return database


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _record(row: sqlite3.Row) -> dict[str, Any]:
    return {**dict(row), "fields": json.loads(row["fields"])}


def _head(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("id", "external_id", "version")}


def _as_inputs(ids: Any) -> list[dict[str, Any]] | None:
    return [{"id": value} for value in ids] if isinstance(ids, list) else None


def _referring(name: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (child, field)
        for child, shape in SCHEMA.items()
        for field in shape.values()
        if name in field["references"]
    ]


def _normalised(field: Mapping[str, Any], value: Any) -> Any:
    """What a CRM makes of a value without saying so.

    >>> _normalised({"type": "email"}, " Jana@Example.COM ")
    'jana@example.com'
    """
    if field["type"] == "decimal" and value is not None:
        with contextlib.suppress(InvalidOperation):
            amount = Decimal(str(value))
            return str(
                max(amount, amount.quantize(Decimal(1).scaleb(-field["scale"])), key=_places)
            )
    if not isinstance(value, str):
        return value
    text = value.strip()
    return (text.lower() if field["type"] == "email" else text) or None


def _places(amount: Decimal) -> int:
    return -int(amount.as_tuple().exponent)


def _check_value(field: Mapping[str, Any], value: Any) -> None:
    if value is None:
        return
    name, kind = field["name"], field["type"]
    try:
        if kind == "boolean":
            is_right = isinstance(value, bool)
        elif kind in ("integer", "reference"):
            is_right = isinstance(value, int) and not isinstance(value, bool)
        elif kind == "decimal":
            is_right = Decimal(str(value)).is_finite()
        elif kind == "date":
            is_right = len(value) == 10 and bool(date.fromisoformat(value))
        elif kind == "datetime":
            is_right = bool(datetime.fromisoformat(value))
        elif kind == "email":
            is_right = isinstance(value, str) and "@" in value
        else:
            is_right = bool(value.encode()) or not value
    except (InvalidOperation, ValueError, TypeError, AttributeError):
        is_right = False
    if not is_right:
        raise Refused("invalid_type", f"{name}: {value!r} is not a {kind}")
    if field["picklist"] and value not in field["picklist"]:
        raise Refused("invalid_picklist", f"{name}: {value!r} is not in the list")
    if field["length"] and len(str(value)) > field["length"]:
        raise Refused("too_long", f"{name}: {value!r} has more than {field['length']} characters")


def _type_fields(shape: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {field["type_field"] for field in shape.values()}


def described() -> dict[str, Any]:
    """The schema call. It tells the truth, but not the whole truth."""
    return {
        "objects": [
            {
                "name": name,
                "id_field": "id",
                "external_id_field": "external_id",
                "version_field": "version",
                "is_user": name == "User",
                "fields": [f for f in shape.values() if f["name"] not in _type_fields(shape)],
            }
            for name, shape in SCHEMA.items()
        ]
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news; anything else is a fault of this server."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    crm: HostileCrm
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.crm._connections.add(self.connection)

    def finish(self) -> None:
        self.crm._connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests read stdout."""

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_PUT(self) -> None:
        self._respond()

    def _respond(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        steps = [step for step in url.path.split("/") if step]
        if url.path.startswith("/_"):
            self._send(200, self._control(steps[0], json.loads(raw or b"{}")))
            return
        self.crm.served[f"{self.command} {url.path}"] += 1
        if self._is_turned_away():
            return
        try:
            status, answer = self._route(steps, parse_qs(url.query), json.loads(raw or b"{}"))
        except Refused as problem:
            self._send(problem.status, {"code": problem.code, "message": problem.message})
            return
        is_write = steps[-1] in ("batch", "update", "delete")
        if is_write and self.crm.strikes("error"):
            self._send(500, {"code": "internal", "message": "something went wrong"})
            return
        if is_write and self.crm.strikes("late_unavailable"):
            self._send(503, HTML)
            return
        if self.crm.strikes("slow"):
            time.sleep(self.crm.behaviour.slow_seconds)
        self._send(status, answer)

    def _is_turned_away(self) -> bool:
        """Before anything is executed: dropped, unavailable, throttled, or the token is stale."""
        crm = self.crm
        if crm.strikes("drop"):
            # Resets the connection, as a load balancer does that lost its backend.
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif crm.strikes("html"):
            self._send(200, HTML)
        elif crm.strikes("unavailable"):
            self._send(503, HTML)
        elif crm.strikes("throttle"):
            headers = {"Retry-After": crm.behaviour.retry_after}
            self._send(429, {"code": "throttled", "message": "slow down"}, headers)
        elif not crm.token_is_good(self.headers.get("Authorization", "")):
            self._send(401, {"code": "token_expired", "message": "sign in again"})
        else:
            return False
        return True

    def _control(self, name: str, body: Mapping[str, Any]) -> Any:
        """What tests use, past every hostility."""
        if name == "_behaviour":
            self.crm.behave(**body)
        elif name == "_user_edit":
            return {"version": self.crm.user_edit(**body)}
        return {"served": dict(self.crm.served)}

    def _route(
        self, steps: list[str], query: dict[str, list[str]], body: Any
    ) -> tuple[int, dict[str, Any] | None]:
        crm = self.crm
        match (self.command, *steps):
            case ("GET", "organization"):
                return 200, crm.organization()
            case ("PUT", "organization", "marks"):
                return 200, crm.mark(body)
            case ("GET", "schema"):
                return 200, described()
            case (_, "objects", name, *_) if name not in SCHEMA:
                raise Refused("unknown_object", f"there is no object {name}", status=404)
            case ("POST", "objects", name, "batch" | "update" | "delete" as action):
                return 207, crm.write(name, action, body)
            case ("POST", "objects", name, "lookup"):
                return 200, crm.lookup(name, body["external_ids"])
            case ("GET", "objects", name):
                return 200, crm.page(name, query)
            case ("GET", "objects", name, "count"):
                return 200, crm.count(name)
            case ("GET", "objects", name, "children"):
                ids = [int(value) for value in query["ids"][0].split(",")]
                return 200, {"children": crm.children(name, ids)}
        raise Refused("not_found", "there is nothing here", status=404)

    def _send(self, status: int, answer: Any, headers: Mapping[str, str] | None = None) -> None:
        if answer is None:
            # The batch is committed; the client hears nothing, or half of the answer.
            self.close_connection = True
            if self.crm._random.random() < 0.5:
                return
            answer, is_cut = {"results": []}, True
        else:
            is_cut = False
        is_html = isinstance(answer, str)
        body = (answer if is_html else _dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if is_html else "application/json")
        self.send_header("Content-Length", str(len(body) * (2 if is_cut else 1)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving_process(path: Path, *, token: str = TOKEN, **behaviour: Any) -> Iterator[str]:
    """Run it as a process of its own, which ends with the block; gives its URL.

    For tests that fork or kill their client: nothing of the server lives in the test's process.
    """
    command = [sys.executable, __file__, str(path), "--behaviour", json.dumps(behaviour)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "HOSTILE_CRM_TOKEN": token},
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A CRM over HTTP that behaves badly.")
    parser.add_argument("path", type=Path, help="the SQLite file that holds its records")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--behaviour", type=json.loads, default={}, help=_behaviour_help())
    arguments = parser.parse_args()
    token = os.environ.get("HOSTILE_CRM_TOKEN", TOKEN)
    with HostileCrm(arguments.path, token=token, port=arguments.port, **arguments.behaviour) as crm:
        print(crm.url, flush=True)
        # Its parent holds the other end: when that dies, however it dies, this ends too.
        sys.stdin.read()


def _behaviour_help() -> str:
    return "JSON object of " + ", ".join(field.name for field in fields(Behaviour))


if __name__ == "__main__":
    main()
