"""What does one property of a contact card say, in vCard 2.1, 3.0 and 4.0?

The versions agree in little: 2.1 writes types bare (``TEL;CELL:``) and encodes lines as
quoted-printable in any charset; 3.0 escapes with backslashes and labels by groups; 4.0 quotes lists
of types and writes numbers as URIs. Each property says itself how it is to be read.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from migrate.extractors._byte_lines import decoded, known_encoding

_NAME = re.compile(r"(?:([\w .-]+)\.)?([A-Za-z0-9_-]+)")
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}  # RFC 6868
_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT"})
_VALUE_KINDS = frozenset({"INLINE", "CONTENT-ID", "CID", "URL", "URI", "TEXT"})
_DATA_URI = re.compile(r"data:([^;,\\]*)(?:\\?;[^,\\]*)?\\?,", re.IGNORECASE)


@dataclass(frozen=True)
class Property:
    """A property as it stands in the file: the value is still encoded."""

    line: int
    group: str
    name: str
    params: dict[str, tuple[str, ...]]
    raw: bytes
    version: str

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types in small letters, without the marks of preference.

        >>> parsed(1, b'TEL;TYPE="voice,HOME";PREF=1:tel:+421', "4.0").types
        ('voice', 'home')
        """
        return tuple(t for t in self._all_types if t != "pref")

    @cached_property
    def _all_types(self) -> tuple[str, ...]:
        listed = (part for value in self.params.get("TYPE", ()) for part in value.split(","))
        return tuple(dict.fromkeys(part.strip().lower() for part in listed if part.strip()))

    @cached_property
    def preference(self) -> int:
        """1 for the preferred one, up to 100 (RFC 6350); 101 where nothing is said."""
        said = next(iter(self.params.get("PREF", ())), "")
        if said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= 100:
            return int(said)
        return 1 if "pref" in self._all_types else 101

    @cached_property
    def encoding(self) -> str:
        """Tell "quoted-printable", "base64" or ""."""
        said = next(iter(self.params.get("ENCODING", ())), "").upper()
        if said == "QUOTED-PRINTABLE":
            return "quoted-printable"
        return "base64" if said in ("B", "BASE64") else ""

    @property
    def charset(self) -> str:
        return next(iter(self.params.get("CHARSET", ())), "")


def parsed(line: int, text: bytes, version: str) -> Property | None:
    """Split a property into its parts; None for a line that is none.

    >>> found = parsed(3, b"item1.TEL;CELL;CHARSET=windows-1250:+421", "2.1")
    >>> (found.group, found.name, found.params["TYPE"], found.charset, found.raw)
    ('item1', 'TEL', ('CELL',), 'windows-1250', b'+421')
    >>> parsed(4, b"no colon", "3.0")
    """
    cut = _colon(text)
    if cut < 0:
        return None
    head = decoded(text[:cut], "latin-1").strip()
    name, *pieces = _split_outside_quotes(head, ";")
    match = _NAME.fullmatch(name.strip())
    if not match:
        return None
    params: dict[str, list[str]] = {}
    for piece in pieces:
        key, is_named, value = piece.partition("=")
        key = key.strip().upper()
        if not is_named:
            if not key:
                continue
            bare = "ENCODING" if key in _ENCODINGS else "VALUE" if key in _VALUE_KINDS else "TYPE"
            params.setdefault(bare, []).append(piece.strip())
            continue
        for one in _split_outside_quotes(value, ","):
            params.setdefault(key, []).append(_caret_decoded(one.strip().strip('"')))
    return Property(
        line, (match[1] or "").lower(), match[2].upper(),
        {key: tuple(values) for key, values in params.items()}, text[cut + 1 :], version,
    )  # fmt: skip


def _colon(text: bytes) -> int:
    """Find the colon that ends the parameters: one in quotes does not, where the quotes close."""
    is_quoted = False
    for index, byte in enumerate(text):
        if byte == 0x22:
            is_quoted = not is_quoted
        elif byte == 0x3A and not is_quoted:
            return index
        elif index > 10_000:
            break
    return text.find(b":")


def _split_outside_quotes(text: str, separator: str) -> list[str]:
    if '"' not in text:
        return text.split(separator)
    return re.findall(rf'(?:^|(?<={separator}))((?:"[^"]*"|[^{separator}])*)', text)


def _caret_decoded(text: str) -> str:
    return re.sub(r"\^[n'^]", lambda found: _CARET[found[0]], text) if "^" in text else text


def content(prop: Property) -> bytes:
    """Give the bytes of a value, its transfer encoding taken off."""
    if prop.encoding == "quoted-printable":
        return quopri.decodestring(prop.raw)
    if prop.encoding == "base64":
        return unbased(prop.raw)
    return prop.raw


def unbased(text: bytes) -> bytes:
    """Decode base64 that may be folded, cut short or unpadded.

    >>> unbased(b" SGVs bG8"), unbased(b"S")
    (b'Hello', b'')
    """
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text.replace(b"-", b"+").replace(b"_", b"/"))
    usable = len(letters) - (len(letters) % 4 == 1)
    try:
        return base64.b64decode(letters[:usable] + b"=" * (-usable % 4))
    except binascii.Error:
        return b""


def text_value(prop: Property, page: str) -> str:
    """Give a value as one text.

    >>> text_value(parsed(1, b"NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab=C5=A1", "2.1"), "utf-8")
    'a\\nbš'
    >>> text_value(parsed(1, rb"NOTE:a\\, b\\nc\\\\d", "3.0"), "utf-8")
    'a, b\\nc\\\\d'
    """
    return _unescaped(_read(prop, content(prop), page), prop.version)


def parts(prop: Property, page: str) -> list[str]:
    r"""Give the components of a structured value (N, ADR, ORG); an escaped ";" does not divide.

    >>> parts(parsed(1, rb"ADR:;;Dolna 1\; dvor;Nitra;;040 01;SK", "3.0"), "utf-8")
    ['', '', 'Dolna 1; dvor', 'Nitra', '', '040 01', 'SK']
    """
    if prop.encoding == "quoted-printable" and b";" in prop.raw:
        # Divided first: a semicolon that was encoded belongs to the text.
        raw = prop.raw.replace(b"=5C;", b"\\;").replace(b"=5c;", b"\\;")
        pieces = re.split(rb"(?<!\\);", raw)
        texts = [_read(prop, quopri.decodestring(piece), page) for piece in pieces]
        return [_unescaped(text, prop.version).strip() for text in texts]
    text = _read(prop, content(prop), page)
    return [_unescaped(piece, prop.version).strip() for piece in _divided(text, ";")]


def items(prop: Property, page: str) -> list[str]:
    """Give the entries of a list (CATEGORIES, NICKNAME); an escaped comma does not divide."""
    text = _read(prop, content(prop), page)
    pieces = (_unescaped(piece, prop.version).strip() for piece in _divided(text, ","))
    return [piece for piece in pieces if piece]


def _divided(text: str, separator: str) -> list[str]:
    pieces = [""]
    for token in re.split(rf"(\\.|{separator})", text, flags=re.DOTALL):
        if token == separator:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def _read(prop: Property, value: bytes, page: str) -> str:
    charset = known_encoding(prop.charset) if prop.charset else ""
    if charset:
        try:
            return _plain_ends(value.decode(charset))
        except UnicodeError:
            pass  # the label is wrong: told by has_wrong_charset
    return _plain_ends(decoded(value, page))


def has_wrong_charset(prop: Property) -> bool:
    """Tell whether the charset that a property names cannot read it, or is not known."""
    if not prop.charset:
        return False
    charset = known_encoding(prop.charset)
    if not charset:
        return True
    try:
        content(prop).decode(charset)
    except UnicodeError:
        return True
    return False


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unescaped(text: str, version: str) -> str:
    """Take backslashes off; in 2.1, where paths of Windows stand as they are, only before ";"."""
    if "\\" not in text:
        return text
    if version == "2.1":
        return text.replace("\\;", ";")
    return re.sub(r"\\([nN,;:\\])", lambda found: "\n" if found[1] in "nN" else found[1], text)


def without_scheme(text: str, scheme: str) -> str:
    """Take ``tel:`` or ``mailto:`` off a URI, and what it encodes.

    >>> without_scheme("tel:+421-2-555;ext=12", "tel"), without_scheme("+421 2", "tel")
    ('+421-2-555;ext=12', '+421 2')
    """
    plain = text.strip()
    if not plain.lower().startswith(scheme + ":"):
        return text
    return unquote(plain[len(scheme) + 1 :])


@dataclass(frozen=True)
class Embedded:
    """A file inside a card."""

    media_type: str
    extension: str
    content: bytes


# The first bytes of what cards carry: (bytes, media type, extension).
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG", "image/png", "png"),
    (b"GIF8", "image/gif", "gif"), (b"BM", "image/bmp", "bmp"), (b"RIFF", "image/webp", "webp"),
    (b"II*\0", "image/tiff", "tif"), (b"MM\0*", "image/tiff", "tif"),
)  # fmt: skip
FILE_PROPERTIES = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})


def embedded(prop: Property) -> Embedded | None:
    """Give the file that a property holds; None where it holds text or a URI.

    >>> embedded(parsed(1, b"PHOTO:data:image/png;base64,iVBORw0KGgo=", "4.0")).media_type
    'image/png'
    """
    if prop.name not in FILE_PROPERTIES:
        return None
    said = next(iter((*prop.params.get("MEDIATYPE", ()), *prop.types)), "").lower()
    if prop.encoding == "base64":
        return named_by_content(content(prop), said)
    found = _DATA_URI.match(decoded(prop.raw[:200], "latin-1").lstrip())
    if found and "base64" in found[0].lower():
        return named_by_content(unbased(prop.raw.partition(b",")[2]), found[1].lower() or said)
    return None


def named_by_content(file: bytes, said: str) -> Embedded:
    """Name the type of a file by its first bytes, else by what its property says."""
    for magic, media_type, extension in _MAGIC:
        if file.startswith(magic):
            return Embedded(media_type, extension, file)
    extension = re.sub(r"[^a-z0-9]", "", said.rpartition("/")[2]) or "bin"
    media_type = said if "/" in said else "application/octet-stream"
    return Embedded(media_type, extension, file)


def label_of(text: str) -> str:
    """Take Apple's marks off a label that it translates itself.

    >>> label_of("_$!<Anniversary>!$_"), label_of("Chata")
    ('Anniversary', 'Chata')
    """
    found = re.fullmatch(r"_\$!<(.*)>!\$_", text.strip())
    return found[1] if found else text.strip()


def slot_of(types: Sequence[str], label: str) -> str:
    """Tell which of a person's numbers this is: the ending of its column's name.

    >>> slot_of(["work", "fax"], ""), slot_of(["voice"], "iPhone"), slot_of([], "")
    ('_work_fax', '_mobile', '')
    """
    said = {*types, *re.split(r"\W+", label.lower())}
    is_home = bool(said & {"home", "homefax"})
    place = "_work" if said & {"work", "business", "workfax"} else "_home" if is_home else ""
    if said & {"fax", "workfax", "homefax", "otherfax"}:
        return f"{place}_fax"
    if said & {"cell", "mobile", "iphone", "pcs"}:
        return "_mobile"
    if "pager" in said:
        return "_pager"
    return "_main" if "main" in said and not place else place
