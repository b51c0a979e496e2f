"""What does a live SQL database say of its tables? What the loader of the family says, no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.errors import TargetError
from migrate.loaders import sql as family
from migrate.loaders._sql_engine import open_database
from migrate.specs.live import KIND, MULTIPLE, PICKLIST, Live

OPTIONS = family.OPTIONS


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """Reflect every table with a primary key of one column; ``objects`` are all there anyway."""
    database = open_database(url, must_exist=True)
    place = database.label
    database.engine.dispose()
    with closing(family.open_loader(url, options=options, schema=None)) as loader:
        schema = loader.describe()
    if not schema.objects:
        raise TargetError(
            f"{place} has no table with a primary key of one column, so there is nothing to load",
            hint="check the name of the database in the url, and the rights of its user",
        )
    return Live(
        schema.objects, place, f"{database.dialect} tables",
        # A column of texts may be an e-mail address or hold a list: its type does not say.
        untold=frozenset({KIND, PICKLIST, MULTIPLE}),
        family="sql", capabilities=schema.capabilities,
    )  # fmt: skip
