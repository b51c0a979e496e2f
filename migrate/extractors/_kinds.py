"""What kind of source is this? Told by what it holds, never by its name alone."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._dbf.header import is_dbase
from migrate.extractors._delimited.encodings import wide_without_mark
from migrate.extractors._text import existing_file

_URL = re.compile(r"[a-z][a-z0-9+.\-]+://", re.IGNORECASE)
_HEAD_BYTES = 4096
_BOM = b"\xef\xbb\xbf"

_LDIF = re.compile(  # with the line ends of Windows, Unix or an old Macintosh
    rb"\s*(#[^\r\n]*[\r\n]\s*)*(version:\s*\d+[ \t]*[\r\n]\s*(#[^\r\n]*[\r\n]\s*)*)?dn::?[ \w]",
    re.IGNORECASE,
)
_VCARD = re.compile(rb"\s*BEGIN\s*:\s*VCARD", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html|<head|<body|<table|<meta|<\?xml)", re.IGNORECASE)
_MAILBOX = re.compile(rb"From \S.*\r?\n[\w-]+:", re.IGNORECASE)
_HEADER_LINE = re.compile(
    rb"^(from|to|cc|date|subject|received|return-path|message-id|mime-version|delivered-to|"
    rb"content-type|x-[\w-]+|dkim-signature|reply-to|sender):[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
# What a message may have for its only headers; a line of each kind, then an empty one.
_MAIL_NAME = re.compile(
    rb"(from|to|cc|bcc|subject|received|return-path|message-id|mime-version|delivered-to|reply-to|"
    rb"sender|in-reply-to|references|content-(type|disposition|transfer-encoding|id|language)|"
    rb"(dkim|arc|domainkey)-[\w-]+|authentication-results|list-(id|unsubscribe|post)|received-spf|"
    rb"x-[\w-]+|importance|priority|thread-(topic|index)|user-agent):",
    re.IGNORECASE,
)
_ANY_HEADER = re.compile(rb"[!-9;-~]+:([ \t]|$)")
_SEPARATOR = re.compile(rb"[;\t|]|,(?=\S)")  # a comma before a blank is one of a sentence
_CARD_LINE = re.compile(
    rb"^(?:item\d+\.)?(VERSION|N|FN|TEL|EMAIL|ORG|ADR|TITLE|NOTE|URL|BDAY|UID|REV|END)"
    rb"(?:;[^:\r\n]*)?:",
    re.IGNORECASE | re.MULTILINE,
)
_CARD_END = re.compile(rb"^END\s*:\s*VCARD", re.IGNORECASE | re.MULTILINE)

# What people hand over by mistake: (first bytes, what it is, what to do).
_NOT_DATA: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "is a PDF document", "ask for the table itself: an export as .xlsx or .csv"),
    (b"{\\rtf", "is a rich text document", "save the table in it as .xlsx or .csv"),
    (b"\x89PNG", "is a picture", "ask for the data itself"),
    (b"\xff\xd8\xff", "is a picture", "ask for the data itself"),
    (b"GIF8", "is a picture", "ask for the data itself"),
    (b"\x1f\x8b", "is compressed with gzip", "unpack it: gunzip FILE"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive", "unpack it, and give the folder"),
    (b"Rar!", "is a RAR archive", "unpack it, and give the folder"),
    (b"BZh", "is compressed with bzip2", "unpack it: bunzip2 FILE"),
    (b"\xfd7zXZ\x00", "is compressed with xz", "unpack it: unxz FILE"),
    (b"PAR1", "is a Parquet file", "export it as .csv"),
    (b"!BDN", "is an Outlook data file (PST)", "export it first: readpst -o FOLDER FILE"),
    (b"\x7fELF", "is a program", "name the data file"),
    (b"MZ", "is a program", "name the data file"),
)
# These begin nothing else, even where the rest looks like text.
_SURELY_NOT_DATA = frozenset((b"%PDF-", b"{\\rtf", b"Rar!"))
_DOCUMENTS = (("word/", "is a Word document"), ("ppt/", "is a PowerPoint presentation"))
# Signs that old exports hold among text: NUL, tab, line ends, vertical tab, form feed, end of file,
# escape, and the four separators of ASCII.
_CONTROLS = frozenset(range(32)) - frozenset(b"\0\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f")
_MOST_CONTROLS = 0.05
_WORKBOOK_PARTS = frozenset(
    ("[Content_Types].xml", "content.xml", "EncryptionInfo", "xl/workbook.xml", "xl/workbook.bin")
)
_FEWEST_KINDS = 4  # fewer different ones may be the separators of a table


def kind_of(place: str | Path) -> str:
    """Tell which extractor reads a place; the answer is the name of its module.

    Raises SourceError where the place is not there, cannot be opened, or is no source of data.
    """
    if isinstance(place, str) and _URL.match(place):
        return "database"
    path = Path(place)
    if path.is_dir():
        return "folder"
    path = existing_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as problem:
        raise SourceError(
            f"cannot be opened ({problem.strerror})",
            hint="close it in other programs, and check that you may read it",
            where=str(path),
        ) from problem
    for mark, what, hint in _NOT_DATA:
        if head.startswith(mark) and (mark in _SURELY_NOT_DATA or not _is_text(head)):
            raise SourceError(what, hint=hint, where=str(path))
    _refuse_document(path, head)
    kind = next((kind for kind, holds in _KINDS if holds(path, head)), "delimited")
    if kind == "delimited":
        _refuse_headless_card(path, head)
    if kind == "delimited" and _is_binary(head):
        raise SourceError(
            "is not text: it is full of control characters, and of no kind that is known",
            hint="ask which program wrote it, and for an export as .csv or .xlsx",
            where=str(path),
        )
    return kind


def _is_binary(head: bytes) -> bool:
    """Tell what is neither text in any encoding nor a table with odd separators.

    >>> _is_binary(bytes(range(256)) * 16), _is_binary(b"1\\x01Ann\\x02" * 9), _is_binary(b"a;b")
    (True, False, False)
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or wide_without_mark(head):
        return False  # a mark of UTF-32 begins like one of UTF-16, or with zeros
    found = [byte for byte in head if byte in _CONTROLS]
    return len(found) > _MOST_CONTROLS * len(head) and len(set(found)) >= _FEWEST_KINDS


def _refuse_document(path: Path, head: bytes) -> None:
    names = _names_in(path) if _is_archive(path, head) else None
    if not names or "[Content_Types].xml" not in names or "xl/workbook.xml" in names:
        return
    for folder, what in _DOCUMENTS:
        if any(name.startswith(folder) for name in names):
            raise SourceError(
                f"{what}, not a workbook",
                hint="copy the table in it into a workbook, and save that as .xlsx",
                where=str(path),
            )


def _names_in(path: Path) -> set[str] | None:
    """The files in a zip archive; None where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.replace("\\", "/") for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return None


def _is_text(head: bytes) -> bool:
    """Tell text from binary: a CSV may well begin with the letters MZ."""
    return not any(byte < 9 or 13 < byte < 27 for byte in head)


def _is_sqlite(_path: Path, head: bytes) -> bool:
    return head.startswith(b"SQLite format 3\0")


def _is_access(_path: Path, head: bytes) -> bool:
    return head[4:19] in (b"Standard Jet DB", b"Standard ACE DB")


def _is_workbook(path: Path, head: bytes) -> bool:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return True
    if not _is_archive(path, head):
        return False
    names = _names_in(path)
    if names is None:
        return True  # damaged: the workbook reader says so in its own words
    return bool(names & _WORKBOOK_PARTS)


def _is_archive(_path: Path, head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _is_dbase(_path: Path, head: bytes) -> bool:
    return is_dbase(head)


def _matches(pattern: re.Pattern[bytes]) -> Callable[[Path, bytes], bool]:
    return lambda _path, head: pattern.match(_plain(head)) is not None


def _plain(head: bytes) -> bytes:
    """The head as 8-bit text: without a mark, and without the zeros of UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(_BOM)


def _is_mail(_path: Path, head: bytes) -> bool:
    text = _plain(head)
    if _MAILBOX.match(text):
        return True
    top = text.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    names = {found.group(1).lower() for found in _HEADER_LINE.finditer(top)}
    first = top.partition(b"\n")[0]
    return (len(names) >= 3 and _HEADER_LINE.match(first) is not None) or _is_bare_mail(text)


def _is_bare_mail(text: bytes) -> bool:
    """Tell a message of few or unusual headers: nothing else stands above its first empty line.

    >>> _is_bare_mail(b"Subject: a\\n\\nDear Eva,"), _is_bare_mail(b"Subject: a\\n\\nid;x\\n1;2\\n")
    (True, False)
    """
    top, end, body = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = [line for line in top.split(b"\n") if not line.startswith((b" ", b"\t"))]
    if not end or top.startswith((b" ", b"\t")):
        return False
    is_header = all(_ANY_HEADER.match(line) for line in lines)
    has_name = any(_MAIL_NAME.match(line) for line in lines)
    return is_header and has_name and not _is_tabular(body)


def _is_tabular(body: bytes) -> bool:
    """Tell rows of a table: the first lines hold the same number of the same separator."""
    lines = [line for line in body.split(b"\n") if line.strip()][:3]
    counts = [Counter(_SEPARATOR.findall(line)) for line in lines]
    return len(lines) > 1 and any(len({count[sign] for count in counts}) == 1 for sign in counts[0])


def _refuse_headless_card(path: Path, head: bytes) -> None:
    """A card without its first line is no table of anything."""
    text = _plain(head).replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip()
    names = {found.group(1).upper() for found in _CARD_LINE.finditer(text)}
    begins = _CARD_LINE.match(text)
    is_marked = _CARD_END.search(text) is not None or re.match(rb"VERSION:[234]\.\d", text)
    if begins and is_marked and len(names) >= 3 and names & {b"N", b"FN"}:
        raise SourceError(
            "looks like a vCard that lost its first line",
            hint="write BEGIN:VCARD above it (and END:VCARD below, where that is missing)",
            where=str(path),
        )


def _is_json(_path: Path, head: bytes) -> bool:
    return re.match(rb"\s*(\{\s*[\"}]|\[\s*[\[{\]\"])", _plain(head)) is not None


# In this order: the sure signs first.
_KINDS: tuple[tuple[str, Callable[[Path, bytes], bool]], ...] = (
    ("database", _is_sqlite),
    ("access", _is_access),
    ("excel", _is_workbook),
    ("folder", _is_archive),
    ("vcard", _matches(_VCARD)),
    ("web_page", _matches(_WEB_PAGE)),
    ("ldif", _matches(_LDIF)),
    ("mail", _is_mail),
    ("json_lines", _is_json),
    ("dbf", _is_dbase),
)
