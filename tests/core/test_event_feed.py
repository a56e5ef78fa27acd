"""The feed of events: in order, from any place on, with an event for each member that came or went."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidInput
from kohorte.core.event_feed import (
    MOST,
    START,
    Cursor,
    EventsForgotten,
    FedEvent,
    ForgetEvents,
    envelope,
    read_events,
)
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.segments.lifecycle import DeleteSegment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage

KEYS = ("Ann", "Bob", "Cem", "Dee", "Eve")
SECOND = timedelta(seconds=1)


class Shop:
    """Five contacts, and a segment of those from Germany."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.storage = MemoryStorage(self.clock, CountingIds())
        self.bus = Bus(registry(), self.clock, CountingIds(6_000_000), RuleLanguage(), self.storage)
        self.tenant: Tenant = add_tenant(self.storage)
        self.live(dict.fromkeys(KEYS, "DE"))
        self.segment = self.bus.run(CreateSegment("Germans", 'contact.country = "DE"'), self.tenant)

    def live(self, countries: dict[str, str]) -> None:
        write(self.storage, self.tenant, batch(RecordKind.CONTACTS, "key country", *countries.items()))

    def calculate(self) -> None:
        self.clock.advance(SECOND)
        self.bus.run(CalculateSegments(), self.tenant)

    def read(self, after: Cursor = START, limit: int = MOST) -> Sequence[FedEvent]:
        with self.bus.ports(self.tenant, reading=True) as ports:
            page = read_events(ports, after, limit)
        assert page.after == (page.events[-1].cursor if page.events else after)
        return [each for each in page.events if each.type.startswith("crm.segment.")]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_each_member_that_enters_or_leaves_is_an_event_before_the_calculation_is(shop: Shop) -> None:
    shop.calculate()
    shop.live({"Ann": "FR", "Bob": "FR"})
    shop.calculate()
    added, removed = "crm.segment.member_added", "crm.segment.member_removed"
    assert [each.type for each in shop.read()] == [
        "crm.segment.created",
        *[added] * 5,
        "crm.segment.calculated",
        *[removed] * 2,
        "crm.segment.calculated",
    ]
    assert {each.about for each in shop.read()} == {shop.segment.id}


def test_an_event_of_a_member_says_who_when_and_why(shop: Shop) -> None:
    shop.calculate()
    (_, first, *_) = shop.read()
    assert first.at == NOON + SECOND
    told = dict(first.data)
    UUID(told.pop("contact"))
    assert told == {"at": "2024-05-15T12:00:01Z", "cause": "rule", "rule_version": 1, "change": 1}


def test_an_id_belongs_to_one_event_and_stays_the_same(shop: Shop) -> None:
    for country in ("DE", "FR", "DE"):
        shop.live(dict.fromkeys(KEYS, country))
        shop.calculate()
    ids = [each.id for each in shop.read()]
    assert len(ids) == len(set(ids)) == 1 + 3 * 6
    assert [each.id for each in shop.read()] == ids


@given(limits=st.lists(st.integers(1, 9), min_size=1))
def test_whatever_is_read_at_a_time_nothing_is_missed_or_read_twice(limits: list[int]) -> None:
    shop = Shop()
    shop.calculate()
    shop.live({"Ann": "FR", "Cem": "FR"})
    shop.calculate()
    everything = shop.read()
    seen: list[FedEvent] = []
    after, number = START, 0
    while page := shop.read(after, limits[number % len(limits)]):
        seen += page
        after, number = Cursor.of(str(page[-1].cursor)), number + 1
    assert seen == list(everything)
    assert sorted(map(str, (each.cursor for each in seen))) == [str(each.cursor) for each in seen]


def test_members_of_a_deleted_segment_are_gone_with_it(shop: Shop) -> None:
    shop.calculate()
    (_, second, *_) = shop.read()
    shop.bus.run(DeleteSegment("Germans"), shop.tenant)
    types = ["crm.segment.calculated", "crm.segment.deleted"]
    assert [each.type for each in shop.read(second.cursor)] == types


def test_who_has_not_read_what_was_forgotten_is_told(shop: Shop) -> None:
    shop.calculate()
    events = shop.read()
    shop.bus.run(ForgetEvents(NOON + SECOND), shop.tenant)
    assert [each.type for each in shop.read()] == [each.type for each in events[1:]]
    assert shop.read(events[0].cursor) == shop.read()
    shop.clock.advance(SECOND)
    shop.bus.run(ForgetEvents(shop.clock.now()), shop.tenant)
    with pytest.raises(EventsForgotten) as told:
        shop.read(events[2].cursor)
    assert list(shop.read(told.value.begin)) == []
    shop.calculate()
    assert [each.type for each in shop.read(told.value.begin)] == ["crm.segment.calculated"]


def test_an_envelope_is_json_as_cloudevents_has_it(shop: Shop) -> None:
    (created,) = shop.read()
    told = json.loads(json.dumps(envelope(created, shop.tenant.id)))
    assert told == {
        "specversion": "1.0",
        "id": str(created.id),
        "source": f"urn:kohorte:tenant:{shop.tenant.id}",
        "type": "crm.segment.created",
        "subject": str(shop.segment.id),
        "time": "2024-05-15T12:00:00Z",
        "datacontenttype": "application/json",
        "sequence": str(created.cursor),
        "data": {},
    }


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1:x", "1" * 21, "١", "1:" + "0" * 31, "1:" + "A" * 32, ":" + "0" * 32]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Cursor.of(text)


@pytest.mark.parametrize("limit", [0, -1, MOST + 1])
def test_a_page_has_a_size(shop: Shop, limit: int) -> None:
    with pytest.raises(InvalidInput):
        shop.read(limit=limit)


def test_an_instant_to_forget_before_has_an_offset(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        shop.bus.run(ForgetEvents(datetime(2024, 5, 15, 12)), shop.tenant)  # noqa: DTZ001 - what is refused
