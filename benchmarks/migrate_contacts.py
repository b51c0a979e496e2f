"""How long does a migration of N contacts take, and how much memory, stage by stage?

    python benchmarks/migrate_contacts.py [--rows 100000 1000000] [--folder PATH] [--keep]

Every stage is a process of its own, as a user would start it; beside it runs the floor, the same
CSV through pandas into SQLite. Wall time, CPU time and peak memory (resident) are the operating
system's figures for that process (CPU and memory: not on Windows).
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generate_contacts import write_contacts

HERE = Path(__file__).parent

MIGRATION = """\
migration: benchmark
locale: sk_SK
region: SK
sources:
  crm:
    place: {csv}
    tables:
      contacts: {{key: id}}
environments:
  sandbox: {{target: reference, url: "sqlite:///crm.db"}}
"""

MAPPING = """\
blocks:
  contacts:
    from: crm.contacts
    to: Contact
    fields:
      first_name: {from: name, clean: person_name, part: first_name, options: {order: first_last}}
      last_name: {from: name, clean: person_name, part: last_name, options: {order: first_last}}
      title: {from: name, clean: person_name, part: title, options: {order: first_last}}
      email: {from: email, clean: email}
      phone: {from: phone, clean: phone, with: {region: country}}
      mobile: {from: mobile, clean: phone, with: {region: country}}
      street: {from: street, clean: street}
      city: {from: city, clean: text}
      postcode: {from: zip, clean: postcode, with: {country: country}, on_unreadable: keep}
      country: {from: country, clean: country}
      newsletter_consent:
        from: newsletter
        values: {"áno": granted, "nie": denied}
        default: unknown
      description: {template: "{company}, since {created}"}
match:
  Contact: [[email]]
"""


@dataclass(frozen=True)
class Measured:
    """What one process took."""

    stage: str
    rows: int
    wall: float
    cpu: float
    memory_mb: float
    exit_code: int


def measure(stage: str, rows: int, command: list[str], log: Path) -> Measured:
    """Run a command to its end; its output goes to a file, because reading it would cost time."""
    began = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        if not hasattr(os, "wait4"):
            code = process.wait()
            return Measured(stage, rows, time.monotonic() - began, 0.0, 0.0, code)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 2**20 if platform.system() == "Darwin" else 2**10  # bytes there, kilobytes here
    return Measured(
        stage, rows, time.monotonic() - began, usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / unit, process.returncode,
    )  # fmt: skip


def run(rows: int, folder: Path) -> list[Measured]:
    """All stages for one size, each in its own process, in a fresh migration folder."""
    folder.mkdir(parents=True)
    csv = folder / "contacts.csv"
    write_contacts(csv, rows)
    (folder / "migration.yaml").write_text(MIGRATION.format(csv=csv.name), encoding="utf-8")
    (folder / "mappings").mkdir()
    (folder / "mappings" / "contacts.yaml").write_text(MAPPING, encoding="utf-8")
    tool = [sys.executable, "-c", "from migrate.cli import main; main()"]
    floor = [sys.executable, str(HERE / "floor_pandas.py"), str(csv), str(folder / "floor.db")]
    stages = {
        "floor: pandas into SQLite": floor,
        "--help": [*tool, "--help"],
        "check": [*tool, "check"],
        "plan": [*tool, "plan"],
        "load": [*tool, "load"],
        "load again (nothing to do)": [*tool, "load"],
        "trace": [*tool, "trace", f"C{rows // 2:07d}"],
        "reconcile": [*tool, "reconcile"],
    }
    found = []
    for stage, command in stages.items():
        at = [] if command is floor or stage == "--help" else ["--folder", str(folder)]
        result = measure(stage, rows, [*command, *at], folder / "output.txt")
        print(_line(result), flush=True)
        found.append(result)
    loaded = sqlite3.connect(folder / "crm.db").execute("SELECT count(*) FROM contacts").fetchone()
    print(f"{rows:>9,}  {loaded[0]:,} contacts in the target\n")
    return found


def table(sizes: list[list[Measured]]) -> str:
    """The figures as a Markdown table: each size, and the last as a multiple of the first."""
    heads = [f"{size[0].rows:,}" for size in sizes]
    lines = [
        "| stage | " + " | ".join(f"{h} wall | CPU | peak" for h in heads) + " | ratio of CPU |"
    ]
    lines.append("|---" * (3 * len(sizes) + 2) + "|")
    for stages in zip(*sizes, strict=True):
        cells = [f"{m.wall:.1f} s | {m.cpu:.1f} s | {m.memory_mb:,.0f} MB" for m in stages]
        ratio = f"{stages[-1].cpu / stages[0].cpu:.1f}" if stages[0].cpu else ""
        lines.append(f"| {stages[0].stage} | " + " | ".join(cells) + f" | {ratio} |")
    return "\n".join(lines)


def _line(found: Measured) -> str:
    failed = "" if found.exit_code in (0, 1) else f"  EXIT {found.exit_code}, see output.txt"
    return (
        f"{found.rows:>9,}  {found.stage:<28} {found.wall:8.1f} s wall {found.cpu:8.1f} s CPU "
        f"{found.memory_mb:8,.0f} MB{failed}"
    )


def main() -> int:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the migration folders there")
    given = parser.parse_args()
    place = given.folder or Path(tempfile.mkdtemp(prefix="crm-migrate-"))
    libraries = ", ".join(f"{n} {version(n)}" for n in ("pandas", "duckdb", "great-expectations"))
    print(f"Python {platform.python_version()}, {libraries}, {os.cpu_count()} cores; {place}\n")
    try:
        found = [run(rows, place / str(rows)) for rows in given.rows]
    finally:
        if not given.keep:
            for rows in given.rows:
                shutil.rmtree(place / str(rows), ignore_errors=True)
    print("\n" + table(found))
    return 1 if any(m.exit_code > 1 for size in found for m in size) else 0


if __name__ == "__main__":
    sys.exit(main())
