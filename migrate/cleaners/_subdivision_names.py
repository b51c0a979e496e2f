"""What are the subdivisions of a country called? ISO 3166-2 codes with their names.

Of countries whose addresses name them: states, provinces, Länder, cantons, counties, regions. A
slash parts the names of one; the local name comes first. What the code alone says in its country
(``CA`` for California) is read too.
"""

from __future__ import annotations

SUBDIVISIONS = {
    "US": """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California/Calif|CO Colorado|
        CT Connecticut|DE Delaware|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|
        IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts/Mass|
        MI Michigan/Mich|MN Minnesota/Minn|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|
        NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|
        ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania/Penn/Penna|RI Rhode Island|
        SC South Carolina|SD South Dakota|TN Tennessee/Tenn|TX Texas/Tex|UT Utah|VT Vermont|
        VA Virginia|WA Washington/Washington State/Wash|WV West Virginia|WI Wisconsin/Wis|WY Wyoming|
        DC District of Columbia/Washington DC/Washington D.C.|PR Puerto Rico|GU Guam|
        VI Virgin Islands/US Virgin Islands|AS American Samoa|MP Northern Mariana Islands""",
    "CA": """AB Alberta|BC British Columbia/Colombie-Britannique|MB Manitoba|
        NB New Brunswick/Nouveau-Brunswick|NL Newfoundland and Labrador/Newfoundland|
        NS Nova Scotia/Nouvelle-Écosse|NT Northwest Territories|NU Nunavut|ON Ontario/Ont|
        PE Prince Edward Island/PEI|QC Quebec/Québec/PQ/Que|SK Saskatchewan/Sask|YT Yukon""",
    "AU": """ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland|
        SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia""",
    "NZ": """AUK Auckland|BOP Bay of Plenty|CAN Canterbury|GIS Gisborne|HKB Hawke's Bay|
        MBH Marlborough|MWT Manawatu-Whanganui|NSN Nelson|NTL Northland|OTA Otago|STL Southland|
        TAS Tasman|TKI Taranaki|WGN Wellington|WKO Waikato|WTC West Coast""",
    "GB": """ENG England|SCT Scotland|WLS Wales/Cymru|NIR Northern Ireland|
        LND City of London|BIR Birmingham|MAN Manchester|KEN Kent|SRY Surrey|ESS Essex|
        HAM Hampshire|LAN Lancashire|DEV Devon|CON Cornwall|NFK Norfolk|SFK Suffolk|
        OXF Oxfordshire|HRT Hertfordshire|CAM Cambridgeshire|DBY Derbyshire|STS Staffordshire|
        WAR Warwickshire|WOR Worcestershire|GLS Gloucestershire|SOM Somerset|DOR Dorset|
        WSX West Sussex|ESX East Sussex|LIN Lincolnshire|NTT Nottinghamshire|LEC Leicestershire|
        NYK North Yorkshire|EDH Edinburgh/City of Edinburgh|GLG Glasgow/Glasgow City|CRF Cardiff""",
    "IE": """CW Carlow|CN Cavan|CE Clare|CO Cork|DL Donegal|D Dublin|G Galway|KY Kerry|KE Kildare|
        KK Kilkenny|LS Laois|LM Leitrim|LK Limerick|LD Longford|LH Louth|MO Mayo|MH Meath|
        MN Monaghan|OY Offaly|RN Roscommon|SO Sligo|TA Tipperary|WD Waterford|WH Westmeath|
        WX Wexford|WW Wicklow|C Connacht|L Leinster|M Munster|U Ulster""",
    "DE": """BW Baden-Württemberg/Baden-Wuerttemberg|BY Bayern/Bavaria|BE Berlin|BB Brandenburg|
        HB Bremen|HH Hamburg|HE Hessen/Hesse|MV Mecklenburg-Vorpommern/Mecklenburg-Western Pomerania|
        NI Niedersachsen/Lower Saxony|NW Nordrhein-Westfalen/North Rhine-Westphalia/NRW|
        RP Rheinland-Pfalz/Rhineland-Palatinate|SL Saarland|SN Sachsen/Saxony|
        ST Sachsen-Anhalt/Saxony-Anhalt|SH Schleswig-Holstein|TH Thüringen/Thuringia""",
    "AT": """1 Burgenland/Bgld|2 Kärnten/Carinthia/Ktn|3 Niederösterreich/Lower Austria/NÖ|
        4 Oberösterreich/Upper Austria/OÖ|5 Salzburg/Sbg|6 Steiermark/Styria/Stmk|7 Tirol/Tyrol|
        8 Vorarlberg/Vbg|9 Wien/Vienna""",
    "CH": """AG Aargau/Argovie|AI Appenzell Innerrhoden|AR Appenzell Ausserrhoden|BE Bern/Berne|
        BL Basel-Landschaft|BS Basel-Stadt|FR Freiburg/Fribourg|GE Genf/Genève/Geneva|GL Glarus|
        GR Graubünden/Grisons|JU Jura|LU Luzern/Lucerne|NE Neuenburg/Neuchâtel|NW Nidwalden|
        OW Obwalden|SG St. Gallen/Sankt Gallen|SH Schaffhausen|SO Solothurn|SZ Schwyz|TG Thurgau|
        TI Tessin/Ticino|UR Uri|VD Waadt/Vaud|VS Wallis/Valais|ZG Zug|ZH Zürich/Zurich""",
    "SK": """BC Banskobystrický kraj/Banská Bystrica/BBSK|BL Bratislavský kraj/Bratislava/BSK|
        KI Košický kraj/Košice/KSK|NI Nitriansky kraj/Nitra/NSK|PV Prešovský kraj/Prešov/PSK|
        TA Trnavský kraj/Trnava/TTSK|TC Trenčiansky kraj/Trenčín/TSK|ZI Žilinský kraj/Žilina/ŽSK""",
    "CZ": """10 Praha/Hlavní město Praha/Prague/Praha, hlavní město|20 Středočeský kraj/Central Bohemia|
        31 Jihočeský kraj/South Bohemia|32 Plzeňský kraj/Plzeň|41 Karlovarský kraj/Karlovy Vary|
        42 Ústecký kraj/Ústí nad Labem|51 Liberecký kraj/Liberec|52 Královéhradecký kraj/Hradec Králové|
        53 Pardubický kraj/Pardubice|63 Kraj Vysočina/Vysočina|64 Jihomoravský kraj/South Moravia|
        71 Olomoucký kraj/Olomouc|72 Zlínský kraj/Zlín|80 Moravskoslezský kraj/Moravia-Silesia""",
    "PL": """02 dolnośląskie/Lower Silesia|04 kujawsko-pomorskie/Kuyavia-Pomerania|06 lubelskie/Lublin|
        08 lubuskie/Lubusz|10 łódzkie/Łódź|12 małopolskie/Lesser Poland|14 mazowieckie/Mazovia/Masovia|
        16 opolskie/Opole|18 podkarpackie/Subcarpathia|20 podlaskie/Podlachia|22 pomorskie/Pomerania|
        24 śląskie/Silesia|26 świętokrzyskie/Holy Cross|28 warmińsko-mazurskie/Warmia-Masuria|
        30 wielkopolskie/Greater Poland|32 zachodniopomorskie/West Pomerania""",
    "HU": """BK Bács-Kiskun|BA Baranya|BE Békés|BZ Borsod-Abaúj-Zemplén|BU Budapest|
        CS Csongrád-Csanád/Csongrád|FE Fejér|GS Győr-Moson-Sopron|HB Hajdú-Bihar|HE Heves|
        JN Jász-Nagykun-Szolnok|KE Komárom-Esztergom|NO Nógrád|PE Pest|SO Somogy|
        SZ Szabolcs-Szatmár-Bereg|TO Tolna|VA Vas|VE Veszprém|ZA Zala""",
    "RO": """AB Alba|AR Arad|AG Argeș|BC Bacău|BH Bihor|BN Bistrița-Năsăud|BT Botoșani|BR Brăila|
        BV Brașov|B București/Bucharest|BZ Buzău|CL Călărași|CS Caraș-Severin|CJ Cluj|CT Constanța|
        CV Covasna|DB Dâmbovița|DJ Dolj|GL Galați|GR Giurgiu|GJ Gorj|HR Harghita|HD Hunedoara|
        IL Ialomița|IS Iași|IF Ilfov|MM Maramureș|MH Mehedinți|MS Mureș|NT Neamț|OT Olt|PH Prahova|
        SJ Sălaj|SM Satu Mare|SB Sibiu|SV Suceava|TR Teleorman|TM Timiș|TL Tulcea|VL Vâlcea|
        VS Vaslui|VN Vrancea""",
    "IT": """65 Abruzzo|77 Basilicata|78 Calabria|72 Campania|45 Emilia-Romagna|
        36 Friuli Venezia Giulia|62 Lazio/Latium|42 Liguria|25 Lombardia/Lombardy|57 Marche|67 Molise|
        21 Piemonte/Piedmont|75 Puglia/Apulia|88 Sardegna/Sardinia|82 Sicilia/Sicily|
        52 Toscana/Tuscany|32 Trentino-Alto Adige/Trentino-Südtirol|55 Umbria|23 Valle d'Aosta|
        34 Veneto|AG Agrigento|AL Alessandria|AN Ancona|AO Aosta|AR Arezzo|AP Ascoli Piceno|AT Asti|
        AV Avellino|BA Bari|BT Barletta-Andria-Trani|BL Belluno|BN Benevento|BG Bergamo|BI Biella|
        BO Bologna|BZ Bolzano/Bozen|BS Brescia|BR Brindisi|CA Cagliari|CL Caltanissetta|CB Campobasso|
        CE Caserta|CT Catania|CZ Catanzaro|CH Chieti|CO Como|CS Cosenza|CR Cremona|KR Crotone|CN Cuneo|
        EN Enna|FM Fermo|FE Ferrara|FI Firenze/Florence|FG Foggia|FC Forlì-Cesena|FR Frosinone|
        GE Genova/Genoa|GO Gorizia|GR Grosseto|IM Imperia|IS Isernia|SP La Spezia|AQ L'Aquila|LT Latina|
        LE Lecce|LC Lecco|LI Livorno|LO Lodi|LU Lucca|MC Macerata|MN Mantova|MS Massa-Carrara|MT Matera|
        ME Messina|MI Milano/Milan|MO Modena|MB Monza e Brianza|NA Napoli/Naples|NO Novara|NU Nuoro|
        OR Oristano|PD Padova/Padua|PA Palermo|PR Parma|PV Pavia|PG Perugia|PU Pesaro e Urbino|
        PE Pescara|PC Piacenza|PI Pisa|PT Pistoia|PN Pordenone|PZ Potenza|PO Prato|RG Ragusa|RA Ravenna|
        RC Reggio Calabria|RE Reggio Emilia|RI Rieti|RN Rimini|RM Roma/Rome|RO Rovigo|SA Salerno|
        SS Sassari|SV Savona|SI Siena|SR Siracusa|SO Sondrio|SU Sud Sardegna|TA Taranto|TE Teramo|
        TR Terni|TO Torino/Turin|TP Trapani|TN Trento|TV Treviso|TS Trieste|UD Udine|VA Varese|
        VE Venezia/Venice|VB Verbano-Cusio-Ossola|VC Vercelli|VR Verona|VV Vibo Valentia|VI Vicenza|
        VT Viterbo""",
    "ES": """AN Andalucía/Andalusia|AR Aragón|AS Asturias|CN Canarias/Canary Islands|CB Cantabria|
        CL Castilla y León|CM Castilla-La Mancha|CT Catalunya/Cataluña/Catalonia|EX Extremadura|
        GA Galicia|IB Illes Balears/Islas Baleares/Baleares|RI La Rioja|MD Comunidad de Madrid|
        MC Región de Murcia|NC Navarra|PV País Vasco/Euskadi|VC Comunidad Valenciana/Comunitat Valenciana|
        VI Álava/Araba|AB Albacete|A Alicante/Alacant|AL Almería|AV Ávila|BA Badajoz|B Barcelona|
        BI Bizkaia/Vizcaya|BU Burgos|CC Cáceres|CA Cádiz|CS Castellón|CR Ciudad Real|CO Córdoba|
        C A Coruña/La Coruña|CU Cuenca|SS Gipuzkoa/Guipúzcoa|GI Girona/Gerona|GR Granada|GU Guadalajara|
        H Huelva|HU Huesca|J Jaén|LE León|L Lleida/Lérida|LU Lugo|M Madrid|MA Málaga|MU Murcia|
        OR Ourense/Orense|P Palencia|GC Las Palmas|PO Pontevedra|SA Salamanca|
        TF Santa Cruz de Tenerife|SG Segovia|SE Sevilla/Seville|SO Soria|T Tarragona|TE Teruel|
        TO Toledo|V Valencia/València|VA Valladolid|ZA Zamora|Z Zaragoza|CE Ceuta|ML Melilla""",
    "FR": """ARA Auvergne-Rhône-Alpes|BFC Bourgogne-Franche-Comté|BRE Bretagne/Brittany|
        CVL Centre-Val de Loire|GES Grand Est|HDF Hauts-de-France|IDF Île-de-France|
        NOR Normandie/Normandy|NAQ Nouvelle-Aquitaine|OCC Occitanie|PDL Pays de la Loire|
        PAC Provence-Alpes-Côte d'Azur/PACA|20R Corse/Corsica|01 Ain|02 Aisne|03 Allier|
        04 Alpes-de-Haute-Provence|05 Hautes-Alpes|06 Alpes-Maritimes|07 Ardèche|08 Ardennes|09 Ariège|
        10 Aube|11 Aude|12 Aveyron|13 Bouches-du-Rhône|14 Calvados|15 Cantal|16 Charente|
        17 Charente-Maritime|18 Cher|19 Corrèze|2A Corse-du-Sud|2B Haute-Corse|21 Côte-d'Or|
        22 Côtes-d'Armor|23 Creuse|24 Dordogne|25 Doubs|26 Drôme|27 Eure|28 Eure-et-Loir|29 Finistère|
        30 Gard|31 Haute-Garonne|32 Gers|33 Gironde|34 Hérault|35 Ille-et-Vilaine|36 Indre|
        37 Indre-et-Loire|38 Isère|39 Jura|40 Landes|41 Loir-et-Cher|42 Loire|43 Haute-Loire|
        44 Loire-Atlantique|45 Loiret|46 Lot|47 Lot-et-Garonne|48 Lozère|49 Maine-et-Loire|50 Manche|
        51 Marne|52 Haute-Marne|53 Mayenne|54 Meurthe-et-Moselle|55 Meuse|56 Morbihan|57 Moselle|
        58 Nièvre|59 Nord|60 Oise|61 Orne|62 Pas-de-Calais|63 Puy-de-Dôme|64 Pyrénées-Atlantiques|
        65 Hautes-Pyrénées|66 Pyrénées-Orientales|67 Bas-Rhin|68 Haut-Rhin|69 Rhône|70 Haute-Saône|
        71 Saône-et-Loire|72 Sarthe|73 Savoie|74 Haute-Savoie|75C Paris|76 Seine-Maritime|
        77 Seine-et-Marne|78 Yvelines|79 Deux-Sèvres|80 Somme|81 Tarn|82 Tarn-et-Garonne|83 Var|
        84 Vaucluse|85 Vendée|86 Vienne|87 Haute-Vienne|88 Vosges|89 Yonne|90 Territoire de Belfort|
        91 Essonne|92 Hauts-de-Seine|93 Seine-Saint-Denis|94 Val-de-Marne|95 Val-d'Oise""",
    "NL": """DR Drenthe|FL Flevoland|FR Friesland/Fryslân|GE Gelderland|GR Groningen|LI Limburg|
        NB Noord-Brabant/North Brabant|NH Noord-Holland/North Holland|OV Overijssel|UT Utrecht|
        ZE Zeeland|ZH Zuid-Holland/South Holland""",
    "BE": """BRU Brussels/Bruxelles/Brussel/Bruxelles-Capitale|VLG Vlaanderen/Flanders|
        WAL Wallonie/Wallonia|VAN Antwerpen/Antwerp|WBR Brabant wallon|WHT Hainaut|WLG Liège/Luik|
        VLI Limburg|WLX Luxembourg|WNA Namur|VOV Oost-Vlaanderen/East Flanders|
        VBR Vlaams-Brabant/Flemish Brabant|VWV West-Vlaanderen/West Flanders""",
    "SE": """K Blekinge|W Dalarna|I Gotland|X Gävleborg|N Halland|Z Jämtland|F Jönköping|H Kalmar|
        G Kronoberg|BD Norrbotten|M Skåne|AB Stockholm|D Södermanland|C Uppsala|S Värmland|
        AC Västerbotten|Y Västernorrland|U Västmanland|O Västra Götaland|T Örebro|E Östergötland""",
    "HR": """01 Zagrebačka|02 Krapinsko-zagorska|03 Sisačko-moslavačka|04 Karlovačka|05 Varaždinska|
        06 Koprivničko-križevačka|07 Bjelovarsko-bilogorska|08 Primorsko-goranska|09 Ličko-senjska|
        10 Virovitičko-podravska|11 Požeško-slavonska|12 Brodsko-posavska|13 Zadarska|
        14 Osječko-baranjska|15 Šibensko-kninska|16 Vukovarsko-srijemska|17 Splitsko-dalmatinska|
        18 Istarska|19 Dubrovačko-neretvanska|20 Međimurska|21 Grad Zagreb/Zagreb""",
    "UA": """05 Вінницька/Vinnytsia|07 Волинська/Volyn|09 Луганська/Luhansk|12 Дніпропетровська/Dnipropetrovsk|
        14 Донецька/Donetsk|18 Житомирська/Zhytomyr|21 Закарпатська/Zakarpattia|23 Запорізька/Zaporizhzhia|
        26 Івано-Франківська/Ivano-Frankivsk|30 Київ/Kyiv/Kiev|32 Київська|35 Кіровоградська/Kirovohrad|
        40 Севастополь/Sevastopol|43 Крим/Crimea|46 Львівська/Lviv|48 Миколаївська/Mykolaiv|
        51 Одеська/Odesa/Odessa|53 Полтавська/Poltava|56 Рівненська/Rivne|59 Сумська/Sumy|
        61 Тернопільська/Ternopil|63 Харківська/Kharkiv|65 Херсонська/Kherson|68 Хмельницька/Khmelnytskyi|
        71 Черкаська/Cherkasy|74 Чернігівська/Chernihiv|77 Чернівецька/Chernivtsi""",
    "RU": """MOW Москва/Moscow|SPE Санкт-Петербург/Saint Petersburg/СПб|MOS Московская/Moscow Oblast|
        LEN Ленинградская|SVE Свердловская|NVS Новосибирская|NIZ Нижегородская|SAM Самарская|
        ROS Ростовская|CHE Челябинская|KDA Краснодарский|KYA Красноярский|PER Пермский|
        PRI Приморский|STA Ставропольский|ALT Алтайский|KHA Хабаровский|TA Татарстан|BA Башкортостан|
        VOR Воронежская|VGG Волгоградская|SAR Саратовская|TYU Тюменская|OMS Омская|IRK Иркутская|
        KEM Кемеровская|TOM Томская|TUL Тульская|YAR Ярославская|TVE Тверская|RYA Рязанская|
        PNZ Пензенская|ORE Оренбургская|KGD Калининградская|VLA Владимирская|KLU Калужская|
        BRY Брянская|BEL Белгородская|KRS Курская|LIP Липецкая|ORL Орловская|SMO Смоленская|
        TAM Тамбовская|IVA Ивановская|KOS Костромская|KIR Кировская|ULY Ульяновская|AST Астраханская|
        KGN Курганская|AMU Амурская|MUR Мурманская|ARK Архангельская|VLG Вологодская|NGR Новгородская|
        PSK Псковская|SAK Сахалинская|KAM Камчатский|ZAB Забайкальский|MAG Магаданская|
        UD Удмуртская/Удмуртия|CU Чувашская/Чувашия|ME Марий Эл|MO Мордовия|KR Карелия|KO Коми|
        SA Саха/Якутия|BU Бурятия|DA Дагестан|CE Чеченская/Чечня|SE Северная Осетия|KB Кабардино-Балкарская|
        KC Карачаево-Черкесская|IN Ингушетия|AD Адыгея|KL Калмыкия|KK Хакасия|TY Тыва|AL Алтай""",
    "BR": """AC Acre|AL Alagoas|AP Amapá|AM Amazonas|BA Bahia|CE Ceará|DF Distrito Federal|
        ES Espírito Santo|GO Goiás|MA Maranhão|MT Mato Grosso|MS Mato Grosso do Sul|MG Minas Gerais|
        PA Pará|PB Paraíba|PR Paraná|PE Pernambuco|PI Piauí|RJ Rio de Janeiro|RN Rio Grande do Norte|
        RS Rio Grande do Sul|RO Rondônia|RR Roraima|SC Santa Catarina|SP São Paulo|SE Sergipe|TO Tocantins""",
    "MX": """AGU Aguascalientes|BCN Baja California|BCS Baja California Sur|CAM Campeche|CHP Chiapas|
        CHH Chihuahua|CMX Ciudad de México/CDMX/Mexico City/Distrito Federal|COA Coahuila|COL Colima|
        DUR Durango|GUA Guanajuato|GRO Guerrero|HID Hidalgo|JAL Jalisco|MEX México/Estado de México|
        MIC Michoacán|MOR Morelos|NAY Nayarit|NLE Nuevo León|OAX Oaxaca|PUE Puebla|QUE Querétaro|
        ROO Quintana Roo|SLP San Luis Potosí|SIN Sinaloa|SON Sonora|TAB Tabasco|TAM Tamaulipas|
        TLA Tlaxcala|VER Veracruz|YUC Yucatán|ZAC Zacatecas""",
    "IN": """AP Andhra Pradesh|AR Arunachal Pradesh|AS Assam|BR Bihar|CG Chhattisgarh/CT|GA Goa|
        GJ Gujarat|HR Haryana|HP Himachal Pradesh|JH Jharkhand|KA Karnataka|KL Kerala|
        MP Madhya Pradesh|MH Maharashtra|MN Manipur|ML Meghalaya|MZ Mizoram|NL Nagaland|
        OD Odisha/Orissa/OR|PB Punjab|RJ Rajasthan|SK Sikkim|TN Tamil Nadu|TS Telangana/TG|TR Tripura|
        UP Uttar Pradesh|UK Uttarakhand/UT|WB West Bengal|DL Delhi/New Delhi|CH Chandigarh|
        PY Puducherry/Pondicherry|JK Jammu and Kashmir|LA Ladakh|AN Andaman and Nicobar Islands|
        LD Lakshadweep""",
    "CN": """BJ 北京/北京市/Beijing|TJ 天津/天津市/Tianjin|HE 河北/河北省/Hebei|SX 山西/山西省/Shanxi|
        NM 内蒙古/内蒙古自治区/Inner Mongolia|LN 辽宁/辽宁省/Liaoning|JL 吉林/吉林省/Jilin|
        HL 黑龙江/黑龙江省/Heilongjiang|SH 上海/上海市/Shanghai|JS 江苏/江苏省/Jiangsu|
        ZJ 浙江/浙江省/Zhejiang|AH 安徽/安徽省/Anhui|FJ 福建/福建省/Fujian|JX 江西/江西省/Jiangxi|
        SD 山东/山东省/Shandong|HA 河南/河南省/Henan|HB 湖北/湖北省/Hubei|HN 湖南/湖南省/Hunan|
        GD 广东/广东省/Guangdong|GX 广西/广西壮族自治区/Guangxi|HI 海南/海南省/Hainan|
        CQ 重庆/重庆市/Chongqing|SC 四川/四川省/Sichuan|GZ 贵州/贵州省/Guizhou|YN 云南/云南省/Yunnan|
        XZ 西藏/西藏自治区/Tibet|SN 陕西/陕西省/Shaanxi|GS 甘肃/甘肃省/Gansu|QH 青海/青海省/Qinghai|
        NX 宁夏/宁夏回族自治区/Ningxia|XJ 新疆/新疆维吾尔自治区/Xinjiang""",
    "JP": """01 北海道/Hokkaido|02 青森県/Aomori|03 岩手県/Iwate|04 宮城県/Miyagi|05 秋田県/Akita|
        06 山形県/Yamagata|07 福島県/Fukushima|08 茨城県/Ibaraki|09 栃木県/Tochigi|10 群馬県/Gunma|
        11 埼玉県/Saitama|12 千葉県/Chiba|13 東京都/Tokyo|14 神奈川県/Kanagawa|15 新潟県/Niigata|
        16 富山県/Toyama|17 石川県/Ishikawa|18 福井県/Fukui|19 山梨県/Yamanashi|20 長野県/Nagano|
        21 岐阜県/Gifu|22 静岡県/Shizuoka|23 愛知県/Aichi|24 三重県/Mie|25 滋賀県/Shiga|26 京都府/Kyoto|
        27 大阪府/Osaka|28 兵庫県/Hyogo|29 奈良県/Nara|30 和歌山県/Wakayama|31 鳥取県/Tottori|
        32 島根県/Shimane|33 岡山県/Okayama|34 広島県/Hiroshima|35 山口県/Yamaguchi|36 徳島県/Tokushima|
        37 香川県/Kagawa|38 愛媛県/Ehime|39 高知県/Kochi|40 福岡県/Fukuoka|41 佐賀県/Saga|
        42 長崎県/Nagasaki|43 熊本県/Kumamoto|44 大分県/Oita|45 宮崎県/Miyazaki|46 鹿児島県/Kagoshima|
        47 沖縄県/Okinawa""",
}
