"""The decision workbook comes back: what is fine goes into the mapping files, or nothing at all."""

from __future__ import annotations

import dataclasses
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from migrate.errors import MappingError, UsageError
from migrate.mapping.decisions.coming_back import judge_fields
from migrate.mapping.decisions.coming_back_lists import judge_lists
from migrate.mapping.decisions.edits import DECIDED_FILE, PROJECT_FILE, apply_edits
from migrate.mapping.decisions.judged import Judged, Today
from migrate.mapping.decisions.reading import Returned, read_decisions
from migrate.pipeline.deciding import mapping_hashes, schema_hash, target_schema
from migrate.pipeline.setup import Setup, open_tables
from migrate.specs.mappingfile import read_mapping
from migrate.specs.problems import from_error
from migrate.specs.projectfile import listed_mappings, read_project
from migrate.values import Issue, RunReport, Section, Table, TargetSchema


def import_decisions(setup: Setup, path: Path) -> RunReport:
    """Take the choices of a workbook into ``mappings/*.yaml``; with any error nothing is written.

    Raises UsageError where the workbook cannot be read or belongs to another migration.
    """
    returned = read_decisions(path)
    if returned.sent.migration != setup.project.name:
        raise UsageError(
            f"{path.name} holds the decisions of the migration {returned.sent.migration!r}, and this "
            f"is {setup.project.name!r}",
            hint="name the folder of that migration with --folder",
        )
    if returned.sent.environment != setup.environment.name:
        raise UsageError(
            f"{path.name} was exported for the environment {returned.sent.environment!r}",
            hint=f"add --environment {returned.sent.environment}",
        )
    schema = target_schema(setup)
    tables = open_tables(setup)
    today = Today(setup.mapping, schema, _references(tables), _columns(tables))
    judged = judge_fields(returned, today)
    environment = setup.environment
    judge_lists(returned, today, environment.owners, environment.name, judged)
    issues = [*returned.issues, *_changed_since(setup, schema, returned, path), *judged.issues]
    files: list[str] = []
    if not _errors(issues):
        before = _texts(setup)
        try:
            after = apply_edits(
                {n: text for n, (text, _) in before.items()}, judged.edits, setup.mapping
            )
        except MappingError as error:
            issues.append(dataclasses.replace(from_error(error), code="not_decided_here"))
            after = {}
        changed = {
            name: text for name, text in after.items() if text != before.get(name, ("", b""))[0]
        }
        issues += _problems(setup, after, changed) if changed else []
        if not _errors(issues):
            for name, text in changed.items():
                _write(setup.folder / name, text, before.get(name, ("", b""))[1])
            files = sorted(changed)
    return _report(setup, path, judged, issues, files)


def _errors(issues: Sequence[Issue]) -> bool:
    return any(issue.severity == "error" for issue in issues)


def _references(tables: Mapping[str, Table]) -> dict[tuple[str, str], str]:
    return {
        (name, key.columns[0]): key.target_table
        for name, table in tables.items()
        for key in table.foreign_keys
        if len(key.columns) == 1
    }


def _columns(tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    return {name: table.column_names for name, table in tables.items()}


def _changed_since(
    setup: Setup, schema: TargetSchema, returned: Returned, path: Path
) -> list[Issue]:
    """What changed beside the workbook since it went out; each line is compared by itself."""
    found = []
    if mapping_hashes(setup) != dict(returned.sent.files):
        names = sorted(
            name
            for name in {*returned.sent.files, *mapping_hashes(setup)}
            if returned.sent.files.get(name) != mapping_hashes(setup).get(name)
        )
        found.append(
            Issue(
                "mapping_changed", "info",
                f"the mapping changed since the workbook was exported: {', '.join(names)}",
                place=path.name, hint="lines that it concerns are named; export again to see it all",
            )
        )  # fmt: skip
    if schema_hash(schema) != returned.sent.schema:
        found.append(
            Issue(
                "schema_changed", "warning",
                "the fields of the target changed since the workbook was exported",
                place=path.name, hint="export again to choose among those of now",
            )
        )  # fmt: skip
    return found


# -- files ------------------------------------------------------------------------------------


def _texts(setup: Setup) -> dict[str, tuple[str, bytes]]:
    """The mapping files and migration.yaml by their names in the folder: text, and its mark."""
    files = [Path(file) for file in setup.mapping.files]
    decided = setup.folder / DECIDED_FILE
    if decided.is_file() and decided not in files:
        files.append(decided)
    found = {}
    for file in [*files, setup.folder / PROJECT_FILE]:
        raw = file.read_bytes()
        mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
        found[_name(setup, file)] = (raw[len(mark) :].decode("utf-8"), mark)
    return found


def _name(setup: Setup, file: Path) -> str:
    try:
        return file.relative_to(setup.folder).as_posix()
    except ValueError:  # a pack of the product
        return file.as_posix()


def _problems(setup: Setup, after: Mapping[str, str], changed: Mapping[str, str]) -> list[Issue]:
    """Read the changed files before they are kept: what the mapping's reader refuses is not written."""
    outside = [name for name in changed if Path(name).is_absolute()]
    if outside:
        own = Path(outside[0])
        return [
            Issue(
                "pack_not_editable", "error",
                f"the mapping {own.stem} ships with the product and is not changed", place=own.name,
                hint=f"copy it into mappings/ and take pack: {own.stem} out of {PROJECT_FILE}",
            )
        ]  # fmt: skip
    if DECIDED_FILE in changed and not _is_read(setup):
        return [
            Issue(
                "file_not_listed", "error",
                f"{PROJECT_FILE} names its mapping files, and {DECIDED_FILE} is not among them",
                place=setup.project.where, hint=f"write {DECIDED_FILE} under mappings:",
            )
        ]  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        files = []
        for name, text in after.items():
            path = Path(home) / (name if not Path(name).is_absolute() else Path(name).name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
            files += [path] if name != PROJECT_FILE else []
        _, issues = read_mapping(files, waves=setup.project.waves)
    return [issue for issue in issues if issue.severity == "error"]


def _is_read(setup: Setup) -> bool:
    """Whether a new file in mappings/ is one of the mapping by itself."""
    decided = setup.folder / DECIDED_FILE
    if decided in setup.project.mapping_files:
        return True
    listed = listed_mappings(setup.folder)
    project, _ = read_project(setup.folder, setup.environment.name)
    if project is None or sorted(project.mapping_files) != listed:
        return False
    from migrate.specs.yamledit import has

    text = (setup.folder / PROJECT_FILE).read_text(encoding="utf-8-sig")
    return not has(text, ("mappings",)) and not has(text, ("pack",))


def _write(path: Path, text: str, mark: bytes) -> None:
    """Put the file in the place of the old one, with the same rights, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(mark + text.encode("utf-8"))
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _report(
    setup: Setup, path: Path, judged: Judged, issues: Sequence[Issue], files: Sequence[str]
) -> RunReport:
    counts: dict[str, int] = {}
    for issue in issues:
        counts[issue.code] = counts.get(issue.code, 0) + 1
    is_refused = _errors(issues)
    written = 0 if is_refused else judged.written
    if is_refused:
        text = "Nothing was written: correct the cells that are named, save, and import again."
    elif files:
        text = f"{written} decisions written into {', '.join(files)}. Next: crm-migrate check"
    else:
        text = "Nothing to write: the mapping says what the workbook says."
    return RunReport(
        command="map import", migration=setup.project.name, environment=setup.environment.name,
        run_id="", title=f"Decisions of {path.name}", issues=tuple(issues), issue_counts=counts,
        sections=(Section("Decisions", (text,)),),
        figures={"decisions": written, "already": judged.known_already},
        files={name: str(setup.folder / name) for name in files},
    )  # fmt: skip
