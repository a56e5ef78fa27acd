"""A whole application in memory: the bus with every command, a clock that stands, and one tenant."""

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.registry import registry
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import CountingIds, CountingSecrets, FixedClock
from kohorte.dsl.language import RuleLanguage


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def storage(clock: FixedClock) -> MemoryStorage:
    return MemoryStorage(clock, CountingIds())


@pytest.fixture
def bus(clock: FixedClock, storage: MemoryStorage) -> Bus:
    return Bus(registry(), clock, CountingIds(2_000_000), RuleLanguage(), storage, CountingSecrets())


@pytest.fixture
def tenant(bus: Bus) -> Tenant:
    return bus.administer(CreateTenant("shop", "Europe/Berlin", "EUR", "de"))
