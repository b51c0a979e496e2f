"""Which exit code means what? Taken from the exceptions themselves."""

from __future__ import annotations

import inspect

from docs.generator.markdown import NOTICE, code, table
from migrate import errors

MEANINGS = {
    0: "fine: the command did what it was asked to do",
    1: "finished, but rows were refused, records wait, the accounting identity is broken, or a "
    "gate or rule is not met; `trace` answers 1 when nothing is found",
    2: "the command was called in a way that cannot work, or migration.yaml, a mapping or a target "
    "file is wrong; nothing was written",
    3: "a source cannot be read",
    4: "the target refused, is gone, or is held by another load; what was written is in the "
    "ledger, and the same command goes on from there",
    130: "stopped by Ctrl-C; the same command goes on where it stopped",
}


def error_classes() -> list[type[errors.MigrateError]]:
    """Every exception of the product, the base first."""
    found = [
        c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__
    ]
    return sorted(found, key=lambda c: (c.exit_code, len(c.__mro__), c.__name__))


def page() -> str:
    """docs/reference/exit-codes.md."""
    meanings = [(code(str(number)), text) for number, text in MEANINGS.items()]
    classes = [
        (code(c.__name__), code(str(c.exit_code)), (c.__doc__ or "").split("\n\n")[0])
        for c in error_classes()
    ]
    return "\n".join(
        [
            NOTICE + "# Exit codes\n",
            table(("code", "meaning"), meanings),
            "\n`rollback` answers 0 although what it took back is pending: that is what was asked "
            "for. `demo` answers 0 when the accounting identity holds and the reconciliation is "
            "met: the rows that its company's data refuses are part of the demonstration.\n",
            "Every error on stderr is one sentence with its place (`file:line` where there is one) "
            "and, after an arrow, what to do next. The traceback, without any value, goes to "
            "`runs/error.log` of the folder the command was called in.\n",
            "## Exceptions\n\nIn Python every error is a `migrate.errors.MigrateError`.\n",
            table(("exception", "exit code", "when"), classes),
        ]
    )
