"""Values of removed fields are really gone from the database, also where the removal was broken off."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Table, select

from kohorte.adapters.storage.schema import contacts, custom_fields, purchases, waiting_rows
from kohorte.adapters.storage.unit_of_work import SqlStorage, SqlUnitOfWork, open_storage
from kohorte.core.bus import Bus
from kohorte.core.custom_fields.commands import AddField, RemoveField, RenameField
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.fields import Kind
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import Money
from kohorte.dsl.language import RuleLanguage

EUROS = Money.of_units(500, "EUR")


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=FixedClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


@pytest.fixture
def bus(storage: SqlStorage) -> Bus:
    return Bus(registry(), FixedClock(), CountingIds(6_000_000), RuleLanguage(), storage)


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    return add_tenant(storage)


def documents(work: SqlUnitOfWork, table: Table, column: str = "custom") -> list[dict[str, object]]:
    """Return what lies in the database."""
    rows = select(table.c[column]).where(work.transaction.own(table)).order_by(table.c.key)
    return list(work.transaction.connection.scalars(rows))


def test_nothing_of_a_removed_field_is_left(bus: Bus, storage: SqlStorage, tenant: Tenant) -> None:
    for owner, name, kind in (
        ("contact", "Größe", Kind.TEXT),
        ("contact", "kept", Kind.TEXT),
        ("purchases", "paid", Kind.MONEY),
        ("purchases", "due", Kind.DATE),
    ):
        bus.run(AddField(owner, name, kind), tenant)
    write(
        storage,
        tenant,
        batch(RecordKind.CONTACTS, "key Größe kept", ("1", "Ä", "Ö"), ("2", None, "Ü")),
        batch(RecordKind.PURCHASES, "key contact at paid due", ("1", "1", NOON, EUROS, NOON.date())),
        batch(RecordKind.PURCHASES, "key contact at paid due", ("2", "later", NOON, None, NOON.date())),
    )
    bus.run(RenameField("contact", "Größe", "size"), tenant)
    for owner, name in (("contact", "size"), ("purchases", "paid"), ("purchases", "due")):
        bus.run(RemoveField(owner, name), tenant)
    with storage.work(tenant) as work:
        assert documents(work, contacts) == [{"kept": "Ö", "kept~": "ö"}, {"kept": "Ü", "kept~": "ü"}]
        assert documents(work, purchases) == [{}]
        (waiting,) = documents(work, waiting_rows, "columns")
        assert waiting.keys() == {"contact", "at"}
        names = select(custom_fields.c.name).where(work.transaction.own(custom_fields))
        assert work.transaction.connection.scalars(names).all() == ["kept"]


def test_a_removal_that_was_broken_off_is_finished_by_the_next_one(
    bus: Bus, storage: SqlStorage, tenant: Tenant
) -> None:
    made: list[CustomField] = [bus.run(AddField("contact", name, Kind.INTEGER), tenant) for name in ("score", "other")]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key score", *((str(number), number) for number in range(9))))
    with storage.work(tenant) as work:
        work.custom_fields.remove(made[0].id)
        work.commit()
        assert next(work.custom_fields.purge(4)) == 4
        work.commit()
    again = bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    write(storage, tenant, batch(RecordKind.CONTACTS, "key score", ("8", 80)))
    with storage.work(tenant) as work:
        assert [each for each in map(len, documents(work, contacts)) if each == 2] == [2]  # 8 has both until then
    bus.run(RemoveField("contact", "other"), tenant)
    with storage.work(tenant) as work:
        assert sum(map(len, documents(work, contacts))) == 1
        assert work.contacts.by_key("8").custom == {"score": 80}
        assert work.custom_fields.count(again) == 1


def test_a_page_is_as_large_as_it_may_be(storage: SqlStorage, bus: Bus, tenant: Tenant) -> None:
    score = bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    write(storage, tenant, batch(RecordKind.CONTACTS, "key score", *((str(number), number) for number in range(7))))
    with storage.work(tenant) as work:
        work.custom_fields.remove(score.id)
        assert list(work.custom_fields.purge(3)) == [3, 3, 1]
