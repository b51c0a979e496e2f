"""Do the values themselves go into the fields: readable, short enough, in the list, filled?

Asked of all rows, after the cleaners and the ``values:`` of the mapping: of the scratch table
``problems`` that the transform leaves, and of the canonical file of each block. One problem is told
for each field, with how many values have it; an example is in ``Issue.value``, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.mapping.checking.asked import (
    OUTCOMES,
    Asked,
    Homeless,
    TooLong,
    columns_of,
    with_value,
)
from migrate.mapping.checking.lists import homeless_issues, homeless_values, is_home
from migrate.specs.mapping import Block, MappingSpec
from migrate.specs.problems import field_issue
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.transform.fields import cleaner_of
from migrate.values import Issue, Severity, TargetObject, TargetSchema

_WORST = 3
_NOT_READ = "cannot be read as"  # how the transform words a value that its cleaner refuses


@dataclass(frozen=True)
class Found:
    """The problems of all blocks, and the figures behind those of picklists and lengths."""

    issues: tuple[Issue, ...]
    homeless: tuple[Homeless, ...]
    too_long: tuple[TooLong, ...]


def check_values(
    connection: sets.Connection,
    mapping: MappingSpec,
    schema: TargetSchema,
    canonical: Mapping[str, Path],
) -> Found:
    """Everything that the values of the blocks in ``canonical`` run into."""
    issues: list[Issue] = []
    homeless: list[Homeless] = []
    too_long: list[TooLong] = []
    for block in mapping.blocks:
        target = schema.object(block.object)
        if target is None or block.name not in canonical:
            continue
        asked = Asked(connection, block, target, canonical[block.name])
        issues += _rows_refused(asked)
        issues += _not_read(asked)
        found = homeless_values(asked)
        homeless += found
        issues += homeless_issues(asked, found)
        long = too_long_values(connection, block, target, canonical[block.name])
        too_long += long
        issues += [_long_issue(asked, one) for one in long]
        issues += _numbers(asked)
        issues += _empty(asked)
    return Found(tuple(issues), tuple(homeless), tuple(too_long))


def _rows_refused(asked: Asked) -> Iterator[Issue]:
    """Rows that no field is to blame for: keys that cannot be trusted, joins that are ambiguous."""
    for _, column, code, severity, count, _, _ in asked.problems("field = ''"):
        named = f" ({column})" if column else ""
        yield Issue(
            "rows_refused", "error" if severity == "error" else "warning",
            f"block {asked.block.name!r}: {count:,} rows of {asked.block.table}{named} are "
            f"refused: {code.replace('_', ' ')}",
            asked.block.table, column, place=asked.block.where,
            hint="look at the issues of a plan, which name each row",
        )  # fmt: skip


def _not_read(asked: Asked) -> Iterator[Issue]:
    condition = f"field <> '' AND (severity = 'error' OR message LIKE '{_NOT_READ}%')"
    problems = asked.problems(condition)
    filled = dict(zip((m.field for m, _ in asked.pairs), _source_filled(asked), strict=True))
    for field_map, field in asked.pairs:
        ours = [p for p in problems if p[0] == field.name and not is_home(field_map, field, p[2])]
        if not ours:
            continue
        count, distinct = sum(p[4] for p in ours), sum(p[5] for p in ours)
        is_error = any(p[3] == "error" for p in ours)
        total = filled[field.name] + sum(
            p[4] for p in ours if p[3] == "error" or field_map.on_unreadable == "blank"
        )
        cleaner = cleaner_of(field_map, field) or field.type
        codes = ", ".join(f"{p[2]} {p[4]:,}" for p in ours[:4])
        outcome = OUTCOMES["quarantine" if is_error else field_map.on_unreadable]
        message = (
            f"{asked.who(field.name)}: {count:,} of {max(total, count):,} values of "
            f"{columns_of(field_map)} ({distinct:,} different) cannot be read as {cleaner} "
            f"({codes}); {outcome}"
        )
        hint = "another cleaner or another field, on_unreadable:, or correct them in quarantine"
        severity: Severity = "error" if is_error else "warning"
        issue = field_issue("values_not_read", message, asked.block, field_map, hint, severity)
        yield with_value(issue, ours[0][6])


def _source_filled(asked: Asked) -> list[int]:
    """How many rows have each field filled in the end."""
    return asked.counts([f"count({quote(m.field)})" for m, _ in asked.pairs])


def too_long_values(
    connection: sets.Connection, block: Block, target: TargetObject, path: Path
) -> list[TooLong]:
    """The fields of a block whose values, as they would be sent, are longer than the field."""
    asked = Asked(connection, block, target, path)
    pairs = [(m, f) for m, f in asked.pairs if f.length and not f.picklist]
    counts = asked.counts(
        [f"count(*) FILTER (length({quote(m.field)}) > {f.length})" for m, f in pairs]
    )
    filled = asked.counts([f"count({quote(m.field)})" for m, _ in pairs])
    found = []
    for (field_map, field), count, total in zip(pairs, counts, filled, strict=True):
        if not count:
            continue
        name = quote(field.name)
        worst = sets.run(
            connection,
            f"SELECT length({name}) AS n, {name} FROM {asked.rows} WHERE length({name}) > "
            f"{field.length} GROUP BY ALL ORDER BY n DESC, 2 LIMIT {_WORST}",
        )
        found.append(
            TooLong(
                block.name, field.name, columns_of(field_map), int(field.length or 0), count, total,
                tuple((int(n), str(text)) for n, text in worst), field_map.where or block.where,
            )
        )  # fmt: skip
    return found


def _long_issue(asked: Asked, one: TooLong) -> Issue:
    message = (
        f"{asked.who(one.field)} holds {one.length:,} characters: {one.count:,} of {one.filled:,} "
        f"values of {one.column} are longer, the longest has {one.longest:,}"
    )
    field_map = next(f for f in asked.block.fields if f.field == one.field)
    hint = "a longer field in the CRM, another field, or a cleaner with overflow: note"
    issue = field_issue("values_too_long", message, asked.block, field_map, hint)
    return with_value(issue, one.worst[0][1])


def _numbers(asked: Asked) -> Iterator[Issue]:
    """Numbers with more digits before the point than the field keeps."""
    pairs = [(m, f) for m, f in asked.pairs if f.precision and f.type in ("decimal", "currency")]
    for field_map, field in pairs:
        room = int(field.precision or 0) - int(field.scale or 0)
        digits = f"length(regexp_extract({quote(field.name)}, '^-?0*([0-9]*)', 1))"
        count, most = asked.counts([f"count(*) FILTER ({digits} > {room})", f"max({digits})"])
        if count:
            message = (
                f"{asked.who(field.name)} holds {room} digits before the point: {count:,} values of "
                f"{columns_of(field_map)} have more, up to {most}"
            )
            hint = "look at these values first: so large a number is often a slip"
            yield field_issue("numbers_too_large", message, asked.block, field_map, hint)


def _empty(asked: Asked) -> Iterator[Issue]:
    """Required fields that are mapped, and that some rows have nothing for."""
    if asked.block.action not in ("upsert", "create"):
        return
    pairs = [(m, f) for m, f in asked.pairs if f.is_required and not f.is_read_only]
    told = [f"field = {literal(m.field)} AND severity = 'error'" for m, _ in pairs]
    empty = asked.counts([f"count(*) FILTER ({quote(m.field)} IS NULL)" for m, _ in pairs])
    for (field_map, field), count, condition in zip(pairs, empty, told, strict=True):
        refused = sum(p[4] for p in asked.problems(condition))  # these had a value: told above
        if count - refused <= 0:
            continue
        message = (
            f"{asked.who(field.name)} is required, and {count - refused:,} rows have nothing in "
            f"{columns_of(field_map)}; their records wait in quarantine"
        )
        hint = f"name a further column (from: [...]) or a default: of {field.name}"
        yield field_issue("required_field_empty", message, asked.block, field_map, hint)
