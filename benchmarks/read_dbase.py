"""How fast is a dBase table of 1,000,000 rows read, beside the library of others?

    python benchmarks/read_dbase.py [ROWS]

Writes a FoxPro table with memos (ROWS rows, 1,000,000 unless told), reads it with ours in whole,
with the `dbf` library and with a plain loop of struct and decode (what most readers do) on the
first 50,000 rows, and prints rows a second. One run, one machine: compare the lines, not the days.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from migrate.extractors import open_source
from tests.unit.extractors.dbase import write_dbase

FIELDS = [
    "ACCOUNTNO C(20)", "COMPANY C(40)", "CONTACT C(40)", "CITY C(30)", "PHONE1 C(25)",
    "EMAIL C(50)", "REVENUE N(12,2)", "STAFF N(6,0)", "CREATED D", "ACTIVE L", "NOTES M",
]  # fmt: skip
OTHERS_ROWS = 50_000
BLOCK = 10_000


def rows_of(count: int) -> list[list[object]]:
    cities = ["Žilina", "Košice", "Bratislava", "Nitra", "Banská Bystrica"]
    return [
        [
            f"A{i:09d}", f"Kováč a syn {i} s.r.o.", f"Ján Ťažký {i}", cities[i % 5],
            f"+421 905 {i % 1000000:06d}", f"jan{i}@example.com", f"{i * 1.25:.2f}", i % 500,
            date(2000, 1, 1) + timedelta(days=i % 7000), i % 3 == 0,
            f"Poznámka číslo {i}" if i % 10 == 0 else None,
        ]
        for i in range(count)
    ]  # fmt: skip


def written(folder: Path, count: int) -> Path:
    """Write BLOCK rows by the tests' writer, and repeat their bytes: no writer is measured here."""
    path = write_dbase(
        folder / "CONTACT1.DBF", FIELDS, rows_of(BLOCK), version=0xF5, encoding="cp1250"
    )
    raw = bytearray(path.read_bytes())
    head = int.from_bytes(raw[8:10], "little")
    record = int.from_bytes(raw[10:12], "little")
    body = bytes(raw[head : head + BLOCK * record])
    raw[4:8] = count.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(raw[:head])
        for start in range(0, count, BLOCK):
            file.write(body[: min(BLOCK, count - start) * record])
        file.write(b"\x1a")
    return path


def ours(path: Path) -> tuple[int, float]:
    start = time.perf_counter()
    (table,) = open_source(path)
    rows = sum(len(frame) for frame in table.batches())
    assert rows == table.count()
    return rows, time.perf_counter() - start


def dbf_library(path: Path) -> tuple[int, float]:
    import dbf

    start = time.perf_counter()
    table = dbf.Table(str(path), codepage="cp1250")
    table.open(dbf.READ_ONLY)
    rows = 0
    for record in table:
        list(record)
        rows += 1
        if rows == OTHERS_ROWS:
            break
    return rows, time.perf_counter() - start


def plain_loop(path: Path) -> tuple[int, float]:
    """Read a record at a time: cut, decode and strip each field, without memos."""
    start = time.perf_counter()
    rows = 0
    with path.open("rb") as file:
        head = file.read(32)
        size = int.from_bytes(head[8:10], "little")
        record_size = int.from_bytes(head[10:12], "little")
        rest = file.read(size - 32)
        fields, at = [], 1
        for offset in range(0, len(rest) - 31, 32):
            kind, width = chr(rest[offset + 11]), rest[offset + 16]
            fields.append((kind, at, at + width))
            at += width
        while rows < OTHERS_ROWS and len(record := file.read(record_size)) == record_size:
            [_value(kind, record[first:last]) for kind, first, last in fields]
            rows += 1
    return rows, time.perf_counter() - start


def _value(kind: str, raw: bytes) -> object:
    if kind == "C":
        return raw.decode("cp1250").rstrip(" \0")
    text = raw.strip()
    if kind == "N":
        return float(text) if text else None
    if kind == "D":
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None
    return text


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), count)
        print(f"{count:,} rows x {len(FIELDS)} fields, {path.stat().st_size / 1e6:.0f} MB")
        speeds = {}
        for name, read in (
            ("ours", ours),
            ("dbf library", dbf_library),
            ("plain loop", plain_loop),
        ):
            rows, seconds = read(path)
            speeds[name] = rows / seconds
            print(f"{name:12} {rows:>9,} rows in {seconds:6.2f} s: {rows / seconds:>9,.0f} rows/s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory {peak:.0f} MB")
        for name in ("dbf library", "plain loop"):
            print(f"ours is {speeds['ours'] / speeds[name]:.1f} times as fast as the {name}")


if __name__ == "__main__":
    main()
