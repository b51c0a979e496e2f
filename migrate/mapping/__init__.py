"""Which field of the target does each legacy column belong to, and who decided it?

>>> from migrate.mapping import suggest
"""

from migrate.mapping.suggestions import Candidate, Suggestion, suggest

__all__ = ["Candidate", "Suggestion", "suggest"]
