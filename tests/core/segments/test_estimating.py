"""While somebody types a rule its count is told in time: exactly, or with the interval in which it lies."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.draws import Population
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.registry import registry
from kohorte.core.segments.estimating import Estimate, EstimateRule, Sample, estimate_rule
from kohorte.core.segments.intervals import Interval
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import NOON, CountingIds, SteppingClock
from kohorte.dsl.language import RuleLanguage
from tests.core.segments.conftest import GERMANS, Shop

MILLISECOND = timedelta(milliseconds=1)
CONTACTS = 1_000
RULE = 'in sample 30 % of "some"'


def in_shop(shop: Shop, query: EstimateRule) -> Estimate:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return estimate_rule(query, ports)


@pytest.fixture(scope="module")
def slow() -> tuple[Bus, Tenant]:
    """Return an application that takes a millisecond for each contact that it asks about."""
    clock = SteppingClock(step=MILLISECOND)
    storage = MemoryStorage(clock, CountingIds())
    bus = Bus(registry(), clock, CountingIds(2_000_000), RuleLanguage(), storage)
    tenant = bus.administer(CreateTenant("large", "UTC", "EUR", "en"))
    with storage.work(tenant) as work:
        for number, contact_id in enumerate(_random_ids()):
            work.contacts.save(Contact(contact_id, f"C{number}", NOON))
        work.commit()
    return bus, tenant


def _random_ids() -> Iterator[UUID]:
    random = Random(3)  # noqa: S311 - not a secret
    for number in range(CONTACTS):
        yield UUID(int=number << 80 | 0x7 << 76 | 0b10 << 62 | random.getrandbits(62))


def estimate(slow: tuple[Bus, Tenant], milliseconds: int, rule: str = RULE) -> Estimate:
    bus, tenant = slow
    with bus.ports(tenant, reading=True) as ports:
        return estimate_rule(EstimateRule(rule, budget_ms=milliseconds), ports)


def test_what_is_counted_in_time_is_exact(shop: Shop) -> None:
    found = in_shop(shop, EstimateRule(' contact.country == "DE" '))
    assert (found.rule, found.at, found.count, found.interval) == (GERMANS, NOON, 2, Interval(2, 2))
    assert found.is_exact
    assert found.sample is None


def test_what_takes_longer_is_estimated_with_its_interval(slow: tuple[Bus, Tenant]) -> None:
    found, exact = estimate(slow, 500), estimate(slow, 10_000)
    assert exact.is_exact
    assert exact.count is not None
    assert not found.is_exact
    assert found.sample is not None
    assert (found.sample.population, found.confidence) == (Population(CONTACTS), 0.95)
    assert 0 < found.sample.drawn < CONTACTS
    assert found.interval.low < exact.count < found.interval.high
    assert found.count == round(CONTACTS * found.sample.selected / found.sample.drawn)


@pytest.mark.parametrize("milliseconds", [10, 100, 250, 500, 1_000])
def test_the_budget_is_kept(slow: tuple[Bus, Tenant], milliseconds: int) -> None:
    found = estimate(slow, milliseconds)
    assert found.budget == milliseconds * MILLISECOND
    assert found.took <= found.budget + 20 * MILLISECOND  # so long even the last draw may take


def test_more_time_says_more(slow: tuple[Bus, Tenant]) -> None:
    found = [estimate(slow, milliseconds) for milliseconds in (500, 1_000, 1_600)]
    drawn = [each.sample.drawn for each in found if each.sample is not None]
    widths = [each.interval.high - each.interval.low for each in found]
    assert len(drawn) == 3
    assert drawn == sorted({*drawn})
    assert widths == sorted({*widths}, reverse=True)


def test_where_all_have_been_drawn_the_count_is_exact(slow: tuple[Bus, Tenant]) -> None:
    found, exact = estimate(slow, 2_400), estimate(slow, 10_000)
    assert found.sample == Sample(Population(CONTACTS), CONTACTS, exact.count or 0)
    assert found.is_exact
    assert (found.count, found.interval) == (exact.count, exact.interval)


def test_where_nobody_can_be_asked_in_time_nothing_is_told(slow: tuple[Bus, Tenant]) -> None:
    found = estimate(slow, 10)
    assert found.sample == Sample(Population(CONTACTS))
    assert (found.count, found.interval, found.is_exact) == (None, Interval(0, CONTACTS), False)


def test_a_rule_and_its_negation_are_asked_of_the_same_contacts(slow: tuple[Bus, Tenant]) -> None:
    one, other = (estimate(slow, 500, rule) for rule in (RULE, f"not ({RULE})"))
    assert one.sample is not None
    assert other.sample is not None
    assert one.sample.drawn == other.sample.drawn == one.sample.selected + other.sample.selected
    assert one.interval.low == CONTACTS - other.interval.high


@pytest.mark.parametrize("budget", [9, 30_001, 0, -250, 10**30])
def test_a_budget_that_is_too_small_or_too_large_is_refused(shop: Shop, budget: int) -> None:
    with pytest.raises(InvalidInput, match="in that time"):
        in_shop(shop, EstimateRule(GERMANS, budget_ms=budget))


def test_a_rule_that_cannot_be_used_is_refused(shop: Shop) -> None:
    with pytest.raises(RuleRefused):
        in_shop(shop, EstimateRule("contact.nonsense = 5"))


def test_what_may_be_meant_otherwise_is_told_with_it(shop: Shop) -> None:
    assert in_shop(shop, EstimateRule("let $unused = 5\ncontact.key is set")).warnings
