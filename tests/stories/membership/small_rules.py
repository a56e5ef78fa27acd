"""Small rules at random, in which much may change: values that are missing, windows, lists, segments, fields renamed.

Names that may change stand in them as placeholders, with ids: ``in segment "{s:0192…}"``, ``contact.{f:score}``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from hypothesis import strategies as st

LIST: Final = "vip"
FIELDS: Final = {"score": ("score", "points"), "renewed_on": ("renewed_on", "renewal")}
"""The custom fields of contacts by the names that they have at first, with all that they may have."""

_NAME: Final = re.compile(r"\{([sf]):([^}]*)\}")

OF_DATA: Final = (
    'contact.country = "DE"',
    'contact.country != "DE"',
    "contact.country is empty",
    'contact.country not in ("AT", "FR")',
    'contact.country in list "vip"',
    'contact.key not in list "vip"',
    'contact.first_name contains "a"',
    "contact.{{f:score}} >= {few}",
    "contact.{{f:score}} between 0 and {few}",
    "contact.{{f:score}} is set",
    "contact.{{f:renewed_on}} is empty",
    'customer.category = "gold"',
    'customer.category != "gold"',
    'in sample 50 % of "a"',
    "no purchases",
    'any purchases(status = "paid")',
    'last purchases.status = "paid"',
    "purchases.sum(amount, EUR) > 10 EUR",
    "purchases.count distinct(status) = {few}",
    'any items(product_code = "X", quantity >= {few})',
    "items.sum(quantity) > {few}",
    'any activities(kind = "call")',
)
"""Conditions whose answers only data change (purchases of the future apart)."""

OF_TIME: Final = (
    "contact.{{f:renewed_on}} in the next {days} days",
    "contact.{{f:renewed_on}} before today",
    "contact.birthday has anniversary in the next {days} days",
    "contact.created_at in the last {days} days",
    "contact.created_at more than {hours} hours ago",
    "purchases(last {days} days).count >= {few}",
    "purchases(last {hours} hours).count = {few}",
    "no purchases(last {days} days)",
    "purchases(last {days} days).sum(amount, EUR) > 10 EUR",
    "purchases(last {days} days).avg(amount, EUR) <= 10 EUR",
    "purchases(this week).count >= {few}",
    "purchases.max(at) more than {days} days ago",
    "last purchases(last {days} days).amount > 5 EUR",
    "items(last {days} days).sum(quantity) >= {few}",
    "did not purchase in the last {days} days",
    'did have activity "call" in the last {hours} hours',
    "activities(next {days} days).count >= {few}",
    'any activities(last {days} days, kind = "call", outcome is empty)',
)
"""Conditions whose answers time changes too."""


@st.composite
def small_rules(draw: st.DrawFn, segments: Sequence[UUID] = ()) -> str:
    """Draw a rule of one to three conditions, which may refer to these segments."""
    parts = [draw(_conditions(segments)) for _ in range(draw(st.sampled_from((1, 1, 2, 2, 3))))]
    zone = draw(st.sampled_from(("", "", "", 'in zone "America/New_York"\n')))
    return zone + draw(st.sampled_from((" and ", " or "))).join(parts)


@st.composite
def _conditions(draw: st.DrawFn, segments: Sequence[UUID]) -> str:
    if segments and draw(st.integers(0, 2)) == 0:
        return f'{draw(st.sampled_from(("", "not ")))}in segment "{{s:{draw(st.sampled_from(segments))}}}"'
    days, few = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    pool = draw(st.sampled_from((OF_DATA, OF_TIME)))
    text = draw(st.sampled_from(pool)).format(days=days, hours=24 * days - draw(st.integers(0, 1)), few=few)
    return f"not ({text})" if draw(st.integers(0, 3)) == 0 else f"({text})"


def segments_in(rule: str) -> frozenset[UUID]:
    """Return the segments that a rule refers to."""
    return frozenset(UUID(name) for kind, name in _NAME.findall(rule) if kind == "s")


def fields_in(rule: str) -> frozenset[str]:
    """Return the custom fields that a rule reads, by their first names."""
    return frozenset(name for kind, name in _NAME.findall(rule) if kind == "f")


def reads_list(rule: str) -> bool:
    """Tell whether a rule looks something up in the list."""
    return "in list" in rule


def written(rule: str, segments: Mapping[UUID, str], fields: Mapping[str, str]) -> str:
    """Return a rule as people write it, with the names that segments and fields have by now."""
    told: Mapping[str, Callable[[str], str]] = {"s": lambda name: segments[UUID(name)], "f": lambda name: fields[name]}
    return _NAME.sub(lambda found: told[found[1]](found[2]), rule)
