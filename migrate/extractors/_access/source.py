"""How are the rows of an Access database asked for, and in which letters do they come?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._access.programs import ask, rows
from migrate.extractors._code_pages import decode

# One format for days and moments: a column that Access shows as a day may hold hours all the same.
_MOMENT = "%Y-%m-%dT%H:%M:%S"
_EXPORT = ("-b", "hex", "-D", _MOMENT, "-T", _MOMENT)
_BIND_BYTES = 200_000  # of one value mdbtools hold no more, unless they know --bind-size
_BIND_MORE = 16 << 20
_SAMPLE_ROWS, _SAMPLE_TEXTS = 5_000, 20_000


def bind_bytes_of(path: Path) -> int:
    """How many bytes of a value mdb-export can give: later versions are told by an option."""
    has_option = "--bind-size" in ask("mdb-export", ["--help"], path)
    return _BIND_MORE if has_option else _BIND_BYTES


@dataclass(frozen=True)
class Source:
    """A database and how its texts are read: ``page`` only for Access 97."""

    path: Path
    charset: str
    page: str = ""
    bind_bytes: int = _BIND_BYTES

    def text(self, value: str) -> str:
        """Read a text that mdbtools gave byte for byte."""
        if not self.page or value.isascii():
            return value
        return decode(value.encode("latin-1", "replace"), self.page)

    def rows(self, table: str) -> Iterator[list[str]]:
        place = str(self.path.absolute())
        more = [f"--bind-size={self.bind_bytes}"] if self.bind_bytes > _BIND_BYTES else []
        arguments = [*_EXPORT, *more, "--", place, table]
        return rows(arguments, self.path, charset=self.charset, table=self.text(table))

    def count(self, table: str) -> int:
        """The count that the table's definition keeps."""
        said = ask("mdb-count", ["--", str(self.path.absolute()), table], self.path,
                   charset=self.charset).strip()  # fmt: skip
        if not said.isdecimal():
            raise SourceError(
                f"mdb-count tells no number of rows for the table {self.text(table)}",
                hint="open it in Access and run Compact and Repair, then give the repaired file",
                where=str(self.path),
            )
        return int(said)

    def sample(self, tables: Sequence[str]) -> Iterator[bytes]:
        """Give texts beyond ASCII, those of names first."""
        found: dict[str, None] = {name: None for name in tables if not name.isascii()}
        for table in tables:
            for row in islice(self.rows(table), _SAMPLE_ROWS):
                found |= {value[:2000]: None for value in row if not value.isascii()}
            if len(found) >= _SAMPLE_TEXTS:
                break
        return (value.encode("latin-1", "replace") for value in found)
