"""How is personal data shown without showing it?

A mask keeps the shape of a value, so that a reader recognises what kind of thing is wrong, and
never the value. Masking what is masked already changes nothing.
"""

from __future__ import annotations

import dataclasses
import re

from migrate.values import Issue, RunReport, Section

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_EMAIL_INSIDE = re.compile(r"[^@\s]@[^@\s]+\.[^@\s]")
_PHONE = re.compile(r"(?:\+|00)[\d ()./-]*")
_MASKED = re.compile(r"\S?… \(\d+\)|\+?\d{0,5}…\d\d|[^@\s…]?…@[^@\s…]?…(?:\.[^@\s.…]+)?")
_DIGIT = re.compile(r"\d")
_ROW = re.compile(r"(row|line) \d+")  # a record without a key, as the readers name it

# Country codes of one and of two digits; all others have three.
_ONE_DIGIT = frozenset("17")
_TWO_DIGITS = frozenset(
    str(code)
    for first, last in ((30, 34), (43, 49), (51, 58), (60, 66), (90, 95))
    for code in range(first, last + 1)
) | frozenset(("20", "27", "36", "39", "40", "41", "81", "82", "84", "86", "98"))


def mask_value(text: str) -> str:
    """Hide a value and keep its shape.

    >>> mask_value("jan.novak@example.com"), mask_value("+421 905 123 456")
    ('j…@e….com', '+421…56')
    >>> mask_value("Novák"), mask_value("N"), mask_value("")
    ('N… (5)', '… (1)', '')
    """
    if not text or _MASKED.fullmatch(text):
        return text
    if _EMAIL.fullmatch(text):
        return _mask_email(text)
    if _PHONE.fullmatch(text) and len(_DIGIT.findall(text)) >= 8:
        return _mask_phone(text)
    return f"{_first_letter(text)}… ({len(text)})"


def mask_record(key: str) -> str:
    """Hide a record's key where it is personal data itself: an e-mail, a phone number, a name.

    >>> mask_record("C-00412"), mask_record("jan.novak@example.com"), mask_record("Ján Novák")
    ('C-00412', 'j…@e….com', 'J… (9)')
    >>> mask_record("row 12")
    'row 12'
    """
    if _ROW.fullmatch(key):
        return key
    has_letters = any(char.isalpha() for char in key)
    has_spaces = any(char.isspace() for char in key)
    is_phone = key.startswith("+") and len(_DIGIT.findall(key)) >= 8
    if (has_letters and has_spaces) or is_phone or _EMAIL_INSIDE.search(key):
        return mask_value(key)
    return key


def mask_issue(issue: Issue) -> Issue:
    """Hide the value of an issue, and its record's key where that is personal data.

    >>> mask_issue(Issue("email", "error", "no domain", record="K-7", value="jan@")).value
    'j… (4)'
    """
    return dataclasses.replace(
        issue, value=mask_value(issue.value), record=mask_record(issue.record)
    )


def mask_report(report: RunReport) -> RunReport:
    """Hide all personal data of a report: issue values, records, private columns of tables.

    >>> section = Section("Owners", tables=((("id", "name"), ("7", "Novák")),), private=("name",))
    >>> report = RunReport("plan", "acme", "sandbox", "r1", "Plan", sections=(section,))
    >>> mask_report(report).sections[0].tables[0][1]
    ('7', 'N… (5)')
    """
    return dataclasses.replace(
        report,
        issues=tuple(mask_issue(issue) for issue in report.issues),
        sections=tuple(_mask_section(section) for section in report.sections),
    )


def _mask_section(section: Section) -> Section:
    if not section.private:
        return section
    private = set(section.private)
    return dataclasses.replace(
        section, tables=tuple(_mask_table(table, private) for table in section.tables)
    )


def _mask_table(
    table: tuple[tuple[str, ...], ...], private: set[str]
) -> tuple[tuple[str, ...], ...]:
    if not table:
        return table
    header, *rows = table
    hidden = {position for position, name in enumerate(header) if name in private}
    masked = (tuple(mask_value(c) if i in hidden else c for i, c in enumerate(row)) for row in rows)
    return (header, *masked)


def _mask_email(text: str) -> str:
    local, domain = text.rsplit("@", 1)
    host, dot, ending = domain.rpartition(".")
    if not dot:
        return f"{_first_letter(local)}…@{_first_letter(domain)}…"
    return f"{_first_letter(local)}…@{_first_letter(host)}….{ending}"


def _mask_phone(text: str) -> str:
    digits = "".join(_DIGIT.findall(text))
    prefix = "+" if text.startswith("+") else "00"
    number = digits if prefix == "+" else digits[2:]
    if number[:1] in _ONE_DIGIT:
        country = number[:1]
    else:
        country = number[:2] if number[:2] in _TWO_DIGITS else number[:3]
    return f"{prefix}{country}…{digits[-2:]}"


def _first_letter(text: str) -> str:
    """One or two characters have no first letter to give away without giving away the value."""
    stripped = text.strip()
    if len(stripped) <= 2 or not stripped[0].isprintable() or stripped[0] in "…@":
        return ""
    return stripped[0]
