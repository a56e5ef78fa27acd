"""A small world: few fields with few values, so that every record can be tried, and rules that meet in them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from kohorte.core.values import Money
from kohorte.dsl import Language
from kohorte.dsl.compiled import CompiledRule

NOW = datetime(2024, 5, 15, 12, tzinfo=UTC)
LATER = (timedelta(0), timedelta(days=6), timedelta(days=40), timedelta(days=500))
LANGUAGE = Language.of(
    {
        "contact": {
            "key": "code!",
            "a": "integer",
            "b": "integer!",
            "tier": ["gold", "silver"],
            "vip": "boolean",
            "city": "text",
            "seen": "date",
            "limit": "money",
            "tags": "tags",
            "created_at": "instant!",
        },
        "customer": {"a": "integer!"},
        "purchases": [{"at": "instant!", "status": "code", "n": "integer"}],
    },
    verbs={"purchase": "purchases"},
    segments={"rich": "contact.a > 1", "vips": {"k1"}},
    key="key",
    zone="Europe/Berlin",
)
_VALUES: dict[str, tuple[Any, ...]] = {
    "a": (None, 0, 1, 2, 3),
    "b": (0, 1, 2),
    "tier": (None, "gold", "silver"),
    "vip": (None, True, False),
    "city": (None, "Köln", "KÖLN", "bonn"),
    "seen": (None, *(date(2024, 5, 15) + timedelta(days=each) for each in (-400, -40, -5, 0, 5))),
    "limit": (None, Money.of_units(100, "EUR"), Money.of_units(500, "EUR"), Money.of_units(300, "USD")),
    "tags": (None, ["x"], ["x", "Y"]),
    "created_at": tuple(NOW + timedelta(days=each) for each in (-100, -3)),
}
_ROWS = tuple(
    {"at": NOW - timedelta(days=days), "status": status, "n": n}
    for days, status, n in ((2, "paid", 1), (2, None, 3), (50, "paid", 2), (50, "open", None), (-3, "open", 2))
)


def rule(text: str) -> CompiledRule:
    return LANGUAGE.rule(text)


def every_record(*rules: CompiledRule, most: int = 1500) -> Iterator[dict[str, Any]]:
    """Yield all records of the small world, as far as the rules can tell them apart."""
    reads = {name for each in rules for name in each.compiled.reads.names}
    names = [name for name in _VALUES if f"contact.{name}" in reads]
    rows: list[tuple[Any, ...]] = [()]
    if "purchases" in reads:
        rows += [(row,) for row in _ROWS] + [(one, other) for one in _ROWS for other in _ROWS]
    customers: tuple[Any, ...] = (None, {"a": 0}, {"a": 2}) if "customer.a" in reads else (None,)
    everything = product(("k1", "k2"), rows, customers, *(_VALUES[name] for name in names))
    count = 2 * len(rows) * len(customers)
    for name in names:
        count *= len(_VALUES[name])
    for number, (key, purchases, customer, *values) in enumerate(everything):
        if number % (count // most + 1) == 0:
            yield {
                "key": key,
                "purchases": list(purchases),
                "customer": customer,
                **_fixed(),
                **dict(zip(names, values, strict=True)),
            }


def _fixed() -> dict[str, Any]:
    return {"b": 0, "created_at": NOW}


# -- rules that meet ---------------------------------------------------------------------------------------------

CONDITIONS = (
    *(f"contact.a {test}" for test in ("= 1", "!= 1", "> 1", "> 2", "< 3", "<= 1", "not between 1 and 2")),
    *("contact.a in (1, 2)", "contact.a not in (1, 2)", "contact.a is set", "contact.a is empty"),
    *("contact.b >= 1", "contact.b < 1", "not contact.b > 1", "contact.a < contact.b", "contact.a >= contact.b"),
    *('contact.tier = "gold"', 'contact.tier != "gold"', 'contact.tier in ("gold", "silver")', "contact.tier is set"),
    *("contact.vip", "not contact.vip", "contact.vip = false", "contact.vip is set", "contact.vip != false"),
    *('contact.city = "köln"', 'contact.city != "köln"', 'contact.city starts with "k"', 'contact.city contains "öl"'),
    *('contact.city = exactly "Köln"', 'contact.city does not contain "n"', 'contact.city matches "k*n"'),
    *("contact.seen in the last 30 days", "contact.seen in the last 7 days", "contact.seen more than 30 days ago"),
    *("contact.seen before 2024-05-01", "contact.seen after 2024-05-01", "contact.seen on or after today"),
    *("contact.seen not in the last 30 days", "contact.seen in this month", "contact.seen in this year"),
    *("contact.seen between 2024-05-20 and today", "contact.seen has anniversary in the next 7 days"),
    *("contact.limit > 2 EUR", "contact.limit <= 2 EUR", "contact.limit > 2 USD"),
    "contact.limit not between 1 EUR and 3 EUR",
    *('contact.tags contains "x"', 'contact.tags contains all of ("x", "y")', 'contact.tags does not contain "y"'),
    *('contact.tags contains exactly "Y"', "contact.tags is empty", 'in segment "rich"', 'not in segment "rich"'),
    *('in segment "vips"', 'not in segment "vips"', "contact.created_at in the last 30 days", "customer.a > 1"),
    *("contact.created_at more than 30 days ago", "customer.a is set", "customer.a <= 1", "contact.a > 1000000000000"),
    *("any purchases", "no purchases", "purchases.count >= 2", "purchases.count < 2", "purchases.count = 1"),
    *('any purchases(status = "paid")', 'no purchases(status = "paid")', 'purchases(status != "paid").count >= 1'),
    *("did not purchase in the last 30 days", "did purchase in the last 90 days", "purchases(last 30 days).count >= 2"),
    *("purchases.sum(n) > 3", "purchases.sum(n) <= 0", "purchases.max(n) > 2", "purchases.min(n) > 2"),
    "purchases.avg(n) > 1",
    *("purchases.max(n) <= 2", "purchases.avg(n) >= 3", "purchases.min(n) is set", "purchases.max(n) is empty"),
    *("purchases.count distinct(status) >= 2", "purchases.max(at) more than 30 days ago"),
    *("last purchases.n > 1", "last purchases(status = \"paid\").n is set", "last purchases.status = \"paid\""),
    *('purchases(status = "paid").max(n) > 1', 'purchases(status = "paid", last 7 days).count >= 1'),
    *("purchases(n >= 2).min(n) < 2", "purchases(n >= 2).avg(n) < 3", "purchases(n > 0).sum(n) < 0"),
    *("last purchases(n in (1, 2)).n = 3", 'purchases(status = "paid").count distinct(status) >= 2'),
    *("purchases(n between 2 and 3).max(n) is set", 'contact.city starts with exactly " "'),
)  # fmt: skip


@st.composite
def small_rules(draw: st.DrawFn, *, among: Iterable[str] | None = None, depth: int = 2) -> str:
    """Draw a rule over the small world, most of whose conditions are about the same fields."""
    if among is None:
        words = draw(st.sets(st.sampled_from(_SUBJECTS), min_size=1, max_size=2))
        among = [each for each in CONDITIONS if any(word in each for word in words)]
    return draw(_group(tuple(among), depth))


_SUBJECTS = (
    "contact.a",
    "contact.b",
    "tier",
    "vip",
    "city",
    "seen",
    "limit",
    "tags",
    "purchase",
    "segment",
    "customer",
)


@st.composite
def _group(draw: st.DrawFn, among: tuple[str, ...], depth: int) -> str:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(among))
    word = draw(st.sampled_from((" and ", " or ")))
    parts = [f"({draw(_group(among, depth - 1))})" for _ in range(draw(st.integers(2, 3)))]
    return draw(st.sampled_from(("", "", "not "))) + f"({word.join(parts)})"


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Draw two rules about the same fields."""
    words = draw(st.sets(st.sampled_from(_SUBJECTS), min_size=1, max_size=2))
    among = [each for each in CONDITIONS if any(word in each for word in words)]
    return draw(small_rules(among=among, depth=1)), draw(small_rules(among=among, depth=1))
