"""Reconciliation over a small migration made by hand: all green, then one planted bug at a time.

Every bug stands in the plan's entities *and* in the target, as a bug in the transform would leave
it: only the raw extract can tell.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from migrate.errors import MappingError
from migrate.evidence.reconcile import (
    ReconcileInputs,
    Reconciliation,
    reconcile,
    reconciliation_json,
    reconciliation_sections,
)
from migrate.evidence.reconcile_values import no_corrections
from migrate.specs.mapping import (
    Block,
    Condition,
    Exclusion,
    FieldMap,
    Join,
    Lookup,
    MappingSpec,
    Unpivot,
)
from migrate.specs.project import (
    ControlTotal,
    Project,
    Retention,
    SourceSpec,
    TableSpec,
    TotalBy,
)
from migrate.store.duck import connect
from migrate.store.ledger import Ledger, open_ledger
from migrate.store.runfolder import ParquetFile, RunFolder
from migrate.values import TargetField, TargetObject, TargetSchema

Rows = list[dict[str, Any]]

SCHEMA = TargetSchema(
    "crm",
    (
        TargetObject(
            "User",
            (TargetField("name"), TargetField("email", "email"), TargetField("is_active", "boolean")),
            is_user=True,
        ),
        TargetObject(
            "Account",
            (
                TargetField("name", length=30),
                TargetField("phone", "phone"),
                TargetField("code"),
                TargetField("segment", "picklist", picklist=("customer", "partner")),
                TargetField("annual_revenue", "decimal", scale=2),
                TargetField("customer_since", "date"),
                TargetField("city"),
                TargetField("owner", "reference", references=("User",)),
            ),
        ),
        TargetObject(
            "Contact",
            (
                TargetField("first_name"),
                TargetField("last_name"),
                TargetField("email", "email"),
                TargetField(
                    "newsletter", "picklist", picklist=("granted", "denied", "unknown"),
                    is_consent=True, strict_value="denied",
                ),
                TargetField("account", "reference", references=("Account",)),
            ),
        ),
        TargetObject(
            "Opportunity",
            (
                TargetField("name"),
                TargetField("amount", "decimal", scale=2),
                TargetField("currency"),
                TargetField("stage", "picklist", picklist=("proposal", "won")),
                TargetField("close_date", "date"),
                TargetField("signed_at", "datetime"),
                TargetField("owner", "reference", references=("User",)),
                TargetField("account", "reference", references=("Account",)),
            ),
        ),
    ),
)  # fmt: skip

OWNER = FieldMap("owner", columns=("owner_id",), lookup=Lookup(("users",), default="1"))
ACCOUNT = FieldMap("account", columns=("account_id",), lookup=Lookup(("accounts",), orphan="blank"))
MAPPING = MappingSpec(
    (
        Block(
            "users", "erp.users", "User", "master",
            (FieldMap("name", columns=("name",)), FieldMap("email", columns=("email",))),
            action="bind", bind_by="email",
            exclusions=(Exclusion(Condition("active", "is", ("0",)), "gone"),),
        ),
        Block(
            "accounts", "erp.accounts", "Account", "master",
            (
                FieldMap("name", columns=("name",), clean="company"),
                FieldMap("phone", columns=("phone",), clean="phone"),
                FieldMap("code", columns=("code",), clean="code"),
                FieldMap("segment", columns=("segment",), clean="picklist",
                         values={"Zákazník": "customer", "Partner": "partner"}),
                FieldMap("annual_revenue", columns=("revenue",), clean="decimal"),
                FieldMap("customer_since", columns=("since",), clean="date"),
                FieldMap("city", columns=("town.name",)),
                OWNER,
            ),
            joins=(Join("erp.towns", "town", {"town_id": "id"}),),
        ),
        Block(
            "contacts", "erp.contacts", "Contact", "master",
            (
                FieldMap("first_name", columns=("who",), clean="person_name", part="first_name"),
                FieldMap("last_name", columns=("who",), clean="person_name", part="last_name"),
                FieldMap("email", columns=("email",), clean="email"),
                FieldMap("newsletter", columns=("consent",), clean="picklist",
                         values={"1": "granted", "0": "denied"}, default="unknown"),
                ACCOUNT,
            ),
        ),
        Block(
            "deals", "erp.deals", "Opportunity", "sales",
            (
                FieldMap("name", columns=("title",), clean="text"),
                FieldMap("amount", columns=("amount",), clean="decimal"),
                FieldMap("currency", columns=("currency",), clean="text"),
                FieldMap("stage", columns=("stage",), clean="picklist",
                         values={"Ponuka": "proposal", "Vyhratý": "won"}),
                FieldMap("close_date", columns=("closed",), clean="date"),
                OWNER,
                ACCOUNT,
            ),
            exclusions=(Exclusion(Condition("title", "is", (" ZMAZANÝ ",)), "deleted"),),
        ),
    )
)  # fmt: skip

RAW: Mapping[str, Rows] = {
    "erp.users": [
        {"id": "1", "name": "Anna Prvá", "email": "anna@example.com", "active": "1"},
        {"id": "2", "name": "Boris Druhý", "email": "boris@example.com", "active": "1"},
        {"id": "3", "name": "Cyril Tretí", "email": "cyril@example.com", "active": "0"},
    ],
    "erp.towns": [{"id": "7", "name": "Nitra"}, {"id": "8", "name": "Žilina"}],
    "erp.accounts": [
        {"id": "1", "name": "Kvapka s. r. o.", "phone": "0905 123 456", "code": "00123",
         "segment": "Zákazník", "revenue": "1 234,50", "since": "3.4.2019", "town_id": "7",
         "owner_id": "1"},
        {"id": "2", "name": "Žltý dom a.s.", "phone": "+421 2 5441 1234", "code": "04567",
         "segment": "Partner", "revenue": "-20,00", "since": "12.11.2020", "town_id": "8",
         "owner_id": "2"},
        {"id": "3", "name": "Mlyn", "phone": "NULL", "code": "777", "segment": "zákazník ",
         "revenue": None, "since": "28.2.2021", "town_id": None, "owner_id": "3"},
        {"id": "4", "name": "Zlý údaj", "phone": None, "code": "4", "segment": "Partner",
         "revenue": "abc", "since": None, "town_id": None, "owner_id": "2"},
        {"id": "5", "name": "KVAPKA s.r.o.", "phone": None, "code": "00123", "segment": "Zákazník",
         "revenue": "10,00", "since": None, "town_id": None, "owner_id": "2"},
    ],
    "erp.contacts": [
        {"id": "1", "who": "Ing. Ján Novák", "email": "Jan.Novak@Example.com", "consent": "1",
         "account_id": "1"},
        {"id": "2", "who": "Novák Ján", "email": "jan.novak@example.com", "consent": "0",
         "account_id": "1"},
        {"id": "3", "who": "Eva Malá", "email": "eva@example.com", "consent": "1",
         "account_id": "5"},
        {"id": "4", "who": "Peter Veľký", "email": None, "consent": None, "account_id": "99"},
    ],
    "erp.deals": [
        {"id": "1", "title": "Filter A", "amount": "1000,00", "currency": "EUR", "stage": "Ponuka",
         "closed": "15.06.2023", "owner_id": "1", "account_id": "1"},
        {"id": "2", "title": "Filter B", "amount": "250,55", "currency": "EUR", "stage": "Vyhratý",
         "closed": "01/02/2024", "owner_id": "2", "account_id": "2"},
        {"id": "3", "title": "Príliš drahý", "amount": "99,90", "currency": "CZK",
         "stage": "Ponuka", "closed": "31.12.2024", "owner_id": "2", "account_id": "5"},
        {"id": "4", "title": "Zmazaný", "amount": "5,00", "currency": "EUR", "stage": "Ponuka",
         "closed": "1.1.2020", "owner_id": "1", "account_id": "1"},
    ],
}  # fmt: skip

# what became of the rows that are not simply loaded: (block, key) -> role, the key they became
ROLES = {
    ("users", "3"): ("excluded", ""),
    ("accounts", "4"): ("quarantined", ""),
    ("accounts", "5"): ("merged", "1"),
    ("contacts", "2"): ("merged", "1"),
    ("deals", "4"): ("excluded", ""),
}

A, C, D = "erp:accounts:", "erp:contacts:", "erp:deals:"
ENTITIES: Mapping[str, Rows] = {
    "User": [
        {"external_id": "erp:users:1", "name": "Anna Prvá", "email": "anna@example.com"},
        {"external_id": "erp:users:2", "name": "Boris Druhý", "email": "boris@example.com"},
    ],
    "Account": [
        {"external_id": A + "1", "name": "Kvapka s.r.o.", "phone": "+421905123456", "code": "00123",
         "segment": "customer", "annual_revenue": "1234.5", "customer_since": "2019-04-03",
         "city": "Nitra", "owner": "erp:users:1"},
        {"external_id": A + "2", "name": "Žltý dom a.s.", "phone": "+421254411234", "code": "04567",
         "segment": "partner", "annual_revenue": "-20", "customer_since": "2020-11-12",
         "city": "Žilina", "owner": "erp:users:2"},
        {"external_id": A + "3", "name": "Mlyn", "phone": None, "code": "777",
         "segment": "customer", "annual_revenue": None, "customer_since": "2021-02-28",
         "city": None, "owner": "erp:users:1"},
    ],
    "Contact": [
        {"external_id": C + "1", "first_name": "Ján", "last_name": "Novák",
         "email": "Jan.Novak@example.com", "newsletter": "denied", "account": A + "1"},
        {"external_id": C + "3", "first_name": "Eva", "last_name": "Malá",
         "email": "eva@example.com", "newsletter": "granted", "account": A + "1"},
        {"external_id": C + "4", "first_name": "Peter", "last_name": "Veľký", "email": None,
         "newsletter": "unknown", "account": None},
    ],
    "Opportunity": [
        {"external_id": D + "1", "name": "Filter A", "amount": "1000", "currency": "EUR",
         "stage": "proposal", "close_date": "2023-06-15", "owner": "erp:users:1",
         "account": A + "1"},
        {"external_id": D + "2", "name": "Filter B", "amount": "250.55", "currency": "EUR",
         "stage": "won", "close_date": "2024-02-01", "owner": "erp:users:2", "account": A + "2"},
        {"external_id": D + "3", "name": "Príliš drahý", "amount": "99.9", "currency": "CZK",
         "stage": "proposal", "close_date": "2024-12-31", "owner": "erp:users:2",
         "account": A + "1"},
    ],
}  # fmt: skip

TOTALS = (
    ControlTotal(
        "deals by stage", "deals", "Opportunity", "amount", "amount", ",",
        (TotalBy("currency", "currency"), TotalBy("stage", "stage")),
    ),
    ControlTotal(
        "deals by owner and year", "deals", "Opportunity", "amount", "amount", ",",
        (TotalBy("owner_id", "owner"), TotalBy("closed", "close_date", "year")),
    ),
    ControlTotal("accounts by segment", "accounts", "Account", by=(TotalBy("segment", "segment"),)),
    ControlTotal("revenue", "accounts", "Account", "revenue", "annual_revenue", ","),
)  # fmt: skip

REFERENCES = {"owner": "User", "account": "Account"}


@dataclass
class World:
    """The migration as it stands after the load; a test changes it before it is reconciled."""

    raw: dict[str, Rows] = field(default_factory=lambda: copy.deepcopy(dict(RAW)))
    entities: dict[str, Rows] = field(default_factory=lambda: copy.deepcopy(dict(ENTITIES)))
    target: dict[str, Rows] = field(default_factory=dict)
    mapping: MappingSpec = MAPPING
    project: dict[str, Any] = field(default_factory=dict)
    totals: tuple[ControlTotal, ...] = TOTALS
    roles: dict[tuple[str, str], tuple[str, str]] = field(default_factory=lambda: dict(ROLES))
    source_counts: dict[str, int] = field(default_factory=dict)
    target_counts: dict[str, int] = field(default_factory=dict)
    corrections: pd.DataFrame = field(default_factory=no_corrections)
    loads: tuple[int, ...] = (12, 0)  # records created by each load run of the plan
    pending: list[str] = field(default_factory=list)  # external ids that the ledger waits for
    failed: list[str] = field(default_factory=list)  # external ids that the target refused
    unread: frozenset[str] = frozenset()  # objects that were not read from the target

    def __post_init__(self) -> None:
        for name, rows in self.entities.items():
            self.target[name] = [self.loaded(name, number, row) for number, row in enumerate(rows)]

    def loaded(self, name: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
        """A planned record as the target holds it: its own ids and versions."""
        held = {key: self._present(key, value) for key, value in row.items()}
        mark = {"target_id": self.target_id(name, number), "version": "1"}
        if name == "User":  # bound: it was there before us, and carries no key of ours
            mark |= {"external_id": None, "is_active": "true"}
        return held | mark

    @staticmethod
    def target_id(name: str, number: int) -> str:
        return f"{name[0]}{number + 1}"

    def _present(self, key: str, value: Any) -> Any:
        if key not in REFERENCES or value is None:
            return value
        parents = self.entities[REFERENCES[key]]
        at = next(n for n, row in enumerate(parents) if row["external_id"] == value)
        return self.target_id(REFERENCES[key], at)

    def spoil(self, name: str, key: str, /, **values: Any) -> None:
        """A bug of the transform: the plan and the target hold the same wrong values."""
        for row in self.entities[name]:
            if row["external_id"] == key:
                row.update(values)
        for row in self.target[name]:
            if row["external_id"] == key:
                row.update({field: self._present(field, v) for field, v in values.items()})

    def in_target(self, name: str, key: str) -> dict[str, Any]:
        return next(row for row in self.target[name] if row["external_id"] == key)


def run(world: World, folder: Path) -> Reconciliation:
    """Write the migration's files and ledger, then reconcile."""
    plan = RunFolder(folder / "runs" / "plan-1")
    ids: dict[tuple[str, str], int] = {}
    for table, rows in world.raw.items():
        for row in rows:
            ids[(table, row["id"])] = len(ids) + 1
        names = ["_record_id", "_record_key", "_source_row", "_key_problem", *rows[0]]
        frame = pd.DataFrame(rows)
        frame.insert(0, "_record_id", [ids[(table, row["id"])] for row in rows])
        spec = world.project.get("digits", {}).get(table, 0)
        frame.insert(1, "_record_key", [row["id"].zfill(spec) for row in rows])
        frame.insert(2, "_source_row", range(2, len(rows) + 2))
        frame.insert(3, "_key_problem", "")
        _write(plan.file("extract", table), frame, names)
    for name, rows in world.entities.items():
        frame = pd.DataFrame(rows, columns=None if rows else list(ENTITIES[name][0]))
        for column in [c for c in frame if c in REFERENCES]:
            frame[f"{column}@object"] = pd.Series(REFERENCES[column], frame.index).where(
                frame[column].notna()
            )
        _write(plan.file("entities", name), frame, list(frame.columns))
    targets = {}
    for name, rows in world.target.items():
        if name in world.unread:
            continue
        target = SCHEMA.object(name)
        assert target is not None
        columns = ["target_id", "external_id", "version", *(f.name for f in target.fields)]
        targets[name] = folder / f"now-{name}.parquet"
        _write(targets[name], pd.DataFrame(rows).reindex(columns=columns), columns)
    ledger = open_ledger(folder / "ledger.db", migration="m", environment="sandbox")
    try:
        _fill_ledger(ledger, world, ids)
        options = {k: v for k, v in world.project.items() if k != "digits"}
        digits = world.project.get("digits", {})
        tables = {
            t.partition(".")[2]: TableSpec(t.partition(".")[2], key=("id",), key_digits=n)
            for t, n in digits.items()
        }
        project = Project(
            "m", folder, {"erp": SourceSpec("erp", "erp.db", tables)}, {}, ("master", "sales"),
            locale="sk_SK", nulls=("NULL",), totals=world.totals, **options,
        )  # fmt: skip
        counts = {table: len(rows) for table, rows in world.raw.items()}
        found = {name: len(rows) for name, rows in world.target.items()}
        return reconcile(
            ReconcileInputs(
                project, world.mapping, SCHEMA, ledger, plan, counts | world.source_counts,
                found | world.target_counts, targets, ("master", "sales"), _scratch_database(),
                folder / "scratch", world.corrections,
            )
        )  # fmt: skip
    finally:
        ledger.close()


@cache
def _scratch_database() -> Any:
    return connect(256)


def _state(world: World, name: str, row: dict[str, Any]) -> str:
    if row["external_id"] in world.pending:
        return "pending"
    if row["external_id"] in world.failed:
        return "failed"
    return "unchanged" if name == "User" else "created"


def _write(path: Path, frame: pd.DataFrame, columns: list[str]) -> None:
    whole = [c for c in columns if c in {"_record_id", "_source_row"}]
    texts = {c: "str" for c in columns if c not in whole}
    with ParquetFile(path, columns, integers=whole) as out:
        out.write(frame[columns].astype(texts))


def _fill_ledger(ledger: Ledger, world: World, ids: dict[tuple[str, str], int]) -> None:
    with ledger.begin() as connection:

        def insert(table: str, **row: Any) -> None:
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)

        tables = {table: number for number, table in enumerate(world.raw, 1)}
        for (table, key), record in ids.items():
            insert("record", record_id=record, table_id=tables[table], key=key)
        entity_ids: dict[str, int] = {}
        for name, rows in world.entities.items():
            for number, row in enumerate(rows):
                entity_ids[row["external_id"]] = len(entity_ids) + 1
                insert(
                    "entity", entity_id=entity_ids[row["external_id"]], object=name,
                    external_id=row["external_id"], state=_state(world, name, row), is_ours=int(name != "User"), target_id=World.target_id(name, number),
                    wave="sales" if name == "Opportunity" else "master", version="1",
                    loaded_run="plan-1",
                )  # fmt: skip
        for block in world.mapping.blocks:
            for row in world.raw[block.table]:
                parts = block.unpivot.groups if block.unpivot else [""]
                for part in parts:
                    role, became = world.roles.get((block.name, row["id"]), ("survivor", ""))
                    key = became or row["id"]
                    suffix = f"#{part}" if part else ""
                    insert(
                        "unit", record_id=ids[(block.table, row["id"])], block=block.name,
                        part=part, object=block.object, wave=block.wave, role=role,
                        rule="exclude" if role == "excluded" else None,
                        entity_id=entity_ids.get(f"{block.external_id_prefix()}{key}{suffix}"),
                    )  # fmt: skip
        for number, created in enumerate(world.loads):
            insert(
                "run", run_id=f"load-{number}", command="load", state="finished", waves="[]",
                plan_run="plan-1", started_at=f"2026-01-0{number + 1}",
            )  # fmt: skip
            insert(
                "batch", batch_id=f"b{number}", run_id=f"load-{number}", object="Account",
                wave="master", **{"pass": "1"}, op="create", row_count=created, state="done",
                attempts=1, sequence=number,
            )  # fmt: skip
            if created:
                connection.execute(
                    text("UPDATE entity SET batch_id = :b WHERE is_ours = 1"), {"b": f"b{number}"}
                )


def red(result: Reconciliation) -> set[str]:
    return {rule.rule for rule in result.rules if rule.status != "met"}


def explain(result: Reconciliation) -> str:
    return "\n".join(
        f"{r.rule} {r.status} {r.difference} {r.text} {r.details}"
        for r in result.rules
        if r.status != "met"
    )


def test_a_clean_migration_meets_every_rule(tmp_path: Path) -> None:
    result = run(World(), tmp_path)
    assert red(result) == set(), explain(result)
    assert result.is_met
    assert (result.records, result.edited) == (9, 0)
    assert not list((tmp_path / "scratch").iterdir()), "intermediate files are left behind"


Bug = Callable[[World], None]


def _double(world: World) -> None:
    world.target["Opportunity"].append(
        world.in_target("Opportunity", D + "1") | {"target_id": "O99"}
    )


def _lost(world: World) -> None:
    world.target["Contact"] = [r for r in world.target["Contact"] if r["external_id"] != C + "3"]


def _unknown_record(world: World) -> None:
    row = world.in_target("Contact", C + "4")
    world.target["Contact"].append(row | {"external_id": C + "77", "target_id": "C77"})


BUGS: list[tuple[str, Bug, set[str]]] = [
    ("a digit of an amount is cut", lambda w: w.spoil("Opportunity", D + "1", amount="100"),
     {"R03", "R06"}),
    ("a cent is lost", lambda w: w.spoil("Opportunity", D + "2", amount="250.5"), {"R03", "R06"}),
    ("an amount is lost", lambda w: w.spoil("Opportunity", D + "3", amount=None),
     {"R03", "R06", "R08"}),
    ("the sign is lost", lambda w: w.spoil("Account", A + "2", annual_revenue="20"),
     {"R03", "R06", "R13"}),
    ("a hundred times as much", lambda w: w.spoil("Opportunity", D + "1", amount="100000"),
     {"R03", "R06", "R13"}),
    ("a leading zero is dropped", lambda w: w.spoil("Account", A + "1", code="123"), {"R13"}),
    ("day and month are swapped",
     lambda w: w.spoil("Account", A + "1", customer_since="2019-03-04"), {"R07", "R10"}),
    ("day and month of a close date are swapped",
     lambda w: w.spoil("Opportunity", D + "2", close_date="2024-01-02"), {"R06", "R10"}),
    ("a date is a day early", lambda w: w.spoil("Opportunity", D + "1", close_date="2023-06-14"),
     {"R06", "R10"}),
    ("New Year's Eve becomes the next year",
     lambda w: w.spoil("Opportunity", D + "3", close_date="2025-01-01"), {"R03", "R06", "R10"}),
    ("a merge loosens a consent",
     lambda w: w.spoil("Contact", C + "1", newsletter="granted"), {"R06", "R18"}),
    ("a consent nobody gave", lambda w: w.spoil("Contact", C + "4", newsletter="granted"),
     {"R06", "R18"}),
    ("a consent is lost", lambda w: w.spoil("Contact", C + "3", newsletter=None),
     {"R06", "R08", "R18"}),
    ("a child of a merged account loses its parent",
     lambda w: w.spoil("Contact", C + "3", account=None), {"R05", "R08", "R19"}),
    ("a child gets another parent", lambda w: w.spoil("Opportunity", D + "2", account=A + "3"),
     {"R05"}),
    ("an orphan gets a parent", lambda w: w.spoil("Contact", C + "4", account=A + "2"),
     {"R05", "R08"}),
    ("a record is doubled", _double, {"R01", "R02", "R03"}),
    ("a record is lost", _lost, {"R01", "R02"}),
    ("a record that the ledger does not know", _unknown_record, {"R02"}),
    ("a wrong owner", lambda w: w.spoil("Opportunity", D + "1", owner="erp:users:2"),
     {"R03", "R16"}),
    ("a picklist value is mapped wrongly", lambda w: w.spoil("Opportunity", D + "2",
     stage="proposal"), {"R03", "R06", "R09"}),
    ("a value outside the picklist", lambda w: w.spoil("Account", A + "2", segment="friend"),
     {"R03", "R07", "R09"}),
    ("mojibake", lambda w: w.spoil("Account", A + "2", name="Å½ltÃ½ dom a.s."), {"R06", "R12"}),
    ("question marks", lambda w: w.spoil("Opportunity", D + "3", name="Príli? drahý"), {"R06"}),
    ("question marks inside words", lambda w: w.spoil("Opportunity", D + "3", name="Pr?liš drahý"),
     {"R06", "R12"}),
    ("a name is cut", lambda w: w.spoil("Opportunity", D + "3", name="Príliš"), {"R06"}),
    ("a digit of a phone is cut", lambda w: w.spoil("Account", A + "1", phone="+42190512345"),
     {"R06"}),
    ("another e-mail", lambda w: w.spoil("Contact", C + "3", email="eva@example.org"), {"R06"}),
    ("another person", lambda w: w.spoil("Contact", C + "3", last_name="Biela"), {"R06"}),
    ("a joined value of another row", lambda w: w.spoil("Account", A + "1", city="Žilina"),
     {"R07"}),
    ("an amount out of nothing", lambda w: w.spoil("Account", A + "3", annual_revenue="1"),
     {"R03", "R06", "R08"}),
    ("the source has more rows by now", lambda w: w.source_counts.update({"erp.deals": 5}),
     {"R01"}),
    ("the target counts fewer records", lambda w: w.target_counts.update({"Account": 2}), {"R01"}),
    ("a record lost its external id",
     lambda w: w.in_target("Contact", C + "4").update(external_id=None), {"R01", "R02"}),
    ("a reference to nothing", lambda w: w.in_target("Contact", C + "1").update(account="A9"),
     {"R05", "R07"}),
    ("the target stored another amount than was sent",
     lambda w: w.in_target("Opportunity", D + "1").update(amount="1000.01"), {"R03", "R06"}),
    ("an owner who left", lambda w: w.target["User"][1].update(is_active="false"), {"R16"}),
    ("rows of a loaded wave are still pending", lambda w: w.pending.append(D + "2"),
     {"R01", "R02"}),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "expected"), [b[1:] for b in BUGS], ids=[b[0] for b in BUGS])
def test_a_planted_bug_turns_exactly_these_rules_red(
    plant: Bug, expected: set[str], tmp_path: Path
) -> None:
    world = World()
    plant(world)
    result = run(world, tmp_path)
    assert red(result) == expected, explain(result)
    serious = {r.rule for r in result.rules if r.severity == 1}
    assert result.is_met is not bool(expected & serious)


def _unmade(world: World) -> None:
    """The transform made no record of an object's rows: no entity, no plan, nothing loaded."""
    world.entities["Opportunity"] = world.entities["Opportunity"][:0]
    world.target["Opportunity"] = []
    world.totals = ()


def test_rows_of_which_no_record_was_made_are_pending_and_nothing_compared_is_no_evidence(
    tmp_path: Path,
) -> None:
    world = World()
    _unmade(world)
    result = run(world, tmp_path)
    rule = result.rule("R01")
    assert rule.status == "not met"
    assert ("Opportunity", "sales", "0 loaded", "0 in the target, 3 pending", "3") in rule.details
    for name in ("R02", "R05", "R06", "R09", "R10", "R13", "R16"):
        assert result.rule(name).status == "no evidence", name
    assert not result.is_met


def test_records_that_the_target_refused_are_a_term_of_their_own(tmp_path: Path) -> None:
    world = World(failed=[D + "2"])
    world.target["Opportunity"].remove(world.in_target("Opportunity", D + "2"))
    rule = run(world, tmp_path).rule("R01")
    assert rule.status == "not met"
    assert ("Opportunity", "sales", "2 loaded", "2 in the target, 1 failed", "1") in rule.details


def test_a_field_that_is_blank_everywhere_is_serious(tmp_path: Path) -> None:
    world = World()
    for number in ("1", "2"):
        world.spoil("Account", A + number, city=None)
    result = run(world, tmp_path)
    assert red(result) == {"R07", "R08"}
    assert {r.rule for r in result.rules if r.severity == 1} >= {"R07", "R08"}
    assert "Severity 1" in result.rule("R07").text and "city" in result.rule("R08").text
    assert not result.is_met


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("title", "is", ("nothing",)), "0 of them not excluded, 1 others excluded"),
        (Condition("stage", "is", ("ponuka",)), "2 of them not excluded, 0 others excluded"),
        (Condition("stage", "filled"), "3 of them not excluded, 0 others excluded"),
        (Condition("currency", "is_not", ("eur",)), "1 of them not excluded, 1 others excluded"),
    ],
)
def test_exclusions_are_counted_anew_out_of_the_raw_rows(
    condition: Condition, said: str, tmp_path: Path
) -> None:
    deals = replace(MAPPING.blocks[3], exclusions=(Exclusion(condition, "no deal"),))
    result = run(World(mapping=MappingSpec((*MAPPING.blocks[:3], deals))), tmp_path)
    assert result.rule("R01").status == "not met"
    assert said in {row[3] for row in result.rule("R01").details}


@pytest.mark.parametrize(("before", "is_met"), [("2020-01-02", True), ("2020-01-01", False)])
def test_retention_is_counted_anew_out_of_the_raw_days(
    before: str, is_met: bool, tmp_path: Path
) -> None:
    deals = replace(MAPPING.blocks[3], exclusions=())
    world = World(mapping=MappingSpec((*MAPPING.blocks[:3], deals)))
    world.project["retention"] = (Retention("deals", "closed", before, "too old"),)
    assert (run(world, tmp_path).rule("R01").status == "met") is is_met


def test_lost_zeros_are_given_back_for_each_parent_by_itself(tmp_path: Path) -> None:
    world = World(project={"digits": {"erp.contacts": 6}})
    accounts = FieldMap(
        "account", columns=("account_id",), lookup=Lookup(("accounts", "contacts"), orphan="blank")
    )
    fields = tuple(f for f in MAPPING.blocks[3].fields if f.field != "account")
    deals = replace(MAPPING.blocks[3], fields=(*fields, accounts))
    world.mapping = MappingSpec((*MAPPING.blocks[:3], deals))
    result = run(world, tmp_path)  # "1" is the account's key, and "000001" a contact's
    assert red(result) == set(), explain(result)


def test_the_control_total_shows_its_equation(tmp_path: Path) -> None:
    result = run(World(), tmp_path)
    line = next(line for line in result.totals if line.total == "revenue")
    assert (line.source, line.loaded, line.merged) == ("1224.5", "1214.5", "10")
    assert (line.target, line.difference) == ("1214.5", "0")
    stages = {ln.group: ln for ln in result.totals if ln.total == "deals by stage"}
    assert stages["eur / proposal"].source == "1005"
    assert stages["eur / proposal"].excluded == "5"
    owners = {ln.group for ln in result.totals if ln.total == "deals by owner and year"}
    assert "erp:users:2 / 2024" in owners
    rule = result.rule("R03")
    assert ("revenue", "no number", "abc", "", "", "", "1") in rule.details


def test_what_a_merged_row_fills_is_visible_and_green(tmp_path: Path) -> None:
    world = World()
    first, merged = world.raw["erp.accounts"][0], world.raw["erp.accounts"][4]
    merged.update(phone=first["phone"], revenue=first["revenue"], since=first["since"])
    first.update(phone=None, revenue=None, since=None)
    result = run(world, tmp_path)
    assert red(result) == set(), explain(result)
    line = next(line for line in result.totals if line.total == "revenue")
    assert (line.loaded, line.merged, line.filled) == ("-20", "1234.5", "1234.5")


def test_a_gap_that_a_merged_row_should_have_filled_is_red(tmp_path: Path) -> None:
    world = World()
    first, merged = world.raw["erp.accounts"][0], world.raw["erp.accounts"][4]
    merged["phone"], first["phone"] = first["phone"], None
    world.spoil("Account", A + "1", phone=None)
    assert red(run(world, tmp_path)) == {"R06", "R08"}


def test_edits_of_users_are_counted_and_not_red(tmp_path: Path) -> None:
    world = World(totals=())
    world.in_target("Opportunity", D + "1").update(amount="7", stage="won", version="2")
    result = run(world, tmp_path)
    assert red(result) == {"R03"}, explain(result)  # no control totals: no evidence
    assert result.edited == 1
    assert ("Opportunity", "deals", "amount", "1") in result.edits
    assert any(
        section.title == "Edited in the target" for section in reconciliation_sections(result)
    )


def test_edited_amounts_are_a_term_of_the_control_total(tmp_path: Path) -> None:
    world = World()
    world.in_target("Opportunity", D + "1").update(amount="7", version="2")
    result = run(world, tmp_path)
    assert red(result) == set(), explain(result)
    line = next(line for line in result.totals if line.group == "eur / proposal")
    assert (line.source, line.loaded, line.edited, line.target) == ("1005", "0", "1000", "0")


def test_a_rerun_is_evidence_only_once_it_happened(tmp_path: Path) -> None:
    once = run(World(loads=(12,)), tmp_path / "once")
    assert once.rule("R20").status == "no evidence"
    assert once.is_met, "R20 is of severity 2"
    again = run(World(loads=(12, 3)), tmp_path / "again")
    assert again.rule("R20").status == "not met"


def test_what_was_not_read_counts_as_not_met(tmp_path: Path) -> None:
    result = run(World(unread=frozenset({"Account"})), tmp_path)
    assert not result.is_met
    assert result.rule("R06").status == "no evidence"
    assert "Account was not read from the target" in result.rule("R06").text


def test_corrections_of_the_quarantine_workbook_count_as_the_source(tmp_path: Path) -> None:
    world = World()
    world.raw["erp.deals"][0]["amount"] = "1OOO"
    plain = run(world, tmp_path / "plain")
    assert red(plain) == {"R03"}, explain(plain)  # an unreadable amount is held against nothing
    record = sum(len(world.raw[t]) for t in list(world.raw)[:-1]) + 1
    world.corrections = pd.DataFrame(
        {"record_id": [record], "column": ["amount"], "correction": ["1000,00"]}
    ).astype({"column": "str", "correction": "str"})
    assert red(run(world, tmp_path / "corrected")) == set()


def test_lost_zeros_of_keys_are_given_back(tmp_path: Path) -> None:
    world = World(project={"digits": {"erp.accounts": 4}})
    world.raw["erp.deals"][1]["account_id"] = "0002"
    result = run(world, tmp_path)
    assert red(result) == set(), explain(result)


SIGNED = ("2024-07-01 10:00", "2024-07-01T10:00:00-05:30", "31.12.2023 23:30 Z")


@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        (
            "Europe/Bratislava",
            ("2024-07-01T10:00:00", "2024-07-01T17:30:00", "2024-01-01T00:30:00"),
        ),
        ("", ("2024-07-01T10:00:00", "2024-07-01T15:30:00", "2023-12-31T23:30:00")),
    ],
)
def test_instants_with_a_zone_are_held_against_the_declared_zone(
    tmp_path: Path, zone: str, moments: tuple[str, ...]
) -> None:
    deals = MAPPING.blocks[3]
    fields = (*deals.fields, FieldMap("signed_at", columns=("signed",)))
    mapping = replace(MAPPING, blocks=(*MAPPING.blocks[:3], replace(deals, fields=fields)))
    world = World(mapping=mapping, project={"time_zone": zone})
    for row, signed in zip(world.raw["erp.deals"], (*SIGNED, None), strict=True):
        row["signed"] = signed
    for number, moment in enumerate(moments, 1):
        world.spoil("Opportunity", f"{D}{number}", signed_at=moment)
    result = run(world, tmp_path / "green")
    assert red(result) == set(), explain(result)
    world.spoil("Opportunity", D + "2", signed_at="2024-07-01T10:00:00")
    result = run(world, tmp_path / "red")
    assert red(result) == {"R10"}, explain(result)
    assert "shifted by hours" in [row[2] for row in result.rule("R10").details]


def test_parents_out_of_repeated_text_and_columns_in_parts(tmp_path: Path) -> None:
    blocks = (
        Block("firms", "crm.people", "Account", "master", (FieldMap("name", columns=("firm",)),),
              distinct=("firm",)),
        Block("people", "crm.people", "Contact", "master",
              (FieldMap("last_name", columns=("surname",)), FieldMap("email", columns=("mail",)),
               FieldMap("account", columns=("firm",), lookup=Lookup(("firms",)))),
              unpivot=Unpivot({"a": {"surname": "one", "mail": "mail_one"},
                               "b": {"surname": "two", "mail": "mail_two"}})),
    )  # fmt: skip
    people = [
        {"id": "1", "firm": " ACME ", "one": "Biely", "mail_one": "b@example.com", "two": "Malý",
         "mail_two": None},
        {"id": "2", "firm": "Acme", "one": "Čierny", "mail_one": None, "two": "Veľký",
         "mail_two": "V@example.com"},
    ]  # fmt: skip
    firm = "crm:firms:acme"

    def person(key: str, name: str, email: str | None) -> dict[str, Any]:
        return {"external_id": f"crm:people:{key}", "last_name": name, "email": email,
                "account": firm}  # fmt: skip

    contacts = [
        person("1#a", "Biely", "b@example.com"), person("1#b", "Malý", None),
        person("2#a", "Čierny", None), person("2#b", "Veľký", "V@example.com"),
    ]  # fmt: skip
    world = World(
        raw={"crm.people": people},
        entities={"Account": [{"external_id": firm, "name": "ACME"}], "Contact": contacts},
        mapping=MappingSpec(blocks),
        totals=(ControlTotal("people", "people", "Contact"),),
        roles={("firms", "1"): ("survivor", "acme"), ("firms", "2"): ("merged", "acme")},
    )
    result = run(world, tmp_path / "green")
    assert red(result) == set(), explain(result)
    world.spoil("Contact", "crm:people:2#b", account=None, last_name="Čierny")
    assert red(run(world, tmp_path / "red")) == {"R05", "R06", "R08"}


def _expected(folder: Path, figures: str) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "expected.yaml").write_text("figures:\n" + figures, encoding="utf-8")
    return {"expected_file": folder / "expected.yaml"}


FIGURES = """\
  - {name: deals, table: deals, measure: count, value: 4}
  - {name: won deals, table: erp.deals, measure: count, where: {stage: vyhratý}, value: "1"}
  - name: amounts
    table: deals
    measure: sum
    column: amount
    by: currency
    decimal: ","
    values: {EUR: "1255.55", czk: "99.90"}
"""


def test_figures_out_of_the_customers_reports(tmp_path: Path) -> None:
    good = World(project=_expected(tmp_path / "good", FIGURES))
    result = run(good, tmp_path / "good")
    assert red(result) == set(), explain(result)
    assert len([ln for ln in result.totals if "(reported)" in ln.total]) == 4
    wrong = FIGURES.replace("99.90", "99.91").replace("value: 4", "value: 5")
    bad = run(World(project=_expected(tmp_path / "bad", wrong)), tmp_path / "bad")
    assert red(bad) == {"R03"}
    assert [row[6] for row in bad.rule("R03").details[1:3]] == ["-1", "-0.01"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("column: amount", "column: amuont", "amuont"),
        ("value: 4", "value: four", "must be a number"),
        ("measure: sum", "measure: average", "count, sum"),
        ("table: deals, measure", "table: deals, mesure: sum, measure", "no such key"),
    ],
)
def test_a_wrong_expected_file_says_what_and_where(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    world = World(project=_expected(tmp_path, FIGURES.replace(old, new)))
    with pytest.raises(MappingError) as caught:
        run(world, tmp_path)
    assert said in str(caught.value)
    assert "expected.yaml:" in str(caught.value)


def test_reports_show_values_only_in_private_columns(tmp_path: Path) -> None:
    world = World()
    for _, plant, _ in BUGS:
        if plant not in {_double, _lost, _unknown_record}:
            plant(world)
    result = run(world, tmp_path)
    shown = str(reconciliation_json(result))
    sections = reconciliation_sections(result)
    assert sections[0].title == "Reconciliation"
    assert [row[0] for row in sections[0].tables[0][1:]] == [r.rule for r in result.rules]
    for section in sections:
        for header, *rows in section.tables:
            open_columns = [n for n, name in enumerate(header) if name not in section.private]
            shown += str([[row[n] for n in open_columns] for row in rows])
    for value in ("Novák", "eva@", "905", "Biela", "Zlý údaj"):
        assert value not in shown


def test_the_verdict_needs_every_severe_rule(tmp_path: Path) -> None:
    result = run(World(), tmp_path)
    worse = replace(
        result, rules=(replace(result.rules[0], status="no evidence"), *result.rules[1:])
    )
    assert result.is_met
    assert not worse.is_met
    assert reconciliation_json(worse)["verdict"] == "not met"
