"""Which row is wrong, in which way, and what should become of it?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

# What should become of the rows of a class when the mapping follows the customer's decisions:
# (disposition, why). "kept" rows are created or updated, and counted as clean ones are.
CLASSES: dict[str, tuple[str, str]] = {
    "duplicate_exact_companies": ("merged", "the same IČO stands on an earlier company"),
    "duplicate_exact_contacts": ("merged", "the same e-mail, letter case aside, on an earlier one"),
    "overlap_companies": ("merged", "the workbook's row and the ERP's company have one IČO"),
    "overlap_contacts": ("merged", "the workbook's person and the ERP's contact have one e-mail"),
    "row_repeated": ("merged", "the row stands in the sheet twice, identical in every cell"),
    "duplicate_fuzzy_companies": ("kept", "no exact key in common; for the fuzzy matching later"),
    "duplicate_fuzzy_contacts": ("kept", "no exact key in common; for the fuzzy matching later"),
    "consent_conflict": ("merged", "the duplicates disagree: the strictest answer wins"),
    "follows_merge": ("kept", "refers to a merged row and must point to the survivor"),
    "orphan": ("quarantined", "the parent does not exist"),
    "line_item_without_product": ("quarantined", "no product"),
    "picklist_unmapped": ("quarantined", "the value is in no list of the mapping"),
    "user_left": ("excluded", "left the company: no seat in the new CRM"),
    "owner_inactive": ("kept", "the owner has left: give it to the successor"),
    "too_long": ("quarantined", "longer than the 255 characters that the target takes"),
    "email_invalid": ("quarantined", "not an e-mail address"),
    "email_blank": ("kept", "a blank beside the @, which no address has: taken out"),
    "email_typo": ("kept", "example.con: a suggestion for a person, never changed by itself"),
    "date_ambiguous": ("kept", "day or month first? the company is Slovak: day first"),
    "date_impossible": ("quarantined", "no such day"),
    "out_of_retention": ("excluded", "activities and notes before 2015-01-01 stay behind"),
    "required_missing": ("quarantined", "a value that the target requires is missing"),
    "deleted": ("excluded", "deleted in the ERP, where the row only carries a flag"),
    "number_twice": ("kept", "two companies with one Číslo: it is no key, the IČO is"),
    "hidden_sheet": ("excluded", "cancelled customers on a hidden sheet: not mapped"),
    "reference_respelt": ("kept", "001234 on one sheet is the number 1234 on the other"),
    "parent_cycle": ("kept", "A belongs to B belongs to C belongs to A: second pass"),
    "error_cell": ("kept", "the cell holds #N/A: missing, and reported"),
    "formula_like": ("kept", "begins with = + - @: unchanged where machines read it"),
}


@dataclass
class Truth:
    """Collects the planted problems, the true values behind dirty ones, and control totals."""

    seed: int
    classes: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in CLASSES})
    rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, Row]] = field(default_factory=dict)
    totals: dict[str, Any] = field(default_factory=dict)

    def plant(self, name: str, table: str, key: Any, **facts: Any) -> None:
        self.classes[name].append({"table": table, "key": str(key), **facts})

    def lost(self, table: str) -> dict[str, str]:
        """Key -> disposition of the table's rows that do not become a record of their own."""
        return {
            member["key"]: CLASSES[name][0]
            for name, members in self.classes.items()
            for member in members
            if member["table"] == table and CLASSES[name][0] != "kept"
        }

    def document(self) -> Row:
        """What truth.json holds."""
        for name, members in self.classes.items():
            members.sort(key=lambda m: (m["table"], len(m["key"]), m["key"], str(m.get("column"))))
            if len(members) < 2:
                raise ValueError(f"{name} needs at least two members, or its test proves little")
        return {
            "seed": self.seed,
            "rows": self.rows,
            "expect": {
                name: {"disposition": disposition, "why": why, "members": len(self.classes[name])}
                for name, (disposition, why) in CLASSES.items()
            },
            "dispositions": {table: self._dispositions(table) for table in self.rows},
            "control_totals": self.totals,
            "classes": self.classes,
            "values": self.values,
        }

    def _dispositions(self, table: str) -> dict[str, int]:
        counts = Counter(self.lost(table).values())
        # A repeated row has one key twice: the first of the two stays.
        return {"kept": self.rows[table] - counts.total(), **dict(sorted(counts.items()))}


def exact(value: Any) -> Decimal:
    """The number as the source shows it; binary fractions never enter a control total."""
    return Decimal(str(value))


def sums(rows: list[Row], amount: str, *by: str) -> dict[str, str]:
    """Sums of a column by the values of others, as exact decimal texts, ``EUR`` or ``won/EUR``."""
    found: dict[str, Decimal] = {}
    for row in rows:
        group = "/".join(str(row[column]) for column in by)
        found[group] = found.get(group, Decimal(0)) + exact(row[amount])
    return {group: f"{found[group]:.2f}" for group in sorted(found)}
