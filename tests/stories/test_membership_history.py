"""Whatever is imported, changed and calculated in whatever order: members are whom the rule selected, then as now.

A machine does random things to a shop, and to a model that computes every answer from scratch in a few lines of Python.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers
from kohorte.core.segments.queries import export_members, list_members
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import Money
from kohorte.dsl.language import RuleLanguage
from tests.postgres import Database

DAY = timedelta(days=1)
KEYS = ("Ann", "Bob", "Cem", "Dee", "Eve")
COUNTRIES = ("DE", "AT", None)


@define
class Model:
    """The shop in plain Python: who lives where, who bought when, and what each segment's rule means."""

    countries: dict[str, str | None] = field(factory=dict[str, "str | None"])
    purchases: dict[str, tuple[str, datetime, int]] = field(factory=dict[str, "tuple[str, datetime, int]"])
    rules: dict[str, str] = field(factory=dict[str, str])
    pins: dict[str, bool] = field(factory=dict[str, bool])
    kept: frozenset[str] = frozenset()

    def is_kept(self, key: str, now: datetime) -> bool:
        return self.pins.get(key, MEANING[self.rules["kept"]](self, key, now))

    def selected(self, rule: str, now: datetime) -> frozenset[str]:
        return frozenset(key for key in self.countries if MEANING[rule](self, key, now))

    def bought(self, key: str, now: datetime) -> list[tuple[datetime, int]]:
        return [(at, amount) for who, at, amount in self.purchases.values() if who == key and at <= now]


Meaning = Callable[[Model, str, datetime], bool]


def lives_in(*countries: str | None) -> Meaning:
    return lambda model, key, _: model.countries[key] in countries


def bought_lately(model: Model, key: str, now: datetime) -> bool:
    return any(at > now - 3 * DAY for at, _ in model.bought(key, now))


def never_bought(model: Model, key: str, now: datetime) -> bool:
    return not model.bought(key, now)


def spent_much(model: Model, key: str, now: datetime) -> bool:
    return sum(amount for _, amount in model.bought(key, now)) > 1000


def is_first(model: Model, key: str, now: datetime) -> bool:
    return MEANING[model.rules["first"]](model, key, now)


def lives_somewhere_and_is_not_first(model: Model, key: str, now: datetime) -> bool:
    return model.countries[key] is not None and not is_first(model, key, now)


MEANING: dict[str, Meaning] = {
    'contact.country = "DE"': lives_in("DE"),
    'contact.country != "DE"': lives_in("AT", None),
    "contact.country is empty": lives_in(None),
    "purchases(last 3 days).count >= 1": bought_lately,
    "no purchases": never_bought,
    "purchases.sum(amount) > 10 EUR": spent_much,
}


def is_kept(model: Model, key: str, _: datetime) -> bool:
    return key in model.kept


ABOUT_FIRST: dict[str, Meaning] = {
    'in segment "kept"': is_kept,
    'not in segment "kept"': lambda model, key, now: not is_kept(model, key, now),
    'in segment "first"': is_first,
    'not in segment "first" and contact.country is set': lives_somewhere_and_is_not_first,
}


MOVES: dict[str, Callable[[str, tuple[str, ...]], Any]] = {
    "add": AddMembers,
    "remove": RemoveMembers,
    "release": ReleaseMembers,
}


class Shop(RuleBasedStateMachine):
    """Random doings in one tenant; ``storage`` and ``clock`` are set by the test."""

    storage: ClassVar[Storage]
    clock: ClassVar[FixedClock]

    @initialize()
    def begin(self) -> None:
        self.tenant: Tenant = add_tenant(self.storage)
        self.bus = Bus(registry(), self.clock, CountingIds(3_000_000), RuleLanguage(), self.storage)
        german = 'contact.country = "DE"'
        self.model = Model(rules={"first": german, "kept": german, "second": 'in segment "first"'})
        self.history: dict[str, dict[datetime, frozenset[str]]] = {"first": {}, "kept": {}, "second": {}}
        for name, text in self.model.rules.items():
            kind = SegmentType.HYBRID if name == "kept" else SegmentType.DYNAMIC
            self.bus.run(CreateSegment(name, text, type=kind), self.tenant)

    # -- what happens --

    @rule(rows=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(COUNTRIES), min_size=1))
    def import_contacts(self, rows: dict[str, str | None]) -> None:
        write(self.storage, self.tenant, batch(RecordKind.CONTACTS, "key country", *rows.items()))
        self.model.countries |= rows

    @precondition(lambda self: self.model.countries)
    @rule(data=st.data(), number=st.integers(1, 6), days=st.integers(-5, 2), amount=st.integers(-500, 2000))
    def import_purchase(self, data: st.DataObject, number: int, days: int, amount: int) -> None:
        who = data.draw(st.sampled_from(sorted(self.model.countries)))
        key, at = f"P{number}", self.clock.now() + days * DAY
        row = (key, who, at, Money.of_units(amount, "EUR"), "EUR")
        write(self.storage, self.tenant, batch(RecordKind.PURCHASES, "key contact at amount currency", row))
        self.model.purchases[key] = (who, at, amount)

    @rule(hours=st.sampled_from((0, 1, 24, 71, 72, 73)))
    def let_time_pass(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule(text=st.sampled_from(sorted(MEANING)))
    def change_first(self, text: str) -> None:
        self.change("first", text)

    @rule(text=st.sampled_from(sorted(MEANING | ABOUT_FIRST)))
    def change_second(self, text: str) -> None:
        self.change("second", text)

    @rule(text=st.sampled_from(sorted(MEANING)))
    def change_kept(self, text: str) -> None:
        self.change("kept", text)

    @rule(keys=st.sets(st.sampled_from(KEYS), min_size=1), move=st.sampled_from(("add", "remove", "release")))
    def move_by_hand(self, keys: set[str], move: str) -> None:
        known = keys & self.model.countries.keys()
        for key in known:
            self.model.pins.pop(key, None)
            if move != "release":
                self.model.pins[key] = move == "add"
        before, now = self.model.kept, self.clock.now()
        self.model.kept = (before - known) | {key for key in known if self.model.is_kept(key, now)}
        moved = self.bus.run(MOVES[move]("kept", tuple(sorted(keys))), self.tenant)
        assert {*moved.unknown} == keys - known
        assert (moved.entered, moved.left) == (len(self.model.kept - before), len(before - self.model.kept))
        assert moved.members == len(self.model.kept)
        self.history["kept"][now] = self.model.kept

    @rule(names=st.sampled_from(((), ("first",), ("kept",), ("second",), ("second", "first"))))
    def calculate(self, names: tuple[str, ...]) -> None:
        before = {name: self.members(name) for name in self.history}
        for each in self.bus.run(CalculateSegments(names), self.tenant):
            assert each.error is None
            expected = self.expected(each.name)
            assert (each.entered, each.left) == (
                len(expected - before[each.name]),
                len(before[each.name] - expected),
            )
            assert each.members == len(expected)
            self.history[each.name][self.clock.now()] = expected
            if each.name == "kept":
                self.model.kept = expected

    @rule()
    def update(self) -> None:
        before = {name: self.members(name) for name in self.history}
        for each in self.bus.run(UpdateMembers(), self.tenant):
            assert each.error is None
            now = self.members(each.name)
            assert each.members == len(now)
            assert (each.entered or 0) - (each.left or 0) == len(now) - len(before[each.name])
        for name, then in self.history.items():
            members = self.members(name)
            if self.is_timeless(name):
                assert members == self.expected(name), name
            then[self.clock.now()] = members
        self.model.kept = self.members("kept")
        assert not self.bus.run(UpdateMembers(), self.tenant)

    @rule()
    def work(self) -> None:
        """Do what a worker does: members are those of a fresh evaluation then, whatever had changed or was due."""
        self.bus.run(UpdateMembers(), self.tenant)
        self.bus.run(FillDue(), self.tenant)
        self.bus.run(FireDue(), self.tenant)
        self.bus.run(UpdateMembers(), self.tenant)
        self.model.kept = self.expected("kept")
        for name, then in self.history.items():
            then[self.clock.now()] = self.members(name)
            assert self.members(name) == self.expected(name), name

    def is_timeless(self, name: str) -> bool:
        """Tell whether the passing of time alone changes no answer of a segment's rule."""
        text = self.model.rules[name]
        if text in ABOUT_FIRST:
            return "kept" not in text and self.is_timeless("first")
        return "purchases" not in text

    # -- what holds in the end --

    def teardown(self) -> None:
        self.check_changes()
        for name, then in getattr(self, "history", {}).items():
            for at, expected in then.items():
                assert self.members(name, at) == expected, (name, at)
                assert self.members(name, at + timedelta(microseconds=1)) == expected, (name, at)
            for before, at in pairwise(sorted(then)):
                assert self.members(name, at - timedelta(microseconds=1)) == then[before], (name, at)
                entered = then[at] - then[before]
                assert {key for key, since in self.exported(name, at) if since == at} >= entered, (name, at)
            assert self.members(name) == (then[max(then)] if then else frozenset()), name

    def check_changes(self) -> None:
        """See that the changes of a segment's members, one after the other, lead to those whom it has."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            keys = {contact_id: key for key, contact_id in ports.work.pins.find(KEYS).items()}
            for segment in ports.work.segments.all():
                members, number = set[str](), 1
                while found := ports.work.audiences.changes(segment.id, number):
                    for each in found:
                        key = keys[each.contact_id]
                        assert each.entered is (key not in members), (segment.name, number, key)
                        members ^= {key}
                    number += 1
                assert members == self.members(segment.name), segment.name

    def change(self, name: str, text: str) -> None:
        self.bus.run(ChangeSegment(name, rule=text), self.tenant)
        self.model.rules[name] = text

    def expected(self, name: str) -> frozenset[str]:
        text, now = self.model.rules[name], self.clock.now()
        if name == "kept":
            return frozenset(key for key in self.model.countries if self.model.is_kept(key, now))
        meaning = MEANING.get(text) or ABOUT_FIRST[text]
        return frozenset(key for key in self.model.countries if meaning(self.model, key, now))

    def members(self, name: str, at: datetime | None = None) -> frozenset[str]:
        with self.bus.ports(self.tenant, reading=True) as ports:
            page = list_members(ports, name, at=at)
        keys = [member.person.key for member in page.members]
        assert len(keys) == len(set(keys)) == page.count  # nobody is in twice at a time
        return frozenset(keys)

    def exported(self, name: str, at: datetime) -> list[tuple[object, ...]]:
        with self.bus.ports(self.tenant, reading=True) as ports:
            rows = list(export_members(ports, name, ("contact.key", "entered_at"), at=at))
        assert {key for key, _ in rows} == self.members(name, at)
        return rows


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def storage(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Storage]:
    clock = FixedClock(NOON)
    if request.param == "memory":
        yield MemoryStorage(clock, CountingIds())
        return
    url = f"sqlite:///{tmp_path}/shop.db"
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres_database")
        url = database.owner_url
    migrate(url, clock=clock, ids=CountingIds(7_000_000))
    opened = open_storage(url, clock=clock, ids=CountingIds())
    yield opened
    opened.close()


def test_members_are_those_whom_the_rule_selected_then_as_now(storage: Storage) -> None:
    machine = type("ShopOnThisStorage", (Shop,), {"storage": storage, "clock": FixedClock(NOON)})
    # An example is a whole history of a shop: a few of them are worth many examples of one value.
    some = settings(max_examples=max(5, settings().max_examples // 5), stateful_step_count=25)
    run_state_machine_as_test(machine, settings=some)
