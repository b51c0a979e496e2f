"""Is every day still that day: none shifted, none with day and month swapped?

Rule R10.
"""

from __future__ import annotations

from typing import Any

from migrate.evidence.probes import Probe
from migrate.evidence.reconcile_rules import DETAIL_ROWS, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import RuleResult
from migrate.store import sets
from migrate.store.sets import literal, quote

_DATES = frozenset({"date", "datetime"})
_YEAR = r"nullif(regexp_extract({}, '(18|19|20|21)\d\d'), '')"
_ZONE = r"\s*(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)\s*$"
_ZONED = rf":\d\d[\d:.,]*{_ZONE}"


def r10(scratch: Scratch) -> RuleResult:
    """Each date against its raw text read anew; years also where the text is beyond that."""
    rows: list[tuple[Any, ...]] = []
    total = compared = 0
    asked = []
    for one in scratch.paired:
        for probe in one.probes:
            if probe.is_total or probe.kind.name not in _DATES:
                continue
            asked.append(one)
            x = _expected(scratch, one, probe)
            problem = _problem(probe, x)
            counted = sets.run(
                scratch.connection, f"SELECT count({x}), count({problem}) FROM {one.pairs}"
            )[0]
            compared, total = compared + int(counted[0]), total + int(counted[1])
            if counted[1]:
                rows += _histogram(scratch, one, probe, x) + _range(scratch, one, probe, x)
                rows += _years(scratch, one, probe, x)
    gaps = (*scratch.gaps, *not_compared(asked))
    if not compared and not total:
        text = "No date of a loaded record can be held against its raw text."
        return outcome(
            "R10", expected="", found="", difference=0, is_met=True,
            text=text if asked else "No date is mapped.", gaps=gaps,
        )  # fmt: skip
    return outcome(
        "R10",
        expected=f"{compared} dates as written in the source",
        found=f"{total} differ",
        difference=total,
        is_met=total == 0,
        header=("object", "field", "what", "source", "target", "records"),
        rows=rows,
        text="Dates are read a second time from the raw text; what cannot be read for certain "
        "is held against its year.",
        gaps=gaps,
    )


def _expected(scratch: Scratch, one: BlockScratch, probe: Probe) -> str:
    """SQL for what the target must show: the loose reading, and an instant with a zone as the
    local time of the migration's zone (UTC without one)."""
    x, r = quote(f"x:{probe.name}"), quote(f"r:{probe.name}")
    if probe.kind.name != "datetime" or probe.field_map.clean not in {"", "datetime"}:
        return x
    zone = _time_zone(scratch, one, probe)
    if not sets.scalar(
        scratch.connection, f"SELECT count(*) FROM pg_timezone_names() WHERE name = {literal(zone)}"
    ):
        return x
    bare = probe.kind.raw.replace("{}", f"regexp_replace({r}, {literal(_ZONE)}, '', 'i')")

    def part(pattern: str, group: int) -> str:
        return f"coalesce(try_cast(regexp_extract({r}, {literal(pattern)}, {group}) AS BIGINT), 0)"

    shift = r"[+-](\d\d):?(\d\d)?\s*$"
    minutes = f"60 * {part(shift, 1)} + {part(shift, 2)}"
    sign = rf"CASE WHEN regexp_matches({r}, '-\d\d(:?\d\d)?\s*$') THEN -1 ELSE 1 END"
    utc = f"try_cast({bare} AS TIMESTAMP) - to_minutes({sign} * ({minutes}))"
    local = f"timezone({literal(zone)}, timezone('UTC', {utc}))"
    zoned = f"strftime({local}, '%Y-%m-%dT%H:%M')"
    return f"CASE WHEN {x} IS NULL AND regexp_matches({r}, {literal(_ZONED)}, 'i') THEN {zoned} ELSE {x} END"


def _time_zone(scratch: Scratch, one: BlockScratch, probe: Probe) -> str:
    """What people declared: the field's option, over reading.yaml, over migration.yaml."""
    inputs, field_map = scratch.inputs, probe.field_map
    name = f"{one.block.table}.{'+'.join(field_map.columns)} as datetime"
    given = {
        **inputs.decisions.get(name, {"time_zone": inputs.project.time_zone}),
        **field_map.options,
    }
    return str(given.get("time_zone") or "UTC")


def _problem(probe: Probe, x: str) -> str:
    y, r = (quote(f"{side}:{probe.name}") for side in "yr")
    day_x, day_y = f"left({x}, 10)", f"left({y}, 10)"
    days = f"datediff('day', try_cast({day_x} AS DATE), try_cast({day_y} AS DATE))"
    swapped = f"{day_y} = left({x}, 4) || '-' || substr({x}, 9, 2) || '-' || substr({x}, 6, 2)"  # year, then day and month in each other's place
    # 1904 is the other start of the day count in workbooks
    return (
        f"CASE WHEN {x} IS NULL AND {r} IS NULL AND {y} IS NOT NULL AND is_ours "
        f"THEN 'a date that the source does not have' "
        f"WHEN {x} IS NULL AND {y} IS NOT NULL AND {_YEAR.format(r)} <> left({y}, 4) "
        "THEN 'another year' "
        f"WHEN {x} IS NULL OR {x} = {y} THEN NULL WHEN {y} IS NULL THEN 'lost' "
        f"WHEN {swapped} THEN 'day and month swapped' WHEN {days} = 0 THEN 'shifted by hours' "
        f"WHEN abs({days}) = 1 THEN 'shifted by one day' "
        f"WHEN abs({days}) = 1462 THEN 'shifted by 1,462 days (1904)' ELSE 'another day' END"
    )


def _histogram(scratch: Scratch, one: BlockScratch, probe: Probe, x: str) -> list[tuple[Any, ...]]:
    problem, y = _problem(probe, x), quote(f"y:{probe.name}")
    return sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, {problem}, min({x}), "
        f"min({y}), count(*) FROM {one.pairs} WHERE {problem} IS NOT NULL GROUP BY ALL "
        f"ORDER BY 6 DESC LIMIT {DETAIL_ROWS}",
    )


def _range(scratch: Scratch, one: BlockScratch, probe: Probe, x: str) -> list[tuple[Any, ...]]:
    y = quote(f"y:{probe.name}")
    labels = f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}"
    readable = f"FROM {one.pairs} WHERE {x} IS NOT NULL"
    return sets.run(
        scratch.connection,
        f"{labels}, 'earliest', min({x}), min({y}), count(*) {readable} UNION ALL "
        f"{labels}, 'latest', max({x}), max({y}), count(*) {readable}",
    )


def _years(scratch: Scratch, one: BlockScratch, probe: Probe, x: str) -> list[tuple[Any, ...]]:
    """Years whose number of records differs."""
    y, r = (quote(f"{side}:{probe.name}") for side in "yr")
    year = f"coalesce(left({x}, 4), {_YEAR.format(r)})"
    return sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, 'year ' || v, sum(n), "
        f"sum(m), abs(sum(n) - sum(m)) FROM (SELECT {year} AS v, 1 AS n, 0 AS m FROM {one.pairs} "
        f"UNION ALL SELECT left({y}, 4), 0, 1 FROM {one.pairs} WHERE {year} IS NOT NULL) "
        "WHERE v IS NOT NULL GROUP BY v HAVING sum(n) <> sum(m) ORDER BY 3",
    )
