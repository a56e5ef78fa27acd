"""Workers that follow changes, beside others who import, calculate and edit: nothing is lost nor doubled."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Final

import pytest
from attrs import evolve

from kohorte.adapters.clock import SystemClock
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.errors import Conflict
from kohorte.core.kept import Kept
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers
from kohorte.core.segments.rules import check_stored
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds
from kohorte.dsl.language import RuleLanguage
from tests.conftest import THOROUGH

WORKERS: Final = 4
ROUNDS: Final = 60 if THOROUGH else 8
KEYS: Final = tuple(f"C-{number}" for number in range(12))
COUNTRIES: Final = ("DE", "AT", "FR", None)
RULES: Final = ('contact.country = "DE"', 'contact.country != "DE"', "contact.country is empty")


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=SystemClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


def test_workers_imports_calculations_and_edits_at_once_lose_and_double_nothing(storage: SqlStorage) -> None:
    bus = Bus(registry(), SystemClock(), CountingIds(6_000_000), RuleLanguage(), storage)
    tenant = add_tenant(storage)
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country", *((key, "DE") for key in KEYS)))
    bus.run(CreateSegment("edited", RULES[0]), tenant)
    bus.run(CreateSegment("kept", RULES[1], type=SegmentType.HYBRID), tenant)
    bus.run(CreateSegment("others", 'not in segment "edited"'), tenant)
    bus.run(CreateSegment("rest", 'not in segment "kept"'), tenant)
    bus.run(UpdateMembers(), tenant)
    together = Barrier(WORKERS)

    def work(number: int) -> None:
        own = evolve(bus, kept=Kept())  # as in a process of its own
        dice = random.Random(number)  # noqa: S311 - no secret
        together.wait()
        for _ in range(ROUNDS):
            _something(dice, own, tenant)
            for each in own.run(UpdateMembers(), tenant):
                assert each.error is None

    with ThreadPoolExecutor(WORKERS) as pool:
        assert not any(pool.map(work, range(WORKERS)))
    bus.run(UpdateMembers(), tenant)
    _check(bus, tenant)


def _something(dice: random.Random, bus: Bus, tenant: Tenant) -> None:
    some = tuple(dice.sample(KEYS, 3))
    match dice.randrange(6):
        case 0:
            with suppress(Conflict):  # somebody else was faster
                bus.run(ChangeSegment("edited", rule=dice.choice(RULES)), tenant)
        case 1:
            bus.run(CalculateSegments(), tenant)
        case 2:
            bus.run(dice.choice((AddMembers, RemoveMembers, ReleaseMembers))("kept", some), tenant)
        case _:
            rows = [(key, dice.choice(COUNTRIES)) for key in some]
            write(bus.storage, tenant, batch(RecordKind.CONTACTS, "key country", *rows))


def _check(bus: Bus, tenant: Tenant) -> None:
    with bus.ports(tenant, reading=True) as ports:
        keys = {contact_id: key for key, contact_id in ports.work.pins.find(KEYS).items()}
        assert not ports.work.changes.read(1).marks
        for segment in ports.work.segments.all():
            members = {each.person.key for each in ports.work.audiences.members(segment.id)}
            told, number = set[str](), 1
            while found := ports.work.audiences.changes(segment.id, number):
                for each in found:
                    assert each.entered is (keys[each.contact_id] not in told)
                    told ^= {keys[each.contact_id]}
                number += 1
            assert (members, segment.member_count) == (told, len(members)), segment.name
            rule = check_stored(segment.ruled, ports).enter
            selected = {each.key for each in ports.work.audiences.sample(rule, bus.clock.now(), 99)}
            if segment.type is SegmentType.HYBRID:
                pins = {each.person.key: each.side.value for each in ports.work.pins.page(segment.id)}
                selected = (selected - pins.keys()) | {key for key, side in pins.items() if side == "in"}
            assert members == selected, segment.name
