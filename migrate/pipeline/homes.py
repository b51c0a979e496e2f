"""Which record of the target did a unit become in an earlier load, and what follows from it today?

A record that is in the target stays there whatever becomes of its rows: a row that is refused now,
or gone from the source, keeps its record, and so do its children; a row that was merged into a
record whose own row is gone speaks for that record from now on, instead of becoming a second one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from migrate.pipeline.extracting import own_key
from migrate.specs.mapping import MappingSpec
from migrate.store import sets
from migrate.store.ledger import Ledger
from migrate.store.sets import literal
from migrate.values import RECORD_ID, Issue

_HOMES = """
SELECT u.record_id, u.block, u.part, u.object, r.key, r.gone_run IS NOT NULL AS is_gone,
       e.external_id AS entity
FROM unit u JOIN record r USING (record_id) JOIN entity e USING (entity_id)
WHERE u.role IN ('survivor', 'merged') AND e.target_id IS NOT NULL AND e.loaded_hash IS NOT NULL
"""

_SAME_UNIT = (
    f"u.{RECORD_ID} = h.{RECORD_ID} AND u.block = h.block AND u.part = h.part "
    "AND u.object = h.object"
)
_REFUSED = "u.role IN ('excluded', 'quarantined')"


def read_homes(connection: sets.Connection, ledger: Ledger) -> None:
    """Fill the scratch table ``homes``: each unit of earlier plans whose record is in the target."""
    sets.run(
        connection,
        f"CREATE OR REPLACE TABLE homes ({RECORD_ID} BIGINT, block TEXT, part TEXT, object TEXT, "
        "key TEXT, is_gone BIGINT, entity TEXT)",
    )
    names = [RECORD_ID, "block", "part", "object", "key", "is_gone", "entity"]
    for rows in ledger.stream(_HOMES):
        sets.append(connection, "homes", pd.DataFrame([tuple(row) for row in rows], columns=names))


def add_gone_parents(connection: sets.Connection, mapping: MappingSpec) -> None:
    """Let lookups find parents whose rows are gone from the source: their records are still there."""
    for block in mapping.blocks:
        prefix = literal(block.external_id_prefix())
        # a derived parent's key is no record's key; it stands in the external id
        own = f"substr(h.entity, length({prefix}) + 1)"
        key = f"CASE WHEN starts_with(h.entity, {prefix}) THEN {own} END"
        key = f"regexp_replace({key}, '#' || h.part || '$', '')" if block.unpivot else key
        key = key if block.distinct else own_key("h.key")
        name = literal(block.name)
        sets.run(
            connection,
            f"INSERT INTO parent_keys SELECT {name}, {key} AS key, min(h.entity) FROM homes h "
            f"WHERE h.block = {name} AND h.is_gone = 1 AND {key} IS NOT NULL AND {key} NOT IN "
            f"(SELECT key FROM parent_keys WHERE block = {name}) GROUP BY 2",
        )


def rejoin(connection: sets.Connection, object: str) -> None:
    """Units that were merged into a record whose own row is not there today stay with it.

    Scratch tables used: ``candidates`` and ``units`` with their entities; what leads where is
    noted in ``merged_into``.
    """
    name = literal(object)
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE rejoining AS SELECT u.entity AS was, min(h.entity) AS home "
        f"FROM units u JOIN homes h ON {_SAME_UNIT} WHERE u.object = {name} AND u.role = '' "
        "AND h.entity <> u.entity AND h.entity NOT IN (SELECT _external_id FROM candidates) "
        f"AND u.entity NOT IN (SELECT entity FROM homes WHERE object = {name}) GROUP BY 1",
    )
    sets.run(
        connection,
        "UPDATE merged_into SET entity = r.home FROM rejoining r WHERE merged_into.entity = r.was",
    )
    sets.run(
        connection,
        "INSERT INTO merged_into SELECT was, home FROM rejoining WHERE was NOT IN "
        "(SELECT external_id FROM merged_into)",
    )
    sets.run(
        connection,
        "UPDATE units SET entity = r.home FROM rejoining r WHERE units.entity = r.was "
        f"AND units.object = {name} AND units.role = ''",
    )
    sets.run(connection, "DROP TABLE rejoining")


def keep_parents(connection: sets.Connection, object: str) -> None:
    """Units that are refused today but have a record in the target are parents none the less."""
    query = (
        f"SELECT u.external_id, min(h.entity) AS entity FROM units u JOIN homes h ON {_SAME_UNIT} "
        f"WHERE u.object = {literal(object)} AND {_REFUSED} GROUP BY 1"
    )
    sets.run(
        connection,
        f"DELETE FROM refused WHERE external_id IN (SELECT external_id FROM ({query}))",
    )
    sets.run(
        connection,
        f"INSERT INTO merged_into SELECT external_id, entity FROM ({query}) WHERE external_id <> "
        "entity AND external_id NOT IN (SELECT external_id FROM merged_into)",
    )


def note_half_gone(connection: sets.Connection) -> None:
    """Fill ``half_gone (object, external_id)``: records some of whose rows do not speak today.

    What such a row gave to its record is not empty in the source: it is unknown.
    """
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE half_gone AS SELECT DISTINCT h.object, h.entity AS external_id "
        f"FROM homes h LEFT JOIN units u ON {_SAME_UNIT} AND u.entity = h.entity "
        "AND u.role IN ('survivor', 'merged') WHERE u.block IS NULL",
    )


def keep_refused(connection: sets.Connection) -> list[tuple[str, str]]:
    """Units that are refused today stay with their record; the answer is (object, external id).

    A record has one survivor: where another of its units goes on, or is refused too, the rest are
    merged units.
    """
    sets.run(
        connection,
        f"CREATE OR REPLACE TABLE staying AS SELECT u.{RECORD_ID}, u.block, u.part, h.object, "
        "h.entity, row_number() OVER (PARTITION BY h.object, h.entity ORDER BY u.external_id <> "
        f"h.entity, u.{RECORD_ID}, u.block, u.part) AS place FROM units u JOIN homes h "
        f"ON {_SAME_UNIT} WHERE {_REFUSED}",
    )
    sets.run(
        connection,
        "UPDATE units SET entity = s.entity, role = CASE WHEN s.place = 1 AND NOT EXISTS (SELECT 1 "
        "FROM units o WHERE o.object = s.object AND o.entity = s.entity AND o.role = 'survivor') "
        f"THEN 'survivor' ELSE 'merged' END FROM staying s WHERE units.{RECORD_ID} = s.{RECORD_ID} "
        "AND units.block = s.block AND units.part = s.part",
    )
    kept = sets.run(connection, "SELECT DISTINCT object, entity FROM staying ORDER BY 1, 2")
    sets.run(connection, "DROP TABLE staying")
    return [(str(name), str(external_id)) for name, external_id in kept]


def gone_issues(ledger: Ledger) -> Iterator[Issue]:
    """Rows that the source does not hold any more, and whose record is in the target."""
    query = (
        "SELECT DISTINCT s.name, r.key, e.object, e.external_id FROM record r JOIN source_table s "
        "USING (table_id) JOIN unit u USING (record_id) JOIN entity e USING (entity_id) "
        "WHERE r.gone_run IS NOT NULL AND e.target_id IS NOT NULL AND e.loaded_hash IS NOT NULL "
        "ORDER BY 1, 2, 3"
    )
    for rows in ledger.stream(query):
        for table, key, name, external_id in rows:
            yield Issue(
                "gone_from_source", "warning",
                f"the row is not in the source any more; its {name} {external_id} stays in the "
                "target as it was loaded",
                entity=table, record=key,
                hint="delete the record in the CRM if nobody needs it, or roll its wave back",
            )  # fmt: skip
