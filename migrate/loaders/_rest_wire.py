"""What does each way of failing over HTTP mean, and which calls may be repeated?"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from migrate.errors import AnswerLost, TargetError

LONGEST_WAIT_SECONDS = 120.0
FIRST_BACKOFF_SECONDS = 0.25
RUN_AGAIN = "run the same command again: it looks up what was written and goes on from there"

_THROTTLED, _UNAVAILABLE = 429, 503


@dataclass(frozen=True)
class Answer:
    """Answers to a batch; ``is_second`` when it was sent before and met an "unavailable"."""

    results: list[dict[str, Any]]
    is_second: bool


class Wire:
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

    def send(self, path: str, body: Any) -> Answer:
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
                results = listed(self._parsed(response), "results", self, "ok")
                return Answer(results, was_unavailable)
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


def listed(body: Any, name: str, wire: Wire, *needs: str) -> list[dict[str, Any]]:
    """The list ``name`` of an answer; each of its items has everything that it needs to have."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise wire.puzzled(f"its answer has no list {name!r}")
    if not all(isinstance(item, dict) and item.keys() >= set(needs) for item in found):
        raise wire.puzzled(f"items of its list {name!r} lack {' or '.join(needs) or 'a shape'}")
    return found


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
