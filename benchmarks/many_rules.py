"""Ten thousand rules as the marketers of one company might have written them, and the contacts they are about.

Everything is drawn from one seed. About one rule in seven looks at purchases, one in twelve searches in text, one in
eight has a window that moves with the clock, and one in six has alternatives.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from benchmarks.rule_shapes import NOW
from kohorte.core.values import fold, from_days, month_day, to_micros

Record = dict[str, Any]
WITH_AGGREGATE: Final = 0.15

COUNTRIES: Final = (
    *("DE", "AT", "CH", "FR", "US", "GB", "IT", "ES", "NL", "BE", "PL", "CZ", "DK", "SE", "NO"),
    *("FI", "PT", "IE", "GR", "HU", "RO", "BG", "HR", "SI", "SK", "LT", "LV", "EE", "LU", "JP"),
)
LANGUAGES: Final = ("de", "en", "fr", "it", "es", "nl", "pl", "cs", "da", "sv")
TIERS: Final = ("gold", "silver", "bronze")
CATEGORIES: Final = ("wholesale", "retail", "press", "public", "partner")
CITIES: Final = tuple(
    stem + end
    for stem in ("Ber", "Ham", "Mün", "Köl", "Par", "Lyo", "Wie", "Gra", "Zür", "Bas")
    for end in ("lin", "burg", "chen", "n", "is", "on", "ich", "el", "berg", "dorf", "stadt", "heim", "feld", "tal")
)
DOMAINS: Final = ("gmail.com", "gmx.de", "web.de", "outlook.com", *(f"shop{number}.example" for number in range(60)))


def rule_texts(count: int, seed: int = 11) -> list[str]:
    """Return so many rules over the catalogue of ``rule_shapes``."""
    random = Random(seed)  # noqa: S311 - figures for a benchmark
    return [_rule(random) for _ in range(count)]


def _rule(random: Random) -> str:
    parts = _fields(random, random.choices((1, 2, 3, 4, 5), (5, 25, 35, 25, 10))[0])
    if random.random() < 1 / 6:
        alternatives = " or ".join(_fields(random, random.choice((2, 2, 3))))
        parts[-1] = f"({alternatives})"
    if random.random() < WITH_AGGREGATE:
        parts = [*parts[: random.choice((0, 1, 2, 3))], _aggregate(random)]
    random.shuffle(parts)
    return " and ".join(parts)


def _fields(random: Random, count: int) -> list[str]:
    """Write conditions on as many different fields."""
    writers = [write for write, weight in _FIELDS for _ in range(weight)]
    chosen: list[Callable[[Random], str]] = []
    while len(chosen) < count:
        write = random.choice(writers)
        if write not in chosen:
            chosen.append(write)
    return [write(random) for write in chosen]


def _some(random: Random, words: tuple[str, ...], most: int = 4) -> str:
    return ", ".join(f'"{word}"' for word in random.sample(words, random.randint(2, most)))


def _country(random: Random) -> str:
    return random.choice(
        (
            f'contact.country = "{random.choice(COUNTRIES)}"',
            f'contact.country = "{random.choice(COUNTRIES)}"',
            f"contact.country in ({_some(random, COUNTRIES, 6)})",
            f'contact.country != "{random.choice(COUNTRIES)}"',
        )
    )


def _city(random: Random) -> str:
    city = random.choice(CITIES)
    test = random.choice((f'= "{city}"', f'= "{city}"', f"in ({_some(random, CITIES)})", f'starts with "{city[:3]}"'))
    return f"contact.city {test}"


def _search(random: Random) -> str:
    city = random.choice(CITIES)
    return random.choice(
        (
            f'contact.city contains "{city[2:6]}"',
            f'contact.email_domain ends with ".{random.choice(("de", "com", "example", "org"))}"',
            f'contact.email_domain does not contain "{random.choice(DOMAINS)[:5]}"',
            f'contact.email_domain matches "*{random.choice("0123456789")}*.example"',
        )
    )


def _score(random: Random) -> str:
    low = random.randrange(0, 100)
    return random.choice(
        (f"contact.score >= {low}", f"contact.score < {low}", f"contact.score between {low} and {low + 20}")
    )


def _created(random: Random) -> str:
    year, month = random.randint(2019, 2023), random.randint(1, 12)
    window = f"{random.choice((7, 14, 30, 60, 90, 180, 365))} days"
    return random.choice(
        (
            f"contact.created_at in the last {window}",
            f"contact.created_at more than {window} ago",
            f"contact.created_at on or after {year}-{month:02}-01",
            f"contact.created_at before {year}-{month:02}-{random.randint(1, 28):02}",
            f"contact.created_at in {random.choice(('this', 'last'))} {random.choice(('month', 'quarter', 'year'))}",
        )
    )


def _birthday(random: Random) -> str:
    return random.choice(
        (
            f"contact.birthday before {random.randint(1960, 2004)}-01-01",
            f"contact.birthday on or after {random.randint(1960, 2004)}-01-01",
            f"contact.birthday has anniversary in the next {random.choice((1, 3, 7, 14, 30))} days",
        )
    )


def _presence(random: Random) -> str:
    name = random.choice(("city", "birthday", "score", "language", "email_domain"))
    return f"contact.{name} is {random.choice(('set', 'set', 'empty'))}"


_FIELDS: Final[tuple[tuple[Callable[[Random], str], int], ...]] = (
    (_country, 20),
    (_city, 12),
    (_search, 4),
    (_score, 14),
    (_created, 12),
    (_birthday, 6),
    (_presence, 5),
    (lambda random: f'contact.language {random.choice(("=", "=", "!="))} "{random.choice(LANGUAGES)}"', 9),
    (lambda random: f'contact.email_domain = "{random.choice(DOMAINS)}"', 6),
    (lambda random: f'contact.tier = "{random.choice(TIERS)}"', 7),
    (lambda random: f'customer.category = "{random.choice(CATEGORIES)}"', 7),
    (lambda random: random.choice(("contact.subscribed", "contact.subscribed", "not contact.subscribed")), 6),
)


def _aggregate(random: Random) -> str:
    filters = [f"last {random.choice((7, 14, 30, 60, 90, 180, 365))} days"] if random.random() < 0.7 else []
    if random.random() < 0.3:
        filters.insert(0, f'status = "{random.choice(("paid", "open", "cancelled"))}"')
    rows = f"purchases({', '.join(filters)})" if filters else "purchases"
    amount = random.choice((50, 100, 200, 500, 1000))
    return random.choice(
        (
            f"{rows}.count >= {random.choice((1, 2, 3, 5, 10))}",
            f"{rows}.count {random.choice(('=', '<'))} {random.choice((1, 2, 3))}",
            f"{rows}.sum(amount) {random.choice(('>=', '>', '<'))} {amount} EUR",
            f"{rows}.avg(amount) > {amount} EUR",
            f"any {rows}",
            f"no {rows}",
            f"{rows}.max(at) more than {random.choice((30, 60, 90, 180))} days ago",
        )
    )


# -- contacts ----------------------------------------------------------------------------------------------------


def contacts(count: int, seed: int = 7) -> list[Record]:
    """Return prepared records with everything that the rules read; about three and a half purchases each."""
    random = Random(seed)  # noqa: S311 - the same
    return [contact(random) for _ in range(count)]


def contact(random: Random) -> Record:
    """Return one of them."""
    city = random.choice((None, *CITIES))
    domain = random.choice((None, *DOMAINS))
    category = random.choice((None, None, None, *CATEGORIES))
    birthday = random.choice((None, *range(-5_000, 13_000, 7)))
    return {
        "country": random.choice((None, *COUNTRIES[:8], *COUNTRIES)),
        "city": city,
        "city~": None if city is None else fold(city),
        "email_domain": domain,
        "email_domain~": domain,
        "score": random.choice((None, *range(100))),
        "birthday": birthday,
        "birthday#": None if birthday is None else month_day(from_days(birthday)),
        "created_at": to_micros(NOW - timedelta(days=random.randrange(2_000), minutes=random.randrange(1_440))),
        "language": random.choice((None, *LANGUAGES)),
        "subscribed": random.choice((None, True, True, True, False)),
        "tier": random.choice((None, *TIERS)),
        "customer.category": category,
        "customer.category~": category,
        "purchases": [purchase(random) for _ in range(random.choice((0, 1, 2, 3, 3, 4, 4, 5, 6, 7)))],
    }


def purchase(random: Random) -> Record:
    """Return a purchase."""
    return {
        "at": to_micros(NOW - timedelta(days=random.randrange(-5, 400), minutes=random.randrange(1_000))),
        "amount": random.randrange(-2_000, 30_000),
        "amount$": random.choice(("EUR", "EUR", "EUR", "GBP")),
        "currency": "EUR",
        "status": random.choice((None, "paid", "paid", "open")),
    }
