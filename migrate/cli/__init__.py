"""The command line: a skin over :mod:`migrate.pipeline`. Each command is a file of this folder.

Errors are caught here and nowhere else: a short text on stderr, the traceback into a log file of
the migration folder, and the exit code that the error carries.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path

import click

from migrate import __version__
from migrate.registry import did_you_mean, plugin_names

PRIVATE_LOG = "error.log"
DEBUG = "CRM_MIGRATE_DEBUG"
"""Set in the environment, it shows the whole of an unexpected error, with whatever it holds."""
FOLDER = "folder"
"""Where a command notes in ``ctx.obj`` which migration it works on."""


class Commands(click.Group):
    """Finds commands by file name and imports them when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name.removesuffix("_") for name in plugin_names("cli")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"migrate.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx):
            ctx.fail(f"there is no command {name!r}: {did_you_mean(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crm-migrate")
def crm_migrate() -> None:
    """Move a company from its legacy data to a CRM, in stages, and prove that nothing was lost.

    Begin with `crm-migrate demo`, or with `crm-migrate init` in an empty folder.

    Exit codes: 0 fine; 1 finished with refused rows or an unmet gate; 2 usage or mapping;
    3 a source cannot be read; 4 the target refused or is gone.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; every error becomes a sentence on stderr."""
    from migrate.errors import MigrateError

    told: dict[str, Path] = {}
    try:
        result = crm_migrate.main(
            args=arguments, prog_name="crm-migrate", standalone_mode=False, obj=told
        )
        return int(result or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; run the same command again to go on", err=True)
        return 130
    except MigrateError as error:
        click.secho(f"error: {error}", fg="red", err=True)
        _log(error, told.get(FOLDER, Path()))
        return error.exit_code
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        click.secho(
            f"error: {error.strerror or type(error).__name__}{place}\n"
            "  → is the disk full, the file open in another program, or the folder not yours? "
            "Nothing that was booked is lost: run the same command again",
            fg="red",
            err=True,
        )
        _log(error, told.get(FOLDER, Path()))
        return 2
    except Exception as error:  # noqa: BLE001 its message may hold personal data
        _unexpected(error, told.get(FOLDER, Path()))
        return 2


def _unexpected(error: Exception, migration: Path) -> None:
    """A fault of the program: where it happened, and not the values that its message may hold."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    click.secho(
        f"error: an unexpected {type(error).__name__} in {Path(last.filename).name}:{last.lineno}\n"
        "  → this is a fault of crm-migrate: please report it with the lines of "
        f"{migration / 'runs' / PRIVATE_LOG}; what was booked is safe",
        fg="red",
        err=True,
    )
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    _log(error, migration)


def _log(error: BaseException, migration: Path) -> None:
    """Keep the traceback for whoever mends it; values of local variables are not in it."""
    folder = migration / "runs"
    if not folder.is_dir():
        return
    try:
        descriptor = os.open(folder / PRIVATE_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
            stream.write("".join(traceback.format_tb(error.__traceback__)))
            stream.write(f"{type(error).__name__}\n\n")
    except OSError:
        return
