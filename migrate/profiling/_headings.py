"""Which kinds of values does the heading of a column promise, in the languages of its authors?

A glossary of heading words: phrases of whole words, ``*`` for any ending, ``~5`` for half a promise,
folded before they are compared (no accents, small letters). Chinese, Japanese and Korean headings have no spaces: there
a phrase may stand anywhere.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from migrate.profiling.names import words

_GLOSSARY = {
    "email": """
        email*|e mail*|mail|mails|emial*|mail adres*|smtp address|courriel*|adresse electronique|
        adresse mail|correo*|correo electronico|posta elettronica|poczt* elektron*|eposta*|e posta*|
        epost*|e post*|sahkoposti*|el pasta*|e pasts|почта|эл почта|эл адрес|электронная почта|
        имейл|пошта|ел пошта|мейл|имеил|ηλεκτρονικο ταχυδρομειο|ηλ ταχυδρομειο|邮箱|邮件|电子邮件|
        電子郵件|メール|이메일|البريد""",
    "phone": """
        phone*|telephone*|tel|telef*|telnr|tlf*|mobil|mobile|mobil*|mob|mob tel|cell|cellphone|
        cellular|cel|celular|fax*|faks*|telefax|telecopie*|handy|gsm|pager|rufnummer|durchwahl|
        vorwahl|festnetz|portable|fixe|tel fixe|movil|cellulare|recapito|telemovel|komorka|kom|
        tel kom|tel stac|puhelin*|matkapuhelin|тел|телеф*|моб|мобил*|факс|номер телефона|контактный
        телефон|сот|сотовый|τηλ|τηλεφ*|κινητο|φαξ|cep|gsm no|cep tel*|whatsapp|viber|mobilnr|
        telefonszam|ph|ph no|phn|dialled|dialed|number dialled|caller|电话|手机|電話|携帯|전화|传真|
        هاتف""",
    "first_name": """
        first name|firstname|fname|f name|given name*|givenname|forename*|christian name|vorname*|rufname|
        krstne meno|krestni jmeno|krestni|meno osoby|jmeno osoby|meno~9|jmeno~9|imie|imiona|prenom*|
        nombre de pila|nombres|nome proprio|keresztnev|utonev|voornaam|roepnaam|fornavn|fornamn|
        etunimi|eesnimi|ime|prenume|имя|ім я|име|ονομα|ad|adi|isim|middle name|middlename|mname|
        second prenom|nickname|nick name|surnom|spitzname|отчество|drugie imie|spouse|m i|
        名|名字|이름""",
    "last_name": """
        last name|lastname|lname|l name|surname*|sname|nom|name~4|family name|familyname|nachname*|familienname|
        zuname|priezvisko*|prijmeni*|nazwisko*|nom de famille|nom famille|patronyme|apellido*|
        cognome*|apelido|sobrenome|vezeteknev|csaladnev|achternaam|familienaam|efternavn|etternavn|
        efternamn|sukunimi|perekonnanimi|prezime|priimek|nume de familie|nume|фамилия|прізвище|
        фамилно име|επωνυμο|επιθετο|soyad|soyadi|soyisim|maiden name|姓|姓氏|성""",
    "person_name": """
        full name|fullname|contact name|name~4|nombre~5|nome~5|meno~5|jmeno~5|contact person|contact|person|person name|name of contact|
        display name|kontaktna osoba|kontaktni osoba|kontakt|meno a priezvisko|jmeno a prijmeni|
        meno priezvisko|jmeno prijmeni|cele meno|cele jmeno|konatel|jednatel|ansprechpartner*|
        kontaktperson|vor und nachname|voller name|anzeigename|imie i nazwisko|osoba kontaktowa|
        nom complet|nom prenom|nom et prenom|nom a afficher|interlocuteur|nombre completo|
        nombre y apellidos|persona de contacto|contacto|nome completo|nome e cognome|nominativo|
        referente|teljes nev|kapcsolattarto|nev|contactpersoon|volledige naam|fulde navn|kontaktnavn|
        ime i prezime|ime in priimek|nume complet|фио|ф и о|контакт|контактное лицо|полное имя|
        піб|контактна особа|лице за контакт|ονοματεπωνυμο|ad soyad|adi soyadi|yetkili|owner name|
        agent|sales rep|rep|ae|account manager|account executive|manager|assistant|director|spoke to|
        commercial|betreuer|sachbearbeiter|vertreter|opiekun|handlowiec|obchodnik|obchodny zastupca|
        vlastnik|zodpovedna osoba|referent|menadzer|менеджер|отв менеджер|ответственный|директор|
        руководитель|відповідальний|salesperson|employee|employee name|owner|assigned to|created by|
        entered by|modified by|referred by|spouse name|vendedor|responsabile|responsable|
        姓名|联系人|担当者|氏名|담당자|聯絡人""",
    "company": """
        company*|compnay|company name|name~4|nome~4|nombre~4|nazov~6|nazev~6|companyname|account name|accountname|organi* name|organisation|
        organization|org|org name|firm|firma*|firm name|business name|store name|storename|employer|
        customer|customer name|client|client name|cliente|account|vendor|supplier|dealer|reseller|
        parent company|parent account|legal name|trading name|spolocnost*|spolecnost*|nazov firmy|
        nazev firmy|obchodne meno|obchodni jmeno|nazov spolocnosti|nazov organizacie|podnik|zakaznik|
        odberatel|dodavatel|klient|firmenname|unternehmen*|kunde|kundenname|arbeitgeber|nazwa firmy|
        nazwa|nazwa klienta|spolka|przedsiebiorstwo|kontrahent|societe*|entreprise*|raison sociale|
        denomination|empresa|razon social|nombre empresa|nombre comercial|azienda|ragione sociale|
        denominazione|societa|razao social|ceg|cegnev|vallalat|bedrijf*|bedrijfsnaam|onderneming|
        virksomhed|selskab|foretag*|foretaksnavn|bedrift|yritys|tvrtka|podjetje|denumire|companie|
        компания|организация|наименование|наименование организации|название компании|фирма|клиент|
        заказчик|контрагент|полное наименование|полное наим|юр лицо|компанія|організація|назва|
        банк|bank name|εταιρεια|επωνυμια|επωνυμια εταιρειας|πελατης|sirket|firma adi|unvan|ticari
        unvan|bank|banque|公司|公司名称|企业|客户|会社|会社名|회사|工作单位""",
    "street": """
        street*|address|addr|addres|adress|address line*|addressline*|address 1|address 2|addr1|
        addr2|address1|address2|street address|mailing address|billing address|shipping address|
        home address|po box|ulica|ulica a cislo|ul|ulice|adresa|adresa dorucenia|sidlo|trvaly pobyt|
        strasse*|straße*|str|strasse nr|anschrift|adresse|postfach|hausnummer|adresszusatz|lieferadresse|
        adres|adres dostawy|rue|voie|adresse postale|complement adresse|cplt adresse|cplt adresse|
        calle|direccion*|domicilio|via|indirizzo*|rua|morada|endereco|logradouro|utca|cim|lakcim|
        szekhely|straat*|straatnaam|vej|gade|gate|gata|gatuadress|katuosoite|osoite|aadress|iela|
        ulica i broj|naslov|strada|улица|адрес|адреса|юр адрес|факт адрес|юридический адрес|
        почтовый адрес|вулиця|οδος|διευθυνση|sokak|cadde|adresi|地址|住所|街道|주소|office location""",
    "postcode": """
        postcode*|post code|postal code*|postalcode*|postal|postcodes|zip|zip code|zipcode|zip 4|
        zip postal code|psc|smerovacie cislo|plz|postleitzahl|kod pocztowy|kod poczt|cp|code postal|
        code post|codigo postal|cod postal|cap|cep|iranyitoszam|irsz|postnr|postnummer|postinumero|
        postanski broj|postna stevilka|postal kod|posta kodu|индекс|почтовый индекс|поштовий індекс|
        пощенски код|τ κ|τκ|ταχυδρομικος κωδικας|邮编|邮政编码|郵便番号|우편번호|郵遞區號""",
    "city": """
        city|cty|town|locality|suburb|village|mesto|obec|mesto obec|mesto a psc|ort|stadt|wohnort|
        gemeinde|ortschaft|miasto|miejscowosc|ville|commune|localite|ciudad|poblacion|localidad|
        municipio|citta|comune|localita|cidade|concelho|varos|telepules|helyseg|plaats|woonplaats|
        stad|by|postort|poststed|kaupunki|linn|pilseta|miestas|grad|kraj mesto|oras|localitate|
        город|гор|населенный пункт|місто|град|πολη|sehir|il ilce|ilce|城市|市|都市|도시""",
    "subdivision": """
        state|st|state province*|province*|prov|region|county|stateprovince*|federal state|territory|
        kraj|okres|zupa|vuc|bundesland|kanton|landkreis|woj|wojewodztwo|powiat|departement|region|
        canton|provincia*|comunidad autonoma|regione|estado|distrito|uf|megye|provincie|fylke|
        lan|amt|maakunta|zupanija|judet|область|обл|регион|респ|район|край|область регион|область|
        νομος|περιφερεια|il|省|州|県|都道府県""",
    "country": """
        country*|ctry|cntry|nation|country region*|countryregion*|nationality|krajina|stat|zeme|land|
        staat|lander|staatsangehorigkeit|kraj|panstwo|pays|pais|paese|nazione|stato|orszag|landcode|
        landkode|landsdel|maa|valsts|salis|drzava|zemlja|tara|страна|країна|държава|χωρα|ulke|
        国家|国|國家|국가|country code|countrycode|iso country""",
    "language": """
        language*|lang|locale|jazyk*|sprache*|jezyk|langue*|idioma|lingua|lingua preferita|nyelv|taal|
        sprog|sprak|kieli|keel|valoda|jezik|limba|язык|мова|език|γλωσσα|dil|语言|言語|언어""",
    "money": """
        amount*|price*|cost*|revenue|annual revenue|ann rev|turnover|sales amount|value|deal value|
        total|total price|grand total|subtotal|sum|budget|salary|balance|discount amount|tax amount|
        credit limit|mrr|arr|hs mrr|weighted|suma|cena|ciastka|castka|obrat|trzby|hodnota|mzda|plat|
        zostatok|cena bez dph|cena s dph|betrag|preis|umsatz|summe|gesamt|gehalt|wert|guthaben|
        kwota|wartosc|obrot|obroty|limit kredytowy|saldo|montant|prix|chiffre d affaires|ca|ca k|
        montant devis|solde|importe|precio|ingresos|facturacion|valor|prezzo|importo|fatturato|
        preco|receita|ar|osszeg|arbevetel|bedrag|prijs|omzet|belob|pris|omsetning|omsattning|belopp|
        summa|hinta|iznos|cijena|prihod|znesek|pret|сумма|цена|стоимость|выручка|оборот|долг|
        баланс|зарплата|сума|ціна|ποσο|τιμη|tutar|fiyat|ciro|金额|价格|営業額|金額|금액|
        forecast amount|net|gross|freight|fee|payment""",
    "percent": """
        percent*|pct|rate|probability|prob|win|discount|margin|share|percento|procento|sadzba|zlava|
        sleva|prozent*|rabatt|wahrscheinlichkeit|procent|rabat|prawdopodobienstwo|pourcentage|taux|
        remise|probabilite|porcentaje|probabilidad|descuento|percentuale|sconto|probabilita|szazalek|
        kedvezmeny|korting|процент|скидка|вероятность|ποσοστο|oran|yuzde|百分比|completeness""",
    "date": """
        date*|datum*|date de*|data|fecha*|dob|born|birthday|birthdate|birth date|geburtstag|geb datum|
        geburtsdatum|geb|narodeny|narodeni|datum narodenia|datum narozeni|den|dna|dne|anniversary|
        closedate|close date|exp close|created*|createdate|modified*|updated|last contact|last activity|
        last modified|valid from|valid to|expires|expiry|due|due date|start|end|start date|end date|
        ended|ended at|since|from date|to date|founded|joined|vytvorene|vytvoreno|zmenene|zmeneno|
        zalozene|platnost|splatnost|erstellt*|angelegt*|geandert*|letzter kontakt|gultig|
        eintritt|utworzono|zmodyfikowano|data wprowadzenia|urodzony|naissance|ne le|date creation|
        cree le|relance le|creado|nacimiento|nacido|nascita|creato|nascimento|criado|szuletes*|
        letrehozva|geboorte*|aangemaakt|fodsels*|oprettet|opprettet|skapad|syntyma*|дата*|др|
        день рождения|создан*|изменен*|дата создания|д р|народження|створено|рожден|ημερομηνια*|
        γεννηση*|tarih*|dogum*|日期|生日|时间|日付|생년월일|when|time|timestamp|scan time|call date*|
        relance|on|at|fodt""",
    "datetime": """
        datetime|date time|timestamp|created at|updated at|modified at|created on|createddate|
        lastmodifieddate|modifieddate|systemmodstamp|scan time|call date time|time|zeitstempel|
        datum a cas|datum cas|horodatage|fecha y hora|data e ora|data ora|дата и время|时间|日時""",
    "url": """
        url|urls|web|website*|web site*|webpage|web page*|www|homepage|home page|site|site web*|
        site internet|internet|link|links|domain|webova stranka|web stranka|stranka|webseite|
        internetseite|strona www|strona|strona internetowa|sitio web|pagina web|sito|sito web|
        weblap|honlap|hjemmeside|hemsida|nettside|kotisivu*|koduleht|сайт|веб сайт|ссылка|
        інтернет сторінка|ιστοσελιδα|ιστοτοπος|internet sitesi|网站|网址|ホームページ|웹사이트|
        linkedin|facebook|twitter|recording|photo|avatar|image|logo url""",
    "tax_id": """
        tax id|taxid|tax number|tax no|tax code|tin|vat|vat id|vat number|vat no|vat reg*|vatid|
        company id number|registration number|reg no|company number|ein|fein|abn|acn|duns|ico|
        dic|ic dph|icdph|dan cislo|ust id*|ust idnr|ustid*|steuernummer|steuer nr|st nr|uid|
        uid nummer|handelsregister*|nip|regon|krs|siret|siren|n siret|tva|n tva|numero tva|
        tva intracommunautaire|nif|cif|rfc|cuit|cnpj|cpf|partita iva|p iva|piva|codice fiscale|
        adoszam|cegjegyzekszam|btw*|kvk*|cvr|org nr|orgnr|organisasjonsnummer|organisationsnummer|
        y tunnus|oib|mbs|maticni broj|cui|инн|кпп|огрн|огрнип|едрпоу|єдрпоу|окпо|іпн|еик|булстат|
        αφμ|vergi no|vergi numarasi|税号|纳税人识别号|统一社会信用代码|法人番号""",
    "bank_account": """
        iban|bank account*|account no|bank acc*|acct no|bic iban|cislo uctu|ucet|bankovy ucet|
        bankovni ucet|bankove spojenie|kto|kto nr|konto|kontonummer|bankverbindung|nr konta|
        numer konta|rachunek|rib|compte bancaire|n compte|cuenta|cuenta bancaria|ccc|conto corrente|
        conto|conta|conta bancaria|bankszamlaszam|szamlaszam|rekening*|rekeningnummer|bankkonto|
        tilinumero|ziro racun|racun|cont|р с|рс|расчетный счет|счет|к с|рахунок|λογαριασμος|hesap no|
        银行账号|credit card*|card number|creditcard*|swift|bic|sort code|billing information""",
    "boolean": """
        is *|has *|can *|active|inactive|enabled|disabled|deleted|locked|opt out|opt in|optout|optin|
        opted out|opted in|newsletter|do not call|do not email|do not contact|dnc|donotcall|
        donotemail|subscribed|unsubscribed|consent|gdpr|vip|private|billable|archived|verified|
        converted|paid|won|lost|closed|flag|y n|yes no|aktivny|aktivni|aktivna|suhlas|souhlas|
        neaktivny|odhlaseny|nekontaktovat|nevolat|zmazane|smazano|platca dph|platce dph|aktiv|
        inaktiv|geloscht|gesperrt|einwilligung|werbesperre|aktywny|zgoda|nie dzwonic|usuniety|
        actif|inactif|consentement|ne pas demarcher|activo|inactivo|attivo|consenso|ativo|aktiv*|
        hozzajarulas|actief|toestemming|samtykke|активен|активный|согласие|согласен|удален|рассылка|
        активний|згода|aktif|email optout|dup|duplicate|vm left|new existing|是否*""",
    "identifier": """
        id|ids|guid|uuid|uid|rowguid|oid|key|pk|fk|code|no|nr|num|number|ref|reference|sku|ean|isbn|
        serial|account number|accountnumber|customer id|customerid|customer no|kd nr|kundennummer|
        kunden nr|lfd nr|lp|interne id|cislo|kod|poradove cislo|cislo zakaznika|nummer|numer|
        numero|n|numero client|codigo|codice|sorszam|azonosito|tunnus|номер|код|п п|ид|идентификатор|
        κωδικος|αριθμος|kodu|numarasi|编号|编码|番号|번호|batch id|booth|extension|ext|доб|klapka|
        linka|poste|ticker*|sic code|external id|username|login|user name|screen name|initials|
        nom de l ecran|skype*|скайп*|government id number|ssn|passport*|rodne cislo|rc|pesel|
        personal number|licence|license|бик|код 1с|position id|version|latitude|longitude""",
    "category": """
        type|types|category|categories|status|stat|state code|stage|phase|industry|indstry|sector|
        segment|class|group|source|src|lead source|origin|origine|priority|prio|rating|level|tier|
        gender|sex|pohlavie|pohlavi|salutation|title|titel|titul|tituly|oslovenie|osloveni|anrede|
        suffix|civ|civilite|tratamiento|department|dept|division|role|pipeline|funnel|campaign|
        reason*|outcome|result|currency|curr|currency code|mena|waehrung|wahrung|waluta|devise|
        moneda|valuta|topic|urgency|temp|temperature|abc|typ|typy|stav|kategoria|kategorie|skupina|
        zdroj|odvetvie|obor|priorita|faza|odbor|oddelenie|oddeleni|pozicia|pozice|funkcia|funkce|
        art|kategorie|gruppe|quelle|branche|phase|abt|abteilung|pos|position|kundentyp|herkunft|
        rolle|funktion|geschlecht|rodzaj|kategoria|grupa|zrodlo|branza|typ klienta|stanowisko|dzial|
        categorie|groupe|secteur*|statut|etat|fonction|poste|service|profession|job title|jobttl|
        jobtitle|job|contact title|occupation|tipo|categoria|grupo|estado|fuente|sector|cargo|puesto|departamento|
        gruppo|fonte|settore|stadio|ruolo|mansione|reparto|tipus|allapot|statusz|forras|iparag|
        beosztas|soort|bron|branche|functie|afdeling|bransch|bransje|roll|tyyppi|tila|ala|tip|
        vrsta|izvor|djelatnost|тип|тип клиента|статус|категория|источник|группа|отдел|должность|
        сфера*|отрасль|стадия|этап|приоритет|откуда узнали|посада|джерело|галузь|стан|τυπος|
        κατασταση|κατηγορια|tur|durum|kaynak|sektor|gorev|类型|状态|来源|行业|职位|部门|種類|状態|
        in out|direction|user 1|badge*|lawful basis|territory id""",
    "integer": """
        count|quantity|qty|pocet*|mnozstvo|anzahl|menge|ilosc|liczba|nombre de|quantite|cantidad|
        quantita|darab|mennyiseg|aantal|antal|antall|kol vo|кол во*|количество|кількість|αριθμος|
        adet|数量|employees|num employees|number of *|empl|effectif|ma|mitarbeiterzahl|mitarbeiter|
        pocet zamestnancov|year|rok|jahr|annee*|ano|anno|ev|god|год|age|vek|alter|wiek|days*|hours|
        minutes|duration|dur|dlzka|delka|dauer|duree|sec|min|wait*|children""",
    "long_text": """
        note*|notes|comment*|cmnts|remark*|description|descr|desc|details|memo|message|body|text|
        summary|history|poznamk*|popis*|komentar*|bemerk*|anmerk*|notiz*|beschreibung|kommentar*|
        uwag*|opis*|notatk*|remarque*|commentaire*|observation*|nota|notas|observacion*|descripcion|
        osservazion*|descrizione|annotazioni|observacoes|descricao|megjegyzes*|leiras|opmerking*|
        omschrijving|bemaerk*|merknad*|anteckning*|huomautus|napomena|opomba|observatii|примечан*|
        комментар*|описание|заметк*|примітк*|опис|коментар|бележк*|σημειωσ*|παρατηρησ*|aciklama|not|
        notlar|备注|说明|備考|メモ|비고|what was said|billing information|next action|demographics|xml""",
    "text": """
        name~8|opp name|deal name|dealname|subject|campaign name|topic|next step|nazov|nazev|bezeichnung|
        zusatz|intitule|nom~6|nombre~8|nome~8|titolo|megnevezes|naam|navn|namn|nimi|predmet|betreff|temat|
        objet|asunto|oggetto|тема|naziv|baslik""",
}  # fmt: skip
# Words after which a heading is about something else than its other words say.
_TYPE_WORDS = frozenset(
    ("type", "typ", "typu", "tipo", "tipus", "tip", "status", "stav", "label", "category", "kind",
     "тип", "статус", "类型", "source")
)  # fmt: skip
_GLUED_FROM = 5  # letters: shorter words hide in others ("tel" in "hotel")
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _phrases() -> dict[str, tuple[tuple[str, tuple[str, ...], float], ...]]:
    """The phrases of the glossary by their first word (a stem where it ends in any way)."""
    result: dict[str, list[tuple[str, tuple[str, ...], float]]] = {}
    for kind, listed in _GLOSSARY.items():
        for entry in " ".join(listed.split()).split("|"):
            phrase, _, tenths = entry.strip().partition("~")
            parts = tuple(
                words(part.rstrip("*")) + ("*" if part.endswith("*") else "")
                for part in phrase.split()
            )
            if parts and parts[0]:
                weight = int(tenths or 10) / 10
                result.setdefault(parts[0][:1], []).append((kind, parts, weight))
    return {first: tuple(found) for first, found in result.items()}


@cache
def _glued() -> tuple[tuple[str, str], ...]:
    """Phrases without their spaces, for headings without any ("CUSTFIRSTNAME")."""
    found = {
        ("".join(parts).replace("*", ""), kind)
        for phrases in _phrases().values()
        for kind, parts, _ in phrases
        if kind not in ("identifier", "integer", "boolean", "text", "date")
    }
    return tuple(sorted((text, kind) for text, kind in found if len(text) >= _GLUED_FROM))


@lru_cache(maxsize=4096)
def promised(name: str) -> dict[str, float]:
    """Say how much, from 0 to 1, a heading promises each kind of values.

    >>> sorted(promised("Krstné meno").items())[0], promised("телефон рабочий")["phone"] > 0.7
    (('first_name', 1.0), True)
    >>> promised("E-mail Type")["category"] > promised("E-mail Type")["email"]
    True
    >>> promised("Spalte1")
    {}
    """
    spoken = words(name).split()
    found = _spoken(spoken)
    if (plain := words(name.lower()).split()) != spoken:  # USt-IdNr is no "u st id nr"
        for kind, score in _spoken(plain).items():
            found[kind] = max(found.get(kind, 0.0), score)
    text = "".join(spoken)
    if _NO_SPACES.search(text):
        for kind, parts, weight in (entry for found in _phrases().values() for entry in found):
            if _NO_SPACES.search(parts[0]) and parts[0] in text:
                score = weight * (0.5 + 0.5 * len(parts[0]) / len(text))
                found[kind] = max(found.get(kind, 0.0), score)
    elif not found or (len(spoken) == 1 and "category" not in found):
        for glued, kind in _glued():
            if glued in text:
                found[kind] = max(found.get(kind, 0.0), 0.4 + 0.5 * len(glued) / len(text))
    return _weighed(spoken, found)


def _spoken(spoken: list[str]) -> dict[str, float]:
    """The phrases among the words of a heading; the more of it they are, the more they say."""
    found: dict[str, float] = {}
    for start, word in enumerate(spoken):
        for kind, parts, weight in _phrases().get(word[:1], ()):
            if start + len(parts) <= len(spoken) and all(
                map(_agrees, parts, spoken[start : start + len(parts)])
            ):
                whole = len(parts) == len(spoken)
                covered = len(parts) / len(spoken)
                at_border = start == 0 or start + len(parts) == len(spoken)
                score = 1.0 if whole else 0.55 + 0.4 * covered - (0.0 if at_border else 0.15)
                found[kind] = max(found.get(kind, 0.0), weight * score)
    return found


def _agrees(part: str, word: str) -> bool:
    if part.endswith("*"):
        return word.startswith(part[:-1])
    return word == part


def _weighed(spoken: list[str], found: dict[str, float]) -> dict[str, float]:
    """Let the word that a heading turns on speak louder than those it describes."""
    if len(spoken) > 1 and (spoken[-1] in _TYPE_WORDS or spoken[0] in _TYPE_WORDS):
        found = {kind: score * 0.5 for kind, score in found.items()} | {"category": 0.95}
    elif (
        len(spoken) > 1
        and spoken[-1] in ("id", "guid", "uuid", "key", "fk")
        and "tax_id" not in found
    ):
        found = {kind: score * 0.5 for kind, score in found.items()} | {"identifier": 0.95}
    return dict(sorted(found.items()))
