"""Which files of an export belong to which records, as the export's own tables say?"""

from __future__ import annotations

import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.extractors._folder.files import ARCHIVE_ERRORS
from migrate.extractors._manifest.attachments import (
    Attachment,
    attachment_folders,
    limits_of,
    manifest_table,
)
from migrate.extractors._profiles.salesforce_ids import long_id
from migrate.specs.profile import AttachmentRule, SourceProfile
from migrate.values import Issue, Table

NAME = "attachments"
_SHOWN = 20


def attachments_table(
    profile: SourceProfile,
    mains: Mapping[str, Table],
    names: Mapping[str, str],
    place: str | Path,
    own: Mapping[str, Any],
) -> Table | None:
    """Give the manifest of an export's files; None where no rule of the profile has its table.

    ``mains`` are the tables of the profile that were found, ``names`` what they are called.
    """
    rules = [rule for rule in profile.attachments if rule.table in mains]
    path = Path(place)
    if not rules or not path.exists():
        return None
    folders = attachment_folders(path, own.get("attachments_folder"))
    if path.is_file() and zipfile.is_zipfile(path):
        folders = (path, *folders[1:])
    without: list[str] = []

    def entries() -> Iterator[Attachment]:
        without.clear()
        there = _files_by_id(folders, rules)
        used: set[str] = set()
        for rule in rules:
            for entry in _entries(profile, rule, mains, names, there):
                used.add(entry.place)
                yield entry
        without.extend(sorted(label for label in there.values() if label not in used))

    reading: dict[str, object] = {
        "profile": profile.name,
        "source_table": mains[rules[0].table].reading.get("source_table", ""),
    }
    if own.get("attachments_folder"):
        reading["attachments_folder"] = own["attachments_folder"]
    table = manifest_table(
        entries, str(place), folders=folders, limits=limits_of(own, str(place)), reading=reading,
        ignore_case=False,
    )  # fmt: skip

    def issues() -> Sequence[Issue]:
        if not without:
            return table.issues()
        more = "; …" if len(without) > _SHOWN else ""
        return (*table.issues(), Issue(
            "attachment_without_row", "warning", f"{len(without)} files belong to no row",
            entity=NAME, place=str(place), value="; ".join(without[:_SHOWN]) + more,
            hint="the table that describes them may lack a part of the export",
        ))  # fmt: skip

    return replace(table, issues=issues)


def _entries(
    profile: SourceProfile,
    rule: AttachmentRule,
    mains: Mapping[str, Table],
    names: Mapping[str, str],
    there: Mapping[tuple[str, str], str],
) -> Iterator[Attachment]:
    links = _links(rule, mains)
    for frame in mains[rule.table].batches():
        for row in frame.to_dict("records"):
            file = _text(row, rule.file)
            keys = (
                links.get(_text(row, rule.parent), [""]) if rule.link else [_text(row, rule.parent)]
            )
            name = next((text for column in rule.name if (text := _text(row, column))), file)
            place = there.get((rule.folder.casefold(), long_id(file)), f"{rule.folder}/{file}")
            for key in _wanted(keys, profile):
                yield Attachment(
                    parent_table=_parent_table(key, rule, profile, names),
                    parent_key=key,
                    name=name,
                    place=place,
                    media_type=_text(row, rule.media_type),
                    attachment_id=file if len(keys) == 1 else f"{file}-{key}",
                )


def _text(row: Mapping[Any, Any], column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _links(rule: AttachmentRule, mains: Mapping[str, Table]) -> dict[str, list[str]]:
    """Which records a file is linked to, out of the table that says it."""
    found: dict[str, list[str]] = defaultdict(list)
    if rule.link is None or rule.link[0] not in mains:
        return found
    table, key, parent = rule.link
    for frame in mains[table].batches():
        if {key, parent} <= set(frame.columns):
            both: pd.DataFrame = frame[[key, parent]].dropna()
            for file, record in both.itertuples(index=False, name=None):
                found[file].append(record)
    return found


def _wanted(keys: Sequence[str], profile: SourceProfile) -> Sequence[str]:
    """Of several records, those of a table that the profile describes: not the owner's library."""
    known = [key for key in keys if profile.table(profile.id_prefixes.get(key[:3], ""))]
    people = [key for key in known if profile.id_prefixes.get(key[:3]) == "User"]
    return [key for key in known if key not in people] or known or list(keys)[:1]


def _parent_table(
    key: str, rule: AttachmentRule, profile: SourceProfile, names: Mapping[str, str]
) -> str:
    canonical = rule.parent_table or profile.id_prefixes.get(key[:3], "")
    return names.get(canonical, canonical)


def _files_by_id(
    folders: Sequence[Path], rules: Sequence[AttachmentRule]
) -> dict[tuple[str, str], str]:
    """The files of the rules' folders, by folder and id of 18: where each lies."""
    wanted = {rule.folder.casefold() for rule in rules}
    found: dict[tuple[str, str], str] = {}
    for label in (label for folder in folders for label in _labels(folder)):
        *above, name = label.split("/")
        if above and above[-1].casefold() in wanted:
            # a zip is a folder named without its suffix in the manifest's index
            place = re.sub(r"\.zip(?=/)", "", label, flags=re.IGNORECASE)
            found.setdefault((above[-1].casefold(), long_id(name)), place)
    return found


def _labels(root: Path) -> Iterator[str]:
    if root.is_file():
        yield from _members(root, root.stem)
        return
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            label = path.relative_to(root).as_posix()
            if path.suffix.lower() == ".zip":
                yield from _members(path, label)
            elif not path.is_symlink():
                yield label


def _members(archive: Path, label: str) -> Iterator[str]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield from (f"{label}/{e.filename}" for e in opened.infolist() if not e.is_dir())
    except (OSError, *ARCHIVE_ERRORS):
        return
