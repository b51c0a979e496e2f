"""What does a manifest of attachments say of those that will make trouble?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.values import Issue, Severity

MISSING, EMPTY, BLOCKED, OVERSIZED, DUPLICATE = (
    "missing", "empty", "blocked", "oversized", "duplicate",
)  # fmt: skip
MAX_PATH = 260
"""Windows' MAX_PATH: a longer path opens in few programs there, and many copies cut it."""
MAX_NAME_BYTES = 255
"""The longest file name on NTFS (UTF-16 units), ext4 and APFS (bytes); bytes are the stricter."""
_SAMPLES = 5


@dataclass
class Met:
    """How often each kind of trouble was met, where first, and how many bytes it concerns."""

    counts: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    samples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, what: str, place: str, size: int = 0) -> None:
        """Count one attachment."""
        self.counts[what] += 1
        self.sizes[what] += size
        if len(self.samples[what]) < _SAMPLES:
            self.samples[what].append(place)


def issues_of(met: Met, *, table: str, origin: str, where: str, most: int) -> Iterator[Issue]:
    """Give one issue for each kind of trouble, with its number and the first places."""
    megabytes = most / 1024 / 1024

    def make(code: str, severity: Severity, message: str, hint: str, what: str) -> Issue:
        number = met.counts[what]
        return Issue(
            code, severity, f"{number} {_files(number)} {message}", entity=table,
            column="problem", place=origin, value="; ".join(met.samples[what]), hint=hint,
        )  # fmt: skip

    told = {
        MISSING: make(
            "attachment_missing", "warning", f"not found in {where}",
            "ask for the folder the files were in, and name it: `attachments_folder`", MISSING,
        ),
        EMPTY: make(
            "attachment_empty", "warning", "with zero bytes",
            "ask for another copy, or leave them behind", EMPTY,
        ),
        BLOCKED: make(
            "attachment_blocked", "warning", "of a type that CRMs and mail systems refuse",
            "leave them behind, or keep them in a document store", BLOCKED,
        ),
        OVERSIZED: make(
            "attachment_oversized", "warning", f"larger than {megabytes:g} MB ({met.sizes[OVERSIZED]} bytes together)",
            "see what the target takes, and set `max_attachment_bytes`", OVERSIZED,
        ),
        DUPLICATE: make(
            "attachment_duplicate", "info", f"with the bytes of an earlier one ({met.sizes[DUPLICATE]} bytes together)",
            "upload each `sha256` once and link it to all of its records", DUPLICATE,
        ),
        "name twice": make(
            "attachment_name_twice", "info", "with the name of another one of the same record",
            "keep them apart by `attachment_id`", "name twice",
        ),
        "id twice": make(
            "attachment_id_twice", "warning", "with an id that the source gave already; a number was put behind it",
            "ask why the source has it twice", "id twice",
        ),
        "path long": make(
            "attachment_path_long", "warning", f"with a path of more than {MAX_PATH} characters or a name of more than"
            f" {MAX_NAME_BYTES} bytes",
            "shorten the folders' names before files are copied on Windows", "path long",
        ),
        "decomposed": make(
            "attachment_name_decomposed", "info", "with letters and accents apart (NFD), as Macs write names; compared as one letter",
            "nothing to do", "decomposed",
        ),
        "name only": make(
            "attachment_found_by_name", "warning", "found by name alone, in another folder than the source says",
            "check a few of them", "name only",
        ),
        "ambiguous": make(
            "attachment_ambiguous", "warning", "of which several have the place that the source names; none was taken",
            "name a folder in which each is once: `attachments_folder`", "ambiguous",
        ),
        "unreadable": make(
            "attachment_unreadable", "warning", "that are there but cannot be read (damaged, encrypted, or no right to)",
            "copy them again from the old system", "unreadable",
        ),
    }  # fmt: skip
    return (made for what, made in told.items() if met.counts[what])


def _files(number: int) -> str:
    return "attachment" if number == 1 else "attachments"
