"""Which activities do mailboxes and saved messages hold, who took part, and what hung on them?

One message is one activity, in whatever form it was kept: mbox (and Gmail's and Thunderbird's
dialects of it), .eml, .emlx, a Maildir. Messages are read one at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors._derived import Note, Row, Shape, cells_of, derived_table
from migrate.extractors._mail.boxes import Raw, count_messages, read_box
from migrate.extractors._mail.parts import Mail, read_mail
from migrate.extractors._mail.text import moment
from migrate.extractors._manifest.attachments import Attachment, limits_of, manifest_table
from migrate.extractors._text import check_options, chosen, existing_file, table_options
from migrate.values import ForeignKey, Issue, Severity, Table

ACTIVITIES, PARTICIPANTS, ATTACHMENTS = "activities", "participants", "attachments"
KEY = "activity_id"
FILE_OPTIONS = ("own_domains", "unescape_from", "max_attachment_bytes")
_COLUMNS = (
    KEY, "file", "message_id", "in_reply_to", "references", "thread", "date", "date_raw",
    "received_at", "direction", "from", "from_name", "from_address", "to", "cc", "bcc", "reply_to",
    "subject", "body", "is_html", "labels", "importance", "attachments",
)  # fmt: skip
_TYPES = {"date": "datetime", "received_at": "datetime", "is_html": "boolean",
          "attachments": "integer", "position": "integer"}  # fmt: skip
_SHAPES = (
    Shape(ACTIVITIES, cells_of(_COLUMNS, _TYPES), key=(KEY,)),
    Shape(
        PARTICIPANTS,
        cells_of((KEY, "position", "role", "name", "address"), _TYPES),
        key=(KEY, "position"),
        foreign_keys=(ForeignKey((KEY,), ACTIVITIES, (KEY,)),),
    ),
)


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give ``activities``, ``participants`` and the manifest of ``attachments`` of a mailbox.

    ``own_domains`` (a list) are the customer's: with them a message is outgoing or incoming;
    ``unescape_from`` false leaves lines that begin with ">From " as they are;
    ``max_attachment_bytes`` is the size from which an attachment is listed as oversized.
    """
    path = existing_file(Path(place))
    return read_messages([path], str(path), tables=tables, only=only, **options)


def read_messages(
    paths: Sequence[Path],
    origin: str,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Read many files as one mailbox: a folder of .eml, a Maildir, the folders of an export.

    Files are mailboxes or single messages, told by content. One that cannot be read is an issue.
    """
    check_options(options, FILE_OPTIONS, origin)
    table_options(tables or {}, FILE_OPTIONS, origin)
    names = [ACTIVITIES, PARTICIPANTS, ATTACHMENTS]
    chosen(names, list(tables or {}), origin)  # refuses options for a table that is not there
    made: list[Table] = []
    for name in chosen(names, only, origin):
        own = {**options, **(tables or {}).get(name, {})}
        taken = _Taken(
            tuple(paths),
            tuple(str(domain).lower().lstrip("@") for domain in own.get("own_domains") or ()),
            is_escaped=bool(own.get("unescape_from", True)),
        )
        reading = {
            "own_domains": list(taken.own_domains),
            "unescape_from": taken.is_escaped,
            "evidence": {
                "unescape_from": "as mboxo and mboxrd escape; a Content-Length is held to"
            },
        }
        if name == ATTACHMENTS:
            made.append(
                manifest_table(
                    taken.attachments,
                    origin,
                    limits=limits_of(own, origin),
                    parent_key=(ACTIVITIES, KEY),
                    reading=reading,
                )
            )
            continue
        shape = next(shape for shape in _SHAPES if shape.name == name)
        made.append(
            derived_table(
                shape,
                taken.rows,
                origin,
                count=partial(_count, paths) if name == ACTIVITIES else None,
                reading=reading,
            )
        )
    return made


def _count(paths: Sequence[Path]) -> int:
    return sum(count_messages(path) for path in paths)


class _Taken:
    """The messages of some files, and how they are to be read."""

    def __init__(
        self, paths: tuple[Path, ...], own_domains: tuple[str, ...], *, is_escaped: bool
    ) -> None:
        self.paths, self.own_domains, self.is_escaped = paths, own_domains, is_escaped

    def _messages(self, note: Note | None = None) -> Iterator[tuple[Path, int, Raw]]:
        """Give every message with its row: its line in one file, its ordinal in many."""
        ordinal = 0
        for path in self.paths:
            try:
                for raw in read_box(path, is_escaped=self.is_escaped):
                    ordinal += 1
                    yield path, raw.line if len(self.paths) == 1 else ordinal, raw
            except SourceError as problem:
                if len(self.paths) == 1:
                    raise
                ordinal += 1
                if note:
                    note(
                        Issue(
                            "row_not_placed",
                            "error",
                            f"a file {problem.message}",
                            entity=ACTIVITIES,
                            place=str(path),
                            hint=problem.hint,
                        )
                    )

    def rows(self, note: Note) -> Iterator[Row]:
        """Give an activity, then those who took part in it, message after message."""
        met = _Met(note)
        for path, number, raw in self._messages(note):
            mail = read_mail(raw.content)
            key = met.key(mail)
            met.look_at(mail, f"{path}:{raw.line}")
            people = list(mail.people())
            yield Row(ACTIVITIES, number, self._activity(mail, key, path, raw, people))
            for position, (role, name, address) in enumerate(people, start=1):
                yield Row(
                    PARTICIPANTS,
                    number,
                    {
                        KEY: key, "position": str(position), "role": role, "name": name,
                        "address": address,
                    },
                )  # fmt: skip
        met.tell(str(self.paths[0] if len(self.paths) == 1 else self.paths[0].parent))

    def attachments(self) -> Iterator[Attachment]:
        """Give the files that hang on the messages."""
        met = _Met(lambda _issue: None)
        for path, number, raw in self._messages():
            mail = read_mail(raw.content)
            key = met.key(mail)
            for position, part in enumerate(mail.parts, start=1):
                yield Attachment(
                    ACTIVITIES, key, part.name, f"{path}#{raw.line}/{position}", part.media_type,
                    size=part.size, sha256=part.sha256, source_row=number,
                )  # fmt: skip

    def _activity(
        self, mail: Mail, key: str, path: Path, raw: Raw, people: list[tuple[str, str, str]]
    ) -> dict[str, str | None]:
        headers = mail.headers
        sender = next(((n, a) for role, n, a in people if role == "from"), ("", ""))
        listed = {role: _listed(people, role) for role in ("from", "to", "cc", "bcc", "reply_to")}
        return {
            KEY: key, "file": path.name, "message_id": mail.message_id,
            "in_reply_to": mail.ids("in-reply-to"), "references": mail.ids("references"),
            "thread": headers.get("x-gm-thrid") or headers.get("thread-index"),
            "date": mail.date, "date_raw": headers.get("date"),
            "received_at": mail.received_at or _separator_date(raw.separator),
            "direction": self._direction(people), **listed,
            "from_name": sender[0], "from_address": sender[1],
            "subject": headers.get("subject"), "body": mail.body,
            "is_html": "true" if mail.is_html else "false",
            "labels": headers.get("x-gmail-labels") or headers.get("keywords"),
            "importance": headers.get("importance") or headers.get("x-priority"),
            "attachments": str(len(mail.parts)),
        }  # fmt: skip

    def _direction(self, people: list[tuple[str, str, str]]) -> str:
        if not self.own_domains:
            return "unknown"
        froms = {
            address.rpartition("@")[2].lower() for role, _, address in people if role == "from"
        }
        return "outgoing" if froms & set(self.own_domains) else "incoming"


def _listed(people: list[tuple[str, str, str]], role: str) -> str:
    entries = ((name, address) for said, name, address in people if said == role)
    return "; ".join(
        f"{name} <{address}>" if name and address else address or name for name, address in entries
    )


def _separator_date(separator: bytes) -> str:
    """Read the date of a line "From jana@example.com Fri Mar  1 10:00:00 2019"."""
    words = separator.decode("latin-1").split(None, 2)
    return moment(words[2]) if len(words) == 3 else ""


class _Met:
    """What was met in the messages: ids given before, and problems by kind."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._ids: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def key(self, mail: Mail) -> str:
        """Give the Message-ID, or an id made from the message; never one twice."""
        text = mail.message_id or mail.own_id
        self._ids[text] += 1
        return text if self._ids[text] == 1 else f"{text}#{self._ids[text]}"

    def look_at(self, mail: Mail, place: str) -> None:
        """Note what is wrong with one message."""
        said = list(mail.problems)
        if not mail.headers.get("date"):
            said.append("date_missing")
        elif not mail.date:
            said.append("date_unreadable")
        elif "T" in mail.date and not any(sign in mail.date[19:] for sign in "+-"):
            said.append("date_without_zone")
        if not mail.message_id:
            said.append("message_id_missing")
        elif self._ids[mail.message_id] > 1:
            said.append("duplicate_message")
        for problem in said:
            self._counts[problem] += 1
            self._first.setdefault(problem, place)

    def tell(self, origin: str) -> None:
        """Give one issue for each kind of problem, with its number and the first place."""

        def make(code: str, severity: Severity, message: str, hint: str = "") -> None:
            if self._counts[code]:
                self._note(
                    Issue(
                        code,
                        severity,
                        f"{self._counts[code]} {message}",
                        entity=ACTIVITIES,
                        place=self._first.get(code, origin),
                        hint=hint,
                    )
                )

        make("date_missing", "warning", "messages have no date",
             "the column `received_at` may hold when they were received")  # fmt: skip
        make("date_unreadable", "warning", "messages have a date that cannot be read",
             "it is in the column `date_raw`")  # fmt: skip
        make("date_without_zone", "info", "messages have a date without a time zone",
             "they are local times of the sender")  # fmt: skip
        make("message_id_missing", "info",
             "messages have no Message-ID; one was made from their bytes")  # fmt: skip
        make("duplicate_message", "warning",
             "messages have the Message-ID of an earlier one; #2, #3 … was put behind it",
             "the same message in several folders: exclude those with # in `activity_id`")  # fmt: skip
        make("message_damaged", "warning",
             "messages break the rules of their format; they were read as far as they go",
             "compare the first one with the original")  # fmt: skip
        make("message_encrypted", "warning", "messages are encrypted; their text is not read",
             "ask the owner to decrypt them before the export")  # fmt: skip
        make("wrong_charset", "info",
             "messages do not have the charset that they name; their letters decided",
             "look at the first one")  # fmt: skip
        make("tnef_attachment", "warning",
             "messages hide their attachments in a winmail.dat (TNEF)",
             "unpack it with: tnef winmail.dat")  # fmt: skip
        make("part_unreadable", "warning", "messages have an attachment that cannot be decoded")
