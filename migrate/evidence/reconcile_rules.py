"""What is each reconciliation rule called, how strict is it, and how is its outcome written down?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from migrate.evidence.reconcile_values import Row, RuleResult, Status

DETAIL_ROWS = 200
"""So many rows of a rule are listed; the text says how many more there are."""


@dataclass(frozen=True)
class Rule:
    """A rule as the cutover report prints it."""

    title: str
    severity: Literal[1, 2]
    tolerance: str = "0"


RULES: dict[str, Rule] = {
    "R01": Rule("Counts: source, ledger and target", 1),
    "R02": Rule("External ids: none missing, none twice", 1),
    "R03": Rule("Control totals and the customer's own figures", 1, "0.00"),
    "R04": Rule("Converted totals", 2, "half of the last decimal for each amount"),
    "R05": Rule("References: every child has its parent", 1),
    "R06": Rule("Critical fields", 1),
    "R07": Rule("Other fields", 2, "0.1 %"),
    "R08": Rule("Empty fields", 2, "0.5 percentage points"),
    "R09": Rule("Picklists", 1),
    "R10": Rule("Dates", 1),
    "R11": Rule("Lengths: nothing cut", 2),
    "R12": Rule("Text: no character damaged", 2),
    "R13": Rule("Numbers: zeros, long numbers, signs", 1),
    "R16": Rule("Owners", 1),
    "R18": Rule("Consent: never lost, never loosened", 1),
    "R19": Rule("Merged records: nothing lost", 1),
    "R20": Rule("Loading again changes nothing", 2),
}
"""Rules that this release does not check (R14, R15, R17, R21 to R25) are not listed as met."""


def outcome(
    name: str,
    *,
    expected: object,
    found: object,
    difference: object,
    is_met: bool,
    header: Row = (),
    rows: Iterable[Sequence[object]] = (),
    text: str = "",
    private: tuple[str, ...] = (),
    gaps: Sequence[str] = (),
    is_grave: bool = False,
) -> RuleResult:
    """A rule's result. What could not be looked at (``gaps``) leaves a rule that is not red
    without evidence; ``is_grave`` makes it one of severity 1, whatever it usually is."""
    rule = RULES[name]
    status: Status = "met" if is_met else "not met"
    if is_met and gaps:
        status = "no evidence"
    listed = [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    sentences = [text] if text else []
    sentences += [f"Not looked at: {gap}." for gap in gaps]
    if len(listed) > DETAIL_ROWS:
        sentences.append(f"{len(listed) - DETAIL_ROWS} more rows are not listed.")
        listed = listed[:DETAIL_ROWS]
    details = (header, *listed) if listed else ()
    return RuleResult(
        name, rule.title, str(expected), str(found), str(difference), rule.tolerance,
        1 if is_grave else rule.severity, status, details, " ".join(sentences), private,
    )  # fmt: skip


def no_evidence(name: str, text: str) -> RuleResult:
    """A rule about which nothing can be said; that counts as not met."""
    rule = RULES[name]
    return RuleResult(
        name, rule.title, "", "", "", rule.tolerance, rule.severity, "no evidence", text=text
    )


def amount(value: Decimal | int | None) -> str:
    """A figure without trailing zeros.

    >>> amount(Decimal("12.5000000000")), amount(None), amount(3)
    ('12.5', '0', '3')
    """
    text = format(Decimal(value or 0), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
