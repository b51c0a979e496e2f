"""What every stage starts from: the migration's files read, its sources and its target opened."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.cleaners import CLEANERS, COMPANIONS, OPTIONS, PARTS
from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.pipeline.reading_file import read_reading_file
from migrate.registry import did_you_mean, load_plugin, plugin_names
from migrate.specs.catalogue import read_target, target_names
from migrate.specs.check import check
from migrate.specs.mapping import Block, MappingSpec
from migrate.specs.mappingfile import read_mapping
from migrate.specs.plan import CleanerKeys
from migrate.specs.problems import raise_errors
from migrate.specs.project import Environment, Project, SourceSpec
from migrate.specs.projectfile import read_project
from migrate.specs.secrets import mask_url
from migrate.store.ledger import Ledger, open_ledger
from migrate.validation.own_rules import own_rule_problems
from migrate.values import Issue, Loader, Table, TargetSchema


@dataclass(frozen=True)
class Setup:
    """One migration and one of its environments, as the files say."""

    project: Project
    mapping: MappingSpec
    environment: Environment

    @property
    def folder(self) -> Path:
        return self.project.folder


def open_setup(folder: Path, environment: str = "") -> Setup:
    """Read migration.yaml and the mappings. Raises MappingError with every problem at once."""
    setup, issues = read_setup(folder, environment)
    raise_errors(issues)
    if setup is None:
        raise UsageError(f"there is nothing to work on in {folder}", hint="crm-migrate init")
    return setup


def read_setup(folder: Path, environment: str = "") -> tuple[Setup | None, list[Issue]]:
    """The setup and everything wrong with the files; None when there is too little to go on."""
    project, issues = read_project(folder, environment)
    if project is None:
        return None, issues
    mapping, found = read_mapping(project.mapping_files, waves=project.waves)
    issues += found
    if mapping is None:
        return None, issues
    return Setup(project, mapping, choose_environment(project, environment)), issues


def choose_environment(project: Project, name: str = "") -> Environment:
    """The environment of that name, or the default one."""
    chosen = name or project.default_environment
    if chosen in project.environments:
        return project.environments[chosen]
    raise UsageError(
        f"migration.yaml has no environment {chosen!r}",
        hint=did_you_mean(chosen, project.environments),
        where=project.where,
    )


def open_target(setup: Setup) -> Loader:
    """The loader of the environment's target; nothing is written by opening it."""
    environment = setup.environment
    known = target_names(folder=setup.folder)
    schema = (
        read_target(environment.target, folder=setup.folder)
        if environment.target in known
        else None
    )
    families = plugin_names("loaders")
    family = (
        environment.target if environment.target in families else (schema.family if schema else "")
    )
    if not family:
        raise UsageError(
            f"there is no target {environment.target!r}",
            hint=did_you_mean(environment.target, {*known, *families}),
            where=environment.where,
        )
    loader: Loader = load_plugin("loaders", family).open_loader(
        environment.url, options=environment.options, schema=schema
    )
    return loader


def open_tables(setup: Setup) -> dict[str, Table]:
    """Every table of every source, by ``<source>.<table>``, and the views that the mapping reads;
    headers are read, no rows. Raises SourceError with every source that cannot be read."""
    tables, unread = readable_tables(setup)
    if not unread:
        return tables
    first, *others = unread.values()
    raise SourceError(
        "\n".join([first.message, *(str(error) for error in others)]),
        hint=first.hint,
        where=first.where,
        retryable=all(error.retryable for error in unread.values()),
    )


def readable_tables(setup: Setup) -> tuple[dict[str, Table], dict[str, SourceError]]:
    """The tables of the sources that can be read, and by source why the others cannot."""
    tables: dict[str, Table] = {}
    unread: dict[str, SourceError] = {}
    mapped = {table for block in setup.mapping.blocks for table in read_tables(block)}
    for source in setup.project.sources.values():
        try:
            opened = _open(source, setup.folder)
            _require_columns(opened, source)
        except SourceError as error:
            unread[source.name] = _at_its_line(error, source)
            continue
        for table in opened:
            name = f"{source.name}.{table.name}"
            if table.columns and (not table.is_view or name in mapped):
                tables[name] = _qualified(table, source.name)
    return tables, unread


def _require_columns(tables: Sequence[Table], source: SourceSpec) -> None:
    """An empty file is a table without columns: of a whole source that is no migration."""
    if not any(table.columns for table in tables):
        raise SourceError(
            "it is empty: there is no header and no row",
            hint="export it again, or take the source out of migration.yaml",
            where=mask_url(source.place),
        )


def _at_its_line(error: SourceError, source: SourceSpec) -> SourceError:
    """What is wrong with a source, at the line of migration.yaml that names it."""
    what = f"{error.where}: {error.message}" if error.where else error.message
    return SourceError(
        f"source {source.name!r}: {what}",
        hint=error.hint,
        where=source.where,
        retryable=error.retryable,
    )


def _qualified(table: Table, source: str) -> Table:
    """A table under its full name, and its foreign keys leading to full names too."""
    keys = tuple(
        dataclasses.replace(key, target_table=f"{source}.{key.target_table}")
        for key in table.foreign_keys
    )
    return dataclasses.replace(table, name=f"{source}.{table.name}", foreign_keys=keys)


def read_tables(block: Block) -> tuple[str, ...]:
    """Every table that a block reads: its own and those it joins."""
    return (block.table, *(join.table for join in block.joins))


def _open(source: SourceSpec, folder: Path) -> list[Table]:
    options = {name: dict(spec.options) for name, spec in source.tables.items() if spec.options}
    arguments = dict(source.options)
    if source.reading:
        readings = read_reading_file(Path(source.reading))
        options = {
            name: {**said.options, **options.get(name, {})} for name, said in readings.items()
        }
        arguments["only"] = list(readings)
    if options:
        arguments["tables"] = options
    if source.queries:
        arguments["queries"] = dict(source.queries)
    return open_source(source.place, folder=folder, **arguments)


def check_setup(setup: Setup, schema: TargetSchema, tables: Mapping[str, Table]) -> list[Issue]:
    """The whole plan against headers and schema: all problems, errors first."""
    issues = check(
        setup.project,
        setup.mapping,
        schema,
        tables,
        cleaners=frozenset(CLEANERS),
        cleaner_keys=CleanerKeys(PARTS, COMPANIONS, OPTIONS),
    )
    for target in schema.objects:
        mapped = {
            field.field
            for block in setup.mapping.blocks
            if block.object == target.name
            for field in block.fields
        }
        issues += own_rule_problems(target, mapped, setup.project.rules)
    return issues


def environment_ledger(setup: Setup, *, create: bool = True) -> Ledger:
    """The ledger of the environment; UsageError when it is another migration's."""
    return open_ledger(
        setup.environment.ledger,
        migration=setup.project.name,
        environment=setup.environment.name,
        create=create,
    )


def fingerprints(setup: Setup, schema: TargetSchema) -> dict[str, str]:
    """Hashes of what a plan is made from: configuration, mapping, target schema, source files.

    A plan may only be loaded while all four are what they were.
    """
    project, environment = setup.project, setup.environment
    config = [
        repr(part)
        for part in (
            project.name, project.locale, project.region, project.time_zone, project.nulls,
            project.retention, project.rules, project.waves, environment.name, environment.target,
            sorted(environment.owners.items()), repr(environment.ids),
            [(s.name, _stated(s, project), s.tables, s.queries, s.options)
             for s in project.sources.values()],
        )
    ]  # fmt: skip
    readings = [setup.folder / "reading.yaml", *_own_profiles(setup.folder)]
    readings += [Path(s.reading) for s in project.sources.values() if s.reading]
    config += [file.read_text(encoding="utf-8") for file in readings if file.exists()]
    config += [f"{name} {file_hash(table.file)}" for name, table in sorted(project.rates.items())]
    mapping = "".join(Path(f).read_text(encoding="utf-8") for f in setup.mapping.files)
    mapping += "".join(file_hash(file) for file in function_files(setup))
    schema_text = json.dumps([dataclasses.asdict(o) for o in schema.objects], sort_keys=True)
    sources = [place_hash(Path(s.place)) for s in project.sources.values() if "://" not in s.place]
    return {
        "config_hash": _sha("\n".join(config)),
        "mapping_hash": _sha(mapping),
        "schema_hash": _sha(schema_text),
        "source_hash": _sha("\n".join(sources)),
    }


def _own_profiles(folder: Path) -> list[Path]:
    return sorted((folder / "mappings" / "sources").glob("*.yaml"))


def function_files(setup: Setup) -> list[Path]:
    """The files of the customer's own functions that the mapping calls, as far as they are there."""
    fields = [field for block in setup.mapping.blocks for field in block.fields]
    names = dict.fromkeys(field.function.file for field in fields if field.function)
    return [setup.folder / name for name in names if (setup.folder / name).is_file()]


def _stated(source: SourceSpec, project: Project) -> str:
    """A source's place as it stands in the file: wherever the command is run, the folder moved
    to, or the password renewed, it is the same source."""
    if "://" in source.place and not source.place.startswith("sqlite"):
        return mask_url(source.place)
    return source.place.replace(f"{project.folder.as_posix()}/", "", 1)


def place_hash(path: Path) -> str:
    """SHA-256 of a file, or of a folder: of every file in it with its name."""
    if not path.is_dir():
        return file_hash(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return _sha("\n".join(f"{f.relative_to(path).as_posix()} {file_hash(f)}" for f in files))


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
