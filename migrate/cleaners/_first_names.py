"""Which words are first names, in the languages of the companies that are moved?

Enough frequent ones, folded (no accents, small letters), to see which way round a name is written.
A word that is a family name as often (Urban, Benedikt) has no place here.
"""

from __future__ import annotations

_SLOVAK_AND_CZECH = """
adam adrian ales alexander alfred alois ambroz andrej anton antonin arnold arpad augustin bohdan
bohumil bohumir bohuslav boris branislav bronislav bystrik cyril dalibor daniel david denis
dobroslav drahomir dusan edmund eduard emil erik ervin eugen fedor ferdinand filip frantisek fridrich
gabriel gejza gregor gustav henrich hubert hugo hynek ignac igor imrich ivan ivo izidor jakub jan
jaromir jaroslav jergus jiri jozef josef juraj kamil karel karol kazimir klement koloman konstantin
kornel kristian kvetoslav ladislav leopold libor lubomir lubos ludovit lukas marcel marek marian
martin matej matus maximilian medard michal mikulas milan milos miloslav mirko miroslav mojmir
norbert oldrich oliver ondrej oskar oto otakar patrik pavel pavol peter petr premysl radek radim
radomir radoslav radovan rastislav rene richard robert roland roman rudolf samuel sebastian servac
severin simon slavomir stanislav stefan svatopluk svetozar tadeas teodor tibor timotej tomas vaclav
valentin vaclav viktor viliam vincent vit vladimir vladislav vlastimil vojtech vratislav vratko
zdenek zdenko zlatko zoltan
adela adriana agata agnesa alena alexandra alica alzbeta amalia anastazia andrea aneta angela anna
antonia barbora beata bibiana blanka blazena bohumila bozena brigita cecilia dagmar dana daniela
daria darina denisa diana dominika dorota drahomira edita elena eleonora elvira emilia erika estera
eugenia eva frantiska gabriela gertruda gizela hana hedviga helena henrieta hermina hilda ida
irena iveta ivana ivona izabela jana jarmila jaroslava jitka jolana jozefina judita julia juliana
kamila karina karolina katarina katerina klara klaudia kristina kveta lada laura lea lenka liana
lidia linda livia lubica lubomira lucia lucie ludmila lujza magdalena marcela margareta margita
maria marie marianna marika marta martina matilda melania michaela miriam milena miroslava monika
nada natalia nela nikola nina nora olga olivia otilia patricia paulina pavla pavlina petra radka
regina renata romana rozalia ruzena sabina sandra sara sarlota silvia simona sofia sona stanislava
stefania stela svetlana tamara tatiana tereza terezia valeria vanda vendula vera veronika viera
viktoria viola vladimira vlasta xenia zaneta zdenka zita zlatica zofia zuzana
"""
_OTHERS = """
john james robert michael william david mary patricia jennifer linda elizabeth thomas andreas klaus
hans wolfgang christian sabine ursula piotr krzysztof andrzej katarzyna malgorzata agnieszka laszlo
istvan zoltan gyorgy γιωργος γεωργιος μαρια δημητρης иван сергей александр анна мария елена ольга
наталья jean pierre francois nathalie giuseppe giovanni marco antonio jose carlos luis ana
"""
FIRST_NAMES = frozenset(f"{_SLOVAK_AND_CZECH} {_OTHERS}".split())
