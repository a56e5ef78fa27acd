"""A question that takes too long is given up, and the transaction goes on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.ports.draws import Population
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, ListedReferences
from kohorte.dsl.language import RuleLanguage

CONTACTS: Final = 20_000
SLOW: Final = " or ".join(f'contact.city contains "{number}x"' for number in range(60))


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    tenant = add_tenant(storage)
    rows = [(f"C{number}", f"City number {number}") for number in range(CONTACTS)]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key city", *rows))
    return tenant


def check(text: str) -> CheckedRule:
    return RuleLanguage().check(text, kohorte_catalogue(), ListedReferences())


@pytest.mark.parametrize("reading", [True, False])
def test_what_takes_too_long_is_given_up_and_all_else_goes_on(
    storage: SqlStorage, tenant: Tenant, *, reading: bool
) -> None:
    slow, short, ample = check(SLOW), timedelta(milliseconds=1), timedelta(minutes=1)
    with storage.work(tenant, reading=reading) as work:
        assert work.draws.count(slow, NOON, within=short) is None
        assert work.draws.draw(slow, NOON, CONTACTS, within=short) is None
        assert work.draws.population(CONTACTS + 1) == Population(CONTACTS)
        assert work.draws.count(slow, NOON, within=ample) == 0
        found = work.draws.draw(slow, NOON, CONTACTS, within=ample)
        assert found is not None
        assert (found.count, found.selected) == (CONTACTS, 0)


def test_what_was_written_before_is_kept(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work:
        contact = work.contacts.by_key("C7")
        contact.city = "Ulm"
        work.contacts.save(contact)
        assert work.draws.count(check(SLOW), NOON, within=timedelta(milliseconds=1)) is None
        work.commit()
    with storage.work(tenant, reading=True) as work:
        assert work.draws.count(check('contact.city = "Ulm"'), NOON, within=timedelta(minutes=1)) == 1
