"""How does a file or database become tables? One door for every kind of source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from migrate.extractors._kinds import kind_of
from migrate.extractors._profiles.reading import read_profiled
from migrate.registry import load_plugin
from migrate.values import Table

__all__ = ["kind_of", "open_source"]


def open_source(place: str | Path, *, folder: Path | None = None, **options: Any) -> list[Table]:
    """Open a source and give its tables; no data row is read before a table's batches are.

    The kind is told by content, never by the file's name: a file, a folder, a zip, or a database's
    URL. Every guess is in ``Table.reading`` under the name of the option that overrules it.

    Options for every kind: ``only`` (names of the tables wanted), ``tables`` (table name -> its
    options, as the reading has them: docs/sources.md lists them by kind) and ``profile`` (a name in
    ``mappings/sources``, or ``none``: what a known system exported is told by its headers and gets
    that system's own names). A migration's own ``folder`` adds the profiles of its
    ``mappings/sources``. Guesses may also be overruled for the whole place: ``encoding``,
    ``delimiter``, ``header_row`` and the like for text, ``password`` for workbooks, ``queries``
    (table name -> SELECT) and ``schemas`` for databases.

    Raises SourceError where the place cannot be read, UsageError for an option that its kind does
    not know.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "Zákazníci.csv"
    >>> _ = file.write_text("Meno;Telefón\\nJán;+421905123456\\n", encoding="utf-8")
    >>> [(table.name, table.column_names) for table in open_source(file)]
    [('zakaznici', ('Meno', 'Telefón'))]
    """
    kind = kind_of(place)
    module = load_plugin("extractors", kind)
    return read_profiled(module.read_tables, place, kind=kind, folder=folder, **options)
