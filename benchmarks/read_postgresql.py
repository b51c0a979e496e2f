"""How fast are a database's tables read, beside the fastest way its own program offers?

    python benchmarks/read_postgresql.py postgresql://postgres@127.0.0.1:5432/postgres
    python benchmarks/read_postgresql.py URL --mysql mysql://root@127.0.0.1:3306/test --sqlite

Makes a table of a million rows and ten columns, reads it three times in turns (the best counts),
and drops it. The peers: ``psql -c "COPY … TO STDOUT"`` into a file, and that file through
``pandas.read_csv(dtype="str")``; ``mysql --quick`` and the same; sqlite3's bare ``fetchmany``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from migrate.extractors import open_source

TABLE = "crm_migrate_benchmark"
_POSTGRESQL = f"""
    CREATE TABLE {TABLE} AS SELECT i AS id, 'Ján ' || i AS first_name, 'Kováč' || i % 5000 AS
    last_name, 'user' || i || '@example.com' AS email, '+4219' || 10000000 + i AS phone,
    'Hlavná ' || i % 300 || ', Žilina' AS street, CASE WHEN i % 3 = 0 THEN NULL ELSE
    'note, with "quotes" ' || i END AS note, (i % 100000 / 100.0)::numeric(10, 2) AS amount,
    i % 2 = 0 AS vip, timestamp '2010-01-01' + i * interval '1 minute' AS created_at
    FROM generate_series(1, {{rows}}) i
"""
_MYSQL = f"""
    CREATE TABLE {TABLE} (id int PRIMARY KEY, vip tinyint(1), amount decimal(10, 2)) DEFAULT
    CHARSET = utf8mb4 AS SELECT seq AS id, concat('Ján ', seq) AS first_name,
    concat('Kováč', seq % 5000) AS last_name, concat('user', seq, '@example.com') AS email,
    concat('+4219', 10000000 + seq) AS phone, concat('Hlavná ', seq % 300, ', Žilina') AS street,
    if(seq % 3 = 0, NULL, concat('note, with "quotes" ', seq)) AS note,
    seq % 100000 / 100 AS amount, seq % 2 AS vip,
    timestamp'2010-01-01 00:00:00' + interval seq minute AS created_at FROM seq_1_to_{{rows}}
"""


def best(work: Callable[[], object], turns: list[float]) -> None:
    """Note how long the work takes."""
    begin = time.perf_counter()
    work()
    turns.append(time.perf_counter() - begin)


def read(place: str | Path) -> int:
    """Read the table through the extractor, batch by batch."""
    (table,) = open_source(place, only=[TABLE])
    return sum(len(frame) for frame in table.batches())


def psql(url: str, file: Path) -> None:
    """Copy the table out with PostgreSQL's own program."""
    command = f"COPY (SELECT * FROM {TABLE} ORDER BY id) TO STDOUT (FORMAT csv, HEADER)"
    with file.open("wb") as out:
        subprocess.run(["psql", "-qX", url, "-c", command], stdout=out, check=True)


def mysql(url: sa.URL, file: Path) -> None:
    """Write the table out with MariaDB's own program."""
    command = ["mysql", "--quick", "--batch", f"-h{url.host}", f"-P{url.port or 3306}"]
    command += [f"-u{url.username}", str(url.database), "-e", f"SELECT * FROM {TABLE} ORDER BY id"]
    environment = {**os.environ, "MYSQL_PWD": url.password or ""}
    with file.open("wb") as out:
        subprocess.run(command, stdout=out, check=True, env=environment)


def fetch(file: Path) -> None:
    """Read the table with sqlite3 alone."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        cursor = connection.execute(f"SELECT * FROM {TABLE} ORDER BY id")
        while cursor.fetchmany(50_000):
            pass


def compare(
    title: str, ours: Callable[[], object], peers: dict[str, Callable[[], object]], turns: int
) -> None:
    """Run ours and the peers in turns, and print the best of each and the ratio."""
    times: dict[str, list[float]] = {name: [] for name in ("crm-migrate", *peers)}
    for _ in range(turns):
        for name, work in (*peers.items(), ("crm-migrate", ours)):
            best(work, times[name])
    floor = sum(min(times[name]) for name in peers)
    for name, taken in times.items():
        print(f"{title:12} {name:24} {min(taken):7.2f} s")
    print(f"{title:12} {'ratio':24} {min(times['crm-migrate']) / floor:7.2f}")


def main() -> None:
    """Make the tables, compare, and drop them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("postgresql")
    parser.add_argument("--mysql", default="")
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crm-migrate-") as name:
        file = Path(name) / "out.csv"
        engine = sa.create_engine(
            sa.make_url(given.postgresql).set(drivername="postgresql+psycopg")
        )
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(_POSTGRESQL.format(rows=given.rows).replace("%", "%%"))
                connection.exec_driver_sql(f"ALTER TABLE {TABLE} ADD PRIMARY KEY (id)")
            compare(
                "PostgreSQL",
                lambda: read(given.postgresql),
                {
                    "psql COPY": lambda: psql(given.postgresql, file),
                    "pandas.read_csv": lambda: pd.read_csv(file, dtype="str"),
                },
                given.turns,
            )
            if given.sqlite:
                base = Path(name) / "contacts.db"
                with contextlib.closing(sqlite3.connect(base)) as target:
                    pd.read_csv(file).to_sql(TABLE, target, index=False)
                    target.execute(f"CREATE UNIQUE INDEX by_id ON {TABLE} (id)")
                compare(
                    "SQLite", lambda: read(base), {"fetchmany": lambda: fetch(base)}, given.turns
                )
        finally:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {TABLE}")
        if given.mysql:
            url = sa.make_url(given.mysql)
            engine = sa.create_engine(url.set(drivername="mysql+pymysql"))
            try:
                with engine.begin() as connection:
                    connection.exec_driver_sql(_MYSQL.format(rows=given.rows).replace("%", "%%"))
                compare(
                    "MariaDB",
                    lambda: read(given.mysql),
                    {
                        "mysql --quick": lambda: mysql(url, file),
                        "pandas.read_csv": lambda: pd.read_csv(file, sep="\t", dtype="str"),
                    },
                    given.turns,
                )
            finally:
                with engine.begin() as connection:
                    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {TABLE}")


if __name__ == "__main__":
    main()
