"""Where plug-ins and the data files that ship with the product are found.

Extractors, loader families and commands are modules found by file name and imported on use;
an outside package adds one through an entry point of the group ``crm_migrate.<kind>``, which is
consulted only for a name that we do not know ourselves.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from migrate.errors import UsageError


def data_folder(name: str) -> Path:
    """The folder ``mappings`` or ``examples``, in an installed wheel or in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / f"_{name}"
    return installed if installed.is_dir() else package.parent / name


def plugin_names(kind: str) -> list[str]:
    """The modules of ``migrate/<kind>/`` that are plug-ins (private ones are not).

    >>> "sql" in plugin_names("loaders")
    True
    """
    folder = Path(__file__).resolve().parent / kind
    return sorted(m.name for m in pkgutil.iter_modules([str(folder)]) if m.name[0] != "_")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name most like ``word``, or nothing when none is near.

    >>> nearest("adress", ["address", "name"])
    'address'
    """
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error's sentence: the nearest right name, or everything that is allowed.

    >>> did_you_mean("adress", ["address", "name"])
    "did you mean 'address'?"
    >>> did_you_mean("zzz", ["b", "a"])
    'known: a, b'
    """
    names = sorted(known)
    near = nearest(word, names)
    return f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"


def load_plugin(kind: str, name: str) -> ModuleType:
    """The module of a plug-in. Raises UsageError with the nearest name when there is none."""
    if name in plugin_names(kind):
        return importlib.import_module(f"migrate.{kind}.{name}")
    for entry in entry_points(group=f"crm_migrate.{kind}"):
        if entry.name == name:
            loaded: ModuleType = entry.load()
            return loaded
    raise UsageError(
        f"there is no {kind.rstrip('s')} called {name!r}",
        hint=did_you_mean(name, plugin_names(kind)),
    )
