"""Catalogues and names that the tests of the rule language speak of."""

from collections.abc import Mapping, Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from attrs import field, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb
from kohorte.core.ports.rules import ListReference, SegmentReference

_EXTRA = (
    Field("score", Kind.INTEGER),
    Field("rate", Kind.DECIMAL, scale=4),
    Field("height", Kind.DECIMAL, scale=2),
    Field("limit", Kind.MONEY),
    Field("subscribed", Kind.BOOLEAN),
    Field("blocked", Kind.BOOLEAN, nullable=False),
    Field("tier", Kind.ENUMERATION, choices=("gold", "silver", "bronze")),
    Field("tags", Kind.TAGS),
    Field("notes", Kind.TEXT, long=True),
    Field("renewed_on", Kind.DATE),
    Field("seen_at", Kind.INSTANT),
    Field("Größe", Kind.INTEGER),
    *(Field(name, Kind.INTEGER) for name in "abcdefxyz"),
    *(Field(name, Kind.INTEGER) for name in ("at", "last", "in", "count", "status")),
    Field("open", Kind.BOOLEAN),
)
_MESSAGES = Collection(
    "messages",
    (
        Field("key", Kind.CODE, nullable=False),
        Field("sent_at", Kind.INSTANT, nullable=False),
        Field("opened_at", Kind.INSTANT),
        Field("campaign", Kind.TEXT),
        Field("verdict", Kind.CODE),
        Field("device", Kind.CODE),
    ),
    time="sent_at",
    past_only=True,
    key="key",
)
_VISITS = Collection(
    "visits",
    (Field("event", Kind.TEXT), Field("registered_at", Kind.INSTANT), Field("attended_on", Kind.DATE)),
    time="attended_on",
)
_MARKS = Collection("marks", (Field("label", Kind.CODE), Field("weight", Kind.DECIMAL, scale=2)))
_VERBS = (
    Verb("open", "messages", time="opened_at", required="opened_at", objects={"campaign": "campaign"}),
    Verb("receive", "messages", time="sent_at", required="campaign"),
    Verb("attend", "visits", time="attended_on", objects={"event": "event"}),
)


def shop_catalogue() -> Catalogue:
    """Return Kohorte's catalogue with a field of each kind, messages and events, and rows without a time."""
    own = kohorte_catalogue()
    contact = own.owners["contact"]
    purchases = own.collections["purchases"]
    more = (Field("category", Kind.TEXT), Field("product_code", Kind.CODE), Field("count", Kind.INTEGER))
    return Catalogue.of(
        Owner("contact", (*contact.fields.values(), *_EXTRA)),
        own.owners["customer"],
        collections=(
            Collection(
                "purchases",
                (*purchases.fields.values(), *more, Field("open", Kind.BOOLEAN)),
                time="at",
                past_only=True,
                key="key",
            ),
            own.collections["items"],
            own.collections["activities"],
            _MESSAGES,
            _VISITS,
            _MARKS,
        ),
        verbs=(*own.verbs.values(), *_VERBS),
    )


@frozen
class Names:
    """What rules may name, as a tenant's storage would tell it. Segments without a rule are kept as members."""

    zone: str = "Europe/Berlin"
    rules: Mapping[str, str | None] = field(factory=dict[str, str | None])
    lists: Sequence[str] = ()
    held: Sequence[str] = ()

    def segment(self, name: str) -> SegmentReference | None:
        return SegmentReference(identifier(name), name, self.rules[name]) if name in self.rules else None

    def segment_names(self) -> Sequence[str]:
        return [*self.rules]

    def stored_list(self, name: str) -> ListReference | None:
        return ListReference(identifier(name), name) if name in self.lists else None

    def stored_list_names(self) -> Sequence[str]:
        return self.lists

    def currencies(self) -> Sequence[str]:
        return self.held


def identifier(name: str) -> UUID:
    """Return the id of a segment or list of that name."""
    return uuid5(NAMESPACE_URL, name)


EVERYTHING = Names(
    rules={"x": 'contact.country = "DE"', "y": "any purchases", "vip": None, "churned": "no purchases(last 1 year)"},
    lists=("vip", "countries"),
    held=("EUR",),
)
