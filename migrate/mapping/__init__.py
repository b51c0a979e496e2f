"""Which field of the target does each legacy column belong to, and who decided it?

>>> from migrate.mapping import suggest
"""

from migrate.mapping.decisions.lines import decide
from migrate.mapping.decisions.model import Change, Choice, Key, differences
from migrate.mapping.decisions.state import Basis, Decisions
from migrate.mapping.suggestions import Candidate, Suggestion, suggest

__all__ = [
    "Basis", "Candidate", "Change", "Choice", "Decisions", "Key", "Suggestion", "decide",
    "differences", "suggest",
]  # fmt: skip
