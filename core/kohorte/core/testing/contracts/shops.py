"""A shop with a few contacts, and a segment to calculate."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from attrs import evolve, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.model import Cause, Segment, SegmentRule, SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds, ListedReferences
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.core.values import Money

HOUR = timedelta(hours=1)
GERMANS = 'contact.country = "DE"'
Check = Callable[[str], CheckedRule]


@frozen
class Shop:
    """A tenant with a few contacts, and a segment to calculate."""

    storage: Storage
    tenant: Tenant
    segment: Segment
    check: Check

    def calculate(
        self,
        rule: str | None,
        at: datetime,
        version: int = 1,
        kind: SegmentType = SegmentType.DYNAMIC,
        cause: Cause = Cause.RULE,
    ) -> Calculation:
        """Calculate the segment as one of a type, and commit."""
        segment = evolve(self.segment, type=kind, rule=evolve(self.segment.ruled, version=version))
        with self.storage.work(self.tenant) as work:
            found = work.audiences.calculate(segment, None if rule is None else self.check(rule), at, cause=cause)
            work.commit()
        return found

    def calculate_of(
        self,
        keys: Sequence[str],
        rule: str,
        at: datetime,
        kind: SegmentType = SegmentType.DYNAMIC,
        cause: Cause = Cause.RULE,
        by: str = "",
    ) -> Calculation:
        """Calculate some contacts of the segment, and commit."""
        with self.storage.work(self.tenant) as work:
            some = sorted(work.pins.find(keys).values())
            segment = evolve(self.segment, type=kind)
            found = work.audiences.calculate(segment, self.check(rule), at, of=some, cause=cause, by=by)
            work.commit()
        return found

    def put(self, side: Side, *keys: str, at: datetime = NOON) -> None:
        """Put contacts on a side of the segment."""
        with self.storage.work(self.tenant) as work:
            work.pins.put(self.segment.id, [*work.pins.find(keys).values()], side, by="eve", at=at)
            work.commit()

    def release(self, *keys: str) -> None:
        """Leave contacts to the rule again."""
        with self.storage.work(self.tenant) as work:
            work.pins.release(self.segment.id, [*work.pins.find(keys).values()])
            work.commit()

    def changes(self, number: int) -> list[tuple[str, bool, Cause]]:
        """Return who entered and left by a change, by key."""
        with self.storage.work(self.tenant, reading=True) as work:
            keys = {contact_id: key for key, contact_id in work.pins.find(("Ann", "Bob", "Cem", "Dee")).items()}
            found = work.audiences.changes(self.segment.id, number)
        return sorted((keys[each.contact_id], each.entered, each.cause) for each in found)

    def members(self, at: datetime | None = None) -> list[str]:
        """Return the keys of the members, now or at an instant."""
        with self.storage.work(self.tenant) as work:
            found = [member.person.key for member in work.audiences.members(self.segment.id, at=at)]
            assert work.audiences.member_count(self.segment.id, at=at) == len(found)
        return sorted(found)

    def count(self, rule: str, at: datetime = NOON) -> int:
        """Return how many contacts a rule selects."""
        with self.storage.work(self.tenant) as work:
            return work.audiences.count(self.check(rule), at)

    def move(self, key: str, country: str | None) -> None:
        """Let a contact move to another country."""
        write(self.storage, self.tenant, batch(RecordKind.CONTACTS, "key country", (key, country)))


class ShopContract(StorageContract):
    """What is promised of the contacts of a shop. Needs a fixture ``rules`` as well."""

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language whose checked rules the storage understands."""
        raise NotImplementedError

    @pytest.fixture
    def check(self, rules: Rules) -> Check:
        """Return a function that checks rules over the built-in and one custom field of each kind."""
        catalogue = with_custom_fields(kohorte_catalogue(), a_custom_field_of_each_kind())
        return lambda text: rules.check(text, catalogue, ListedReferences("Europe/Berlin"))

    @pytest.fixture
    def shop(self, storage: Storage, tenant: Tenant, ids: CountingIds, check: Check) -> Shop:
        """Return a shop with Ann and Bob from Germany, Cem from Turkey, and Dee from nobody knows where."""
        rule = SegmentRule(1, GERMANS, {}, frozenset(), frozenset(), frozenset({"contact.country"}), NOON)
        segment = Segment(ids.new(), "Germans", rule, NOON, NOON)
        with storage.work(tenant) as work:
            for custom in a_custom_field_of_each_kind():
                work.custom_fields.add(custom)
            work.segments.save(segment)
            work.commit()
        write(
            storage,
            tenant,
            batch(RecordKind.CUSTOMERS, "key category", ("K1", "Wholesale")),
            batch(
                RecordKind.CONTACTS,
                "key first_name last_name email country customer my_integer",
                ("Ann", "Ann", "Lee", "ann@example.com", "DE", "K1", 5),
                ("Bob", None, "Ray", None, "DE", None, None),
                ("Cem", None, None, "cem@example.com", "TR", None, -5),
                ("Dee", "Dee", None, None, None, "K1", None),
            ),
            batch(
                RecordKind.PURCHASES,
                "key contact at amount currency",
                *(
                    (str(days), key, NOON - days * timedelta(days=1), Money.of_units(100 * days, "EUR"), "EUR")
                    for key, days in (("Ann", 1), ("Ann", 10), ("Ann", 100), ("Bob", 200), ("Cem", -5))
                ),
            ),
        )
        return Shop(storage, tenant, segment, check)
