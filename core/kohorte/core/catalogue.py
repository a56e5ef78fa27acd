"""Kohorte's own catalogue: the built-in fields, collections and verbs that every tenant's rules may speak of.

Identifiers (keys, codes, countries, currencies, status, kind) are compared exactly; names and other text are folded.
A tenant's custom fields are added with ``custom_fields.with_custom_fields``.
"""

from functools import lru_cache
from typing import Final

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb

RESERVED_COLLECTIONS: Final = ("messages",)
"""What campaigns sent and what came of it: joins with campaigns."""

RESERVED_VERBS: Final = ("attend", "bounce", "click", "convert", "open", "receive", "register", "reply", "unsubscribe")
"""What contacts do with messages and marketing events: joins with them."""

_CONTACT: Final = (
    Field("key", Kind.CODE, nullable=False),
    Field("email", Kind.TEXT),
    Field("email_domain", Kind.TEXT),  # derived from email
    Field("first_name", Kind.TEXT),
    Field("last_name", Kind.TEXT),
    Field("name", Kind.TEXT),  # derived from first_name and last_name
    Field("phone", Kind.TEXT),
    Field("language", Kind.CODE),
    Field("time_zone", Kind.CODE),
    Field("street", Kind.TEXT),
    Field("postal_code", Kind.TEXT),
    Field("city", Kind.TEXT),
    Field("country", Kind.CODE),
    Field("birthday", Kind.DATE),
    Field("created_at", Kind.INSTANT, nullable=False),
)
_CUSTOMER: Final = (
    Field("key", Kind.CODE, nullable=False),
    Field("name", Kind.TEXT),
    Field("category", Kind.TEXT),
    Field("industry", Kind.TEXT),
    Field("website", Kind.TEXT),
    Field("country", Kind.CODE),
    Field("city", Kind.TEXT),
)
_PURCHASES: Final = (
    Field("key", Kind.CODE, nullable=False),
    Field("at", Kind.INSTANT, nullable=False),
    Field("amount", Kind.MONEY, currency="currency"),
    Field("currency", Kind.CODE, nullable=False),
    Field("status", Kind.CODE),
)
_ITEMS: Final = (
    Field("key", Kind.CODE, nullable=False),
    Field("at", Kind.INSTANT, nullable=False),  # the purchase's
    Field("product_code", Kind.CODE),
    Field("product_name", Kind.TEXT),
    Field("category", Kind.TEXT),
    Field("quantity", Kind.INTEGER),
    Field("amount", Kind.MONEY, currency="currency"),
    Field("currency", Kind.CODE, nullable=False),  # the purchase's
)
_ACTIVITIES: Final = (
    Field("key", Kind.CODE, nullable=False),
    Field("kind", Kind.CODE, nullable=False),
    Field("at", Kind.INSTANT, nullable=False),
    Field("subject", Kind.TEXT),
    Field("outcome", Kind.TEXT),
)


@lru_cache(maxsize=1)
def kohorte_catalogue() -> Catalogue:
    """Return the catalogue of contacts with their customer, purchases, items and activities."""
    return Catalogue.of(
        Owner("contact", _CONTACT),
        Owner("customer", _CUSTOMER, optional=True),
        collections=(
            Collection("purchases", _PURCHASES, time="at", past_only=True, key="key"),
            Collection("items", _ITEMS, time="at", past_only=True, parent="purchases", key="key"),
            Collection("activities", _ACTIVITIES, time="at", key="key"),
        ),
        verbs=(
            Verb("purchase", "purchases", time="at"),
            Verb("have", "activities", time="at", objects={"activity": "kind"}),  # did have activity "call"
        ),
        reserved_collections=RESERVED_COLLECTIONS,
        reserved_verbs=RESERVED_VERBS,
    )
