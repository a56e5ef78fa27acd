"""A shop with a few contacts: Ann and Bob live in Germany, Cem in Turkey, Dee nobody knows where."""

from datetime import timedelta

import pytest
from attrs import evolve, frozen

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.messages import Event
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, CreateSegment
from kohorte.core.segments.model import Segment
from kohorte.core.segments.queries import list_members
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import Money
from kohorte.dsl.language import RuleLanguage

GERMANS = 'contact.country = "DE"'
HOUR = timedelta(hours=1)


@frozen
class Shop:
    """The application over the shop's data."""

    bus: Bus
    clock: FixedClock
    storage: MemoryStorage
    tenant: Tenant

    def create(self, name: str, rule: str = GERMANS) -> Segment:
        return self.bus.run(CreateSegment(name, rule), self.tenant)

    def calculate(self, *names: str) -> list[CalculatedSegment]:
        return list(self.bus.run(CalculateSegments(names), self.tenant))

    def segment(self, name: str) -> Segment:
        with self.bus.ports(self.tenant, reading=True) as ports:
            return ports.work.segments.by_name(name)

    def members(self, name: str) -> list[str]:
        with self.bus.ports(self.tenant, reading=True) as ports:
            return sorted(member.person.key for member in list_members(ports, name).members)

    def events(self) -> list[Event]:
        return [event for event in self.storage.outbox(self.tenant) if event.type.startswith("crm.segment.")]

    def break_rule(self, name: str, rule: str = "contact.nonsense = 5") -> None:
        """Let a segment have a rule that can no longer be used: so would one from another version of the language."""
        with self.storage.work(self.tenant) as work:
            segment = work.segments.by_name(name)
            segment.follow(evolve(segment.ruled, version=segment.ruled.version + 1, text=rule))
            work.segments.save(segment)
            work.commit()

    def spoil_rule(self, name: str, rule: str = "contact.nonsense = 5") -> None:
        """Let a segment that is up to date have such a rule, unnoticed."""
        with self.storage.work(self.tenant) as work:
            segment = work.segments.by_name(name)
            segment.rule = evolve(segment.ruled, version=segment.ruled.version + 1, text=rule)
            work.segments.save(segment)
            work.commit()


@pytest.fixture
def shop(bus: Bus, clock: FixedClock, storage: MemoryStorage, tenant: Tenant) -> Shop:
    fill(storage, tenant)
    return Shop(bus, clock, storage, tenant)


def a_shop() -> Shop:
    """Return such a shop for one example of a law."""
    clock = FixedClock()
    storage = MemoryStorage(clock, CountingIds())
    bus = Bus(registry(), clock, CountingIds(2_000_000), RuleLanguage(), storage)
    tenant = bus.administer(CreateTenant("shop", "Europe/Berlin"))
    fill(storage, tenant)
    return Shop(bus, clock, storage, tenant)


def fill(storage: MemoryStorage, tenant: Tenant) -> None:
    contacts = (("Ann", "Lee", "DE"), ("Bob", None, "DE"), ("Cem", None, "TR"), ("Dee", None, None))
    bought = ((1, "Ann"), (10, "Ann"), (200, "Bob"))
    write(
        storage,
        tenant,
        batch(RecordKind.CONTACTS, "key last_name country", *contacts),
        batch(
            RecordKind.PURCHASES,
            "key contact at amount currency",
            *((str(days), key, NOON - timedelta(days=days), Money.of_units(900, "EUR"), "EUR") for days, key in bought),
        ),
    )
