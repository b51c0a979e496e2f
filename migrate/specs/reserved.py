"""Which names can no source column and no mapped field have, because we work with them ourselves?"""

from __future__ import annotations

from migrate.values import RESERVED_COLUMNS

WORKING_NAMES = RESERVED_COLUMNS | {
    "_part", "_key", "_external_id", "_role", "_reason", "_rule", "_block", "_rank", "_entity",
    "_wave", "_wave_rank", "_members", "_place",
}  # fmt: skip
"""Columns that stand beside those of the source or the target while a plan is made."""

RESERVED_FIELDS = WORKING_NAMES | {"external_id", "wave", "payload_hash"}
"""What the plan writes beside a record's fields; compared without case, as DuckDB does."""
