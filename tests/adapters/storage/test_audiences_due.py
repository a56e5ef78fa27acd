"""Who is due within a day, in Kohorte's own tables: money, rows ahead, missing amounts, and never another tenant's."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import and_, select

from kohorte.adapters.storage.binding import binding_of
from kohorte.adapters.storage.schema import contacts
from kohorte.adapters.storage.unit_of_work import SqlStorage, SqlUnitOfWork, open_storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.core.values import to_micros
from kohorte.dsl.compiled import CompiledRule
from tests.adapters.storage.test_audiences_agree import batches, check

LEAVING, ENTERING, STAYING = NOON - timedelta(days=89, hours=20), NOON + timedelta(hours=3), NOON - timedelta(days=9)


def bought(at: datetime, amount: int | None = 600, currency: str = "EUR", status: str = "paid") -> dict[str, Any]:
    return {
        "at": at,
        "amount": None if amount is None else Decimal(amount),
        "currency": currency,
        "status": status,
        "items": [{"quantity": 1}],
    }


def person(*purchases: Mapping[str, Any], days: float = 400, meets: Sequence[datetime] = ()) -> dict[str, Any]:
    activities = [{"kind": "meeting", "at": at} for at in meets]
    return {
        "created_at": NOON - timedelta(days=days),
        "country": "DE" if purchases else None,
        "purchases": purchases,
        "activities": activities,
    }


PEOPLE = {
    "leaving": person(bought(LEAVING)),
    "entering": person(bought(ENTERING)),
    "staying": person(bought(STAYING)),
    "in pounds": person(bought(LEAVING, currency="GBP"), bought(STAYING)),
    "no amount": person(bought(LEAVING, None), bought(STAYING)),
    "open": person(bought(LEAVING, status="open"), bought(STAYING, 5)),
    "young": person(days=29.9, meets=[NOON + timedelta(days=7, hours=2)]),
    "nothing": person(),
}
CASES: dict[str, set[str]] = {
    "purchases(last 90 days).count >= 1": {"leaving", "entering"},
    "purchases(last 90 days).count >= 2": {"in pounds", "no amount", "open"},
    "no purchases(last 90 days)": {"leaving", "entering"},
    "not purchases(last 90 days).count = 1": {"leaving", "entering", "in pounds", "no amount", "open"},
    "purchases(last 90 days).sum(amount) >= 500 EUR": {"leaving", "entering", "open"},
    "purchases(last 90 days).avg(amount) < 500 EUR": {"leaving", "entering", "open"},
    "purchases(last 90 days).min(amount) > 500 GBP": {"in pounds"},
    'purchases(last 90 days, status = "open").max(amount, EUR) is set': {"open"},
    "purchases(last 90 days).count distinct(currency) = 2": {"in pounds"},
    "purchases.max(at) more than 90 days ago": {"leaving", "entering"},
    'last purchases.status = "paid"': {"entering"},
    "no activities(next 7 days)": {"young"},
    'activities(next 7 days, kind = "call").count = 0': set(),
    "contact.created_at in the last 30 days": {"young"},
    'contact.country = "DE" and purchases(last 90 days).sum(amount) < 500 EUR': {"leaving", "entering", "open"},
    "contact.created_at in the last 30 days or purchases(last 90 days).count >= 2": {
        *("young", "in pounds", "no amount", "open"),
    },
    "no activities(next 7 days) and purchases(last 90 days).count < 2": {
        *("young", "in pounds", "no amount", "open"),
    },
    "purchases(any items(last 90 days)).count >= 2": {"in pounds", "no amount", "open"},
    'contact.country = "DE"': set(),
}
"""Rules, and the people whose bound lies within a day; see the rows above for why."""


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


def write(url: str, tenant: Tenant, people: Mapping[str, Mapping[str, Any]]) -> None:
    """Give a tenant people whose ids are counted from one, whatever ids others have."""
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    with storage.work(tenant) as work:
        for custom in a_custom_field_of_each_kind():
            work.custom_fields.add(custom)
        for each in batches(list(people.values())):
            assert not work.records.write(each).waiting
        work.commit()
    storage.close()


def due(work: SqlUnitOfWork, text: str, names: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the names of those who are due within a day, and of those who are by their bound."""
    rule, binding, tomorrow = check(text, "contact.key is set"), binding_of(work.transaction), NOON + timedelta(days=1)
    assert isinstance(rule, CompiledRule)
    near = rule.recheck_at(binding) <= to_micros(tomorrow)
    found = (
        work.transaction.connection.scalars(
            select(contacts.c.key).where(and_(work.transaction.own(contacts), condition)),
            rule.due_parameters(NOON, tomorrow),
        )
        for condition in (rule.is_due(binding), near)
    )
    one, other = ({names[int(key)] for key in keys} for keys in found)
    return one, other


def test_those_are_due_whose_rows_come_or_go_within_a_day_as_the_rule_counts_them(
    url: str, storage: SqlStorage
) -> None:
    tenant = add_tenant(storage)
    write(url, tenant, PEOPLE)
    for text, expected in CASES.items():
        with storage.work(tenant, reading=True) as work:
            assert due(work, text, list(PEOPLE)) == (expected, expected), text


def test_rows_of_another_tenant_make_nobody_due_though_ids_are_the_same(url: str, storage: SqlStorage) -> None:
    tenant, other = add_tenant(storage), add_tenant(storage)
    write(url, tenant, dict.fromkeys(PEOPLE, PEOPLE["nothing"]))
    write(url, other, PEOPLE)
    for text in CASES:
        with storage.work(tenant, reading=True) as work:
            assert due(work, text, list(PEOPLE)) == (set(), set()), text
