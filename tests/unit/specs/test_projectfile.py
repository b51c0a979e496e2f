"""migration.yaml becomes one value; everything wrong with it is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.specs.project import Project, TotalBy
from migrate.specs.projectfile import read_project
from migrate.values import Issue

FULL = """\
migration: kvapka
locale: sk_SK
region: SK
currency: EUR
time_zone: Europe/Bratislava
nulls: [NULL, "N/A"]
sources:
  erp:
    place: legacy/erp.db
    tables:
      companies: {key: [id], nulls: ["-"]}
    queries: {big_deals: "select 1"}
  customers:
    place: ${PLACE}
    encoding: cp1250
    tables:
      customers: {sheet: Zákazníci, header_rows: [3, 4], key: [Zákazník / Číslo], key_digits: 6}
      notes: {one_shot: true}
environments:
  production: {target: reference, url: "${CRM_URL}", production: true}
  sandbox:
    target: reference
    url: sqlite:///sandbox.db
    owners: {"7": eva@example.com}
    ids: {Account: {"x:y:1": 55}}
    options: {token: "${TOKEN}", retries: 3}
waves: [base, history]
retention:
  - {block: activities, column: due, before: 2015-01-01, reason: old}
rules:
  - {object: Contact, field: phone, expect: e, regex: "^\\\\+", mostly: 0.9, severity: warning}
totals:
  - {name: t, block: deals, object: Opportunity, sum: amount, into: amount, decimal: ",",
     by: {currency: currency, close_date: {field: closed, part: year}}}
gates: {max_quarantined_percent: 5}
roi: {years: 3}
"""

SMALL = """\
migration: m
sources:
  erp: {place: erp.db}
environments:
  sandbox: {target: reference, url: sqlite:///crm.db}
"""


def read(folder: Path, text: str, environment: str = "") -> tuple[Project, list[Issue]]:
    (folder / "migration.yaml").write_text(text, encoding="utf-8")
    project, issues = read_project(folder, environment)
    assert project is not None
    return project, issues


def only(issues: list[Issue]) -> tuple[str, str]:
    assert len(issues) == 1, issues
    return issues[0].code, issues[0].place


def test_everything_of_a_full_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "legacy/list.xlsx")
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("CRM_URL", "https://crm.example")
    project, issues = read(tmp_path, FULL)
    assert issues == []
    assert (project.name, project.locale, project.currency) == ("kvapka", "sk_SK", "EUR")
    assert project.nulls == ("NULL", "N/A")
    erp, customers = project.sources["erp"], project.sources["customers"]
    assert Path(erp.place) == tmp_path / "legacy/erp.db"
    assert Path(customers.place) == tmp_path / "legacy/list.xlsx"
    assert customers.options == {"encoding": "cp1250"}
    assert erp.queries == {"big_deals": "select 1"}
    sheet = customers.table("customers")
    assert (sheet.key, sheet.key_digits) == (("Zákazník / Číslo",), 6)
    assert sheet.options == {"sheet": "Zákazníci", "header_rows": [3, 4]}
    assert sheet.where == "migration.yaml:17"
    assert customers.table("notes").is_one_shot
    sandbox, production = project.environments["sandbox"], project.environments["production"]
    assert project.default_environment == "sandbox"
    assert production.is_production and production.url == "https://crm.example"
    assert sandbox.url == f"sqlite:///{(tmp_path / 'sandbox.db').as_posix()}"
    assert sandbox.ledger == tmp_path / "ledger-sandbox.db"
    assert sandbox.owners == {"7": "eva@example.com"}
    assert sandbox.ids == {"Account": {"x:y:1": "55"}}
    assert sandbox.options == {"token": "s3cret", "retries": 3}
    assert "s3cret" not in repr(project)
    assert project.waves == ("base", "history")
    assert project.retention[0].before == "2015-01-01"
    assert project.rules[0].arguments == {"regex": "^\\+", "mostly": 0.9}
    assert project.totals[0].by == (
        TotalBy("currency", "currency"),
        TotalBy("close_date", "closed", "year"),
    )
    assert (project.gates, project.roi) == (
        {
            "max_quarantined_percent": 5.0,
            "min_prediction_percent": 100.0,
            "max_edited_percent": 5.0,
        },
        {"years": 3},
    )


def test_what_is_left_out_has_a_sensible_default(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    for name in ("b.yaml", "a.yaml"):
        (tmp_path / "mappings" / name).write_text("blocks: {}\n", encoding="utf-8")
    project, issues = read(tmp_path, SMALL)
    assert issues == []
    assert project.mapping_files == tuple(tmp_path / "mappings" / n for n in ("a.yaml", "b.yaml"))
    assert project.environments["sandbox"].ledger == tmp_path / "ledger.db"
    assert (project.default_environment, project.waves) == ("sandbox", ("all",))


def test_an_unset_variable_is_an_error_only_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_URL", raising=False)
    text = SMALL + '  production: {target: reference, url: "${CRM_URL}", production: true}\n'
    _, issues = read(tmp_path, text)
    assert [(i.severity, *only(issues)) for i in issues] == [
        ("warning", "unset_variable", "migration.yaml:6")
    ]
    assert "CRM_URL" in issues[0].message
    project, issues = read(tmp_path, text, "production")
    assert issues[0].severity == "error"
    assert project.environments["production"].url == "${CRM_URL}"
    monkeypatch.setenv("CRM_URL", "")
    assert read(tmp_path, text)[1][0].code == "unset_variable"


def test_a_resolved_value_is_in_no_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "pa55word")
    text = SMALL + "currency: [x]\nlocale: {a: '${SECRET}'}\nexpected: '${SECRET}.yaml'\n"
    text = text.replace("target: reference", "target: reference, production: '${SECRET}'")
    _, issues = read(tmp_path, text)
    codes = [i.code for i in issues if i.code != "missing_file"]
    assert sorted(codes) == ["unknown_choice", "wrong_type", "wrong_type"]
    assert "pa55word" not in " ".join(i.message + i.hint for i in issues)


def test_a_password_in_the_file_is_warned_of_and_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "x")
    text = SMALL.replace("erp.db", "postgresql://u:hunter2@db/x")
    _, issues = read(tmp_path, text)
    assert (issues[0].severity, *only(issues)) == ("warning", "secret_in_file", "migration.yaml:3")
    assert "hunter2" not in issues[0].message
    safe = SMALL.replace("erp.db", '"postgresql://u:${DB_PASSWORD}@db/x"')
    assert read(tmp_path, safe)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "hint"),
    [
        ("migration: m", "migraton: m", "unknown_key", 1, "did you mean 'migration'?"),
        ("place: erp.db", "place: [x]", "wrong_type", 3, ""),
        ("place: erp.db", "plase: erp.db", "unknown_key", 3, "did you mean 'place'?"),
        ("place: erp.db", "encoding: x", "missing_key", 3, ""),
        ("erp: {", "e.rp: {", "bad_name", 3, "use letters, digits, - and _ only"),
        ("target: reference, ", "", "missing_key", 5, ""),
        ("url:", "urll: x, url:", "unknown_key", 5, "did you mean 'url'?"),
        ("sqlite:///crm.db}", "x, production: maybe}", "unknown_choice", 5, "known: false, true"),
        ("sqlite:///crm.db}", "x}\n  b: {target: x, url: y, ledger: ledger-sandbox.db}",
         "shared_ledger", 6, "write ledger: ledger-b.db"),
        ("migration: m", "migration: m\ndefault_environment: sandbx", "unknown_environment", 2,
         "did you mean 'sandbox'?"),
        ("migration: m", "migration: m\nwaves: [a, b, a]", "wrong_value", 2, ""),
        ("migration: m", "migration: m\nmappings: [mappings/x.yaml]", "missing_file", 2, ""),
        ("migration: m", "migration: m\npack: nosuch", "missing_file", 2, ""),
        ("migration: m", "migration: m\nmappings: [{pack: nosuch}]", "missing_file", 2, ""),
        ("migration: m", "migration: m\nexpected: expected.yaml", "missing_file", 2, ""),
        ("migration: m", "migration: m\nlocale: null", "wrong_type", 2,
         "put it in quotes if this very word is meant"),
        ("migration: m",
         "migration: m\nretention: [{block: b, column: c, before: 1.1.2015, reason: r}]",
         "wrong_value", 2, "write it as 2015-01-01"),
        ("migration: m", "migration: m\ntotals:\n  - {name: t, block: b, object: O, sum: a}",
         "missing_key", 3, ""),
        ("migration: m", "migration: m\nrules:\n  - {object: O, field: f}", "missing_key", 3, ""),
        ("migration: m",
         "migration: m\nrules:\n  - {object: O, field: f, expect: e, severty: warning}",
         "unknown_key", 3, "did you mean 'severity'?"),
        ("place: erp.db", "place: erp.db, tables: {t: {keys: [id]}}", "unknown_key", 3, ""),
        ("place: erp.db", "place: erp.db, tables: {t: {key: [id], key_digits: six}}", "wrong_type",
         3, ""),
        ("place: erp.db", "place: erp.db, tables: {t: {key_digits: 6}}", "misplaced_key", 3, ""),
        ("place: erp.db", "place: erp.db, tables: {t: id}", "wrong_type", 3, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(
    old: str, new: str, code: str, line: int, hint: str, tmp_path: Path
) -> None:
    assert old in SMALL
    _, issues = read(tmp_path, SMALL.replace(old, new, 1))
    found = [i for i in issues if (i.code, i.place) == (code, f"migration.yaml:{line}")]
    assert found, issues
    assert not hint or found[0].hint == hint


def test_all_problems_are_told_in_one_run(tmp_path: Path) -> None:
    text = "migraton: m\nsources: {erp: {}}\nenvironments: {a: {target: x}}\nwave: [a]\n"
    _, issues = read(tmp_path, text)
    assert {(i.code, i.place) for i in issues} == {
        ("missing_key", "migration.yaml:1"),
        ("unknown_key", "migration.yaml:1"),
        ("missing_key", "migration.yaml:2"),
        ("missing_key", "migration.yaml:3"),
        ("unknown_key", "migration.yaml:4"),
    }


def test_yaml_that_cannot_be_read_is_a_problem_and_no_project(tmp_path: Path) -> None:
    (tmp_path / "migration.yaml").write_text("a: b: c\n", encoding="utf-8")
    project, issues = read_project(tmp_path)
    assert project is None
    assert only(issues) == ("bad_yaml", "migration.yaml:1:5")


def test_a_folder_that_is_no_migration_and_an_environment_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="crm-migrate init"):
        read_project(tmp_path)
    with pytest.raises(UsageError, match="did you mean 'sandbox'"):
        read(tmp_path, SMALL, "sandbx")
