"""What every repository of custom fields promises."""

from datetime import timedelta

import pytest
from attrs import evolve

from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import AlreadyExists, InvalidInput, NotFound
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind

SCORE = Field("score", Kind.INTEGER, custom=True)
TIER = Field("tier", Kind.ENUMERATION, choices=("gold", "silver", "bronze"), custom=True)
SCORED = batch(RecordKind.CONTACTS, "key score", ("1", 5), ("2", None), ("3", 7))
A_PURCHASE = batch(RecordKind.PURCHASES, "key contact at score", ("1", "1", NOON, 9))
WAITING = batch(RecordKind.PURCHASES, "key contact at score", ("2", "later", NOON, 8))
AN_ITEM = batch(RecordKind.ITEMS, "key purchase score", ("1", "1", 3))


class CustomFieldsContract(StorageContract):
    """Custom fields."""

    @pytest.fixture
    def score(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> CustomField:
        """Return a stored field of contacts."""
        return self._add(storage, tenant, ids, SCORE)

    @pytest.fixture
    def tier(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> CustomField:
        """Return a stored enumeration of contacts."""
        return self._add(storage, tenant, ids, TIER)

    def _add(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, field: Field, owner: str = "contact"
    ) -> CustomField:
        custom = CustomField(ids.new(), owner, field, NOON + timedelta(hours=1))
        with storage.work(tenant) as work:
            work.custom_fields.add(custom)
            work.commit()
        return custom

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
        with storage.work(tenant) as work:
            work.custom_fields.add(CustomField(ids.new(), "contact", SCORE, NOON))
            work.custom_fields.add(CustomField(ids.new(), "customer", SCORE, NOON))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(AlreadyExists):
            work.custom_fields.add(CustomField(ids.new(), "contact", evolve(SCORE, kind=Kind.TEXT), NOON))

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

    # -- changed ---------------------------------------------------------------------------------------------------

    def test_what_may_change_about_a_field_comes_back(
        self, storage: Storage, tenant: Tenant, tier: CustomField
    ) -> None:
        for indexed in (True, True, False):
            field = evolve(TIER, choices=("gold", "tin"), indexed=indexed)
            changed = evolve(tier, field=field, description="Agreed\neach January")
            with storage.work(tenant) as work:
                work.custom_fields.save(changed)
                work.commit()
            with storage.work(tenant) as work:
                assert list(work.custom_fields.all()) == [changed]

    def test_values_go_along_when_a_field_is_renamed(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, score: CustomField
    ) -> None:
        owned = [score, *(self._add(storage, tenant, ids, SCORE, owner) for owner in ("purchases", "items"))]
        write(storage, tenant, SCORED, A_PURCHASE, AN_ITEM, WAITING)
        for custom in owned:
            self._rename(storage, tenant, custom, "points")
        with storage.work(tenant) as work:
            assert [each.full_name for each in work.custom_fields.all()] == [
                *("contact.points", "items.points", "purchases.points")
            ]
            assert [dict(work.contacts.by_key(key).custom) for key in "123"] == [{"points": 5}, {}, {"points": 7}]
            bought = work.purchases.by_key("1")
            assert (bought.custom, bought.items[0].custom) == ({"points": 9}, {"points": 3})
        write(storage, tenant, batch(RecordKind.CONTACTS, "key", ("later",)))
        with storage.work(tenant) as work:
            assert work.purchases.by_key("2").custom == {"points": 8}

    def test_renamed_fields_are_written_by_their_new_names_alone(
        self, storage: Storage, tenant: Tenant, score: CustomField
    ) -> None:
        write(storage, tenant, SCORED)
        self._rename(storage, tenant, score, "points")
        write(storage, tenant, batch(RecordKind.CONTACTS, "key points", ("1", None), ("2", 6)))
        with storage.work(tenant) as work:
            assert [dict(work.contacts.by_key(key).custom) for key in "123"] == [{}, {"points": 6}, {"points": 7}]
        with pytest.raises(InvalidInput):
            write(storage, tenant, SCORED)

    def test_the_old_name_of_a_field_is_free_for_another_one(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, score: CustomField
    ) -> None:
        write(storage, tenant, SCORED)
        self._rename(storage, tenant, score, "points")
        self._add(storage, tenant, ids, evolve(SCORE, kind=Kind.TEXT))
        with storage.work(tenant) as work:
            assert work.contacts.by_key("1").custom == {"points": 5}
        write(storage, tenant, batch(RecordKind.CONTACTS, "key score", ("1", "high")))
        with storage.work(tenant) as work:
            assert work.contacts.by_key("1").custom == {"points": 5, "score": "high"}

    def test_a_taken_name_is_refused_and_leaves_the_field_as_it_was(
        self, storage: Storage, tenant: Tenant, score: CustomField, tier: CustomField
    ) -> None:
        with storage.work(tenant) as work:
            with pytest.raises(AlreadyExists):
                work.custom_fields.save(evolve(score, field=evolve(SCORE, name="tier")))
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.custom_fields.all()) == [score, tier]

    # -- counted ---------------------------------------------------------------------------------------------------

    def test_it_counts_the_records_that_have_a_value(
        self, storage: Storage, tenant: Tenant, score: CustomField
    ) -> None:
        write(storage, tenant, SCORED)
        with storage.work(tenant) as work:
            assert work.custom_fields.count(score) == 2

    def test_it_counts_who_has_a_choice_whoever_waits_among_them(
        self, storage: Storage, tenant: Tenant, tier: CustomField
    ) -> None:
        rows = (("1", "gold", None), ("2", "gold", "later"), ("3", "silver", None), ("4", None, None))
        write(storage, tenant, batch(RecordKind.CONTACTS, "key tier customer", *rows))
        with storage.work(tenant) as work:
            counts = work.custom_fields.count_values(tier, ["bronze", "silver", "gold"])
        assert list(counts.items()) == [("silver", 1), ("gold", 2)]

    # -- removed ---------------------------------------------------------------------------------------------------

    def test_a_removed_field_is_gone_at_once_and_a_new_one_of_its_name_is_empty(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, score: CustomField
    ) -> None:
        write(storage, tenant, SCORED)
        with storage.work(tenant) as work:
            work.custom_fields.remove(score.id)
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.custom_fields.all()) == []
            assert work.contacts.by_key("1").custom == {}
        with pytest.raises(InvalidInput):
            write(storage, tenant, SCORED)
        again = self._add(storage, tenant, ids, SCORE)
        write(storage, tenant, batch(RecordKind.CONTACTS, "key score", ("2", 6)))
        self._purge(storage, tenant)
        with storage.work(tenant) as work:
            assert [dict(work.contacts.by_key(key).custom) for key in "123"] == [{}, {"score": 6}, {}]
            assert work.custom_fields.count(again) == 1

    def test_a_record_in_hand_brings_no_value_of_a_removed_field_back(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, score: CustomField
    ) -> None:
        write(storage, tenant, SCORED)
        with storage.work(tenant) as work:
            stale = work.contacts.by_key("1")
            work.custom_fields.remove(score.id)
            with pytest.raises(NotFound):
                work.contacts.save(stale)
            work.commit()
        self._add(storage, tenant, ids, SCORE)
        self._purge(storage, tenant)
        with storage.work(tenant) as work:
            assert work.contacts.by_key("1").custom == {}

    @pytest.mark.usefixtures("tier")
    def test_purging_takes_values_out_of_every_kind_of_record_and_changes_nothing_else(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, score: CustomField
    ) -> None:
        owned = [score, *(self._add(storage, tenant, ids, SCORE, owner) for owner in ("purchases", "items"))]
        write(storage, tenant, SCORED, A_PURCHASE, AN_ITEM, WAITING)
        write(storage, tenant, batch(RecordKind.CONTACTS, "key tier", ("1", "gold")))
        with storage.work(tenant) as work:
            versions = [work.contacts.by_key(key).version for key in "123"]
            for custom in owned:
                work.custom_fields.remove(custom.id)
            work.commit()
        self._purge(storage, tenant, page=1)
        for owner in ("contact", "purchases", "items"):
            self._add(storage, tenant, ids, SCORE, owner)
        write(storage, tenant, batch(RecordKind.CONTACTS, "key", ("later",)))
        with storage.work(tenant) as work:
            assert [dict(work.contacts.by_key(key).custom) for key in "123"] == [{"tier": "gold"}, {}, {}]
            assert [work.contacts.by_key(key).version for key in "123"] == versions
            bought = work.purchases.by_key("1")
            assert (bought.custom, bought.items[0].custom, work.purchases.by_key("2").custom) == ({}, {}, {})

    def test_a_removal_concerns_one_tenant_alone(
        self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds, score: CustomField
    ) -> None:
        self._add(storage, other, ids, SCORE)
        for each in (tenant, other):
            write(storage, each, SCORED)
        with storage.work(tenant) as work:
            work.custom_fields.remove(score.id)
            work.commit()
        for each in (other, tenant):
            self._purge(storage, each)
        with storage.work(other) as work:
            assert work.contacts.by_key("1").custom == {"score": 5}

    def _rename(self, storage: Storage, tenant: Tenant, custom: CustomField, name: str) -> None:
        with storage.work(tenant) as work:
            work.custom_fields.save(evolve(custom, field=evolve(custom.field, name=name)))
            work.commit()

    def _purge(self, storage: Storage, tenant: Tenant, *, page: int = 2) -> None:
        with storage.work(tenant) as work:
            for _ in work.custom_fields.purge(page):
                work.commit()
            work.commit()
