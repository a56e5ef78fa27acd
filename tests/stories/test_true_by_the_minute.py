"""A month of random data, and rules in which every form of time occurs: what time alone changes is evaluation's.

Every rule is evaluated at every minute, over plain copies of the data. Members are then exactly those, and the events
tell of each change at exactly the instant at which the evaluation changes: to the microsecond, not to the minute.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from attrs import define, evolve, field

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.event_feed import START, read_events
from kohorte.core.fields import Kind
from kohorte.core.messages import Command
from kohorte.core.ports.rules import SegmentReference
from kohorte.core.ports.storage import Storage
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock, ListedReferences
from kohorte.core.values import to_micros
from kohorte.dsl.language import RuleLanguage
from tests.conftest import THOROUGH
from tests.postgres import Database
from tests.stories.membership.records import Records
from tests.stories.month.forms import FORMS, Definition, definitions
from tests.stories.month.judging import Asked, Epoch, Interval, Judge, instants
from tests.stories.month.story import DAY, KEYS, MINUTE, Arrival, Story

# In the month summer time begins in New York and in Berlin, and ends on Lord Howe; a quarter ends. The small profile
# has one day of it, in which Berlin's summer time and a quarter begin, and on each storage a third of the forms: all of
# them together are asked in the time that one storage would need.
BEGIN, DAYS = ("2024-03-08T00:00:00Z", 30) if THOROUGH else ("2024-03-30T23:00:00Z", 1)
ROUND: Final = timedelta(hours=6)
"""A worker with nothing to do looks this often here; it could do so as often as it likes."""


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def storage(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Storage, FixedClock, int]]:
    """Return a storage with its clock, and a number by which its month is drawn: each has another one."""
    clock = FixedClock(datetime.fromisoformat(BEGIN))
    if request.param == "memory":
        yield MemoryStorage(clock, CountingIds()), clock, 0
        return
    url = f"sqlite:///{tmp_path}/month.db"
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres_database")
        url = database.owner_url
    migrate(url, clock=clock, ids=CountingIds(7_000_000))
    opened = open_storage(url, clock=clock, ids=CountingIds())
    yield opened, clock, 1 if request.param == "sqlite" else 2
    opened.close()


@define
class Shop:
    """A tenant whose story is told: a worker wakes at each instant for which something is due."""

    bus: Bus
    tenant: Tenant
    clock: FixedClock
    story: Story
    made: Sequence[Definition]
    ids: dict[str, UUID] = field(factory=dict[str, UUID])
    rounds: int = 0

    def tell(self) -> None:
        """Tell the whole story."""
        for name, kind in (("seen_at", Kind.INSTANT), ("renewed_on", Kind.DATE)):
            self.bus.run(AddField("contact", name, kind), self.tenant)
        arrivals = list(self.story.arrivals)
        self.arrive(arrivals)
        for each in self.made:
            command = CreateSegment(each.name, each.rule, type=each.type, leave_when=each.leave)
            command = evolve(command, minimum_stay_days=each.days)
            self.ids[each.name] = self.bus.run(command, self.tenant).id
        self.work()
        while (at := self.next_at(arrivals)) <= self.story.end:
            assert at > self.clock.at, "who was due was not looked at"
            self.clock.at = at
            self.arrive(arrivals)
            self.work()

    def arrive(self, arrivals: list[Arrival]) -> None:
        """Let what arrives by now be known."""
        while arrivals and arrivals[0].at <= self.clock.at:
            write(self.bus.storage, self.tenant, arrivals.pop(0).batch())

    def next_at(self, arrivals: Sequence[Arrival]) -> datetime:
        """Return when there is something to do next."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            due = ports.work.due.next_at()
        coming = (due, *(each.at for each in arrivals[:1]))
        return min(each for each in (self.clock.at + ROUND, *coming) if each is not None)

    def work(self) -> None:
        """Do what a worker does."""
        commands: tuple[Command[Sequence[Any]], ...] = (UpdateMembers(), FillDue(), FireDue(), UpdateMembers())
        for command in commands:
            assert not any(each.error for each in self.bus.run(command, self.tenant))
        self.rounds += 1

    def told(self) -> dict[str, dict[str, list[Interval]]]:
        """Return what the events have told: by segment, who was in it from when until when."""
        names = {about: name for name, about in self.ids.items()}
        found: dict[str, dict[str, list[Interval]]] = {name: {key: [] for key in KEYS} for name in self.ids}
        with self.bus.ports(self.tenant, reading=True) as ports:
            keys = {str(contact_id): key for key, contact_id in ports.work.pins.find(KEYS).items()}
            page = read_events(ports, START, 10_000)
            while page.events:
                for event in page.events:
                    if event.type.startswith("crm.segment.member_"):
                        stays, at = found[names[event.about]][keys[event.data["contact"]]], event.data["at"]
                        instant = datetime.fromisoformat(at)
                        if event.type.endswith("_added"):
                            stays.append((instant, None))
                        else:
                            stays[-1] = stays[-1][0], instant
                page = read_events(ports, page.after, 10_000)
        return found

    def members(self, name: str, at: datetime) -> set[str]:
        """Return who was a member of a segment."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            return {each.person.key for each in ports.work.audiences.members(self.ids[name], at=at)}


def epochs_of(story: Story) -> list[Epoch]:
    """Return what is known of all contacts, from each arrival on."""
    records, found = Records(ids={key: UUID(int=0) for key in KEYS}), list[Epoch]()
    for arrival in story.arrivals:
        arrival.tell(records)
        at = to_micros(arrival.at)
        known = {key: records.record(key) for key in records.contacts}
        if found and found[-1].begin == at:
            found.pop()
        found.append(Epoch(at, known))
    return found


def judged(shop: Shop, told: Mapping[str, Mapping[str, Sequence[Interval]]]) -> tuple[Mapping[str, Any], int]:
    """Return who belongs to each segment by evaluation at every minute, and how many answers that took."""
    epochs, asked = epochs_of(shop.story), 0
    found: dict[str, dict[str, list[Interval]]] = {}
    references = [
        SegmentReference(shop.ids[each.name], each.name, each.rule if each.is_ruled_alone else None)
        for each in shop.made
    ]
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        catalogue = tenant_catalogue(ports.work) if ports.work.custom_fields.all() else kohorte_catalogue()
    listed = ListedReferences("Europe/Berlin", references)
    for each in shop.made:
        rules = [RuleLanguage().check(text, catalogue, listed) for text in (each.rule, each.leave) if text is not None]
        asking = [Asked(rule, epochs, members_by(found, shop.ids, rule.segments)) for rule in rules]
        claimed = [at for stays in told[each.name].values() for at in instants(stays)]
        judge = Judge(
            asking[0],
            asking[1] if len(asking) > 1 else None,
            timedelta(days=each.days),
            epochs,
            to_micros(shop.story.end),
            claimed,
        )
        found[each.name] = judge.intervals()
        asked += sum(one.asked for one in asking)
    return found, asked


def members_by(
    found: Mapping[str, Mapping[str, Sequence[Interval]]], ids: Mapping[str, UUID], wanted: Collection[UUID]
) -> Callable[[int], Mapping[UUID, frozenset[str]]]:
    """Return what tells who is in each of some segments that were judged, at an instant (µs)."""
    steps = {
        ids[name]: {key: instants(stays) for key, stays in by_key.items()}
        for name, by_key in found.items()
        if ids[name] in wanted
    }

    def members(now: int) -> Mapping[UUID, frozenset[str]]:
        return {
            each: frozenset(key for key, ends in by_key.items() if bisect_right(ends, now) % 2)
            for each, by_key in steps.items()
        }

    return members


def test_what_time_changes_in_a_month_equals_evaluation_at_every_minute(
    storage: tuple[Storage, FixedClock, int],
) -> None:
    opened, clock, seed = storage
    random = Random(seed)  # noqa: S311 - no secret
    clock.at = datetime.fromisoformat(BEGIN)
    story = Story(random, clock.at, DAYS)
    bus = Bus(registry(), clock, CountingIds(3_000_000), RuleLanguage(), opened)
    shop = Shop(bus, add_tenant(opened), clock, story, definitions(random, FORMS if THOROUGH else FORMS[seed::3]))
    shop.tell()
    told = shop.told()
    wanted, asked = judged(shop, told)
    for each in shop.made:
        assert told[each.name] == wanted[each.name], each
    for each in (*shop.made, *shop.made):
        at = story.begin + random.randrange(DAYS * 24 * 60) * MINUTE
        assert shop.members(each.name, at) == {key for key, stays in wanted[each.name].items() if is_within(stays, at)}
    moves = sum(len(instants(stays)) for by_key in told.values() for stays in by_key.values())
    figures = {"minutes": DAYS * DAY // MINUTE, "segments": len(told), "rounds": shop.rounds}
    logging.getLogger(__name__).info("%s", {**figures, "moves": moves, "answers": asked})
    assert asked >= len(KEYS) * len(told) * figures["minutes"]


def is_within(stays: Sequence[Interval], at: datetime) -> bool:
    """Tell whether an instant lies in one of some stays."""
    return any(begin <= at and (end is None or at < end) for begin, end in stays)
