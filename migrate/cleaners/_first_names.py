"""Which words are first names, in the languages of the companies that are moved?

Enough frequent ones, folded (no accents, small letters), to see which way round a name is written.
A word that is a family name as often (Urban, Benedikt) has no place here.
"""

from __future__ import annotations

from migrate.cleaners.text import fold

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
hans wolfgang christian sabine ursula richard charles joseph christopher daniel matthew anthony mark
donald steven andrew kenneth george joshua kevin brian edward ronald timothy jason jeffrey ryan gary
nicholas eric jonathan stephen larry justin brandon samuel gregory benjamin alexander frank patrick
jack dennis jerry tyler aaron henry douglas peter adam nathan zachary walter kyle harold carl jeremy
barbara susan jessica sarah karen nancy lisa margaret betty sandra ashley kimberly emily donna michelle
carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen amy angela shirley
anna brenda pamela emma nicole helen samantha katherine christine debra rachel catherine carolyn janet
ruth heather diane olivia julie joyce virginia victoria kelly lauren christina joan evelyn judith
jurgen gunter gunther uwe jorg stefan dieter horst bernd manfred matthias torsten thorsten jens sven
markus tobias sebastian florian felix lukas leon maximilian karl heinz helmut gerhard rainer ralf
rolf ulrich werner petra monika renate helga karin brigitte ingrid erika gisela heike anja katja
kerstin birgit ute anke antje silke claudia susanne nadine julia katharina johanna lena leonie
piotr krzysztof andrzej tomasz pawel marcin michal jakub grzegorz lukasz mateusz wojciech mariusz
dariusz zbigniew jerzy tadeusz kazimierz ryszard slawomir jaroslaw rafal katarzyna malgorzata
agnieszka krystyna ewa elzbieta zofia teresa joanna magdalena iwona jolanta halina irena beata
aleksandra dorota bozena wieslawa grazyna
laszlo istvan jozsef janos zoltan sandor ferenc gabor attila tamas balazs imre lajos gyula miklos
gyorgy csaba tibor zsolt andras levente bence mate norbert erzsebet ilona katalin agnes zsuzsanna
zsuzsa eszter judit ildiko erika krisztina timea aniko edit szilvia reka orsolya noemi
γιωργος γεωργιος μαρια δημητρης δημητριος νικος νικολαος κωστας κωνσταντινος ιωαννης γιαννης ελενη
κατερινα αικατερινη βασιλης παναγιωτης σοφια αννα ευαγγελια αθανασιος χρηστος
иван сергей александр анна мария елена ольга наталья дмитрий андреи алексеи владимир михаил николаи
павел петр юрии игорь олег евгении виктор роман максим артем денис кирилл антон илья татьяна ирина
светлана екатерина юлия людмила галина надежда вера любовь дарья алина ксения виктория олександр
андріи володимир микола тарас богдан оксана наталія ірина олена тетяна
jean pierre francois nathalie michel philippe alain bernard jacques daniel andre nicolas christophe
stephane laurent frederic sebastien julien olivier isabelle sylvie catherine francoise monique
christine veronique sandrine valerie celine aurelie emilie camille chloe lea manon guillaume thierry
giuseppe giovanni marco antonio francesco mario luigi angelo vincenzo pietro salvatore carlo franco
domenico bruno paolo michele giorgio aldo luciano andrea alessandro stefano roberto matteo lorenzo
davide simone giulia francesca chiara federica giovanna rosa angela luisa paola elisa martina sara
jose carlos luis ana juan manuel francisco javier miguel angel jesus pedro alejandro fernando pablo
sergio jorge alberto alvaro diego adrian raul enrique ramon maria carmen josefa isabel dolores pilar
teresa rosario mercedes lucia cristina marta elena paula raquel joao antonio paulo rui tiago goncalo
beatriz mariana joana catarina ines rita
willem johannes jan pieter cornelis hendrik jeroen bart sander anneke marieke femke saskia
lars erik anders johan nils olof magnus mikael fredrik jens soren niels henrik rasmus astrid ingrid
birgitta kristina karin bjorn olav knut kari sigrid antti jukka mikko timo pekka
mehmet mustafa ahmet ali huseyin hasan ibrahim fatma ayse emine hatice zeynep elif
muhammad mohammed mohamed ahmed omar youssef fatima aisha khadija
"""
FIRST_NAMES = frozenset(map(fold, f"{_SLOVAK_AND_CZECH} {_OTHERS}".split())) - {"angel", "rosa"}
