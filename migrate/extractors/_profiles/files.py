"""Which files of a known export are attachments of its records, told by their names alone?"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cache

from migrate.specs.profile import AttachmentRule
from migrate.specs.source_profile import profile_files, profile_of

_ID = re.compile(r"(?:[A-Za-z0-9]{15}|[A-Za-z0-9]{18})")


@cache
def attachment_rules() -> tuple[AttachmentRule, ...]:
    """The rules of all profiles that have some; the others' files are not parsed."""
    with_rules = [
        path
        for path in profile_files().values()
        if "\nattachments:" in path.read_text(encoding="utf-8", errors="replace")
    ]
    return tuple(rule for path in with_rules for rule in profile_of(path).attachments)


def is_attached(label: str, stems: Set[str]) -> bool:
    """Tell whether a file hangs on a record: it lies in the folder that a profile names.

    ``stems`` are the names of all files in the place, casefolded and without suffix: the table
    that describes the files must be among them, or the file must be called by an id.

    >>> is_attached("we/Attachments/brief.pdf", {"attachment", "brief"})
    True
    >>> is_attached("we/Attachments/brief.pdf", {"brief"})
    False
    """
    *folders, name = (piece.casefold() for piece in label.split("/"))
    return bool(folders) and any(
        rule.folder.casefold() in folders
        and (rule.table.casefold() in stems or _ID.fullmatch(name) is not None)
        for rule in attachment_rules()
    )
