"""A report as a load of a small company leaves it: two waves, ten objects, rules, a business case."""

from __future__ import annotations

import pytest

from migrate.values import Issue, ObjectCount, RunReport, Section

OBJECTS = (
    ObjectCount("User", "1", 24, 0, {"created": 19, "unchanged": 2, "excluded": 3}),
    ObjectCount("Account", "1", 1842, 61, {"created": 1610, "updated": 44, "merged": 188, "excluded": 37, "quarantined": 24}),
    ObjectCount("Contact", "1", 5210, 318, {"created": 4702, "updated": 12, "merged": 611, "excluded": 90, "quarantined": 112, "failed": 1}),
    ObjectCount("Lead", "1", 933, 0, {"created": 801, "merged": 77, "excluded": 41, "quarantined": 14}),
    ObjectCount("Product", "1", 77, 0, {"created": 70, "unchanged": 7}),
    ObjectCount("Opportunity", "2", 1204, 0, {"created": 1101, "excluded": 80, "quarantined": 20, "failed": 3}, incomplete=3),
    ObjectCount("OpportunityLineItem", "2", 3301, 0, {"created": 3188, "excluded": 92, "quarantined": 21}),
    ObjectCount("Activity", "2", 18422, 0, {"created": 15210, "excluded": 3190, "quarantined": 22}),
    ObjectCount("Note", "2", 2750, 0, {"created": 2600, "excluded": 148, "pending": 2}),
    ObjectCount("Consent", "2", 5210, 0, {"created": 4702, "merged": 396, "excluded": 112}),
)  # fmt: skip

ISSUES = (
    *(
        Issue(
            "phone_unreadable", "warning", "not a phone number that can be dialled", "Contact", "phone",
            f"K-{100 + row}", f"contacts.csv:{row}", f"+421 905 12 34 {row:02d}",
            "write it with its country code, or leave it empty",
        )
        for row in range(12)
    ),
    Issue("email_invalid", "error", "the part after @ is missing", "Contact", "email",
          "jan.novak@example.com", "customers.xlsx!Zákazníci:14", "jan.novak@",
          "correct it in the quarantine workbook"),
    Issue("date_ambiguous", "error", "day and month can be read both ways", "Opportunity",
          "close_date", "D-77", "deals.db:deals", "03/04/2021", "say which in reading.yaml: order: dmy"),
    Issue("date_ambiguous", "error", "day and month can be read both ways", "Activity",
          "due", "A-9", "deals.db:activities", "05/06/2021", "the column is mixed: correct it in the source"),
    Issue("text_too_long", "warning", "longer than the 80 characters that the target allows",
          "Account", "name", "Žltý kôň s.r.o.", "customers.xlsx!Zákazníci:207",
          "Žltý kôň, výroba a predaj <script>alert(1)</script> & spol.", "raise the length, or shorten it"),
    Issue("owner_unknown", "info", "the owner left; the records go to the default owner", "Account", "owner", "u-7"),
)  # fmt: skip

RULES = Section(
    "Reconciliation",
    ("Eighteen of twenty rules are met. A rule without evidence counts as not met.",),
    (
        (
            ("rule", "what is checked", "expected", "found", "difference", "result"),
            ("R01", "count identity per object", "38,973", "38,973", "0", "met"),
            ("R02", "external id unique, none missing", "0", "0", "0", "met"),
            ("R03", "sum of amount, open deals, EUR", "1,204,310.55", "1,204,310.55", "0.00", "met"),
            ("R03", "sum of amount, won deals, CZK", "9,310,200.00", "9,310,150.00", "-50.00", "not met"),
            ("R05", "orphans that the source did not have", "0", "0", "0", "met"),
            ("R08", "share of empty values per field", "-", "-", "-", "no evidence"),
            ("R13", "permissions of a pilot user", "-", "-", "-", "waived"),
        ),
    ),
    status="not met",
)  # fmt: skip

ROI = Section(
    "Business case",
    (
        "NPV 32,740.54 EUR over three years at 10 %; payback after 2.09 years. Every figure is"
        " risk-adjusted: benefits down, costs up.",
        "Two lines (time saved, old system retired) are 76 % of the benefits.",
    ),
    (
        (
            ("year", "net cash flow (EUR)"),
            ("0", "-84,300.00"),
            ("1", "22,150.00"),
            ("2", "55,420.00"),
            ("3", "61,980.00"),
        ),
        (
            ("line", "formula", "present value (EUR)", "provenance"),
            ("Time saved", "users × hours × rate × transfer", "121,904.10", "measured"),
            ("Old system retired", "yearly cost", "80,330.42", "contract"),
            ("Licences", "users × 12 × price", "-92,400.00", "price list"),
        ),
    ),
    chart="bars",
)

COSTS = Section(
    "Costs and benefits by year",
    tables=(
        (
            ("year", "licences", "services", "time saved", "old system retired"),
            ("0", "-12,000", "-72,300", "0", "0"),
            ("1", "-33,000", "-8,000", "41,150", "22,000"),
            ("2", "-33,000", "0", "56,420", "32,000"),
            ("3", "-33,000", "0", "62,980", "32,000"),
        ),
    ),
    chart="stacked",
)

OWNERS = Section(
    "Owners who left",
    ("Their records go to the owner beside them.",),
    (
        (
            ("user", "name", "records", "new owner"),
            *((f"u-{n}", f"Ľubica Nováková {n}", f"{n * 31}", "u-1") for n in range(1, 31)),
        ),
    ),
    private=("name",),
)

REPORT = RunReport(
    command="load",
    migration="acme",
    environment="sandbox",
    run_id="2026-03-14-load-2",
    title="Load into the sandbox",
    objects=OBJECTS,
    issues=ISSUES,
    issue_counts={"phone_unreadable": 324, "email_invalid": 1, "date_ambiguous": 2, "text_too_long": 1, "owner_unknown": 1},
    sections=(RULES, ROI, COSTS, OWNERS),
    figures={"seconds": 41.5, "predicted_right": 0.998},
    files={"report": "runs/2026-03-14-load-2/report.html", "json": "runs/2026-03-14-load-2/report.json",
           "issues_workbook": "runs/2026-03-14-load-2/issues.xlsx", "issues": "runs/2026-03-14-load-2/issues.jsonl"},
    verdict="not met",
)  # fmt: skip


@pytest.fixture
def report() -> RunReport:
    return REPORT
