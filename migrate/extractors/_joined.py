"""How do several tables with one header become one, with every row's file still known?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from migrate.extractors._readings import options_of
from migrate.extractors._text import Text
from migrate.values import SOURCE_ROW, Column, Issue, Table

_ENDING = re.compile(r"^(?P<stem>.*?)(?P<sign>[-_. ]|part|of)?(?P<number>\d{1,3})$", re.IGNORECASE)

_YEAR = re.compile(r"(?<![A-Za-z0-9])((19|20)\d\d|\d{1,2})([-_. ]\d{1,2})?$")


def family(label: str) -> tuple[str, tuple[int, ...]]:
    """Tell parts of one export by their names: the name without part numbers, and the numbers.

    Years, dates and the numbers that browsers put in brackets are no part numbers.

    >>> family("WE_00D1_1.ZIP/Contact.csv"), family("WE_00D1_2.ZIP/Contact.csv")
    (('we_00d1_#.zip/contact.csv', (1,)), ('we_00d1_#.zip/contact.csv', (2,)))
    >>> family("export-1.csv"), family("export 2019.csv"), family("export (1).csv")
    (('export-#.csv', (1,)), ('export 2019.csv', ()), ('export (1).csv', ()))
    """
    pieces, numbers = [], []
    for piece in label.split("/"):
        stem, dot, suffix = piece.rpartition(".")
        if not dot or not stem:
            stem, dot, suffix = piece, "", ""
        found = _ENDING.match(stem)
        # "CONTACT2" is a name, "backup-2024-05" a date; a part's number stands apart.
        if found and (found["sign"] or not found["stem"]) and not _YEAR.search(found["stem"]):
            numbers.append(int(found["number"]))
            stem = f"{found['stem']}{found['sign'] or ''}#"
        pieces.append((stem + dot + suffix).lower())
    return "/".join(pieces), tuple(numbers)


def missing_parts(numbers: Sequence[tuple[int, ...]]) -> list[int]:
    """Give the part numbers that a run of parts leaves out.

    >>> missing_parts([(1,), (2,), (4,)])
    [3]
    """
    varying = [set(place) for place in zip(*numbers, strict=True) if len(set(place)) > 1]
    if len(varying) != 1:
        return []
    (there,) = varying
    return sorted(set(range(min(1, *there), max(there) + 1)) - there)


def joined(
    name: str, parts: Sequence[Table], origin: str, *, why: str, extra: Sequence[Issue] = ()
) -> Table:
    """Put tables one behind the other; columns are the union, in the order they are met.

    A row's ``_source_row`` counts on from part to part, and an Issue says which range is which
    file: a column of our own would make every row look edited when the next export is cut
    elsewhere.
    """
    columns: dict[str, Column] = {}
    for part in parts:
        columns.update({c.name: c for c in part.columns if c.name not in columns})
    while_reading: list[Issue] = []

    def read(rows: int) -> Iterator[pd.DataFrame]:
        while_reading.clear()
        last = 0
        ranges = []
        for part in parts:
            offset = last
            for frame in part.batches(rows):
                if len(frame):
                    last = max(last, offset + int(frame[SOURCE_ROW].max()))
                yield _filled(frame, columns, offset)
            ranges.append(f"{offset + 1}-{last}: {_file_of(part)}, counted from {offset}")
        while_reading.append(Issue(
            "parts_joined", "info", f"{len(parts)} files are one table: {why}",
            entity=name, place=origin, value="; ".join(ranges),
        ))  # fmt: skip

    first = parts[0]
    return replace(
        first,
        name=name,
        columns=tuple(columns.values()),
        origin=origin,
        read=read,
        count=lambda: sum(part.count() for part in parts),
        reading=_reading(parts, why),
        issues=lambda: (*extra, *(i for part in parts for i in part.issues()), *while_reading),
        control_totals={} if len(parts) > 1 else first.control_totals,
    )


def _filled(frame: pd.DataFrame, columns: Mapping[str, Column], offset: int) -> pd.DataFrame:
    data = {
        name: frame[name].reset_index(drop=True)
        if name in frame
        else pd.Series([None] * len(frame), dtype=Text)
        for name in columns
    }
    data[SOURCE_ROW] = frame[SOURCE_ROW].reset_index(drop=True) + offset
    return pd.DataFrame(data)


def _file_of(table: Table) -> str:
    return str(table.reading.get("file") or table.origin)


def _reading(parts: Sequence[Table], why: str) -> dict[str, Any]:
    evidence = {**parts[0].reading.get("evidence", {}), "parts": why}
    return {"parts": [options_of(part.reading) for part in parts], "evidence": evidence}
