"""How a segment fared: its members, who came and who went, by days, weeks and months of the tenant's zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.performance import MOST, Period, SegmentPerformance, segment_performance
from kohorte.core.segments.pins import AddMembers, RemoveMembers
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import Money
from kohorte.dsl.language import RuleLanguage
from tests.core.segments.conftest import Shop

BERLIN = ZoneInfo("Europe/Berlin")
"""The zone of the shop; it is noon in UTC on Wednesday, 15 May 2024."""
DAY = timedelta(days=1)


def told(
    shop: Shop, period: Period = Period.DAY, first: date | None = None, last: date | None = None
) -> Sequence[SegmentPerformance]:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return segment_performance(ports, "guests", period, first=first, last=last)[1]


def a_shop() -> Shop:
    clock = FixedClock()
    storage = MemoryStorage(clock, CountingIds())
    tenant = add_tenant(storage)
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country", ("Ann", "DE"), ("Bob", "DE"), ("Cem", "TR")))
    return Shop(Bus(registry(), clock, CountingIds(9_000_000), RuleLanguage(), storage), clock, storage, tenant)


def guests(shop: Shop) -> None:
    shop.bus.run(CreateSegment("guests", type=SegmentType.STATIC), shop.tenant)


def test_each_day_has_who_came_went_and_was_there_at_its_end(shop: Shop) -> None:
    guests(shop)
    shop.bus.run(AddMembers("guests", ("Ann", "Bob")), shop.tenant)
    shop.clock.advance(DAY)
    shop.bus.run(AddMembers("guests", ("Cem", "Dee")), shop.tenant)
    shop.bus.run(RemoveMembers("guests", ("Ann",)), shop.tenant)
    shop.clock.advance(DAY)
    found = told(shop, first=date(2024, 5, 14), last=date(2024, 5, 17))
    assert [(each.members, each.entered, each.left, each.growth_rate) for each in found] == [
        (0, 0, 0, None),
        (2, 2, 0, None),
        (3, 2, 1, Decimal("0.5")),
        (3, 0, 0, Decimal(0)),
    ]
    assert [each.begin.astimezone(BERLIN).isoformat() for each in found] == [
        f"2024-05-{day}T00:00:00+02:00" for day in (14, 15, 16, 17)
    ]
    assert found[-1].end == shop.clock.now() + timedelta(microseconds=1)


def test_active_is_who_did_something_in_the_thirty_days_before(shop: Shop) -> None:
    guests(shop)
    shop.bus.run(AddMembers("guests", ("Bob", "Dee")), shop.tenant)
    shop.clock.advance(60 * DAY)
    bought = NOON + 20 * DAY
    row = ("new", "Bob", bought, Money.of_units(100, "EUR"), "EUR")
    write(shop.storage, shop.tenant, batch(RecordKind.PURCHASES, "key contact at amount currency", row))
    days = [(bought + number * DAY).date() for number in (-1, 0, 29, 30)]
    found = [told(shop, first=day, last=day)[0] for day in days]
    assert [each.active for each in found] == [0, 1, 1, 0]


def test_weeks_begin_on_monday_and_months_on_their_first_day(shop: Shop) -> None:
    guests(shop)
    weeks = told(shop, Period.WEEK, date(2024, 4, 30), date(2024, 5, 7))
    assert [each.begin.astimezone(BERLIN).date() for each in weeks] == [date(2024, 4, 29), date(2024, 5, 6)]
    months = told(shop, Period.MONTH, date(2023, 12, 31), date(2024, 2, 1))
    assert [each.begin.astimezone(BERLIN).date() for each in months] == [
        *(date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)),
    ]
    assert [each.end for each in months[:-1]] == [each.begin for each in months[1:]]


def test_a_day_on_which_clocks_change_is_as_long_as_it_is(shop: Shop) -> None:
    guests(shop)
    (spring,) = told(shop, first=date(2024, 3, 31), last=date(2024, 3, 31))
    assert spring.end - spring.begin == timedelta(hours=23)


@pytest.mark.parametrize(("period", "count"), [(Period.DAY, 30), (Period.WEEK, 12), (Period.MONTH, 12)])
def test_the_latest_periods_are_shown_unless_others_are_asked_for(shop: Shop, period: Period, count: int) -> None:
    guests(shop)
    found = told(shop, period)
    assert len(found) == count
    assert found[-1].begin <= NOON < found[-1].end


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2024, 5, 15), date(2024, 5, 14)),
        (date(2024, 5, 15), date(2024, 5, 16)),
        (date(2024, 5, 16), None),
        (date(2024, 5, 15) - MOST * DAY, None),
    ],
)
def test_days_that_make_no_sense_are_refused(shop: Shop, first: date, last: date | None) -> None:
    guests(shop)
    with pytest.raises(InvalidInput):
        told(shop, first=first, last=last)


def test_an_unknown_segment_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        told(shop)


@given(
    moves=st.lists(st.tuples(st.integers(0, 90), st.sets(st.sampled_from(("Ann", "Bob", "Cem"))), st.booleans())),
    period=st.sampled_from(Period),
)
def test_periods_follow_from_one_another(moves: list[tuple[int, set[str], bool]], period: Period) -> None:
    shop = a_shop()
    guests(shop)
    for hours, keys, add in moves:
        shop.clock.advance(timedelta(hours=hours))
        shop.bus.run((AddMembers if add else RemoveMembers)("guests", tuple(keys)), shop.tenant)
    found = told(shop, period, first=date(2024, 5, 1))
    members = 0
    for each in found:
        members += each.entered - each.left
        assert each.members == members
    assert members == len(shop.members("guests"))
    assert found[0].begin <= datetime(2024, 5, 1, tzinfo=UTC)
