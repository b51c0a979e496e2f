"""``crm-migrate targets pull`` against CRMs that speak their vendors' schema calls over HTTP."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from migrate.cli import run
from migrate.errors import TargetError
from migrate.loaders._describers import DESCRIBERS, PROTOCOLS, _asking, fetch
from migrate.specs.catalogue import read_target
from migrate.specs.live_merge import merge
from migrate.values import TargetField
from tests.wire import schema_crms as crms
from tests.wire.hostile_crm import TOKEN as HOSTILE_TOKEN
from tests.wire.hostile_crm import HostileCrm
from tests.wire.schema_crms import SIZE, TOKEN, Crm, serving


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    monkeypatch.setattr(_asking, "FIRST_BACKOFF_SECONDS", 0.001)


def pull(capsys: pytest.CaptureFixture[str], name: str, url: str, *more: str) -> dict[str, Any]:
    """Pull and give the JSON of the report."""
    code = run(["targets", "pull", name, "--url", url, "--json", *more])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    found: dict[str, Any] = json.loads(shown.out)
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["targets", "pull", *arguments])
    shown = capsys.readouterr()
    assert TOKEN not in shown.out + shown.err
    return code, shown.err


def changes(report: dict[str, Any], kind: str, target: str) -> dict[str, tuple[str, str, str]]:
    return {
        c["field"]: (c["fact"], c["before"], c["after"])
        for c in report["changes"]
        if c["change"] == kind and c["object"] == target
    }


def field(name: str, target: str, called: str) -> TargetField:
    found = read_target(name, folder=Path()).object(target)
    assert found is not None
    one = found.field(called)
    assert one is not None, f"{target} has no {called}"
    return one


TOKEN_OPTION = ("--option", "token=${CRM_TOKEN}")


def test_a_salesforce_org_describes_its_own_account(capsys):
    with serving(crms.salesforce()) as crm:
        report = pull(capsys, "salesforce", crm.url, *TOKEN_OPTION, "--object", "Site__c")
    assert report["written"] and report["objects"] == 2
    name = field("salesforce", "Account", "Name")
    assert (name.length, name.is_required, name.means) == (120, True, "company")
    own = field("salesforce", "Account", "Debitor__c")
    assert (own.is_custom, own.is_required, own.length, own.label) == (True, True, 10, "Debitorennummer")  # fmt: skip
    sites = field("salesforce", "Account", "Sites__c")
    assert (sites.is_multiple, sites.picklist) == (True, ("Head office", "Depot"))
    partner = field("salesforce", "Account", "Partner__c")
    assert (partner.references, partner.type_field) == (("Account", "Contact"), "Partner__r.Type")
    account = read_target("salesforce", folder=Path()).object("Account")
    assert account.external_id == "Mig_Id__c" and account.field("Mig_Id__c") is None
    assert account.about == "company"
    assert read_target("salesforce", folder=Path()).object("Site__c").external_id == "Mig_Id__c"

    changed = changes(report, "changed", "Account")
    assert changed["Name"] == ("length", "255", "120")
    assert changed["Type"][2] == "Kunde, Lieferant"
    assert "BillingCity" in changes(report, "gone", "Account")
    assert set(changes(report, "added", "Account")) == {"Debitor__c", "Sites__c", "Partner__c"}
    assert changes(report, "gone", "Lead") == {"": ("", "26 fields", "")} or "" in changes(report, "gone", "Lead")  # fmt: skip


def test_a_second_pull_without_changes_writes_nothing(capsys):
    file = Path("mappings/targets/salesforce.yaml")
    with serving(crms.salesforce()) as crm:
        pull(capsys, "salesforce", crm.url, *TOKEN_OPTION)
        before = (file.read_bytes(), file.stat().st_mtime_ns)
        report = pull(capsys, "salesforce", crm.url, *TOKEN_OPTION)
    assert not report["written"] and report["changes"] == []
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_what_people_wrote_into_the_file_survives_the_next_pull(capsys):
    file = Path("mappings/targets/salesforce.yaml")
    with serving(crms.salesforce()) as crm:
        pull(capsys, "salesforce", crm.url, *TOKEN_OPTION)
    text = file.read_text(encoding="utf-8")
    named = text.replace("label: Debitorennummer}", "label: Customer no., means: customer_number}")
    assert named != text
    file.write_text(named, encoding="utf-8")
    longer = crms.sf_account(crms.sf_field("Fresh__c", "boolean"))
    with serving(crms.salesforce({"Account": longer})) as crm:
        report = pull(capsys, "salesforce", crm.url, *TOKEN_OPTION)
    assert [(c["field"], c["change"]) for c in report["changes"]] == [("Fresh__c", "added")]
    own = field("salesforce", "Account", "Debitor__c")
    assert (own.means, own.label) == ("customer_number", "Customer no.")


def test_the_file_says_when_and_from_where_and_holds_no_secret(capsys):
    with serving(crms.bitrix24) as crm:
        url = f"{crm.url}/rest/1/{TOKEN}/"
        pull(capsys, "bitrix24", url)
    text = Path("mappings/targets/bitrix24.yaml").read_text(encoding="utf-8")
    assert TOKEN not in text
    assert text.startswith("# bitrix24 as the customer's own system describes it")
    assert f"from {crm.url}/rest/1/*** (REST)" in text or f"from {crm.url}/rest/***" in text
    long = [line for line in text.splitlines() if len(line) > 150 and line.startswith("      ")]
    assert not long


def test_later_steps_prefer_the_pulled_file(capsys):
    with serving(crms.salesforce()) as crm:
        pull(capsys, "salesforce", crm.url, *TOKEN_OPTION)
    Path("firms.csv").write_text("Firma,Debitorennummer\nAcme,4711\n", encoding="utf-8")
    assert run(["targets", "salesforce", "Account", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["targets"][0]["objects"][0]["fields"]
    assert "Debitor__c" in [f["name"] for f in shown]
    assert run(["map", "suggest", "firms.csv", "--target", "salesforce:Account", "-C", ".", "--json"]) == 0  # fmt: skip
    suggested = json.loads(capsys.readouterr().out)["suggestions"]
    fields = {c["field"] for s in suggested for c in s["candidates"]}
    assert not any(f and f.endswith(("BillingCity", "Website")) for f in fields)


def test_hubspot_properties(capsys):
    with serving(crms.hubspot, busy=2) as crm:
        report = pull(capsys, "hubspot", crm.url, *TOKEN_OPTION)
    assert report["kept_as_known"] == ["owners"]
    email = field("hubspot", "contacts", "email")
    assert (email.type, email.means) == ("email", "email")  # its type says text only
    tiers = field("hubspot", "contacts", "tiers")
    assert (tiers.is_multiple, tiers.is_custom, tiers.picklist_labels["g"]) == (True, True, "Gold")
    assert field("hubspot", "contacts", "vip").type == "boolean"
    assert field("hubspot", "contacts", "num_notes").is_read_only
    assert field("hubspot", "contacts", "hubspot_owner_id").references == ("owners",)
    assert len([call for call in crm.asked if "contacts" in call]) == 2


def test_dynamics_tables(capsys):
    with serving(crms.dynamics365) as crm:
        report = pull(capsys, "dynamics365", f"{crm.url}/api/data/v9.2", *TOKEN_OPTION)
    last = field("dynamics365", "contact", "lastname")
    assert (last.length, last.is_required, last.means) == (60, True, "last_name")
    assert field("dynamics365", "contact", "emailaddress1").type == "email"
    assert field("dynamics365", "contact", "birthdate").type == "date"
    size = field("dynamics365", "contact", "acme_size")
    assert (size.label, size.picklist_labels) == ("Größe", {"100000000": "Klein", "100000001": "Groß"})  # fmt: skip
    topics = field("dynamics365", "contact", "acme_topics")
    assert (topics.type, topics.is_multiple) == ("picklist", True)
    parent = field("dynamics365", "contact", "parentcustomerid")
    assert (parent.references, parent.type_field) == (("account", "contact"), "parentcustomeridtype")  # fmt: skip
    assert "statecodename" not in changes(report, "added", "contact")
    assert {"object": "contact", "field": "mig_externalid"} in report["without_key"]


@pytest.mark.parametrize(
    ("crm", "options"),
    [
        (crms.odoo_json2, ()),
        (crms.odoo_jsonrpc, ("--option", "login=admin", "--option", "database=crm")),
    ],
)
def test_odoo_models_over_both_protocols(crm: Crm, options: tuple[str, ...], capsys):
    with serving(crm) as odoo:
        report = pull(capsys, "odoo", odoo.url, *TOKEN_OPTION, *options)
    assert field("odoo", "res.partner", "email").type == "email"
    size = field("odoo", "res.partner", "x_size")
    assert (size.is_custom, size.is_required, size.picklist_labels["s"]) == (True, True, "Small")
    assert field("odoo", "res.partner", "category_id").is_multiple
    assert set(changes(report, "added", "res.partner")) == {"x_size", "create_date"} - {
        f.name for f in read_target("odoo").object("res.partner").fields
    }
    assert "" in changes(report, "gone", "crm.lead")


def test_espocrm_metadata(capsys):
    with serving(crms.espocrm) as crm:
        report = pull(capsys, "espocrm", crm.url, *TOKEN_OPTION)
    assert field("espocrm", "Contact", "lastName").length == 80
    assert field("espocrm", "Contact", "addressPostalCode").means == "postcode"
    assert field("espocrm", "Contact", "salutationName").picklist == ("Herr", "Frau")
    assert field("espocrm", "Contact", "account").references == ("Account",)
    ref = field("espocrm", "Contact", "cRef")
    assert (ref.references, ref.type_field) == (("Account", "Lead"), "cRefType")
    assert set(changes(report, "added", "Contact")) == {"cHobby", "cRef"}
    assert report["without_key"] == []


def test_bitrix24_fields_and_a_smart_process(capsys):
    with serving(crms.bitrix24) as crm:
        url = f"{crm.url}/rest/1/{TOKEN}"
        report = pull(capsys, "bitrix24", url, "--object", "crm.item.156")
    kind = field("bitrix24", "crm.contact", "TYPE_ID")
    assert kind.picklist_labels == {"CLIENT": "Kunde", "UC_1": "Verein"}
    assert field("bitrix24", "crm.contact", "PHONE").type == "phone"
    assert field("bitrix24", "crm.contact", "UF_CRM_NOTE").length == 40
    assert field("bitrix24", "crm.contact", "UF_CRM_COLOUR").is_custom
    assert "user" in report["kept_as_known"]
    assert read_target("bitrix24", folder=Path()).object("crm.item.156").id_field == "id"


def test_pipedrive_fields_by_cursor(capsys):
    with serving(crms.pipedrive) as crm:
        pull(capsys, "pipedrive", f"{crm.url}/api/v2", *TOKEN_OPTION)
    size = field("pipedrive", "persons", SIZE)
    assert (size.is_custom, size.label, size.picklist_labels["7"]) == (True, "Size", "Small")
    assert field("pipedrive", "persons", "email").means == "email"
    assert field("pipedrive", "persons", "name").is_required


def test_zoho_modules(capsys):
    with serving(crms.zoho) as crm:
        report = pull(capsys, "zoho", crm.url, *TOKEN_OPTION)
    assert field("zoho", "Contacts", "Last_Name").length == 60
    assert field("zoho", "Contacts", "Mood").picklist_labels == {"glad": "Glad"}
    assert field("zoho", "Contacts", "Owner").references == ("users",)
    assert field("zoho", "Contacts", "Created_Time").is_read_only
    assert set(changes(report, "added", "Contacts")) == {"Mood"}


def test_a_target_of_our_own_protocol(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("CRM_TOKEN", HOSTILE_TOKEN)
    with HostileCrm(tmp_path / "crm.db") as crm:
        report = pull(capsys, "rest_batch", crm.url, *TOKEN_OPTION)
        again = pull(capsys, "rest_batch", crm.url, *TOKEN_OPTION)
    assert report["objects"] == 10 and not again["written"]
    assert field("rest_batch", "Contact", "account").references == ("Account",)
    related = field("rest_batch", "Note", "related")
    assert related.type_field == "related_type"


CRMS: dict[str, Crm] = {
    "salesforce": crms.salesforce(), "hubspot": crms.hubspot, "dynamics365": crms.dynamics365,
    "odoo": crms.odoo_json2, "espocrm": crms.espocrm, "bitrix24": crms.bitrix24,
    "pipedrive": crms.pipedrive, "zoho": crms.zoho,
}  # fmt: skip
ADDRESSES = {"bitrix24": "/rest/1/some-webhook-secret"}
HTTP = [name for name in DESCRIBERS if name not in PROTOCOLS]


@pytest.mark.parametrize("name", HTTP)
def test_what_is_not_this_crm_is_one_sentence_and_nothing_is_written(name: str, capsys):
    with serving(crms.web_page) as page:
        code, said = refused(capsys, name, "--url", page.url + ADDRESSES.get(name, ""), *TOKEN_OPTION)  # fmt: skip
    assert code == 4 and "does not answer like" in said and "→ check that the url" in said
    assert "some-webhook-secret" not in said
    assert not Path("mappings").exists()


@pytest.mark.parametrize("name", HTTP)
def test_a_crm_that_is_not_there(name: str, capsys):
    url = "http://127.0.0.1:9" + ADDRESSES.get(name, "")
    code, said = refused(capsys, name, "--url", url, *TOKEN_OPTION)
    assert code == 4 and "cannot be reached" in said and "some-webhook-secret" not in said


@pytest.mark.parametrize(("name", "crm"), CRMS.items())
def test_a_wrong_token_names_the_variable_that_holds_it(name: str, crm: Crm, capsys, monkeypatch):
    monkeypatch.setenv("CRM_TOKEN", "an-old-token")
    with serving(crm) as server:
        url = server.url + ADDRESSES.get(name, "")
        code, said = refused(capsys, name, "--url", url, *TOKEN_OPTION)
    assert code == 4 and "does not accept the token" in said
    assert "CRM_TOKEN" in said and "an-old-token" not in said


def test_a_crm_that_stays_busy(capsys):
    with serving(crms.salesforce(), busy=3) as crm:
        more = ("--option", "max_attempts=3")
        code, said = refused(capsys, "salesforce", "--url", crm.url, *TOKEN_OPTION, *more)
    assert code == 4 and "busy (status 429) after 3 attempts" in said


def test_a_crm_that_asks_for_too_much_patience(capsys):
    with serving(crms.salesforce(), busy=1) as crm:
        crm.retry_after = "3600"
        code, said = refused(capsys, "salesforce", "--url", crm.url, *TOKEN_OPTION)
    assert code == 4 and "asks to wait 3600 s" in said


def test_an_object_that_is_not_there(capsys):
    with serving(crms.salesforce()) as crm:
        code, said = refused(capsys, "salesforce", "--url", crm.url, *TOKEN_OPTION, "--object", "Sitte__c")  # fmt: skip
    assert code == 2 and "no object 'Sitte__c'" in said


def test_without_a_token(capsys):
    code, said = refused(capsys, "salesforce", "--url", "https://acme.example")
    assert code == 4 and "the token for Salesforce is missing" in said
    code, said = refused(capsys, "salesforce", "--url", "https://acme.example", "--option", "token=${NOT_SET_HERE}")  # fmt: skip
    assert code == 2 and "NOT_SET_HERE is not set" in said


def test_a_crm_that_cannot_be_asked_yet_says_what_can_be_done(capsys):
    code, said = refused(capsys, "suitecrm", "--url", "https://crm.example")
    assert code == 2 and "SuiteCRM cannot be fetched yet" in said
    assert "salesforce" in said and "edit it by hand" in said


def test_the_environment_says_where_and_how(capsys):
    with serving(crms.salesforce()) as crm:
        Path("migration.yaml").write_text(
            f"""
migration: acme
sources: {{crm: {{place: nowhere.db}}}}
environments:
  sandbox: {{target: salesforce, url: "{crm.url}", options: {{token: "${{CRM_TOKEN}}", batch_rows: 50}}}}
waves: [base]
""",
            encoding="utf-8",
        )
        assert run(["targets", "pull", "salesforce", "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["written"] and report["place"] == crm.url
        code, said = refused(capsys, "hubspot")
    assert code == 2 and "goes to 'hubspot'" in said


def spoilt(body: Any, rng: random.Random) -> Any:
    """The body with one of its values replaced by something that nobody expects there."""
    body = json.loads(json.dumps(body))
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in pairs:
            spots.append((node, key))
            if isinstance(value, dict | list):
                walk(value)

    if isinstance(body, dict | list) and body:
        walk(body)
        node, key = rng.choice(spots)
        node[key] = rng.choice([None, 5, "x", [], {}, [None], {"a": 1}, True, [["a"]], -1.5, ""])
    return body


@pytest.mark.parametrize("name", CRMS)
def test_whatever_an_answer_holds_it_is_read_or_refused(name: str) -> None:
    rng = random.Random(name)

    def crm(asked: crms.Request) -> crms.Answer:
        answer = CRMS[name](asked)
        body = spoilt(answer.body, rng) if rng.random() < 0.3 else answer.body
        return dataclasses.replace(answer, body=body)

    secret = f"/rest/1/{TOKEN}" if name == "bitrix24" else ""
    options = {"max_attempts": 1} if name == "bitrix24" else {"token": TOKEN, "max_attempts": 1}
    wanted = [t.name for t in read_target(name).objects]
    read = 0
    with serving(crm) as server:
        for _ in range(25):
            with contextlib.suppress(TargetError):
                live = fetch(name, server.url + secret, options=options, objects=wanted)
                merge(name, live, product=read_target_once(name))
                read += 1
    assert read


read_target_once = functools.cache(read_target)
