"""The bus: a command happens whole or not at all, and what follows from it never undoes it."""

import json
import logging
from datetime import timedelta

import pytest
from attrs import evolve, frozen

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import ATTEMPTS, RETRY_AFTER, Bus, Ports, Reaction, Registry
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import AlreadyExists, NotFound, StorageUnavailable
from kohorte.core.messages import Command, Event
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock


@frozen
class Greeted(Event):
    type = "test.greeted"

    whom: str


@frozen
class Thanked(Event):
    type = "test.thanked"


@frozen
class Greet(Command[str]):
    """Save a contact for each name, each in a transaction of its own; the name "nobody" fails."""

    names: tuple[str, ...]


def greet(command: Greet, ports: Ports) -> str:
    for name in command.names:
        contact = Contact(ports.ids.new(), name, ports.clock.now())
        ports.work.contacts.save(contact)
        ports.work.record(Greeted(contact.id, name))
        if name == "nobody":
            raise NotFound("There is nobody.")
        if name != command.names[-1]:
            ports.work.commit()
    return "Hello"


def bus_with(bus: Bus, *reactions: Reaction, thanks: tuple[Reaction, ...] = ()) -> Bus:
    return evolve(bus, registry=Registry({Greet: greet}, {Greeted: reactions, Thanked: thanks}))


def telling(told: list[str]) -> Reaction:
    def tell(event: Greeted, ports: Ports) -> None:
        told.append(event.whom)

    return tell


def is_known(bus: Bus, tenant: Tenant, name: str) -> bool:
    with bus.ports(tenant, reading=True) as ports:
        try:
            ports.work.contacts.by_key(name)
        except NotFound:
            return False
        return True


def test_rows_versions_and_events_are_there_together(bus: Bus, storage: MemoryStorage, tenant: Tenant) -> None:
    assert bus_with(bus).run(Greet(("Ann",)), tenant) == "Hello"
    with bus.ports(tenant, reading=True) as ports:
        ann = ports.work.contacts.by_key("Ann")
    assert ann.version == 1
    assert storage.outbox(tenant) == (Greeted(ann.id, "Ann"),)


def test_a_command_that_fails_leaves_nothing(bus: Bus, storage: MemoryStorage, tenant: Tenant) -> None:
    told: list[str] = []
    with pytest.raises(NotFound):
        bus_with(bus, telling(told)).run(Greet(("nobody",)), tenant)
    assert not is_known(bus, tenant, "nobody")
    assert storage.outbox(tenant) == ()
    assert told == []


def test_a_long_command_that_fails_keeps_its_whole_parts_and_their_reactions(
    bus: Bus, storage: MemoryStorage, tenant: Tenant
) -> None:
    told: list[str] = []
    with pytest.raises(NotFound):
        bus_with(bus, telling(told)).run(Greet(("Ann", "Bob", "nobody", "Cem")), tenant)
    assert [is_known(bus, tenant, name) for name in ("Ann", "Bob", "nobody", "Cem")] == [True, True, False, False]
    assert len(storage.outbox(tenant)) == 2
    assert told == ["Ann", "Bob"]


def test_reactions_see_what_was_committed_and_run_in_the_order_of_the_events(bus: Bus, tenant: Tenant) -> None:
    told: list[tuple[str, bool]] = []

    def tell(event: Greeted, ports: Ports) -> None:
        told.append((event.whom, is_known(bus, tenant, "Bob")))

    bus_with(bus, tell).run(Greet(("Ann", "Bob")), tenant)
    assert told == [("Ann", True), ("Bob", True)]


def test_what_a_reaction_does_is_committed_and_reacted_to(bus: Bus, storage: MemoryStorage, tenant: Tenant) -> None:
    told: list[Thanked] = []

    def thank(event: Greeted, ports: Ports) -> None:
        ports.work.record(Thanked(event.about))

    def hear(event: Thanked, ports: Ports) -> None:
        told.append(event)

    bus_with(bus, thank, thanks=(hear,)).run(Greet(("Ann",)), tenant)
    assert [event.type for event in storage.outbox(tenant)] == ["test.greeted", "test.thanked"]
    assert told == [storage.outbox(tenant)[1]]


class Moody:
    """A reaction that fails until it is cheered up."""

    def __init__(self, failure: Exception, name: str = "moody") -> None:
        self.__qualname__ = name
        self.failure: Exception | None = failure
        self.told: list[str] = []

    def __call__(self, event: Greeted, ports: Ports) -> None:
        ports.work.record(Thanked(event.about))
        if self.failure:
            raise self.failure
        self.told.append(event.whom)


@pytest.mark.parametrize("failure", [StorageUnavailable("Full."), ZeroDivisionError()])
def test_a_reaction_that_fails_is_kept_as_a_job_and_undoes_nothing(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    moody, told = Moody(failure), list[str]()
    bus = bus_with(bus, moody, telling(told))
    assert bus.run(Greet(("Ann", "Bob")), tenant) == "Hello"
    assert told == ["Ann", "Bob"]
    assert is_known(bus, tenant, "Bob")
    assert {event.type for event in storage.outbox(tenant)} == {"test.greeted"}
    with bus.ports(tenant, reading=True) as ports:
        jobs = ports.work.jobs.unfinished()
    assert [json.loads(json.dumps(job.data))["event"]["whom"] for job in jobs] == ["Ann", "Bob"]
    assert {job.due_at - bus.clock.now() for job in jobs} == {RETRY_AFTER}
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_a_kept_reaction_is_tried_again_when_it_is_due(
    bus: Bus, clock: FixedClock, storage: MemoryStorage, tenant: Tenant
) -> None:
    moody = Moody(ZeroDivisionError())
    bus = bus_with(bus, moody)
    bus.run(Greet(("Ann",)), tenant)
    moody.failure = None
    assert (bus.retry_reactions(tenant), moody.told) == (0, [])
    clock.advance(RETRY_AFTER)
    assert (bus.retry_reactions(tenant), moody.told) == (1, ["Ann"])
    assert [event.type for event in storage.outbox(tenant)] == ["test.greeted", "test.thanked"]
    clock.advance(timedelta(days=9))
    assert (bus.retry_reactions(tenant), moody.told) == (0, ["Ann"])


def test_a_kept_reaction_that_goes_on_failing_is_tried_less_often_and_given_up_in_the_end(
    bus: Bus, clock: FixedClock, tenant: Tenant
) -> None:
    bus = bus_with(bus, Moody(ZeroDivisionError()))
    bus.run(Greet(("Ann",)), tenant)
    waits: list[timedelta] = []
    for attempt in range(1, ATTEMPTS + 1):
        with bus.ports(tenant, reading=True) as ports:
            (job,) = ports.work.jobs.unfinished()
        waits.append(job.due_at - clock.now())
        clock.advance(waits[-1])
        assert bus.retry_reactions(tenant) == 0
        with bus.ports(tenant, reading=True) as ports:
            assert [each.attempts for each in ports.work.jobs.unfinished()] == [attempt]
    assert waits[:4] == [RETRY_AFTER, 2 * RETRY_AFTER, 4 * RETRY_AFTER, 8 * RETRY_AFTER]
    clock.advance(timedelta(days=1_000))
    with bus.ports(tenant) as ports:
        (job,) = ports.work.jobs.unfinished()
        assert job.error == "ZeroDivisionError"
        assert list(ports.work.jobs.claim(now=clock.now(), lease=RETRY_AFTER)) == []


def test_a_kept_reaction_that_no_longer_exists_stays_listed(bus: Bus, clock: FixedClock, tenant: Tenant) -> None:
    bus_with(bus, Moody(ZeroDivisionError())).run(Greet(("Ann",)), tenant)
    clock.advance(RETRY_AFTER)
    assert bus_with(bus).retry_reactions(tenant) == 0
    with bus.ports(tenant, reading=True) as ports:
        assert [job.error for job in ports.work.jobs.unfinished()] == ["LookupError"]


def test_one_kept_reaction_that_fails_never_stops_the_others(bus: Bus, clock: FixedClock, tenant: Tenant) -> None:
    gone, cheered = Moody(ZeroDivisionError(), "gone"), Moody(ZeroDivisionError())
    bus_with(bus, gone, cheered).run(Greet(("Ann",)), tenant)
    cheered.failure = None
    clock.advance(RETRY_AFTER)
    assert bus_with(bus, cheered).retry_reactions(tenant) == 1
    assert cheered.told == ["Ann"]


def test_tenants_are_made_by_commands_too(bus: Bus, storage: MemoryStorage) -> None:
    made = bus.administer(CreateTenant("shop"))
    with storage.tenants() as tenants:
        assert list(tenants.all()) == [made]
    with pytest.raises(AlreadyExists):
        bus.administer(CreateTenant("shop"))


def test_a_unit_of_work_for_reading_writes_nothing(bus: Bus, tenant: Tenant) -> None:
    contact = Contact(CountingIds().new(), "Ann", bus.clock.now())
    with bus.ports(tenant, reading=True) as ports, pytest.raises(StorageUnavailable):
        ports.work.contacts.save(contact)
