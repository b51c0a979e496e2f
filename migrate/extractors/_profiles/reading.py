"""How does what we know of a legacy system change the tables that were read from it?

A table that a profile of ``mappings/sources`` recognises gets the system's own names whatever its
language, keys and references, lists as tables, and Issues for what is known to be wrong. Nothing is
recognised on a weak hint, ``profile: none`` leaves a table as it is, and a table that no profile
knows is passed on untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import MigrateError, UsageError
from migrate.extractors._profiles.attachments import NAME as ATTACHMENTS
from migrate.extractors._profiles.attachments import attachments_table
from migrate.extractors._profiles.children import children_of, parted
from migrate.extractors._profiles.match import (
    Match,
    best_match,
    canonical_name,
    companion_match,
)
from migrate.extractors._profiles.rows import (
    Plan,
    Watched,
    described_keys,
    issues_of,
    plan_for,
    rows_of,
    standing_issues,
)
from migrate.extractors._text import chosen
from migrate.registry import did_you_mean
from migrate.specs.profile import SourceProfile
from migrate.specs.source_profile import profile_files, profile_of
from migrate.values import ForeignKey, Issue, Table

PROFILE_OPTIONS = (
    "profile", "source_table", "renamed", "nothing", "id_columns", "skipped_columns",
    "deleted_flag", "date_forms", "attachments_folder", "max_attachment_bytes",
)  # fmt: skip
NONE = "none"
_OWN_FORMATS = frozenset({"vcard", "mail", "ldif"})  # they say themselves what a column is
_BY_NAME = frozenset({"database", "access"})  # where opening every table is dear

ReadTables = Callable[..., list[Table]]


@dataclass(frozen=True)
class _Options:
    """The options of tables, sorted: what the extractor gets, and what the profile does."""

    below: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    own: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()


def read_profiled(
    read_tables: ReadTables,
    place: str | Path,
    *,
    kind: str,
    profile: str = "",
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    folder: Path | None = None,
    **options: Any,
) -> list[Table]:
    """Read a place by ``read_tables``, and apply the profiles that know its tables.

    ``profile`` names the one to apply, or ``none``; a table's own option of that name stands before
    it. A migration's own ``folder`` adds its profiles. Names in ``tables`` and ``only`` are those that the tables have in the end.
    """
    _check_profile(profile, str(place), folder)
    given = {name: dict(own) for name, own in (tables or {}).items()}
    sorted_options = _sorted_options(given, str(place), folder)
    passed = dict(options)
    if only is not None and (profile == NONE or kind in _OWN_FORMATS | _BY_NAME):
        passed["only"] = only
    raw = _read(read_tables, place, sorted_options, passed, profile, folder)
    if kind in _OWN_FORMATS and not profile and not sorted_options.profiles:
        return raw
    matches = _matches(raw, sorted_options, profile, folder)
    if profile not in ("", NONE) and not matches:
        raise UsageError(
            f"the profile {profile} knows none of the tables:"
            f" {', '.join(table.name for table in raw) or 'there is none'}",
            hint="leave `profile` out, or write `profile: none`", where=str(place),
        )  # fmt: skip
    if not matches and not sorted_options.profiles and profile != NONE:
        return raw if only is None else _only(raw, only, place)
    result = _applied(raw, matches, sorted_options, place, profile)
    return result if only is None else _only(result, only, place)


def _only(tables: list[Table], only: Sequence[str], place: str | Path) -> list[Table]:
    kept = chosen([table.name for table in tables], only, str(place))
    return [table for table in tables if table.name in kept]


def _check_profile(profile: str, where: str, folder: Path | None) -> None:
    if not profile or profile == NONE:
        return
    known = profile_files(folder=folder)
    if profile not in known:
        raise UsageError(
            f'there is no source profile "{profile}"',
            hint=did_you_mean(profile, {*known, NONE}), where=where,
        )  # fmt: skip


def _sorted_options(
    given: Mapping[str, dict[str, Any]], where: str, folder: Path | None
) -> _Options:
    below: dict[str, dict[str, Any]] = {}
    own: dict[str, dict[str, Any]] = {}
    profiles: dict[str, str] = {}
    named = set()
    for name, options in given.items():
        source = str(options.get("source_table") or name)
        if profile := str(options.get("profile") or ""):
            _check_profile(profile, f"{where}, table {name}", folder)
            if profiles.setdefault(source, profile) != profile:
                raise UsageError(
                    f"the tables made of {source} have two profiles: {profiles[source]}, {profile}",
                    hint="give them one", where=where,
                )  # fmt: skip
        if "source_table" not in options:
            named.add(name)
        # without a profile, an extractor may have options of these names itself
        is_ours = profile not in ("", NONE)
        ours = PROFILE_OPTIONS if is_ours else PROFILE_OPTIONS[:2]
        own[name] = {key: value for key, value in options.items() if key in ours}
        rest = {key: value for key, value in options.items() if key not in ours}
        if rest or "source_table" not in options:
            below[source] = {**below.get(source, {}), **rest}
    return _Options(below, own, profiles, frozenset(named))


def _read(
    read_tables: ReadTables,
    place: str | Path,
    options: _Options,
    passed: Mapping[str, Any],
    profile: str,
    folder: Path | None,
) -> list[Table]:
    """Read the tables; a name that only a profile gives is looked up when the reader refuses it."""
    below = dict(options.below)
    try:
        return read_tables(place, **({"tables": below} if below else {}), **passed)
    except MigrateError:
        loose = [name for name in options.named if name in _made_names(folder)]
        if not loose or profile == NONE:
            raise
        firm = {name: own for name, own in below.items() if name not in loose}
        raw = read_tables(place, **({"tables": firm} if firm else {}), **passed)
        source_of = {
            made: source.name
            for source in raw
            if (match := best_match(source, profile, folder=folder))
            for made in match.table.made
        }
        unknown = [name for name in loose if name not in source_of]
        if unknown:
            raise
        for name in loose:
            if below[name]:
                firm[source_of[name]] = {**firm.get(source_of[name], {}), **below[name]}
        return read_tables(place, **({"tables": firm} if firm else {}), **passed)


def _made_names(folder: Path | None) -> frozenset[str]:
    files = profile_files(folder=folder).values()
    return frozenset(name for path in files for name in profile_of(path).made)


def _matches(
    raw: Sequence[Table], options: _Options, profile: str, folder: Path | None
) -> dict[str, Match]:
    found: dict[str, Match] = {}
    for table in raw:
        forced = options.profiles.get(table.name, profile)
        if forced != NONE and (match := best_match(table, forced, folder=folder)):
            found[table.name] = match
    known = {match.profile.name: match.profile for match in found.values()}
    for table in raw if known else ():
        is_free = options.profiles.get(table.name, profile) != NONE
        if table.name not in found and is_free:
            match = companion_match(table, known.values())
            if match:
                found[table.name] = match
    return found


def _applied(
    raw: Sequence[Table],
    matches: Mapping[str, Match],
    options: _Options,
    place: str | Path,
    profile: str,
) -> list[Table]:
    names = _final_names(raw, matches, options)
    result: list[Table] = []
    taken = {table.name for table in raw if table.name not in matches}
    mains: dict[str, dict[str, Table]] = {}
    for table in raw:
        match = matches.get(table.name)
        if match is None:
            is_off = options.profiles.get(table.name, profile) == NONE
            reading = {**table.reading, "profile": NONE} if is_off else table.reading
            result.append(replace(table, reading=reading))
            continue
        is_first = match.profile.name not in mains
        made = _made(table, match, names, options, taken)
        if is_first:
            made[0] = _with_issues(made[0], _told(match.profile, made[0]))
        canonical = canonical_name(table, match)
        mains.setdefault(match.profile.name, {}).setdefault(canonical, made[0])
        result += made
    for match in {match.profile.name: match for match in matches.values()}.values():
        manifest = attachments_table(
            match.profile,
            mains[match.profile.name],
            names[match.profile.name],
            place,
            options.own.get(ATTACHMENTS, {}),
        )
        if manifest is not None:
            result.append(replace(manifest, name=_free(manifest.name, taken)))
    return result


def _told(profile: SourceProfile, table: Table) -> tuple[Issue, ...]:
    """Say that a profile was applied, and what holds for the whole export."""
    applied = Issue(
        "profile_applied", "info",
        f"read as an export of {profile.label}; what is known of it is {profile.verified}",
        entity=table.name, place=table.origin,
        hint="set `profile` to none to read the files as they are",
    )  # fmt: skip
    notes = (
        Issue("source_note", "info", note, entity=table.name, place=table.origin)
        for note in profile.notes
    )
    return (applied, *notes)


def _with_issues(table: Table, issues: tuple[Issue, ...]) -> Table:
    return replace(table, issues=lambda: (*issues, *table.issues()))


def _final_names(
    raw: Sequence[Table], matches: Mapping[str, Match], options: _Options
) -> dict[str, dict[str, str]]:
    """Say what each table of a profile is called in the end: profile -> its name -> ours.

    A name that the options gave to a table stays.
    """
    result: dict[str, dict[str, str]] = {}
    for table in raw:
        if match := matches.get(table.name):
            canonical = canonical_name(table, match)
            made = {canonical, *match.table.made}
            is_named = table.name in options.named and table.name not in made
            ours = result.setdefault(match.profile.name, {})
            ours.setdefault(canonical, table.name if is_named else canonical)
    return result


def _free(name: str, taken: set[str]) -> str:
    """Number a name that is there: a folder may hold two address books."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free


def _made(
    raw: Table,
    match: Match,
    names: Mapping[str, Mapping[str, str]],
    options: _Options,
    taken: set[str],
) -> list[Table]:
    ours = names[match.profile.name]
    split = match.table.split
    canonical = canonical_name(raw, match)
    name = ours.get(canonical, canonical)
    own = _own_options(raw, match, name, options)
    plan = plan_for(raw, match.profile, match.table, match.rename, own)
    is_split = split is not None and split.column in plan.names
    name = name if is_split else _free(name, taken)
    watched = Watched()
    main = _main(plan, match, name, ours, watched)
    tables = [main]
    if split is not None and is_split:
        tables = [
            replace(table, name=_free(table.name, taken))
            for table in parted(plan, main, split, watched)
        ]
    children = [
        replace(child, name=_free(child.name, taken)) for child in children_of(plan, main, ours)
    ]
    derived = {"profile": match.profile.name, "source_table": raw.name}
    others = [replace(table, reading=derived) for table in (*tables[1:], *children)]
    return [tables[0], *others]


def _own_options(raw: Table, match: Match, name: str, options: _Options) -> dict[str, Any]:
    """The options of a table, which its name or the name it was read under may carry."""
    own: dict[str, Any] = {}
    for key in (*match.table.made, raw.name, name):
        said = options.own.get(key, {})
        if str(said.get("source_table") or raw.name) == raw.name:
            own |= said
    return own


def _main(plan: Plan, match: Match, name: str, ours: Mapping[str, str], watched: Watched) -> Table:
    raw, table = plan.raw, match.table

    def read(rows: int) -> Iterator[pd.DataFrame]:
        watched.clear()
        yield from rows_of(plan, rows, watched)

    standing = tuple(standing_issues(plan, name))
    back = {column: header for header, column in plan.rename.items()}
    raw_key = tuple(plan.rename.get(column, column) for column in raw.key)
    references = [
        ForeignKey((column,), ours[targets[0]], _key_of(match, targets[0]))
        for column, targets in table.references.items()
        if column in plan.names and len(targets) == 1 and targets[0] in ours
        and _key_of(match, targets[0])
    ]  # fmt: skip
    declared = [
        replace(fk, columns=tuple(plan.rename.get(c, c) for c in fk.columns))
        for fk in raw.foreign_keys
    ]
    known = {fk.columns for fk in declared}
    reading: dict[str, Any] = {
        **{key: value for key, value in raw.reading.items() if key != "evidence"},
        "profile": match.profile.name,
        "source_table": raw.name,
    }
    kept = [column for column in plan.names if column in back]
    reading |= {
        key: value
        for key, value in (
            ("renamed", {column: back[column] for column in kept}),
            ("nothing", {c: list(v) for c, v in plan.nothing.items()}),
            ("id_columns", list(plan.id_columns)),
            ("skipped_columns", list(plan.skipped)),
            ("deleted_flag", {c: list(v) for c, v in plan.deleted.items()}),
            ("date_forms", {c: v for c, v in table.dates.items() if c in plan.names}),
        )
        if value or _has(match, key)
    }
    reading["evidence"] = {
        **raw.reading.get("evidence", {}),
        "profile": match.evidence,
        "profile_runner_up": match.runner_up,
    }
    return replace(
        raw,
        name=name,
        columns=plan.columns,
        read=read,
        key=raw_key or described_keys(table.key, plan.names),
        foreign_keys=(*declared, *(fk for fk in references if fk.columns not in known)),
        reading=reading,
        issues=lambda: (*raw.issues(), *standing, *issues_of(plan, name, watched)),
        control_totals={plan.rename.get(c, c): v for c, v in raw.control_totals.items()},
    )


def _has(match: Match, key: str) -> bool:
    """Whether a guess must be told even where it is empty: it was overruled, or could have been."""
    return bool(
        (key == "nothing" and match.table.nothing)
        or (key == "deleted_flag" and match.table.deleted)
        or (key == "skipped_columns" and match.table.skip)
        or (key == "id_columns" and match.profile.id_form)
    )


def _key_of(match: Match, table: str) -> tuple[str, ...]:
    found = match.profile.table(table)
    return found.key if found and len(found.key) == 1 else ()
