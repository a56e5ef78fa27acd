"""SQLite and PostgreSQL keep every promise about whom rules select and who is a member."""

from collections.abc import Iterator

import pytest

from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts import AudiencesContract, FollowingContract, StayingContract
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage


class OnDatabases:
    @pytest.fixture
    def storage(self, url: str) -> Iterator[Storage]:
        storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
        yield storage
        storage.close()

    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestAudiences(OnDatabases, AudiencesContract): ...


class TestStaying(OnDatabases, StayingContract): ...


class TestFollowing(OnDatabases, FollowingContract): ...
