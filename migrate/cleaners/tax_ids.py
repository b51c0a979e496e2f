"""Which tax or company number does this text hold, of which country, and do its check digits agree?"""

from __future__ import annotations

import importlib
import re
from functools import cache
from types import ModuleType

import pandas as pd
from stdnum.exceptions import ValidationError

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.countries import country_code
from migrate.cleaners.text import fold, tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_PARTS = ("kind", "country")
# country -> what its numbers are called and the library's module, the most usual first
_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "SK": (("ico", "cz.dic"), ("vat", "sk.dph")),
    "CZ": (("ico", "cz.dic"), ("vat", "cz.dic")),
    "PL": (("nip", "pl.nip"), ("regon", "pl.regon")),
    "HU": (("vat", "hu.anum"),),
    "DE": (("vat", "de.vat"), ("steuernummer", "de.stnr"), ("idnr", "de.idnr"),
           ("handelsregister", "de.handelsregisternummer")),
    "AT": (("vat", "at.uid"), ("firmenbuch", "at.businessid"), ("steuernummer", "at.tin")),
    "CH": (("vat", "ch.vat"), ("uid", "ch.uid")),
    "FR": (("siret", "fr.siret"), ("siren", "fr.siren"), ("vat", "fr.tva")),
    "IT": (("vat", "it.iva"), ("codice_fiscale", "it.codicefiscale")),
    "ES": (("nif", "es.nif"), ("cif", "es.cif"), ("dni", "es.dni")),
    "PT": (("nif", "pt.nif"),),
    "NL": (("vat", "nl.btw"), ("bsn", "nl.bsn")),
    "BE": (("vat", "be.vat"),),
    "LU": (("vat", "lu.tva"),),
    "GB": (("vat", "gb.vat"), ("utr", "gb.utr")),
    "IE": (("vat", "ie.vat"), ("pps", "ie.pps")),
    "DK": (("cvr", "dk.cvr"),),
    "SE": (("vat", "se.vat"), ("orgnr", "se.orgnr")),
    "NO": (("vat", "no.mva"), ("orgnr", "no.orgnr")),
    "FI": (("vat", "fi.alv"), ("ytunnus", "fi.ytunnus")),
    "EE": (("vat", "ee.kmkr"), ("registrikood", "ee.registrikood")),
    "LV": (("vat", "lv.pvn"),),
    "LT": (("vat", "lt.pvm"),),
    "RO": (("cui", "ro.cui"), ("onrc", "ro.onrc")),
    "BG": (("vat", "bg.vat"),),
    "GR": (("vat", "gr.vat"),),
    "CY": (("vat", "cy.vat"),),
    "MT": (("vat", "mt.vat"),),
    "HR": (("oib", "hr.oib"),),
    "SI": (("vat", "si.ddv"), ("maticna", "si.maticna")),
    "RS": (("pib", "rs.pib"),),
    "RU": (("inn", "ru.inn"), ("ogrn", "ru.ogrn")),
    "UA": (("edrpou", "ua.edrpou"), ("rntrc", "ua.rntrc")),
    "BY": (("unp", "by.unp"),),
    "TR": (("vkn", "tr.vkn"), ("tckimlik", "tr.tckimlik")),
    "US": (("ein", "us.ein"), ("ssn", "us.ssn")),
    "CA": (("bn", "ca.bn"),),
    "BR": (("cnpj", "br.cnpj"), ("cpf", "br.cpf")),
    "MX": (("rfc", "mx.rfc"),),
    "AR": (("cuit", "ar.cuit"),),
    "CL": (("rut", "cl.rut"),),
    "CO": (("nit", "co.nit"),),
    "AU": (("abn", "au.abn"), ("acn", "au.acn")),
    "NZ": (("ird", "nz.ird"),),
    "CN": (("uscc", "cn.uscc"),),
    "JP": (("hojin", "jp.cn"),),
    "KR": (("brn", "kr.brn"),),
    "IN": (("gstin", "in_.gstin"), ("pan", "in_.pan")),
    "ZA": (("tin", "za.tin"),),
    "IL": (("company", "il.hp"),),
}  # fmt: skip
# What people write before the number; a word that belongs to one country tells it.
_LABELS = {
    "ic dph": "SK", "icdph": "SK", "ico": "", "ic": "", "dic": "", "nip": "PL", "regon": "PL",
    "vat id": "", "vat no": "", "vat number": "", "vat": "", "vat reg no": "", "tax id": "",
    "ust idnr": "DE", "ustidnr": "DE", "ust id nr": "DE", "ust id": "DE", "ustid": "DE",
    "steuernummer": "DE", "st nr": "DE", "uid": "", "uid nr": "AT", "mwst nr": "CH", "mwst": "CH",
    "siren": "FR", "siret": "FR", "no tva": "FR", "tva": "FR", "n tva": "FR", "tva intra": "FR",
    "p iva": "IT", "piva": "IT", "partita iva": "IT", "codice fiscale": "IT", "c f": "IT",
    "nif": "", "cif": "", "nie": "ES", "dni": "ES", "btw": "NL", "btw nr": "NL", "kvk": "NL",
    "inn": "RU", "инн": "RU", "ogrn": "RU", "огрн": "RU", "edrpou": "UA", "єдрпоу": "UA",
    "adoszam": "HU", "cui": "RO", "oib": "HR", "cvr": "DK", "org nr": "", "orgnr": "",
    "αφμ": "GR", "afm": "GR", "ein": "US", "cnpj": "BR", "cpf": "BR", "rfc": "MX", "abn": "AU",
    "gstin": "IN", "gst": "IN", "унп": "BY", "еик": "BG", "eik": "BG",
}  # fmt: skip
_LABEL = re.compile(r"\s*([^\W\d_][^\W\d_.\s-]*(?:[.\s-]+[^\W\d_]+)*)[.\s:#№-]*[:#\s№.](?=\s*[\w])")
_PREFIX = re.compile(r"(CHE|[A-Z]{2})(?=[\W_]*[A-Z0-9])")
_PREFIX_COUNTRY = {"EL": "GR", "CHE": "CH", "XI": "GB"}
_SIGNS = re.compile(r"[\s.\-–—/_,()]+")
_FLOAT_END = re.compile(r"(?<=[0-9]{4})[.,]0\Z")
_HUNGARIAN = re.compile(r"([0-9]{8})-[1-5]-[0-9]{2}")
_LEAST_SHARE, _LEAST_VALUES = 0.9, 3


def clean_tax_id(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read VAT and company numbers: without blanks and labels, their check digits verified.

    A country prefix (SK2020273893) goes before the companion column ``country``, and that before
    the decision's ``country`` (default: none). Where no country is known the number is only
    written without blanks. ``kind`` says which of the country's numbers it is, ``country`` whose.

    >>> numbers = pd.Series(["IČO: 316 01 243", "sk 2020 273 893", "31601244"])
    >>> cleaned = clean_tax_id(numbers, companions=None, decision={"country": "SK"})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['31601243', 'SK2020273893', '31601244'], ['tax_id_format', 'tax_id_format', 'check_digit_wrong'])
    """
    default = country_code(str(decision.get("country") or ""))
    beside = companions["country"] if companions is not None and "country" in companions else None

    def read(text: str, country: str = "") -> Reading:
        return _read(text, (country_code(country) if country else "") or default)

    return read_distinct(values, read, parts=_PARTS, beside=beside)


def decide_tax_id(evidence: Evidence) -> Decision:
    """Take the country from the mapping, the region, or the one whose check digits nearly all fit.

    >>> decide_tax_id(Evidence(["5261040828", "7740001454", "5213017228"], [1, 1, 1]))["country"]
    'PL'
    """
    said = str(evidence.options.get("country") or evidence.region or "")
    if country_code(said):
        return {"country": country_code(said)}
    bare = [
        joined
        for value in evidence.values[:300]
        if (joined := _SIGNS.sub("", tidy(value).upper())) and joined.isascii() and joined.isdigit()
    ]
    fitting = {
        country: sum(1 for number in bare if _kind_of(number, country)[0] == "valid")
        for country in ("SK", "PL", "RU", "FR", "IT", "ES", "UA", "BR", "SE", "NO", "DK", "FI")
    }
    best, count = max(fitting.items(), key=lambda found: found[1])
    is_clear = len(bare) >= _LEAST_VALUES and count >= _LEAST_SHARE * len(bare)
    return {
        "country": best if is_clear else "",
        "evidence": {k: n for k, n in fitting.items() if n},
    }


def _read(text: str, country: str) -> Reading:
    typed = tidy(text)
    label = _LABEL.match(typed)
    if label:
        word = " ".join(re.split(r"[.\s-]+", fold(label[1]).strip()))
        if word in _LABELS:
            typed = typed[label.end() :].strip()
            named = _LABELS[word]
            if named and country and named != country:
                return _of_other_country(text, typed, named)
            country = named or country
    hungarian = _HUNGARIAN.fullmatch(typed)
    if hungarian and country in {"", "HU"} and _kind_of(hungarian[1], "HU")[0] == "valid":
        return Reading(typed, "tax_id_format", "", ("adoszam", "HU"))
    joined = _SIGNS.sub("", _FLOAT_END.sub("", typed)).upper()
    digits = sum(sign.isdigit() for sign in joined)
    if not joined.isascii() or not joined.isalnum() or digits * 2 < len(joined) or not digits:
        return Reading(text, "not_a_tax_id", UNREADABLE)
    prefix = _PREFIX.match(joined)
    if prefix:
        owner = _PREFIX_COUNTRY.get(prefix[1], prefix[1])
        if owner in _KINDS:
            verdict, kind = _kind_of(joined, owner)
            if verdict == "valid":
                return Reading(joined, "tax_id_format", "", (kind, owner))
            if owner == country or not country:
                return Reading(text, _problem(verdict), UNREADABLE)
    if not country or country not in _KINDS:
        return Reading(joined, "tax_id_format", "", ("", country))
    verdict, kind = _kind_of(joined, country)
    if verdict == "valid":
        return Reading(joined, "tax_id_format", "", (kind, country))
    if country in {"SK", "CZ"} and joined.isdigit() and 6 <= len(joined) < 8:
        whole = joined.zfill(8)  # a spreadsheet took the zeros of the number
        if _kind_of(whole, country)[0] == "valid":
            return Reading(whole, "zeros_restored", "", ("ico", country))
    return Reading(text, _problem(verdict), UNREADABLE)


def _of_other_country(text: str, typed: str, named: str) -> Reading:
    """A number whose label names another country than its row: the prefix keeps what it said."""
    found = _read(typed, named)
    if found.status == UNREADABLE:
        return Reading(text, found.rule, UNREADABLE)
    prefix = next(
        (p for p, owner in _PREFIX_COUNTRY.items() if owner == named and p != "XI"), named
    )
    whole = found.value if found.value[:2].isalpha() else f"{prefix}{found.value}"
    if _kind_of(whole, named) == ("valid", "vat"):
        return Reading(whole, "country_prefix_added", "", ("vat", named))
    return Reading(found.value, "number_of_another_country", SUGGESTED, found.parts)


def _problem(verdict: str) -> str:
    """The rule that refuses a number."""
    problem = "check_digit_wrong" if verdict == "checksum" else "not_a_tax_id"
    return problem  # noqa: RET504 (the reference of rules reads the assignment)


def _kind_of(joined: str, country: str) -> tuple[str, str]:
    """("valid", kind), or ("checksum" or "form", "") where no number of the country is like it."""
    verdict = "form"
    for kind, name in _KINDS[country]:
        if kind == "ico" and not (joined.isdigit() and len(joined) == 8):
            continue
        try:
            _module(name).validate(joined)
        except ValidationError as problem:
            is_checksum = type(problem).__name__ == "InvalidChecksum"
            verdict = "checksum" if is_checksum or verdict == "checksum" else "form"
        except (ValueError, IndexError, KeyError):  # letters where the library counts on digits
            continue
        else:
            return "valid", "vat" if kind == "vat" or joined[:2].isalpha() else kind
    return verdict, ""


@cache
def _module(name: str) -> ModuleType:
    return importlib.import_module(f"stdnum.{name}")
