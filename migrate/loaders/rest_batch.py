"""How do records reach a CRM that takes batches of JSON over HTTP, without transactions?

A batch may be committed in part, its answers come in any order, and an answer may be lost after
the commit. So nothing that may have been executed is sent again from here: :class:`AnswerLost`
tells the caller to look the records up by their external ids, which this family finds at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import filelock
import pandas as pd

from migrate.errors import AnswerLost, TargetError
from migrate.loaders._options import check_options, with_batch_rows
from migrate.loaders._rest_values import (
    Request,
    outcome,
    records_frame,
    requests_of,
    target_object,
    text_frame,
    written_frame,
)
from migrate.loaders._rest_wire import RUN_AGAIN, Answer, Wire, listed
from migrate.registry import did_you_mean
from migrate.values import Batch, Capabilities, Identity, TargetObject, TargetSchema

CAPABILITIES = Capabilities(
    batch_rows=50, is_atomic=False, lookup="exact", discloses_all_constraints=False
)
PAGE_ROWS = 500
IDS_PER_CALL = 200

_DONE_BEFORE = frozenset({"duplicate_external_id", "not_found"})
_RECORD = ("id", "version", "fields")
_OPTIONS = ("token", "timeout_seconds", "max_attempts", "batch_rows")


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
        self._wire = Wire(url, token, timeout_seconds, max_attempts)
        self._schema = schema

    def __repr__(self) -> str:
        return f"RestBatchLoader({self._wire.place!r})"

    def describe(self) -> TargetSchema:
        body = self._wire.ask("GET", "/schema")
        objects = tuple(
            target_object(item) for item in listed(body, "objects", self._wire, "name", "fields")
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
            found = listed(body, "records", self._wire, "external_id", "id", "version")
            rows += [(str(f["external_id"]), str(f["id"]), str(f["version"])) for f in found]
        return text_frame(rows, ("external_id", "target_id", "version"))

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
                yield records_frame(shape, listed(body, "records", self._wire, *_RECORD))
            return
        after: Any = 0
        while after is not None:
            body = self._wire.ask("GET", path, after=str(after), limit=str(PAGE_ROWS))
            yield records_frame(shape, listed(body, "records", self._wire, *_RECORD))
            after = body.get("next")

    def count(self, object: str) -> int:
        body = self._wire.ask("GET", f"/objects/{object}/count")
        if not isinstance(body, dict) or not isinstance(body.get("count"), int):
            raise self._wire.puzzled("its count call gives no number")
        return int(body["count"])

    def write(self, batch: Batch) -> pd.DataFrame:
        if batch.frame.empty:
            return written_frame([])
        if len(batch.frame) > CAPABILITIES.batch_rows:
            raise TargetError(
                f"a batch of {len(batch.frame)} {batch.object} records;"
                f" {self._wire.place} takes at most {CAPABILITIES.batch_rows}"
            )
        requests = requests_of(batch, self._object(batch.object))
        action = "batch" if batch.op == "create" else batch.op
        body: dict[str, Any] = {"inputs": [request.payload for request in requests]}
        if batch.op == "delete":
            body = {"ids": [request.payload["id"] for request in requests]}
        answer = self._wire.send(f"/objects/{batch.object}/{action}", body)
        return self._correlated(batch, requests, answer)

    def _correlated(self, batch: Batch, requests: list[Request], answer: Answer) -> pd.DataFrame:
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
        return written_frame([outcome(r, by_ref[r.ref], names) for r in requests])

    def settled(self, batch_id: str) -> bool | None:
        return None

    def children(self, object: str, target_ids: Sequence[str]) -> pd.DataFrame:
        rows: list[tuple[str, str, str]] = []
        for some in _chunks(target_ids):
            body = self._wire.ask("GET", f"/objects/{object}/children", ids=",".join(some))
            found = listed(body, "children", self._wire, "id", "object", "child_id")
            rows += [(str(f["id"]), str(f["object"]), str(f["child_id"])) for f in found]
        return text_frame(rows, ("target_id", "object", "child_id"))

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


def _chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[at : at + IDS_PER_CALL] for at in range(0, len(values), IDS_PER_CALL)]
