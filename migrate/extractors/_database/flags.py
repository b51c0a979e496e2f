"""Which rows did the old program only mark as deleted, and how is that asked in SQL?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrate.extractors._database.texts import SourceColumn
from migrate.extractors._text import slug

_DELETED = re.compile(
    r"(is_?)?(deleted|removed|zmazan[eyao]?|vymazan[eyao]?|smazan[eoya]?|odstranen[eyao]?|"
    r"usuniet[eyao]|geloescht|geloscht|supprime|eliminado|eliminato|borrado|excluido|torolt|"
    r"удален[аоы]?|видален[оаи]?)(_?(flag|at|on|date|time|ts|marker|yn|by_system))?"
    r"|(soft_?|date_?|flag_?)(delete|deleted)(_?at)?|delete_?(flag|date|mark|time)|del_?flag|"
    r"isdeleted|recorddeleted|record_?deleted|tombstone|trashed(_at)?"
)
_ARCHIVED = re.compile(
    r"(is_?)?(archived|archiv|inactive|disabled|hidden|obsolete)(_?(flag|at|on))?"
)
_ACTIVE = re.compile(
    r"(is_?)?(active|aktivn[yea]?|aktiv|aktywn[yae]|activo|attivo|enabled)(_?flag)?"
)
_YES = ("1", "-1", "t", "true", "y", "yes", "x", "*", "d", "a", "ano", "áno", "ja", "j", "si", "oui",
        "tak", "t.", "да", "deleted", "on")  # fmt: skip
_NO = ("0", "f", "false", "n", "no", "nie", "ne", "nein", "non", "nao", "нет", "off", "inactive")
_NUMBER = re.compile(r"(tiny|small|medium|big)?int|numeric|number|decimal|bit|serial|year", re.I)
_TIME = re.compile(r"date|time", re.I)
_TEXT = re.compile(r"char|text|enum|clob|string", re.I)


@dataclass(frozen=True)
class Flag:
    """The column that marks a row as gone, and the SQL condition that a marked row meets."""

    column: str
    condition: str

    @property
    def kept(self) -> str:
        """The condition of the rows that are not marked; a NULL marks nothing."""
        return f"CASE WHEN {self.condition} THEN 1 ELSE 0 END = 0"


def find_flag(
    columns: Sequence[SourceColumn], quote: Callable[[str], str], family: str
) -> Flag | None:
    """Find the column that marks rows as deleted (else archived, else not active) by its name.

    >>> columns = [SourceColumn("id", "integer"), SourceColumn("deleted", "tinyint(1)")]
    >>> find_flag(columns, lambda name: name, "mysql").condition
    'deleted <> 0'
    >>> find_flag([SourceColumn("Active", "boolean")], str, "postgresql").condition
    'Active = FALSE'
    """
    for pattern in (_DELETED, _ARCHIVED, _ACTIVE):
        for column in columns:
            if pattern.fullmatch(_folded(column.name)):
                flag = flag_of(column, quote, family)
                if flag is not None:
                    return flag
    return None


def flag_of(column: SourceColumn, quote: Callable[[str], str], family: str) -> Flag | None:
    """Say how the column marks a row, by its declared type; None where that cannot be said."""
    name, declared = quote(column.name), column.type.lower()
    marks_present = _ACTIVE.fullmatch(_folded(column.name)) is not None
    if declared.startswith("bool") and family in ("postgresql", "firebird"):
        return Flag(column.name, f"{name} = {'FALSE' if marks_present else 'TRUE'}")
    if _TIME.match(declared):
        if marks_present:
            return None
        zero = f" AND {name} > '0001-01-01'" if family == "mysql" else ""
        return Flag(column.name, f"{name} IS NOT NULL{zero}")
    if _NUMBER.match(declared) or (declared.startswith("bool") and family != "sqlite"):
        return Flag(column.name, f"{name} {'=' if marks_present else '<>'} 0")
    if _TEXT.search(declared) or family == "sqlite":
        words = ", ".join(f"'{word}'" for word in (_NO if marks_present else _YES))
        text = f"CAST({name} AS TEXT)" if family == "sqlite" else name
        return Flag(column.name, f"LOWER(TRIM({text})) IN ({words})")
    return None


def _folded(name: str) -> str:
    return slug(re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", "_", name))
