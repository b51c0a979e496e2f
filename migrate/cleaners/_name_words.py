"""Which words of a person's name are titles, suffixes, particles, or join two people?

Folded or in small letters, without dots, with the spelling that is right for each. Titles stand
before a name and suffixes behind it; a word that is a name or nickname as well is a title only
where a dot says so.
"""

from __future__ import annotations

TITLES = {
    # Czech and Slovak degrees
    "ing": "Ing.", "mgr": "Mgr.", "mgra": "MgrA.", "bc": "Bc.", "bca": "BcA.", "mudr": "MUDr.",
    "judr": "JUDr.", "phdr": "PhDr.", "rndr": "RNDr.", "mvdr": "MVDr.", "paeddr": "PaedDr.",
    "pharmdr": "PharmDr.", "thdr": "ThDr.", "mddr": "MDDr.", "icdr": "ICDr.", "rsdr": "RSDr.",
    "thlic": "ThLic.", "arch": "arch.", "doc": "doc.", "phmr": "PhMr.", "akad": "akad.",
    "p": "p.", "pan": "pan", "pani": "pani", "pí": "pí", "paní": "paní", "sl": "sl.",
    # academic, everywhere
    "prof": "Prof.", "dr": "Dr.", "drs": "drs.", "ir": "ir.", "dott": "Dott.", "dottssa": "Dott.ssa",
    "ddr": "DDr.", "dipl-ing": "Dipl.-Ing.", "dipling": "Dipl.-Ing.", "dipl": "Dipl.",
    "dipl-kfm": "Dipl.-Kfm.", "dipl-kffr": "Dipl.-Kffr.", "mag": "Mag.", "univ-prof": "Univ.-Prof.",
    "priv-doz": "Priv.-Doz.", "inż": "inż.", "inz": "inż.", "hab": "hab.", "lek": "lek.", "med": "med.",
    "drhc": "Dr. h. c.", "д-р": "д-р", "проф": "проф.", "avv": "Avv.", "geom": "Geom.", "rag": "Rag.", "arq": "Arq.", "lic": "Lic.",
    "eng": "Eng.", "engº": "Eng.º", "engo": "Eng.º", "dra": "Dra.", "dna": "Dña.", "dña": "Dña.",
    # English
    "mr": "Mr.", "mrs": "Mrs.", "ms": "Ms.", "miss": "Miss", "mx": "Mx.", "sir": "Sir",
    "rev": "Rev.", "hon": "Hon.", "capt": "Capt.", "col": "Col.", "lt": "Lt.", "gen": "Gen.",
    "sgt": "Sgt.", "fr": "Fr.",
    # other languages
    "herr": "Herr", "frau": "Frau", "hr": "Hr.", "fru": "Fru", "dhr": "Dhr.", "mevr": "Mevr.",
    "mw": "Mw.", "sig": "Sig.", "sigra": "Sig.ra", "sra": "Sra.", "srta": "Srta.", "mme": "Mme",
    "mlle": "Mlle", "m": "M.", "me": "Me", "sr": "Sr.", "sres": "Sres.",
    "özv": "özv.", "id": "id.", "ifj": "ifj.", "г-н": "г-н", "г-жа": "г-жа", "гн": "г-н",
    "гжа": "г-жа", "κ": "κ.", "κα": "κα", "κος": "κος", "bay": "Bay", "bayan": "Bayan", "sn": "Sn.",
}  # fmt: skip
SUFFIXES = {
    "phd": "PhD.", "csc": "CSc.", "drsc": "DrSc.", "mba": "MBA", "msc": "MSc.", "bsc": "BSc.",
    "llm": "LL.M.", "dis": "DiS.", "artd": "ArtD.", "mph": "MPH", "mha": "MHA", "jr": "Jr.",
    "sr": "Sr.", "ml": "ml.", "st": "st.", "ii": "II", "iii": "III", "iv": "IV", "esq": "Esq.",
    "dba": "DBA", "facc": "FACC", "cpa": "CPA", "feng": "FEng", "thd": "ThD.", "llb": "LL.B.",
    "md": "MD", "dds": "DDS", "rn": "RN", "pe": "PE", "cfa": "CFA", "pmp": "PMP", "ba": "BA",
    "bba": "BBA", "ma": "MA", "med": "MEd", "mpa": "MPA", "obe": "OBE", "cbe": "CBE", "mbe": "MBE",
    "ret": "Ret.", "jun": "jun.", "sen": "sen.", "mladší": "mladší", "starší": "starší",
    "mphil": "MPhil", "mmed": "MMed", "beng": "BEng", "meng": "MEng", "fca": "FCA", "acca": "ACCA",
    "dphil": "DPhil", "drhc": "dr. h. c.",
    "мл": "мл.", "ст": "ст.", "кэн": "к.э.н.", "ктн": "к.т.н.", "дэн": "д.э.н.",
}  # fmt: skip
# Words that are names or nicknames too: a title or suffix only where the dot says so.
DOT_NEEDED = frozenset(
    """doc p arch mag sig st ml dis sr pan sl hab lek med ir hr m me col gen hon rev fr lt capt rag geom
    lic eng id ifj κ bay sn mw ma ba md pe rn ret jun sen мл ст gn""".split()  # noqa: SIM905
) - {"md", "rn", "pe"}
# In capitals only: "MA" and "MD" are degrees, "Ma" and "Md" are names.
CAPITALS_NEEDED = frozenset({"ma", "ba", "md", "pe", "rn", "bba", "mpa", "obe", "cbe", "mbe", "cfa", "pmp",
                             "fca", "acca", "iv", "ii", "iii"})  # fmt: skip

_PARTICLE_WORDS = """
    van von de der den del della delle dello dei degli di da dos das do du la le las los el al ad bin
    bint ibn ben abu ter ten ter te zu zum zur vom af av och y e dal dalla lo vander d' l' 't 's het op
    in aan uit 'n i do'
"""
CAPITAL_PARTICLES = frozenset({"mc"})
"""Parts of a last name that keep their capital: "Ronald Mc Donald"."""
PARTICLES = (frozenset(_PARTICLE_WORDS.split()) - {"in", "op", "do'", "i", "e"}) | CAPITAL_PARTICLES
# Two people in one field. "y", "e" and "i" are part of Iberian surnames as well.
JOINING = frozenset(
    {"a", "and", "und", "et", "és", "es", "и", "та", "και", "og", "och", "en", "&", "+", "oraz"}
)
LOOSELY_JOINING = frozenset({"y", "e", "i", "a", "en", "es"})

_SURNAMES_VIETNAMESE = """
    nguyễn trần lê phạm huỳnh hoàng phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trịnh mai đoàn lương
"""
SURNAMES_VIETNAMESE = frozenset(_SURNAMES_VIETNAMESE.split())
SURNAMES_CHINESE_OF_TWO = frozenset(
    "欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 夏侯 东方 東方 尉迟 尉遲 皇甫 慕容 令狐 司徒 公孙 公孫 端木 独孤 獨孤 南宫 南宮".split()  # noqa: SIM905
)
