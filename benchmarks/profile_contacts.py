"""How long does it take to assess a million contacts, and how long does a common profiler take?

    python benchmarks/profile_contacts.py                      # 1,000,000 rows of 20 columns
    python benchmarks/profile_contacts.py --rows 100000 --keep --folder /tmp/bench
    python benchmarks/profile_contacts.py --peer /path/to/python-with-ydata-profiling

Each runs as a process of its own, one after the other, on the same CSV: ``crm-migrate assess``; the
same extractor alone, read to the end (its share of the time); and the peer, ydata-profiling in its
minimal mode, with the Python that ``--peer`` or the variable ``YDATA_PYTHON`` names (skipped, and
said so, where there is none). Wall time, CPU time and the largest resident memory are printed.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from generate_contacts import COLUMNS, SEED, contacts

MORE = ("modified", "owner_id", "status", "turnover", "discount", "vat", "website", "note")
_STATUS = ("lead", "customer", "customer", "lost", "Customer ", "")
_NOTES = ("Volať po obede", "Stály zákazník, platí načas", "", "", "", "Zmena sídla od januára")
_PEER = """
import sys, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from importlib.metadata import version
from ydata_profiling import ProfileReport
frame = pd.read_csv(sys.argv[1])
ProfileReport(frame, minimal=True, progress_bar=False).to_file(sys.argv[2])
print("ydata-profiling", version("ydata-profiling"), "pandas", version("pandas"))
"""
_READ = """
import sys
from migrate.extractors import open_source
for table in open_source(sys.argv[1]):
    print(sum(len(batch) for batch in table.batches()), "rows read")
"""


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """Yield the contacts of the other benchmark with eight columns more.

    >>> len(next(rows(1))) == len(COLUMNS) + len(MORE)
    True
    """
    chance = random.Random(SEED + 1)
    begin = date(2010, 1, 1)
    for contact in contacts(count):
        changed = begin + timedelta(days=chance.randrange(5_400))
        turnover = f"{chance.lognormvariate(9, 1.5):.2f}"
        vat = f"SK{chance.randrange(10**9, 10**10)}" if chance.random() < 0.4 else ""
        host = contact[2].split(" ")[0].lower()
        yield (
            *contact,
            f"{changed.isoformat()} {chance.randrange(24):02d}:{chance.randrange(60):02d}:00",
            str(chance.randrange(1, 41)),
            chance.choice(_STATUS),
            turnover if chance.random() < 0.999 else "9999999999",
            f"{chance.randrange(0, 30)} %",
            vat,
            f"https://www.{host}{chance.randrange(20_000)}.example.com"
            if chance.random() < 0.5
            else "",
            chance.choice(_NOTES),
        )


def write(path: Path, count: int) -> None:
    """Write the rows as UTF-8 CSV with a header line; the file appears when it is whole."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*COLUMNS, *MORE))
        writer.writerows(rows(count))
    temporary.replace(path)


@dataclass(frozen=True)
class Run:
    """What one process cost."""

    name: str
    wall: float
    cpu: float
    peak_mb: float
    said: str

    def line(self) -> str:
        return f"| {self.name} | {self.wall:.1f} s | {self.cpu:.1f} s | {self.peak_mb:,.0f} MB | {self.said} |"


def timed(name: str, command: Sequence[str], *, show: bool = True) -> Run | None:
    """Run a command; None, and why on stderr, where it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        output.seek(0)
        errors.seek(0)
        text, problem = output.read(), errors.read()
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        print(f"{name}: failed: {problem.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    said = text.strip().splitlines()[-1] if show and text.strip() else ""
    return Run(name, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--keep", action="store_true", help="keep the CSV and the reports")
    parser.add_argument("--peer", default=os.environ.get("YDATA_PYTHON", ""), metavar="PYTHON")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="profile-"))
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"contacts-{given.rows}.csv"
    if not source.exists():
        write(source, given.rows)
    runs = [
        timed("assess", [sys.executable, "-c", "from migrate.cli import main; main()", "assess", str(source),
                         "--to", str(folder / "assessment")], show=False),
        timed("reading alone", [sys.executable, "-c", _READ, str(source)]),
    ]  # fmt: skip
    if given.peer and Path(given.peer).exists():
        page = folder / "peer.html"
        runs.append(
            timed("ydata-profiling, minimal", [given.peer, "-c", _PEER, str(source), str(page)])
        )
    else:
        print("ydata-profiling: skipped, no Python with it was named (--peer)", file=sys.stderr)
    print(f"{given.rows:,} rows, {len(COLUMNS) + len(MORE)} columns, "
          f"{source.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} cores, Python {sys.version.split()[0]}")  # fmt: skip
    print("| | wall | CPU | peak | |\n|---|---|---|---|---|")
    for run in filter(None, runs):
        print(run.line())
    if not given.keep:
        source.unlink()


if __name__ == "__main__":
    main()
