"""The tables of the ledger: where every record went, and why."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = "1"

metadata = MetaData()

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text))

run = Table(
    "run",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("state", Text, nullable=False),  # running, finished, failed
    Column("plan_run", Text),
    Column("waves", Text),
    Column("config_hash", Text),
    Column("mapping_hash", Text),
    Column("schema_hash", Text),
    Column("source_hash", Text),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("approved_by", Text),
    Column("approved_at", Text),
    Column("figures", Text),  # JSON: what the run measured
)

source_table = Table(
    "source_table",
    metadata,
    Column("table_id", Integer, primary_key=True),
    Column("name", Text, unique=True, nullable=False),  # <source>.<table>
    Column("key_columns", Text),
    Column("row_count", Integer),  # the source's own count, in the latest plan
    Column("not_placed", Integer, server_default="0"),  # lines that are no row: all are Issues
    Column("last_run", Text),
)

block_count = Table(
    "block_count",
    metadata,
    Column("block", Text, primary_key=True),
    Column("rows", Integer, nullable=False),  # distinct records that the plan's transform wrote
    Column("units", Integer, nullable=False),  # what it made of them
    Column("run", Text),  # the plan that counted
)

record = Table(
    "record",
    metadata,
    Column("record_id", Integer, primary_key=True),
    Column("table_id", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("source_row", Integer),
    Column("raw_hash", Text),
    Column("first_run", Text),
    Column("last_run", Text),
    Column("gone_run", Text),
    UniqueConstraint("table_id", "key"),
)

unit = Table(
    "unit",
    metadata,
    Column("unit_id", Integer, primary_key=True),
    Column("record_id", Integer, nullable=False),
    Column("block", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("wave", Text, nullable=False),
    Column("entity_id", Integer),
    Column("role", Text, nullable=False),  # survivor, merged, excluded, quarantined
    Column("reason", Text),
    Column("rule", Text),
    Column("probability", Text),
    Column("last_run", Text),
    UniqueConstraint("record_id", "block", "part"),
    Index("unit_entity", "entity_id"),
)

entity = Table(
    "entity",
    metadata,
    Column("entity_id", Integer, primary_key=True),
    Column("object", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("wave", Text, nullable=False),
    Column("payload_hash", Text),
    Column("predicted", Text),
    Column("state", Text, nullable=False),  # pending, created, updated, unchanged, failed
    Column("reason", Text),
    Column("incomplete", Integer, nullable=False, server_default="0"),
    Column("needs_second_pass", Integer, nullable=False, server_default="0"),
    Column("is_ours", Integer, nullable=False, server_default="0"),  # we created it
    Column("target_id", Text),
    Column("sent_hash", Text),  # the payload that the latest intent sent, of whichever plan
    Column("loaded_hash", Text),
    Column("loaded_run", Text),  # the plan whose values are in the target
    Column("version", Text),
    Column("batch_id", Text),
    Column("last_run", Text),
    UniqueConstraint("object", "external_id"),
)

batch = Table(
    "batch",
    metadata,
    Column("batch_id", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("wave", Text, nullable=False),
    Column("pass", Text, nullable=False),  # 1, 2 or undo
    Column("op", Text, nullable=False),
    Column("first_entity", Integer),
    Column("last_entity", Integer),
    Column("row_count", Integer, nullable=False),
    Column("payload_file", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False),  # prepared, sent, done, in_doubt, refused
    Column("sequence", Integer, nullable=False),
)

write = Table(
    "write",
    metadata,
    Column("batch_id", Text, primary_key=True),
    Column("entity_id", Integer, primary_key=True),
    Column("op", Text, nullable=False),
    Column("target_id", Text),
    Column("before", Text),  # JSON field -> canonical text, the image before our write
    Column("after", Text),  # JSON, what we wrote
    Column("version", Text),
    Column(
        "state", Text, nullable=False
    ),  # intended, applied, refused, in_doubt, reversed, kept, errored
    Column("code", Text),
    Column("message", Text),
    Index("write_entity", "entity_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("record_id", Integer, primary_key=True),
    Column("block", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("column", Text, primary_key=True),  # the source column to mend, empty for the whole row
    Column("field", Text),
    Column("value", Text),
    Column("message", Text),
    Column("hint", Text),
    Column("base_hash", Text),  # of the raw value that was refused
    Column("correction", Text),
    Column("action", Text),  # correct, exclude
    Column("corrected_at", Text),
    Column("state", Text, nullable=False),  # open, corrected, settled, stale
    Column("last_run", Text),
)
