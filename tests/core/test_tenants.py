"""Tenants: named, with a zone, a currency and a language that apply where data name none."""

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidValue, NotFound
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.queries import find_tenant, list_tenants
from kohorte.core.testing.fakes import NOON


def test_a_tenant_has_what_it_was_created_with(bus: Bus, storage: MemoryStorage) -> None:
    made = bus.administer(CreateTenant(" acme ", "Europe/Berlin", "gbp", "de"))
    assert (made.name, made.zone, made.zone_info.key, made.currency, made.language, made.created_at) == (
        *("acme", "Europe/Berlin", "Europe/Berlin", "GBP", "de", NOON),
    )
    assert find_tenant(storage, "acme") == made
    assert list_tenants(storage) == [made]


def test_a_tenant_that_says_nothing_is_in_utc_with_euros_in_english(bus: Bus) -> None:
    made = bus.administer(CreateTenant("acme"))
    assert (made.zone, made.currency, made.language) == ("UTC", "EUR", "en")


@pytest.mark.parametrize(
    "command",
    [
        CreateTenant(""),
        CreateTenant("x" * 61),
        CreateTenant("acme", zone="Berlin"),
        CreateTenant("acme", currency="Euro"),
        CreateTenant("acme", language="tlh"),
    ],
)
def test_what_does_not_fit_is_refused(bus: Bus, storage: MemoryStorage, command: CreateTenant) -> None:
    with pytest.raises(InvalidValue):
        bus.administer(command)
    assert list_tenants(storage) == []


def test_an_unknown_tenant_is_not_found(storage: MemoryStorage) -> None:
    with pytest.raises(NotFound):
        find_tenant(storage, "acme")
