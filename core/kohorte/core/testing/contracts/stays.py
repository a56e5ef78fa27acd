"""What every storage promises of who is a member when."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve

from kohorte.core.ports.audiences import MemberChange
from kohorte.core.ports.pins import Side
from kohorte.core.segments.model import Cause, SegmentType
from kohorte.core.testing.contracts.shops import GERMANS, HOUR, Shop, ShopContract
from kohorte.core.testing.fakes import NOON, CountingIds


class StaysContract(ShopContract):
    """Stays, and what is told of them."""

    def test_a_stay_tells_why_and_by_whom_it_began_and_ended(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.put(Side.OUT, "Ann")
        shop.calculate_of(("Ann",), GERMANS, NOON + HOUR, kind=SegmentType.HYBRID, cause=Cause.HAND, by="eve")
        with shop.storage.work(shop.tenant) as work:
            (ann, bob) = work.audiences.members(shop.segment.id, at=NOON)
        assert (ann.cause, ann.added_by, ann.left_cause, ann.removed_by) == (Cause.RULE, "", Cause.HAND, "eve")
        assert (bob.cause, bob.added_by, bob.left_cause, bob.removed_by) == (Cause.RULE, "", None, None)

    def test_changes_of_members_are_numbered_and_none_is_forgotten(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.move("Ann", "FR")
        shop.move("Cem", "DE")
        for _ in range(2):
            shop.calculate(GERMANS, NOON)  # Ann's stay contains no instant
        shop.move("Ann", "DE")
        shop.calculate(GERMANS, NOON, cause=Cause.TIME)
        told = [shop.changes(number) for number in range(5)]
        assert told == [
            [],
            [("Ann", True, Cause.RULE), ("Bob", True, Cause.RULE)],
            [("Ann", False, Cause.RULE), ("Cem", True, Cause.RULE)],
            [("Ann", True, Cause.TIME)],
            [],
        ]

    def test_changes_come_page_by_page(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        for key in ("Ann", "Bob", "Cem", "Dee"):
            shop.move(key, "FR" if key in ("Ann", "Bob") else "DE")
        shop.calculate(GERMANS, NOON + HOUR)
        with shop.storage.work(shop.tenant) as work:
            everything = list(work.audiences.changes(shop.segment.id, 2))
            pages: list[MemberChange] = []
            while page := work.audiences.changes(
                shop.segment.id, 2, after=pages[-1].contact_id if pages else None, limit=1
            ):
                assert len(page) == 1
                pages += page
        assert pages == everything
        assert [each.at for each in everything] == [NOON + HOUR] * 4

    def test_the_segments_of_a_contact_are_those_that_it_is_in(self, shop: Shop, ids: CountingIds) -> None:
        second = evolve(shop.segment, id=ids.new(), name="second", version=0)
        with shop.storage.work(shop.tenant) as work:
            work.segments.save(second)
            work.audiences.calculate(second, shop.check('contact.country in ("DE", "TR")'), NOON + HOUR)
            work.commit()
        shop.calculate(GERMANS, NOON)
        shop.move("Ann", "FR")
        shop.calculate(GERMANS, NOON + 2 * HOUR)
        with shop.storage.work(shop.tenant, reading=True) as work:
            contact_ids = work.pins.find(("Ann", "Bob", "Dee"))
            now = {key: work.audiences.stays_of(each) for key, each in contact_ids.items()}
            then = work.audiences.stays_of(contact_ids["Ann"], at=NOON)
            both = [work.audiences.overlap(shop.segment.id, second.id, at=at) for at in (None, NOON, NOON + HOUR)]
        assert {key: stays.keys() for key, stays in now.items()} == {
            "Ann": {second.id},
            "Bob": {shop.segment.id, second.id},
            "Dee": set(),
        }
        assert now["Bob"][second.id].entered_at == NOON + HOUR
        assert [(each.person.key, each.left_at) for each in then.values()] == [("Ann", NOON + 2 * HOUR)]
        assert both == [1, 0, 2]

    def test_movements_are_counted_from_each_instant_to_before_the_next(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.move("Ann", "FR")
        shop.calculate(GERMANS, NOON + HOUR)
        shop.calculate("contact.key is set", NOON + HOUR)
        shop.calculate("contact.key is empty", NOON + 3 * HOUR)
        moment = timedelta(microseconds=1)
        with shop.storage.work(shop.tenant, reading=True) as work:

            def moved(*bounds: datetime) -> list[tuple[int, int]]:
                return list(work.audiences.movements(shop.segment.id, bounds))

            assert moved(NOON - HOUR, NOON, NOON + HOUR, NOON + 2 * HOUR) == [(0, 0), (2, 0), (3, 1)]
            assert moved(NOON + HOUR + moment, NOON + 3 * HOUR, NOON + 3 * HOUR + moment) == [(0, 0), (0, 4)]
            assert moved(NOON) == []
            counted = [
                work.audiences.count(shop.check(rule), NOON + at * HOUR, among=shop.segment.id)
                for rule, at in (
                    (GERMANS, 0),
                    (GERMANS, 1),
                    ("contact.key is set", 2),
                    ("no purchases", 1),
                    (GERMANS, 3),
                )
            ]
        assert counted == [1, 1, 4, 2, 0]

    def test_members_come_page_by_page(self, shop: Shop) -> None:
        everybody = "contact.key is set"
        shop.calculate(everybody, NOON)
        with shop.storage.work(shop.tenant) as work:
            pages: list[int] = []
            after: UUID | None = None
            while page := work.audiences.members(shop.segment.id, after=after, limit=3):
                pages.append(len(page))
                assert after is None or after < page[0].person.contact_id
                assert [each.person.contact_id for each in page] == sorted(each.person.contact_id for each in page)
                after = page[-1].person.contact_id
        assert pages == [3, 1]

    def test_an_export_has_the_columns_that_were_asked_for(self, shop: Shop) -> None:
        shop.calculate('contact.country in ("DE", "TR")', NOON)
        columns = ("contact.key", "contact.name", "customer.category", "contact.my_integer", "entered_at")
        with shop.storage.work(shop.tenant) as work:
            rows = sorted(work.audiences.export(shop.segment.id, columns), key=str)
        assert rows == [
            ("Ann", "Ann Lee", "Wholesale", 5, NOON),
            ("Bob", "Ray", None, None, NOON),
            ("Cem", None, None, -5, NOON),
        ]

    def test_an_export_of_the_past_has_the_members_of_then(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.calculate('contact.country = "TR"', NOON + HOUR)
        with shop.storage.work(shop.tenant) as work:
            now = sorted(work.audiences.export(shop.segment.id, ["contact.key"]))
            then = sorted(work.audiences.export(shop.segment.id, ["contact.key"], at=NOON))
        assert (now, then) == ([("Cem",)], [("Ann",), ("Bob",)])
