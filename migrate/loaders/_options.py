"""Which options of an environment does a loader family know, and what do they change?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from migrate.errors import MappingError
from migrate.registry import did_you_mean
from migrate.values import Capabilities

BATCH_ROWS = "batch_rows"


def check_options(family: str, options: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse an option that the family does not have, with the nearest that it has."""
    for option in options:
        if option not in known:
            allowed = ", ".join(known) or "none"
            raise MappingError(
                f"a {family} target has no option {option!r}; allowed: {allowed}",
                hint=did_you_mean(option, known) if known else "remove it",
            )


def with_batch_rows(
    capabilities: Capabilities, options: Mapping[str, Any], *, most: int | None = None
) -> Capabilities:
    """The capabilities with ``options["batch_rows"]`` records a batch, at most ``most``.

    >>> with_batch_rows(Capabilities(batch_rows=200), {"batch_rows": "50"}).batch_rows
    50
    """
    if BATCH_ROWS not in options:
        return capabilities
    given = str(options[BATCH_ROWS])
    if not (given.isascii() and given.isdecimal()) or not 1 <= int(given) <= (most or int(given)):
        allowed = f"from 1 to {most}" if most else "from 1 on"
        raise MappingError(
            f"the option batch_rows must be a whole number {allowed}, found {given!r}",
            hint=f"leave it out: then it is {capabilities.batch_rows}",
        )
    return dataclasses.replace(capabilities, batch_rows=int(given))
