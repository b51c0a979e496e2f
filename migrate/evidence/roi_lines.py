"""What are the cost and benefit lines of a CRM case, and what feeds each of them?

A line is a sum of terms. A term counts when every input of it without a default is given; inputs
that would count one thing twice exclude each other. A new line is one entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from migrate.evidence.roi import ZERO
from migrate.evidence.roi_terms import Term


@dataclass(frozen=True)
class LineSpec:
    """A line of the case: its terms, when it falls due, and what measurement can feed it.

    ``year`` is the year of its one-off terms; ``is_ramped`` benefits grow with adoption;
    ``drivers`` are inputs whose break-even value is reported (the first that is given);
    ``needs_data`` lines count only with measured or quoted figures behind them, because nothing
    but customer data can carry them. ``is_labour`` costs grow when the work takes longer.
    """

    id: str
    label: str
    terms: tuple[Term, ...]
    year: int = 0
    is_ramped: bool = False
    drivers: tuple[str, ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)
    needs_data: bool = False
    is_labour: bool = False

    @property
    def kind(self) -> Literal["cost", "benefit"]:
        return "cost" if self.id.startswith("C-") else "benefit"

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for term in self.terms for name in term.needs))


_ONCE, _YEARLY = Term("amount"), Term("amount_year", True)
_DAYS, _HOURS = Term("days × day_rate"), Term("hours × rate")
_BOUGHT = (_ONCE, _YEARLY)
_WORK = (_ONCE, _DAYS, _HOURS)
_POSTS = (Term("fte × loaded_cost", True), Term("fte × salary × loading", True))
_OLD_SYSTEM = tuple(
    Term(f"{name}_year", True)
    for name in ("licence", "upgrades", "maintenance", "servers", "backup")
)
_WHOLE_OR_PARTS = tuple(("amount_year", term.formula) for term in _OLD_SYSTEM)
_USERS = {"users": "active_owners"}

LINES: Mapping[str, LineSpec] = {
    spec.id: spec
    for spec in (
        LineSpec(
            "C-SUB",
            "Subscription",
            (
                Term("users × price_month × 12", True),
                Term("departments × price_month × 12", True),
                Term("contacts / 1000 × price_month × 12", True),
            ),
            drivers=("price_month",),
            excludes=(("users", "departments"), ("users", "contacts"), ("departments", "contacts")),
            measures={**_USERS, "contacts": "records"},
        ),
        LineSpec(
            "C-LIC",
            "Licence and its maintenance",
            (Term("users × licence"), Term("users × licence × maintenance_share", True)),
            drivers=("licence",),
            measures=_USERS,
        ),
        LineSpec("C-HW", "Hardware", _BOUGHT, drivers=("amount", "amount_year")),
        LineSpec("C-SW2", "Extra software", _BOUGHT, drivers=("amount", "amount_year")),
        LineSpec("C-BAK", "Paid backup", _BOUGHT, drivers=("amount_year", "amount")),
        LineSpec(
            "C-CON", "Consultants", _WORK, drivers=("amount", "days", "hours"), is_labour=True
        ),
        LineSpec(
            "C-IMP", "Implementation", _WORK, drivers=("amount", "days", "hours"), is_labour=True
        ),
        LineSpec(
            "C-DEV",
            "Customisation",
            _WORK,
            drivers=("amount", "days", "hours"),
            measures={"hours": "schema_gap_hours"},
            is_labour=True,
        ),
        LineSpec(
            "C-MIG",
            "Data migration",
            (
                _HOURS,
                Term("rejects × reject_minutes / 60 × rate"),
                Term("api_overage"),
                Term("tools"),
                _ONCE,
            ),
            drivers=("hours", "amount"),
            measures={"hours": "cleanup_hours", "rejects": "rejects"},
            is_labour=True,
        ),
        LineSpec(
            "C-TRN",
            "Training",
            (Term("users × hours × rate"), Term("materials")),
            drivers=("hours", "materials"),
            measures=_USERS,
        ),
        LineSpec(
            "C-DIP",
            "Productivity dip after go-live",
            (Term("depth × weeks / 2 × hours_week × rate × users"),),
            drivers=("weeks",),
            measures=_USERS,
        ),
        LineSpec(
            "C-DOWN",
            "Cutover downtime",
            (Term("hours × users × rate"), Term("hours × margin_hour")),
            drivers=("hours",),
            measures={**_USERS, "hours": "cutover_hours"},
        ),
        LineSpec(
            "C-ADM",
            "Administrator time",
            (*_POSTS, _YEARLY),
            drivers=("fte", "amount_year"),
            excludes=(("loaded_cost", "salary"),),
        ),
        LineSpec("C-SUP", "Support and maintenance", (_YEARLY,), drivers=("amount_year",)),
        LineSpec(
            "C-PAR",
            "Parallel running of the old system",
            (Term("months × cost_month"),),
            year=1,
            drivers=("months",),
        ),
        LineSpec(
            "B-PROD",
            "Time saved",
            (
                Term("users × hours_saved_week × work_weeks × rate × transfer", True),
                Term("users × loaded_cost × share_saved × transfer", True),
            ),
            is_ramped=True,
            drivers=("hours_saved_week", "share_saved"),
            excludes=(("hours_saved_week", "share_saved"),),
            measures=_USERS,
        ),
        LineSpec(
            "B-CLEAN",
            "Clean-up no longer needed",
            (
                Term("surplus_duplicates × duplicate_minutes / 60 × rate"),
                Term("incomplete_records × incomplete_minutes / 60 × rate"),
                _HOURS,
            ),
            year=1,
            drivers=("hours", "surplus_duplicates", "incomplete_records"),
            excludes=(("hours", "surplus_duplicates"), ("hours", "incomplete_records")),
            measures={
                "surplus_duplicates": "surplus_duplicates",
                "incomplete_records": "incomplete_records",
            },
        ),
        LineSpec(
            "B-LOST",
            "Neglected deals won back",
            (Term("orphan_value × recovered_share × margin", True),),
            is_ramped=True,
            drivers=("recovered_share",),
            measures={"orphan_value": "orphan_value"},
        ),
        LineSpec(
            "B-CYCLE",
            "Shorter sales cycle",
            (Term("revenue × margin × cycle_cut / (1 - cycle_cut) × realised_share", True),),
            is_ramped=True,
            drivers=("cycle_cut",),
        ),
        LineSpec(
            "B-WIN",
            "Higher win rate",
            (Term("pipeline × (win_new - win_old) × margin", True),),
            is_ramped=True,
            drivers=("win_new",),
        ),
        LineSpec(
            "B-STAFF",
            "Posts released",
            (*_POSTS, _YEARLY),
            is_ramped=True,
            drivers=("fte", "amount_year"),
            excludes=(("loaded_cost", "salary"),),
        ),
        LineSpec(
            "B-LEG",
            "Old system stopped",
            (_YEARLY, *_OLD_SYSTEM),
            drivers=("amount_year", "licence_year"),
            excludes=_WHOLE_OR_PARTS,
        ),
        LineSpec(
            "B-IT",
            "Other IT cost stopped",
            (_YEARLY, *_OLD_SYSTEM),
            drivers=("amount_year", "servers_year"),
            excludes=_WHOLE_OR_PARTS,
        ),
        *(
            LineSpec(
                id,
                label,
                (Term("revenue_year × margin", True),),
                is_ramped=True,
                drivers=("revenue_year",),
                needs_data=True,
            )
            for id, label in (
                ("B-RET", "Customers kept"),
                ("B-XSELL", "Cross-selling"),
                ("B-MKT", "Better campaigns"),
            )
        ),
        *(
            LineSpec(
                id, label, (_YEARLY,), is_ramped=True, drivers=("amount_year",), needs_data=True
            )
            for id, label in (("B-OPS", "Cheaper operation"), ("B-SERV", "Better service"))
        ),
    )
}

SALES_LINES = ("B-LOST", "B-CYCLE", "B-WIN", "B-XSELL")


def yearly_flows(
    terms: tuple[Term, ...],
    values: Mapping[str, Decimal],
    *,
    year: int,
    shares: tuple[Decimal, ...],
) -> tuple[Decimal, ...]:
    """The line's amount in years 0..T: one-off terms in ``year``, yearly ones by their shares.

    >>> flows = yearly_flows(
    ...     LINES["C-HW"].terms, {"amount": Decimal(4000), "amount_year": Decimal(300)},
    ...     year=0, shares=(Decimal(1), Decimal(1)))
    >>> [int(flow) for flow in flows]
    [4000, 300, 300]
    """
    once = sum((term.amount(values) for term in terms if not term.is_yearly), ZERO)
    every = sum((term.amount(values) for term in terms if term.is_yearly), ZERO)
    flows = [ZERO, *(every * share for share in shares)]
    flows[year] += once
    return tuple(flows)
