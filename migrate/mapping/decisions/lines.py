"""Which lines does the decision workbook have, what do they show, and what is chosen on each?

Pure: suggestions, a mapping, a schema and counts go in. :mod:`migrate.mapping.decisions.sheets`
makes sheets of the lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrate.mapping.decisions.counts import TableCounts
from migrate.mapping.decisions.lists import (
    duplicates_lines,
    excluded_rows,
    owners_lines,
    values_lines,
)
from migrate.mapping.decisions.model import (
    CONSTANT,
    NOT_IMPORTED,
    Choice,
    Key,
    Use,
    joined,
    required_without_source,
    shown_target,
    used_otherwise,
    uses_of,
    words_of,
)
from migrate.mapping.decisions.state import (
    BLOCK,
    CHOSEN,
    COMMENT,
    SIGNED,
    Basis,
    Decisions,
    Line,
)
from migrate.mapping.suggestions import Suggestion
from migrate.specs.mapping import Drop
from migrate.values import TargetSchema

_LONGEST_SAMPLE = 60


def decide(basis: Basis) -> Decisions:
    """Make the lines: what the mapping says is chosen; where it is silent, what is suggested.

    >>> from migrate.specs.catalogue import read_target
    >>> from migrate.specs.mapping import Block, FieldMap, MappingSpec
    >>> block = Block("people", "crm.people", "Contact", "all", (FieldMap("phone", columns=("Tel",)),))
    >>> basis = Basis(MappingSpec((block,)), read_target("reference"))
    >>> [line.choice["Chosen"] for line in decide(basis).fields]
    ['Contact.phone — Phone', '']
    """
    return Decisions(
        tuple(_fields(basis)),
        tuple(values_lines(basis)),
        tuple(owners_lines(basis)),
        tuple(duplicates_lines(basis)),
        tuple(excluded_rows(basis)),
    )


# -- fields -----------------------------------------------------------------------------------


def _fields(basis: Basis) -> Iterator[Line]:
    uses, drops = uses_of(basis.mapping), {(d.table, d.column): d for d in basis.mapping.drops}
    suggested = {(s.table, s.column): s for s in basis.suggestions}
    otherwise = used_otherwise(basis.mapping, basis.keys)
    tables = dict.fromkeys([*basis.counts, *(table for table, _ in (*uses, *drops))])
    for table in tables:
        counts = basis.counts.get(table, TableCounts(table))
        named = [column for of, column in (*uses, *drops) if of == table and column]
        for column in dict.fromkeys([*counts.filled, *named]):
            place = (table, column)
            shown = _shown(counts, column, suggested.get(place), basis.schema)
            shown["Used otherwise"] = joined(otherwise.get(place, ()))
            for use in uses.get(place, ()):
                yield _used(use, shown, basis.schema)
            if place in drops:
                yield _dropped(drops[place], shown)
            elif place not in uses:
                yield from _undecided(table, column, shown, suggested.get(place), basis)
        yield from _without_column(table, uses.get((table, ""), ()), basis)


def _shown(
    counts: TableCounts, column: str, found: Suggestion | None, schema: TargetSchema
) -> dict[str, str]:
    filled = counts.filled.get(column)
    share = f"{filled / counts.rows:.4f}" if filled is not None and counts.rows else ""
    shown = {"Table": counts.table, "Column": column, "Filled": share}
    if found is None:
        return shown
    best = found.best
    review = (found.needs_review,) if found.needs_review else ()
    return {
        **shown,
        "Samples": joined(text[:_LONGEST_SAMPLE] for text in found.facts.samples[:4]),
        "Suggested": shown_target(schema, best.field) if best.field else NOT_IMPORTED,
        "Sure": str(best.confidence),
        "Why": joined((*best.reasons, *review)),
    }


def _used(use: Use, shown: Mapping[str, str], schema: TargetSchema) -> Line:
    cells = {
        CHOSEN: shown_target(schema, use.target),
        BLOCK: use.block.name,
        COMMENT: use.map.comment,
        SIGNED: use.map.signed_off_by,
    }
    return Line(use.key, {**shown, "Transformation": words_of(use)}, Choice(cells))


def _dropped(drop: Drop, shown: Mapping[str, str]) -> Line:
    cells = {CHOSEN: NOT_IMPORTED, COMMENT: drop.reason, SIGNED: drop.signed_off_by}
    return Line(Key("field", drop.table, drop.column), shown, Choice(cells))


def _undecided(
    table: str, column: str, shown: Mapping[str, str], found: Suggestion | None, basis: Basis
) -> Iterator[Line]:
    """One line for a column, or one for each field that parts of its values go into."""
    target = found.best.field if found else None
    if found is None or not target:
        why = {"reason": joined(found.best.reasons)} if found else {}
        yield Line(Key("field", table, column), shown, plan=why)
        return
    shape, object = found.shape, target.partition(".")[0]
    named = {f"{object}.{name}": part for name, part in shape.parts.items()}
    parts = {target: named.get(target, ""), **named}
    for into, part in parts.items():
        plan: dict[str, Any] = {
            "target": into, "clean": shape.cleaner, "part": part, "parent": shape.parent,
            "joined_with": list(shape.joined_with),
        }  # fmt: skip
        own = {**shown, "Suggested": shown_target(basis.schema, into)}
        own["Transformation"] = _planned_words(plan)
        yield Line(Key("field", table, column, field=into), own, plan=plan)


def _planned_words(plan: Mapping[str, Any]) -> str:
    said = []
    if plan["parent"]:
        said.append(f"looked up among the {plan['parent']} records")
    elif plan["clean"]:
        said.append(f"read as {plan['clean']}")
    if plan["part"]:
        said.append(f"of it {plan['part']}")
    if plan["joined_with"]:
        said.append(f"put together with {', '.join(plan['joined_with'])}")
    return ", ".join(said)


def _without_column(table: str, constants: Sequence[Use], basis: Basis) -> Iterator[Line]:
    """Constants, and required fields that nothing fills."""
    for use in constants:
        if use.map.kind != "constant":
            continue
        cells = {CHOSEN: f"{CONSTANT}{use.map.constant}", BLOCK: use.block.name,
                 COMMENT: use.map.comment, SIGNED: use.map.signed_off_by}  # fmt: skip
        shown = {"Table": table, "Column": f"(none) {use.target}", "Transformation": words_of(use)}
        yield Line(use.key, shown, Choice(cells))
    for block in basis.mapping.blocks:
        target = basis.schema.object(block.object)
        if block.table != table or target is None:
            continue
        for spec in required_without_source(block, target):
            shown = {
                "Table": table,
                "Column": f"(none) {target.name}.{spec.name}",
                "Why": f"{target.name} records need it, and no column fills it: choose it for a "
                f"column, or write {CONSTANT.strip()} and the value here",
            }
            key = Key("constant", table, "", block.name, spec.name)
            yield Line(key, shown, Choice({BLOCK: block.name}))
