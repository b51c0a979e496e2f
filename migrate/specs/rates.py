"""What is one currency worth in another on a day? Read from a file that the customer answers for."""

from __future__ import annotations

import bisect
import csv
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from pathlib import Path

from migrate.registry import did_you_mean
from migrate.values import Issue

COLUMNS = ("date", "from", "to", "rate")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_CODE = re.compile(r"[A-Z]{3}")
_WIDE = Context(prec=40)


@dataclass(frozen=True)
class RateTable:
    """Rates by pair of currencies: days in their order, and the rate of each.

    A rate says how much of the second currency one unit of the first is. Where only the other
    direction is listed, its inverse is taken.
    """

    name: str
    pairs: Mapping[tuple[str, str], tuple[tuple[str, ...], tuple[Decimal, ...]]]
    file: Path = field(default=Path())

    def rate(self, source: str, target: str, day: str, within_days: int) -> Decimal | None:
        """The rate of the day, or the last of the ``within_days`` days before it.

        >>> table = RateTable("r", {("CZK", "EUR"): (("2020-01-02",), (Decimal("0.04"),))})
        >>> table.rate("CZK", "EUR", "2020-01-05", 7), table.rate("EUR", "CZK", "2020-01-02", 0)
        (Decimal('0.04'), Decimal('25'))
        >>> table.rate("CZK", "EUR", "2020-02-01", 7)
        """
        listed = self._last(source, target, day, within_days)
        inverse = self._last(target, source, day, within_days)
        if listed and (inverse is None or listed[0] >= inverse[0]):
            return listed[1]
        return _WIDE.divide(Decimal(1), inverse[1]) if inverse else None

    def _last(self, source: str, target: str, day: str, within: int) -> tuple[str, Decimal] | None:
        days, rates = self.pairs.get((source, target), ((), ()))
        at = bisect.bisect_right(days, day) - 1
        if at < 0:
            return None
        age = datetime.date.fromisoformat(day) - datetime.date.fromisoformat(days[at])
        return (days[at], rates[at]) if age.days <= within else None


def read_rates(name: str, path: Path, issues: list[Issue]) -> RateTable:
    """The table of a CSV file with the columns date, from, to, rate; what is wrong with it is told
    with its line. Separated by commas or semicolons; the decimal sign is a point."""
    label = path.name

    def refuse(line: int, message: str, hint: str) -> None:
        place = f"{label}:{line}"
        issues.append(
            Issue("bad_rates", "error", f"rates {name!r}: {message}", place=place, hint=hint)
        )

    pairs: dict[tuple[str, str], dict[str, Decimal]] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        refuse(1, "the file cannot be read as UTF-8 text", "save it as CSV with the encoding UTF-8")
        return RateTable(name, {}, path)
    lines = text.splitlines()
    rows = csv.reader(lines, delimiter=";" if lines and ";" in lines[0] else ",")
    header = [cell.strip().casefold() for cell in next(rows, [])]
    for column in COLUMNS:
        if column not in header:
            known = did_you_mean(column, header) if header else f"write {','.join(COLUMNS)}"
            refuse(1, f"the header has no column {column!r}", known)
    if any(column not in header for column in COLUMNS):
        return RateTable(name, {}, path)
    place = [header.index(column) for column in COLUMNS]
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = [row[at].strip() if at < len(row) else "" for at in place]
        problem = next(_problems(*cells), None)
        if problem:
            refuse(rows.line_num, *problem)
            continue
        day, source, target, rate = cells
        held = pairs.setdefault((source, target), {})
        if held.setdefault(day, Decimal(rate)) != Decimal(rate):
            refuse(rows.line_num, f"{source} to {target} has two rates on {day}", "keep one")
    ordered = {pair: tuple(sorted(found.items())) for pair, found in pairs.items()}
    return RateTable(
        name,
        {
            p: (tuple(d for d, _ in found), tuple(r for _, r in found))
            for p, found in ordered.items()
        },
        path,
    )


def _problems(day: str, source: str, target: str, rate: str) -> Iterator[tuple[str, str]]:
    try:
        datetime.date.fromisoformat(day if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else "")
    except ValueError:
        yield f"{day!r} is no date", "write it as 2015-01-31"
    for code in (source, target):
        if not _CODE.fullmatch(code):
            yield f"{code!r} is no currency", "write a code of three capital letters, EUR"
    if not _NUMBER.fullmatch(rate) or not Decimal(rate):
        yield f"{rate!r} is no rate", "write a number with a decimal point, above 0: 25.41"
