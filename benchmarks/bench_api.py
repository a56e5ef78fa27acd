"""The API over a million contacts and a thousand segments: fifty clients at once, each asking ten times a second."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Final

from benchmarks.figures import Figure, seconds_figure
from benchmarks.shop import Shop, postgres_shop, sqlite_shop
from kohorte.core.access.commands import CreateKey
from kohorte.core.access.permissions import Role
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.segments.model import Segment

CONTACTS: Final = 1_000_000
SEGMENTS: Final = 1_000
CALCULATED: Final = 5
CLIENTS: Final = 50
SECONDS: Final = 20
P95: Final = 0.05


def measure() -> Iterator[Figure]:
    """Measure target 11 on both databases; one server process, its database and its clients share the machine."""
    for database, make in (("PostgreSQL", postgres_shop), ("SQLite", sqlite_shop)):
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            yield from _figures(stack.enter_context(make(Path(folder), CONTACTS)), database)


def _figures(shop: Shop, database: str) -> Iterator[Figure]:
    shop.execute(
        "INSERT INTO external_keys (tenant_id, kind, key, id, contact_id)"
        " SELECT tenant_id, 'contacts', key, contact_id, contact_id FROM contacts"
    )
    shop.execute(
        "INSERT INTO external_keys (tenant_id, kind, key, id)"
        " SELECT tenant_id, 'customers', key, customer_id FROM customers"
    )
    shop.execute("ANALYZE")
    segments = _segments(shop)
    token = shop.bus.run(CreateKey("bench", (Role.ADMIN,)), shop.tenant).token
    with _server(shop) as address:
        ids = [str(each.id) for each in segments[:CALCULATED]]
        asked = [sys.executable, "-m", "benchmarks.asking", address, token]
        subprocess.run([*asked, "3", str(CLIENTS), *ids], check=True, capture_output=True)  # warms the caches
        told = subprocess.run([*asked, str(SECONDS), str(CLIENTS), *ids], check=True, capture_output=True, text=True)
    for name, milliseconds in sorted(json.loads(told.stdout).items()):
        p95 = quantiles(milliseconds, n=20)[-1] / 1000
        yield seconds_figure(
            11,
            f"p95 of {len(milliseconds):,} answers, {name}, {CLIENTS} clients, {database}",
            measured=p95,
            at_most=P95,
        )


def _segments(shop: Shop) -> list[Segment]:
    random = Random(5)  # noqa: S311 - figures for a benchmark
    countries = ("DE", "AT", "CH", "FR", "GB")
    rules = [f'contact.country = "{each}"' for each in countries]
    while len(rules) < SEGMENTS:
        rules.append(
            f'contact.country = "{random.choice(countries)}" and contact.city = "City {random.randrange(999)}"'
        )
    made = [shop.bus.run(CreateSegment(f"segment {n}", rule), shop.tenant) for n, rule in enumerate(rules)]
    shop.bus.run(CalculateSegments(tuple(each.id for each in made[:CALCULATED])), shop.tenant)
    return made


@contextmanager
def _server(shop: Shop) -> Iterator[str]:
    """Serve, without a worker: a thousand segments that were never calculated would keep it busy."""
    url = shop.storage.engine.url.render_as_string(hide_password=False)
    words = [sys.executable, "-m", "kohorte.entrypoints.cli", "serve", "--no-worker", "--port", "0", "--rate", "0"]
    environment = {**os.environ, "KOHORTE_DATABASE": url, "KOHORTE_SECRET": "benchmark" * 5}
    server = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    found = re.search(r"http://[^/ ]*", server.stdout.readline())
    assert found is not None
    try:
        yield found[0]
    finally:
        server.terminate()
        server.wait(60)
