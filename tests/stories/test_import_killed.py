"""A killed import leaves a consistent database, and run again it comes to what it would have come to at once."""

import random
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import inspect

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.schema import RECORD_TABLES
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.ports.records import RecordKind
from kohorte.core.tenants.model import Tenant
from tests.conftest import THOROUGH
from tests.postgres import APP
from tests.stories.importing import import_folder, stored, write_files
from tests.stories.killing import is_killed

KILLS = 50 if THOROUGH else 3
SIZE = 1_500
BATCH_ROWS = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with files of all kinds."""
    folder = tmp_path_factory.mktemp("files")
    write_files(folder, SIZE)
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["NewDatabase"]:
    """Return what makes migrated databases."""
    made = NewDatabase(request, tmp_path)
    yield made
    made.drop_all()


class NewDatabase:
    """Makes migrated databases, each empty, and forgets them in the end."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
        self._folder = folder
        self._made: list[Any] = []

    def __call__(self) -> str:
        clock, ids = SystemClock(), TimedIds()
        if self._server is None:
            self._made.append(url := f"sqlite:///{self._folder}/{len(self._made)}.db")
            migrate(url, clock=clock, ids=ids)
            return url
        self._made.append(database := self._server.create_database())
        migrate(database.owner_url, clock=clock, ids=ids, application_role=APP)
        return str(database.app_url)

    def drop_all(self) -> None:
        if self._server is not None:
            for database in self._made:
                self._server.drop_database(database)


def opened(url: str) -> tuple[SqlStorage, Tenant]:
    storage = open_storage(url, clock=SystemClock(), ids=TimedIds())
    with storage.tenants() as tenants:
        return storage, tenants.named("default")


def test_a_killed_import_is_consistent_and_completes_when_run_again(new_database: "NewDatabase", folder: Path) -> None:
    url = new_database()
    begun = perf_counter()
    _is_killed(url, folder, after=None)
    duration = perf_counter() - begun
    storage, tenant = opened(url)
    expected, indexes = stored(storage, tenant), _indexes(storage)
    storage.close()
    assert {name: len(rows) for name, rows in expected.items() if not rows} == {}
    dice = random.Random(KILLS)  # noqa: S311 - no secret
    unfinished = 0
    for number in range(KILLS):
        url = new_database()
        killed = _is_killed(url, folder, after=duration * (number + dice.random()) / KILLS)
        storage, tenant = opened(url)
        there = stored(storage, tenant)  # finds every parent and every key
        unfinished += there != expected
        assert killed or there == expected
        import_folder(url, folder, BATCH_ROWS)
        assert stored(storage, tenant) == expected
        assert _indexes(storage) == indexes
        storage.close()
    assert unfinished > 0 or KILLS < 50  # a few points may all miss it


def _is_killed(url: str, folder: Path, *, after: float | None) -> bool:
    """Import in another process; return whether it was killed before it had ended."""
    return is_killed("tests.stories.importing", url, str(folder), str(BATCH_ROWS), after=after)


def _indexes(storage: SqlStorage) -> set[str]:
    inspector = inspect(storage.engine)
    return {str(index["name"]) for table in RECORD_TABLES.values() for index in inspector.get_indexes(table.name)}


def test_any_order_of_files_and_any_size_of_batches_gives_the_same_data(
    new_database: "NewDatabase", folder: Path
) -> None:
    results = []
    parents_first = (*reversed(list(RecordKind)),)
    for kinds, batch_rows in (
        (parents_first, 10_000),
        (list(RecordKind), 333),
        (parents_first[2:] + parents_first[:2], 97),
    ):
        url = new_database()
        import_folder(url, folder, batch_rows, kinds)
        storage, tenant = opened(url)
        records = dict(stored(storage, tenant))
        # What does not fit its purchase's currency waits where it came first, and is refused where it came later.
        records["waiting"] = [row for row in records["waiting"] if not row[-1]]
        results.append(records)
        storage.close()
    assert all(each == results[0] for each in results)
