"""How are the programs of mdbtools called, and what is told when they cannot answer?

They are other people's programs reading damaged files: each call is bounded in time and in rows,
and a crash becomes a sentence.
"""

from __future__ import annotations

import codecs
import csv
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from migrate.errors import SourceError

ANSWER_SECONDS, SILENCE_SECONDS = 60.0, 120.0
_CHUNK_BYTES = 1 << 20
_INSTALL = {
    "linux": "install it: apt install mdbtools (Debian, Ubuntu), dnf install mdbtools (Fedora)",
    "darwin": "install it: brew install mdbtools",
    "win32": "there is no mdbtools for Windows: run this under WSL (apt install mdbtools), or let"
    " Access export the tables as .xlsx or .csv (External Data, Export)",
}
csv.field_size_limit(2**31 - 1)


def program(name: str, path: Path) -> str:
    """Find a program of mdbtools. Raises SourceError with how to install it."""
    found = shutil.which(name)
    if found is None:
        raise SourceError(
            f"Access databases are read by the program {name} of mdbtools, which is not installed",
            hint=_INSTALL.get(sys.platform, "install the package mdbtools"),
            where=str(path),
        )
    return found


def _environment(charset: str) -> dict[str, str]:
    # A comma as decimal sign must not come from the user's locale; names are passed as UTF-8.
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    extra = {"LC_ALL": locale, "MDBICONV": "UTF-8"}
    return {**os.environ, **extra, **({"MDB_JET3_CHARSET": charset} if charset else {})}


def ask(name: str, arguments: Sequence[str], path: Path, *, charset: str = "") -> str:
    """Give the whole answer of a program that tells about the database. Raises SourceError."""
    command = [program(name, path), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env=_environment(charset), check=False,
            stdin=subprocess.DEVNULL, timeout=ANSWER_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise _damaged(path, f"{name} gives no answer") from problem
    except (OSError, ValueError) as problem:
        raise _damaged(path, f"{name} cannot be run") from problem
    if done.returncode:
        raise _damaged(path, _said(name, done.returncode, done.stderr))
    return done.stdout.decode("utf-8", "backslashreplace")


def rows(
    arguments: Sequence[str], path: Path, *, charset: str = "", table: str = ""
) -> Iterator[list[str]]:
    """Yield the rows that mdb-export writes, the names of the columns first. Raises SourceError."""
    command = [program("mdb-export", path), *arguments]
    # A row takes more than a byte of the file: more rows come from pages that point in a circle.
    most = path.stat().st_size
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL,
                env=_environment(charset),
            )  # fmt: skip
        except (OSError, ValueError) as problem:
            raise _damaged(path, "mdb-export cannot be run") from problem
        try:
            for number, row in enumerate(csv.reader(_lines(process, path, table))):
                if number > most:
                    raise _damaged(path, f"the pages of the table {table} point in a circle")
                yield row
            code = process.wait(SILENCE_SECONDS)
        except csv.Error as problem:
            raise _damaged(path, f"the table {table} gives no rows that can be told") from problem
        except subprocess.TimeoutExpired as problem:
            raise _damaged(path, "mdb-export does not end") from problem
        finally:
            process.kill()
            process.communicate()
        if code:
            said.seek(0)
            raise _damaged(path, f"table {table}: {_said('mdb-export', code, said.read(2000))}")


def _lines(process: subprocess.Popen[bytes], path: Path, table: str) -> Iterator[str]:
    assert process.stdout is not None
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    output = process.stdout.fileno()
    rest = ""
    while True:
        if os.name != "nt" and not select.select([output], [], [], SILENCE_SECONDS)[0]:
            raise _damaged(path, f"mdb-export gives no more rows of the table {table}")
        chunk = os.read(output, _CHUNK_BYTES)
        *lines, rest = (rest + decoder.decode(chunk, final=not chunk)).split("\n")
        for line in lines:
            yield line + "\n"
        if not chunk:
            break
    if rest:
        yield rest


def _said(name: str, code: int, stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    if code < 0:
        return f"{name} crashed (signal {-code})"
    return f"{name} says: {lines[0][:200]}" if lines else f"{name} failed (status {code})"


def _damaged(path: Path, what: str) -> SourceError:
    return SourceError(
        f"the database cannot be read: {what}",
        hint="open it in Access and run Compact and Repair, then give the repaired file",
        where=str(path),
    )
