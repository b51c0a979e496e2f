"""The bundled company, migrated once for all golden cases that look at it."""

from __future__ import annotations

import json

import pytest

from tests.cases.migrated import EXAMPLE, Migrated, copied_example, rows


@pytest.fixture(scope="session")
def kvapka(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    """The bundled company, planned and loaded into the sandbox in its two waves."""
    folder = copied_example(tmp_path_factory.mktemp("kvapka") / "company")
    truth = json.loads((EXAMPLE / "truth.json").read_text(encoding="utf-8"))
    company = Migrated(folder, truth)
    company.run("plan", "plan")
    company.run("base", "load", "--wave", "base")
    company.ledger_after_base = rows(company.ledger, "SELECT wave, state FROM entity")
    company.run("history", "load", "--wave", "history")
    return company
