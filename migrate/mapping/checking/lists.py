"""Which values have no home in the list of their field, after the cleaners and ``values:``?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.mapping.checking.asked import OUTCOMES, Asked, Homeless, columns_of, with_value
from migrate.specs.mapping import FieldMap
from migrate.specs.problems import field_issue
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.transform.fields import cleaner_of
from migrate.values import MULTIPLE, Issue, Severity, TargetField

_MOST_LISTED = 200  # values without a home, of one field
_NO_HOME = ("unmapped_value", "unmapped_combination")


def is_home(field_map: FieldMap, field: TargetField, code: str) -> bool:
    """Whether a problem of the transform is that a value has no home."""
    return code in _NO_HOME or cleaner_of(field_map, field) == "picklist"


def homeless_values(asked: Asked) -> list[Homeless]:
    """The values of a block that stand in no list, of each field the most frequent first."""
    found: list[Homeless] = []
    name = literal(asked.block.name)
    for field_map, field in asked.pairs:
        is_read_so = cleaner_of(field_map, field) == "picklist"
        if not _is_kept(field_map, field):
            listed = ", ".join(literal(code) for code in _NO_HOME)
            condition = "TRUE" if is_read_so else f"code IN ({listed})"
            rows = sets.run(
                asked.connection,
                f"SELECT value, count(*) FROM problems WHERE block = {name} AND field = "
                f"{literal(field.name)} AND {condition} AND value IS NOT NULL GROUP BY 1 "
                f"ORDER BY 2 DESC, 1 LIMIT {_MOST_LISTED}",
            )
            found += _listed(asked, field_map, rows)
        if field.picklist:
            known = ", ".join(literal(value) for value in field.picklist)
            held = quote(field.name)
            if field.is_multiple:
                held = f"unnest(string_split({held}, {literal(MULTIPLE)}))"
            rows = sets.run(
                asked.connection,
                f"SELECT v, count(*) FROM (SELECT trim({held}) AS v FROM {asked.rows}) WHERE "
                f"v <> '' AND v NOT IN ({known}) GROUP BY 1 ORDER BY 2 DESC, 1 "
                f"LIMIT {_MOST_LISTED}",
            )
            found += _listed(asked, field_map, rows)
    return found


def _is_kept(field_map: FieldMap, field: TargetField) -> bool:
    """Whether what stands in no ``values:`` goes on to the field, and is held against its list."""
    return field_map.unmapped == "keep" and bool(field.picklist)


def _listed(
    asked: Asked, field_map: FieldMap, rows: Sequence[tuple[object, ...]]
) -> list[Homeless]:
    where = field_map.where or asked.block.where
    return [
        Homeless(asked.block.name, field_map.field, str(value), int(str(count)), where)
        for value, count in rows
    ]


def homeless_issues(asked: Asked, found: Sequence[Homeless]) -> Iterator[Issue]:
    """One problem for each field that has such values."""
    for field_map, field in asked.pairs:
        ours = [one for one in found if one.field == field.name]
        if not ours:
            continue
        total = sum(one.count for one in ours)
        at_least = "at least " if len(ours) >= _MOST_LISTED else ""
        policy = field_map.unmapped if field_map.values or field_map.combinations else "quarantine"
        policy = "quarantine" if _is_kept(field_map, field) else policy
        place = f"values of {columns_of(field_map)}"
        message = (
            f"{asked.who(field.name)}: {at_least}{len(ours):,} {place}, in {total:,} rows, have no "
            f"home in its list; {OUTCOMES[policy]}"
        )
        hint = f"add them to values: of {field.name}, or to the list in the CRM"
        severity: Severity = "error" if policy == "quarantine" else "warning"
        issue = field_issue("values_without_home", message, asked.block, field_map, hint, severity)
        yield with_value(issue, ours[0].value)
