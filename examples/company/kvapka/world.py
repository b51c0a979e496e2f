"""What do all parts of the made-up company share while it is being made up?"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kvapka.inventing import Firm, Inventor, Person
from kvapka.truth import Row, Truth

EXPORTED_ON = datetime(2024, 12, 31, 18, 0)


@dataclass
class World:
    """The company while it grows: its tables, who is who in them, and the truth about them.

    The pools hold rows that carry no problem yet; whoever plants one takes the row out, so that no
    row carries two.
    """

    rng: random.Random
    inventor: Inventor
    truth: Truth
    tables: dict[str, list[Row]] = field(default_factory=dict)
    firms: dict[int, Firm] = field(default_factory=dict)  # company id -> what it really is
    people: dict[int, Person] = field(default_factory=dict)  # contact id -> who it really is
    sellers: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    clean_companies: list[Row] = field(default_factory=list)
    shared_companies: list[Row] = field(default_factory=list)  # also in the workbook
    merged_companies: list[Row] = field(default_factory=list)
    plain_contacts: list[Row] = field(default_factory=list)
    shared_contacts: list[Row] = field(default_factory=list)  # also in the workbook
    merged_contacts: list[Row] = field(default_factory=list)
    clean_deals: list[Row] = field(default_factory=list)

    @classmethod
    def new(cls, seed: int) -> World:
        rng = random.Random(seed)
        return cls(rng, Inventor(rng), Truth(seed))

    def moment(self, first: datetime, last: datetime = EXPORTED_ON) -> datetime:
        """A working minute between two moments."""
        day = first + timedelta(days=self.rng.randrange((last - first).days + 1))
        minutes = self.rng.randrange(7 * 60, 17 * 60)
        return min(day.replace(hour=0, minute=0) + timedelta(minutes=minutes), last)

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def company(self, number: int) -> Row:
        return next(row for row in self.tables["companies"] if row["id"] == number)

    def contacts_at(self, company: int) -> list[Row]:
        """The company's contacts that are neither merged away nor wrong in any way."""
        good = (*self.plain_contacts, *self.shared_contacts)
        return [row for row in good if row["company_id"] == company]

    def seller(self) -> int:
        return self.rng.choice(self.sellers)


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
