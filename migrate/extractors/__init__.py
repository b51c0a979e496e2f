"""How does a file or database become tables? One door for every kind of source."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.values import Table

_URL = re.compile(r"[a-z][a-z0-9+.\-]+://", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html|<table|<\?xml)", re.IGNORECASE)


def open_source(place: str | Path, **options: Any) -> list[Table]:
    """Open a source and give its tables; no data row is read before a table's batches are.

    The kind is told by content, never by the file's name. Options for every kind: ``only`` (names
    of the tables wanted) and ``tables`` (table name -> its options: ``sheet``, ``header_rows``,
    ``totals_label`` for workbooks; ``table``, ``key`` for databases). Delimited text takes
    ``encoding``, ``delimiter``, ``quote``, ``decimal``, ``header_row`` and ``name``; databases take
    ``queries`` (table name -> SELECT).

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "Zákazníci.csv"
    >>> _ = file.write_text("Meno;Telefón\\nJán;+421905123456\\n", encoding="utf-8")
    >>> [(table.name, table.column_names) for table in open_source(file)]
    [('zakaznici', ('Meno', 'Telefón'))]
    """
    module = importlib.import_module(f"migrate.extractors.{kind_of(place)}")
    tables: list[Table] = module.read_tables(place, **options)
    return tables


def kind_of(place: str | Path) -> str:
    """Tell which extractor reads a place: database, excel or delimited."""
    from migrate.extractors._text import existing_file

    if isinstance(place, str) and _URL.match(place):
        return "database"
    path = existing_file(Path(place))
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as problem:
        raise SourceError(
            f"cannot be opened ({problem.strerror})",
            hint="close it in other programs, and check that you may read it",
            where=str(path),
        ) from problem
    if head.startswith(b"SQLite format 3\0"):
        return "database"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        return "excel"
    if _WEB_PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise SourceError(
            f"is a web page or XML, whatever its name ({path.suffix}) says",
            hint="open it in a spreadsheet program and save it as .xlsx",
            where=str(path),
        )
    return "delimited"
