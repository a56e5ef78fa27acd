"""What every repository of segments promises about lists of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from kohorte.core.contacts.model import Contact
from kohorte.core.paging import Place
from kohorte.core.ports.pins import Side
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.segments.listing import ListSegments, SegmentSort, SegmentSummary
from kohorte.core.segments.model import Segment, SegmentStatus, SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.segments import a_rule
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds

NAMES = (
    "Zoë",
    "ärger",
    "Berlin",
    "berlin",
    "BERLIN 2",
    "a_b",
    "a%b",
    "Straße",
    "strasse 1",
    "STRASSE",
    "zoe",
    "日本",
    "😀",
)


def a_segment(ids: CountingIds, name: str, number: int = 0) -> Segment:
    """Return a segment that is not stored yet; its number tells when it was made and changed, and its tags."""
    made, changed = NOON + timedelta(hours=number % 3), NOON + timedelta(hours=number % 4, days=1)
    tags = ("even", "Große") if number % 2 == 0 else ("odd",)
    return Segment(ids.new(), name, a_rule(), made, changed, tags=tags)


def named(page: Sequence[SegmentSummary]) -> list[str]:
    """Return the names of segments on a page."""
    return [each.name for each in page]


def all_pages(work: UnitOfWork, query: ListSegments) -> Iterator[SegmentSummary]:
    """Yield what is on all pages; each says how many there are."""
    counts: set[int] = set()
    while True:
        page = work.segments.page(query.cleaned())
        counts.add(page.count)
        yield from page.rows
        if page.after is None:
            assert len(counts) == 1
            return
        assert len(page.rows) == query.limit
        query = evolve(query, after=Place.of(str(page.after)))


class SegmentPagesContract(StorageContract):
    """Lists of segments, page by page."""

    def test_a_listed_segment_is_the_stored_one_without_its_tree(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        segments = [a_segment(ids, "ruled"), Segment(ids.new(), "by hand", None, NOON, NOON, type=SegmentType.STATIC)]
        segments[0].follow(a_rule(2, 'contact.country = "AT"'))
        with storage.work(tenant) as work:
            for segment in segments:
                work.segments.save(segment)
            page = work.segments.page(ListSegments().cleaned())
        assert list(page.rows) == [SegmentSummary.of(each) for each in reversed(segments)]
        assert [each.rule for each in page.rows] == [None, 'contact.country = "AT"']
        assert (page.count, page.after) == (2, None)

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("sort", SegmentSort)
    @pytest.mark.parametrize("limit", [1, 4, 500])
    def test_pages_have_every_segment_once_in_one_order_everywhere(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, sort: SegmentSort, descending: bool, limit: int
    ) -> None:
        with storage.work(tenant) as work:
            people = [Contact(ids.new(), key, NOON) for key in "12"]
            for contact in people:
                work.contacts.save(contact)
            for number, name in enumerate(NAMES):
                segment = a_segment(ids, name, number)
                if number % 3 == 0:
                    work.segments.save(segment)
                    continue
                segment = evolve(segment, rule=None, type=SegmentType.STATIC)
                work.segments.save(segment)
                members = [each.id for each in people[: number % 3]]
                work.pins.put(segment.id, members, Side.IN, by="Ada", at=NOON)
                work.audiences.calculate(segment, None, NOON + timedelta(hours=number % 5))
            work.commit()
        with storage.work(tenant, reading=True) as work:
            found = list(all_pages(work, ListSegments(sort=sort, descending=descending, limit=limit)))
            stored = work.segments.all()
        by_id = sorted(map(SegmentSummary.of, stored), key=lambda each: each.id)
        values: dict[UUID, Any] = {each.id: each.sorted_by(sort) for each in by_id}
        known = [each for each in by_id if values[each.id] is not None]
        known.sort(key=lambda each: values[each.id], reverse=descending)
        assert found == [*known, *(each for each in by_id if values[each.id] is None)]

    def test_pages_go_on_whatever_comes_and_goes_between_them(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            segments = {name: a_segment(ids, name) for name in "acegi"}
            for segment in segments.values():
                work.segments.save(segment)
            first = work.segments.page(ListSegments(limit=2).cleaned())
            assert named(first.rows) == ["a", "c"]
            work.segments.remove(segments["c"])
            for name in "bd":
                work.segments.save(a_segment(ids, name))
            second = work.segments.page(ListSegments(limit=2, after=first.after).cleaned())
            assert named(second.rows) == ["d", "e"]

    def test_lists_are_filtered_by_status_type_and_tags(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            for number, status in enumerate(SegmentStatus):
                segment = a_segment(ids, status.value, number)
                work.segments.save(segment)
                if status is not SegmentStatus.ACTIVE:
                    segment.become(status)
                    work.segments.save(segment)
            guests = Segment(ids.new(), "guests", None, NOON, NOON, type=SegmentType.STATIC)
            work.segments.save(guests)

            def listed(query: ListSegments) -> list[str]:
                page = work.segments.page(query.cleaned())
                assert page.count == len(page.rows)
                return named(page.rows)

            assert listed(ListSegments()) == ["active", "guests", "inactive"]
            assert listed(ListSegments(statuses=SegmentStatus)) == ["active", "archived", "guests", "inactive"]
            assert listed(ListSegments(statuses={SegmentStatus.ARCHIVED})) == ["archived"]
            assert listed(ListSegments(types={SegmentType.STATIC})) == ["guests"]
            assert listed(ListSegments(types=())) == []
            assert listed(ListSegments(among={guests.id, ids.new()})) == ["guests"]
            assert listed(ListSegments(among=())) == []
            assert listed(ListSegments(tags=["Große", "even"])) == ["active"]
            assert listed(ListSegments(tags=[" odd "])) == ["inactive"]
            assert listed(ListSegments(tags=["even", "odd"])) == []
            for none in ("eve", "EVEN", "even\nGroße", "even Große", "%"):
                assert listed(ListSegments(tags=[none])) == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ["Alpha", "beta", "Gamma"]),
            ("ALPH", ["Alpha"]),
            ("strasse", ["Alpha", "Gamma"]),  # in a tag and in a description
            ("STRAẞE", ["Alpha", "Gamma"]),
            (" lines\n", ["beta"]),
            ("a_", []),
            ("%", ["Gamma"]),
            ("a b", []),  # nothing goes from one tag to the next
            ("'", []),
        ],
    )
    def test_a_text_is_searched_for_whatever_its_case(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, text: str, expected: list[str]
    ) -> None:
        with storage.work(tenant) as work:
            for name, description, tags in (
                ("Alpha", None, ("Straße",)),
                ("beta", "two\nLines", ("a", "b")),
                ("Gamma", "100 % of the STRASSE", ()),
            ):
                segment = a_segment(ids, name)
                segment.describe(description)
                segment.tag(tags)
                work.segments.save(segment)
            page = work.segments.page(ListSegments(text=text).cleaned())
        assert (named(page.rows), page.count) == (expected, len(expected))

    def test_changed_texts_are_found_as_they_are_now(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        segment = a_segment(ids, "before")
        with storage.work(tenant) as work:
            work.segments.save(segment)
            segment.rename("after")
            segment.tag([])
            work.segments.save(segment)
            for text, count in (("before", 0), ("after", 1), ("even", 0)):
                assert work.segments.page(ListSegments(text=text).cleaned()).count == count

    def test_a_tenant_lists_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            work.segments.save(a_segment(ids, "mine"))
            work.commit()
        with storage.work(other, reading=True) as work:
            page = work.segments.page(ListSegments(statuses=SegmentStatus).cleaned())
        assert (list(page.rows), page.count) == ([], 0)
