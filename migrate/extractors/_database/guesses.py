"""What must be guessed of a database's texts before a row is read: code pages and wrong readings?

A few rows are looked at, from both ends of the table's order: what an old program wrote wrongly it
often wrote only until, or only since, somebody changed its settings.
"""

from __future__ import annotations

import codecs
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from migrate.errors import UsageError
from migrate.extractors._database.select import Selection, asked, statement
from migrate.extractors._database.texts import TEXT_KINDS
from migrate.languages.alphabets import PAGE_LANGUAGES, page_score
from migrate.languages.mojibake import Repair, find_repair, repair_named

_SAMPLE_ROWS = 1_000
_SAMPLE_SECONDS = 5
_SURE_SHARE = 0.9
_LIMITED = {"postgresql", "mysql", "mariadb", "sqlite"}
_PATIENCE = {
    "postgresql": (f"SET statement_timeout = '{_SAMPLE_SECONDS}s'", "SET statement_timeout = 0"),
    "mariadb": (
        f"SET SESSION max_statement_time = {_SAMPLE_SECONDS}",
        "SET SESSION max_statement_time = 0",
    ),
    "mysql": (
        f"SET SESSION max_execution_time = {_SAMPLE_SECONDS * 1000}",
        "SET SESSION max_execution_time = 0",
    ),
}


@dataclass(frozen=True)
class Guesses:
    """By column: the repair of its texts, and the code page of its bytes that are no UTF-8."""

    repairs: Mapping[str, Repair]
    pages: Mapping[str, str]
    evidence: Mapping[str, str]


def guess(
    engine: sa.Engine, connection: Any, selection: Selection, options: Mapping[str, Any], place: str
) -> Guesses:
    """Decide repairs and code pages from a sample, unless ``options`` say them.

    ``repairs`` and ``encodings`` are mappings column -> what ("utf-8 read as cp1252", "cp1250"), or
    "no" for none at all. Raises UsageError for one that is not known.
    """
    repairs = _given(options.get("repairs"), "repairs", selection, place)
    pages = _given(options.get("encodings"), "encodings", selection, place)
    for column, page in (pages or {}).items():
        _check_page(column, page, place)
    found = {column: _named(column, name, place) for column, name in (repairs or {}).items()}
    evidence: dict[str, str] = {}
    if repairs is None or pages is None:
        sample = _sample(engine, connection, selection)
        if pages is None:
            pages = {}
            for column, values in sample.items():
                if why := _page(values):
                    pages[column], evidence[f"encodings.{column}"] = why
        if repairs is None:
            for column, values in sample.items():
                texts = _texts(values, pages.get(column, ""))
                repair = find_repair(texts)
                if repair and repair.right == "utf-8" and repair.share >= _SURE_SHARE:
                    found[column] = repair
                    evidence[f"repairs.{column}"] = (
                        f"{repair.name}: {repair.votes} texts of the sample become sense"
                        f" ({repair.share:.0%} of those it would change)"
                    )
    return Guesses(found, pages or {}, evidence)


def _given(option: Any, name: str, selection: Selection, place: str) -> Mapping[str, str] | None:
    if option is None:
        return None
    if option in ("no", False):
        return {}
    if not isinstance(option, Mapping):
        raise UsageError(
            f"`{name}` is not a mapping of columns",
            hint=f"write `{name}: no` for none, or a line for each column",
            where=place,
        )
    for column in option:
        if column not in selection.names:
            raise UsageError(
                f'`{name}` names a column that is not there: "{column}";'
                f" there are: {', '.join(selection.names)}",
                hint=f"correct the name in `{name}`",
                where=place,
            )
    return {str(column): str(what) for column, what in option.items()}


def _named(column: str, name: str, place: str) -> Repair:
    repair = repair_named(name)
    if repair is None:
        raise UsageError(
            f'the repair of column "{column}" is not known: "{name}"',
            hint='write it as "utf-8 read as cp1252", or leave the column out',
            where=place,
        )
    return repair


def _check_page(column: str, page: str, place: str) -> None:
    try:
        codecs.lookup(page)
    except LookupError:
        raise UsageError(
            f'the encoding of column "{column}" is not known: "{page}"',
            hint=f"one of: {', '.join(PAGE_LANGUAGES)}",
            where=place,
        ) from None


def _sample(
    engine: sa.Engine, connection: Any, selection: Selection
) -> dict[str, list[str | bytes]]:
    """Read the texts of some rows; nothing where that would take long, or is refused."""
    columns = [c for c in selection.columns if c.kind in TEXT_KINDS and not c.is_large]
    wanted = [column.name for column in columns]
    if not wanted or selection.query:
        return {}
    dialect = engine.dialect.name
    patience = _PATIENCE.get(_server_name(engine), ("", ""))
    limit = _SAMPLE_ROWS if dialect in _LIMITED else 0
    found: list[Sequence[Any]] = []
    lost: tuple[type[Exception], ...] = (engine.dialect.loaded_dbapi.Error, UnicodeError)
    listed = [asked(selection, column) for column in columns]
    if isinstance(connection, sqlite3.Connection):
        connection.text_factory = _text_or_bytes
    is_postgresql = dialect == "postgresql"
    if is_postgresql and connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        patience = (
            f"{patience[0]}; SET client_encoding = 'SQL_ASCII'",
            f"{patience[1]}; SET client_encoding = 'UTF8'",
        )
    try:
        with suppress(*lost), closing(connection.cursor()) as cursor:
            if patience[0]:
                cursor.execute(patience[0])
            for backwards in (False, True) if selection.is_unique else (False,):
                ordered = selection if selection.is_unique else replace(selection, order=())
                query = statement(ordered, listed, limit=limit, backwards=backwards)
                cursor.execute(query.encode() if is_postgresql else query)
                found += cursor.fetchmany(_SAMPLE_ROWS)
    finally:
        if isinstance(connection, sqlite3.Connection):
            connection.text_factory = str
        with suppress(*lost), closing(connection.cursor()) as cursor:
            if patience[1]:
                cursor.execute(patience[1])
    sampled = list(zip(*found, strict=True))
    return {
        name: [value for value in values if isinstance(value, (str, bytes))]
        for name, values in zip(wanted, sampled, strict=False)
    }


def _server_name(engine: sa.Engine) -> str:
    return "mariadb" if getattr(engine.dialect, "is_mariadb", False) else engine.dialect.name


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _page(values: Iterable[str | bytes]) -> tuple[str, str] | None:
    """Find the code page of the texts that are no UTF-8 by their letters."""
    odd = [v for v in values if isinstance(v, bytes) and isinstance(_text_or_bytes(v), bytes)]
    if not odd:
        return None
    joined = b"\n".join(odd[:2_000])
    scored = [(page_score(joined, p), p) for p in PAGE_LANGUAGES]
    ranked = sorted(scored, key=lambda found: -found[0])  # equal: the page used more comes first
    (best, page), (second, other) = ranked[:2]
    if best <= 0:
        return None
    return page, f"{len(odd)} texts are no UTF-8; letters: {best:.2f}, {other}: {second:.2f}"


def _texts(values: Iterable[str | bytes], page: str) -> list[str]:
    return [v if isinstance(v, str) else _decoded(v, page) for v in values]


def _decoded(raw: bytes, page: str) -> str:
    text = _text_or_bytes(raw)
    return text if isinstance(text, str) else raw.decode(page or "utf-8", "backslashreplace")
