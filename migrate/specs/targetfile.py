"""How is the description of a target written, so that a person reads it and the catalogue too?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrate.specs.yamledit import render, scalar
from migrate.values import Capabilities, TargetField, TargetObject, TargetSchema

_WIDTH = 150  # a field that needs more goes on over further lines


def target_text(schema: TargetSchema, comments: Sequence[str] = ()) -> str:
    """Write a description as the YAML that ``read_target`` reads, one line a field.

    >>> account = TargetObject("Account", (TargetField("Name", length=255, is_required=True),))
    >>> print(target_text(TargetSchema("acme", (account,)), ["Acme's own."]), end="")
    # Acme's own.
    label: acme
    family: sql
    capabilities: {batch_rows: 200, lookup: exact}
    <BLANKLINE>
    objects:
      Account:
        label: Account
        id: id
        external_id: external_id
        fields:
          Name: {type: text, length: 255, required: true}
    """
    lines = [f"# {comment}".rstrip() for comment in comments]
    lines += [f"label: {scalar(schema.label or schema.name)}", f"family: {scalar(schema.family)}"]
    lines += [f"verified: {schema.verified}"] if schema.verified else []
    lines += [f"source: {_quoted(schema.source)}"] if schema.source else []
    if schema.limits:
        lines += ["limits:", *(f"  - {_quoted(limit)}" for limit in schema.limits)]
    lines += _folded("capabilities", _tokens(_capabilities(schema.capabilities)), 0)
    if schema.undescribed:
        items = [scalar(name) for name in schema.undescribed]
        lines += _folded("undescribed", items, 0, brackets="[]")
    lines += ["", "objects:"]
    for number, target in enumerate(schema.objects):
        lines += [*([""] if number else []), *_object(target)]
    return "\n".join(lines) + "\n"


def _object(target: TargetObject) -> Iterator[str]:
    yield f"  {scalar(target.name)}:"
    table = target.table if target.table != target.name else ""
    keys: Mapping[str, Any] = {
        "label": target.label or target.name, "table": table, "about": target.about,
    }  # fmt: skip
    for key, text in keys.items():
        if text:
            yield f"    {key}: {scalar(text)}"
    yield f"    id: {scalar(target.id_field)}"
    yield f"    external_id: {scalar(target.external_id)}"
    if target.version_field:
        yield f"    version: {scalar(target.version_field)}"
    if target.is_user:
        yield "    user: true"
    if not target.can_create:
        yield "    can_create: false"
    yield "    fields:" + ("" if target.fields else " {}")
    for field in target.fields:
        yield from _folded(scalar(field.name), _tokens(_field(field)), 6)


def _field(field: TargetField) -> dict[str, Any]:
    """What is said of a field, in the order in which people look for it."""
    picklist: Any = list(field.picklist)
    if any(field.picklist_labels.values()):
        picklist = {value: field.picklist_labels.get(value, value) for value in field.picklist}
    depends_on = {"field": field.depends_on, "allowed": _lists(field.allowed)}
    said = {
        "type": field.type, "length": field.length, "precision": field.precision,
        "scale": field.scale, "required": field.is_required, "unique": field.is_unique,
        "read_only": field.is_read_only, "multiple": field.is_multiple,
        "custom": field.is_custom, "picklist": picklist, "references": list(field.references),
        "type_field": field.type_field, "consent": field.is_consent,
        "strict_value": field.strict_value, "label": field.label, "labels": dict(field.labels),
        "means": field.means, "depends_on": depends_on if field.depends_on else None,
    }  # fmt: skip
    # A scale of 0 says that there are no decimals; every other nothing says nothing.
    return {
        key: value for key, value in said.items() if value or (key == "scale" and value is not None)
    }


def _lists(allowed: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {value: list(values) for value, values in allowed.items()}


def _capabilities(found: Capabilities) -> dict[str, Any]:
    standard = Capabilities()
    seconds = int(found.settles_after_seconds)
    pairs: Sequence[tuple[str, Any, Any]] = (
        ("batch_rows", found.batch_rows, None), ("atomic", found.is_atomic, standard.is_atomic),
        ("journal", found.has_journal, standard.has_journal),
        ("upsert", found.has_upsert, standard.has_upsert), ("lookup", found.lookup, None),
        ("settles_after_seconds", seconds, 0),
        ("deletable", found.can_delete, standard.can_delete),
        ("keeps_history_dates", found.keeps_history_dates, standard.keeps_history_dates),
        ("discloses_all_constraints", found.discloses_all_constraints,
         standard.discloses_all_constraints),
    )  # fmt: skip
    return {key: value for key, value, usual in pairs if value != usual}


def _tokens(said: Mapping[str, Any]) -> list[str]:
    """The entries of a flow mapping, taken apart where a line may be broken."""
    tokens: list[str] = []
    for key, value in said.items():
        if isinstance(value, list | dict) and len(value) > 1:
            signs = "[]" if isinstance(value, list) else "{}"
            items = (
                [render(item) for item in value]
                if isinstance(value, list)
                else [f"{scalar(str(k))}: {render(v)}" for k, v in value.items()]
            )
            tokens += [f"{key}: {signs[0]}{items[0]}", *items[1:-1], f"{items[-1]}{signs[1]}"]
        else:
            tokens.append(f"{key}: {render(value)}")
    return tokens


def _folded(name: str, tokens: Sequence[str], indent: int, *, brackets: str = "{}") -> list[str]:
    """``name: {…}`` on one line, or its entries on lines of their own below the name."""
    space = " " * indent
    whole = f"{space}{name}: {brackets[0]}{', '.join(tokens)}{brackets[1]}"
    if len(whole) <= _WIDTH:
        return [whole]
    lines, line = [f"{space}{name}:"], f"{space}  {brackets[0]}"
    for number, token in enumerate(tokens):
        piece = token + ("," if number + 1 < len(tokens) else brackets[1])
        gap = "" if line.endswith((brackets[0], " ")) else " "
        if number and len(line) + len(gap) + len(piece) > _WIDTH:
            lines.append(line)
            line, gap = f"{space}   ", ""
        line += gap + piece
    return [*lines, line]


def _quoted(text: str) -> str:
    """A sentence, quoted where YAML would read it as something else."""
    return scalar(text)
