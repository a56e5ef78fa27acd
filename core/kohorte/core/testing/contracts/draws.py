"""What every storage promises of contacts that are drawn at random."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

import pytest

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.contacts.model import Contact
from kohorte.core.ports.draws import Drawn, Population, share_of
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase
from kohorte.core.segments.intervals import CONFIDENCE, interval, population_interval
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, ListedReferences
from kohorte.core.values import Money

POPULATION: Final = 120
AMPLE: Final = timedelta(seconds=30)
Check = Callable[[str], CheckedRule]


def _random_ids(seed: int) -> Iterator[UUID]:
    """Yield ids as they are made where the clock is real: random behind the time, here with the same time for many."""
    random = Random(seed)  # noqa: S311 - not a secret
    for number in range(POPULATION):
        yield UUID(int=number // 50 << 80 | 0x7 << 76 | 0b10 << 62 | random.getrandbits(62))


def _lot(contact: Contact) -> tuple[bytes, UUID]:
    return contact.id.bytes[12:], contact.id


def _drawn(work: UnitOfWork, rule: CheckedRule, size: int) -> Sequence[Drawn]:
    """Draw everybody, so many at a time."""
    found: list[Drawn] = []
    while not found or found[-1].last is not None:
        after = found[-1].last if found else None
        draw = work.draws.draw(rule, NOON, size, after=after, within=AMPLE)
        assert draw is not None
        found.append(draw)
    return found


class DrawsContract(StorageContract):
    """Contacts that are drawn at random. Needs a fixture ``rules`` as well."""

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language whose checked rules the storage understands."""
        raise NotImplementedError

    @pytest.fixture
    def check(self, rules: Rules) -> Check:
        """Return what checks rules."""
        return lambda text: rules.check(text, kohorte_catalogue(), ListedReferences())

    @pytest.fixture
    def contacts(self, storage: Storage, tenant: Tenant) -> Sequence[Contact]:
        """Return contacts, in the order in which they are drawn; every third one has bought something."""
        made, ids = (
            [Contact(each, f"C{place}", NOON) for place, each in enumerate(_random_ids(7))],
            CountingIds(500_000),
        )
        with storage.work(tenant) as work:
            for place, contact in enumerate(made):
                work.contacts.save(contact)
                if place % 3 == 0:
                    amount = Money.of(Decimal(place), "EUR")
                    work.purchases.save(Purchase(ids.new(), f"P{place}", contact.key, NOON, "EUR", amount))
            work.commit()
        return sorted(made, key=_lot)

    @pytest.mark.usefixtures("contacts")
    def test_what_is_counted_in_time_is_exact(self, storage: Storage, tenant: Tenant, check: Check) -> None:
        with storage.work(tenant, reading=True) as work:
            for rule, count in (("contact.key is set", POPULATION), ("purchases.count >= 1", POPULATION // 3)):
                assert work.draws.count(check(rule), NOON, within=AMPLE) == count
                assert work.draws.count(check(rule), NOON, within=timedelta(0)) in (None, count)

    def test_how_many_there_are_is_counted_or_told_by_the_lots_of_the_first(
        self, storage: Storage, tenant: Tenant, contacts: Sequence[Contact]
    ) -> None:
        with storage.work(tenant, reading=True) as work:
            assert work.draws.population(POPULATION + 1) == Population(POPULATION)
            for most in (1, 40, POPULATION):
                share = share_of(contacts[most - 1].id.bytes[12:])
                assert work.draws.population(most) == Population(most, share)
            told = work.draws.population(90)
        lots = population_interval(told.counted, told.share, CONFIDENCE)
        assert lots.low <= POPULATION <= lots.high

    def test_those_are_drawn_who_come_first_by_lot(
        self, storage: Storage, tenant: Tenant, check: Check, contacts: Sequence[Contact]
    ) -> None:
        first, second = ([contact.key for contact in some] for some in (contacts[:10], contacts[10:15]))
        with storage.work(tenant, reading=True) as work:
            found = work.draws.draw(check(f"contact.key in ({_listed(first)})"), NOON, 10, within=AMPLE)
            assert found == Drawn(10, 10, contacts[9].id)
            rule = check(f"contact.key in ({_listed(second)})")
            assert work.draws.draw(rule, NOON, 10, within=AMPLE) == Drawn(10, 0, contacts[9].id)
            following = work.draws.draw(rule, NOON, 10, after=contacts[9].id, within=AMPLE)
            assert following == Drawn(10, 5, contacts[19].id)

    @pytest.mark.usefixtures("contacts")
    @pytest.mark.parametrize("size", [1, 40, POPULATION, 7 * POPULATION])
    def test_everybody_is_drawn_once(self, storage: Storage, tenant: Tenant, check: Check, size: int) -> None:
        rules = ("purchases.count >= 1", "no purchases", "purchases.sum(amount) >= 50 EUR", 'contact.key contains "7"')
        with storage.work(tenant, reading=True) as work:
            for rule in map(check, rules):
                found = _drawn(work, rule, size)
                assert sum(each.count for each in found) == POPULATION
                assert sum(each.selected for each in found) == work.audiences.count(rule, NOON)

    def test_nobody_is_drawn_where_nobody_is(self, storage: Storage, tenant: Tenant, check: Check) -> None:
        with storage.work(tenant, reading=True) as work:
            assert work.draws.draw(check("no purchases"), NOON, 10, within=AMPLE) == Drawn(0, 0, None)
            assert work.draws.population(10) == Population(0)

    @pytest.mark.usefixtures("contacts")
    def test_nobody_of_another_tenant_is_drawn(self, storage: Storage, check: Check) -> None:
        with storage.work(add_tenant(storage, "other"), reading=True) as work:
            assert work.draws.draw(check("no purchases"), NOON, 10, within=AMPLE) == Drawn(0, 0, None)
            assert work.draws.population(10) == Population(0)

    @pytest.mark.usefixtures("contacts")
    def test_what_is_drawn_speaks_for_all_as_often_as_the_interval_says(
        self, storage: Storage, tenant: Tenant, check: Check
    ) -> None:
        rules = [check(f'in sample {5 + seed % 90} % of "coverage {seed}"') for seed in range(100)]
        with storage.work(tenant, reading=True) as work:
            covered = sum(self._is_covered(work, rule, drawn=30) for rule in rules)
        assert covered >= CONFIDENCE * len(rules)

    def _is_covered(self, work: UnitOfWork, rule: CheckedRule, drawn: int) -> bool:
        found = work.draws.draw(rule, NOON, drawn, within=AMPLE)
        assert found is not None
        told = interval(POPULATION, found.count, found.selected)
        return told.low <= work.audiences.count(rule, NOON) <= told.high


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)
