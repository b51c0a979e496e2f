"""What the catalogue knows of the CRMs, as a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.registry import did_you_mean
from migrate.specs.catalogue import read_target, target_names
from migrate.values import RunReport, Section, TargetField, TargetObject, TargetSchema


def targets_report(
    name: str = "", object_name: str = "", *, folder: Path | None = None
) -> RunReport:
    """List all targets, the objects of one, or the fields of one of its objects.

    ``figures`` are the JSON of the command. Raises MappingError for a target that is not known,
    UsageError for an object that it does not have.
    """
    if not name:
        return _report("Targets", _all(folder), [_entry(t) for t in _schemas(folder)])
    schema = read_target(name, folder=folder)
    if not object_name:
        return _report(schema.label or name, _objects(schema), [_entry(schema, with_fields=True)])
    target = next((t for t in schema.objects if t.name == object_name), None)
    if target is None:
        names = [t.name for t in schema.objects]
        raise UsageError(
            f"{schema.label or name} has no object {object_name!r}",
            hint=did_you_mean(object_name, names) or f"it has: {', '.join(names)}",
        )
    narrowed = dataclasses.replace(schema, objects=(target,))
    return _report(
        f"{schema.label or name}: {target.label or target.name}",
        [_fields(target)],
        [_entry(narrowed, with_fields=True)],
    )


def _schemas(folder: Path | None) -> list[TargetSchema]:
    return [read_target(name, folder=folder) for name in target_names(folder=folder)]


def _report(title: str, sections: list[Section], entries: list[dict[str, Any]]) -> RunReport:
    return RunReport(
        command="targets", migration="", environment="", run_id="", title=title,
        sections=tuple(sections), figures={"targets": entries},
    )  # fmt: skip


def _all(folder: Path | None) -> list[Section]:
    rows = [("name", "label", "family", "verified", "objects")]
    rows += [(s.name, s.label, s.family, s.verified, str(len(s.objects))) for s in _schemas(folder)]
    return [Section("Known targets", (), (tuple(rows),))]


def _objects(schema: TargetSchema) -> list[Section]:
    rows = [("object", "label", "about", "fields", "required", "key")]
    for target in schema.objects:
        required = sum(field.is_required for field in target.fields)
        rows.append(
            (target.name, target.label, target.about, str(len(target.fields)), str(required),
             target.external_id)
        )  # fmt: skip
    facts = [f"Verified: {schema.verified}.", schema.source.strip()]
    return [
        Section("Objects, parents first", tuple(fact for fact in facts if fact), (tuple(rows),)),
        *([Section("Limits", schema.limits)] if schema.limits else []),
    ]


def _fields(target: TargetObject) -> Section:
    header = ("field", "label", "type", "length", "marks", "means", "values or parents")
    rows = [
        (field.name, field.label, field.type, str(field.length or ""), _marks(field),
         field.means, ", ".join(field.picklist or field.references)[:120])
        for field in target.fields
    ]  # fmt: skip
    return Section("Fields", (), ((header, *rows),))


def _marks(field: TargetField) -> str:
    marks: Mapping[str, bool] = {
        "required": field.is_required,
        "unique": field.is_unique,
        "read-only": field.is_read_only,
        "several": field.is_multiple,
        "custom": field.is_custom,
    }
    return ", ".join(name for name, is_so in marks.items() if is_so)


def _entry(schema: TargetSchema, *, with_fields: bool = False) -> dict[str, Any]:
    return {
        "name": schema.name,
        "label": schema.label,
        "family": schema.family,
        "verified": schema.verified,
        "objects": [_object(t, with_fields=with_fields) for t in schema.objects]
        if with_fields
        else [t.name for t in schema.objects],
        "capabilities": dataclasses.asdict(schema.capabilities),
    }


def _object(target: TargetObject, *, with_fields: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": target.name,
        "label": target.label,
        "about": target.about,
        "external_id": target.external_id,
    }
    if with_fields:
        found["fields"] = [_field(field) for field in target.fields]
    return found


def _field(field: TargetField) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length,
        "precision": field.precision,
        "scale": field.scale,
        "required": field.is_required,
        "unique": field.is_unique,
        "read_only": field.is_read_only,
        "several": field.is_multiple,
        "custom": field.is_custom,
        "picklist": list(field.picklist),
        "references": list(field.references),
        "means": field.means,
    }
