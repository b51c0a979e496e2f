"""What do mdbtools say of an Access database: its tables, columns, keys, references, links?"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._access.programs import ask, rows
from migrate.extractors._text import unreadable
from migrate.values import Column, ForeignKey

COMPLEX = "attachment or several values"
HEAD_KEY = bytes((0xC7, 0xDA, 0x39, 0x6B))  # with it every Jet file hides 126 bytes of its head
_HEAD_BYTES = 0x2A1
_JET_3 = 0
_TABLE, _LINK_ODBC, _QUERY, _LINK = 1, 4, 5, 6
# Texts in the one-byte code page of Access 97 come out of mdbtools byte for byte.
BYTE_FOR_BYTE = "ISO-8859-1"


@dataclass(frozen=True)
class Head:
    """What the first page says: Access 97 or later, the code page, and whether it is encrypted."""

    is_access_97: bool
    code_page: str
    is_encrypted: bool


def read_head(path: Path) -> Head:
    """Read the head of the file. Raises SourceError where it is cut."""
    try:
        with path.open("rb") as file:
            raw = file.read(_HEAD_BYTES)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    if len(raw) < _HEAD_BYTES:
        raise SourceError(
            f"ends inside the head of the database ({len(raw)} bytes)",
            hint="ask for the file again: this copy is cut",
            where=str(path),
        )
    page = struct.unpack_from("<H", rc4(HEAD_KEY, raw[0x18 : 0x18 + 126]), 0x3C - 0x18)[0]
    # Where an .accdb with a password keeps how it is encrypted: a length, then a version.
    length, major, minor = struct.unpack_from("<HHH", raw, 0x299)
    return Head(
        is_access_97=raw[20] == _JET_3,
        code_page=f"cp{page}" if 400 <= page <= 1300 else "",
        is_encrypted=raw[20] >= 2 and length > 0 and 2 <= major <= 4 and 2 <= minor <= 4,
    )


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt with RC4, which hides nothing here: the key is the same in every file."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    result = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        result.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(result)


@dataclass(frozen=True)
class Schema:
    """The tables of the file in its order, and for each its columns, key and references.

    ``linked`` are tables that stand in another file (name, where); ``queries`` the saved ones.
    """

    tables: tuple[str, ...]
    columns: Mapping[str, tuple[Column, ...]]
    keys: Mapping[str, tuple[str, ...]]
    references: Mapping[str, tuple[ForeignKey, ...]]
    linked: tuple[tuple[str, str], ...]
    queries: tuple[str, ...]


def read_schema(path: Path, charset: str) -> Schema:
    """Read all that mdbtools tell without reading rows. Raises SourceError."""
    place = str(path.absolute())
    listed = ask("mdb-tables", ["-1", "-t", "table", place], path, charset=charset)
    # Access hides names that begin with ~: leavings of deleted tables and of queries.
    tables = tuple(n for n in listed.split("\n") if n and not n.startswith(("~", "MSys")))
    quiet = ["--no-not-null", "--no-default-values", "--no-not_empty", "--no-comments"]
    described = ask("mdb-schema", [*quiet, "--no-indexes", "--no-relations", place, "access"],
                    path, charset=charset)  # fmt: skip
    indexed = ask("mdb-schema", [*quiet, "--indexes", "--no-relations", place, "mysql"],
                  path, charset=charset)  # fmt: skip
    linked, queries = _catalogue(path, place, charset)
    return Schema(
        tables, columns_of(described), keys_of(indexed), _references(path, place, charset, tables),
        linked, queries,
    )  # fmt: skip


def columns_of(described: str) -> dict[str, tuple[Column, ...]]:
    """Read the columns out of what mdb-schema writes for Access.

    >>> made = "CREATE TABLE [A b]\\n (\\n\\t[ID]\\t\\t\\tLong Integer, \\n\\t[T]\\t\\t\\tText (50)\\n);"
    >>> {table: [(c.name, c.type) for c in columns] for table, columns in columns_of(made).items()}
    {'A b': [('ID', 'Long Integer'), ('T', 'Text (50)')]}
    """
    found = {}
    for table, body in re.findall(
        r"^CREATE TABLE \[([^\n]*)\]\n \(\n(.*?)\n\);$", described, re.DOTALL | re.MULTILINE
    ):
        lines = re.findall(r"^\t\[(.*)\]\t\t\t(.*?)(?:, )?$", body, re.MULTILINE)
        found[table] = tuple(Column(name, _type(kind.strip())) for name, kind in lines)
    return found


def _type(kind: str) -> str:
    return COMPLEX if kind.lower().startswith(("unknown_0012", "complex")) else kind


def keys_of(indexed: str) -> dict[str, tuple[str, ...]]:
    """Read the primary keys out of what mdb-schema writes for MySQL, which keeps the names.

    >>> keys_of("ALTER TABLE `Ceny` ADD PRIMARY KEY (`Tovar`, `Od`);")
    {'Ceny': ('Tovar', 'Od')}
    """
    return {
        table: tuple(re.findall(r"`([^`]*)`", columns))
        for table, columns in re.findall(
            r"^ALTER TABLE `(.*)` ADD PRIMARY KEY \((.*)\);$", indexed, re.MULTILINE
        )
    }


def _system_table(name: str, path: Path, place: str, charset: str) -> list[dict[str, str]]:
    """Read a system table; an older or damaged file may lack it, and is read without."""
    try:
        header, *found = rows(["-b", "strip", place, name], path, charset=charset, table=name)
    except (SourceError, ValueError):
        return []
    return [dict(zip(header, row, strict=False)) for row in found]


def _catalogue(
    path: Path, place: str, charset: str
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    linked, queries = [], []
    for entry in _system_table("MSysObjects", path, place, charset):
        name, kind = entry.get("Name", ""), entry.get("Type", "")
        if kind == str(_LINK):
            linked.append((name, entry.get("Database", "") or "another file"))
        elif kind == str(_LINK_ODBC):
            linked.append((name, "a database server (ODBC)"))  # its connection may hold a password
        elif kind == str(_QUERY) and not name.startswith("~"):
            queries.append(name)
    return tuple(linked), tuple(queries)


def _references(
    path: Path, place: str, charset: str, tables: Sequence[str]
) -> dict[str, tuple[ForeignKey, ...]]:
    gathered: dict[tuple[str, str, str], list[tuple[int, str, str]]] = {}
    for entry in _system_table("MSysRelationships", path, place, charset):
        table, target = entry.get("szObject", ""), entry.get("szReferencedObject", "")
        position = entry.get("icolumn", "")
        pair = (entry.get("szColumn", ""), entry.get("szReferencedColumn", ""))
        if table in tables and target in tables and all(pair):
            key = (entry.get("szRelationship", ""), table, target)
            order = int(position) if position.isdecimal() else 0
            gathered.setdefault(key, []).append((order, *pair))
    found: dict[str, tuple[ForeignKey, ...]] = {}
    for (_, table, target), parts in gathered.items():
        _, own, theirs = zip(*sorted(parts), strict=True)
        found[table] = (*found.get(table, ()), ForeignKey(tuple(own), target, tuple(theirs)))
    return found
