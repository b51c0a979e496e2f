"""What are the people, companies, addresses and phone numbers of the made-up company called?

Company names are put together from syllables, people from lists of common first and last names,
company numbers (IČO) begin with 99, which no register gives out, and e-mail addresses end in
``.example``. Whoever is met here is nobody.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field

STARTS = (
    "Akva", "Hydro", "Vodo", "Filtro", "Prame", "Zdro", "Perlo", "Krišta", "Morav", "Duna",
    "Tatro", "Brezo", "Lipo", "Jaso", "Slane", "Kamo", "Studni", "Jazer", "Rieč", "Ľado",
)  # fmt: skip
MIDDLES = ("", "li", "ma", "no", "va", "ri", "do", "šte", "ka", "ži")
ENDS = ("tex", "mont", "san", "plast", "term", "čist", "stav", "pol", "gast", "lux", "for", "mil")
TRADES = ("", "", "", "Servis", "Trade", "Technik", "Centrum", "Systém", "Group", "Dodávky")
FORMS = ("s.r.o.", "s.r.o.", "s.r.o.", "a.s.", "spol. s r.o.", "k.s.")

MEN = (
    "Adam", "Andrej", "Anton", "Boris", "Branislav", "Daniel", "Dušan", "Eduard", "Erik", "Filip",
    "František", "Gabriel", "Igor", "Ivan", "Jakub", "Ján", "Jaroslav", "Jozef", "Juraj", "Karol",
    "Ladislav", "Ľubomír", "Lukáš", "Marek", "Marián", "Martin", "Matúš", "Michal", "Milan",
    "Miroslav", "Norbert", "Ondrej", "Pavol", "Peter", "Radoslav", "Rastislav", "Róbert", "Roman",
    "Stanislav", "Štefan", "Tibor", "Tomáš", "Viktor", "Viliam", "Vladimír",
)  # fmt: skip
WOMEN = (
    "Adriana", "Alena", "Alžbeta", "Andrea", "Anna", "Barbora", "Beáta", "Božena", "Dagmar",
    "Dana", "Daniela", "Darina", "Denisa", "Elena", "Emília", "Eva", "Gabriela", "Helena", "Ivana",
    "Jana", "Jarmila", "Júlia", "Katarína", "Kristína", "Lenka", "Ľubica", "Lucia", "Magdaléna",
    "Mária", "Marta", "Martina", "Michaela", "Monika", "Natália", "Oľga", "Petra", "Renáta",
    "Silvia", "Simona", "Soňa", "Tatiana", "Veronika", "Viera", "Zuzana", "Žofia",
)  # fmt: skip
SURNAMES = (
    ("Antal", "Antalová"), ("Babiak", "Babiaková"), ("Balog", "Balogová"), ("Baran", "Baranová"),
    ("Blaho", "Blahová"), ("Bučko", "Bučková"), ("Cibuľa", "Cibuľová"), ("Čech", "Čechová"),
    ("Ďurica", "Ďuricová"), ("Fedorčák", "Fedorčáková"), ("Gajdoš", "Gajdošová"), ("Hanko", "Hanková"),
    ("Hlaváč", "Hlaváčová"), ("Holub", "Holubová"), ("Horváth", "Horváthová"),
    ("Hudák", "Hudáková"), ("Chovanec", "Chovancová"), ("Ivanič", "Ivaničová"),
    ("Jurčo", "Jurčová"), ("Kačmár", "Kačmárová"), ("Kollár", "Kollárová"),
    ("Konečný", "Konečná"), ("Kováč", "Kováčová"), ("Kráľ", "Kráľová"), ("Krajčír", "Krajčírová"),
    ("Kubica", "Kubicová"), ("Lacko", "Lacková"), ("Lesný", "Lesná"), ("Macko", "Macková"),
    ("Majer", "Majerová"), ("Malý", "Malá"), ("Mihálik", "Miháliková"), ("Mlynár", "Mlynárová"),
    ("Molnár", "Molnárová"), ("Moravčík", "Moravčíková"), ("Nagy", "Nagyová"),
    ("Novák", "Nováková"), ("Novotný", "Novotná"), ("Oravec", "Oravcová"),
    ("Pavlík", "Pavlíková"), ("Polák", "Poláková"), ("Pokorný", "Pokorná"),
    ("Procházka", "Procházková"), ("Rác", "Rácová"), ("Rusnák", "Rusnáková"), ("Sedlák", "Sedláková"),
    ("Slovák", "Slováková"), ("Sokol", "Sokolová"), ("Straka", "Straková"), ("Svoboda", "Svobodová"),
    ("Šimko", "Šimková"), ("Šulc", "Šulcová"), ("Takáč", "Takáčová"), ("Tóth", "Tóthová"),
    ("Urbánek", "Urbánková"), ("Valenta", "Valentová"), ("Varga", "Vargová"), ("Veselý", "Veselá"),
    ("Vlček", "Vlčková"), ("Zeman", "Zemanová"), ("Žiak", "Žiaková"), ("Žilka", "Žilková"),
)  # fmt: skip

STREETS = (
    "Hlavná", "Školská", "Mlynská", "Záhradná", "Dlhá", "Krátka", "Lipová", "Jarná", "Lesná",
    "Poľná", "Kvetná", "Nová", "Družstevná", "Priemyselná", "Železničná", "Nábrežná", "Pod hradom",
    "Na vŕšku", "Pri studni", "Potočná",
)  # fmt: skip
TOWNS_SK = (
    ("Bratislava", "81101", "25000"), ("Košice", "04001", "55700"), ("Prešov", "08001", "51700"),
    ("Žilina", "01001", "41700"), ("Nitra", "94901", "37700"), ("Trnava", "91701", "33700"),
    ("Banská Bystrica", "97401", "48700"), ("Trenčín", "91101", "32700"),
    ("Martin", "03601", "43700"), ("Poprad", "05801", "52700"), ("Zvolen", "96001", "45700"),
    ("Michalovce", "07101", "56700"), ("Komárno", "94501", "35700"),
)  # fmt: skip
TOWNS_CZ = (
    ("Brno", "60200", "54000"), ("Ostrava", "70200", "59600"), ("Olomouc", "77900", "58500"),
    ("Zlín", "76001", "57700"),
)  # fmt: skip
MOBILES_SK = ("901", "902", "903", "904", "905", "907", "908", "910", "911", "915", "917", "918",
              "940", "944", "948", "949", "950")  # fmt: skip
MOBILES_CZ = ("602", "603", "724", "731", "777")


def without_accents(text: str) -> str:
    """The text as an old terminal wrote it: ``Ďurica`` -> ``Durica``."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


@dataclass(frozen=True)
class Phone:
    """A Slovak or Czech number: ``country`` "421" or "420", ``national`` its nine digits."""

    country: str
    national: str

    @property
    def e164(self) -> str:
        return f"+{self.country}{self.national}"

    def written(self, style: int) -> str:
        """The number as somebody typed it, in one of five fashions."""
        n = self.national
        spaced = f"{n[:3]} {n[3:6]} {n[6:]}"
        local = f"0{spaced}" if self.country == "421" else spaced
        return (
            f"+{self.country} {spaced}",
            f"00{self.country}{n}",
            local,
            local.replace(" ", "/", 1).replace(" ", ""),
            self.e164,
        )[style]


@dataclass(frozen=True)
class Person:
    first: str
    last: str

    @property
    def slug(self) -> str:
        return without_accents(f"{self.first}.{self.last}").lower()


@dataclass(frozen=True)
class Firm:
    """A company as it really is, before any system writes it down."""

    base: str
    form: str
    ico: str
    country: str
    street: str
    city: str
    zip: str
    area: str

    @property
    def name(self) -> str:
        return f"{self.base} {self.form}" if self.form == "k.s." else f"{self.base}, {self.form}"

    @property
    def domain(self) -> str:
        return without_accents(self.base).lower().replace(" ", "-") + ".example"


@dataclass
class Inventor:
    """Makes up people and companies; never the same one twice."""

    rng: random.Random
    taken: set[str] = field(default_factory=set)

    def person(self) -> Person:
        """A person whose name nobody else bears, accents aside."""
        while True:
            last_man, last_woman = self.rng.choice(SURNAMES)
            if self.rng.random() < 0.5:
                person = Person(self.rng.choice(MEN), last_man)
            else:
                person = Person(self.rng.choice(WOMEN), last_woman)
            if person.slug not in self.taken:
                self.taken.add(person.slug)
                return person

    def firm(self, country: str = "SK") -> Firm:
        """A company whose name and number nobody else bears."""
        while True:
            word = self.rng.choice(STARTS) + self.rng.choice(MIDDLES) + self.rng.choice(ENDS)
            if without_accents(word).lower() not in self.taken:
                break
        self.taken.add(without_accents(word).lower())
        base = f"{word} {self.rng.choice(TRADES)}".strip()
        city, code, area = self.rng.choice(TOWNS_SK if country == "SK" else TOWNS_CZ)
        street = f"{self.rng.choice(STREETS)} {self.rng.randrange(1, 90)}"
        return Firm(base, self.rng.choice(FORMS), self.ico(), country, street, city, code, area)

    def ico(self) -> str:
        """A company number with a right check digit, from a range that no register gives out."""
        while True:
            digits = [9, 9, *(self.rng.randrange(10) for _ in range(5))]
            rest = sum(d * w for d, w in zip(digits, range(8, 1, -1), strict=True)) % 11
            number = "".join(map(str, digits)) + str((11 - rest) % 10)
            if number not in self.taken:
                self.taken.add(number)
                return number

    def mobile(self, country: str = "SK") -> Phone:
        prefix = self.rng.choice(MOBILES_SK if country == "SK" else MOBILES_CZ)
        return Phone(
            "421" if country == "SK" else "420", f"{prefix}00{self.rng.randrange(10000):04}"
        )

    def landline(self, firm: Firm) -> Phone:
        code = "421" if firm.country == "SK" else "420"
        return Phone(code, f"{firm.area}{self.rng.randrange(10000):04}")
