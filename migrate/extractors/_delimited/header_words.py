"""Does a text name a column, in one of the languages that companies keep their lists in?

Only for telling a header from a first customer where nothing else does; the meaning of a column is
found from its values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LISTED = """
id no nr num number code key ref uuid index name names first last surname title company firm
organisation organization customer client account contact person owner city town street address
addr zip postcode postal country state region county phone telephone tel mobile fax email mail
web website url date time day month year created updated modified since until from to note notes
comment comments remark description type kind status stage category group role department
position amount price total sum value quantity qty unit currency vat tax bank iban account
product item order invoice birthday birthdate gender sex language source tags active
meno mená názov nazov priezvisko titul firma spoločnosť spolocnost zákazník klient osoba kontakt
mesto obec ulica adresa psč psc štát stat krajina kraj okres telefón telefon mobil dátum datum
poznámka poznamka popis typ stav kategória skupina oddelenie suma cena množstvo mena dph ičo ico
dič dic číslo cislo kód kod
jméno jmeno příjmení prijmeni název nazev společnost město mesto ulice země zeme stát částka
imię imie nazwisko nazwa miasto ulica kraj kod data uwagi kwota numer klient
név nev vezetéknév keresztnév cég város utca ország dátum megjegyzés összeg szám
vorname nachname anrede kunde unternehmen ort stadt straße strasse plz land telefon handy notiz
bemerkung beschreibung betrag preis menge nummer kundennummer
nom prénom prenom société societe entreprise ville rue pays téléphone courriel remarque montant
nombre apellido apellidos empresa ciudad calle dirección direccion país pais teléfono correo
fecha nota importe código
nome cognome azienda città citta via indirizzo paese telefono data importo codice
sobrenome cidade rua endereço telefone
naam achternaam bedrijf plaats straat postcode telefoon datum bedrag
имя фамилия название компания город улица адрес страна телефон почта дата примечание сумма код
ім'я прізвище назва місто вулиця країна
όνομα επώνυμο εταιρεία πόλη διεύθυνση τηλέφωνο
姓名 名称 公司 城市 地址 电话 邮箱 日期 备注
"""
_WORDS = frozenset(_LISTED.split())
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_header_word(text: str) -> bool:
    """Whether a text of at most three words begins or ends with one that names a column.

    >>> is_header_word("E-mail"), is_header_word("customer_no"), is_header_word("Only Name Ltd")
    (True, True, False)
    """
    words = _TOKEN.findall(_CAMEL.sub(" ", text.strip()).casefold())
    return 0 < len(words) <= 3 and (words[0] in _WORDS or words[-1] in _WORDS)


def are_header_words(fields: Sequence[str], least: float = 1.0) -> bool:
    """Whether at least such a share of the filled fields name a column.

    >>> are_header_words(["Name", "Ort", ""]), are_header_words(["Novak", "Jan"], 0.3)
    (True, False)
    """
    filled = [text for text in fields if text.strip()]
    return bool(filled) and sum(map(is_header_word, filled)) >= least * len(filled)
