"""What was guessed while reading, in the form in which a person can change it.

A table's ``reading`` holds each guess under the name of the option that overrules it; its
``evidence`` says why, and ``<option>_runner_up`` what came second. Given back as the table's
options, a reading reads the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_OPTIONS = frozenset({"evidence", "columns"})


def options_of(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Give the options that a reading stands for: without its evidence, and nothing else.

    >>> options_of({"encoding": "cp1250", "quote": "", "evidence": {"encoding": "letters"}})
    {'encoding': 'cp1250', 'quote': ''}
    """
    return {name: value for name, value in reading.items() if name not in NOT_OPTIONS}
