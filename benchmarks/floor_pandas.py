"""What does moving the same rows cost at least? The CSV into SQLite with pandas, as it is.

    python benchmarks/floor_pandas.py contacts.csv floor.db

Nothing is cleaned, validated, matched, accounted for or reversible: this is the floor under the
figures of migrate_contacts.py.
"""

from __future__ import annotations

import sqlite3
import sys

import pandas as pd

BATCH_ROWS = 50_000


def copy(csv_file: str, database: str) -> int:
    """Insert the CSV's rows into the table ``contacts`` and return how many there are."""
    rows = 0
    connection = sqlite3.connect(database)
    for frame in pd.read_csv(csv_file, dtype="str", chunksize=BATCH_ROWS):
        frame.to_sql("contacts", connection, if_exists="append", index=False)
        rows += len(frame)
    connection.commit()
    connection.close()
    return rows


if __name__ == "__main__":
    print(f"{copy(sys.argv[1], sys.argv[2]):,} rows")
