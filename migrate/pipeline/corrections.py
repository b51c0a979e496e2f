"""What admins decided in the quarantine workbook: what the next plan follows, and what is stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from migrate.pipeline.transforming import Corrections
from migrate.specs.mapping import MappingSpec
from migrate.store import sets
from migrate.store.ledger import Ledger, write_many
from migrate.store.sets import quote
from migrate.transform.rows import value_hash
from migrate.values import RECORD_ID, Issue


def read_corrections(ledger: Ledger) -> Corrections:
    """New raw values for cells, and the records that are left out.

    A cell that people corrected in one way holds that value for every block that reads it (block
    ""); where two blocks need different texts of it, each has its own and the others the raw one.
    """
    rows = ledger.frame(
        'SELECT record_id, block, "column", base_hash, correction, action FROM quarantine '
        "WHERE state = 'corrected' ORDER BY record_id, block, part, code"
    )
    values = rows[(rows["action"] == "correct") & (rows["column"] != "")]
    values = values.rename(columns={"record_id": "_record_id"})
    values = values.drop_duplicates(["_record_id", "column", "block"])
    texts = values.assign(correction=values["correction"].fillna(""))
    ways = texts.groupby(["_record_id", "column"])["correction"].transform("nunique")
    values["block"] = values["block"].where(ways > 1, "")
    values = values.drop_duplicates(["_record_id", "column", "block", "base_hash"])
    left_out = rows[rows["action"] == "exclude"]
    return Corrections(
        values[["_record_id", "block", "column", "base_hash", "correction"]],
        {
            str(block): frozenset(int(r) for r in group["record_id"])
            for block, group in left_out.groupby("block")
        },
    )


def corrections_of(corrections: Corrections, block: str) -> Corrections:
    """Those that one block follows."""
    values = corrections.values
    return replace(corrections, values=values[values["block"].isin(["", block])])


def stale_corrections(
    connection: sets.Connection, ledger: Ledger, mapping: MappingSpec, extracts: Mapping[str, Path]
) -> pd.DataFrame:
    """Corrections of cells that hold another value by now: the plan reads the new one as it is.

    One row each: ``record_id, block, column, key``.
    """
    rows = ledger.frame(
        'SELECT DISTINCT q.record_id, q.block, q."column", q.base_hash, r.key FROM quarantine q '
        "JOIN record r USING (record_id) WHERE q.state = 'corrected' AND q.action = 'correct' "
        "AND q.\"column\" <> '' ORDER BY q.record_id"
    )
    is_stale = pd.Series(False, index=rows.index)
    for (name, column), group in rows.groupby(["block", "column"]):
        block = mapping.block(str(name))
        if block is None:
            continue
        sets.put(connection, "asked", pd.DataFrame({"id": group["record_id"].astype("int64")}))
        source = sets.parquet([extracts[block.table]])
        held = sets.run(
            connection,
            f"SELECT {RECORD_ID}, {quote(str(column))} FROM {source} WHERE {RECORD_ID} IN "
            "(SELECT id FROM asked)",
        )
        now = {int(record): value_hash(value) for record, value in held}
        is_stale |= pd.Series(
            [
                now.get(int(record), base) != base
                for record, base in zip(group["record_id"], group["base_hash"], strict=True)
            ],
            index=group.index,
        ).reindex(rows.index, fill_value=False)
    return rows.loc[is_stale, ["record_id", "block", "column", "key"]]


def settle_stale(ledger: Ledger, stale: pd.DataFrame) -> None:
    """Forget the stale corrections of values that are not refused any more; those that are
    refused still carry the state that says so."""
    with ledger.begin() as book:
        write_many(
            book,
            "UPDATE quarantine SET state = 'settled' WHERE record_id = ? AND block = ? AND "
            "\"column\" = ? AND state = 'corrected'",
            stale[["record_id", "block", "column"]].itertuples(index=False, name=None),
        )


def stale_issues(stale: pd.DataFrame, mapping: MappingSpec) -> list[Issue]:
    """Each correction that is not used, for the report of the plan."""
    objects = {block.name: block.object for block in mapping.blocks}
    return [
        Issue(
            "stale_correction", "warning",
            "the value in the source has changed since it was corrected, so the correction is not "
            "used",
            entity=objects.get(block, ""), column=column, record=key,
            hint="export the quarantine again to see whether the new value is refused",
        )
        for _, block, column, key in stale.itertuples(index=False, name=None)
    ]  # fmt: skip
