"""Is there a time zone of this name, and which one was meant?"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from migrate.registry import nearest
from migrate.values import Issue


def unknown_zone(name: str, who: str, place: str) -> Iterator[Issue]:
    """The problem that a name is when no time zone has it; ``who`` says it.

    >>> [issue.hint for issue in unknown_zone("Europe/Bratislva", "migration.yaml", "")]
    ["did you mean 'Europe/Bratislava'?"]
    >>> list(unknown_zone("Europe/Bratislava", "migration.yaml", ""))
    []
    """
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a folder of zones is an OSError: "Europe"
        near = nearest(name, zoneinfo.available_timezones())
        hint = f"did you mean {near!r}?" if near else "write it as Europe/Bratislava, or UTC"
        message = f"{who}: there is no time zone {name!r}"
        yield Issue("unknown_time_zone", "error", message, place=place, hint=hint)
