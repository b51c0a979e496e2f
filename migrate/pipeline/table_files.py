"""Which file does each table of a source go to? The table's own name, where a folder can hold it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from migrate.store.runfolder import safe_name

_LONGEST = 200  # bytes, of the 255 that most file systems give a name
_RESERVED = frozenset(["con", "prn", "aux", "nul"]) | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)
}


def table_files(names: Sequence[str]) -> Mapping[str, str]:
    """Table -> its CSV. Names that a file system could confuse or refuse carry a hash.

    >>> dict(table_files(["Account", "Order Details", "deals", "Deals"]))["Order Details"]
    'Order_Details.csv'
    >>> len(set(table_files(["deals", "Deals", "a/b", "a_b"]).values()))
    4
    """
    plain = {name: _plain(name) for name in names}
    counted = Counter(_folded(file) for file in plain.values())
    return {
        name: f"{file if _is_fit(file) and counted[_folded(file)] == 1 else safe_name(name)}.csv"
        for name, file in plain.items()
    }


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFC", name)
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in text)


def _folded(file: str) -> str:
    return unicodedata.normalize("NFKD", file).casefold()


def _is_fit(file: str) -> bool:
    return (
        0 < len(file.encode()) <= _LONGEST
        and not file.startswith((".", "~"))
        and file.partition(".")[0].casefold() not in _RESERVED
    )
