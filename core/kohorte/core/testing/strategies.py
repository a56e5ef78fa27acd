"""Strategies of hypothesis for values, aggregates and batches, with the values that break things among them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kohorte.core.activities.model import Activity
from kohorte.core.columns import BUILT_IN, OWNERS, REQUIRED
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CUSTOM_OWNERS, CustomField
from kohorte.core.customers.model import Customer
from kohorte.core.fields import LARGEST, Field, Kind
from kohorte.core.ports.records import Batch, RecordKind
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.testing.fakes import NOON, counted_id
from kohorte.core.values import Money, clean_tags, clean_text, from_units

TRAP_TEXTS: Final = (
    *("Köln", "KÖLN", "Ko\u0308ln", "straße", "STRASSE", "İstanbul", "ΟΔΟΣ", "οδος", "5%", "a_b", "[x]*?", "\\", "'"),
    *(
        '"',
        "O'Neil; DROP TABLE",
        "NULL",
        "0",
        "true",
        "-1",
        "=1+1",
        "\u200b",
        "😀",
        "ﬁ",
        "\u0301x",
        "a\u00a0b",
        "µ",
        "ǆ",
    ),
)
"""Texts that engines compare differently, or that look like something else."""


# -- values ------------------------------------------------------------------------------------------------------


def texts(*, limit: int = 60) -> SearchStrategy[str]:
    """Make cleaned text: never empty, as a stored value is."""
    letters = st.characters(exclude_categories=("Cs", "Cc"))
    drawn = st.one_of(st.sampled_from(TRAP_TEXTS), st.text(letters, min_size=1, max_size=limit))
    return drawn.map(clean_text).filter(bool).map(str)


def keys() -> SearchStrategy[str]:
    """Make external keys."""
    return st.one_of(st.integers(1, 99).map(str), texts(limit=20))


def emails() -> SearchStrategy[str]:
    """Make addresses that can be mailed."""
    names = st.text("abcxyzäöü0123456789+-_", min_size=1, max_size=12)
    domains = st.sampled_from(("example.com", "gmail.com", "GMX.de", "mail.müller.example"))
    return st.builds("{}@{}".format, names, domains)


def integers() -> SearchStrategy[int]:
    """Make whole numbers, up to the largest."""
    return st.one_of(st.integers(-20, 20), st.integers(-LARGEST, LARGEST))


def decimals(scale: int) -> SearchStrategy[Decimal]:
    """Make decimals of a scale."""
    return integers().map(lambda units: from_units(units, scale))


def currencies() -> SearchStrategy[str]:
    """Make currencies, with none, two, three and four decimals."""
    return st.sampled_from(("EUR", "GBP", "JPY", "KWD", "CLF"))


def moneys(currency: str | None = None) -> SearchStrategy[Money]:
    """Make money, of one currency or of several."""
    chosen = st.just(currency) if currency else currencies()
    return chosen.flatmap(lambda code: integers().map(lambda units: Money.of_units(units, code)))


def days() -> SearchStrategy[date]:
    """Make days, leap days and month ends among them."""
    traps = (date(2024, 2, 29), date(2023, 2, 28), date(2024, 12, 31), date(1970, 1, 1), date(1969, 12, 31))
    return st.one_of(st.sampled_from(traps), st.dates(date(1850, 1, 1), date(2200, 12, 31)))


def instants() -> SearchStrategy[datetime]:
    """Make instants in UTC to the microsecond, changes of clocks and midnights among them."""
    traps = (
        *(datetime(2024, 3, 31, 1, tzinfo=UTC), datetime(2024, 10, 27, 1, tzinfo=UTC)),
        *(datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), NOON),
    )
    midnights = days().map(lambda day: datetime.combine(day, time(), UTC))
    some = st.datetimes(datetime(1850, 1, 1), datetime(2200, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
    return st.one_of(st.sampled_from(traps), midnights, some)


def tag_sets() -> SearchStrategy[tuple[str, ...]]:
    """Make sets of one to five tags."""
    return st.lists(texts(limit=20), min_size=1, max_size=5).map(clean_tags)


def values_of(field: Field) -> SearchStrategy[Any]:
    """Make values that a field may hold; None is not among them."""
    match field.kind:
        case Kind.TEXT | Kind.CODE:
            return texts()
        case Kind.INTEGER:
            return integers()
        case Kind.DECIMAL:
            return decimals(field.scale)
        case Kind.MONEY:
            return moneys()
        case Kind.BOOLEAN:
            return st.booleans()
        case Kind.DATE:
            return days()
        case Kind.INSTANT:
            return instants()
        case Kind.ENUMERATION:
            return st.sampled_from(field.choices)
        case Kind.TAGS:
            return tag_sets()


# -- custom fields -----------------------------------------------------------------------------------------------


def a_custom_field_of_each_kind(*owners: str) -> Sequence[CustomField]:
    """Return one custom field of each kind for each owner: ``my_text``, ``my_money``, ``my_tag_set`` and so on."""
    fields = [
        Field(
            f"my_{kind.value.replace(' ', '_')}",
            kind,
            scale=3 if kind is Kind.DECIMAL else 0,
            choices=("gold", "silver", "Straße") if kind is Kind.ENUMERATION else (),
            custom=True,
        )
        for kind in Kind
    ]
    return [
        CustomField(counted_id(500_000 + 100 * CUSTOM_OWNERS.index(owner) + number), owner, field, NOON)
        for owner in owners or CUSTOM_OWNERS
        for number, field in enumerate(fields)
    ]


def custom_values(owner: str, customs: Sequence[CustomField]) -> SearchStrategy[Mapping[str, object]]:
    """Make values of some of an owner's custom fields."""
    optional = {each.field.name: values_of(each.field) for each in customs if each.owner == owner}
    return st.fixed_dictionaries({}, optional=optional)


# -- aggregates --------------------------------------------------------------------------------------------------

_NUMBERS: Final = st.integers(1, 2**40)


def customers(customs: Sequence[CustomField] = ()) -> SearchStrategy[Customer]:
    """Make customers that are not stored yet."""
    known = {name: st.none() | texts() for name in ("name", "category", "industry", "website", "country", "city")}
    return st.builds(
        Customer,
        _NUMBERS.map(counted_id),
        keys(),
        **known,
        custom=custom_values("customer", customs),
        version=st.just(0),
    )


def contacts(
    customs: Sequence[CustomField] = (), customer: SearchStrategy[str | None] | None = None
) -> SearchStrategy[Contact]:
    """Make contacts that are not stored yet, without a customer unless one is given."""
    named = ("first_name", "last_name", "phone", "language", "street", "postal_code", "city", "country")
    return st.builds(
        Contact,
        _NUMBERS.map(counted_id),
        keys(),
        instants(),
        email=st.none() | emails(),
        time_zone=st.sampled_from((None, "Europe/Berlin", "America/St_Johns")),
        birthday=st.none() | days(),
        customer=st.none() if customer is None else customer,
        custom=custom_values("contact", customs),
        version=st.just(0),
        **{name: st.none() | texts() for name in named},
    )


@st.composite
def purchases(draw: st.DrawFn, contact: str, customs: Sequence[CustomField] = ()) -> Purchase:
    """Make purchases of a contact that are not stored yet, with up to four items."""
    number, currency = draw(_NUMBERS), draw(currencies())
    item_keys = draw(st.lists(keys(), max_size=4, unique=True))
    items = [_items(counted_id(number + 1 + each), key, currency, customs) for each, key in enumerate(item_keys)]
    return Purchase(
        counted_id(number),
        draw(keys()),
        contact,
        draw(instants()),
        currency,
        amount=draw(st.none() | moneys(currency)),
        status=draw(st.none() | texts()),
        items=tuple(draw(each) for each in items),
        custom=draw(custom_values("purchases", customs)),
    )


def _items(id: object, key: str, currency: str, customs: Sequence[CustomField]) -> SearchStrategy[PurchaseItem]:
    return st.builds(
        PurchaseItem,
        st.just(id),
        st.just(key),
        product_code=st.none() | texts(),
        product_name=st.none() | texts(),
        category=st.none() | texts(),
        quantity=st.none() | integers(),
        amount=st.none() | moneys(currency),
        custom=custom_values("items", customs),
    )


def activities(contact: str, customs: Sequence[CustomField] = ()) -> SearchStrategy[Activity]:
    """Make activities of a contact that are not stored yet."""
    return st.builds(
        Activity,
        _NUMBERS.map(counted_id),
        keys(),
        st.just(contact),
        st.sampled_from(("call", "meeting", "visit", "mail")),
        instants(),
        subject=st.none() | texts(),
        outcome=st.none() | texts(),
        custom=custom_values("activities", customs),
        version=st.just(0),
    )


# -- batches -----------------------------------------------------------------------------------------------------

_FEW: Final = ("1", "2", "3")
"""Keys in batches are few, so that rows meet: as parents, as children, and again."""


@st.composite
def batches(draw: st.DrawFn, kind: RecordKind, customs: Sequence[CustomField] = (), *, all_keys: bool = False) -> Batch:
    """Make batches of a kind: any of its columns, (all) keys and parents among ``1`` to ``3``, no key twice."""
    columns = draw(_column_sets(kind, customs))
    least = len(_FEW) if all_keys else 1
    row_keys = draw(st.lists(st.sampled_from(_FEW), min_size=least, max_size=len(_FEW), unique=True))
    return Batch(kind, columns, tuple(_row(draw, kind, columns, key, customs) for key in row_keys))


@st.composite
def _column_sets(draw: st.DrawFn, kind: RecordKind, customs: Sequence[CustomField]) -> tuple[str, ...]:
    own = [each.field.name for each in customs if each.owner == OWNERS[kind]]
    optional = [name for name in (*BUILT_IN[kind], *own) if name not in REQUIRED[kind]]
    chosen = draw(st.lists(st.sampled_from(optional), unique=True))
    if kind is RecordKind.PURCHASES and "amount" in chosen and "currency" not in chosen:
        chosen.append("currency")
    return (*REQUIRED[kind], *chosen)


def _row(
    draw: st.DrawFn, kind: RecordKind, columns: Sequence[str], key: str, customs: Sequence[CustomField]
) -> tuple[object, ...]:
    own = {each.field.name: each.field for each in customs if each.owner == OWNERS[kind]}
    # One currency, because what does not fit another one is refused, and refusing is a matter of order.
    drawn = {name: draw(_cells(kind, name, own.get(name))) for name in columns if name != "key"}
    return tuple(key if name == "key" else drawn[name] for name in columns)


def _cells(kind: RecordKind, name: str, custom: Field | None) -> SearchStrategy[object]:
    required = name in REQUIRED[kind]
    if custom is not None:
        values: SearchStrategy[object] = values_of(custom)
    elif kind.parent is not None and name == kind.parent[0]:
        values = st.sampled_from(_FEW)
    else:
        values = _BUILT_IN_CELLS.get((kind, name), _BUILT_IN_CELLS.get((None, name), texts()))
    return values if required or name in ("currency", "created_at") else st.none() | values


_BUILT_IN_CELLS: Final[Mapping[tuple[RecordKind | None, str], SearchStrategy[Any]]] = {
    (None, "email"): emails(),
    (None, "time_zone"): st.sampled_from(("UTC", "Europe/Berlin")),
    (None, "birthday"): days(),
    (None, "created_at"): instants(),
    (None, "at"): instants(),
    (None, "currency"): st.just("GBP"),
    (None, "quantity"): integers(),
    (RecordKind.PURCHASES, "amount"): moneys("GBP"),
    (RecordKind.ITEMS, "amount"): decimals(2),
}
