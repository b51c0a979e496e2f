"""Which first names, cities, regions and languages are known by name?

Lists of the frequent, folded (small letters, no accents): enough to tell what a column holds, never
to judge a single value.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from migrate.cleaners._first_names import FIRST_NAMES

_REGION_CODES = """
ab act ak al ar az bc ca co ct dc de fl ga hi ia id il in ks ky la ma mb md me mi mn mo ms mt
nb nc nd ne nh nj nl nm ns nsw nt nu nv ny oh ok on or pa pe qc qld ri sc sd sk tas tn tx ut
va vic vt wa wi wv wy yt
"""
_REGION_NAMES = """
abruzzo|alabama|alaska|alberta|andalucia|aragon|arizona|arkansas|asturias|baden-wurttemberg|banskobystricky|bas-rhin|bayern|brandenburg|bratislavsky|bretagne|british
columbia|burgenland|calabria|california|campania|cataluna|catalunya|colorado|connecticut|cote-d'or|delaware|england|florida|galicia|georgia|gironde|haute-garonne|hawaii|hessen|idaho|ile-de-france|illinois|indiana|iowa|jihocesky|jihomoravsky|kansas|karlovarsky|karnten|kentucky|kosicky|kralovehradecky|lazio|liberecky|liguria|lodzkie|lombardia|louisiana|lubelskie|maine|malopolskie|manitoba|marche|maryland|massachusetts|mazowieckie|małopolskie|mecklenburg-vorpommern|michigan|minnesota|mississippi|missouri|montana|moravskoslezsky|murcia|nebraska|nevada|new
hampshire|new jersey|new mexico|new
york|niederosterreich|niedersachsen|nitriansky|nordrhein-westfalen|normandie|north
carolina|north dakota|nova
scotia|oberosterreich|occitanie|ohio|oklahoma|olomoucky|ontario|opolskie|oregon|pardubicky|pennsylvania|piemonte|plzensky|podlaskie|pomorskie|presovsky|puglia|quebec|queensland|rheinland-pfalz|rhode
island|saarland|sachsen|sachsen-anhalt|salzburg|sardegna|saskatchewan|schleswig-holstein|scotland|sicilia|slaskie|south
carolina|south
dakota|steiermark|stredocesky|tasmania|tennessee|texas|thuringen|tirol|toscana|trenciansky|trnavsky|umbria|ustecky|utah|veneto|vermont|victoria|virginia|vorarlberg|vysocina|wales|washington|west
virginia|wielkopolskie|wisconsin|wyoming|zilinsky|zlinsky|łodzkie
"""
REGIONS = frozenset(
    (
        *_REGION_CODES.split(),
        *(name.strip() for name in _REGION_NAMES.replace("\n", " ").split("|")),
    )
)
_NAMES = """
mary linda karen susan nancy lisa betty sandra ashley kimberly emily donna michelle carol
amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela shirley anna
brenda pamela nicole emma helen samantha katherine christine debra rachel carolyn janet
catherine heather diane julie joyce victoria kelly alice denise joan judith rose jane megan
grace jessica sarah charles joseph thomas christopher daniel paul mark donald george kenneth
steven edward brian ronald anthony kevin jason matthew gary timothy jose larry jeffrey frank
scott eric stephen andrew raymond gregory joshua jerry dennis walter patrick peter harold
douglas henry carl arthur ryan roger joe juan jack albert jonathan justin terry gerald keith
samuel willie ralph lawrence nicholas roy benjamin bruce brandon adam harry fred wayne billy
steve louis jeremy aaron randy howard eugene tom bob jim mike dave chris tony becky tim ron
pat oliver noah liam sophie sophia olivia mia hannah hans petra jurgen sabine sven uwe jens
holger dieter gunter horst heinz werner gerhard karl manfred helmut rainer bernd jorg ralf
dirk markus stefan matthias martin michael monika renate brigitte helga ingrid elke birgit
heike claudia susanne karin angelika ute silke anja katja julia anke kerstin martina katrin
stefanie lars kai felix lukas leon jonas tobias sebastian maximilian florian philipp alexander
fritz franz josef johann georg hermann luc camille pierre michel alain philippe bernard claude
christophe laurent stephane nicolas julien sebastien thierry olivier pascal bruno denis gilles
didier marie nathalie isabelle sylvie martine francoise valerie monique veronique sandrine
celine chantal patricia anne aurelie caroline laurence emilie charlotte helene claire lucie
manon chloe antoine guillaume maxime alexandre vincent hugo gabriel giulia francesca chiara
sara alessia paolo luca andrea francesco alessandro stefano matteo roberto mario luigi antonio
carlo davide simone federico riccardo elisa silvia paola elena maria carmen josefa isabel
dolores pilar cristina lucia marta sofia javier manuel francisco david miguel angel rafael
pedro pablo sergio fernando jorge alberto alvaro diego adrian ruben ivan raul joao paulo tiago
rui nuno ines beatriz mariana leonor teresa ricardo andre filipe krzysztof piotr andrzej
tomasz pawel jan michal marcin jakub marek lukasz grzegorz mateusz wojciech mariusz dariusz
zbigniew jerzy rafal kamil katarzyna malgorzata agnieszka barbara ewa krystyna magdalena
elzbieta joanna aleksandra zofia danuta natalia justyna beata dorota wanda halina karolina
paulina gabor laszlo istvan jozsef janos zoltan sandor ferenc attila tamas zsolt andras balazs
csaba imre gyula lajos miklos katalin erzsebet ilona eva zsuzsanna agnes judit erika krisztina
timea szilvia tunde reka johan erik anders per mikael fredrik henrik magnus mats bjorn olle
gustav oskar kristina lena birgitta annika astrid sigrid mette hanne pernille rasmus mads
niels jesper soren kari ola knut matti juhani timo jari mikko pekka antti sari minna piet kees
henk joost bart ruud jeroen willem wouter anouk sanne femke daan sem александр сергей дмитрий
андрей алексей максим евгений иван михаил артем николай виктор владимир олег юрии игорь павел
роман денис антон константин петр ольга елена татьяна наталья наталия светлана ирина екатерина
юлия анастасия марина людмила галина валентина надежда вера любовь дарья ксения виктория алина
олександр сергіи дмитро володимир микола петро тарас богдан оксана тетяна наталія ірина олена
юлія георги димитър петър николаи йордан стоян христо мария γιωργος γιαννης κωστας δημητρης
νικος παναγιωτης βασιλης χρηστος αθανασιος μιχαλης μαρια ελενη κατερινα βασιλικη σοφια
αγγελικη γεωργια δημητρα ιωαννα mehmet mustafa ahmet ali huseyin hasan ibrahim ismail osman
yusuf murat omer ramazan fatma ayse emine hatice zeynep elif meryem mohamed ahmed omar fatima
khalid hassan aisha wei li ming hiroshi kenji yuki haruto sakura min jun raj priya amit sanjay
anita deepak ravi sunita
"""
_GIVEN = frozenset(_NAMES.split())


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """Give a text in small letters without accents."""
    split = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in split if not unicodedata.combining(c)).replace("ł", "l")


def is_given_name(word: str) -> bool:
    """Tell whether a word is a frequent first name.

    >>> [is_given_name(word) for word in ("Žofia", "Jean-Pierre", "Иван", "Bratislava")]
    [True, True, True, False]
    """
    parts = folded(word.strip(".,")).split("-")[:2]
    return any(part in FIRST_NAMES or part in _GIVEN for part in parts)


@cache
def _cities() -> frozenset[str]:
    """The large cities of the world, as locale data name them for time zones, and some more."""
    from babel import Locale

    names: set[str] = set()
    for language in (
        "en",
        "sk",
        "cs",
        "de",
        "fr",
        "es",
        "it",
        "pl",
        "hu",
        "ru",
        "uk",
        "el",
        "tr",
        "zh",
        "pt",
    ):
        zones = Locale.parse(language).time_zones
        names |= {folded(zone["city"]) for zone in zones.values() if "city" in zone}
    return frozenset(names | set(_MORE_CITIES))


_MORE_CITIES = """
praha brno ostrava plzen liberec olomouc bratislava kosice presov zilina nitra trnava trencin martin
poprad banska bystrica|ceske budejovice|hradec kralove|pardubice|zlin munchen munich hamburg koln
cologne frankfurt stuttgart dusseldorf leipzig dortmund essen bremen dresden hannover nurnberg kassel
graz linz salzburg innsbruck geneve genf zurich basel bern lausanne lyon marseille toulouse nice nantes
strasbourg bordeaux lille dijon rennes annecy grenoble milano torino napoli roma firenze bologna genova
venezia verona barcelona valencia sevilla zaragoza malaga bilbao porto braga coimbra krakow lodz
wroclaw poznan gdansk szczecin katowice lublin warszawa debrecen szeged pecs gyor miskolc rotterdam
amsterdam utrecht eindhoven antwerpen gent brugge goteborg malmo uppsala aarhus odense bergen trondheim
tampere turku cluj-napoca timisoara iasi plovdiv varna thessaloniki θεσσαλονικη αθηνα πατρα london
manchester birmingham leeds glasgow liverpool bristol cambridge oxford cardiff dublin cork boston dallas
houston miami atlanta seattle austin tampa albany omaha boise raleigh columbus portland philadelphia
philadelphie denver madison san francisco|san diego|las vegas|washington|baltimore|minneapolis|
nashville|orlando charlotte sacramento montreal ottawa calgary sydney melbourne brisbane perth москва
казань екатеринбург самара омск краснодар воронеж санкт-петербург новосибирск київ львів одеса харків
дніпро софия пловдив варна 北京 上海 广州 深圳 杭州 南京 成都 东京 大阪 서울 부산
""".replace("|", " ").split()  # fmt: skip


def is_city(text: str) -> bool:
    """Tell whether a text names a large city, whatever district follows.

    >>> [is_city(text) for text in ("Praha 4", "Köln", "Wien", "Sent brochure")]
    [True, True, True, False]
    """
    plain = re.sub(r"[ ,-]+[0-9]+$", "", folded(text.strip()))
    return plain in _cities() or plain.partition(" - ")[0] in _cities()


def is_language(text: str) -> bool:
    """Tell whether a text names a language, or is the code of one.

    >>> [is_language(text) for text in ("sk", "en_US", "Deutsch", "čeština", "Acme")]
    [True, True, True, True, False]
    """
    from babel import Locale

    return folded(text.strip()).replace("_", "-") in _languages(Locale)


_LANGUAGE_CODES = (
    "en sk cs de fr es it pl hu ru uk ro bg hr sl sr nl pt da sv nb fi et lv lt el tr zh ja ko ar"
)


@cache
def _languages(locale: type) -> frozenset[str]:
    codes = _LANGUAGE_CODES.split()
    names = set(codes)
    for code in codes:
        known = locale.parse(code)  # type: ignore[attr-defined]
        names |= {folded(known.languages[other]) for other in codes if other in known.languages}
        names |= {f"{code}-{place}" for place in ("us", "gb", "at", "ch", "ca", "br", "mx", code)}
    return frozenset(names | {"cs-cz", "en-gb", "uk-ua", "el-gr", "da-dk", "sv-se", "zh-cn"})
