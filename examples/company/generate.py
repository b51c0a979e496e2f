"""Make the legacy systems of Kvapka s.r.o., a company that does not exist.

::

    python examples/company/generate.py              writes beside this file
    python examples/company/generate.py --to FOLDER  writes there

The same bytes come out on every run; ``truth.json`` says what is wrong with which row.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from kvapka.companies import add_companies, add_contacts, add_users  # noqa: E402
from kvapka.enquiries import TABLE as ENQUIRIES  # noqa: E402
from kvapka.enquiries import add_enquiries  # noqa: E402
from kvapka.files import write_enquiries, write_erp, write_workbook  # noqa: E402
from kvapka.history import add_history  # noqa: E402
from kvapka.reports import add_totals, expected_yaml  # noqa: E402
from kvapka.sales import add_deals, add_line_items, add_products  # noqa: E402
from kvapka.workbook import add_workbook  # noqa: E402
from kvapka.world import World  # noqa: E402

SEED = 20240229


def make(seed: int = SEED) -> World:
    """The whole company in memory. The order matters: all parts draw from one generator."""
    world = World.new(seed)
    add_users(world)
    add_companies(world)
    add_contacts(world)
    add_products(world)
    add_deals(world)
    add_line_items(world)
    add_history(world)
    add_workbook(world)
    add_enquiries(world)
    add_totals(world)
    return world


def write(world: World, folder: Path) -> None:
    """Write legacy/, truth.json and expected.yaml into a folder."""
    legacy = folder / "legacy"
    legacy.mkdir(parents=True, exist_ok=True)
    total = world.truth.totals["workbook_turnover_sum"]
    write_workbook(world.tables, total, legacy / "zakaznici.xlsx")
    write_enquiries(world.tables[ENQUIRIES], legacy / "dopyty.csv")
    write_erp(world.tables, legacy / "erp.db")
    truth = json.dumps(world.truth.document(), ensure_ascii=False, indent=1) + "\n"
    (folder / "truth.json").write_text(truth, encoding="utf-8", newline="\n")
    (folder / "expected.yaml").write_text(expected_yaml(world), encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write into")
    write(make(), parser.parse_args().to)


if __name__ == "__main__":
    main()
