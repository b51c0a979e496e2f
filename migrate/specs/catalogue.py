"""What does a CRM accept, as its file in ``mappings/targets`` describes it?"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from migrate.errors import MappingError
from migrate.registry import data_folder, did_you_mean
from migrate.specs.problems import raise_errors
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import read_yaml
from migrate.values import Capabilities, FieldType, Issue, TargetField, TargetObject, TargetSchema

VERIFIED = ("tested", "documented", "inferred", "recalled")
LOOKUPS = ("exact", "settles", "none")


def target_names(*, folder: Path | None = None) -> list[str]:
    """The targets that have a file: the product's, and those of a migration's own folder.

    >>> "reference" in target_names()
    True
    """
    return sorted(_files(folder))


def read_target(name: str, *, folder: Path | None = None) -> TargetSchema:
    """Read the file of a target, ``<folder>/mappings/targets`` before the product's.

    Raises MappingError with everything that is wrong in it.

    >>> read_target("reference").object("Contact").field("last_name").is_required
    True
    """
    files = _files(folder)
    if name not in files:
        raise MappingError(f"there is no target {name!r}", hint=did_you_mean(name, files))
    label = f"targets/{name}.yaml"
    issues: list[Issue] = []
    reader = Reader(read_yaml(files[name], label=label), label, issues)
    schema = TargetSchema(
        name=name,
        objects=tuple(
            _object(r, n) for n, r in reader.children("objects", "object", required=True)
        ),
        family=reader.text("family", "sql"),
        label=reader.text("label", name),
        verified=reader.choice("verified", VERIFIED, "recalled"),
        source=reader.text("source").strip(),
        limits=reader.texts("limits"),
        undescribed=reader.texts("undescribed"),
        capabilities=_capabilities(reader.mapping("capabilities")),
        where=reader.where,
    )
    reader.done()
    issues += _dangling(schema)
    issues += [issue for target in schema.objects for issue in _dependences(target)]
    raise_errors(issues)
    return schema


def _files(folder: Path | None) -> dict[str, Path]:
    places = [data_folder("mappings")] + ([folder / "mappings"] if folder else [])
    return {p.stem: p for place in places for p in (place / "targets").glob("*.yaml")}


def _capabilities(reader: Reader) -> Capabilities:
    standard = Capabilities()
    capabilities = Capabilities(
        batch_rows=reader.number("batch_rows", standard.batch_rows),
        is_atomic=reader.flag("atomic", standard.is_atomic),
        has_journal=reader.flag("journal", standard.has_journal),
        has_upsert=reader.flag("upsert", standard.has_upsert),
        lookup=reader.choice("lookup", LOOKUPS, standard.lookup),
        settles_after_seconds=float(reader.number("settles_after_seconds")),
        can_delete=reader.flag("deletable", standard.can_delete),
        keeps_history_dates=reader.flag("keeps_history_dates", standard.keeps_history_dates),
        discloses_all_constraints=reader.flag(
            "discloses_all_constraints", standard.discloses_all_constraints
        ),
    )
    reader.done()
    return capabilities


def _object(reader: Reader, name: str) -> TargetObject:
    fields = reader.mapping("fields", required=True)
    target = TargetObject(
        name=name,
        fields=tuple(_field(fields.mapping(field), field) for field in fields.names),
        table=reader.text("table", name),
        label=reader.text("label", name),
        about=reader.text("about"),
        id_field=reader.text("id", "id"),
        external_id=reader.text("external_id", "external_id"),
        version_field=reader.text("version"),
        is_user=reader.flag("user"),
        can_create=reader.flag("can_create", True),
        where=reader.where,
    )
    reader.done()
    return target


def _field(reader: Reader, name: str) -> TargetField:
    picklist, picklist_labels = _picklist(reader)
    depends_on, allowed = _dependence(reader)
    field = TargetField(
        name=name,
        type=reader.choice("type", get_args(FieldType), "text"),
        label=reader.text("label"),
        labels=reader.text_map("labels"),
        means=reader.text("means"),
        length=reader.number("length") or None,
        precision=reader.number("precision") or None,
        scale=reader.number("scale") if "scale" in reader else None,
        is_required=reader.flag("required"),
        is_unique=reader.flag("unique"),
        is_read_only=reader.flag("read_only"),
        is_multiple=reader.flag("multiple"),
        is_custom=reader.flag("custom"),
        picklist=picklist,
        picklist_labels=picklist_labels,
        references=reader.texts("references"),
        type_field=reader.text("type_field"),
        is_consent=reader.flag("consent"),
        strict_value=reader.text("strict_value"),
        depends_on=depends_on,
        allowed=allowed,
        where=reader.where,
    )
    if (field.type == "reference") != bool(field.references):
        reader.refuse("missing_key", "type: reference and references: [Object] need each other")
    if len(field.references) > 1 and not field.type_field:
        reader.refuse("missing_key", "several references need type_field: which object it is")
    if field.picklist and field.type != "picklist":
        reader.refuse("wrong_value", "only type: picklist has one", key="picklist")
    if field.is_consent and not field.strict_value:
        reader.refuse("missing_key", "consent: true needs strict_value: the value that forbids")
    if field.picklist and field.strict_value and field.strict_value not in field.picklist:
        hint = did_you_mean(field.strict_value, field.picklist)
        reader.refuse("wrong_value", "must be in the picklist", key="strict_value", hint=hint)
    reader.done()
    return field


def _picklist(reader: Reader) -> tuple[tuple[str, ...], dict[str, str]]:
    """The values, and their labels where they are codes: a list, or a mapping value -> label."""
    found = reader.node("picklist")
    if found is None or found.kind != "mapping":
        return reader.texts("picklist"), {}
    labels = reader.text_map("picklist")
    return tuple(labels), labels


def _dependence(field: Reader) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The field that decides, and what it allows by its value."""
    if "depends_on" not in field:
        return "", {}
    reader = field.mapping("depends_on")
    allowed = reader.mapping("allowed", required=True)
    found = reader.text("field", required=True), {v: allowed.texts(v) for v in allowed.names}
    reader.done()
    return found


def _dependences(target: TargetObject) -> list[Issue]:
    """What is wrong with the fields of an object that depend on another one."""
    issues = []
    for one in target.fields:
        if not one.depends_on:
            continue
        who = f"{target.name}.{one.name}, depends_on"
        other = target.field(one.depends_on)
        if other is None:
            names = [f.name for f in target.fields]
            message = f"{who}: {target.name} has no field {one.depends_on!r}"
            hint = did_you_mean(one.depends_on, names)
            issues.append(Issue("unknown_field", "error", message, place=one.where, hint=hint))
            continue
        asked = [(value, other.picklist) for value in one.allowed]
        asked += [(v, one.picklist) for values in one.allowed.values() for v in values]
        for value, known in asked:
            if known and value not in known:
                message = f"{who}: {value!r} is in no picklist"
                hint = did_you_mean(value, known)
                issues.append(
                    Issue("value_not_in_picklist", "error", message, place=one.where, hint=hint)
                )
    return issues


def _dangling(schema: TargetSchema) -> list[Issue]:
    known = {target.name for target in schema.objects} | set(schema.undescribed)
    return [
        Issue(
            "unknown_object",
            "error",
            f"{target.name}.{field.name} refers to {name!r}, which is neither described nor undescribed",
            place=field.where,
            hint=did_you_mean(name, known),
        )
        for target in schema.objects
        for field in target.references
        for name in field.references
        if name not in known
    ]
