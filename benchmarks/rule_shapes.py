"""The five shapes of rule that the benchmarks compare, each with what a careful person would write by hand for it.

The handwritten lambdas read the same prepared records and give the same answers, missing values included; the
handwritten SQL is what an author who knows the tables would send.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from attrs import frozen

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner
from kohorte.core.values import fold, to_days, to_micros
from kohorte.dsl import Language
from kohorte.dsl.compiled import CompiledRule

Record = dict[str, Any]
NOW: Final = datetime(2024, 7, 1, 12, tzinfo=UTC)
CATALOGUE: Final = Catalogue.of(
    Owner(
        "contact",
        (
            Field("country", Kind.CODE),
            Field("city", Kind.TEXT),
            Field("email_domain", Kind.TEXT),
            Field("score", Kind.INTEGER),
            Field("birthday", Kind.DATE),
            Field("created_at", Kind.INSTANT, nullable=False),
            Field("language", Kind.CODE),
            Field("subscribed", Kind.BOOLEAN),
            Field("tier", Kind.ENUMERATION, choices=("gold", "silver", "bronze")),
        ),
    ),
    Owner("customer", (Field("category", Kind.TEXT), Field("city", Kind.TEXT)), optional=True),
    collections=(
        Collection(
            "purchases",
            (
                Field("at", Kind.INSTANT, nullable=False),
                Field("amount", Kind.MONEY, nullable=False, currency="currency"),
                Field("currency", Kind.CODE, nullable=False),
                Field("status", Kind.CODE),
            ),
            time="at",
            past_only=True,
        ),
    ),
)


def _micros(**back: int) -> int:
    return to_micros(NOW - timedelta(**back))


AFTER_NOW: Final = to_micros(NOW) + 1
AFTER_90_DAYS_AGO: Final = _micros(days=90) + 1
YEAR_AGO: Final = to_micros(datetime(2023, 7, 1, 12, tzinfo=UTC))
JULY_2000: Final = to_days(datetime(2000, 7, 1, tzinfo=UTC).date())


@frozen
class Shape:
    """A rule, and the same by hand as a lambda and as the condition of a statement."""

    name: str
    text: str
    by_hand: Callable[[Record], bool]
    sql: str

    @property
    def rule(self) -> CompiledRule:
        """Return the rule, checked and ready to be bound."""
        return Language(CATALOGUE).rule(self.text)


SHAPES: Final = (
    Shape("1 condition", 'contact.country = "DE"', lambda r: r["country"] == "DE", "c.country = 'DE'"),
    Shape(
        "3 conditions",
        'contact.country in ("DE", "AT", "CH") and contact.score >= 50 and contact.email_domain = "gmail.com"',
        lambda r: (
            r["country"] in ("DE", "AT", "CH")
            and r["score"] is not None
            and r["score"] >= 50
            and r["email_domain~"] == "gmail.com"
        ),
        "c.country IN ('DE', 'AT', 'CH') AND c.score >= 50 AND c.email_domain_folded = 'gmail.com'",
    ),
    Shape(
        "10 conditions",
        """contact.country in ("DE", "AT", "CH", "FR") and contact.language != "fr" and contact.score >= 10
        and contact.score < 95 and contact.subscribed and contact.city is set and contact.city != "Bonn"
        and contact.created_at more than 1 year ago and contact.birthday before 2000-07-01
        and contact.email_domain does not end with ".example" """,
        lambda r: (
            r["country"] in ("DE", "AT", "CH", "FR")
            and r["language"] != "fr"
            and r["score"] is not None
            and 10 <= r["score"] < 95
            and r["subscribed"] is True
            and r["city~"] is not None
            and r["city~"] != "bonn"
            and r["created_at"] < YEAR_AGO
            and r["birthday"] is not None
            and r["birthday"] < JULY_2000
            and (r["email_domain~"] is None or not r["email_domain~"].endswith(".example"))
        ),
        """c.country IN ('DE', 'AT', 'CH', 'FR') AND c.language IS DISTINCT FROM 'fr' AND c.score >= 10
        AND c.score < 95 AND c.subscribed AND c.city IS NOT NULL AND c.city_folded IS DISTINCT FROM 'bonn'
        AND c.created_at < :year_ago AND c.birthday < :july_2000
        AND (NOT {ends} OR c.email_domain_folded IS NULL)""",
    ),
    Shape(
        "nested with negation",
        """not (contact.country = "DE" or contact.tier = "gold")
        and (contact.score > 80 or not (contact.city starts with "b" and contact.subscribed)
             or customer.category = "wholesale")
        and not (contact.language in ("de", "en") and contact.score < 20)""",
        lambda r: (
            not (r["country"] == "DE" or r["tier"] == "gold")
            and (
                (r["score"] is not None and r["score"] > 80)
                or not (r["city~"] is not None and r["city~"].startswith("b") and r["subscribed"] is True)
                or r["customer.category~"] == "wholesale"
            )
            and not (r["language"] in ("de", "en") and r["score"] is not None and r["score"] < 20)
        ),
        """c.country IS DISTINCT FROM 'DE' AND c.tier IS DISTINCT FROM 'gold'
        AND (c.score > 80 OR c.city_folded < 'b' OR c.city_folded >= 'c' OR c.city_folded IS NULL
             OR c.subscribed IS NOT TRUE
             OR EXISTS (SELECT 1 FROM customers k WHERE k.id = c.customer_id AND k.category_folded = 'wholesale'))
        AND (c.language NOT IN ('de', 'en') OR c.language IS NULL OR c.score >= 20 OR c.score IS NULL)""",
    ),
    Shape(
        "aggregates over purchases",
        """contact.country != "US" and purchases(last 90 days).count >= 2
        and purchases(status = "paid").sum(amount) > 150 EUR""",
        lambda r: (
            r["country"] != "US"
            and sum(1 for p in r["purchases"] if AFTER_90_DAYS_AGO <= p["at"] < AFTER_NOW) >= 2
            and sum(
                p["amount"]
                for p in r["purchases"]
                if p["status"] == "paid" and p["amount$"] == "EUR" and p["at"] < AFTER_NOW
            )
            > 15_000
        ),
        """c.country IS DISTINCT FROM 'US'
        AND (SELECT count(*) FROM purchases p
             WHERE p.contact_id = c.id AND p.at >= :after_90_days_ago AND p.at < :after_now) >= 2
        AND (SELECT coalesce(sum(p.amount), 0) FROM purchases p
             WHERE p.contact_id = c.id AND p.status = 'paid' AND p.currency = 'EUR' AND p.at < :after_now) > 15000""",
    ),
)


def people(count: int, seed: int = 7) -> list[Record]:
    """Return prepared records with everything that the shapes read; about three and a half purchases each."""
    random = Random(seed)  # noqa: S311 - figures for a benchmark
    return [_person(random) for _ in range(count)]


def _person(random: Random) -> Record:
    city = random.choice([None, "Köln", "Bonn", "Berlin", "Wien", "Zürich", "Basel", "Paris"])
    domain = random.choice([None, "gmail.com", "gmail.com", "gmx.de", "mail.example", "web.de"])
    category = random.choice([None, None, "wholesale", "retail"])
    return {
        "country": random.choice([None, "DE", "AT", "CH", "FR", "US", "GB"]),
        "city": city,
        "city~": None if city is None else fold(city),
        "email_domain": domain,
        "email_domain~": domain,
        "score": random.choice([None, *range(100)]),
        "birthday": random.choice([None, *range(-5_000, 13_000, 50)]),
        "created_at": _micros(days=random.randrange(2_000)),
        "language": random.choice([None, "de", "en", "fr", "it"]),
        "subscribed": random.choice([None, True, True, True, False]),
        "tier": random.choice([None, "gold", "silver", "bronze"]),
        "customer.category": category,
        "customer.category~": category,
        "purchases": [_purchase(random) for _ in range(random.choice([0, 1, 2, 3, 3, 4, 4, 5, 6, 7]))],
    }


def _purchase(random: Random) -> Record:
    return {
        "at": _micros(days=random.randrange(-5, 400), minutes=random.randrange(1_000)),
        "amount": random.randrange(-2_000, 30_000),
        "amount$": random.choice(["EUR", "EUR", "EUR", "GBP"]),
        "currency": "EUR",
        "status": random.choice([None, "paid", "paid", "open"]),
    }
