"""Servers and workers in many processes on one database: of a storm of mixed operations nothing is lost or doubled.

Each client has people of its own, so that it knows what must come out; segments, lists and workers are everybody's.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from attrs import define, field

from kohorte.core.access.commands import CreateKey
from kohorte.core.access.permissions import Role
from kohorte.entrypoints.bootstrap import migrate_database, open_application
from tests.conftest import THOROUGH
from tests.postgres import APP, Database

OPERATIONS = 10_000 if THOROUGH else 200
SERVERS, WORKERS = (8, 2) if THOROUGH else (2, 2)
CLIENTS = 16 if THOROUGH else 5
COUNTRIES = ("DE", "AT", "CH")
RULES = {
    "germans": 'contact.country = "DE"',
    "buyers": "purchases.count >= 1",
    "german buyers": 'in segment "germans" and in segment "buyers"',
    "not guests": 'not in segment "guests"',
}
SECRET = "a-secret-that-all-of-the-processes-share"


@define
class Client:
    """One of many: it asks one server after the other, and knows what has become of its own people."""

    number: int
    addresses: list[str]
    token: str
    guests_id: str
    countries: dict[str, str] = field(factory=dict[str, str])
    purchases: Counter[str] = field(factory=Counter[str])
    guests: set[str] = field(factory=set[str])

    def storm(self, operations: int) -> None:
        """Ask for so many things, one after the other."""
        random = Random(self.number)  # noqa: S311 - the same storm in every run
        with httpx.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=120) as http:
            for count in range(operations):
                key = f"C-{self.number}-{random.randrange(8)}"
                self.operate(random, http, random.choice(self.addresses), key, count)

    def operate(self, random: Random, http: httpx.Client, address: str, key: str, count: int) -> None:
        if key not in self.countries or random.random() < 0.3:
            country = random.choice(COUNTRIES)
            self.ask(http, "PUT", f"{address}/api/contacts/{key}", {"country": country})
            self.countries[key] = country
            return
        match random.randrange(5):
            case 0:
                body = {
                    "key": f"P-{self.number}-{count}",
                    "contact": key,
                    "at": "2024-05-01T10:00:00Z",
                    "amount": "1.00",
                }
                self.ask(http, "POST", f"{address}/api/purchases", body, key=f"{self.number}-{count}")
                self.purchases[key] += 1
            case 1:
                self.ask(http, "POST", f"{address}/api/segments/{self.guests_id}/members", {"keys": [key]})
                self.guests.add(key)
            case 2:
                self.ask(http, "POST", f"{address}/api/segments/{self.guests_id}/members/remove", {"keys": [key]})
                self.guests.discard(key)
            case 3:
                self.ask(http, "POST", f"{address}/api/segments/calculate", {})
            case _:
                body = {"name": f"S-{self.number}-{count}", "rule": "purchases.count >= 2"}
                once = f"S-{self.number}-{count}"
                first, again = (self.ask(http, "POST", f"{address}/api/segments", body, key=once) for _ in range(2))
                assert first.json()["id"] == again.json()["id"]
                self.ask(http, "DELETE", f"{address}/api/segments/{first.json()['id']}")

    def ask(
        self, http: httpx.Client, method: str, url: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        """Ask, and again where somebody was faster, or the database had no time (SQLite has one writer at a time)."""
        headers = {} if key is None else {"Idempotency-Key": key}
        for _ in range(50):
            answer = http.request(method, url, json=body, headers=headers)
            if answer.status_code not in {409, 429, 503}:
                assert answer.is_success, answer.text
                return answer
        raise AssertionError(answer.text)


@contextmanager
def processes(database: str, folder: Path) -> Iterator[list[str]]:
    """Run servers and workers; yield the servers' addresses."""
    kohorte = [sys.executable, "-m", "kohorte.entrypoints.cli"]
    environment = {"KOHORTE_DATABASE": database, "KOHORTE_SECRET": SECRET, "PATH": "/usr/bin:/bin"}
    with ExitStack() as stack:
        started: list[subprocess.Popen[str]] = []

        def start(*words: str) -> subprocess.Popen[str]:
            log = stack.enter_context((folder / f"{len(started)}.log").open("w"))
            started.append(
                subprocess.Popen([*kohorte, *words], env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
            )
            return started[-1]

        try:
            servers = [start("serve", "--no-worker", "--port", "0", "--rate", "0") for _ in range(SERVERS)]
            for _ in range(WORKERS):
                start("worker", "--every", "0.05")
            yield [_address(each) for each in servers]
        finally:
            for each in started:
                each.terminate()
            for each in started:
                each.communicate(timeout=120)
        assert [each.returncode for each in started] == [0] * len(started)


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    found = re.search(r"http://[^/ ]*", server.stdout.readline())
    assert found is not None
    return found[0]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'kohorte.db'}"
        migrate_database(url)
        return url
    found: Database = request.getfixturevalue("postgres_database")
    migrate_database(found.owner_url, application_role=APP)
    return found.app_url


def test_of_a_storm_nothing_is_lost_and_nothing_doubled(database: str, tmp_path: Path) -> None:
    application = open_application(database)
    token = application.bus.run(CreateKey("storm", (Role.ADMIN,)), application.tenant("default")).token
    application.close()
    with (
        processes(database, tmp_path) as addresses,
        httpx.Client(base_url=addresses[0], headers={"Authorization": f"Bearer {token}"}, timeout=120) as http,
    ):
        guests = http.post("/api/segments", json={"name": "guests", "type": "static"}).json()["id"]
        ids = {"guests": guests}
        for name, rule in RULES.items():
            ids[name] = http.post("/api/segments", json={"name": name, "rule": rule}).json()["id"]
        clients = [Client(number, addresses, token, guests) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(each.storm, OPERATIONS // CLIENTS) for each in clients]:
                done.result()
    settle(database)
    application = open_application(database)
    check(application, ids, clients)
    application.close()


def settle(database: str) -> None:
    """Let one worker finish what is left."""
    subprocess.run(
        [sys.executable, "-m", "kohorte.entrypoints.cli", "worker", "--once"],
        env={"KOHORTE_DATABASE": database, "KOHORTE_SECRET": SECRET, "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )


def check(application: Any, ids: dict[str, str], clients: list[Client]) -> None:
    """Compare what is stored with what the clients know, and the events with the members."""
    from kohorte.core.event_feed import START, read_events  # noqa: PLC0415 - beside their only use
    from kohorte.core.segments.queries import list_members, list_segments  # noqa: PLC0415

    everybody = {key: country for each in clients for key, country in each.countries.items()}
    buyers = {key for each in clients for key, count in each.purchases.items() if count}
    germans = {key for key, country in everybody.items() if country == "DE"}
    guests = {key for each in clients for key in each.guests}
    expected = {
        "germans": germans,
        "buyers": buyers,
        "german buyers": germans & buyers,
        "guests": guests,
        "not guests": {*everybody} - guests,
    }
    with application.bus.ports(application.tenant("default"), reading=True) as ports:
        assert {each.name for each in list_segments(ports)} == {*expected}
        bought = Counter[str]()
        for key, country in everybody.items():
            assert ports.work.contacts.by_key(key).country == country
        members: dict[str, set[str]] = {}
        by_id: dict[str, set[str]] = {}
        for name in expected:
            found = list_members(ports, name, limit=10_000).members
            members[name] = {each.person.key for each in found}
            by_id[ids[name]] = {str(each.person.contact_id) for each in found}
        assert members == expected
        folded: dict[str, set[str]] = {each: set() for each in ids.values()}
        seen: set[Any] = set()
        cursor = START
        while True:
            page = read_events(ports, cursor, 10_000)
            for event in page.events:
                assert event.id not in seen
                seen.add(event.id)
                who, where = event.data.get("contact", ""), folded.get(str(event.about))
                if where is not None and event.type == "crm.segment.member_added":
                    assert who not in where
                    where.add(who)
                if where is not None and event.type == "crm.segment.member_removed":
                    where.remove(who)
                if event.type == "crm.purchase.created":
                    bought["all"] += 1
            if not page.events:
                break
            cursor = page.after
        assert folded == by_id
        assert bought["all"] == sum(sum(each.purchases.values()) for each in clients)
