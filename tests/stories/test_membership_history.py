"""Whatever is imported, edited, calculated and broken off in whatever order: members are whom the rules selected.

A machine does random things to a shop, and to a model that computes every answer from scratch over its own copies of
the data: the same members, history, counts and events after every step.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from tests.conftest import THOROUGH
from tests.postgres import Database
from tests.stories.membership.machine import Shop


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def storage(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Storage, FixedClock]]:
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


def test_members_history_counts_and_events_are_those_of_a_model_that_recomputes_from_scratch(
    storage: tuple[Storage, FixedClock],
) -> None:
    machine = type("ShopOnThisStorage", (Shop,), {"storage": storage[0], "clock": storage[1]})
    # An example is a whole history of a shop: a few of them are worth many examples of one value. Databases, which
    # write all of it down, get fewer and shorter ones.
    is_fast = isinstance(storage[0], MemoryStorage)
    few = max(3, settings().max_examples // (5 if is_fast else 8))
    steps = 50 if THOROUGH else 20 if is_fast else 15
    run_state_machine_as_test(machine, settings=settings(max_examples=few, stateful_step_count=steps))
