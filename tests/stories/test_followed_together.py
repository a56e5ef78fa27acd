"""Segments that follow changes together end as they would one by one: the same members, history, numbers and events."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.fields import Kind
from kohorte.core.lists.commands import AddEntries, CreateList
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.ports.storage import Storage
from kohorte.core.registry import registry
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.events import MembersChanged
from kohorte.core.segments.lifecycle import ActivateSegment, DeactivateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import Money
from kohorte.dsl.index.segments import SegmentIndex
from kohorte.dsl.language import RuleLanguage
from tests.postgres import Database

DAY: Final = timedelta(days=1)
KEYS: Final = ("Ann", "Bob", "Cem", "Dee")
CONDITIONS: Final = (  # samples are of ids, which two tenants do not share
    'contact.country = "DE"',
    'contact.country != "DE"',
    "contact.points >= 2",
    "contact.points is empty",
    'customer.category = "Press"',
    "purchases(last 3 days).count >= 1",
    "purchases.sum(amount) > 10 EUR",
    "any items(quantity > 1, last 2 days)",
    "no purchases",
    "contact.birthday has anniversary in the next 2 days",
    'any activities(kind = "call", next 2 days)',
    'contact.key in list "vip"',
)
REFERENCES: Final = ('in segment "kept"', 'not in segment "kept"', 'in segment "stay"', 'in segment "guests"')
DYNAMIC: Final = ('in segment "first"', 'not in segment "first"')


class _OneByOne(SegmentIndex):
    """An index that takes no rule, so that segments are asked one by one."""

    def put(self, segment_id: object, enter: CheckedRule, leave: CheckedRule | None = None) -> None:
        raise NotImplementedError


class _AsBefore(RuleLanguage):
    def index(self) -> SegmentIndex:
        return _OneByOne()


@st.composite
def rules(draw: st.DrawFn, *more: str) -> str:
    parts = draw(st.lists(st.sampled_from((*CONDITIONS, *more)), min_size=1, max_size=3))
    return draw(st.sampled_from((" and ", " or "))).join(f"({each})" for each in parts)


Step = tuple[str, Any]
STEPS: Final = st.one_of(
    st.tuples(
        st.just("contacts"),
        st.lists(
            st.tuples(
                st.sampled_from(KEYS),
                st.sampled_from(("DE", "AT", None)),
                st.sampled_from((1, 2, None)),
                st.sampled_from(("K1", "K2", None)),
                st.sampled_from((datetime(1990, 5, 16).date(), datetime(1990, 5, 19).date(), None)),  # noqa: DTZ001
            ),
            min_size=1,
            max_size=3,
        ),
    ),
    st.tuples(
        st.just("purchase"),
        st.tuples(st.integers(0, 3), st.sampled_from(KEYS), st.integers(-4, 1), st.integers(-900, 1900)),
    ),
    st.tuples(st.just("item"), st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2))),
    st.tuples(st.just("activity"), st.tuples(st.integers(0, 1), st.sampled_from(KEYS), st.integers(-1, 4))),
    st.tuples(st.just("customer"), st.tuples(st.sampled_from(("K1", "K2")), st.sampled_from(("Press", None)))),
    st.tuples(
        st.just("hand"), st.tuples(st.integers(0, 2), st.sampled_from(("kept", "guests")), st.sampled_from(KEYS))
    ),
    st.tuples(st.just("list"), st.sampled_from(KEYS)),
    st.tuples(st.just("rule"), st.tuples(st.sampled_from(("first", "kept", "stay")), rules())),
    st.tuples(st.just("idle"), st.sampled_from(("first", "second"))),
    st.tuples(st.just("time"), st.sampled_from((1, 6, 24, 25, 71))),
)


@frozen
class Story:
    """The rules of some segments, and what happens."""

    first: str
    kept: str
    stay: str
    leave: str | None
    days: int
    second: str
    third: str
    steps: Sequence[Sequence[Step]]


STORIES: Final = st.builds(
    Story,
    rules(),
    rules(),
    rules(),
    st.none() | rules(),
    st.sampled_from((0, 1, 2)),
    rules(*REFERENCES, *DYNAMIC),
    rules(*REFERENCES),
    st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=5),
)


@frozen
class Teller:
    """A tenant to which the story happens."""

    bus: Bus
    tenant: Tenant
    clock: FixedClock

    @classmethod
    def open(cls, storage: Storage, clock: FixedClock, language: RuleLanguage) -> "Teller":
        bus = Bus(registry(), clock, CountingIds(3_000_000), language, storage)
        return cls(bus, add_tenant(storage), clock)

    def begin(self, story: Story) -> None:
        self.run(AddField("contact", "points", Kind.INTEGER))
        self.run(CreateList("vip"))
        self.write(RecordKind.CUSTOMERS, "key category", ("K1", "Press"), ("K2", None))
        self.write(RecordKind.CONTACTS, "key country", *((key, "DE") for key in KEYS))
        self.run(CreateSegment("guests", type=SegmentType.STATIC))
        self.run(CreateSegment("first", story.first))
        self.run(CreateSegment("kept", story.kept, type=SegmentType.HYBRID))
        self.run(CreateSegment("stay", story.stay, leave_when=story.leave, minimum_stay_days=story.days))
        self.run(CreateSegment("second", story.second))
        self.run(CreateSegment("third", story.third, type=SegmentType.HYBRID))
        self.run(CreateSegment("last", f'(in segment "third") or ({story.third})'))
        self.work()

    def run(self, command: Any) -> None:
        self.bus.run(command, self.tenant)

    def write(self, kind: RecordKind, columns: str, *rows: tuple[object, ...]) -> None:
        write(self.bus.storage, self.tenant, batch(kind, columns, *rows))

    def work(self) -> None:
        """Do what a worker does."""
        calculated = [*self.bus.run(UpdateMembers(), self.tenant)]
        filled = self.bus.run(FillDue(), self.tenant)
        calculated += self.bus.run(FireDue(), self.tenant)
        calculated += self.bus.run(UpdateMembers(), self.tenant)
        assert not any(each.error for each in calculated)
        assert not any(each.error for each in filled)

    def tell(self, step: Step) -> None:
        what, told = step
        match what:
            case "contacts":
                self.write(RecordKind.CONTACTS, "key country points customer birthday", *told)
            case "purchase":
                number, who, days, amount = told
                row = (f"P{number}", who, self.clock.now() + days * DAY, Money.of_units(amount, "EUR"), "EUR")
                self.write(RecordKind.PURCHASES, "key contact at amount currency", row)
            case "item":
                number, purchase, quantity = told
                self.write(RecordKind.ITEMS, "key purchase quantity", (f"I{number}", f"P{purchase}", quantity))
            case "activity":
                number, who, days = told
                call = (f"A{number}", who, "call", self.clock.now() + days * DAY)
                self.write(RecordKind.ACTIVITIES, "key contact kind at", call)
            case "customer":
                self.write(RecordKind.CUSTOMERS, "key category", told)
            case "hand":
                move, segment, who = told
                kinds = (
                    (AddMembers, RemoveMembers) if segment == "guests" else (AddMembers, RemoveMembers, ReleaseMembers)
                )
                self.run(kinds[move % len(kinds)](segment, (who,)))
            case "list":
                self.run(AddEntries("vip", [told]))
            case "rule":
                segment, rule = told
                self.run(ChangeSegment(segment, rule=rule))
            case "idle":
                self.run(DeactivateSegment(told))
                self.work()
                self.run(ActivateSegment(told))

    def everything(self) -> Mapping[str, object]:
        """Return all that is known of the members of each segment, with keys in the place of ids."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            work = ports.work
            keys = {contact_id: key for key, contact_id in work.pins.find(KEYS).items()}
            names = {each.id: each.name for each in work.segments.all()}
            events = [each for each in work.events.after(0, 10_000) if each.type == MembersChanged.type]
            numbers = {
                name: [each.data["number"] for each in events if names[each.about] == name] for name in names.values()
            }
            return {
                segment.name: (
                    (segment.member_count, segment.calculated_at, segment.moved_at, segment.stale, segment.failure),
                    numbers[segment.name],
                    list(self._changes(work, segment.id, keys)),
                )
                for segment in work.segments.all()
            }

    def _changes(self, work: Any, segment_id: Any, keys: Mapping[Any, str]) -> Iterator[tuple[object, ...]]:
        for number in count(1):
            found = work.audiences.changes(segment_id, number)
            if not found:
                return
            yield (
                number,
                sorted((keys[e.contact_id], e.entered, e.at, e.cause.value, e.by, e.rule_version) for e in found),
            )


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stand(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Storage, FixedClock]]:
    clock = FixedClock(NOON)
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


@settings(
    max_examples=max(5, settings().max_examples // 5),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
    deadline=None,
)
@given(story=STORIES)
def test_segments_end_as_they_would_one_by_one(stand: tuple[Storage, FixedClock], story: Story) -> None:
    storage, clock = stand
    clock.at = NOON
    together, one_by_one = Teller.open(storage, clock, RuleLanguage()), Teller.open(storage, clock, _AsBefore())
    for each in (together, one_by_one):
        each.begin(story)
    for steps in story.steps:
        clock.advance(timedelta(minutes=1))
        for step in steps:
            for each in (together, one_by_one):
                each.tell(step)
            if step[0] == "time":
                clock.advance(timedelta(hours=step[1]))
        for each in (together, one_by_one):
            each.work()
        assert together.everything() == one_by_one.everything()
