"""What everybody promises who tells which values occur in the data."""

from collections.abc import Mapping
from decimal import Decimal

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.customers.model import Customer
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.known_values import LEAST_SHARED, MOST, KnownValue
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.values import Money

_IDS = CountingIds(3_000_000)


def _told(work: UnitOfWork, owner: str, field: str, prefix: str = "") -> list[tuple[str, int]]:
    return [(each.value, each.count) for each in work.known_values.values(owner, field, prefix)]


def _contacts(work: UnitOfWork, count: int, prefix: str = "C", **fields: str | Mapping[str, object]) -> None:
    for number in range(count):
        contact = Contact(_IDS.new(), f"{prefix}{number}", NOON)
        for name, value in fields.items():
            setattr(contact, name, value)
        work.contacts.save(contact)


class KnownValuesContract(StorageContract):
    """Values that occur in the data."""

    def test_a_value_is_told_when_enough_contacts_share_it(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            _contacts(work, LEAST_SHARED, "a", city="Köln", country="DE")
            _contacts(work, LEAST_SHARED + 1, "b", city="Bonn", country="DE")
            _contacts(work, LEAST_SHARED - 1, "c", city="Ulm")
            assert _told(work, "contact", "city") == [("Bonn", LEAST_SHARED + 1), ("Köln", LEAST_SHARED)]
            assert _told(work, "contact", "country") == [("DE", 2 * LEAST_SHARED + 1)]

    def test_a_prefix_of_text_is_found_in_any_case(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            _contacts(work, LEAST_SHARED, "a", city="Köln", country="DE")
            _contacts(work, LEAST_SHARED, "b", city="5% off", country="DK")
            assert _told(work, "contact", "city", "KÖ") == [("Köln", LEAST_SHARED)]
            assert _told(work, "contact", "city", "5%") == [("5% off", LEAST_SHARED)]
            assert _told(work, "contact", "city", "%") == []
            assert _told(work, "contact", "country", "d") == [("DE", LEAST_SHARED), ("DK", LEAST_SHARED)]

    def test_what_says_who_somebody_is_is_never_told(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            _contacts(
                work,
                LEAST_SHARED,
                email="info@example.com",
                first_name="Ann",
                last_name="Lee",
                phone="555",
                street="Main Street 1",
            )
            for name in ("key", "email", "first_name", "last_name", "name", "phone", "street"):
                assert _told(work, "contact", name) == []
            assert _told(work, "contact", "email_domain") == [("example.com", LEAST_SHARED)]

    def test_a_customer_s_value_counts_for_each_of_its_contacts(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            work.customers.save(Customer(_IDS.new(), "K1", category="Wholesale", name="Acme"))
            _contacts(work, LEAST_SHARED, customer="K1")
            assert _told(work, "customer", "category") == [("Wholesale", LEAST_SHARED)]
            assert _told(work, "customer", "name") == []

    def test_a_value_of_rows_counts_once_for_each_contact(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            _contacts(work, LEAST_SHARED)
            for number in range(LEAST_SHARED):
                items = (PurchaseItem(_IDS.new(), f"I{number}", product_code="X", category="tea"),)
                amount = Money.of(Decimal(5), "EUR")
                work.purchases.save(
                    Purchase(_IDS.new(), f"P{number}", f"C{number}", NOON, "EUR", amount, "paid", items)
                )
                work.activities.save(Activity(_IDS.new(), f"A{number}", f"C{number}", "call", NOON))
            for number in range(LEAST_SHARED):  # one contact's rows are one contact's
                work.purchases.save(Purchase(_IDS.new(), f"Q{number}", "C0", NOON, "EUR", None, "open"))
            assert _told(work, "purchases", "status") == [("paid", LEAST_SHARED)]
            assert _told(work, "items", "category") == [("tea", LEAST_SHARED)]
            assert _told(work, "items", "product_code", "x") == [("X", LEAST_SHARED)]
            assert _told(work, "activities", "kind") == [("call", LEAST_SHARED)]

    def test_custom_text_is_told_and_personal_custom_text_is_not(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            for name in ("Größe", "mobile_phone"):
                work.custom_fields.add(CustomField(_IDS.new(), "contact", Field(name, Kind.TEXT, custom=True), NOON))
            _contacts(work, LEAST_SHARED, custom={"Größe": "Lang", "mobile_phone": "555"})
            assert _told(work, "contact", "Größe", "la") == [("Lang", LEAST_SHARED)]
            assert _told(work, "contact", "mobile_phone") == []

    def test_nothing_is_told_of_other_kinds_and_unknown_fields(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            _contacts(work, LEAST_SHARED)
            for owner, name in (
                ("contact", "created_at"),
                ("contact", "nothing"),
                ("nothing", "city"),
                ("items", "at"),
            ):
                assert _told(work, owner, name) == []

    def test_the_commonest_come_first_and_no_more_than_anybody_reads(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            for number in range(MOST + 2):
                _contacts(work, LEAST_SHARED + (number == MOST + 1), f"{number}-", city=f"Town {number:03}")
            found = work.known_values.values("contact", "city")
            assert len(found) == MOST
            assert found[0] == KnownValue(f"Town {MOST + 1:03}", LEAST_SHARED + 1)
            assert found[1] == KnownValue("Town 000", LEAST_SHARED)

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        with storage.work(tenant) as work:
            _contacts(work, LEAST_SHARED, city="Köln")
            work.commit()
        with storage.work(other) as work:
            _contacts(work, LEAST_SHARED - 1, city="Köln")
            assert _told(work, "contact", "city") == []
