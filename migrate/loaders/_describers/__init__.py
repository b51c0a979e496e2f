"""Which CRMs can be asked for their live schema, and by which module?"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from migrate.loaders._options import check_options
from migrate.specs.live import Live

DESCRIBERS: tuple[str, ...] = (
    "salesforce", "hubspot", "dynamics365", "odoo", "espocrm", "bitrix24", "pipedrive", "zoho",
    "sql", "rest_batch",
)  # fmt: skip
"""The modules of this folder that ask. Each offers ``OPTIONS`` and ``fetch(url, options, objects)``;
those for a CRM are called what the CRM is called in ``mappings/targets``."""

PROTOCOLS: tuple[str, ...] = ("sql", "rest_batch")
"""Those among them that are no one's CRM: whatever speaks the protocol can be asked."""


def options_of(kind: str) -> tuple[str, ...]:
    """The options that a describer knows.

    >>> options_of("salesforce")
    ('token', 'timeout_seconds', 'max_attempts', 'version')
    """
    known: tuple[str, ...] = importlib.import_module(f"{__name__}.{kind}").OPTIONS
    return known


def fetch(kind: str, url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """Ask the system at ``url`` for the schema of these objects; SQL tells all of its tables.

    Raises TargetError where it cannot be reached, refuses, or is not what it should be.
    """
    module = importlib.import_module(f"{__name__}.{kind}")
    check_options(kind, options, options_of(kind))
    found: Live = module.fetch(url, options=options, objects=objects)
    return found
