"""What does ``migration.yaml`` say, as a :class:`~migrate.specs.project.Project`?"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from migrate.errors import MappingError, UsageError
from migrate.registry import data_folder, did_you_mean
from migrate.specs.problems import from_error
from migrate.specs.project import (
    GATES,
    ControlTotal,
    Environment,
    Project,
    QualityRule,
    Retention,
    SourceSpec,
    TableSpec,
    TotalBy,
)
from migrate.specs.rates import RateTable, read_rates
from migrate.specs.reader import VARIABLE, Reader, check_name
from migrate.specs.secrets import mask_url
from migrate.specs.yamlfile import read_yaml
from migrate.specs.zones import unknown_zone
from migrate.values import Issue

LEARNED_FILE = "learned.yaml"
FILE_NAME = "migration.yaml"
DEFAULT_WAVE = "all"


def read_project(folder: Path, environment: str = "") -> tuple[Project | None, list[Issue]]:
    """Read ``<folder>/migration.yaml`` and collect everything that is wrong with it.

    The project is None only when there is no YAML to read; with errors among the issues it holds
    what could be read, so that the rest of the plan can be checked in the same run, and must not
    be used for anything else. Variables that only another environment than ``environment`` (or
    the default one) needs are warnings: production's password is not on everybody's machine.
    """
    if not (folder / FILE_NAME).is_file():
        raise UsageError(
            f"there is no {FILE_NAME} in {folder}",
            hint="go to the folder of the migration, or begin one with: crm-migrate init",
        )
    try:
        root = read_yaml(folder / FILE_NAME)
    except MappingError as error:
        return None, [from_error(error)]
    reader = Reader(root, FILE_NAME, [])
    project = Project(
        name=reader.text("migration", required=True),
        folder=folder,
        sources={s.name: s for s in _sources(reader, folder)},
        environments={},
        waves=reader.texts("waves") or (DEFAULT_WAVE,),
        mapping_files=tuple(_mapping_files(reader, folder)),
        locale=reader.text("locale"),
        region=reader.text("region"),
        currency=reader.text("currency"),
        time_zone=reader.text("time_zone"),
        nulls=reader.texts("nulls"),
        retention=tuple(_retention(r) for r in reader.items("retention")),
        rules=tuple(_rule(r) for r in reader.items("rules")),
        totals=tuple(_total(r) for r in reader.items("totals")),
        expected_file=_expected(reader, folder),
        gates=_gates(reader.mapping("gates")),
        roi=reader.plain_map("roi"),
        rates=_rates(reader, folder),
        allows_python=reader.flag("allow_python"),
        where=reader.where,
    )
    if project.time_zone:
        reader.issues += unknown_zone(project.time_zone, FILE_NAME, reader.place("time_zone"))
    doubles = {w for w in project.waves if project.waves.count(w) > 1}
    for wave in sorted(doubles):
        reader.refuse("wrong_value", f"the wave {wave!r} is named twice", key="waves")
    environments, default = _environments(reader, folder, environment)
    reader.done()
    project = dataclasses.replace(project, environments=environments, default_environment=default)
    return project, reader.issues


def located(folder: Path, place: str) -> str:
    """A path or a URL of SQLite that stands in a file of the folder, made independent of where
    the command is run; other URLs stay as they are.

    >>> located(Path("acme"), "sqlite:///crm.db")
    'sqlite:///acme/crm.db'
    >>> located(Path("acme"), "legacy/erp.db")
    'acme/legacy/erp.db'
    >>> located(Path("acme"), "postgresql://db/crm")
    'postgresql://db/crm'
    """
    if VARIABLE.search(place):  # unset, and told so: it must not look like a file's name
        return place
    match = re.fullmatch(r"(sqlite(?:\+\w+)?:///)([^?]+)(.*)", place)
    if match and match[2] != ":memory:" and not match[2].startswith("file:"):
        return f"{match[1]}{(folder / match[2]).as_posix()}{match[3]}"
    if "://" in place or not place:
        return place
    return (folder / place).as_posix()


def _gates(reader: Reader) -> dict[str, float]:
    gates = {name: reader.percent(name, default) for name, default in GATES.items()}
    reader.done()
    return gates


def _sources(reader: Reader, folder: Path) -> Iterator[SourceSpec]:
    for name, source in reader.children("sources", "source", required=True):
        check_name(source, name)
        place = source.text("place", required=True)
        _check_secret(source, "place")
        tables = {t: _table(r, t) for t, r in source.children("tables", "table")}
        queries = source.text_map("queries")
        reading = located(folder, source.text("reading"))
        options = source.rest()
        source.done()
        yield SourceSpec(
            name, located(folder, place), tables, queries, options, source.where, reading
        )


def _check_secret(reader: Reader, key: str) -> None:
    node = reader.node(key)
    masked = mask_url(node.text) if node else ""
    if node and masked != node.text and not re.search(r":\$\{\w+\}@|=\$\{\w+\}", node.text):
        reader.refuse(
            "secret_in_file",
            f"{masked} holds a password that everybody who has the file can read",
            key=key,
            hint="put it into an environment variable and write ${NAME} here",
            severity="warning",
        )


def _table(reader: Reader, name: str) -> TableSpec:
    key, digits = reader.texts("key"), reader.number("key_digits")
    is_one_shot, nulls = reader.flag("one_shot"), reader.texts("nulls")
    if digits and not key:
        reader.refuse("misplaced_key", "there is no key whose digits they are", key="key_digits")
    options = reader.rest()
    reader.done()
    return TableSpec(name, key, digits, is_one_shot, nulls, options, reader.where)


def listed_mappings(folder: Path) -> list[Path]:
    """The mapping files of a folder that names none: all of ``mappings/`` but what was learned."""
    return sorted(p for p in (folder / "mappings").glob("*.yaml") if p.name != LEARNED_FILE)


def _mapping_files(reader: Reader, folder: Path) -> Iterator[Path]:
    packs = [(name, reader.place("pack")) for name in reader.texts("pack")]
    node = reader.node("mappings")
    named = node.items if node and node.kind == "list" else () if node is None else (node,)
    if node is None:
        yield from listed_mappings(folder)
    for item in named:
        if item.kind == "mapping":
            entry = Reader(item, f"{FILE_NAME}, mappings", reader.issues)
            packs.append((entry.text("pack", required=True), item.where))
            entry.done()
        elif item.kind != "text":
            reader.refuse("wrong_type", f"must be files, found {item.described}", key="mappings")
        elif (folder / item.text).is_file():
            yield folder / item.text
        else:
            beside = [p.relative_to(folder).as_posix() for p in (folder).glob("*/*.yaml")]
            reader.issues.append(_missing("mapping file", item.text, beside, item.where))
    for name, where in packs:
        known = {p.stem: p for p in data_folder("mappings").glob("*.yaml")}
        if name in known:
            yield known[name]
        else:
            reader.issues.append(_missing("mapping pack", name, known, where))


def _missing(kind: str, name: str, known: Mapping[str, Path] | list[str], where: str) -> Issue:
    hint = did_you_mean(name, known) if known else "write it, or take the line out"
    return Issue("missing_file", "error", f"there is no {kind} {name!r}", place=where, hint=hint)


def _expected(reader: Reader, folder: Path) -> Path | None:
    name = reader.text("expected")
    if name and not (folder / name).is_file():
        beside = [p.name for p in folder.glob("*.yaml")]
        written = reader.text("expected", verbatim=True)
        reader.issues.append(_missing("file", written, beside, reader.place("expected")))
    return folder / name if name else None


def _rates(reader: Reader, folder: Path) -> dict[str, RateTable]:
    """The tables of rates by name: of a mapping name -> file, or of one file by its own name."""
    node = reader.node("rates")
    if node is not None and node.kind == "text":
        named = {Path(node.text).stem: reader.text("rates")}
    else:
        named = reader.text_map("rates")
    found = {}
    for name, file in named.items():
        if (folder / file).is_file():
            found[name] = read_rates(name, folder / file, reader.issues)
        else:
            beside = [p.name for p in folder.glob("*.csv")]
            reader.issues.append(_missing("file of rates", file, beside, reader.place("rates")))
    return found


def _environments(reader: Reader, folder: Path, chosen: str) -> tuple[dict[str, Environment], str]:
    children = reader.children("environments", "environment", required=True)
    read: dict[str, tuple[Environment, list[Issue]]] = {}
    for name, child in children:
        child.issues = []
        default_ledger = "ledger.db" if len(children) == 1 else f"ledger-{name}.db"
        read[name] = (_environment(child, name, folder, default_ledger), child.issues)
    environments = {name: environment for name, (environment, _) in read.items()}
    tame = [e.name for e in environments.values() if not e.is_production]
    default = reader.text("default_environment", (tame or [*environments, ""])[0])
    if environments and default not in environments:
        reader.refuse(
            "unknown_environment",
            f"there is no environment {default!r}",
            key="default_environment",
            hint=did_you_mean(default, environments),
        )
    if chosen and environments and chosen not in environments:
        raise UsageError(
            f"there is no environment {chosen!r} in {FILE_NAME}",
            hint=did_you_mean(chosen, environments),
        )
    for name, (_, issues) in read.items():
        is_needed = name == (chosen or default)
        reader.issues += [i if is_needed else _only_warned(i) for i in issues]
    _check_ledgers(reader, environments)
    return environments, default


def _environment(reader: Reader, name: str, folder: Path, default_ledger: str) -> Environment:
    check_name(reader, name)
    _check_secret(reader, "url")
    ids = reader.mapping("ids")
    environment = Environment(
        name=name,
        target=reader.text("target", required=True),
        url=located(folder, reader.text("url", required=True)),
        ledger=folder / reader.text("ledger", default_ledger),
        is_production=reader.flag("production"),
        options=reader.plain_map("options"),
        owners=reader.text_map("owners"),
        ids={name: ids.text_map(name) for name in ids.names},
        where=reader.where,
    )
    reader.done()
    return environment


def _only_warned(issue: Issue) -> Issue:
    is_variable = issue.code == "unset_variable"
    return dataclasses.replace(issue, severity="warning") if is_variable else issue


def _check_ledgers(reader: Reader, environments: Mapping[str, Environment]) -> None:
    owners: dict[Path, Environment] = {}
    for environment in environments.values():
        other = owners.setdefault(environment.ledger, environment)
        if other is not environment:
            message = (
                f"the environments {other.name!r} and {environment.name!r} share the ledger "
                f"{environment.ledger.name}; each must remember its own target"
            )
            hint = f"write ledger: ledger-{environment.name}.db"
            reader.issues.append(
                Issue("shared_ledger", "error", message, place=environment.where, hint=hint)
            )


def _retention(reader: Reader) -> Retention:
    before = reader.text("before", required=True)
    try:
        datetime.date.fromisoformat(before or "2000-01-01")
    except ValueError:
        reader.refuse("wrong_value", "must be a date", key="before", hint="write it as 2015-01-01")
    block, column = reader.text("block", required=True), reader.text("column", required=True)
    reason = reader.text("reason", required=True)
    reader.done()
    return Retention(block, column, before, reason, reader.where)


def _rule(reader: Reader) -> QualityRule:
    return QualityRule(
        object=reader.text("object", required=True),
        field=reader.text("field", required=True),
        expect=reader.text("expect", required=True),
        severity=reader.choice("severity", ("info", "warning", "error"), "error"),
        arguments=_rest(reader),
        where=reader.where,
    )


def _rest(reader: Reader) -> dict[str, object]:
    rest = reader.rest()
    reader.done()
    return rest


def _total(reader: Reader) -> ControlTotal:
    sum_column, sum_field = reader.text("sum"), reader.text("into")
    if bool(sum_column) != bool(sum_field):
        has, lacks = ("sum", "into") if sum_column else ("into", "sum")
        reader.refuse(
            "missing_key", f"{has!r} needs {lacks!r}: the column and the field it becomes"
        )
    total = ControlTotal(
        name=reader.text("name", required=True),
        block=reader.text("block", required=True),
        object=reader.text("object", required=True),
        sum_column=sum_column,
        sum_field=sum_field,
        decimal=reader.choice("decimal", (".", ","), "."),
        by=tuple(_total_by(reader.mapping("by"))),
        where=reader.where,
    )
    reader.done()
    return total


def _total_by(reader: Reader) -> Iterator[TotalBy]:
    for column in reader.names:
        node = reader.node(column)
        if node and node.kind == "mapping":
            by = reader.mapping(column)
            part = by.choice("part", ("value", "year"), "value")
            yield TotalBy(column, by.text("field", required=True), part)
            by.done()
        else:
            yield TotalBy(column, reader.text(column))
