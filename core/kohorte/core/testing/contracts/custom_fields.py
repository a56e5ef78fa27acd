"""What every repository of custom fields promises."""

import pytest
from attrs import evolve

from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import AlreadyExists
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind


class CustomFieldsContract(StorageContract):
    """Custom fields."""

    def test_fields_of_every_kind_come_back_by_owner_and_name(self, storage: Storage, tenant: Tenant) -> None:
        customs = a_custom_field_of_each_kind()
        with storage.work(tenant) as work:
            for custom in reversed(customs):
                work.custom_fields.add(custom)
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.custom_fields.all()) == sorted(customs, key=lambda each: (each.owner, each.field.name))

    def test_fields_of_every_kind_can_have_an_index(self, storage: Storage, tenant: Tenant) -> None:
        indexed = [evolve(each, field=evolve(each.field, indexed=True)) for each in a_custom_field_of_each_kind()]
        with storage.work(tenant) as work:
            for custom in indexed:
                work.custom_fields.add(custom)
            work.commit()
        with storage.work(tenant) as work:
            assert set(work.custom_fields.all()) == set(indexed)

    def test_an_owner_has_a_name_once(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        field = Field("score", Kind.INTEGER, custom=True)
        with storage.work(tenant) as work:
            work.custom_fields.add(CustomField(ids.new(), "contact", field, NOON))
            work.custom_fields.add(CustomField(ids.new(), "customer", field, NOON))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(AlreadyExists):
            work.custom_fields.add(CustomField(ids.new(), "contact", evolve(field, kind=Kind.TEXT), NOON))

    def test_two_tenants_may_have_different_fields_of_one_name(
        self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds
    ) -> None:
        for owner, kind in ((tenant, Kind.INTEGER), (other, Kind.TEXT)):
            with storage.work(owner) as work:
                field = Field("score", kind, custom=True, indexed=True)
                work.custom_fields.add(CustomField(ids.new(), "contact", field, NOON))
                work.commit()
        with storage.work(other) as work:
            assert [each.field.kind for each in work.custom_fields.all()] == [Kind.TEXT]
