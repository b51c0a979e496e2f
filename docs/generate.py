"""Write docs/reference from the code: ``make docs``, or ``python -m docs.generate``.

The pages say what the code does, because the code says it: commands and options come from click,
keys from the readers of the YAML files, issue codes from where they are raised. A test fails when a
page is stale, and when a key has no sentence in ``docs/generator/keys.yaml``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"


@cache
def pages() -> Mapping[str, str]:
    """File name -> content of every page of the reference."""
    from docs.generator import cleaners, commands, exit_codes, issues, mapping

    made = {
        "commands.md": commands.page(),
        "mapping.md": mapping.page(),
        "issues.md": issues.page(),
        "cleaners.md": cleaners.page(),
        "exit-codes.md": exit_codes.page(),
    }
    return {name: text.rstrip() + "\n" for name, text in made.items()}


def main() -> None:
    """Write every page and the index of the glossaries, and say which have changed."""
    from docs.generator import glossary_index
    from docs.generator.glossary_index import INDEX

    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            _write(path, text)
    index = glossary_index.text()
    if not INDEX.exists() or INDEX.read_text(encoding="utf-8") != index:
        _write(INDEX, index)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"wrote {path.relative_to(ROOT).as_posix()}\n")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
