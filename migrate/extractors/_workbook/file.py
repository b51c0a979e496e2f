"""How is a workbook opened: what is inside, is it locked, and does it fit into memory?

The library that reads the values is fast and trusts the file. What it does with a damaged one
(an exception, a panic of its Rust code, an allocation of terabytes for one stray cell) is turned
here into one SourceError, or prevented.
"""

from __future__ import annotations

import importlib
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from migrate.errors import SourceError, UsageError
from migrate.extractors._workbook.biff import XLS_ERRORS, mended

PASSWORD_VARIABLE = "CRM_MIGRATE_PASSWORD"
_NO_SECRET = "VelvetSweatshop"  # the password of all books that have none ([MS-OFFCRYPTO])
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_FILE_PASS = b"\x2f\x00"  # the record that begins an encrypted .xls stream
_BEGIN_OF_FILE = re.compile(rb"\x09\x08[\x06-\x12]\x00", re.DOTALL)
_INDENT = re.compile(
    rb"\s+(?=</?(?:table|office):)|(?<=>)\s+(?=<text:p)|(</?(?:table|office):[^>]*>)\s+(?=<)"
)
_MOST_UNPACKED = 8 << 30  # bytes; the largest honest sheet is a few GB of XML
_MOST_RATIO = 2_000
Answer = TypeVar("Answer")

ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, KeyError,
    RuntimeError, struct.error, OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A workbook's bytes, unlocked: ``source`` is its path, or the bytes where it was encrypted."""

    path: Path
    source: Path | bytes
    kind: str  # xlsx, xlsb, ods, xls

    def archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.stream())

    def stream(self) -> Any:
        return BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")

    def workbook(self) -> CalamineWorkbook:
        """Open it for reading values. Raises SourceError where it is damaged."""

        def work() -> CalamineWorkbook:
            if self.kind == "xls":
                return CalamineWorkbook.from_filelike(BytesIO(self._mended()))
            with self.stream() as file:
                return CalamineWorkbook.from_filelike(file)

        if self.kind != "ods":
            return guarded(self.path, work)
        try:
            return guarded(self.path, work)
        except SourceError:
            # The reader stumbles over an indented file, which LibreOffice writes where it is asked.
            compact = replace(self, source=guarded(self.path, self._without_indents))
            return guarded(self.path, lambda: CalamineWorkbook.from_filelike(compact.stream()))

    def _mended(self) -> bytes:
        with self.stream() as file:
            data: bytes = file.read()
        try:
            return mended(data) or data
        except XLS_ERRORS:
            return data  # the reader tells what is wrong with it

    def _without_indents(self) -> bytes:
        copy = BytesIO()
        with self.archive() as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as made:
            for name in archive.namelist():
                data = archive.read(name)
                if name == "content.xml":
                    data = _INDENT.sub(lambda found: found.group(1) or b"", data)
                made.writestr(name, data)
        return copy.getvalue()


def is_encrypted(path: str | Path) -> bool:
    """Tell whether a workbook needs a password to be opened.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "plain.xlsx"
    >>> _ = file.write_bytes(b"PK")
    >>> is_encrypted(file)
    False
    """
    return _is_locked(Path(path)) and _unlocked_by_all(Path(path)) is None


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(len(_OLE))
            if head != _OLE:
                return False
            data = file.read(64 << 20)
    except OSError:
        return False
    if _PACKAGE in data:
        return True
    if "WrdS".encode("utf-16-le") in data:  # no workbook at all
        return False
    # The stream of an .xls begins with a BOF record; one that is encrypted has FILEPASS next.
    for found in _BEGIN_OF_FILE.finditer(data):
        size = struct.unpack_from("<H", data, found.start() + 2)[0]
        after = found.start() + 4 + size
        while data[after : after + 2] in (
            b"\x42\x00",
            b"\x86\x00",
            b"\x5c\x00",
        ):  # page, write-protect, user
            after += 4 + struct.unpack_from("<H", data, after + 2)[0]
        if data[after : after + 2] == _FILE_PASS:
            return True
        break
    return False


def open_workbook(path: Path, password: str | None = None) -> Opened:
    """Open a workbook, with a password where it is encrypted.

    Raises SourceError where it cannot be opened, is locked, or is no workbook; UsageError where
    ``password`` names a variable that is not set.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except PermissionError as problem:
        raise SourceError(
            "cannot be opened: another program holds it, or you may not read it",
            hint="close the workbook in Excel, then run again",
            where=str(path),
        ) from problem
    except OSError as problem:
        raise SourceError(
            f"cannot be opened ({problem.strerror})", hint="check the path", where=str(path)
        ) from problem
    source: Path | bytes = path
    if head.startswith(_OLE[:4]) and _is_locked(path):
        source = _unlocked_by_all(path) or _unlocked(path, _secret(password, path))
        head = source[:8]
    if head.startswith(_OLE[:4]):
        return Opened(path, source, "xls")
    if head.startswith(b"PK"):
        return Opened(path, source, _kind_in_zip(path, source))
    # BIFF without a container: .xls of the years before 1995
    return Opened(path, source, "xls")


def _secret(password: str | None, path: Path) -> str:
    """The password: as given, from the variable that is named, or from the usual one."""
    named = re.fullmatch(r"\$\{(\w+)\}", password.strip()) if password else None
    if named:
        secret = os.environ.get(named.group(1))
        if secret is None:
            raise UsageError(
                f"the environment variable {named.group(1)}, named as `password`, is not set",
                hint=f"type: export {named.group(1)}=…",
                where=str(path),
            )
        return secret
    secret = password or os.environ.get(PASSWORD_VARIABLE) or ""
    if not secret:
        raise SourceError(
            "the workbook is encrypted with a password",
            hint=f"put the password into the environment variable {PASSWORD_VARIABLE}"
            " (or give `password: ${NAME}`), or remove it in Excel: File, Info, Protect Workbook",
            where=str(path),
        )
    return secret


def _unlocked_by_all(path: Path) -> bytes | None:
    """Open what Excel opens without asking: it encrypts a book whose sheets alone are protected."""
    try:
        return _unlocked(path, _NO_SECRET)
    except SourceError:
        return None


def _unlocked(path: Path, password: str) -> bytes:
    try:
        office = importlib.import_module("msoffcrypto")
        problems = importlib.import_module("msoffcrypto.exceptions")
    except ImportError as problem:
        raise SourceError(
            "the workbook is encrypted, and msoffcrypto-tool, which opens such files, is missing",
            hint="type: pip install 'crm-migrate[encrypted]'",
            where=str(path),
        ) from problem
    unlocked = BytesIO()
    try:
        with path.open("rb") as file:
            book = office.OfficeFile(file)
            book.load_key(password=password)
            book.decrypt(unlocked)
    except problems.InvalidKeyError as problem:
        raise SourceError(
            "the password does not open the workbook",
            hint=f"correct the password in {PASSWORD_VARIABLE} or in the variable that `password`"
            " names (capitals matter)",
            where=str(path),
        ) from problem
    except (
        problems.DecryptionError, problems.FileFormatError, OSError, ValueError, KeyError, IndexError, TypeError,
        AttributeError, struct.error, OverflowError, SyntaxError, RuntimeError, AssertionError,
        EOFError, NotImplementedError,
    ) as problem:  # fmt: skip
        raise SourceError(
            "the workbook is encrypted in a way that cannot be opened, or damaged"
            f" ({type(problem).__name__})",
            hint="open it in Excel, remove the password (File, Info, Protect Workbook), save it",
            where=str(path),
        ) from problem
    return unlocked.getvalue()


def _kind_in_zip(path: Path, source: Path | bytes) -> str:
    try:
        opened = BytesIO(source) if isinstance(source, bytes) else source
        with zipfile.ZipFile(opened) as archive:
            names = set(archive.namelist())
            bombs = [
                entry.filename
                for entry in archive.infolist()
                if entry.file_size > _MOST_UNPACKED
                or (
                    entry.file_size > 100 << 20
                    and entry.file_size > entry.compress_size * _MOST_RATIO
                )
            ]
    except ZIP_ERRORS as problem:
        raise _damaged(path, str(problem) or type(problem).__name__) from problem
    if bombs:
        raise SourceError(
            f"the part {bombs[0]} of the workbook unpacks to far more than a sheet can hold",
            hint="ask for the workbook again; this one is damaged or meant to harm",
            where=str(path),
        )
    if "xl/workbook.bin" in names:
        return "xlsb"
    return "ods" if "content.xml" in names else "xlsx"


def _damaged(path: Path, why: str) -> SourceError:
    return SourceError(
        f"cannot be read as a workbook ({' '.join(why.split())[:200]})",
        hint="open it in a spreadsheet program and save it as .xlsx",
        where=str(path),
    )


def guarded(path: Path, work: Callable[[], Answer]) -> Answer:
    """Do a piece of reading; whatever goes wrong in it is one SourceError."""
    try:
        with _quiet():
            return work()
    except PasswordError as problem:
        raise SourceError(
            "the workbook is encrypted with a password",
            hint="open it in Excel, remove the password (File, Info, Protect Workbook), save it",
            where=str(path),
        ) from problem
    except (CalamineError, *ZIP_ERRORS, MemoryError, TypeError, IndexError) as problem:
        raise _damaged(path, str(problem) or type(problem).__name__) from problem
    except BaseException as problem:
        # A panic of the reader's Rust code has no importable type, and is no Exception.
        if type(problem).__name__ == "PanicException":
            raise _damaged(path, "the reader gave up") from problem
        raise


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a panic prints by itself away from the user's screen."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # there is no screen
        yield
        return
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def password_of(options: Mapping[str, Any], path: Path) -> str | None:
    """The option ``password``, which is text where it is given."""
    password = options.get("password")
    if password is not None and not isinstance(password, str):
        raise UsageError(
            "`password` is no text",
            hint="write password: ${CRM_MIGRATE_PASSWORD}",
            where=str(path),
        )
    return password
