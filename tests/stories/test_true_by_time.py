"""Whatever time alone changes: stepping from one due instant to the next, members are those whom the definition names.

Data and rules are random and lie close to midnight, when most changes. Once in a while somebody buys something. Some
segments keep their members for days, or until another rule lets them go.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.ports.storage import Storage
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.rules import check_stored
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.core.values import Money
from kohorte.dsl.language import RuleLanguage
from tests.postgres import Database

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MIDNIGHT: Final = datetime.fromisoformat("2024-05-15T22:00:00Z")  # in Berlin, where the tenant is
KEYS: Final = ("Ann", "Bob", "Cem", "Dee")
CONDITIONS: Final = (
    "purchases(last {days} days).count >= {few}",
    "no purchases(last {days} days)",
    "purchases(last {hours} hours).count = {few}",
    "purchases(last {days} days).sum(amount) > 10 EUR",
    "purchases(last {days} days).avg(amount) <= 10 EUR",
    "purchases.max(at) more than {days} days ago",
    'last purchases.status = "paid"',
    "purchases(last {days} days).count distinct(status) = {few}",
    "activities(next {days} days).count >= {few}",
    'any activities(last {hours} hours, kind = "call")',
    "did not purchase in the last {days} days",
    "contact.birthday has anniversary in the next {days} days",
    'contact.country = "DE"',
)
"""What rules are made of."""


@frozen
class Story:
    """What a tenant's contacts do, and the rules of its segments; instants are counted from midnight."""

    countries: Sequence[str | None]
    birthdays: Sequence[str | None]
    purchases: Sequence[tuple[str, timedelta, int, str]]
    activities: Sequence[tuple[str, timedelta, str]]
    later: Sequence[tuple[str, timedelta, int, str]]
    rules: Sequence[str]
    leaving: Sequence[tuple[str | None, int]]
    horizon: timedelta


@st.composite
def stories(draw: st.DrawFn, minutes: int, *horizons: timedelta) -> Story:
    """Draw a story that changes most within so many minutes around midnight."""
    half = minutes * MINUTE / 2
    seconds = st.integers(0, 2 * int(half.total_seconds())).map(lambda each: timedelta(seconds=each) - half)
    whole = st.integers(-4, 2).map(lambda each: each * DAY)
    instants = st.builds(lambda day, second: day + second, whole, st.one_of(seconds, st.just(timedelta(0))))
    who, amount = st.sampled_from(KEYS), st.integers(-1500, 2500)
    purchases = st.tuples(who, instants, amount, st.sampled_from(("paid", "open")))
    birthdays = st.none() | st.sampled_from(("1990-05-15", "1980-05-16", "2000-05-18", "1996-02-29"))
    return Story(
        draw(st.lists(st.sampled_from(("DE", None)), min_size=4, max_size=4)),
        draw(st.lists(birthdays, min_size=4, max_size=4)),
        draw(st.lists(purchases, max_size=10)),
        draw(st.lists(st.tuples(who, instants, st.sampled_from(("call", "visit"))), max_size=6)),
        draw(st.lists(purchases, max_size=3)),
        draw(st.lists(rules(), min_size=3, max_size=3)),
        draw(st.lists(st.tuples(st.none() | rules(), st.sampled_from((0, 0, 1, 2))), min_size=4, max_size=4)),
        draw(st.sampled_from(horizons)),
    )


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Draw a rule of one to three conditions."""
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        days, few = draw(st.integers(1, 4)), draw(st.integers(0, 2))
        text = draw(st.sampled_from(CONDITIONS)).format(days=days, hours=24 * days - draw(st.integers(0, 1)), few=few)
        parts.append(draw(st.sampled_from(("", "not "))) + f"({text})")
    return draw(st.sampled_from((" and ", " or "))).join(parts)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def storage(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Storage, FixedClock]]:
    clock = FixedClock(MIDNIGHT)
    if request.param == "memory":
        yield MemoryStorage(clock, CountingIds()), clock
        return
    url = f"sqlite:///{tmp_path}/shop.db"
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres_database")
        url = database.owner_url
    migrate(url, clock=clock, ids=CountingIds(7_000_000))
    opened = open_storage(url, clock=clock, ids=CountingIds())
    yield opened, clock
    opened.close()


@frozen
class Shop:
    """A tenant whose story is told."""

    bus: Bus
    tenant: Tenant
    clock: FixedClock
    horizon: timedelta
    checked: dict[str, tuple[CheckedRule, CheckedRule | None]]
    since: dict[str, dict[str, datetime]]
    """By segment, who is in by its definition, and since when."""

    @classmethod
    def open(cls, storage: Storage, clock: FixedClock, story: Story, begin: datetime) -> "Shop":
        clock.at = begin
        tenant = add_tenant(storage)
        bus = Bus(registry(), clock, CountingIds(3_000_000), RuleLanguage(), storage)
        people = list(zip(KEYS, story.countries, story.birthdays, strict=True))
        write(
            storage,
            tenant,
            batch(RecordKind.CONTACTS, "key country birthday", *((k, c, _day(b)) for k, c, b in people)),
            batch(
                RecordKind.ACTIVITIES,
                "key contact at kind",
                *((str(n), who, MIDNIGHT + at, kind) for n, (who, at, kind) in enumerate(story.activities)),
            ),
        )
        shop = cls(bus, tenant, clock, story.horizon, {}, {})
        for number, each in enumerate(story.purchases):
            shop.buy(str(number), *each)
        first, kept, rest = story.rules
        made = (
            CreateSegment("first", first),
            CreateSegment("kept", kept, type=SegmentType.HYBRID),
            CreateSegment("second", f'in segment "first" or ({rest})'),
            CreateSegment("third", f'not in segment "kept" and ({rest})'),
        )
        for command, (leave, days) in zip(made, story.leaving, strict=True):
            bus.run(evolve(command, leave_when=leave, minimum_stay_days=days), tenant)
        with bus.ports(tenant, reading=True) as ports:
            for segment in ports.work.segments.all():
                selection = check_stored(segment.ruled, ports)
                shop.checked[segment.name] = selection.enter, selection.leave
                shop.since[segment.name] = {}
        return shop

    def buy(self, key: str, who: str, at: timedelta, amount: int, status: str) -> None:
        row = (key, who, MIDNIGHT + at, Money.of_units(amount, "EUR"), "EUR", status)
        columns = "key contact at amount currency status"
        write(self.bus.storage, self.tenant, batch(RecordKind.PURCHASES, columns, row))

    def step(self) -> None:
        """Do what a worker does."""
        self.bus.run(UpdateMembers(), self.tenant)
        self.bus.run(FillDue(self.horizon), self.tenant)
        self.bus.run(FireDue(), self.tenant)
        self.bus.run(UpdateMembers(), self.tenant)

    def go_on_until(self, instant: datetime) -> None:
        """Step from one due instant to the next, until another one."""
        while (due := self.next_at()) is not None and due <= instant:
            assert due > self.clock.at, "who was due was not looked at"
            self.clock.at = due
            self.step()
            self.fold()
        self.clock.at = instant
        self.fold()

    def next_at(self) -> datetime | None:
        with self.bus.ports(self.tenant, reading=True) as ports:
            return ports.work.due.next_at()

    def fold(self) -> None:
        """Let those enter and leave of whom the definition says so now, by what the rules freshly select."""
        now = self.clock.at
        with self.bus.ports(self.tenant, reading=True) as ports:
            for segment in ports.work.segments.all():
                since, (enter, leave) = self.since[segment.name], self.checked[segment.name]
                entering = {each.key for each in ports.work.audiences.sample(enter, now, 9)}
                leaving = {each.key for each in ports.work.audiences.sample(leave, now, 9)} if leave else None
                for key in KEYS:
                    leaves = key not in entering if leaving is None else key in leaving
                    if key not in since and key in entering and not leaves:
                        since[key] = now
                    elif key in since and leaves and since[key] + segment.leaving.minimum_stay <= now:
                        del since[key]

    def check(self) -> None:
        """See that members are those whom the definition names now."""
        self.fold()
        with self.bus.ports(self.tenant, reading=True) as ports:
            for segment in ports.work.segments.all():
                members = {each.person.key: each.entered_at for each in ports.work.audiences.members(segment.id)}
                told = segment.name, segment.ruled.text, segment.leaving, self.clock.at
                assert members.keys() == self.since[segment.name].keys(), told
                assert (segment.member_count, segment.failure) == (len(members), None)


def _day(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text).date()


def tell(storage: Storage, clock: FixedClock, story: Story, minutes: int, nights: int = 1) -> None:
    """Tell a story minute by minute, some minutes of each night."""
    begin = MIDNIGHT - minutes // 2 * MINUTE
    shop = Shop.open(storage, clock, story, begin)
    shop.step()
    shop.check()
    tell_night(shop, story, minutes)
    for night in range(1, nights):
        for quarter in range(4):
            shop.go_on_until(begin + (night - 1) * DAY + quarter * DAY / 4 + minutes * MINUTE)
            shop.step()
            shop.check()
        shop.go_on_until(begin + night * DAY)
        shop.check()
        tell_night(shop, evolve(story, later=()), minutes)


def tell_night(shop: Shop, story: Story, minutes: int) -> None:
    """Go on for so many minutes."""
    begin, often = shop.clock.at, max(1, story.horizon // (4 * MINUTE))
    later = {(number + 1) * minutes // 4: each for number, each in enumerate(story.later)}
    for minute in range(1, minutes + 1):
        shop.go_on_until(begin + minute * MINUTE)
        if minute in later:
            shop.buy(f"later {minute}", *later[minute])
        if minute in later or minute % often == 0:
            shop.step()
        shop.check()


def test_within_a_night_members_are_those_of_the_definition_at_every_minute(
    storage: tuple[Storage, FixedClock],
) -> None:
    @settings(max_examples=max(4, settings().max_examples // 40))
    @given(story=stories(24, DAY, 10 * MINUTE))
    def law(story: Story) -> None:
        tell(*storage, story, 24)

    law()


def test_in_nights_on_end_members_are_those_of_the_definition_while_minimum_stays_end(
    storage: tuple[Storage, FixedClock],
) -> None:
    @settings(max_examples=max(4, settings().max_examples // 40))
    @given(story=stories(8, DAY))
    def law(story: Story) -> None:
        tell(*storage, story, 8, nights=4)

    law()
