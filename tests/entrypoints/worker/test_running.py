"""The worker keeps members true, round after round; nothing that fails ends it, and it stops when it is asked to."""

import logging
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from attrs import define, evolve, field

from kohorte.core.bus import Ports, Registry
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.due import FireDue
from kohorte.core.segments.queries import list_members
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON, FixedClock
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.worker.rounds import work_once
from kohorte.entrypoints.worker.running import run_worker

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@define
class Rests:
    """Rests of a worker that end at once, though the clock moves on; the last one stops it."""

    clock: FixedClock
    most: int
    stop: Event = field(factory=Event)
    seconds: list[float] = field(factory=list[float])

    def rest(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))
        if len(self.seconds) == self.most:
            self.stop.set()


@pytest.fixture
def shop(application: Application) -> Tenant:
    """Return a tenant whose Ann bought yesterday and whose Bob will in 90 seconds."""
    tenant = application.bus.administer(CreateTenant("shop"))
    write(application.storage, tenant, batch(RecordKind.CONTACTS, "key country", ("Ann", "DE"), ("Bob", "FR")))
    buy(application, tenant, "Ann", -24 * HOUR)
    buy(application, tenant, "Bob", 90.5 * SECOND)
    application.bus.run(CreateSegment("lately", "purchases(last 30 days).count >= 1"), tenant)
    return tenant


def buy(application: Application, tenant: Tenant, key: str, since: timedelta) -> None:
    row = f"{key} {since}", key, NOON + since, "EUR"
    write(application.storage, tenant, batch(RecordKind.PURCHASES, "key contact at currency", row))


def members(application: Application, tenant: Tenant, name: str = "lately") -> list[str]:
    with application.bus.ports(tenant, reading=True) as ports:
        return sorted(each.person.key for each in list_members(ports, name).members)


def test_a_round_calculates_what_is_new_and_foresees_who_is_due(application: Application, shop: Tenant) -> None:
    done = {each.tenant.name: each for each in work_once(application)}
    assert [(each.name, each.members) for each in done["shop"].segments] == [("lately", 1)]
    assert done["shop"].bounds == 1
    assert (done["default"].segments, done["default"].failures) == ([], [])
    assert members(application, shop) == ["Ann"]
    again = work_once(application)
    assert [(each.segments, each.bounds, each.is_idle) for each in again] == [([], 0, True)] * 2


def test_it_rests_until_somebody_is_due_and_no_longer_than_it_is_told(
    application: Application, shop: Tenant, clock: FixedClock
) -> None:
    rests = Rests(clock, 3)
    run_worker(application, rests.stop, every=timedelta(minutes=1), wait=rests.rest)
    assert rests.seconds == [60, 30.5, 60]
    assert members(application, shop) == ["Ann", "Bob"]


def test_changes_are_followed_by_the_next_round_and_by_who_refers_to_them(
    application: Application, shop: Tenant
) -> None:
    application.bus.run(CreateSegment("others", 'not in segment "lately"'), shop)
    work_once(application)
    buy(application, shop, "Bob", -HOUR)
    [done] = [each for each in work_once(application) if each.tenant == shop]
    assert {each.name: (each.entered, each.left) for each in done.segments} == {"lately": (1, 0), "others": (0, 1)}


def test_a_step_that_fails_stops_neither_other_steps_nor_other_tenants(
    application: Application, shop: Tenant, caplog: pytest.LogCaptureFixture, clock: FixedClock
) -> None:
    broken = with_broken(application, shop)
    other = application.bus.administer(CreateTenant("another"))
    application.bus.run(CreateSegment("everybody", "contact.key is set"), other)
    rests = Rests(clock, 3)
    with caplog.at_level(logging.ERROR):
        run_worker(broken, rests.stop, wait=rests.rest)
    assert members(application, shop) == ["Ann"]
    with application.bus.ports(other, reading=True) as ports:
        assert ports.work.segments.by_name("everybody").member_count == 0
    told = [each.getMessage() for each in caplog.records]
    assert told == [f"Failed: tenant {shop.id}, time, ZeroDivisionError. It is tried again."]


def with_broken(application: Application, tenant: Tenant) -> Application:
    """Return the application with a command that fails for a tenant."""
    known = application.bus.registry

    def fire(command: FireDue, ports: Ports) -> object:
        if ports.tenant == tenant:
            raise ZeroDivisionError("the data of somebody")
        return known.handlers[FireDue](command, ports)

    registry = Registry({**known.handlers, FireDue: fire}, known.reactions, known.administration)
    return evolve(application, bus=evolve(application.bus, registry=registry))


def test_no_step_begins_once_it_is_asked_to_stop(application: Application, shop: Tenant) -> None:
    stop = Event()
    stop.set()
    assert not any(each.segments for each in work_once(application, stop=stop))
    run_worker(application, stop)
    assert members(application, shop) == []


def test_a_database_that_is_away_for_a_while_ends_nothing(
    application: Application, shop: Tenant, tmp_path: Path, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    application.close()
    (tmp_path / "shop.db").rename(tmp_path / "away.db")
    rests = Rests(clock, 4)

    def rest(seconds: float) -> None:
        rests.rest(seconds)
        if len(rests.seconds) == 2:
            (tmp_path / "away.db").rename(tmp_path / "shop.db")

    with caplog.at_level(logging.ERROR):
        run_worker(application, rests.stop, wait=rest)
    assert [each.getMessage() for each in caplog.records] == [
        "Failed: tenants, storage_unavailable. It is tried again."
    ]
    assert members(application, shop) == ["Ann"]


def test_a_segment_that_fails_is_told_once_and_stops_no_other(
    application: Application, shop: Tenant, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    made = application.bus.run(CreateSegment("broken", "contact.key is set"), shop)
    with application.storage.work(shop) as work:
        segment = work.segments.by_id(made.id)
        segment.follow(evolve(segment.ruled, version=2, text="contact.nonsense = 5"))
        work.segments.save(segment)
        work.commit()
    rests = Rests(clock, 2)
    with caplog.at_level(logging.ERROR):
        run_worker(application, rests.stop, wait=rests.rest)
    assert [each.getMessage() for each in caplog.records] == [
        f"Failed: tenant {shop.id}, segment {made.id}, rule_refused. It is tried again."
    ]
    assert members(application, shop) == ["Ann"]
    assert not application.bus.run(UpdateMembers(), shop)
