"""What the making of entities works on, shared by the steps of it."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.pipeline.setup import Setup
from migrate.specs.order import LoadOrder
from migrate.store import sets
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder
from migrate.values import Loader, Progress, TargetSchema, silent

ENTITY_META = ("external_id", "wave")
"""The columns of an entities file that are no fields of the target."""


@dataclass(frozen=True)
class Making:
    """What the making of entities works on."""

    connection: sets.Connection
    setup: Setup
    schema: TargetSchema
    order: LoadOrder
    loader: Loader
    ledger: Ledger
    run: RunFolder
    progress: Progress = silent
