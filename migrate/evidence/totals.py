"""Do sums and counts out of the raw columns come out in the target, group by group?

Rule R03. The equation is visible: source = loaded + merged + excluded + quarantined +
failed + pending + edited in the target, and loaded + filled by a merge = target.
"""

from __future__ import annotations

from decimal import Decimal

from migrate.evidence.expected import FigureCheck, check_figures, read_expected
from migrate.evidence.probes import Probe
from migrate.evidence.reconcile_rules import amount, no_evidence, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import RuleResult, TotalLine
from migrate.specs.project import ControlTotal
from migrate.store import sets
from migrate.store.ledger import IN_TARGET
from migrate.store.sets import literal, quote
from migrate.values import DISPOSITIONS

_TERMS = ("loaded", "merged", "excluded", "quarantined", "failed", "pending", "edited")
_LISTED_TEXTS = 20


def r03(scratch: Scratch) -> tuple[RuleResult, tuple[TotalLine, ...]]:
    """Control totals out of raw columns against the target, and the customer's own figures."""
    inputs = scratch.inputs
    gaps = list(scratch.gaps)
    lines: list[TotalLine] = []
    unreadable: list[tuple[str, str, int]] = []
    for number, total in enumerate(inputs.project.totals):
        one = next((b for b in scratch.blocks if b.block.name == total.block), None)
        if one is None or one.pair_file is None:
            gaps.append(f"the control total {total.name}")
            continue
        if one.expected and not one.found:
            gaps += not_compared([one])
        lines += _lines(scratch, one, number, total)
        unreadable += _unreadable(scratch, one, number, total)
    figures = FigureCheck(())
    if inputs.project.expected_file is not None:
        figures = check_figures(inputs, read_expected(inputs.project.expected_file))
    lines += figures.lines
    unreadable += figures.unreadable
    gaps += figures.gaps
    if not lines:
        text = "There are no control totals: declare `totals:` and `expected:` in migration.yaml."
        return no_evidence("R03", text), ()
    red = [line for line in lines if Decimal(line.difference) != 0]
    rows: list[tuple[object, ...]] = [
        (ln.total, ln.group, ln.source, ln.loaded, ln.filled, ln.target, ln.difference)
        for ln in red
    ]
    text = f"{len(lines)} figures, in decimal arithmetic, currencies apart."
    if unreadable:
        many = sum(count for _, _, count in unreadable)
        text += f" {many} raw texts are no numbers and count for nothing."
    rows += [(name, "no number", value, "", "", "", count) for name, value, count in unreadable]
    result = outcome(
        "R03",
        expected=f"{len(lines)} figures equal",
        found=f"{len(lines) - len(red)} equal",
        difference=amount(sum((abs(Decimal(line.difference)) for line in red), Decimal(0))),
        is_met=not red,
        header=("total", "group", "source", "loaded or reported", "filled", "target", "difference"),
        rows=rows,
        text=text,
        private=("group", "source") if unreadable else (),
        gaps=gaps,
    )
    return result, tuple(lines)


def _lines(
    scratch: Scratch, one: BlockScratch, number: int, total: ControlTotal
) -> list[TotalLine]:
    probes = {probe.name: probe for probe in one.probes if probe.is_total}
    groups = [probes[f"#{number}.{n}"] for n in range(len(total.by)) if f"#{number}.{n}" in probes]
    measured = probes.get(f"#{number}.sum")
    source = _source_terms(scratch, one, groups, measured)
    present = _present(scratch, one, groups, measured)
    filled = _filled(scratch, one, groups, measured)
    names = _reference_names(scratch, groups)
    lines = []
    for key in sorted({*source, *present, *filled}):
        terms = source.get(key, {})
        zero = Decimal(0)
        more, there = filled.get(key, zero), present.get(key, zero)
        shown = dict.fromkeys(_TERMS, zero) | terms
        figures = {term: amount(figure) for term, figure in shown.items()}
        lines.append(
            TotalLine(
                total=total.name,
                group=" / ".join(names.get(part, part or "(empty)") for part in key),
                source=amount(sum(terms.values(), zero)),
                filled=amount(more),
                target=amount(there),
                difference=amount(shown["loaded"] + more - there),
                **figures,
            )
        )
    return lines


def _measure(side: str, measured: Probe | None) -> str:
    if measured is None:
        return "count(*)"
    return f"coalesce(sum({quote(f'{side}:{measured.name}')}::DECIMAL(38, 10)), 0)"


def _key(side: str, groups: list[Probe]) -> str:
    """The group as a list of texts; a text in which capitals do not count is compared without."""
    parts = [f"coalesce(lower({quote(f'{side}:{probe.name}')}), '')" for probe in groups]
    return f"[{', '.join(parts)}]::VARCHAR[]"


def _source_terms(
    scratch: Scratch, one: BlockScratch, groups: list[Probe], measured: Probe | None
) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """Group -> term -> figure, out of the raw columns."""
    loaded = ", ".join(literal(state) for state in IN_TARGET)
    term = (
        f"CASE WHEN r.disposition NOT IN ({loaded}) THEN r.disposition WHEN f.edited THEN 'edited' "
        "ELSE 'loaded' END"
    )
    key = _key("x", groups)
    if groups:
        # a group that a merged record filled is the group that the target must show
        key = _key("g", groups)
    columns = [
        f"coalesce(r.{quote('x:' + p.name)}, CASE WHEN {_was_filled(one, p)} THEN "
        f"p.{quote('y:' + p.name)} END) AS {quote('g:' + p.name)}"
        for p in groups
    ]
    listed = ", ".join(["r.*", f"{term} AS term", *columns])
    rows = sets.run(
        scratch.connection,
        f"SELECT {key} AS k, term, {_measure('x', measured)} FROM (SELECT {listed} "
        f"FROM {sets.parquet([one.raw_file])} r "
        "LEFT JOIN found f ON f.entity_id = r.entity_id AND f.is_first "
        f"LEFT JOIN {one.all_pairs} p ON p.entity_id = r.entity_id AND p.is_first "
        "AND r.role = 'survivor') GROUP BY ALL",
    )
    found: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for group, name, value in rows:
        assert name in _TERMS or name in DISPOSITIONS
        found.setdefault(tuple(group), {})[str(name)] = Decimal(value)
    return found


def _was_filled(one: BlockScratch, probe: Probe) -> str:
    """SQL: the field was empty in the survivor, and a merged record says what it should be."""
    mapped = {p.name for p in one.probes if not p.is_total}
    return f"p.{quote('f:' + probe.field.name)}" if probe.field.name in mapped else "FALSE"


def _present(
    scratch: Scratch, one: BlockScratch, groups: list[Probe], measured: Probe | None
) -> dict[tuple[str, ...], Decimal]:
    """Group -> what the target holds, every copy of a record counted."""
    rows = sets.run(
        scratch.connection,
        f"SELECT {_key('y', groups)} AS k, {_measure('y', measured)} FROM {one.pairs} GROUP BY ALL",
    )
    return {tuple(group): Decimal(value) for group, value in rows}


def _filled(
    scratch: Scratch, one: BlockScratch, groups: list[Probe], measured: Probe | None
) -> dict[tuple[str, ...], Decimal]:
    """Amounts that the survivor lacked and that a merged record brought along."""
    if measured is None:
        return {}
    field = quote("x:" + measured.field.name)
    mapped = {p.name for p in one.probes if not p.is_total}
    if measured.field.name not in mapped:
        return {}
    rows = sets.run(
        scratch.connection,
        f"SELECT {_key('y', groups)} AS k, coalesce(sum({field}::DECIMAL(38, 10)), 0) "
        f"FROM {one.pairs} p WHERE is_first AND {_was_filled(one, measured)} GROUP BY ALL",
    )
    return {tuple(group): Decimal(value) for group, value in rows}


def _reference_names(scratch: Scratch, groups: list[Probe]) -> dict[str, str]:
    """Target ids of owners and other parents -> their external ids, for people to read."""
    names: dict[str, str] = {}
    for probe in groups:
        if probe.parent is None:
            continue
        listed = ", ".join(literal(name) for name in probe.field.references)
        rows = sets.run(
            scratch.connection,
            "SELECT lower(f.target_id), any_value(e.external_id) FROM found f JOIN entities e "
            f"USING (entity_id) WHERE f.object IN ({listed}) GROUP BY 1 LIMIT 10000",
        )
        names.update({str(k): str(v) for k, v in rows})
    return names


def _unreadable(
    scratch: Scratch, one: BlockScratch, number: int, total: ControlTotal
) -> list[tuple[str, str, int]]:
    if not total.sum_column:
        return []
    r, x = quote(f"r:#{number}.sum"), quote(f"x:#{number}.sum")
    rows = sets.run(
        scratch.connection,
        f"SELECT {r}, count(*) FROM {sets.parquet([one.raw_file])} WHERE {r} IS NOT NULL "
        f"AND {x} IS NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_LISTED_TEXTS}",
    )
    return [(total.name, str(text), int(count)) for text, count in rows]
