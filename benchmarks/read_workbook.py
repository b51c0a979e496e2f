"""How near to calamine's bare read is ours? One sheet, both readers, one process.

    python benchmarks/read_workbook.py                       # 100,000 x 20
    python benchmarks/read_workbook.py --rows 20000 --rounds 5 --file own.xlsx

The bare read gives Python lists; ours gives the frames that the stages work on, and has looked for
the table, its header, totals, hidden rows, error cells and formats on the way. The files are made
as two writers make them: texts in the cells (openpyxl's streaming writer) and texts in a table of
their own with the sheet's size stated (Excel and most others).
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from python_calamine import CalamineWorkbook

from migrate.extractors import open_source


def rows(count: int) -> Iterator[list[Any]]:
    """Make a header and rows of customers: texts, numbers, days, moments, truths and gaps."""
    chance = random.Random(1)
    yield [
        "id", "name", "company", "email", "phone", "turnover", "rating", "since", "changed",
        "city", "country", "postcode", "is_active", "street", "state", "credit", "share", "note",
        "flag", "owner",
    ]  # fmt: skip
    for n in range(count):
        yield [
            n, f"Name {chance.randrange(50_000)}", f"Company {n}", f"user{n}@example.com",
            f"+421905{n % 1_000_000:06d}", round(chance.random() * 1e6, 2), n % 7,
            date(2015, 1, 1) + timedelta(days=n % 3000),
            datetime(2015, 1, 1, 8) + timedelta(minutes=n), "Bratislava" if n % 3 else None, "SK",
            81101 + n % 900, True, f"Street {n % 1000} {n % 100}", "active", n * 100, n / 7,
            f"note {n} lorem ipsum dolor", None if n % 5 else "x", f"owner{n % 20}",
        ]  # fmt: skip


def make(path: Path, count: int, *, is_streamed: bool) -> None:
    book = openpyxl.Workbook(write_only=is_streamed)
    sheet = book.create_sheet("Data") if is_streamed else book.active
    for row in rows(count):
        sheet.append(row)
    book.save(path)


def bare(path: Path) -> int:
    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def ours(path: Path) -> int:
    return sum(len(frame) for table in open_source(path) for frame in table.batches())


def seconds(read: Callable[[Path], int], path: Path) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    read(path)
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(path: Path, rounds: int) -> None:
    read = ours(path)  # once before, so that neither pays for imports
    bare(path)
    figures = [(seconds(bare, path), seconds(ours, path)) for _ in range(rounds)]
    walls = [ours[0] / bare[0] for bare, ours in figures]
    cpus = [ours[1] / bare[1] for bare, ours in figures]
    best = min(b[0] for b, _ in figures), min(o[0] for _, o in figures)
    print(
        f"{path.name}: {read:,} rows; bare {best[0]:.2f} s, ours {best[1]:.2f} s at best;"
        f" ratio of wall times: median {statistics.median(walls):.2f}"
        f" ({min(walls):.2f} to {max(walls):.2f}), of CPU times {statistics.median(cpus):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--file", type=Path, help="a workbook of your own; its first sheet is read")
    given = parser.parse_args()
    if given.file:
        compare(given.file, given.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, is_streamed in (("streamed.xlsx", True), ("shared.xlsx", False)):
            path = Path(folder) / name
            make(path, given.rows, is_streamed=is_streamed)
            compare(path, given.rounds)


if __name__ == "__main__":
    main()
