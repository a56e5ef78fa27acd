"""What every repository of segments promises."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from attrs import evolve

from kohorte.core.errors import AlreadyExists, Conflict, NotFound
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.model import Example, Failure, Leaving, Segment, SegmentRule, SegmentStatus
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds, counted_id


def a_rule(version: int = 1, text: str = 'contact.country = "DE"') -> SegmentRule:
    """Return a version of a rule; its tree is whatever JSON one likes."""
    return SegmentRule(
        version,
        text,
        {"op": "=", "left": {"field": "contact.country"}, "right": [version, None, True]},
        frozenset({counted_id(77), counted_id(78)}),
        frozenset({counted_id(79)}),
        frozenset({"contact.country", "items.quantity"}),
        NOON + timedelta(hours=version),
        author="Ada",
        note="Because\nof spring" if version == 1 else None,
        custom_fields={"contact.score": counted_id(80)},
        nodes=(counted_id(90), counted_id(80 + version)),
        leaving=Leaving(7, "contact.city is set", {"field": "contact.city"}) if version == 1 else Leaving(version),
    )


def a_segment(ids: CountingIds, name: str = "Germans") -> Segment:
    """Return a segment that is not stored yet."""
    examples = (Example("Ann", is_member=True), Example("Cem", is_member=False, at=NOON))
    return Segment(
        *(ids.new(), name, a_rule(), NOON, NOON),
        description="Those who\nlive there",
        created_by="Ada",
        changed_by="Bo",
        tags=("abroad", "Zürich"),
        examples=examples,
        every=timedelta(hours=6),
    )


def a_failure() -> Failure:
    """Return a failure that a segment could have had."""
    values: Mapping[str, int | str] = {"name": "Zürich", "count": 2}
    retry_at = NOON + timedelta(minutes=2)
    return Failure("not_found", "{name} is gone, {count} times.", "Look {count} times.", values, NOON, 2, retry_at)


class SegmentsContract(StorageContract):
    """Segments with the history of their rules."""

    def test_a_segment_comes_back_as_it_was_saved(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.commit()
        assert segment.version == 1
        with storage.work(tenant) as work:
            assert work.segments.by_name("Germans") == segment
            assert work.segments.by_id(segment.id) == segment

    def test_a_change_replaces_every_field(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.commit()
        segment.rename("Teutons")
        segment.describe(None)
        segment.tag(["b", "a"])
        segment.examples = ()
        segment.repeat(None)
        segment.become(SegmentStatus.INACTIVE)
        segment.touch(NOON + timedelta(hours=1), "Bo")
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.commit()
        with storage.work(tenant) as work:
            assert work.segments.by_name("Teutons") == segment
            with pytest.raises(NotFound):
                work.segments.by_name("Germans")

    def test_what_is_unknown_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            with pytest.raises(NotFound):
                work.segments.by_name("nobody")
            with pytest.raises(NotFound):
                work.segments.by_id(ids.new())

    def test_a_taken_name_is_refused(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        second = a_segment(ids, "French")
        with storage.work(tenant) as work:
            work.segments.save(a_segment(ids))
            work.segments.save(second)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(AlreadyExists):
            work.segments.save(a_segment(ids))
        second.rename("Germans")
        with storage.work(tenant) as work, pytest.raises(AlreadyExists):
            work.segments.save(second)

    def test_an_archived_segment_leaves_its_name_to_others(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        made = [a_segment(ids) for _ in range(3)]
        with storage.work(tenant) as work:
            for hour, segment in enumerate(made[:2]):
                work.segments.save(segment)
                segment.become(SegmentStatus.ARCHIVED)
                segment.touch(NOON + timedelta(hours=hour), "Bo")
                work.segments.save(segment)
            assert work.segments.by_name("Germans") == made[1]
            work.segments.save(made[2])
            assert work.segments.by_name("Germans") == made[2]
            work.commit()
        with storage.work(tenant) as work:
            assert [each.id for each in work.segments.all()] == [made[2].id]
            assert {each.id for each in work.segments.all(archived=True)} == {each.id for each in made}

    def test_what_calculations_noted_is_no_matter_of_saving(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        segment = evolve(a_segment(ids), member_count=7, calculated_at=NOON)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.segments.save(segment)
            stored = work.segments.by_id(segment.id)
        assert (stored.member_count, stored.calculated_at) == (None, None)

    def test_what_somebody_else_changed_meanwhile_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.commit()
            theirs = work.segments.by_name("Germans")
            work.segments.save(theirs)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.segments.save(segment)

    def test_segments_come_by_name_and_archived_ones_on_request(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            for name in ("b", "a", "Z", "c"):
                segment = a_segment(ids, name)
                if name == "c":
                    segment.become(SegmentStatus.ARCHIVED)
                work.segments.save(segment)
            work.commit()
        with storage.work(tenant) as work:
            assert [each.name for each in work.segments.all()] == ["Z", "a", "b"]
            assert [each.name for each in work.segments.all(archived=True)] == ["Z", "a", "b", "c"]
            assert work.segments.by_name("c").status is SegmentStatus.ARCHIVED

    def test_every_rule_it_ever_had_is_kept_the_newest_first(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            for version in (2, 3):
                segment.follow(a_rule(version, f'contact.country = "{version}"'))
                work.segments.save(segment)
            segment.describe("The same rule")
            work.segments.save(segment)
            work.commit()
        with storage.work(tenant) as work:
            rules = [a_rule(3, 'contact.country = "3"'), a_rule(2, 'contact.country = "2"'), a_rule()]
            assert list(work.segments.rule_versions(segment.id)) == rules
            assert work.segments.by_id(segment.id).rule == rules[0]

    def test_a_removed_segment_is_gone_with_its_rules(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        segment, other = a_segment(ids), a_segment(ids, "French")
        with storage.work(tenant) as work:
            for each in (segment, other):
                work.segments.save(each)
            work.segments.remove(segment)
            work.commit()
        with storage.work(tenant) as work:
            assert [each.id for each in work.segments.all(archived=True)] == [other.id]
            assert not list(work.segments.rule_versions(segment.id))
            assert list(work.segments.rule_versions(other.id)) == [other.rule]
            work.segments.save(a_segment(ids))

    def test_what_somebody_changed_meanwhile_is_not_removed(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.segments.save(evolve(segment))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.segments.remove(segment)

    def test_a_copy_in_hand_is_not_the_stored_one(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            stored = evolve(segment)
            segment.name = "changed"
            work.segments.by_name("Germans").name = "changed as well"
            assert work.segments.by_name("Germans") == stored

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.commit()
        with storage.work(other) as work:
            assert not list(work.segments.all(archived=True))
            assert not list(work.segments.rule_versions(segment.id))
            with pytest.raises(NotFound):
                work.segments.by_id(segment.id)
            work.segments.save(a_segment(ids))

    # -- what waits for a calculation, and what hindered it -----------------------------------------------------------

    def test_a_failure_is_kept_until_the_segment_becomes_another(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        segment, failure = a_segment(ids), a_failure()
        with storage.work(tenant) as work:
            work.segments.save(segment)
            work.segments.note_failure(segment.id, failure)
            work.segments.note_failure(ids.new(), failure)
            work.commit()
        with storage.work(tenant) as work:
            stored = work.segments.by_id(segment.id)
            assert (stored.failure, stored.stale, stored.version) == (failure, True, segment.version)
            stored.describe("the same rule")
            work.segments.save(stored)
            assert work.segments.by_id(segment.id).failure == failure
            stored.follow(a_rule(2))
            work.segments.save(stored)
            assert work.segments.by_id(segment.id).failure is None
            work.segments.note_failure(segment.id, failure)
            work.segments.note_failure(segment.id, None)
            assert work.segments.by_id(segment.id).failure is None

    def test_a_stale_segment_awaits_its_calculation_until_it_may_be_tried_again(
        self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds
    ) -> None:
        segment, failure = a_segment(ids), a_failure()
        with storage.work(tenant) as work:
            assert not work.segments.awaiting(NOON)
            work.segments.save(segment)
            assert work.segments.awaiting(NOON)
            work.segments.note_failure(segment.id, failure)
            assert not work.segments.awaiting(NOON)
            assert work.segments.awaiting(failure.retry_at)
            work.commit()
        with storage.work(other) as work:
            assert not work.segments.awaiting(failure.retry_at)
        segment.become(SegmentStatus.INACTIVE)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            assert not work.segments.awaiting(NOON)

    def test_a_segment_is_held_as_it_is_stored(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        segment = a_segment(ids)
        with storage.work(tenant) as work:
            work.segments.save(segment)
            assert work.segments.lock(segment.id) == segment
            with pytest.raises(NotFound):
                work.segments.lock(ids.new())
