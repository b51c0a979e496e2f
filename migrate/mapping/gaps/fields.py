"""Which field would have to be made for a column that has none: name, label, type, length?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from migrate.mapping.gaps.measured import Measured
from migrate.mapping.gaps.names import NameRules, api_name
from migrate.values import FieldType

_STEPS = (10, 20, 30, 40, 60, 80, 100, 120, 150, 200, 255)
_LONG_STEPS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 131_072)
LONGEST_TEXT = 255
"""A longer text needs a field of several lines: the one limit that nearly all CRMs share."""
_HEAD_ROOM = 1.25
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class NewField:
    """A field that the CRM lacks. ``length`` has head room over the longest value; ``columns`` are
    the source columns it is for; ``unfit`` values of them are not of its type."""

    object: str
    name: str
    label: str
    type: FieldType
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    picklist: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    unfit: int = 0

    @property
    def described(self) -> str:
        """The type in words: ``text of 80 characters``.

        >>> NewField("Account", "x", "X", "decimal", precision=12, scale=2).described
        'decimal, 12 digits, 2 of them after the point'
        """
        if self.length and self.type in ("text", "long_text"):
            return f"{self.type.replace('_', ' ')} of {self.length:,} characters"
        if self.type == "decimal" and self.precision:
            return f"decimal, {self.precision} digits, {self.scale} of them after the point"
        if self.picklist:
            return f"picklist of {len(self.picklist)} values"
        return self.type


def head_room(longest: int) -> int:
    """The length of a field for texts of up to ``longest`` characters: a quarter more, rounded up.

    >>> head_room(33), head_room(0), head_room(240), head_room(300), head_room(200_000)
    (60, 10, 255, 1000, 250000)
    """
    if longest <= LONGEST_TEXT:
        wanted = min(longest * _HEAD_ROOM, LONGEST_TEXT)
        return next(step for step in _STEPS if step >= wanted)
    return next((s for s in _LONG_STEPS if s >= longest * _HEAD_ROOM), round(longest * _HEAD_ROOM))


def new_field(
    found: Measured,
    object: str,
    rules: NameRules,
    taken: Collection[str],
    *,
    name: str = "",
    means: str = "",
) -> NewField:
    """Propose the field for a column. ``name`` is given where the mapping names it already;
    ``means`` says in English what the column holds, for headings that no API name can be made of.
    """
    made = NewField(
        object=object,
        name=name or api_name(found.column, rules, taken, instead=means),
        label=_label(found.column),
        type=found.kind,
        columns=(f"{found.table}.{found.column}",),
        unfit=found.unfit,
    )
    if made.type == "picklist":
        return replace(made, picklist=tuple(value for value, _ in found.choices))
    if made.type == "decimal":
        scale = min(max(found.fraction, 2), 8)
        return replace(made, precision=min(max(found.whole + 2 + scale, 12), 18), scale=scale)
    if made.type == "integer" and found.whole > 9:
        return replace(made, type="decimal", precision=18, scale=0)
    if made.type == "text":
        kind: FieldType = "long_text" if found.longest > LONGEST_TEXT else "text"
        return replace(made, type=kind, length=head_room(found.longest))
    if made.type in ("email", "phone", "url"):
        return replace(made, length=max(head_room(found.longest), 40))
    return made


def _label(heading: str) -> str:
    """The heading as people know it, in one line and short enough for a label."""
    text = " ".join(heading.split())
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"
