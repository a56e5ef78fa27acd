"""When Python's Unicode tables change, what is compared is computed again."""

from collections.abc import Sequence
from contextlib import closing

import pytest
from sqlalchemy import Table, select, update

from kohorte.adapters.storage import migrations, refolding
from kohorte.adapters.storage.engine import open_engine
from kohorte.adapters.storage.migrations import VERSION, migrate, state
from kohorte.adapters.storage.schema import contacts, installation, items, list_entries, tenant_tables
from kohorte.adapters.storage.transaction import READING
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import StorageUnavailable
from kohorte.core.fields import Field, Kind
from kohorte.core.lists.model import StoredList
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import UNICODE_VERSION
from tests.postgres import Database

CUSTOMS = (Field("nickname", Kind.TEXT, custom=True), Field("tags", Kind.TAGS, custom=True))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def owner_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a migrated database, as its owner sees it."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    database: Database = request.getfixturevalue("migrated_postgres")
    return database.owner_url


def fill(storage: SqlStorage, tenant: Tenant, people: int) -> None:
    with storage.work(tenant) as work:
        ids = work.transaction.ids
        for field in CUSTOMS:
            work.custom_fields.add(CustomField(ids.new(), "contact", field, NOON))
        for number in range(people):
            custom = {"nickname": "STRASSE", "tags": ("Köln", "Straße")}
            contact = Contact(ids.new(), f"C{number}", NOON, email="a@MÜLLER.example", last_name="Weiß", custom=custom)
            work.contacts.save(contact)
        item = PurchaseItem(ids.new(), "I1", product_name="Maß", category="GROSS")
        work.purchases.save(Purchase(ids.new(), "P1", "C1", NOON, "EUR", items=(item,)))
        stored = StoredList(ids.new(), "vip", NOON)
        work.lists.add(stored)
        work.lists.add_entries(stored.id, ["Weiß", "weiss", "plain"])
        work.commit()


def rows(storage: SqlStorage, tenant: Tenant, table: Table) -> Sequence[object]:
    with storage.work(tenant, reading=True) as work:
        own = work.transaction.own(table)
        return work.transaction.connection.execute(select(table).where(own).order_by(*table.primary_key)).all()


def spoil(storage: SqlStorage, tenant: Tenant) -> None:
    """Fold as another Unicode would."""
    with storage.work(tenant) as work:
        run = work.transaction.connection.execute
        spoilt = {"nickname": "STRASSE", "nickname~": "?", "tags": ["Köln", "Straße"], "tags~": ["?"]}
        names = {"last_name_folded": "?", "email_folded": "?", "email_domain": "?", "custom": spoilt}
        run(update(contacts).where(work.transaction.own(contacts)).values(names))
        run(update(items).where(work.transaction.own(items)).values(product_name_folded="?"))
        run(update(list_entries).where(work.transaction.own(list_entries)).values(entry_folded="?"))
        work.commit()


def test_a_migration_folds_all_tenants_texts_again(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refolding, "_PAGE", 3)  # several pages
    with closing(open_storage(owner_url, clock=FixedClock(), ids=CountingIds())) as storage:
        tenants = [add_tenant(storage, name) for name in ("first", "second")]
        for tenant in tenants:
            fill(storage, tenant, people=7)
        before = [rows(storage, tenant, table) for tenant in tenants for table in tenant_tables()]
        for tenant in tenants:
            spoil(storage, tenant)
    forget_the_version(owner_url)
    with pytest.raises(StorageUnavailable):
        open_storage(owner_url, clock=FixedClock(), ids=CountingIds())
    migrate(owner_url, clock=FixedClock(), ids=CountingIds())
    with closing(open_storage(owner_url, clock=FixedClock(), ids=CountingIds())) as storage:
        assert [rows(storage, tenant, table) for tenant in tenants for table in tenant_tables()] == before


def test_an_interrupted_refolding_is_done_by_the_next_migration(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_version(owner_url)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "refold", fail)
        with pytest.raises(ZeroDivisionError):
            migrate(owner_url, clock=FixedClock(), ids=CountingIds())
    assert unicode_version(owner_url) == "1.1"
    migrate(owner_url, clock=FixedClock(), ids=CountingIds())
    assert unicode_version(owner_url) == UNICODE_VERSION


def forget_the_version(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(update(installation).values(unicode_version="1.1"))
    engine.dispose()


def unicode_version(url: str) -> str:
    engine = open_engine(url)
    with engine.connect().execution_options(**{READING: True}) as connection:
        found = state(connection)
    engine.dispose()
    assert found.version == VERSION
    return found.unicode_version
