"""What stories happen on."""

from pathlib import Path

import pytest

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.storage.migrations import migrate
from tests.postgres import APP, Database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a migrated database that other processes can open, empty but for its first tenant."""
    if request.param == "sqlite":
        url = owner = f"sqlite:///{tmp_path}/shop.db"
    else:
        database: Database = request.getfixturevalue("postgres_database")
        url, owner = database.app_url, database.owner_url
    migrate(owner, clock=SystemClock(), ids=TimedIds(), application_role=APP)
    return url
