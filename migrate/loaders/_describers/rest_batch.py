"""What does a target of the family rest_batch say of itself? Its call ``GET /schema``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from migrate.errors import TargetError
from migrate.loaders import rest_batch as family
from migrate.specs.live import Live
from migrate.specs.secrets import mask_url

OPTIONS = ("token", "timeout_seconds", "max_attempts", "batch_rows")


def fetch(url: str, *, options: Mapping[str, Any], objects: Sequence[str]) -> Live:
    """Everything that the target discloses; ``objects`` are all there anyway."""
    with closing(family.open_loader(url, options=options, schema=None)) as loader:
        schema = loader.describe()
    place = mask_url(url.split("?")[0])
    if not schema.objects:
        raise TargetError(
            f"{place} describes no object", hint="check the url and the rights of the token"
        )
    return Live(
        schema.objects, place, "GET /schema", family="rest_batch", capabilities=schema.capabilities
    )
