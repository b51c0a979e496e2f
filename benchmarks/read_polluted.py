"""How well are polluted CSV files read, told nothing: by us, DuckDB and pandas, in one run?

    python benchmarks/read_polluted.py [--only PART_OF_A_NAME] [--every N] [--readers ours duckdb]

``--every 7`` reads a seventh of the files in which one row is damaged; each stands for seven.

The files are those of ``tests/unit/extractors/pollution.py``: the 2,290 pollutions of the Pollock
benchmark, made of a source file of our own, and measured by its ten measures (0 to 1 each, so that
10 is the best), as a simple mean and weighted by how often a pollution was met in the survey.
Every reader is given the path and nothing else. What a reader gives is compared as text: its column
names and its rows; of several tables, the first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "unit" / "extractors"))

import duckdb
import pandas as pd
from pollution import MEASURES, polluted_files, scores

from migrate.errors import MigrateError
from migrate.extractors import open_source

Loaded = list[list[str]] | None


def read_ours(path: Path) -> Loaded:
    """Read with ``open_source``, told nothing but the place."""
    try:
        table = open_source(path)[0]
        rows = [list(table.column_names)]
        for batch in table.batches():
            filled = batch[list(table.column_names)].fillna("")
            rows += [list(row) for row in filled.itertuples(index=False, name=None)]
    except MigrateError:
        return None
    return rows


def read_duckdb(path: Path) -> Loaded:
    """Read as the benchmark's own script for DuckDB told nothing does."""
    try:
        relation = duckdb.connect().read_csv(
            str(path), strict_mode=False, ignore_errors=True, null_padding=True
        )
        return _rows(relation.df())
    except duckdb.Error:
        return None


def read_pandas(path: Path) -> Loaded:
    """Read with the delimiter found by pandas, lines that do not fit left out."""
    try:
        return _rows(
            pd.read_csv(path, sep=None, engine="python", dtype=object, on_bad_lines="skip")
        )
    except (ValueError, OSError, IndexError, StopIteration):
        return None
    except Exception as problem:  # csv.Error is no ValueError  # noqa: BLE001
        print(f"pandas: {path.name}: {type(problem).__name__}", file=sys.stderr)
        return None


def _rows(frame: pd.DataFrame) -> Loaded:
    texts = frame.astype(object).where(frame.notna(), "").astype(str)
    return [list(map(str, frame.columns)), *texts.to_numpy().tolist()]


READERS: dict[str, Callable[[Path], Loaded]] = {
    "ours": read_ours,
    "duckdb": read_duckdb,
    "pandas": read_pandas,
}


@dataclass
class Sums:
    """The scores of one reader, added up."""

    measures: list[float] = field(default_factory=lambda: [0.0] * len(MEASURES))
    weighted: float = 0.0
    seconds: float = 0.0
    losses: dict[str, list[float]] = field(default_factory=dict)
    worst: list[tuple[float, str]] = field(default_factory=list)

    def add(
        self, name: str, kind: str, weight: float, found: Sequence[float], stands_for: int
    ) -> None:
        for place, score in enumerate(found):
            self.measures[place] += score * stands_for
        self.weighted += weight * sum(found) * stands_for
        lost = 10 - sum(found)
        self.losses.setdefault(kind, []).append(lost)
        if lost > 1e-9:
            self.worst.append((lost, name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="files whose name has this in it")
    parser.add_argument("--every", type=int, default=1, help="every n-th file with one damaged row")
    parser.add_argument("--readers", nargs="*", default=list(READERS), choices=list(READERS))
    wanted = parser.parse_args()
    sums = {name: Sums() for name in wanted.readers}
    read, files, weight = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(polluted_files()):
            is_row = file.name.startswith("row_")
            if wanted.only not in file.name or (is_row and number % wanted.every):
                continue
            stands_for = wanted.every if is_row else 1
            read, files = read + 1, files + stands_for
            weight += file.weight * stands_for
            path = Path(folder) / file.name
            path.write_bytes(file.data)
            for name, one in sums.items():
                begin = time.process_time()
                loaded = READERS[name](path)
                one.seconds += time.process_time() - begin
                one.add(file.name, file.kind, file.weight, scores(file.clean, loaded), stands_for)
            path.unlink()
    print(
        f"{read} files, standing for {files}; pandas {version('pandas')}, DuckDB {version('duckdb')}"
    )
    print(f"{'reader':8} {'simple':>8} {'weighted':>9} {'CPU s':>7}  " + " ".join(MEASURES))
    for name, one in sums.items():
        means = [total / files for total in one.measures]
        print(f"{name:8} {sum(means):8.4f} {one.weighted / weight:9.4f} {one.seconds:7.1f}  "
              + " ".join(f"{mean:.4f}" for mean in means))  # fmt: skip
    for name, one in sums.items():
        print(f"\n{name}: mean loss by kind")
        for kind, lost in one.losses.items():
            print(f"  {kind:16} {len(lost):5} files {sum(lost) / len(lost):8.4f}")
        for lost, file_name in sorted(one.worst, reverse=True)[:12]:
            print(f"  {lost:8.4f} {file_name}")


if __name__ == "__main__":
    main()
