"""Workbooks with a password: who gives it, and what is said where it does not open them."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import pytest

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.extractors.excel import PASSWORD_VARIABLE, is_encrypted
from tests.unit.extractors.sheets import book_of, values

SECRET = "Heslo 1234"


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    ooxml = pytest.importorskip("msoffcrypto.format.ooxml")
    plain, path = BytesIO(), tmp_path / "locked.xlsx"
    book_of([["id", "name"], [1, "Eva"]]).save(plain)
    plain.seek(0)
    with path.open("wb") as file:
        ooxml.OOXMLFile(plain).encrypt(SECRET, file)
    return path


def test_the_password_comes_from_the_environment(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_encrypted(locked)
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    with pytest.raises(SourceError, match="encrypted with a password") as caught:
        open_source(locked)
    assert PASSWORD_VARIABLE in caught.value.hint
    monkeypatch.setenv(PASSWORD_VARIABLE, SECRET)
    (table,) = open_source(locked)
    assert values(table, "name") == ["Eva"]
    assert values(table, "name") == ["Eva"]
    assert table.count() == 1
    assert "password" not in table.reading


def test_an_option_names_the_variable(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_BOOK", SECRET)
    (table,) = open_source(locked, password="${OLD_BOOK}")
    assert values(table, "name") == ["Eva"]
    with pytest.raises(UsageError, match="NO_SUCH_NAME"):
        open_source(locked, password="${NO_SUCH_NAME}")
    with pytest.raises(UsageError, match="no text"):
        open_source(locked, password=1234)


def test_a_wrong_password_is_said_and_not_shown(locked: Path) -> None:
    with pytest.raises(SourceError, match="does not open") as caught:
        open_source(locked, password="wrong-one")
    assert "wrong-one" not in str(caught.value)


def test_without_the_library_the_extra_is_named(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msoffcrypto", None)
    with pytest.raises(SourceError, match="msoffcrypto-tool") as caught:
        open_source(locked, password=SECRET)
    assert "crm-migrate[encrypted]" in caught.value.hint


def test_a_damaged_locked_file_is_refused(locked: Path) -> None:
    data = locked.read_bytes()
    for cut in (600, 2000, len(data) // 2):
        locked.write_bytes(data[:cut])
        with pytest.raises(SourceError):
            open_source(locked, password=SECRET)


def test_plain_files_are_not_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "plain.xlsx"
    book_of([["a"]]).save(path)
    assert not is_encrypted(path)
    assert not is_encrypted(tmp_path / "none.xlsx")


def test_a_book_that_excel_opens_without_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ooxml = pytest.importorskip("msoffcrypto.format.ooxml")
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    plain, path = BytesIO(), tmp_path / "protected.xlsx"
    book_of([["id", "name"], [1, "Eva"]]).save(plain)
    plain.seek(0)
    with path.open("wb") as file:
        ooxml.OOXMLFile(plain).encrypt("VelvetSweatshop", file)
    assert not is_encrypted(path)
    (table,) = open_source(path)
    assert values(table, "name") == ["Eva"]
