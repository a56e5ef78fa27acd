"""Importing contacts with ten columns: rate, memory and cost against size (targets 8 and 12).

Every import is a process of its own. Files are in the order of their keys, as exports are, and once in random order; a
server of its own keeps what it commits. ``KOHORTE_BENCH_SCALE=0.01`` imports a hundredth of the rows, for a quick look.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import log
from pathlib import Path
from statistics import linear_regression

from attrs import frozen

from benchmarks.figures import Figure, rate_figure
from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.storage.migrations import migrate
from tests.postgres import APP, start_server, stop_server

SCALE = float(os.environ.get("KOHORTE_BENCH_SCALE", "1"))
SIZES = tuple(int(size * SCALE) for size in (10_000, 100_000, 1_000_000, 5_000_000))
EXISTING, CHANGED = int(2_000_000 * SCALE), int(500_000 * SCALE)
COLUMNS = "key,email,first_name,last_name,phone,language,city,country,birthday,created_at"
FIRST = ("Anna", "Ben", "Carla", "David", "Eva", "Frank", "Greta", "Hans", "Ida", "Kläre", "Søren", "Zoë")
LAST = ("Müller", "Schmidt", "Meyer", "Garcia", "Rossi", "O'Neil", "Novák", "Smith", "Jones", "Brown")
CITIES = ("Berlin", "Köln", "Paris", "Madrid", "Roma", "London", "Wien", "Zürich", "Oslo", "Łódź")

Migrated = Callable[[str], str]


@frozen
class Imported:
    """What one import took."""

    rows: int
    seconds: float
    mebibytes: float

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def measure() -> list[Figure]:
    """Import files of every size into empty databases, and changes into a large one, on both databases."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        files = {size: _contacts(Path(folder), size) for size in sorted({*SIZES, EXISTING})}
        shuffled = _contacts(Path(folder), SIZES[-1], shuffled=True)
        changes = _contacts(Path(folder), EXISTING, changed=CHANGED, shuffled=True)
        for name, databases in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
            with databases(Path(folder)) as migrated:
                first = {size: _import(migrated(f"first{size}"), files[size], size) for size in SIZES}
                random_order = _import(migrated("shuffled"), shuffled, SIZES[-1])
                large = migrated("large")
                _import(large, files[EXISTING], EXISTING)
                figures += _figures(name, first, random_order, _import(large, changes, CHANGED))
    return figures


def _figures(name: str, first: Mapping[int, Imported], random_order: Imported, again: Imported) -> list[Figure]:
    slope = linear_regression(
        [log(size) for size in first], [log(imported.seconds) for imported in first.values()]
    ).slope
    smallest, *_, before, largest = first.values()
    memory = ", ".join(f"{imported.mebibytes:,.0f} MiB for {size:,}" for size, imported in first.items())
    return [
        *(
            rate_figure(
                8, f"first import of {size:,} contacts, {name}", measured=each.rate, at_least=20_000, unit="rows"
            )
            for size, each in first.items()
            if size >= SIZES[1]
        ),
        rate_figure(
            *(8, f"first import of {random_order.rows:,} contacts in random order, {name}"),
            measured=random_order.rate,
            at_least=20_000,
            unit="rows",
        ),
        rate_figure(
            *(8, f"upserts of {CHANGED:,} contacts in random order into {EXISTING:,}, {name}"),
            measured=again.rate,
            at_least=10_000,
            unit="rows",
        ),
        Figure(
            *(8, f"memory of an import, {name}", f"≤ 1.2 × from {before.rows:,} to {largest.rows:,}", memory),
            met=largest.mebibytes <= 1.2 * before.mebibytes,
        ),
        Figure(
            *(12, f"import, slope of time against rows from {smallest.rows:,} to {largest.rows:,}, {name}"),
            *("≤ 1.2", f"{slope:.2f}"),
            met=slope <= 1.2,
        ),
    ]


def _import(url: str, file: Path, rows: int) -> Imported:
    command = [sys.executable, "-m", "benchmarks.importing", url, str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, mebibytes = told.split()
    return Imported(rows, float(seconds), float(mebibytes))


def _contacts(folder: Path, size: int, *, changed: int | None = None, shuffled: bool = False) -> Path:
    """Write contacts; ``changed`` of them only, with other cities, where it is given."""
    file = folder / f"{size}-{changed}-{shuffled}.csv"
    numbers = list(range(size))
    if shuffled:
        random.Random(size).shuffle(numbers)  # noqa: S311 - no secret
    with file.open("w", encoding="utf-8") as out:
        out.write(f"{COLUMNS}\n")
        for number in numbers[:changed]:
            birthday = f"{1940 + number % 70}-{1 + number % 12:02}-{1 + number % 28:02}"
            created = f"20{10 + number % 14}-0{1 + number % 9}-{1 + number % 28:02}T{number % 24:02}:00:00Z"
            city = CITIES[number % 10] if changed is None else "Springfield"
            out.write(
                f"C{number:09},user{number}@example{number % 50}.com,{FIRST[number % 12]},"
                f"{LAST[number % 10]},+49 30 {number:07},{'de' if number % 3 else 'en'},{city},"
                f"{'DE' if number % 4 else 'FR'},{birthday},{created}\n"
            )
    return file


@contextmanager
def _sqlite(folder: Path) -> Iterator[Migrated]:
    def migrated(name: str) -> str:
        url = f"sqlite:///{folder}/{name}.db"
        migrate(url, clock=SystemClock(), ids=TimedIds())
        return url

    yield migrated


@contextmanager
def _postgres(folder: Path) -> Iterator[Migrated]:
    server = start_server(folder / "server", durable=True)

    def migrated(_: str) -> str:
        database = server.create_database()
        migrate(database.owner_url, clock=SystemClock(), ids=TimedIds(), application_role=APP)
        return database.app_url

    try:
        yield migrated
    finally:
        stop_server(folder / "server")
