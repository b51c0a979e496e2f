"""How does a file or database become tables? One door for every kind of source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from migrate.extractors._kinds import kind_of
from migrate.extractors._profiles import read_profiled
from migrate.registry import load_plugin
from migrate.values import Table

__all__ = ["kind_of", "open_source"]


def open_source(place: str | Path, **options: Any) -> list[Table]:
    """Open a source and give its tables; no data row is read before a table's batches are.

    The kind is told by content, never by the file's name. Options for every kind: ``only`` (names
    of the tables wanted) and ``tables`` (table name -> its options: ``sheet``, ``header_rows``,
    ``totals_label`` for workbooks; ``table``, ``key`` for databases). Delimited text takes
    ``encoding``, ``delimiter``, ``quote``, ``decimal``, ``header_row`` and ``name``; databases take
    ``queries`` (table name -> SELECT). What a known system exported is told by its headers and gets
    that system's own names: ``profile`` overrules it (a name in ``mappings/sources``, or ``none``).

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "Zákazníci.csv"
    >>> _ = file.write_text("Meno;Telefón\\nJán;+421905123456\\n", encoding="utf-8")
    >>> [(table.name, table.column_names) for table in open_source(file)]
    [('zakaznici', ('Meno', 'Telefón'))]
    """
    kind = kind_of(place)
    module = load_plugin("extractors", kind)
    return read_profiled(module.read_tables, place, kind=kind, **options)
