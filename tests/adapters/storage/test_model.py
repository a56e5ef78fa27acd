"""SQLite and PostgreSQL stay equal to the storage in memory, whatever happens to both."""

from collections.abc import Iterator

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts import ModelContract
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage


class TestModel(ModelContract):
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()

    @pytest.fixture
    def storage(self, url: str, clock: FixedClock) -> Iterator[Storage]:
        storage = open_storage(url, clock=clock, ids=CountingIds())
        yield storage
        storage.close()

    @pytest.fixture
    def model(self, clock: FixedClock) -> Storage:
        return MemoryStorage(clock, CountingIds())

    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()
