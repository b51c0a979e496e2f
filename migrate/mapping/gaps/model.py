"""Which source columns have a field in the CRM, which need a new one, and which stay behind, why?

For a migration its mapping decides, and suggestions speak where it is silent; for a place alone
suggestions do. Nothing here reads a row: the figures come from :mod:`migrate.mapping.gaps.measured`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from migrate.mapping.gaps.fields import NewField, new_field
from migrate.mapping.gaps.measured import Measured
from migrate.mapping.gaps.names import rules_of
from migrate.mapping.suggestions import Suggestion
from migrate.mapping.uses import Uses
from migrate.specs.glossary import Glossary, Meaning
from migrate.specs.mapping import Drop, MappingSpec
from migrate.values import FieldType, TargetSchema

Verdict = Literal["exists", "create", "drop"]
_NO_USES = Uses()


@dataclass(frozen=True)
class Gap:
    """One source column and what becomes of it.

    ``fields`` are those that take it (``Account.name``), ``new`` the one to be made; ``decided_by``
    says whether the mapping said so or a suggestion, ``sure`` how likely that is right.
    """

    measured: Measured
    verdict: Verdict
    why: str
    decided_by: Literal["mapping", "suggestion", "values"] = "mapping"
    fields: tuple[str, ...] = ()
    new: NewField | None = None
    sure: float = 1.0
    where: str = ""


def find_gaps(
    measured: Mapping[tuple[str, str], Measured],
    schema: TargetSchema,
    glossary: Glossary,
    *,
    suggestions: Sequence[Suggestion] = (),
    mapping: MappingSpec | None = None,
    uses: Mapping[tuple[str, str], Uses] | None = None,
) -> list[Gap]:
    """One gap for each measured column, in their order; new fields have names of their own."""
    told = {(s.table, s.column): s for s in suggestions}
    drops = {(d.table, d.column): d for d in mapping.drops} if mapping else {}
    homes = _homes(suggestions, mapping)
    made = _Making(schema, glossary)
    found = []
    for place, one in measured.items():
        used = (uses or {}).get(place, _NO_USES)
        if not used.is_empty:
            found.append(_used(one, used, made))
        elif place in drops:
            found.append(_dropped(one, drops[place]))
        elif not one.filled:
            found.append(Gap(one, "drop", "no row has a value", "values"))
        else:
            found.append(_suggested(one, told.get(place), homes.get(one.table, ""), made))
    widest = {(gap.new.object, gap.new.name): gap.new for gap in found if gap.new}
    return [
        replace(gap, new=widest[gap.new.object, gap.new.name]) if gap.new else gap for gap in found
    ]


class _Making:
    """New fields, each name and each field made once."""

    def __init__(self, schema: TargetSchema, glossary: Glossary) -> None:
        self.schema = schema
        self.glossary = glossary
        self._rules = rules_of(schema.name, schema.family)
        self._taken = {
            target.name: {field.name for field in target.fields} for target in schema.objects
        }
        self._made: dict[tuple[str, str], NewField] = {}

    def field(self, found: Measured, object: str, *, name: str = "", means: str = "") -> NewField:
        taken = self._taken.setdefault(object, set())
        made = new_field(found, object, self._rules, taken, name=name, means=means)
        before = self._made.get((object, made.name))
        if before is not None:
            made = _widened(before, made)
        taken.add(made.name)
        self._made[object, made.name] = made
        return made

    def exists(self, object: str, name: str) -> bool:
        target = self.schema.object(object)
        if target is None:
            return False
        types = {field.type_field for field in target.references}
        return target.field(name) is not None or name in types


def _widened(one: NewField, other: NewField) -> NewField:
    """One field for two columns: as long as the longer one, a text where the types differ."""
    columns = (*one.columns, *(c for c in other.columns if c not in one.columns))
    if one.type != other.type:
        longest = max(one.length or 40, other.length or 40)
        kind: FieldType = "long_text" if "long_text" in (one.type, other.type) else "text"
        return replace(
            one, type=kind, length=longest, precision=None, scale=None, picklist=(), columns=columns
        )
    return replace(
        one,
        length=max(one.length or 0, other.length or 0) or None,
        precision=max(one.precision or 0, other.precision or 0) or None,
        scale=max(one.scale or 0, other.scale or 0) if one.scale is not None else None,
        picklist=tuple(dict.fromkeys((*one.picklist, *other.picklist))),
        columns=columns,
        unfit=one.unfit + other.unfit,
    )


def _homes(suggestions: Sequence[Suggestion], mapping: MappingSpec | None) -> dict[str, str]:
    """The object that a table mostly goes to: a new field for one of its columns belongs there."""
    votes: dict[str, Counter[str]] = {}
    for found in suggestions:
        if found.best.field:
            object = found.best.field.partition(".")[0]
            votes.setdefault(found.table, Counter())[object] += 1
    homes = {table: counted.most_common(1)[0][0] for table, counted in votes.items()}
    for block in reversed(mapping.blocks if mapping else ()):
        homes[block.table] = block.object
        for join in block.joins:
            homes.setdefault(join.table, block.object)
    return homes


def _used(found: Measured, used: Uses, making: _Making) -> Gap:
    where = next((f.where or b.where for b, f in (*used.fields, *used.helps)), "")
    fields = tuple(dict.fromkeys(f"{b.object}.{f.field}" for b, f in used.fields))
    missing = [(b, f) for b, f in used.fields if not making.exists(b.object, f.field)]
    if missing:
        block, field = missing[0]
        new = making.field(found, block.object, name=field.field)
        why = f"the mapping names {block.object}.{field.field}, which the CRM does not have"
        return Gap(found, "create", why, fields=fields, new=new, where=where)
    if fields:
        why = "; ".join(used.ways)
        return Gap(found, "exists", why, fields=fields, where=where)
    helped = tuple(dict.fromkeys(f"{b.object}.{f.field}" for b, f in used.helps))
    if any("external id" in way for way in used.ways):
        return Gap(found, "exists", "; ".join(used.ways), where=where)
    ways = [f"is read beside the columns of {', '.join(helped)}"] if helped else []
    why = f"goes into no field; it {', '.join([*ways, *used.ways])}"
    return Gap(found, "drop", why, where=where)


def _dropped(found: Measured, drop: Drop) -> Gap:
    signed = f" ({drop.signed_off_by})" if drop.signed_off_by else " (nobody has signed for it)"
    return Gap(found, "drop", f"{drop.reason}{signed}", where=drop.where)


def _suggested(found: Measured, suggestion: Suggestion | None, home: str, making: _Making) -> Gap:
    if suggestion is None:
        return Gap(found, "drop", "no block reads its table", "values")
    best = suggestion.best
    reasons = "; ".join(best.reasons)
    if best.field:
        fields = (best.field,)
        if suggestion.shape.joined_with:
            reasons += f"; together with {', '.join(suggestion.shape.joined_with)}"
        return Gap(found, "exists", reasons, "suggestion", fields, sure=best.confidence)
    meaning = Meaning.read(suggestion.meaning) if suggestion.meaning else Meaning()
    concept = making.glossary.concepts.get(meaning.concept)
    if concept is not None and concept.skip:
        return Gap(found, "drop", reasons, "suggestion", sure=best.confidence)
    if found.distinct <= 1 and found.filled > 1:
        return Gap(found, "drop", "every row has the same value", "values")
    if any(reason.startswith("decided before") for reason in best.reasons):
        return Gap(found, "drop", reasons, "suggestion", sure=best.confidence)
    if not home:
        return Gap(found, "drop", f"no object for its table; {reasons}", "suggestion")
    means = making.glossary.label(meaning) if meaning.concept else ""
    new = making.field(found, home, means=means)
    return Gap(found, "create", reasons, "suggestion", new=new, sure=best.confidence)


def fields_to_create(gaps: Sequence[Gap]) -> list[NewField]:
    """The new fields of all gaps, each once."""
    return list({(g.new.object, g.new.name): g.new for g in gaps if g.new is not None}.values())
