"""The index of the glossaries, which is what the product reads."""

from __future__ import annotations

from pathlib import Path

from migrate.specs.glossary import glossary_entries, index_lines

FOLDER = Path(__file__).resolve().parents[2] / "mappings" / "glossary"
INDEX = FOLDER / "index.tsv"


def text() -> str:
    """Write the whole index."""
    return "\n".join(index_lines(glossary_entries(FOLDER))) + "\n"
