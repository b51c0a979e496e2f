"""Which of the target's values does the mapping give for this source value?"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence


def clean_picklist(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Translate by the mapping's value map; what it does not name is unreadable.

    Decision: ``values`` is the map source value -> target value (default: empty). A source value
    is found exactly, or else by its text trimmed and without regard to case. A value that already
    is one of the map's targets stays. A target of null leaves the field empty.

    >>> decision = {"values": {"Zákazník": "customer", "-": None}}
    >>> cleaned = clean_picklist(
    ...     pd.Series(["ZÁKAZNÍK ", "customer", "-", "?"]), companions=None, decision=decision
    ... )
    >>> cleaned.columns["value"].tolist(), cleaned.status.tolist()
    (['customer', 'customer', nan, '?'], ['changed', 'same', 'changed', 'unreadable'])
    """
    given = decision.get("values")
    pairs = given.items() if isinstance(given, Mapping) else ()
    exact = {str(source): "" if target is None else str(target) for source, target in pairs}
    targets = frozenset(exact.values())
    loose: dict[str, str] = {}
    for source, target in exact.items():
        loose.setdefault(_key(source), target)

    def read(text: str) -> Reading:
        target = exact.get(text)
        if target is None:
            if text in targets:
                return Reading(text)
            target = loose.get(_key(text))
        if target is None:
            return Reading(text, "unmapped_value", UNREADABLE)
        return Reading(target, "mapped" if target else "mapped_to_nothing")

    return read_distinct(values, read)


def decide_picklist(evidence: Evidence) -> Decision:
    """Take the value map from the mapping; nothing is guessed."""
    given = evidence.options.get("values")
    pairs = given.items() if isinstance(given, Mapping) else ()
    return {"values": {str(key): None if to is None else str(to) for key, to in pairs}}


def _key(text: str) -> str:
    return tidy(text).casefold()
