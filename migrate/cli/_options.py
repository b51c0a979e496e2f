"""What several commands share: the folder and environment options, and how a report leaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from migrate.pipeline.setup import Setup
    from migrate.values import Progress, RunReport

F = TypeVar("F", bound=Callable[..., Any])


def in_folder(function: F) -> F:
    """``--folder`` and ``--environment``: which migration, which target."""
    function = click.option(
        "--environment", "-e", default="", metavar="NAME", help="Which target: sandbox, production."
    )(function)
    return click.option(
        "--folder", "-C", type=click.Path(path_type=Path), default=Path(), metavar="PATH",
        callback=_noted, help="The folder of the migration (default: this one).",
    )(function)  # fmt: skip


def _noted(ctx: click.Context, _: click.Parameter, folder: Path) -> Path:
    """The folder, noted where the handler of errors finds it."""
    ctx.ensure_object(dict)["folder"] = folder
    return folder


def with_report(function: F) -> F:
    """``--json`` and ``--show-personal-data``: how the report is shown."""
    function = click.option(
        "--show-personal-data", is_flag=True, help="Do not mask names, addresses and numbers."
    )(function)
    return click.option(
        "--json", "as_json", is_flag=True, help="Write the report as JSON to stdout."
    )(function)


def open_migration(folder: Path, environment: str) -> Setup:
    """The migration in that folder, ready to work on."""
    from migrate.pipeline.setup import open_setup

    return open_setup(folder, environment)


def pairs(
    _ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, Any]:
    """``KEY=VALUE`` options as a mapping; a whole number is one."""
    found: dict[str, Any] = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise click.BadParameter(f"{text!r} is not KEY=VALUE, such as encoding=cp1250")
        found[key] = int(value) if value.isdecimal() and value.isascii() else value
    return found


def show(
    report: RunReport,
    *,
    as_json: bool,
    show_personal_data: bool = False,
    table_rows: int = 10,
    answer: Mapping[str, Any] | None = None,
) -> int:
    """Print a report and return the exit code that its content asks for.

    ``answer`` is the command's own JSON, where it is not the report's.
    """
    if as_json:
        import json

        from migrate.reports.json_report import report_json

        content = answer or report_json(report, show_personal_data=show_personal_data)
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        import shutil

        from migrate.reports.text import render_text

        text = render_text(
            report,
            show_personal_data=show_personal_data,
            width=max(100, shutil.get_terminal_size((160, 40)).columns),
            table_rows=table_rows,
        )
        click.echo(text)
    return exit_code(report)


def exit_code(report: RunReport) -> int:
    """0 fine; 1 finished, but rows were refused, the identity broke or a gate is not met."""
    refused = any(
        count.dispositions.get(kind, 0)
        for count in report.objects
        for kind in ("quarantined", "failed", "pending")
    )
    if report.command == "rollback":
        refused = False  # what was rolled back is pending, and that is the point
    errors = any(issue.severity == "error" for issue in report.issues)
    unmet = report.verdict == "not met"
    return 1 if refused or errors or unmet or not report.identity_holds else 0


def watched() -> Progress:
    """Progress on stderr: one line that is written over on a terminal, milestones elsewhere."""
    import sys
    import time

    stream = sys.stderr
    is_terminal = stream.isatty()
    began: dict[str, float] = {}
    at, shown, width = 0.0, "", 0

    def progress(label: str, done: int, total: int) -> None:
        nonlocal at, shown, width
        now = time.monotonic()
        began.setdefault(label, now)
        finished = bool(total) and done >= total
        fresh = label != shown
        if not finished and now - at < (0.2 if is_terminal else 10.0):
            return
        if not is_terminal and not (finished or fresh):
            return
        text = f"{label}: {done:,}" + (f" of {total:,}" if total else "")
        elapsed = now - began[label]
        if total and done and not finished and elapsed > 1:
            text += f", about {elapsed * (total - done) / done:,.0f} s left"
        if is_terminal:
            stream.write("\r" + text.ljust(width) + ("\n" if finished else ""))
            width = 0 if finished else len(text)
        elif total == 0 or finished:
            stream.write(text + "\n")
        stream.flush()
        at, shown = now, label

    return progress


def with_password(place: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options, with the password of an encrypted workbook asked for where somebody can answer."""
    if "://" in place or "password" in options or not sys.stdin.isatty():
        return options
    from migrate.extractors.excel import PASSWORD_VARIABLE, is_encrypted

    path = Path(place)
    if os.environ.get(PASSWORD_VARIABLE) or not (path.is_file() and is_encrypted(path)):
        return options
    return {**options, "password": click.prompt("Password", hide_input=True, err=True)}


def typed_name(is_production: bool, name: str) -> str:
    """Ask a person to type the migration's name; there is no switch that types it for them."""
    if not is_production:
        return ""
    click.echo(
        f"This writes to PRODUCTION. Type the name of the migration ({name}) to go on: ",
        nl=False, err=True,
    )  # fmt: skip
    return sys.stdin.readline().strip()
