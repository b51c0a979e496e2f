"""Which commands are there, and which options does each take? Asked of click itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from docs.generator.markdown import NOTICE, code, table
from migrate.cli import crm_migrate

INTRODUCTION = """\
# Commands

Every command that reports takes `--json`: the report then stands alone on stdout, as JSON. Progress
and messages go to stderr. What a command answers with is in [exit codes](exit-codes.md).
`--folder` is the folder of the migration, this one by default; `--environment` the target among
`environments:` of its migration.yaml.
"""


def all_commands() -> list[tuple[str, click.Command]]:
    """Every command by the name it is called with, those of a group after the group."""
    return list(_walk(crm_migrate, ""))


def page() -> str:
    """docs/reference/commands.md."""
    found = all_commands()
    index = [
        (f"[`{name}`](#crm-migrate-{name.replace(' ', '-')})", _first_sentence(command))
        for name, command in found
    ]
    parts = [NOTICE + INTRODUCTION, table(("command", "what it does"), index)]
    for name, command in found:
        parts.append(f"## crm-migrate {name}\n")
        parts.append(f"```text\n{_usage(name, command)}\n```\n")
        parts.append(_help(command) + "\n")
        options = list(_options(command))
        if options:
            parts.append(table(("option", "what it does", "default"), options) + "\n")
    return "\n".join(parts)


def _walk(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        yield prefix + name, command
        if isinstance(command, click.Group):
            yield from _walk(command, f"{prefix}{name} ")


def _usage(name: str, command: click.Command) -> str:
    pieces = ["crm-migrate", name]
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            label = (parameter.name or "").upper()
            pieces.append(label if parameter.required else f"[{label}]")
    if isinstance(command, click.Group):
        pieces.append("COMMAND")
    required = [p for p in command.params if isinstance(p, click.Option) and p.required]
    pieces += [f"{p.opts[0]} {p.metavar or p.type.name.upper()}" for p in required]
    if any(isinstance(p, click.Option) and not p.required for p in command.params):
        pieces.append("[OPTIONS]")
    return " ".join(pieces)


def _help(command: click.Command) -> str:
    text = inspect.cleandoc(command.help or "")
    return re.sub(r"\x08\n?", "", text)


def _first_sentence(command: click.Command) -> str:
    return _help(command).split("\n\n")[0].replace("\n", " ")


def _options(command: click.Command) -> Iterator[tuple[str, str, str]]:
    for parameter in command.params:
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        names = ", ".join(parameter.opts)
        metavar = (
            "" if parameter.is_flag else f" {parameter.metavar or parameter.type.name.upper()}"
        )
        shown = parameter.show_default and isinstance(parameter.default, str | int)
        default = code(str(parameter.default)) if shown else ""
        yield code(names + metavar), parameter.help or "", default
