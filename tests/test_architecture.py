"""Do the walls of the house stand: who imports whom, what `--help` loads, how long a module is?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.generator.commands import all_commands

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("pandas", "sqlalchemy", "duckdb", "great_expectations", "openpyxl", "pyarrow", "httpx")
LONGEST_MODULE = 450
MACHINE_PATHS = ("/" + "work/", "/" + "root/", "/" + "home/", "C:\\" + "Users\\")

_LOADED = """
import sys
from migrate.cli import run
code = run(sys.argv[1:])
heavy = [name for name in {heavy!r} if name in sys.modules]
sys.stderr.write("heavy: " + ",".join(heavy))
sys.exit(code)
"""


def test_everything_imports_only_what_stands_below_it() -> None:
    """The contracts of pyproject.toml, as `make check` runs them."""
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit("
         "lint_imports(no_cache=True))"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-3000:]
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize("name", ["", *(name for name, _ in all_commands())])
def test_help_loads_no_heavy_library(name: str) -> None:
    """One `import pandas` at the top of a command makes every `--help` wait for it."""
    program = _LOADED.format(heavy=HEAVY)
    asked = subprocess.run(
        [sys.executable, "-c", program, *name.split(), "--help"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "Usage: crm-migrate" in asked.stdout
    assert asked.stderr.endswith("heavy: ")


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "migrate").rglob("*.py")
    }
    assert not {name: count for name, count in lengths.items() if count > LONGEST_MODULE}


def test_every_module_says_what_it_is_for() -> None:
    lacking = [
        path.relative_to(ROOT).as_posix()
        for folder in ("migrate", "docs")
        for path in (ROOT / folder).rglob("*.py")
        if not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert not lacking


def test_every_folder_of_the_package_is_a_package() -> None:
    """A folder without __init__.py is invisible to the import rules."""
    folders = {path.parent for path in (ROOT / "migrate").rglob("*.py")}
    assert not [f for f in folders if not (f / "__init__.py").exists()]


def test_no_path_of_a_developers_machine_is_in_the_repository() -> None:
    found = [
        f"{name}: {path}"
        for name in tracked_files()
        for path in MACHINE_PATHS
        if path.encode() in (ROOT / name).read_bytes()
    ]
    assert not found


def tracked_files() -> list[str]:
    """What git holds; in a source archive without git, what an archive holds."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return [name for name in names if (ROOT / name).is_file()]
    folders = ("migrate", "mappings", "examples", "tests", "docs", "benchmarks")
    paths = [p for folder in folders for p in (ROOT / folder).rglob("*")]
    return [
        p.relative_to(ROOT).as_posix()
        for p in [*paths, *ROOT.glob("*.*")]
        if p.is_file() and "__pycache__" not in p.parts
    ]
