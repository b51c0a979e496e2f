"""Which legal forms do companies have, country by country, and how are they written?

One form a line: the standard spelling, then how else people write it (folded, without dots, as
words). A form that several countries share stands where it was first. They are cut from the end
of a name, longest first; :data:`IN_FRONT` stand before it.
"""

from __future__ import annotations

_BY_COUNTRY = {
    "SK CZ": """
        s.r.o.: sro|s r o|spol s ro|spol s r o|spolocnost s rucenim obmedzenym|
                spolecnost s rucenim omezenym
        a.s.: as|a s|akc spol|akciova spolocnost|akciova spolecnost
        k.s.: ks|k s|komanditna spolocnost
        v.o.s.: vos|v o s|verejna obchodna spolocnost
        z.s.: zs|z s
        o.z.: oz|o z|obcianske zdruzenie
        n.o.: no|n o|neziskova organizacia
        o.p.s.: ops|o p s
        š.p.: sp|s p|statny podnik|statni podnik
        z.ú.: zu|z u
        SE: se
        j.s.a.: jsa|j s a""",
    "PL": """
        sp. z o.o.: sp z oo|sp z o o|spzoo|spolka z oo|spolka z o o|
                    spolka z ograniczona odpowiedzialnoscia
        sp.k.: sp k|spk|spolka komandytowa
        sp. z o.o. sp.k.: sp z oo sp k|sp z o o sp k|sp z oo spk
        sp.j.: sp j|spj|spolka jawna
        sp.p.: sp p
        s.c.: sc|s c|spolka cywilna
        P.S.A.: psa
        P.P.H.U.: pphu""",
    "HU": """
        Kft.: kft|korlatolt felelossegu tarsasag
        Kkt.: kkt
        Zrt.: zrt
        Nyrt.: nyrt
        Rt.: rt
        Bt.: bt|beteti tarsasag
        Nkft.: nkft|nonprofit kft
        e.v.: ev|e v""",
    "DE AT CH": """
        GmbH: gmbh|g m b h|mbh|gesellschaft mit beschrankter haftung|ges mbh|gesmbh|ges m b h
        gGmbH: ggmbh
        GmbH & Co. KG: gmbh co kg|gmbh & co kg|gmbh und co kg|gmbh & cokg|gmbh + co kg
        GmbH & Co. KGaA: gmbh & co kgaa
        AG: ag|aktiengesellschaft
        AG & Co. KG: ag & co kg|ag co kg
        & Co. KG: co kg|& co kg|und co kg
        KG: kg
        KGaA: kgaa
        OHG: ohg
        GbR: gbr
        UG (haftungsbeschränkt): ug haftungsbeschrankt|ug
        e.V.: eingetragener verein
        eG: eg
        e.K.: ek|e k|e kfm|ekfm
        e.U.: eu|e u
        OG: og
        KEG: keg
        OEG: oeg
        Sàrl: sarl""",
    "GB US IE AU IN SG CA": """
        Inc.: inc|incorporated
        Corp.: corp|corporation
        LLC: llc|l l c
        LLP: llp
        LP: lp
        Ltd.: ltd|limited|ltd liability co
        Co.: co|company
        Co., Ltd.: co ltd|company limited|co limited
        Co., Inc.: co inc
        PLC: plc|public limited company
        Pty Ltd: pty ltd|pty|proprietary limited|pty limited
        Pte. Ltd.: pte ltd|pte
        Sdn Bhd: sdn bhd
        Bhd: bhd|berhad
        Pvt. Ltd.: pvt ltd|private limited|pvt limited|(p) ltd
        CIC: cic
        CIO: cio
        DAC: dac
        PLLC: pllc
        PC: p c
        FZ-LLC: fz llc
        W.L.L.: wll|w l l""",
    "FR BE LU ES PT IT RO BR MX AR": """
        S.A.: sa|s a|societe anonyme|sociedad anonima
        SAS: sas|s a s
        SASU: sasu
        S.à r.l.: s a r l
        EURL: eurl
        SCI: sci
        SCOP: scop
        SNC: snc|s n c
        S.r.l.: srl|s r l
        S.r.l.s.: srls
        S.p.A.: spa|s p a|societa per azioni
        S.a.p.A.: sapa
        S.c.a r.l.: scarl
        S.a.s. di: sas di
        S.L.: sl|s l|sociedad limitada
        S.L.U.: slu
        S.A.U.: sau
        Ltda.: ltda|limitada
        Lda.: lda
        S.A. de C.V.: sa de cv|s a de c v
        S. de R.L.: s de rl|s de rl de cv
        EIRELI: eireli
        ME: epp
        BVBA: bvba
        SPRL: sprl
        ASBL: asbl
        VZW: vzw
        PFA: pfa
        SCS: scs
        SCA: sca
        S.A.C.: sac""",
    "NL": """
        B.V.: bv|b v
        N.V.: nv|n v
        V.O.F.: vof
        C.V.: cv""",
    "SE NO DK FI IS": """
        AB: ab|a b|aktiebolag
        HB: hb
        ApS: aps
        A/S: a/s
        ASA: asa
        I/S: i/s
        IS: is
        Oy: oy
        Oyj: oyj
        Ky: ky
        ehf.: ehf
        hf.: hf""",
    "EE LV LT": """
        OÜ: ou|osauhing
        UAB: uab
        SIA: sia
        MB: mb
        IK: ik""",
    "SI HR RS BA BG MK": """
        d.o.o.: doo|d o o
        d.d.: dd|d d
        d.n.o.: dno
        j.d.o.o.: jdoo|j d o o
        ООД: ood|оод
        ЕООД: eood|еоод
        АД: ad
        ЕАД: ead|еад""",
    "GR CY": """
        Α.Ε.: αε|α ε|ανωνυμη εταιρεια
        Ε.Π.Ε.: επε|ε π ε
        Ο.Ε.: οε|ο ε
        Ε.Ε.: εε|ε ε
        Ι.Κ.Ε.: ικε|ι κ ε""",
    "RU UA BY KZ": """
        ООО: ооо|общество с ограниченной ответственностью
        ОАО: оао
        ЗАО: зао
        ПАО: пао
        АО: ао
        ИП: ип
        НКО: нко
        ТОВ: тов
        ПП: пп
        ПрАТ: прат
        ПАТ: пат
        ФОП: фоп
        ТОО: тоо
        ЧП: чп
        ОДО: одо""",
    "TR": """
        A.Ş.: anonim sirketi
        Ltd. Şti.: ltd sti|limited sirketi|san tic ltd sti""",
    "JP KR": """
        K.K.: kk|k k|kabushiki kaisha
        G.K.: gk|g k|godo kaisha""",
    "VN ID": """
        Tbk: tbk|persero tbk""",
}
# These stand in front of the name.
IN_FRONT = frozenset(
    {
        "ооо",
        "оао",
        "зао",
        "пао",
        "ао",
        "ип",
        "нко",
        "тов",
        "пп",
        "прат",
        "пат",
        "фоп",
        "тоо",
        "чп",
        "одо",
    }
)
GLUED = (
    "股份有限公司", "有限责任公司", "有限責任公司", "集团有限公司", "有限公司", "株式会社", "有限会社", "合同会社",
    "主式会社", "(株)", "（株）", "㈱", "주식회사", "유한회사", "(주)",
)  # fmt: skip
# Too short, or a word or surname as well: no proof of a company unless it is written with dots.
_WEAK_WORDS = """
    as ks zs oz no sp se zu co sa sc sl ab hb is ky ou mb ik bt rt ev eg eu og ug cv dd ad nv bv lp
    company limited cio cic sci sca scs oe ee ип пп ао spa aps kg ag ops keg ek hf kk gk pty pte pc
    dac sac тов чп одо
"""
WEAK = frozenset(_WEAK_WORDS.split())


def _phrases() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for block in _BY_COUNTRY.values():
        standard = ""
        for line in block.strip().splitlines():
            written = line.strip()
            if ": " in written:
                standard, _, written = written.partition(": ")
            for phrase in written.split("|"):
                if phrase.strip():
                    found.setdefault(tuple(phrase.split()), standard)
    return found


FORMS = _phrases()
"""The words of a legal form, folded and without dots -> its standard spelling."""

LENGTHS: dict[str, list[int]] = {}
"""The last word of a form -> how many words the forms that end with it have, the longest first."""
for _words in sorted(FORMS, key=len, reverse=True):
    if len(_words) not in LENGTHS.setdefault(_words[-1], []):
        LENGTHS[_words[-1]].append(len(_words))
