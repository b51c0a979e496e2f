"""How do records reach a CRM that takes batches of JSON over HTTP, without transactions?

A batch may be committed in part, its answers come in any order, and an answer may be lost after
the commit. So nothing that may have been executed is sent again from here: :class:`AnswerLost`
tells the caller to look the records up by their external ids, which this family finds at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import filelock
import httpx
import pandas as pd

from migrate.errors import AnswerLost, TargetError
from migrate.loaders._options import check_options, with_batch_rows
from migrate.registry import did_you_mean
from migrate.values import (
    ENTITY_ID,
    WRITTEN_COLUMNS,
    Batch,
    Capabilities,
    Identity,
    TargetField,
    TargetObject,
    TargetSchema,
)

CAPABILITIES = Capabilities(
    batch_rows=50, is_atomic=False, lookup="exact", discloses_all_constraints=False
)
PAGE_ROWS = 500
IDS_PER_CALL = 200
LONGEST_WAIT_SECONDS = 120.0
FIRST_BACKOFF_SECONDS = 0.25
MASK = "…"
RUN_AGAIN = "run the same command again: it looks up what was written and goes on from there"

_THROTTLED, _UNAVAILABLE = 429, 503
_DONE_BEFORE = frozenset({"duplicate_external_id", "not_found"})
_RECORD = ("id", "version", "fields")
_OPTIONS = ("token", "timeout_seconds", "max_attempts", "batch_rows")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|«([^»]+)»|„([^“”]+)[“”]|“([^”]+)”")


def open_loader(
    url: str, *, options: Mapping[str, Any], schema: TargetSchema | None
) -> RestBatchLoader:
    """Open the target at ``url``; ``options`` are those of the environment in migration.yaml."""
    check_options("rest_batch", options, _OPTIONS)
    return RestBatchLoader(
        url,
        token=str(options.get("token") or ""),
        schema=schema,
        timeout_seconds=float(options.get("timeout_seconds", 30)),
        max_attempts=int(options.get("max_attempts", 6)),
        capabilities=with_batch_rows(CAPABILITIES, options, most=CAPABILITIES.batch_rows),
    )


class RestBatchLoader:
    """The loader of the family (:class:`migrate.values.Loader`); its token is shown nowhere."""

    def __init__(
        self,
        url: str,
        *,
        token: str,
        schema: TargetSchema | None = None,
        timeout_seconds: float = 30,
        max_attempts: int = 6,
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        self.capabilities = capabilities
        self._wire = _Wire(url, token, timeout_seconds, max_attempts)
        self._schema = schema

    def __repr__(self) -> str:
        return f"RestBatchLoader({self._wire.place!r})"

    def describe(self) -> TargetSchema:
        body = self._wire.ask("GET", "/schema")
        objects = tuple(
            _target_object(item) for item in _list(body, "objects", self._wire, "name", "fields")
        )
        name = self._schema.name if self._schema else "rest_batch"
        return TargetSchema(name, objects, family="rest_batch", capabilities=self.capabilities)

    def identity(self) -> Identity:
        body = self._wire.ask("GET", "/organization")
        if not isinstance(body, dict) or not body.get("id"):
            raise self._wire.puzzled("its organization call names no id")
        return Identity(
            fingerprint=f"organization:{body['id']}",
            label=str(body.get("name") or ""),
            migration=str(body.get("migration") or ""),
            environment=str(body.get("environment") or ""),
        )

    def claim(self, *, migration: str, environment: str) -> None:
        """Leave our mark; another migration's mark is never overwritten."""
        found = self.identity()
        if (found.migration, found.environment) == (migration, environment):
            return
        if found.migration or found.environment:
            raise TargetError(
                f"{self._wire.place} was loaded by migration {found.migration!r},"
                f" environment {found.environment!r}; this is {migration!r}, {environment!r}",
                hint="check the environment's url in migration.yaml",
            )
        marks = {"migration": migration, "environment": environment}
        self._wire.ask("PUT", "/organization/marks", body=marks)

    def lock(self) -> AbstractContextManager[None]:
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """A lock of the operating system on this machine, because the target offers none."""
        fingerprint = self.identity().fingerprint
        home = Path.home() / ".crm-migrate"
        name = hashlib.sha256(fingerprint.encode()).hexdigest()
        # Not thread-local: a loader may be closed by another thread than the one that opened it.
        # Never a "soft" lock, which would outlive a killed process.
        lock = filelock.FileLock(
            home / "locks" / f"{name}.lock",
            mode=0o600,
            thread_local=False,
            fallback_to_soft=False,
        )
        try:
            home.mkdir(exist_ok=True, mode=0o700)
            (home / "locks").mkdir(exist_ok=True, mode=0o700)
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise TargetError(
                f"another process is writing to {self._wire.place}",
                hint="wait until it has finished, or stop it, and run the command again",
                retryable=True,
            ) from None
        except OSError as problem:
            raise TargetError(
                f"the lock for {self._wire.place} cannot be made in {home / 'locks'}"
                f" ({problem.strerror})",
                hint="make your home folder writable",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def probe(self, object: str, external_ids: Sequence[str]) -> pd.DataFrame:
        rows: list[tuple[str, str, str]] = []
        for some in _chunks(external_ids):
            body = self._wire.ask(
                "POST", f"/objects/{object}/lookup", body={"external_ids": list(some)}
            )
            found = _list(body, "records", self._wire, "external_id", "id", "version")
            rows += [(str(f["external_id"]), str(f["id"]), str(f["version"])) for f in found]
        return _text_frame(rows, ("external_id", "target_id", "version"))

    def read(
        self, object: str, *, target_ids: Sequence[str] | None = None
    ) -> Iterator[pd.DataFrame]:
        """In order of the ids, at least one frame; named records that are gone are left out."""
        shape = self._object(object)
        path = f"/objects/{object}"
        if target_ids is not None:
            for some in _chunks(target_ids) or [()]:
                query = {"ids": ",".join(some)}
                body = self._wire.ask("GET", path, **query) if some else {"records": []}
                yield _records_frame(shape, _list(body, "records", self._wire, *_RECORD))
            return
        after: Any = 0
        while after is not None:
            body = self._wire.ask("GET", path, after=str(after), limit=str(PAGE_ROWS))
            yield _records_frame(shape, _list(body, "records", self._wire, *_RECORD))
            after = body.get("next")

    def count(self, object: str) -> int:
        body = self._wire.ask("GET", f"/objects/{object}/count")
        if not isinstance(body, dict) or not isinstance(body.get("count"), int):
            raise self._wire.puzzled("its count call gives no number")
        return int(body["count"])

    def write(self, batch: Batch) -> pd.DataFrame:
        if batch.frame.empty:
            return _written_frame([])
        if len(batch.frame) > CAPABILITIES.batch_rows:
            raise TargetError(
                f"a batch of {len(batch.frame)} {batch.object} records;"
                f" {self._wire.place} takes at most {CAPABILITIES.batch_rows}"
            )
        requests = _requests(batch, self._object(batch.object))
        action = "batch" if batch.op == "create" else batch.op
        body: dict[str, Any] = {"inputs": [request.payload for request in requests]}
        if batch.op == "delete":
            body = {"ids": [request.payload["id"] for request in requests]}
        answer = self._wire.send(f"/objects/{batch.object}/{action}", body)
        return self._correlated(batch, requests, answer)

    def _correlated(self, batch: Batch, requests: list[_Request], answer: _Answer) -> pd.DataFrame:
        """One outcome for each record, by its reference: the answers come in any order."""
        label = "id" if batch.op == "delete" else "ref"
        by_ref = {str(result.get(label)): result for result in answer.results}
        is_whole = set(by_ref) == {r.ref for r in requests} and len(by_ref) == len(answer.results)
        if not is_whole or any(r["ok"] is True and "id" not in r for r in answer.results):
            raise AnswerLost(
                f"{self._wire.place} did not answer for just the {len(requests)}"
                f" {batch.object} records sent",
                hint=RUN_AGAIN,
            )
        if answer.is_second and any(r.get("code") in _DONE_BEFORE for r in answer.results):
            # "Unavailable" may have come after the commit: whose doing this is, lookup tells.
            raise AnswerLost(
                f"{self._wire.place} was unavailable, and seems to have executed the batch"
                f" of {batch.object} records before it was sent again",
                hint=RUN_AGAIN,
            )
        names = [f.name for f in self._object(batch.object).fields]
        return _written_frame([_outcome(r, by_ref[r.ref], names) for r in requests])

    def settled(self, batch_id: str) -> bool | None:
        return None

    def children(self, object: str, target_ids: Sequence[str]) -> pd.DataFrame:
        rows: list[tuple[str, str, str]] = []
        for some in _chunks(target_ids):
            body = self._wire.ask("GET", f"/objects/{object}/children", ids=",".join(some))
            found = _list(body, "children", self._wire, "id", "object", "child_id")
            rows += [(str(f["id"]), str(f["object"]), str(f["child_id"])) for f in found]
        return _text_frame(rows, ("target_id", "object", "child_id"))

    def close(self) -> None:
        self._wire.close()

    def _object(self, name: str) -> TargetObject:
        if self._schema is None:
            self._schema = self.describe()
        found = self._schema.object(name)
        if found is None:
            names = [o.name for o in self._schema.objects]
            raise TargetError(
                f"{self._wire.place} has no object {name!r}; it has {', '.join(names)}",
                hint=did_you_mean(name, names),
            )
        return found


# -- records and their JSON ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Request:
    """One record of a batch: what is sent, and the texts that its refusal must not repeat."""

    entity_id: int
    ref: str
    payload: Mapping[str, Any]
    texts: tuple[str, ...] = ()


def _requests(batch: Batch, shape: TargetObject) -> list[_Request]:
    rows: list[dict[str, Any]] = batch.frame.to_dict("records")  # type: ignore[assignment]
    make = {"create": _create_request, "update": _update_request, "delete": _delete_request}
    return [make[batch.op](row, shape) for row in rows]


def _create_request(row: Mapping[str, Any], shape: TargetObject) -> _Request:
    entity_id = int(row[ENTITY_ID])
    texts = {name: text for name, text in row.items() if name != ENTITY_ID and pd.notna(text)}
    payload = {"ref": str(entity_id), "external_id": texts.pop(shape.external_id, None)}
    payload["fields"] = {name: to_json(shape.field(name), text) for name, text in texts.items()}
    return _Request(entity_id, str(entity_id), payload, tuple(texts.values()))


def _update_request(row: Mapping[str, Any], shape: TargetObject) -> _Request:
    entity_id = int(row[ENTITY_ID])
    changes: dict[str, str | None] = json.loads(row["changes"])
    payload: dict[str, Any] = {"ref": str(entity_id), "id": _number(row["target_id"])}
    if shape.external_id in changes:
        payload["external_id"] = changes.pop(shape.external_id)
    payload["fields"] = {
        name: None if text is None else to_json(shape.field(name), text)
        for name, text in changes.items()
    }
    texts = tuple(text for text in changes.values() if text is not None)
    return _Request(entity_id, str(entity_id), payload, texts)


def _delete_request(row: Mapping[str, Any], shape: TargetObject) -> _Request:
    target_id = _number(row["target_id"])
    return _Request(int(row[ENTITY_ID]), str(target_id), {"id": target_id})


def to_json(field: TargetField | None, text: str) -> Any:
    """The JSON value of a canonical text; a text that is not of the type goes as it is.

    The target then refuses that record by name, which is better than a guess made here.

    >>> to_json(TargetField("owner", "reference"), "17"), to_json(TargetField("price", "decimal"), "9.90")
    (17, '9.90')
    >>> to_json(TargetField("is_done", "boolean"), "false"), to_json(None, "as it is")
    (False, 'as it is')
    """
    kind = field.type if field else "text"
    if kind in ("integer", "reference"):
        return _number(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def from_json(field: TargetField, value: Any) -> str | None:
    """The canonical text of a value read back; decimals without trailing zeros.

    >>> from_json(TargetField("price", "decimal"), "9.90"), from_json(TargetField("is_done", "boolean"), True)
    ('9.9', 'true')
    """
    if value in (None, ""):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.type == "decimal":
        try:
            text = format(Decimal(str(value)), "f")
        except InvalidOperation:
            return str(value)
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else text


def _outcome(request: _Request, result: Mapping[str, Any], names: Iterable[str]) -> tuple[Any, ...]:
    if result.get("ok") is True:
        target_id, version = str(result["id"]), result.get("version")
        version = None if version is None else str(version)
        return request.entity_id, True, target_id, version, None, None, False
    message = without_values(str(result.get("message") or ""), request.texts, names)
    code = str(result.get("code") or "refused")
    is_retryable = result.get("retryable") is True
    return request.entity_id, False, None, None, code, message, is_retryable


def without_values(message: str, texts: Iterable[str], names: Iterable[str] = ()) -> str:
    """The target's message without the record's own values: they are personal data.

    A value is found in any case and spacing, and quoted in part; short ones only as whole words,
    or the message would be full of holes. ``names`` of fields may stay in quotes.

    >>> without_values("Jana  nováková has 'Dlhá 1...' in 'street'", ["Jana Nováková", "Dlhá 12 street"], ["street"])
    "… has '…' in 'street'"
    """
    own = sorted({" ".join(text.split()) for text in texts} - {""}, key=len, reverse=True)
    kept = {name.casefold() for name in names}

    def covered(match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group is not None)
        part = " ".join(inner.rstrip(".…").split()).casefold()
        is_ours = part and part not in kept and any(part in text.casefold() for text in own)
        return match[0].replace(inner, MASK) if is_ours else match[0]

    message = _QUOTED.sub(covered, message)
    for text in own:
        pattern = r"\s+".join(re.escape(word) for word in text.split())
        if len(text) < 4:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        message = re.sub(pattern, MASK, message, flags=re.IGNORECASE)
    return _EMAIL.sub(MASK, message)


def _text_frame(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns), dtype="str")


def _written_frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    types = dict.fromkeys(WRITTEN_COLUMNS, "str")
    types |= {ENTITY_ID: "int64", "ok": "bool", "is_retryable": "bool"}
    columns = zip(*rows, strict=True) if rows else ((),) * len(WRITTEN_COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=types[name])
            for name, values in zip(WRITTEN_COLUMNS, columns, strict=True)
        }
    )


def _records_frame(shape: TargetObject, records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    # What a polymorphic reference points to stands in a field that few schema calls list.
    beside = [TargetField(f.type_field) for f in shape.references if f.type_field]
    fields = (*shape.fields, *(f for f in beside if not shape.field(f.name)))
    names = ("target_id", "external_id", "version", *(field.name for field in fields))
    rows = [
        (
            str(record["id"]),
            record.get("external_id"),
            str(record["version"]),
            *(from_json(field, record["fields"].get(field.name)) for field in fields),
        )
        for record in records
    ]
    return _text_frame(rows, names)


def _target_object(item: Mapping[str, Any]) -> TargetObject:
    return TargetObject(
        name=item["name"],
        fields=tuple(_target_field(field) for field in item["fields"]),
        table=item["name"],
        label=item.get("label", ""),
        id_field=item.get("id_field", "id"),
        external_id=item.get("external_id_field", "external_id"),
        version_field=item.get("version_field", "version"),
        is_user=bool(item.get("is_user")),
        can_create=bool(item.get("can_create", True)),
    )


def _target_field(item: Mapping[str, Any]) -> TargetField:
    return TargetField(
        name=item["name"],
        type=item.get("type", "text"),
        label=item.get("label", ""),
        length=item.get("length"),
        scale=item.get("scale"),
        is_required=bool(item.get("required")),
        is_unique=bool(item.get("unique")),
        is_read_only=bool(item.get("read_only")),
        picklist=tuple(item.get("picklist") or ()),
        references=tuple(item.get("references") or ()),
        type_field=item.get("type_field", ""),
        is_consent=bool(item.get("consent")),
        strict_value=item.get("strict_value", ""),
    )


def _chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[at : at + IDS_PER_CALL] for at in range(0, len(values), IDS_PER_CALL)]


def _list(body: Any, name: str, wire: _Wire, *needs: str) -> list[dict[str, Any]]:
    """The list ``name`` of an answer; each of its items has everything that it needs to have."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise wire.puzzled(f"its answer has no list {name!r}")
    if not all(isinstance(item, dict) and item.keys() >= set(needs) for item in found):
        raise wire.puzzled(f"items of its list {name!r} lack {' or '.join(needs) or 'a shape'}")
    return found


# -- the wire -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """Answers to a batch; ``is_second`` when it was sent before and met an "unavailable"."""

    results: list[dict[str, Any]]
    is_second: bool


class _Wire:
    """Calls over one HTTP connection pool, and what each way of failing means.

    ``ask`` is for calls that change nothing (or the same thing each time) and repeats them;
    ``send`` is for batches, which it repeats only after an answer that says "not now".
    """

    def __init__(self, url: str, token: str, timeout_seconds: float, max_attempts: int) -> None:
        self.place = _shown(url)
        token = token.strip()
        if not token or not (token.isascii() and token.isprintable()):
            found = "holds characters that no header can" if token else "is empty"
            raise TargetError(
                f"the token for {self.place} {found}",
                hint="set the environment variable that migration.yaml names as its token",
            )
        self._token = token
        self._max_attempts = max(1, max_attempts)
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
            timeout=timeout_seconds,
            # Shorter than servers keep an idle connection, so that none dies under a batch.
            limits=httpx.Limits(keepalive_expiry=4),
        )

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, path: str, *, body: Any = None, **query: str) -> Any:
        """A call that may be repeated, whatever became of the one before."""
        for attempt in range(self._max_attempts):
            is_last = attempt + 1 == self._max_attempts
            try:
                response = self._call(method, path, body, query)
            except AnswerLost as lost:
                if is_last:
                    raise TargetError(lost.message, hint=lost.hint, retryable=True) from None
                time.sleep(_backoff(attempt))
                continue
            if response.status_code != _THROTTLED and not response.is_server_error:
                return self._parsed(response)
            self._wait(response, attempt)
        raise AssertionError("the last attempt returns or raises")

    def send(self, path: str, body: Any) -> _Answer:
        """A batch. AnswerLost as soon as nobody knows whether it was executed."""
        was_unavailable = False
        for attempt in range(self._max_attempts):
            response = self._call("POST", path, body, {})
            status = response.status_code
            if status in (_THROTTLED, _UNAVAILABLE):
                was_unavailable |= status == _UNAVAILABLE
                try:
                    self._wait(response, attempt)
                except TargetError as problem:
                    if was_unavailable:
                        raise AnswerLost(problem.message, hint=RUN_AGAIN) from None
                    raise
                continue
            if response.is_server_error:
                raise AnswerLost(
                    f"{self.place} failed in the middle of a batch (status {status})",
                    hint=RUN_AGAIN,
                )
            if not response.is_success:
                self._parsed(response)
            try:
                results = _list(self._parsed(response), "results", self, "ok")
                return _Answer(results, was_unavailable)
            except TargetError as problem:
                raise AnswerLost(problem.message, hint=RUN_AGAIN) from None
        raise AssertionError("the last attempt returns or raises")

    def _call(self, method: str, path: str, body: Any, query: Mapping[str, str]) -> httpx.Response:
        """One request. AnswerLost when it may have arrived, TargetError when it cannot have."""
        try:
            # Plain ASCII: a text that no encoding can hold is then refused as that one record's.
            content = None if body is None else json.dumps(body, allow_nan=False)
            return self._client.request(method, path, content=content, params=query or None)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
            raise TargetError(
                f"{self.place} cannot be reached ({type(problem).__name__}: {problem})",
                hint="check the address and the network, and run the command again",
                retryable=True,
            ) from None
        except httpx.RequestError as problem:
            # The text of these may quote what was sent, so only their kind is told.
            raise AnswerLost(
                f"the connection to {self.place} broke before the answer"
                f" ({type(problem).__name__})",
                hint=RUN_AGAIN,
            ) from None

    def _wait(self, response: httpx.Response, attempt: int) -> None:
        """Wait as the target asks, or longer; TargetError where patience ends."""
        asked = retry_after_seconds(response.headers.get("Retry-After", ""), datetime.now(UTC))
        if attempt + 1 >= self._max_attempts:
            problem = (
                f"{self.place} is busy (status {response.status_code}) after {attempt + 1} attempts"
            )
        elif asked > LONGEST_WAIT_SECONDS:
            problem = (
                f"{self.place} asks to wait {asked:.0f} s (status {response.status_code});"
                f" at most {LONGEST_WAIT_SECONDS:.0f} s are waited"
            )
        else:
            time.sleep(max(asked, _backoff(attempt)))
            return
        hint = "run the same command again later: it goes on where it stopped"
        raise TargetError(problem, hint=hint, retryable=True)

    def _parsed(self, response: httpx.Response) -> Any:
        """The JSON of a good answer; what the others say may be personal data and is not told."""
        status = response.status_code
        if status in (401, 403):
            variables = sorted(n for n, value in os.environ.items() if value == self._token)
            where = " or ".join(variables) or "that migration.yaml names as the target's token"
            verb = "renew" if status == 401 else "check the permissions of"
            raise TargetError(
                f"{self.place} does not accept the token (status {status})",
                hint=f"{verb} the token in the environment variable {where}, then run the same"
                " command again: it goes on where it stopped",
            )
        if "json" not in (kind := response.headers.get("Content-Type", "nothing").split(";")[0]):
            raise self.puzzled(f"it sent {kind} (status {status})")
        try:
            # Floats stay text: a sum of money must not pass through binary fractions.
            body = json.loads(response.content, parse_float=str)
        except ValueError:
            raise self.puzzled(f"its JSON cannot be read (status {status})") from None
        if response.is_success:
            return body
        code = str(body.get("code", "")) if isinstance(body, dict) else ""
        code = f", {code}" if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,40}", code) else ""
        raise TargetError(
            f"{self.place} refused {response.request.method} {response.request.url.path}"
            f" (status {status}{code})"
        )

    def puzzled(self, found: str) -> TargetError:
        return TargetError(
            f"{self.place} does not answer like the API expected here: {found}",
            hint="check that the url in migration.yaml is the API's, not a web page's or a proxy's",
        )


def _shown(url: str) -> str:
    """The address as it may be shown, or TargetError where it is none of ours."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise TargetError(
            "the target's address is not an http or https URL",
            hint="write it like https://crm.example.com/api in migration.yaml",
        )
    if parsed.userinfo:
        raise TargetError(
            f"the address of {parsed.host} carries a user name or password",
            hint="leave them out: this family signs in with options: token",
        )
    return str(parsed.copy_with(query=None, fragment=None)).rstrip("/")


def retry_after_seconds(text: str, now: datetime) -> float:
    """What a Retry-After header asks for, in seconds; 0 where it says nothing readable.

    >>> retry_after_seconds("7", datetime(2024, 1, 1, tzinfo=UTC))
    7.0
    >>> retry_after_seconds("Mon, 01 Jan 2024 00:01:00 GMT", datetime(2024, 1, 1, tzinfo=UTC))
    60.0
    """
    if re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _backoff(attempt: int) -> float:
    """Doubling, and never the same twice: clients that wait alike return all at once."""
    return FIRST_BACKOFF_SECONDS * float(2**attempt) * random.uniform(0.5, 1.0)
