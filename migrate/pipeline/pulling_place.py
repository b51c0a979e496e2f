"""Where is the system whose schema is wanted, how is it asked, and who can ask it?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.loaders._describers import DESCRIBERS, PROTOCOLS, options_of
from migrate.registry import did_you_mean
from migrate.specs.problems import raise_errors
from migrate.specs.project import Environment
from migrate.specs.projectfile import FILE_NAME, read_project
from migrate.specs.reader import VARIABLE
from migrate.values import TargetSchema

_SQL = ("sqlite", "postgresql", "postgres", "mysql", "mariadb")
_SQL_TARGETS = ("sql", "reference")  # without a family of their own in the catalogue, or with two


@dataclass(frozen=True)
class PulledPlace:
    """An address and how it is asked, secrets resolved; neither is ever shown.

    ``options`` were given for this pull, ``standing`` are the environment's: its loader may know
    some that a describer does not.
    """

    url: str = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    standing: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def options_for(self, kind: str) -> dict[str, Any]:
        """The options that go to a describer; of the environment's those that it knows."""
        known = options_of(kind)
        return {**{k: v for k, v in self.standing.items() if k in known}, **self.options}


def pulled_place(
    name: str, url: str, options: Mapping[str, Any], *, folder: Path, environment: str
) -> PulledPlace:
    """The place that was named, ``${NAME}`` put in; without one, that of the environment.

    Options that are given go before the environment's. Raises UsageError where there is none.
    """
    given = {key: _resolved(value, f"--option {key}") for key, value in options.items()}
    if url:
        return PulledPlace(_resolved(url, "--url"), given)
    if not (folder / FILE_NAME).is_file():
        raise UsageError(
            f"there is no {FILE_NAME} in {folder} that says where {name} is",
            hint=f"crm-migrate targets pull {name} --url URL",
        )
    found = _environment(name, folder, environment)
    return PulledPlace(found.url, given, found.options)


def describer_of(
    name: str, url: str, *, own: TargetSchema | None, product: TargetSchema | None
) -> str:
    """Which describer asks: by the target's name, or by the protocol of its address.

    Raises UsageError where none is built for it.

    >>> describer_of("warehouse", "postgresql://db/crm", own=None, product=None)
    'sql'
    """
    is_sql = "://" not in url or url.split(":")[0].split("+")[0] in _SQL
    label = product.label if product else name
    if is_sql:
        if product is None or product.family == "sql":
            return "sql"
        raise UsageError(
            f"{label} is asked over HTTP, and this is the address of a database",
            hint=f"crm-migrate targets pull {name} --url https://…; or call the database otherwise",
        )
    if name in DESCRIBERS and name not in _SQL_TARGETS:
        return name
    if product is None and own is not None and own.family == "rest_batch":
        return "rest_batch"
    built = ", ".join(d for d in DESCRIBERS if d not in PROTOCOLS)
    able = "; ".join(part for part in (built, "any SQL database", "rest_batch") if part)
    if product is None:
        raise UsageError(
            f"there is no CRM called {name!r} whose schema can be asked for at this address",
            hint=f"{did_you_mean(name, DESCRIBERS)}; what can be asked: {able}",
        )
    raise UsageError(
        f"the live schema of {label} cannot be fetched yet; what can be asked: {able}",
        hint=f"copy the product's mappings/targets/{name}.yaml into the folder's mappings/targets "
        "and edit it by hand: a file there goes before the product's",
    )


def _environment(name: str, folder: Path, wanted: str) -> Environment:
    """The environment that goes to this target: the one named, the default, or the first."""
    project, issues = read_project(folder, wanted)
    # A source that is not there yet is no reason not to look at the target.
    raise_errors(issues if project is None else [i for i in issues if i.code == "unset_variable"])
    environments = project.environments if project else {}
    chosen = wanted or (project.default_environment if project else "")
    for found in [e for e in (environments.get(chosen),) if e] + (
        [] if wanted else list(environments.values())
    ):
        if found.target == name and found.url:
            return found
    targets = ", ".join(f"{e.name} to {e.target!r}" for e in environments.values())
    raise UsageError(
        f"no environment of {FILE_NAME} goes to {name!r}: {targets or 'it has none'}",
        hint=f"crm-migrate targets pull {name} --url URL",
        where=project.where if project else "",
    )


def _resolved(text: Any, who: str) -> Any:
    """The text with ``${NAME}`` put in; UsageError names the variable that is not set."""
    if not isinstance(text, str):
        return text
    for name in VARIABLE.findall(text):
        if not os.environ.get(name):
            raise UsageError(
                f"{who}: the environment variable {name} is not set, or empty",
                hint=f"set {name} before you run the command",
            )
    return VARIABLE.sub(lambda match: os.environ[match[1]], text)
