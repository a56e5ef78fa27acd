"""Whoever puts people in or takes them out, and whoever calculates, at the same time: nothing is lost nor doubled."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Final

import pytest

from kohorte.adapters.clock import SystemClock
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.messages import Command
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds
from kohorte.dsl.language import RuleLanguage
from tests.conftest import THOROUGH

WORKERS: Final = 4
ROUNDS: Final = 100 if THOROUGH else 12
KEYS: Final = tuple(f"C-{number}" for number in range(12))
GERMANS: Final = frozenset(KEYS[::2])


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=SystemClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


def test_moves_by_hand_and_calculations_at_once_lose_and_double_nothing(storage: SqlStorage) -> None:
    bus = Bus(registry(), SystemClock(), CountingIds(6_000_000), RuleLanguage(), storage)
    tenant = add_tenant(storage)
    rows = [(key, "DE" if key in GERMANS else "FR") for key in KEYS]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country", *rows))
    bus.run(CreateSegment("both", 'contact.country = "DE"', type=SegmentType.HYBRID), tenant)
    bus.run(CalculateSegments(), tenant)
    together = Barrier(WORKERS)

    def work(number: int) -> None:
        dice = random.Random(number)  # noqa: S311 - no secret
        together.wait()
        for _ in range(ROUNDS):
            for each in _answers(bus.run(_something(dice), tenant)):
                assert getattr(each, "error", None) is None

    with ThreadPoolExecutor(WORKERS) as pool:
        assert not any(pool.map(work, range(WORKERS)))
    _check(bus, tenant)


def _something(dice: random.Random) -> Command[Any]:
    some = tuple(dice.sample(KEYS, 4))
    return dice.choice(
        (AddMembers("both", some), RemoveMembers("both", some), ReleaseMembers("both", some), CalculateSegments())
    )


def _answers(answer: object) -> Sequence[object]:
    return answer if isinstance(answer, list) else [answer]


def _check(bus: Bus, tenant: Tenant) -> None:
    with bus.ports(tenant, reading=True) as ports:
        segment = ports.work.segments.by_name("both")
        members = {each.person.key for each in ports.work.audiences.members(segment.id)}
        pins = {each.person.key: each.side for each in ports.work.pins.page(segment.id)}
        keys = {contact_id: key for key, contact_id in ports.work.pins.find(KEYS).items()}
        told, number = set[str](), 1
        while found := ports.work.audiences.changes(segment.id, number):
            for each in found:
                assert each.entered is (keys[each.contact_id] not in told)
                told ^= {keys[each.contact_id]}
            number += 1
    put_in = {key for key, side in pins.items() if side is Side.IN}
    assert members == told == put_in | (GERMANS - pins.keys())
    assert segment.member_count == len(members)
