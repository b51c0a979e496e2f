"""How is a CRM's schema asked for over HTTP, and what does each way of refusing mean?

Only calls that change nothing: they are repeated when the CRM is busy. The token is in headers
(or in the address, where the CRM wants it so) and in no sentence.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from migrate.errors import MappingError, TargetError
from migrate.loaders._rest_wire import LONGEST_WAIT_SECONDS, retry_after_seconds

OPTIONS = ("token", "timeout_seconds", "max_attempts")
FIRST_BACKOFF_SECONDS = 0.5
_BUSY = (429, 502, 503, 504)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")


class Asking:
    """Calls to one CRM; ``place`` is its address as it may be shown.

    ``codes`` are the keys under which this CRM names the reason of a refusal.
    """

    def __init__(
        self,
        url: str,
        label: str,
        *,
        options: Mapping[str, Any],
        headers: Mapping[str, str],
        place: str = "",
        codes: Sequence[str] = ("errorCode", "code", "error", "category", "name"),
    ) -> None:
        self.label = label
        self.place = place or shown_place(url, label)
        self._codes = codes
        self._attempts = max(1, int(_number(options, "max_attempts", 6)))
        self._token = str(options.get("token") or "")
        self._client = httpx.Client(
            headers={"Accept": "application/json", "User-Agent": "crm-migrate", **headers},
            timeout=_number(options, "timeout_seconds", 30),
        )
        self._base = url.split("?")[0].rstrip("/")

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **query: str) -> Any:
        """The JSON of a call; None where the CRM has no such thing (404) or nothing (204)."""
        return self.ask("GET", path, query=query)

    def ask(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """One call, repeated while the CRM is busy, as long as it asks to wait."""
        for attempt in range(self._attempts):
            response = self._call(method, path, query, body)
            if response.status_code not in _BUSY or self._is_final(response):
                return self._parsed(response, method, path)
            self._wait(response, attempt)
        raise AssertionError("the last attempt returns or raises")

    def puzzled(self, found: str) -> TargetError:
        """What is answered at the address is not this CRM's interface."""
        return TargetError(
            f"{self.place} does not answer like {self.label}: {found}",
            hint=f"check that the url is that of {self.label}'s API, not a web page's or a proxy's",
        )

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Any
    ) -> httpx.Response:
        address = path if path.startswith(self._base) else f"{self._base}/{path.lstrip('/')}"
        try:
            return self._client.request(method, address, params=query or None, json=body)
        except httpx.TimeoutException:
            raise self._unreachable("it did not answer in time") from None
        except httpx.RequestError as problem:
            # The text of these may quote the address, in which some CRMs want their secret.
            raise self._unreachable(type(problem).__name__) from None

    def _unreachable(self, why: str) -> TargetError:
        return TargetError(
            f"{self.place} cannot be reached ({why})",
            hint="check the url and the network, and run the command again",
            retryable=True,
        )

    def _is_final(self, response: httpx.Response) -> bool:
        """A "busy" that no waiting ends (a manual block)."""
        return self._code(response) == "OVERLOAD_LIMIT"

    def _wait(self, response: httpx.Response, attempt: int) -> None:
        asked = retry_after_seconds(response.headers.get("Retry-After", ""), datetime.now(UTC))
        if attempt + 1 >= self._attempts:
            problem = f"{self.place} is busy (status {response.status_code}) after {attempt + 1} attempts"  # fmt: skip
        elif asked > LONGEST_WAIT_SECONDS:
            problem = f"{self.place} asks to wait {asked:.0f} s; at most {LONGEST_WAIT_SECONDS:.0f} s are waited"  # fmt: skip
        else:
            time.sleep(max(asked, FIRST_BACKOFF_SECONDS * 2**attempt))
            return
        raise TargetError(problem, hint="run the same command again later", retryable=True)

    def _parsed(self, response: httpx.Response, method: str, path: str) -> Any:
        status, code = response.status_code, self._code(response)
        if code == "REQUEST_LIMIT_EXCEEDED":
            raise TargetError(
                f"{self.place} allows no more calls for now ({code})",
                hint="run the same command again later", retryable=True,
            )  # fmt: skip
        if status in (401, 403) or code in UNAUTHORISED:
            raise self._unauthorised(status, code, self._call_name(method, path))
        if status == 204:
            return None
        kind = response.headers.get("Content-Type", "nothing").split(";")[0]
        if response.is_redirect or "json" not in kind:
            raise self.puzzled(f"it sent {kind} (status {status})")
        if status == 404:
            return None
        if not response.is_success:
            told = f", {code}" if code else ""
            raise TargetError(
                f"{self.place} refused {self._call_name(method, path)} (status {status}{told})",
                hint=f"check that the url is that of {self.label}, and what the token may read",
            )
        try:
            return json.loads(response.content)
        except ValueError:
            raise self.puzzled(f"its JSON cannot be read (status {status})") from None

    def _call_name(self, method: str, path: str) -> str:
        """The call without the address, which may be a secret, and without what was asked."""
        return f"{method} {path.removeprefix(self._base).split('?')[0].strip('/')}"

    def _unauthorised(self, status: int, code: str, call: str) -> TargetError:
        names = sorted(n for n, value in os.environ.items() if self._token and value == self._token)
        where = f" in the environment variable {' or '.join(names)}" if names else ""
        told = f"status {status}, {code}" if code else f"status {status}"
        verb = "renew the token" if status == 401 else "check the token and its rights"
        return TargetError(
            f"{self.place} does not accept the token for {call} ({told})",
            hint=f"{verb}{where}, then run the same command again",
        )

    def _code(self, response: httpx.Response) -> str:
        """The short word that says why, never a sentence: those quote what was sent."""
        if response.is_success:
            return ""
        try:
            body = json.loads(response.content)
        except ValueError:
            return ""
        found = body[0] if isinstance(body, list) and body else body
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            found = found["error"]
        if not isinstance(found, dict):
            return ""
        texts = [str(found.get(key, "")) for key in self._codes]
        return next((text for text in texts if _CODE.fullmatch(text)), "")


UNAUTHORISED = frozenset(
    {"INVALID_SESSION_ID", "INVALID_TOKEN", "OAUTH_SCOPE_MISMATCH", "NO_PERMISSION",
     "expired_token", "NO_AUTH_FOUND", "INVALID_CREDENTIALS", "insufficient_scope"}
)  # fmt: skip
"""Reasons that mean the token, whatever the status beside them."""


def token_of(options: Mapping[str, Any], label: str) -> str:
    """The token of the options; TargetError where there is none, or none that a header can hold."""
    token = str(options.get("token") or "").strip()
    if token and token.isascii() and token.isprintable():
        return token
    found = "holds characters that no header can" if token else "is missing"
    raise TargetError(
        f"the token for {label} {found}",
        hint="put it into an environment variable, and name that: --option 'token=${CRM_TOKEN}', "
        'or options: {token: "${CRM_TOKEN}"} of the environment',
    )


def _number(options: Mapping[str, Any], key: str, usual: float) -> float:
    """A number among the options; MappingError where it is none."""
    found = str(options.get(key, usual))
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", found) and float(found) > 0:
        return float(found)
    raise MappingError(
        f"the option {key} must be a number above 0, found {found!r}",
        hint=f"leave it out: then it is {usual:g}",
    )


def shown_place(url: str, label: str) -> str:
    """The address without query, or TargetError where it is none that can be asked."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise TargetError(
            f"the address of {label} is not an http or https URL",
            hint="write it like https://crm.example.com",
        )
    if parsed.userinfo:
        raise TargetError(
            f"the address of {parsed.host} carries a user name or password",
            hint="leave them out: put the token into --option 'token=${CRM_TOKEN}'",
        )
    return str(parsed.copy_with(query=None, fragment=None)).rstrip("/")
