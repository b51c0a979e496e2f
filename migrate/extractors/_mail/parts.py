"""What does a message say, to whom, and what hangs on it?

The standard library finds the parts; what they say is read here. A message that it cannot take
apart keeps its headers and its raw text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message

from migrate.extractors._mail.text import (
    addresses,
    decode_text,
    header_text,
    moment,
    text_of_html,
    words_decoded,
)
from migrate.extractors._manifest.attachments import sized

# What the standard library is known to raise on messages that break the rules.
PARSER_ERRORS = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MessageError,
)  # fmt: skip
_HEADER = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n|\r\r|\Z")
_ROLES = ("from", "sender", "reply-to", "to", "cc", "bcc")
_ID = re.compile(r"<([^<>]+)>")
_MOST_PARTS = 2000
_MOST_NESTED = 200
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_ENCRYPTED = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"}
)


@dataclass(frozen=True)
class Part:
    """A file that hangs on a message; without a size it could not be decoded."""

    name: str
    media_type: str
    size: int | None
    sha256: str


@dataclass(frozen=True)
class Mail:
    """A message, read. ``problems`` are codes of what was wrong with it."""

    headers: dict[str, str]
    body: str
    is_html: bool
    parts: tuple[Part, ...]
    problems: tuple[str, ...]
    own_id: str

    @property
    def message_id(self) -> str:
        text = self.headers.get("message-id", "")
        found = _ID.search(text)
        return found[1].strip() if found else text.strip()

    def ids(self, header: str) -> str:
        """Give the ids in a header without their brackets, with spaces between."""
        text = self.headers.get(header, "")
        return " ".join(_ID.findall(text)) or text

    def people(self) -> Iterator[tuple[str, str, str]]:
        """Give (role, name, address) of everybody that the headers name."""
        for role in _ROLES:
            for name, address in addresses(self.headers.get(f"raw {role}", "")):
                yield role.replace("-", "_"), name, address

    @property
    def date(self) -> str:
        return moment(self.headers.get("date", ""))

    @property
    def received_at(self) -> str:
        """When the last server took it, from the topmost Received header."""
        return moment(self.headers.get("received", "").rpartition(";")[2])


def read_mail(content: bytes) -> Mail:
    """Read a message; never raises, whatever the bytes.

    >>> mail = read_mail(b"Subject: =?utf-8?q?Pozdrav?=\\nTo: jan@example.com\\n\\nAhoj")
    >>> mail.headers["subject"], mail.body, list(mail.people())
    ('Pozdrav', 'Ahoj', [('to', '', 'jan@example.com')])
    """
    own_id = "mail-" + hashlib.blake2b(content, digest_size=10).hexdigest()
    end = _HEADERS_END.search(content)
    head = content[: end.start()] if end else content
    headers = _headers(head)
    found = _Found()
    try:
        if content.count(b"multipart/") > _MOST_NESTED:
            raise ValueError("parts within parts without end")
        found.take(message_from_bytes(content))
    except PARSER_ERRORS:
        raw = content[end.end() :] if end else b""
        found = _Found(problems=["message_damaged"])
        found.plain.append(decode_text(raw, "")[0])
    html = "\n".join(found.html)
    is_html = bool(html.strip()) and not any(text.strip() for text in found.plain)
    body = text_of_html(html) if is_html else "\n".join(found.plain)
    return Mail(
        headers,
        body.replace("\r\n", "\n").replace("\r", "\n").strip("\n"),
        is_html,
        tuple(found.parts),
        tuple(dict.fromkeys(found.problems)),
        own_id,
    )


def _headers(head: bytes) -> dict[str, str]:
    """Read the headers: the first of each name, those of recipients joined and also raw."""
    headers: dict[str, str] = {}
    for name, raw in _HEADER.findall(re.sub(rb"\r+\n|\r", b"\n", head)):
        key = name.decode("ascii").lower()
        if key in _ROLES:
            # An encoded name may hold a comma: addresses are divided before they are decoded.
            plain = re.sub(r"\r?\n[ \t]+", " ", decode_text(raw, "")[0]).strip()
            for used, text in ((f"raw {key}", plain), (key, header_text(raw))):
                before = headers.get(used)
                headers[used] = f"{before}, {text}" if before else text
        else:
            headers.setdefault(key, header_text(raw))
    return headers


class _Found:
    """The texts and files of a message, gathered part by part."""

    def __init__(self, problems: list[str] | None = None) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.parts: list[Part] = []
        self.problems: list[str] = problems or []

    def take(self, message: Message) -> None:
        """Walk through the parts; messages inside are files, and are not walked into."""
        waiting: list[tuple[Message, bool]] = [(message, False)]
        seen = 0
        while waiting:
            part, is_alternative = waiting.pop(0)
            seen += 1
            if seen > _MOST_PARTS:
                self.problems.append("message_damaged")
                return
            kind = part.get_content_type()
            if kind in _ENCRYPTED and "signed-data" not in str(part.get("content-type", "")):
                self.problems.append("message_encrypted")
            if part.defects and kind.startswith("multipart/"):
                self.problems.append("message_damaged")
            inside = _inside(part)
            if inside and kind.startswith("multipart/"):
                waiting[:0] = [(one, kind == "multipart/alternative") for one in inside]
            else:
                self._leaf(part, kind, is_alternative=is_alternative)

    def _leaf(self, part: Message, kind: str, *, is_alternative: bool) -> None:
        name = _name(part)
        is_file = bool(name) or part.get_content_disposition() == "attachment"
        if kind in ("text/plain", "text/html") and not is_file:
            content = _payload(part)
            text, is_wrong = decode_text(content or b"", part.get_content_charset("") or "")
            if is_wrong:
                self.problems.append("wrong_charset")
            (self.plain if kind == "text/plain" else self.html).append(text)
            return
        if kind in _TNEF or name.lower() == "winmail.dat":
            self.problems.append("tnef_attachment")
        content = _payload(part)
        extension = {"message/rfc822": "eml", "text/calendar": "ics"}.get(kind, "")
        if not name:
            subject = _inner_subject(part) if kind == "message/rfc822" else ""
            name = (subject or kind.replace("/", "-")) + (f".{extension}" if extension else "")
        size, sha256 = sized(content) if content is not None else (None, "")
        if content is None:
            self.problems.append("part_unreadable")
        self.parts.append(Part(name, kind, size, sha256))


def _inside(part: Message) -> list[Message]:
    """Give the parts of a part; a text is not asked for, which would decode it."""
    inside = part.get_payload() if part.is_multipart() else []
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _payload(part: Message) -> bytes | None:
    """Give the bytes of a part; of a message inside, as it would be saved."""
    try:
        if part.is_multipart():
            return b"\n".join(one.as_bytes() for one in _inside(part))
        content = part.get_payload(decode=True)
    except (*PARSER_ERRORS, UnicodeError):
        return None
    return content if isinstance(content, bytes) else None


def _name(part: Message) -> str:
    """Read a file's name: RFC 2231, an encoded word (which is wrong there, and usual), or 8-bit."""
    try:
        name = part.get_filename("") or ""
    except PARSER_ERRORS:
        return ""
    raw = str(name).encode("utf-8", "surrogateescape")
    return words_decoded(decode_text(raw, "")[0]).strip()


def _inner_subject(part: Message) -> str:
    inside = _inside(part)
    if not inside:
        return ""
    raw = str(inside[0].get("subject", "")).encode("utf-8", "surrogateescape")
    return re.sub(r'[\\/:*?"<>|\s]+', " ", header_text(raw)).strip()[:100]
