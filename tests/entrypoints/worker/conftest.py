"""An application whose clock stands, for a worker to work in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.entrypoints.bootstrap import Application, migrate_database, open_application


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def application(tmp_path: Path, clock: FixedClock) -> Iterator[Application]:
    url = f"sqlite:///{tmp_path}/shop.db"
    migrate_database(url)
    opened = open_application(url, clock=clock, ids=CountingIds(2_000_000))
    yield opened
    opened.close()
