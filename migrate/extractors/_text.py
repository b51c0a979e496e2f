"""What is the one text form of a value that a source gives us?"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from migrate.errors import SourceError, UsageError
from migrate.values import RESERVED_COLUMNS, SOURCE_ROW, Issue

Text = pd.StringDtype(na_value=float("nan"))


def text_of(value: object) -> str | None:
    """Give the text of a value; None where there is none. Text itself stays as it is.

    >>> [text_of(v) for v in (1001.0, 12.5, 1e-07, True, None, Decimal("1E+3"), " +421 ")]
    ['1001', '12.5', '0.0000001', 'true', None, '1000', ' +421 ']
    >>> [text_of(v) for v in (datetime(2019, 3, 1), datetime(2019, 3, 1, 10, 5), b"\\x00A")]
    ['2019-03-01', '2019-03-01T10:05:00', '\\\\x0041']
    >>> text_of(timedelta(hours=30, minutes=5))
    '30:05:00'
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _text_of_float(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        # Midnight in a named zone is an instant; dropping the zone would move the day.
        is_day = value.time() == time() and value.tzinfo is None
        return value.date().isoformat() if is_day else _short_fraction(value.isoformat())
    if isinstance(value, time):
        return _short_fraction(value.isoformat())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _text_of_duration(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def _short_fraction(moment: str) -> str:
    """Drop the zeros that end a fraction of a second, as PostgreSQL writes it."""
    return re.sub(r"(\.\d*?)0+(?=$|[-+Z])", r"\1", moment) if "." in moment else moment


def _text_of_float(value: float) -> str | None:
    if value != value:
        return None
    if value in (float("inf"), float("-inf")):
        return repr(value)
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def _text_of_duration(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    seconds, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def frame_of(
    names: Sequence[str], columns: Iterable[Sequence[str | None]], source_rows: Sequence[int]
) -> pd.DataFrame:
    """Make the frame that a batch is: text columns, blank as missing, and the source row.

    >>> frame_of(["name", "phone"], [["Ján", " "], ["+421905123456", ""]], [2, 3])
      name          phone  _source_row
    0  Ján  +421905123456            2
    1  NaN            NaN            3
    """
    arrays = [pa.array(values, pa.large_string()) for values in columns]
    return frame_of_arrays(names, arrays, pd.Series(source_rows, dtype="int64"))


def frame_of_arrays(
    names: Sequence[str], columns: Sequence[pa.Array | pa.ChunkedArray], source_rows: pd.Series
) -> pd.DataFrame:
    """Make the same frame of Arrow columns (``large_string``), whose text is not copied."""
    data: dict[str, pd.Series] = {}
    for name, array in zip(names, columns, strict=True):
        data[name] = pd.Series(pd.array(_blank_as_missing(array), dtype=Text))
    data[SOURCE_ROW] = source_rows
    return pd.DataFrame(data)


def _blank_as_missing(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Texts that show nothing become missing."""
    blank = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(array)), 0)
    if not pc.any(blank).as_py():
        return array
    return pc.if_else(blank, pa.scalar(None, pa.large_string()), array)


def checked_names(headers: Sequence[tuple[int, str]], place: str) -> None:
    """Refuse headers that name two columns alike or take one of our names.

    ``headers`` are (position counted from 1, name).

    >>> checked_names([(1, "mail"), (3, "mail")], "kontakty.csv")
    Traceback (most recent call last):
    migrate.errors.SourceError: kontakty.csv: two columns have one name: "mail" (columns 1 and 3)
      → rename all but one of them in the source, then run again
    """
    positions: dict[str, list[int]] = {}
    for position, name in headers:
        positions.setdefault(name, []).append(position)
    doubled = [
        f'"{name}" (columns {" and ".join(map(str, where))})'
        for name, where in positions.items()
        if len(where) > 1
    ]
    if doubled:
        raise SourceError(
            f"two columns have one name: {'; '.join(doubled)}",
            hint="rename all but one of them in the source, then run again",
            where=place,
        )
    reserved = [name for _, name in headers if name in RESERVED_COLUMNS]
    if reserved:
        raise SourceError(
            f"the column name {', '.join(reserved)} belongs to crm-migrate"
            f" (reserved: {', '.join(sorted(RESERVED_COLUMNS))})",
            hint="rename the column in the source, then run again",
            where=place,
        )


def named_columns(
    headers: Sequence[str], place: str, table: str = ""
) -> tuple[list[str], list[Issue]]:
    """Name the columns so that no two are alike and none has one of our names.

    ``headers`` are the names as the source has them, in order. The second and later use of a name
    is numbered (whatever its case: databases do not tell "Mail" from "mail"); a reserved name loses
    the underscore it begins with. Gives the names, and an Issue for each one that is not the
    source's own.

    >>> names, issues = named_columns(["mail", "name", "Mail", "_record_id"], "kontakty.csv:1")
    >>> names, [issue.message for issue in issues][0]
    (['mail', 'name', 'Mail_2', 'record_id'], 'column 3 is "Mail_2": another has its name "Mail"')
    """
    kept = {name.casefold() for name in headers} | {name.casefold() for name in RESERVED_COLUMNS}
    names: list[str] = []
    issues: list[Issue] = []
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for position, name in enumerate(headers, start=1):
        free, why = name, "another has its name"
        if name in RESERVED_COLUMNS:
            free, why = name.lstrip("_"), "crm-migrate keeps for itself the name"
        if free.casefold() in taken or (free != name and free.casefold() in kept):
            stem = free
            number = numbers.get(stem.casefold(), 1)
            while (folded := free.casefold()) in taken or folded in kept:
                number += 1
                free = f"{stem}_{number}"
            numbers[stem.casefold()] = number
        taken.add(free.casefold())
        names.append(free)
        if free != name:
            issues.append(Issue(
                code="column_renamed", severity="warning", entity=table, column=free, place=place,
                message=f'column {position} is "{_short(free)}": {why} "{_short(name)}"',
                hint="map it by its new name, or rename it in the source",
            ))  # fmt: skip
    return names, issues


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:77]}..."


def slug(name: str) -> str:
    """Turn the name of a sheet or file into a table name.

    >>> slug("Zákazníci 2024 (nové)"), slug("客户")
    ('zakaznici_2024_nove', '客户')
    """
    folded = unicodedata.normalize("NFKD", name.lower())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"\W+", "_", plain).strip("_") or "table"


def unique_names(names: Iterable[str]) -> list[str]:
    """Number the second and later use of a name.

    >>> unique_names(["data", "data", "x"])
    ['data', 'data_2', 'x']
    """
    result: dict[str, None] = {}
    for name in names:
        number, free = 1, name
        while free in result:
            number += 1
            free = f"{name}_{number}"
        result[free] = None
    return list(result)


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Give the most similar allowed name, or an empty text."""
    return next(iter(difflib.get_close_matches(name, list(allowed), 1, 0.5)), "")


def check_options(options: Iterable[str], allowed: Sequence[str], place: str) -> None:
    """Refuse an option that this kind of source does not know.

    >>> check_options(["delimeter"], ["delimiter", "encoding"], "a.csv")
    Traceback (most recent call last):
    migrate.errors.UsageError: a.csv: unknown option "delimeter"; allowed: delimiter, encoding
      → did you mean "delimiter"?
    """
    for option in options:
        if option not in allowed:
            near = nearest(option, allowed)
            raise UsageError(
                f'unknown option "{option}"; allowed: {", ".join(allowed)}',
                hint=f'did you mean "{near}"?' if near else "leave the option out",
                where=place,
            )


def chosen(names: Sequence[str], only: Sequence[str] | None, place: str) -> list[str]:
    """Keep the tables that ``only`` names, in the source's order; refuse an unknown one."""
    if only is None:
        return list(names)
    for name in only:
        if name not in names:
            near = nearest(name, names)
            raise UsageError(
                f'there is no table "{name}"; there are: {", ".join(names) or "none"}',
                hint=f'did you mean "{near}"?' if near else "correct the name after `only`",
                where=place,
            )
    return [name for name in names if name in only]


def table_options(
    tables: Mapping[str, Mapping[str, object]], allowed: Sequence[str], place: str
) -> None:
    """Check the options of every table."""
    for name, options in tables.items():
        check_options(options, allowed, f"{place}, table {name}")


def existing_file(path: Path) -> Path:
    """Refuse a file that is not there, naming the nearest that is."""
    if path.is_dir():
        raise SourceError("is a folder, not a file", hint="name one file in it", where=str(path))
    if path.is_file():
        return path
    folder = path.parent
    if not folder.is_dir():
        raise SourceError(
            f"the folder {folder} is not there", hint="correct the path", where=str(path)
        )
    near = nearest(path.name, [entry.name for entry in folder.iterdir() if entry.is_file()])
    raise SourceError(
        "the file is not there",
        hint=f'did you mean "{near}"?' if near else f"put the file into {folder}",
        where=str(path),
    )


def unreadable(path: Path, problem: OSError) -> SourceError:
    """Make the error for a file that the system does not let us read."""
    return SourceError(
        f"cannot be read ({problem.strerror})",
        hint="close it in other programs, and check that you may read it",
        where=str(path),
    )
