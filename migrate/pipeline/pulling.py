"""How does a customer's own system describe itself, and where does that description go?"""

from __future__ import annotations

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrate import __version__
from migrate.errors import TargetError, UsageError
from migrate.loaders._describers import fetch
from migrate.pipeline.pulling_place import describer_of, pulled_place
from migrate.registry import did_you_mean
from migrate.specs.catalogue import read_target, target_names
from migrate.specs.live import Live, Merged
from migrate.specs.live_merge import merge, same
from migrate.specs.secrets import mask_url
from migrate.specs.targetfile import target_text
from migrate.store.runfolder import write_private_text
from migrate.values import RunReport, Section, TargetSchema

_KINDS = {"Gone": "gone", "Changed": "changed", "Added": "added"}  # a mapping may rest on the gone
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "gone": ("what it was",), "changed": ("what", "before", "now"), "added": ("what it is",),
}  # fmt: skip
_READABLE = 0o644  # a description holds no personal data: colleagues may read it


def pull_target(
    name: str,
    *,
    url: str = "",
    folder: Path = Path(),
    environment: str = "",
    options: Mapping[str, Any] | None = None,
    objects: Sequence[str] = (),
) -> RunReport:
    """Write the customer's own description of a target to ``<folder>/mappings/targets``.

    Without ``url`` the environment of the folder's migration.yaml says where it is and how it is
    asked. ``objects`` are fetched beside those that the description has. A pull that finds nothing
    new writes nothing. ``figures`` are the JSON of the command. Raises TargetError (unreachable,
    unauthorised, not this CRM), UsageError for a CRM that cannot be asked.
    """
    _check_name(name)
    _check_objects(objects)
    place = pulled_place(name, url, options or {}, folder=folder, environment=environment)
    product = read_target(name) if name in target_names() else None
    file = folder / "mappings" / "targets" / f"{name}.yaml"
    own = read_target(name, folder=folder) if file.is_file() else None
    kind = describer_of(name, place.url, own=own, product=product)
    known = [t.name for schema in (own, product) if schema for t in schema.objects]
    wanted = tuple(dict.fromkeys([*known, *objects]))
    live = fetch(kind, place.url, options=place.options_for(kind), objects=wanted)
    _check_found(live, objects)
    merged = merge(name, live, own=own, product=product)
    if not merged.schema.objects:
        raise TargetError(
            f"{live.place} has none of the objects that {name} should have",
            hint="check that the url leads to this CRM, and what the token may see",
        )
    known_as = "what was pulled before" if own else "the product's description" if product else ""
    is_new = own is None or not same(own, merged.schema)
    if is_new:
        _write(file, merged.schema, live)
    return _report(merged, live, file, is_written=is_new, known=known_as)


def _check_name(name: str) -> None:
    """The name becomes a file's."""
    if not name or not all(c.isalnum() or c in "_-" for c in name):
        raise UsageError(
            f"{name!r} cannot be the name of a target: it becomes the name of its file",
            hint="use letters, digits, - and _ only",
        )


def _check_objects(objects: Sequence[str]) -> None:
    """The names become a part of addresses."""
    for name in objects:
        if not name or not all(c.isalnum() or c in "_.-" for c in name):
            raise UsageError(
                f"{name!r} cannot be the name of an object",
                hint="write it as the CRM's interface does: --object Project__c",
            )


def _check_found(live: Live, asked: Sequence[str]) -> None:
    """An object that was asked for by name and is not there is a slip, or a missing right."""
    names = {target.name for target in live.objects} | {t.table for t in live.objects}
    lacking = [name for name in asked if name not in names and name not in live.undescribed]
    if lacking:
        raise UsageError(
            f"{live.place} has no object {lacking[0]!r}, or the token may not see it",
            hint=did_you_mean(lacking[0], names - {""}),
        )


def _write(file: Path, schema: TargetSchema, live: Live) -> None:
    """Write the description whole or not at all, and only one that can be read back."""
    text = target_text(schema, _comments(schema.name, live))
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch) / "mappings" / "targets" / file.name
        trial.parent.mkdir(parents=True)
        trial.write_text(text, encoding="utf-8")
        read_target(schema.name, folder=Path(scratch))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private_text(file, text)
    file.chmod(_READABLE)


def _comments(name: str, live: Live) -> list[str]:
    """When, from where and by which version of the interface; never a secret."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return [
        f"{name} as the customer's own system describes it, written by `crm-migrate targets pull`.",
        f"Pulled {moment} from {mask_url(live.place)} ({live.api}), crm-migrate {__version__}.",
        "Names, types, lengths, required marks and picklists are the live system's. Add to it by hand",
        "what no system tells (means, about, label, labels, consent, the order of objects): the next",
        "pull keeps that. It does not keep comments.",
    ]


# -- the report -------------------------------------------------------------------------------


def _report(merged: Merged, live: Live, file: Path, *, is_written: bool, known: str) -> RunReport:
    schema = merged.schema
    fields = [field for target in schema.objects for field in target.fields]
    counts: Counter[str] = Counter(change.change for change in merged.changes)
    place = file.as_posix()
    done = f"Written: {place}." if is_written else f"Nothing is new: {place} stays as it is."
    figures = {
        "target": schema.name,
        "file": place,
        "written": is_written,
        "place": mask_url(live.place),
        "api": live.api,
        "objects": len(schema.objects),
        "fields": len(fields),
        "custom": sum(field.is_custom for field in fields),
        "changes": [dataclasses.asdict(change) for change in merged.changes],
        "without_key": [{"object": o, "field": f} for o, f in merged.without_key],
        "not_told": sorted(live.untold),
        "kept_as_known": list(live.undescribed),
    }
    text = [
        done,
        f"Objects: {len(schema.objects)}, fields: {len(fields)}, custom: {figures['custom']}; "
        f"from {mask_url(live.place)} ({live.api}).",
        f"{f'Against {known}' if known else 'Nothing was known of it'}: {counts['added']} added, "
        f"{counts['changed']} changed, {counts['gone']} gone.",
        *_remarks(merged, live),
    ]
    return RunReport(
        command="targets pull", migration="", environment="", run_id="",
        title=f"{schema.label or schema.name}: the customer's own schema",
        sections=(
            Section("Pulled", tuple(text)),
            *(_section(title, kind, merged) for title, kind in _KINDS.items() if counts[kind]),
        ),
        figures=figures,
        files={"target": place} if is_written else {},
    )  # fmt: skip


def _section(title: str, kind: str, merged: Merged) -> Section:
    """The changes of one kind, as a table."""
    rows = [("object", "field", *_HEADINGS[kind])]
    for change in merged.changes:
        if change.change == kind:
            told = {"gone": (change.before,), "added": (change.after,)}.get(
                kind, (change.fact, change.before, change.after)
            )
            rows.append((change.object, change.field, *map(_cut, told)))
    return Section(title, (), (tuple(rows),))


def _remarks(merged: Merged, live: Live) -> list[str]:
    remarks = [
        f"{name} has no field {field!r} yet, which is to carry our key: make it, then pull again."
        if field
        else f"{name} has no field that carries our key (external_id), so nothing can be created in it."
        for name, field in merged.without_key
    ]
    if live.untold:
        names = ", ".join(sorted(fact.replace("_", " ") for fact in live.untold))
        remarks.append(f"This interface does not tell everything ({names}): there, what was known stands.")  # fmt: skip
    if live.undescribed:
        remarks.append(f"Kept as it was known, because it is not described there: {', '.join(live.undescribed)}.")  # fmt: skip
    return remarks


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
