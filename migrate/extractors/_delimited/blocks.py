"""Can a whole block of lines be read at once? Where nothing in it is out of order, by Arrow.

A block is in order where every quotation mark opens or closes a field or is doubled inside one,
every record has the usual number of fields, and no line is empty. What is in order is read the
same by every reader; the rest is read line by line (see :mod:`migrate.extractors._delimited.records`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from migrate.extractors._delimited.fields import Dialect
from migrate.extractors._delimited.lines import is_odd, line_ends

Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_LF, _CR = 10, 13
_MOST_COLUMNS = 4_000  # Arrow is made for long tables, not for broad ones


def is_quick(dialect: Dialect, width: int) -> bool:
    """Whether the dialect is one that a block can be read in at once."""
    signs = dialect.delimiter + dialect.quote
    return dialect.is_plain and signs.isascii() and 2 <= width <= _MOST_COLUMNS


def whole_records(block: bytes, dialect: Dialect) -> int:
    """Give the size of the part of a block that ends with a record; 0 where quotes do not add up.

    >>> whole_records(b'1;"a\\nb"\\n2;"c\\n', Dialect(";"))
    8
    """
    if not dialect.quote or dialect.quote.encode() not in block:
        return len(block)
    codes = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(codes == ord(dialect.quote))
    if len(quotes) % 2 == 0:
        return len(block)
    ends = line_ends(block)
    even = np.searchsorted(quotes, ends) % 2 == 0
    return int(ends[np.flatnonzero(even)[-1]]) if even.any() else 0


def is_in_order(block: bytes, dialect: Dialect) -> bool:
    """Whether every quote is in its place, and every line ends alike.

    >>> [is_in_order(text, Dialect(";")) for text in (b'1;"a ""b"" c"', b'1;"a"b', b'1;5"')]
    [True, False, False]
    """
    if is_odd(block) or block[:1] in (b"\n", b"\r") or b"\n\n" in block or b"\n\r" in block:
        return False
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return False
    quote = dialect.quote.encode()
    if not quote or quote not in block:
        return True
    codes = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(codes == quote[0])
    if len(quotes) % 2:
        return False
    edges = (ord(dialect.delimiter), _LF, _CR, quote[0])
    before = codes[quotes[::2] - 1]
    after = codes[np.minimum(quotes[1::2] + 1, len(codes) - 1)]
    opens = _is_any(before, edges)
    closes = _is_any(after, edges)
    if quotes[0] == 0:
        opens[0] = True
    # Opening and closing ones alternate; a doubled one is a closing one and an opening one.
    return bool(opens.all() and closes.all())


def _is_any(codes: Codes, signs: tuple[int, ...]) -> Mask:
    found: Mask = codes == signs[0]
    for sign in signs[1:]:
        found |= codes == sign
    return found


def table_of(block: bytes, dialect: Dialect, width: int, *, one: bool = False) -> pa.Table | None:
    """Read a block that is in order; None where a record is not of the usual width.

    ``one`` gives the first column only, to find out cheaply.
    """
    names = [str(index) for index in range(width)]
    kept = names[:1] if one else names
    try:
        return pacsv.read_csv(
            pa.py_buffer(block),
            read_options=pacsv.ReadOptions(
                column_names=names, use_threads=False, block_size=len(block) + 1
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                double_quote=True,
                newlines_in_values=True,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(kept, pa.large_string()),
                include_columns=kept,
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
                check_utf8=True,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def first_lines(table: pa.Table, block: bytes, line: int) -> npt.NDArray[np.int64]:
    """Give the line on which each record of the block begins; the block begins on ``line``."""
    rows = np.arange(table.num_rows, dtype=np.int64)
    ends = block.count(b"\n") + (not block.endswith(b"\n"))
    if ends == table.num_rows:
        return rows + line
    further = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        further += pc.count_substring(column, "\n").to_numpy()
    before: npt.NDArray[np.int64] = np.concatenate([[0], np.cumsum(further)[:-1]])
    return rows + line + before


@dataclass(frozen=True)
class Records:
    """The records of a block by its line ends: how many plainly show something, and the others.

    ``doubtful`` are the texts of those of which it is not plain; ``long`` the texts of those that
    take several lines.
    """

    shown: int
    doubtful: list[bytes]
    long: list[bytes]


def records_of(block: bytes, dialect: Dialect) -> Records:
    """Find the records of a block whose quotes are in order, by its line ends outside quotes.

    >>> records_of(b'1;"a\\nb"\\n;\\n2;x\\n', Dialect(";"))
    Records(shown=2, doubtful=[b';\\n'], long=[b'1;"a\\nb"\\n'])
    """
    codes = np.frombuffer(block, np.uint8)
    all_ends = ends = line_ends(block)
    quote = dialect.quote.encode()
    if quote and quote in block:
        quotes = np.flatnonzero(codes == quote[0])
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    if not len(ends):
        return Records(0, [block] if block else [], [])
    starts = np.concatenate([[0], ends[:-1]])
    shows = np.logical_or.reduceat(_shown(dialect)[codes], starts)
    doubtful = np.flatnonzero(~shows)
    long: list[int] = []
    if len(all_ends) != len(ends):
        places = np.searchsorted(all_ends, ends)
        long = np.flatnonzero(np.diff(places, prepend=-1) > 1).tolist()
    return Records(
        int(shows.sum()),
        [block[starts[i] : ends[i]] for i in doubtful],
        [block[starts[i] : ends[i]] for i in long],
    )


def _shown(dialect: Dialect) -> Mask:
    """The bytes that show something wherever they stand: no blank, sign, or part of a wide blank."""
    shown = np.ones(256, np.bool_)
    shown[:33] = False
    shown[127:195] = False
    shown[0xE1:0xE4] = False
    for sign in (dialect.delimiter + dialect.quote + dialect.escape).encode():
        shown[sign] = False
    return shown
