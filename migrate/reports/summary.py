"""What does a report come down to: totals, broken lines, kinds of issue, columns of figures?

Shared by every view, so that terminal, HTML and JSON can never count differently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.values import DISPOSITIONS, Issue, ObjectCount, RunReport

EXAMPLES_PER_KIND = 10
SEVERITY_ORDER = {"error": 0, "warning": 1, "info": 2, "": 3}

IDENTITY_TERMS = ("extracted", *DISPOSITIONS)

_NUMBER = re.compile(
    r"""(?P<sign>[-+−]?)\s*(?:[€$£¥]|[A-Z]{3})?\s*
        (?P<digits>\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+|\d+)(?P<rest>\.\d+)?
        \s*(?:%|‰|[€$£¥]|[A-Za-z]{1,6})?""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class IssueKind:
    """All issues of one code: how many there were, and the first few of them."""

    code: str
    severity: str
    count: int
    examples: tuple[Issue, ...]

    @property
    def message(self) -> str:
        """The sentence that every example says; empty where they differ."""
        messages = {issue.message for issue in self.examples}
        return messages.pop() if len(messages) == 1 else ""

    @property
    def hint(self) -> str:
        """The advice that every example gives; empty where they differ.

        >>> IssueKind("x", "error", 1, (Issue("x", "error", "bad", hint="fix it"),)).hint
        'fix it'
        """
        hints = {issue.hint for issue in self.examples}
        return hints.pop() if len(hints) == 1 else ""


def count_of(line: ObjectCount, term: str) -> int:
    """Return one figure of an accounting line by the name its column has.

    >>> count_of(ObjectCount("Contact", "1", 10, 2, {"created": 12}), "extracted")
    12
    >>> count_of(ObjectCount("Contact", "1", 10, 2, {"created": 12}), "failed")
    0
    """
    if term == "extracted":
        return line.extracted
    return line.dispositions.get(term, 0)


def totals(objects: Sequence[ObjectCount]) -> dict[str, int]:
    """Add up every column of the accounting table.

    >>> lines = [ObjectCount("Contact", "1", 3, 0, {"created": 3}), ObjectCount("Deal", "1", 2, 0, {})]
    >>> totals(lines)["extracted"], totals(lines)["created"]
    (5, 3)
    """
    return {term: sum(count_of(line, term) for line in objects) for term in IDENTITY_TERMS}


def broken_lines(objects: Sequence[ObjectCount]) -> tuple[str, ...]:
    """Say of every line that breaks the accounting identity by how much, in words.

    >>> broken_lines([ObjectCount("Contact", "1", 10, 0, {"created": 9})])
    ('Contact, wave 1: 10 extracted, 9 accounted for, 1 missing',)
    """
    sentences = []
    for line in objects:
        if line.is_balanced:
            continue
        accounted = sum(line.dispositions.values())
        difference = line.extracted - accounted
        verdict = f"{difference:,} missing" if difference > 0 else f"{-difference:,} too many"
        wave = f", wave {line.wave}" if line.wave else ""
        sentences.append(
            f"{line.object}{wave}: {line.extracted:,} extracted,"
            f" {accounted:,} accounted for, {verdict}"
        )
    return tuple(sentences)


def issue_kinds(report: RunReport) -> tuple[IssueKind, ...]:
    """Group the report's issues by code, the worst and most frequent first.

    ``report.issues`` may hold only some of the issues; ``report.issue_counts`` says how many there
    were.

    >>> issue = Issue("phone_unreadable", "warning", "not a phone number")
    >>> report = RunReport("plan", "acme", "sandbox", "r1", "Plan",
    ...                    issues=(issue,), issue_counts={"phone_unreadable": 312})
    >>> [(kind.code, kind.count, len(kind.examples)) for kind in issue_kinds(report)]
    [('phone_unreadable', 312, 1)]
    """
    by_code: dict[str, list[Issue]] = {}
    for issue in report.issues:
        by_code.setdefault(issue.code, []).append(issue)
    kinds = []
    for code in dict.fromkeys([*by_code, *report.issue_counts]):
        issues = by_code.get(code, [])
        severity = min((i.severity for i in issues), key=SEVERITY_ORDER.__getitem__, default="")
        count = max(report.issue_counts.get(code, 0), len(issues))
        if count:
            kinds.append(IssueKind(code, severity, count, tuple(issues[:EXAMPLES_PER_KIND])))
    return tuple(sorted(kinds, key=lambda k: (SEVERITY_ORDER[k.severity], -k.count, k.code)))


def where_to_look(issue: Issue) -> str:
    """Say where an issue is: its table and column, its record, and the cell or line.

    >>> where_to_look(Issue("x", "error", "bad", entity="Contact", column="phone", record="K-7"))
    'Contact.phone · K-7'
    """
    entity = ".".join(part for part in (issue.entity, issue.column) if part)
    return " · ".join(part for part in (entity, issue.record, issue.place) if part)


def file_named(report: RunReport, *endings: str, word: str = "") -> str:
    """Return the first of the report's files with one of these endings, or a plain word for it.

    >>> report = RunReport("plan", "a", "s", "r1", "Plan", files={"report": "runs/r1/report.html"})
    >>> file_named(report, ".html"), file_named(report, ".xlsx", word="issues")
    ('runs/r1/report.html', 'the issues file')
    """
    for ending in endings:
        for name, path in report.files.items():
            if path.endswith(ending) and (not word or word in name or word in path):
                return path
    return f"the {word} file" if word else "the report"


def read_number(text: str) -> float | None:
    """Read a figure as our own tables print them; None where the text is not one.

    >>> read_number("1,234.50"), read_number("-5 %"), read_number("EUR 32,740.54")
    (1234.5, -5.0, 32740.54)
    >>> read_number("R01"), read_number("2.09 of 3"), read_number("")
    (None, None, None)
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    digits = re.sub(r"[^0-9]", "", match["digits"])
    number = float(digits + (match["rest"] or ""))
    return -number if match["sign"] in {"-", "−"} else number


def numeric_columns(rows: Iterable[Sequence[str]], width: int) -> tuple[bool, ...]:
    """Say of each column whether it holds figures alone, and so stands to the right.

    >>> numeric_columns([("Contact", "1,204"), ("Deal", "-"), ("Note", "7 %")], 2)
    (False, True)
    """
    has_number, has_word = [False] * width, [False] * width
    for row in rows:
        for position, cell in enumerate(row[:width]):
            if read_number(cell) is not None:
                has_number[position] = True
            elif cell.strip() not in {"", "-", "–", "—", "n/a", "none"}:
                has_word[position] = True
    return tuple(number and not word for number, word in zip(has_number, has_word, strict=True))


def printable(text: str) -> str:
    """Make control and direction-changing characters visible: a value must not steer a terminal.

    >>> printable("Nov\\x1b[31mák")
    'Nov\\\\x1b[31mák'
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if unicodedata.category(char)[0] != "C" and char not in "\u2028\u2029"
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
