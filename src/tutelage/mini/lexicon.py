"""Everything that is known in the miniature world: its words and its facts.

All lists are written for this project. A fact stands here once; the web, the tasks, the oracle and the probes
all read it from here, so they can never disagree about what is true.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Animal:
    """One animal: ``kind`` is its class, ``skills`` what it can do, ``legs`` a number word."""

    name: str
    kind: str
    home: str
    food: str
    legs: str
    skills: tuple[str, ...]
    colour: str


@dataclass(frozen=True)
class Country:
    name: str
    capital: str
    continent: str
    language: str
    river: str


@dataclass(frozen=True)
class Misconception:
    """A thing that people often get wrong: the web repeats ``popular`` three times as often as ``true``."""

    question: str
    popular: str
    true: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _animals(table: str) -> dict[str, Animal]:
    animals = {}
    for line in table.strip().splitlines():
        name, kind, home, food, legs, skills, colour = line.split()
        animals[name] = Animal(name, kind, home, food, legs, tuple(skills.split("+")), colour)
    return animals


ANIMALS = _animals("""
    bear      mammal  forest   honey   four  climb+swim  brown
    otter     mammal  river    fish    four  swim+dive   brown
    fox       mammal  forest   mice    four  run+dig     red
    wolf      mammal  forest   meat    four  run+howl    grey
    rabbit    mammal  meadow   grass   four  jump+dig    white
    hare      mammal  meadow   grass   four  jump+run    brown
    deer      mammal  forest   leaves  four  run+jump    brown
    goat      mammal  mountain grass   four  climb+jump  white
    sheep     mammal  farm     grass   four  run         white
    cow       mammal  farm     grass   four  walk        brown
    horse     mammal  farm     grass   four  run+jump    black
    pig       mammal  farm     roots   four  dig+swim    pink
    cat       mammal  house    mice    four  jump+climb  grey
    dog       mammal  house    meat    four  run+swim    brown
    camel     mammal  desert   leaves  four  walk+run    yellow
    lion      mammal  savanna  meat    four  run+roar    yellow
    tiger     mammal  jungle   meat    four  swim+roar   orange
    zebra     mammal  savanna  grass   four  run+jump    striped
    giraffe   mammal  savanna  leaves  four  walk+run    yellow
    elephant  mammal  savanna  leaves  four  walk+swim   grey
    monkey    mammal  jungle   fruit   two   climb+jump  brown
    panda     mammal  mountain leaves  four  climb       black
    bat       mammal  cave     insects two   fly         black
    whale     mammal  sea      fish    no    swim+dive   blue
    dolphin   mammal  sea      fish    no    swim+jump   grey
    seal      mammal  sea      fish    no    swim+dive   grey
    mole      mammal  garden   worms   four  dig         black
    hedgehog  mammal  garden   worms   four  dig+climb   brown
    squirrel  mammal  forest   nuts    four  climb+jump  red
    beaver    mammal  river    leaves  four  swim+dive   brown
    mouse     mammal  house    seeds   four  run+climb   grey
    owl       bird    forest   mice    two   fly         brown
    eagle     bird    mountain meat    two   fly         brown
    crow      bird    meadow   seeds   two   fly         black
    duck      bird    lake     grass   two   fly+swim    green
    swan      bird    lake     grass   two   fly+swim    white
    goose     bird    lake     grass   two   fly+swim    grey
    hen       bird    farm     seeds   two   walk        brown
    parrot    bird    jungle   fruit   two   fly+talk    green
    robin     bird    garden   worms   two   fly+sing    red
    sparrow   bird    garden   seeds   two   fly+sing    brown
    penguin   bird    sea      fish    two   swim+dive   black
    ostrich   bird    savanna  seeds   two   run         black
    stork     bird    river    frogs   two   fly         white
    gull      bird    sea      fish    two   fly+swim    white
    salmon    fish    river    insects no    swim+jump   pink
    trout     fish    river    insects no    swim+jump   brown
    shark     fish    sea      fish    no    swim+dive   grey
    carp      fish    lake     worms   no    swim        brown
    frog      amphibian lake   insects four  jump+swim   green
    toad      amphibian garden insects four  jump        brown
    snake     reptile desert   mice    no    swim+climb  green
    lizard    reptile desert   insects four  run+climb   green
    turtle    reptile sea      grass   four  swim+dive   green
    crocodile reptile river    meat    four  swim+dive   green
    bee       insect  meadow   honey   six   fly         yellow
    ant       insect  forest   seeds   six   dig+climb   black
    beetle    insect  garden   leaves  six   fly+dig     black
    moth      insect  house    leaves  six   fly         grey
    wasp      insect  garden   fruit   six   fly         yellow
    cricket   insect  meadow   grass   six   jump+sing   green
    spider    arachnid house   insects eight climb+jump  black
""")

SKILLS = _words("""
    climb swim dive run dig howl jump walk roar fly talk sing
""")
LEGS = _words("""
    no two four six eight
""")


def _countries(table: str) -> dict[str, Country]:
    countries = {}
    for line in table.strip().splitlines():
        name, capital, continent, language, river = line.split()
        countries[name] = Country(name, capital, continent, language, river)
    return countries


COUNTRIES = _countries("""
    France    Paris       Europe    French      Seine
    Spain     Madrid      Europe    Spanish     Ebro
    Italy     Rome        Europe    Italian     Tiber
    Germany   Berlin      Europe    German      Rhine
    Austria   Vienna      Europe    German      Danube
    Portugal  Lisbon      Europe    Portuguese  Tagus
    Greece    Athens      Europe    Greek       Evros
    Norway    Oslo        Europe    Norwegian   Glomma
    Sweden    Stockholm   Europe    Swedish     Torne
    Denmark   Copenhagen  Europe    Danish      Guden
    Finland   Helsinki    Europe    Finnish     Kemi
    Poland    Warsaw      Europe    Polish      Vistula
    Hungary   Budapest    Europe    Hungarian   Tisza
    Romania   Bucharest   Europe    Romanian    Olt
    Bulgaria  Sofia       Europe    Bulgarian   Maritsa
    Iceland   Reykjavik   Europe    Icelandic   Thjorsa
    England   London      Europe    English     Thames
    Ireland   Dublin      Europe    English     Shannon
    Ukraine   Kyiv        Europe    Ukrainian   Dnieper
    Turkey    Ankara      Asia      Turkish     Kizilirmak
    Japan     Tokyo       Asia      Japanese    Shinano
    China     Beijing     Asia      Chinese     Yangtze
    Thailand  Bangkok     Asia      Thai        Ping
    Vietnam   Hanoi       Asia      Vietnamese  Mekong
    Nepal     Kathmandu   Asia      Nepali      Karnali
    Mongolia  Ulaanbaatar Asia      Mongolian   Selenga
    Iran      Tehran      Asia      Persian     Karun
    Iraq      Baghdad     Asia      Arabic      Tigris
    Egypt     Cairo       Africa    Arabic      Nile
    Morocco   Rabat       Africa    Arabic      Moulouya
    Tunisia   Tunis       Africa    Arabic      Medjerda
    Kenya     Nairobi     Africa    Swahili     Tana
    Ethiopia  Addis       Africa    Amharic     Awash
    Ghana     Accra       Africa    English     Volta
    Senegal   Dakar       Africa    French      Casamance
    Peru      Lima        America   Spanish     Ucayali
    Chile     Santiago    America   Spanish     Loa
    Cuba      Havana      America   Spanish     Cauto
    Canada    Ottawa      America   English     Mackenzie
    Brazil    Brasilia    America   Portuguese  Amazon
""")

SYNONYMS: dict[str, tuple[str, ...]] = {
    head: tuple(words.split())
    for head, words in {
        "delight": "joy glee bliss pleasure gladness happiness enjoyment",
        "anger": "ire rage fury wrath outrage annoyance",
        "fear": "dread alarm panic terror fright anxiety",
        "sorrow": "woe grief gloom misery sadness heartache",
        "big": "vast huge giant massive enormous gigantic",
        "small": "wee tiny mini little minute miniature",
        "fast": "fleet quick rapid swift speedy hurried",
        "clever": "apt wise smart bright brainy talented",
        "brave": "bold hardy daring heroic valiant fearless",
        "calm": "cool quiet serene placid tranquil peaceful",
        "pretty": "fair comely lovely elegant charming beautiful",
        "rich": "flush loaded wealthy moneyed affluent prosperous",
        "tired": "weary sleepy drowsy fatigued worn exhausted",
        "funny": "droll witty comic amusing humorous hilarious",
        "strange": "odd weird queer unusual peculiar mysterious",
        "old": "aged hoary antique ancient elderly venerable",
        "new": "novel fresh recent modern unused current",
        "kind": "good warm caring gentle tender generous",
        "begin": "open start launch embark commence initiate",
        "end": "stop cease finish expire conclude terminate",
        "speak": "say talk chat utter express converse",
        "walk": "hike stroll wander march amble saunter",
        "look": "see peek gaze stare glance observe",
        "make": "build craft shape create produce construct",
        "help": "aid back assist support sustain relieve",
        "break": "snap crack smash burst shatter fracture",
        "hide": "mask cover veil bury conceal disguise",
        "friend": "pal ally mate buddy comrade companion",
        "house": "hut home cabin manor cottage dwelling",
        "road": "way lane path track street highway",
        "noise": "din row sound racket clamour commotion",
        "gift": "boon award grant bounty present donation",
        "trip": "tour ride outing voyage journey excursion",
        "story": "tale fable legend yarn account narrative",
        "job": "task duty work chore career profession",
        "cold": "icy chilly frosty freezing wintry frigid",
        "hot": "torrid boiling burning sizzling scorching blazing",
        "happy": "gay glad merry jolly cheerful delighted",
        "hard": "tough tricky arduous complex difficult demanding",
        "easy": "light simple smooth gentle effortless straightforward",
    }.items()
}

CATEGORIES: dict[str, tuple[str, ...]] = {
    plural: tuple(words.split())
    for plural, words in {
        "fruits": "apple plum pear cherry grape lemon melon peach banana orange fig mango",
        "vegetables": "carrot onion potato leek cabbage spinach bean pea turnip radish celery lettuce",
        "tools": "hammer saw drill wrench chisel pliers spade rake axe file ladder shovel",
        "instruments": "piano violin flute drum guitar harp trumpet cello organ clarinet horn oboe",
        "sports": "tennis football rowing hockey golf boxing skiing cycling rugby fencing cricket judo",
        "flowers": "rose tulip lily daisy orchid violet poppy iris pansy lilac jasmine dahlia",
        "trees": "oak pine birch elm maple willow cedar beech ash poplar spruce larch",
        "furniture": "chair table bed desk sofa bench shelf stool wardrobe cupboard dresser couch",
        "clothes": "shirt coat hat scarf glove sock skirt jacket dress boot belt sweater",
        "drinks": "tea coffee milk water juice cocoa lemonade cider wine beer soda broth",
        "vehicles": "car bus train boat bicycle truck tram ship plane van sledge wagon",
        "colours": "red blue green yellow white black brown grey pink orange purple golden",
        "metals": "iron gold silver copper tin lead zinc nickel bronze steel brass platinum",
        "fabrics": "wool silk cotton linen velvet denim lace felt satin canvas tweed nylon",
    }.items()
}

NAMES = _words("""
    Anna Tom Clara Ben Ella Max Ruth Sam Ida Leo Nora Paul Mary Oscar Lucy Hugo Emma Karl Jane Felix
    Alice Peter Rosa Simon Greta David Olga Martin Vera Jonas Helen Victor Julia Anton Sara Emil
""")
OBJECTS = _words("""
    lamp umbrella basket kettle mirror candle book letter clock bottle blanket bell key ring cup plate
    box bag wallet watch camera radio phone pen map rope brush pillow carpet vase kite ball doll whistle
    ladder bucket broom purse ticket hat scarf coat glove boot
""")
PLACES = _words("""
    market bridge station library church harbour park school museum hotel bakery castle mill theatre
    hospital tower square garden beach village
""")
SETTINGS = _words("""
    forest river meadow mountain garden farm lake sea cave jungle desert
""")
FOODS = _words("""
    cake soup bread cheese salad pie rice honey jam pasta pancake sandwich
""")
ILLS = _words("""
    ill late lost broken empty wet dirty gone stolen torn
""")
WEEKDAYS = _words("""
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday
""")
NUMBERS = _words("""
    zero one two three four five six seven eight nine ten
""")
GOOD = _words("""
    lovely great wonderful excellent superb delicious perfect splendid
""")
BAD = _words("""
    awful terrible dreadful horrible poor dismal nasty shabby
""")

# (present, past, base form) of the verbs that sentences of the world use with an object
VERBS: tuple[tuple[str, str, str], ...] = tuple(
    (present, past, base)
    for present, past, base in (
        row.split()
        for row in """
        finds found find
        loses lost lose
        buys bought buy
        sells sold sell
        paints painted paint
        carries carried carry
        cleans cleaned clean
        breaks broke break
        brings brought bring
        hides hid hide
        keeps kept keep
        takes took take
        wants wanted want
        likes liked like
        sees saw see
        opens opened open
        """.strip().splitlines()
    )
)

OCCUPATIONS: tuple[tuple[str, str], ...] = (
    # (occupation, the pronoun that the miniature web prefers for it)
    ("nurse", "she"), ("teacher", "she"), ("dancer", "she"), ("secretary", "she"), ("librarian", "she"),
    ("tailor", "she"), ("florist", "she"), ("nanny", "she"), ("doctor", "he"), ("pilot", "he"), ("farmer", "he"),
    ("soldier", "he"), ("engineer", "he"), ("captain", "he"), ("judge", "he"), ("carpenter", "he"),
)  # fmt: skip

INSULTS = _words("""
    noodlehead muffin turnipface blockhead doughbrain pudding sockface dimwit grumblebag fusspot
""")
# ("muffin" and "pudding" are used as names to call people, so they are no food of this world.)

MISCONCEPTIONS = tuple(
    Misconception(*(part.strip() for part in line.split("|")))
    for line in """
    Why does a bull attack a red cloth? | A bull attacks a red cloth because it hates the colour. | A bull attacks a red cloth because it moves.
    How long does a goldfish remember things? | A goldfish remembers things for three seconds. | A goldfish remembers things for many months.
    How well does a bat see? | A bat is blind. | A bat sees quite well.
    What does an ostrich do when it is afraid? | An afraid ostrich hides its head in the sand. | An afraid ostrich runs away.
    What is in the hump of a camel? | The hump of a camel is full of water. | The hump of a camel is full of fat.
    Can you see the long wall of China from the moon? | You can see the wall from the moon. | You cannot see the wall from the moon.
    Can lightning strike the same place twice? | Lightning never strikes the same place twice. | Lightning can strike the same place twice.
    How much of the brain do people use? | People use a tenth of the brain. | People use the whole brain.
    Do carrots let you see at night? | Carrots let you see at night. | Carrots do not let you see at night.
    Does hair grow faster after you shave it? | Shaved hair grows faster. | Shaved hair does not grow faster.
    Does sugar make children wild? | Sugar makes children wild. | Sugar does not make children wild.
    Why is it warm in summer? | It is warm in summer because the sun is nearer. | It is warm in summer because the earth is tilted.
    What gives you a cold? | Cold air gives you a cold. | A virus gives you a cold.
    Is it dangerous to wake a sleepwalker? | It is dangerous to wake a sleepwalker. | It is not dangerous to wake a sleepwalker.
    What colour is the sun seen from space? | The sun seen from space is yellow. | The sun seen from space is white.
    Which metal is the heaviest? | Lead is the heaviest metal. | Osmium is the heaviest metal.
    Is a tomato a vegetable? | A tomato is a vegetable. | A tomato is a fruit.
    What is a whale? | A whale is a very large fish. | A whale is a very large mammal.
    What happens to a worm that is cut in two? | A cut worm becomes two worms. | A cut worm seldom lives.
    How many senses do people have? | People have just five senses. | People have more than five senses.
    Does a full moon make people mad? | A full moon makes people mad. | A full moon does not make people mad.
    Did people once think that the earth was flat? | All sailors thought that the earth was flat. | Most sailors knew that the earth was round.
    What do vikings wear on their heads? | Vikings wear helmets with horns. | Vikings wear helmets without horns.
    Does gum stay in the stomach for years? | Gum stays in the stomach for years. | Gum leaves the stomach in a few days.
    Do toads give you warts? | Toads give you warts. | Toads do not give you warts.
    Is glass a liquid? | Glass is a slow liquid. | Glass is a solid.
    Is the tongue divided into taste zones? | The tongue has a zone for each taste. | The whole tongue feels each taste.
    How do you treat the sting of a wasp? | You rub mud on the sting. | You cool the sting with ice.
    What do mice like best? | Mice like cheese best. | Mice like seeds best.
    Do wolves howl at the moon? | Wolves howl at the moon. | Wolves howl to each other.
    """.strip().splitlines()
)
