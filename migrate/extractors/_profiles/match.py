"""Which known system wrote a table, told by its header and name alone?

Nothing is recognised on a weak hint: a profile names the columns that tell, and most of them must
be there. A source that no profile knows costs a look at the words of the profiles, no more.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from migrate.extractors._profiles.salesforce_ids import is_id
from migrate.specs.profile import ANY, NUMBER, ProfileTable, SourceProfile
from migrate.specs.source_profile import profile_files, profile_of, read_profile
from migrate.values import Table

_NUMBERS = re.compile(r"\d+")
_SIGNATURE = re.compile(r"^ +signature: \[(.*)\]\n(?: +share: (\d+))?", re.MULTILINE)
_SPELLED = re.compile(r"^ {8}(\S.*?) = (.+)$", re.MULTILINE)
_NAMES = re.compile(r"^ +names: \[(.*)\]$", re.MULTILINE)
_SAMPLE_ROWS = 200


@dataclass(frozen=True)
class Match:
    """A table of a source, and the table of a profile that it is."""

    profile: SourceProfile
    table: ProfileTable
    language: str
    rename: Mapping[str, str] = field(default_factory=dict)
    share: float = 0.0
    known: int = 0
    evidence: str = ""
    runner_up: str = ""

    @property
    def rank(self) -> tuple[bool, float, int, int]:
        """The better match is the greater one; a table with a name before any other of a system."""
        is_named = self.table.name != ANY
        return (is_named, self.share, self.known, len(self.table.signature))


def plain(header: str) -> str:
    """Give the form in which headers are compared.

    >>> plain("  E-Mail\\u00a0Adresse ")
    'e-mail adresse'
    """
    return " ".join(unicodedata.normalize("NFC", header).casefold().split())


def best_match(table: Table, forced: str = "", *, folder: Path | None = None) -> Match | None:
    """Find the profile that knows a table; ``forced`` names the only one to be asked."""
    candidates = (
        [read_profile(forced, folder=folder)] if forced else likely_profiles(table, folder=folder)
    )
    found = [
        match
        for profile in candidates
        for described in profile.tables
        if (match := _match(table, profile, described, is_forced=bool(forced)))
    ]
    found.sort(key=lambda match: match.rank, reverse=True)
    if not found:
        return None
    others = [f"{m.profile.name}: {m.table.name}" for m in found[1:] if m.table != found[0].table]
    first = found[0]
    return Match(**{**first.__dict__, "runner_up": others[0] if others else ""})


def companion_match(table: Table, profiles: Iterable[SourceProfile]) -> Match | None:
    """Find what a table is by its name alone, where these profiles were recognised beside it."""
    for profile in profiles:
        for described in profile.tables:
            if (
                described.is_companion
                and _is_called(table, described.names)
                and _share(table, described) >= described.share
            ):
                rename = renames(table.column_names, described, "")
                why = f"its name, beside other tables of {profile.label}"
                return Match(profile, described, "", rename, evidence=why)
    return None


def _share(table: Table, described: ProfileTable) -> float:
    """The percentage of the telling columns that a table has under their own names."""
    have = {plain(name) for name in table.column_names}
    there = [column for column in described.signature if plain(column) in have]
    return 100.0 * len(there) / len(described.signature) if described.signature else 100.0


def likely_profiles(table: Table, *, folder: Path | None = None) -> list[SourceProfile]:
    """Give the profiles that may know a table by a glance at their files; only these are parsed."""
    wanted = {plain(header) for header in table.column_names}
    wanted |= {_NUMBERS.sub("1", header) for header in wanted}
    return [
        profile_of(path)
        for path in profile_files(folder=folder).values()
        if _may_know(_outline(path, path.stat().st_mtime_ns), wanted, table)
    ]


@dataclass(frozen=True)
class _Outline:
    """What a profile's file says at a glance: telling columns with their share, and spellings."""

    signatures: tuple[tuple[tuple[str, ...], float], ...]
    spelled: Mapping[str, frozenset[str]]
    names: tuple[str, ...] = ()


@cache
def _outline(path: Path, _changed: int) -> _Outline:
    text = path.read_text(encoding="utf-8", errors="replace").replace(NUMBER, "1")
    spelled: dict[str, set[str]] = {}
    for column, headers in _SPELLED.findall(text):
        spelled.setdefault(plain(column), set()).update(plain(h) for h in headers.split(" | "))
    signatures = tuple(
        (tuple(plain(c.strip(" \"'")) for c in columns.split(",")), float(share or 100))
        for columns, share in _SIGNATURE.findall(text)
    )
    has_ids = "\nid_form:" in text
    names = tuple(_NAMES.findall(text)) if has_ids else ()
    return _Outline(signatures, {c: frozenset(h) for c, h in spelled.items()}, names)


def _may_know(outline: _Outline, wanted: set[str], table: Table) -> bool:
    if not outline.signatures:
        return True  # written in another style: it has to be parsed
    if outline.names:
        if "id" in wanted and _is_called(table, outline.names):
            return True
        if not outline.spelled.get("id", frozenset()).isdisjoint(wanted):
            return True
    return any(
        100.0 * sum(_is_there(c, outline, wanted) for c in columns) >= share * len(columns)
        for columns, share in outline.signatures
    )


def _is_there(column: str, outline: _Outline, wanted: set[str]) -> bool:
    return column in wanted or not outline.spelled.get(column, frozenset()).isdisjoint(wanted)


def _match(
    table: Table, profile: SourceProfile, described: ProfileTable, *, is_forced: bool
) -> Match | None:
    is_called = not described.names or _is_called(table, described.names)
    if not described.signature or not (is_called or described.id_prefix):
        return None
    have = {plain(name): name for name in table.column_names}
    best: Match | None = None
    for language in ("", *described.headers):
        spelled = described.headers.get(language, {})
        there = [c for c in described.signature if _header(c, spelled, have)]
        share = 100.0 * len(there) / len(described.signature)
        least = min(described.share, 50.0) if is_forced else described.share
        by_ids = ""
        if share < least or not is_called:
            by_ids = _told_by_ids(table, described, spelled, have, is_called=is_called)
            if not by_ids:
                continue
        rename = renames(table.column_names, described, language)
        known = len(rename) + sum(plain(c) in have for c in described.signature)
        if best is None or (share, known) > (best.share, best.known):
            said = f", headers in {language}" if language else ""
            why = by_ids or f"{len(there)} of {len(described.signature)} telling columns"
            what = f"{why} of {profile.label}: {described.name}{said}"
            best = Match(profile, described, language, rename, share, known, what)
    return best


def _told_by_ids(
    table: Table,
    described: ProfileTable,
    spelled: Mapping[str, Sequence[str]],
    have: Mapping[str, str],
    *,
    is_called: bool,
) -> str:
    """Say what tells a table of few columns: ids of the right kind under a header of its own."""
    header = _header(described.key[0], spelled, have) if described.key else ""
    if not described.id_prefix or not header:
        return ""
    if not is_called and plain(header) == plain(described.key[0]):
        return ""  # every table may have an Id
    sample = next(iter(table.batches(_SAMPLE_ROWS)), None)
    values = [] if sample is None else [str(v) for v in sample[header].dropna().unique()]
    is_told = bool(values) and all(is_id(v) and v.startswith(described.id_prefix) for v in values)
    return f"a sample of ids that begin with {described.id_prefix}" if is_told else ""


def _is_called(table: Table, patterns: Sequence[str]) -> bool:
    """Compare the name of the file (or of the table in a database) with a profile's patterns."""
    path = Path(file_of(table))
    names = {table.name, path.name, path.stem, re.sub(r"[-_ ]?\d{1,3}$", "", path.stem)}
    if isinstance(inner := table.reading.get("table"), str):
        names.add(inner)
    return any(
        fnmatch.fnmatchcase(name.casefold(), pattern.casefold())
        for name in names
        for pattern in patterns
    )


def file_of(table: Table) -> str:
    """The file that a table was read from, as the folder calls it; the first of several."""
    reading = table.reading
    parts = reading.get("parts") or [{}]
    label = str(reading.get("file") or parts[0].get("file") or "")
    return label or table.origin.partition("#")[0].partition("!")[0]


def canonical_name(table: Table, match: Match) -> str:
    """The name that a table has in its system; one that the profile does not know keeps its own."""
    if match.table.name != ANY:
        return match.table.name
    path = Path(file_of(table))
    return table.name if table.origin.partition("#")[2] else path.stem or table.name


def _header(column: str, spelled: Mapping[str, Sequence[str]], have: Mapping[str, str]) -> str:
    """Give the header under which a table has a column, "" where it has not."""
    for spelling in (*spelled.get(column, ()), column):
        if found := have.get(plain(spelling.replace(NUMBER, "1"))):
            return found
    return ""


def renames(headers: Sequence[str], described: ProfileTable, language: str) -> dict[str, str]:
    """Say which header becomes which canonical column: another language, or another case."""
    spelled = described.headers.get(language, {})
    exact: dict[str, str] = {}
    numbered: list[tuple[re.Pattern[str], str]] = []
    for column in (*_columns(described), *spelled):
        for spelling in (*spelled.get(column, ()), column):
            if NUMBER in spelling:
                pattern = re.escape(plain(spelling)).replace(re.escape(NUMBER), r"(\d+)")
                numbered.append((re.compile(pattern), column))
            else:
                exact.setdefault(plain(spelling), column)
    result: dict[str, str] = {}
    taken = set(headers)
    for header in headers:
        word = plain(header)
        column = exact.get(word, "")
        if not column:
            found = next(((m, c) for p, c in numbered if (m := p.fullmatch(word))), None)
            column = found[1].replace(NUMBER, found[0][1]) if found else ""
        if column and column != header and column not in taken:
            result[header] = column
            taken.add(column)
    return result


def _columns(described: ProfileTable) -> list[str]:
    """Every column that the profile speaks of, once."""
    return list(dict.fromkeys((
        *described.signature, *described.key, *described.references, *described.id_columns,
        *described.deleted, *described.nothing, *described.dates, *described.long_texts,
        *(one.column for one in described.lists), *(part.source for part in described.parts),
        *(mark.column for mark in described.marks),
        *([described.split.column] if described.split else []),
        *(column for columns in described.headers.values() for column in columns),
    )))  # fmt: skip
