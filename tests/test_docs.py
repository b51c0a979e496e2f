"""Do the pages say what the code does? An undocumented thing, or a stale page, is red."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generate import REFERENCE, pages
from docs.generator import exit_codes, issues, mapping
from docs.generator.commands import all_commands
from migrate.cleaners import CLEANERS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
    )
    if ".venv" not in path.parts
)
RUN = "import sys; from migrate.cli import main; main(sys.argv[1:])"


# -- the reference --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_reference_is_what_the_code_says(name: str) -> None:
    """Mended by: make docs."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name]


def test_the_reference_has_no_page_that_nobody_makes() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(pages())


@pytest.mark.parametrize("name", [name for name, _ in all_commands()])
def test_every_command_is_documented(name: str) -> None:
    assert f"## crm-migrate {name}\n" in page("reference/commands.md")
    top = name.split()[0]
    assert re.search(rf"`{top}[` ]", (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "command"), all_commands())
def test_every_command_and_option_says_what_it_does(name: str, command: object) -> None:
    import click

    assert isinstance(command, click.Command)
    assert command.help, name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"


@pytest.mark.parametrize("name", sorted(CLEANERS))
def test_every_cleaner_is_documented(name: str) -> None:
    assert f"## {name}\n" in page("reference/cleaners.md")


def test_every_key_of_the_yaml_files_has_a_sentence() -> None:
    assert mapping.problems() == []


def test_the_keys_are_really_read_off_the_readers() -> None:
    """The guard of the guard: were the reading of the source broken, nothing would be missing."""
    parts = {title: set(mapping.keys_of(part)) for title, part in mapping.described().items()}
    assert {"from", "clean", "values", "on_unreadable", "unmapped"} <= parts["Fields"]
    assert {"from", "to", "wave", "exclude", "unpivot"} <= parts["Blocks"]
    assert {"migration", "sources", "environments", "waves"} <= parts["migration.yaml"]
    assert {"by", "cases", "orphan"} <= parts["Lookups"]


def test_every_issue_code_is_documented() -> None:
    text = page("reference/issues.md")
    assert len(issues.codes()) > 100
    assert [code for code in sorted(issues.codes()) if f"`{code}`" not in text] == []


@pytest.mark.parametrize(
    "code",
    ["too_long", "not_an_email", "ragged_row", "row_not_placed", "nul_bytes", "totals_row", "orphan",
     "unknown_parent_type", "parent_refused", "bind_missing", "duplicate_key", "edited_in_target"],
)  # fmt: skip
def test_codes_from_every_corner_are_found(code: str) -> None:
    """One for each way in which the source writes a code."""
    assert code in issues.codes()


def test_every_exit_code_is_documented() -> None:
    text = page("reference/exit-codes.md")
    carried = {error.exit_code for error in exit_codes.error_classes()}
    assert carried | {0, 1, 130} == set(exit_codes.MEANINGS)
    for code in exit_codes.MEANINGS:
        assert f"| `{code}` |" in text
    for error in exit_codes.error_classes():
        assert f"`{error.__name__}`" in text


# -- what the pages show --------------------------------------------------------------------------


def console_lines(path: Path) -> list[str]:
    """The command lines of a page, without their mark."""
    blocks = re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.slow
def test_the_readme_can_be_typed_in(tmp_path: Path) -> None:
    """Each line of it, in this order, in an empty folder; `# exit code 1` says what to expect."""
    folder = tmp_path
    ran = 0
    for line in console_lines(ROOT / "README.md"):
        command, _, expected = line.partition("  # exit code ")
        program, *arguments = shlex.split(command)
        if program == "make":
            assert_make_target(arguments[0])
            if arguments == ["demo"]:
                run_command(["demo", "demo"], folder, 0)
        elif program == "cd":
            folder = folder / arguments[0]
        elif program == "crm-migrate":
            run_command(arguments, folder, int(expected or 0))
            ran += 1
        else:
            pytest.fail(f"nobody can run this line: {line}")
    assert ran >= 6


def run_command(arguments: list[str], folder: Path, expected: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == expected, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def assert_make_target(target: str) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(target)}:", text, re.MULTILINE), f"make {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_shown_on_a_page_exist(path: Path) -> None:
    """Names and options, on the pages whose lines need a migration of the reader's own."""
    known = dict(all_commands())
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"(?:^\$ |`)make ([a-z]+)", text, re.MULTILINE):
        assert_make_target(target)
    for line in re.findall(r"(?:^\$ |`)crm-migrate ([a-z][^`\n]*)", text, re.MULTILINE):
        words = line.split("  #")[0].split()
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        assert name in known, f"crm-migrate {line}"
        options = {opt for p in known[name].params for opt in p.opts} | {"--help", "--json"}
        for word in words:
            if word.startswith("--"):
                assert word in options, f"crm-migrate {name} has no {word}"


# -- links and words ------------------------------------------------------------------------------


def links(path: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    yield from re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", text)


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


def glossary() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| (.+?) \| .+? \| (.*?) ?\|$", page("glossary.md"), re.MULTILINE)
    return [(word, wrong) for word, wrong in rows if word not in ("word", "---")]


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    words = [word for word, _ in glossary()]
    assert len(words) > 30
    assert words == sorted(set(words))


WRITTEN = [
    *PAGES,
    *(p for f in ("mappings", "examples") for p in sorted((ROOT / f).rglob("*.yaml"))),
]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_one_word_for_each_idea(path: Path) -> None:
    """The words that the glossary's last column rules out."""
    if path.name == "glossary.md" or path.parent.name == "glossary":
        return  # the first says which words are wrong, the others what people call their columns
    text = path.read_text(encoding="utf-8").lower()
    forbidden = [w.strip() for _, wrong in glossary() for w in wrong.split(",") if w.strip()]
    assert len(forbidden) > 5
    assert [w for w in forbidden if re.search(rf"\b{re.escape(w)}s?\b", text)] == []


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    notes = [path for path in sorted(folder.glob("*.md")) if path.name != "README.md"]
    assert notes
    for number, path in enumerate(notes, 1):
        assert path.name.startswith(f"{number:04d}-")
        assert f"({path.name})" in index
        assert path.read_text(encoding="utf-8").startswith(f"# {number:04d}. ")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")
