"""What every storage promises of calculating segments."""

from datetime import timedelta

import pytest
from attrs import evolve

from kohorte.core.errors import NotAllowed, NotFound
from kohorte.core.ports.audiences import Calculation
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.shops import GERMANS, HOUR, Check, Shop, ShopContract
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind


class CalculationsContract(ShopContract):
    """Members made those whom a rule selects, of all contacts or of some."""

    def test_a_first_calculation_lets_everybody_in(self, shop: Shop) -> None:
        assert shop.calculate(GERMANS, NOON) == Calculation(members=2, entered=2, left=0, change=1)
        assert shop.members() == ["Ann", "Bob"]

    def test_a_calculation_without_change_writes_nothing(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        assert shop.calculate(GERMANS, NOON + HOUR) == Calculation(members=2, entered=0, left=0)
        with shop.storage.work(shop.tenant) as work:
            assert {member.entered_at for member in work.audiences.members(shop.segment.id)} == {NOON}

    def test_a_calculation_writes_who_entered_and_who_left(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.move("Cem", "DE")
        shop.move("Ann", None)
        assert shop.calculate(GERMANS, NOON + HOUR) == Calculation(members=2, entered=1, left=1, change=2)
        assert shop.members() == ["Bob", "Cem"]

    def test_who_stays_keeps_the_version_of_the_rule_that_let_them_in(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.calculate('contact.country in ("DE", "TR")', NOON + HOUR, version=2)
        with shop.storage.work(shop.tenant) as work:
            members = work.audiences.members(shop.segment.id)
        assert {each.person.key: (each.rule_version, each.entered_at, each.left_at) for each in members} == {
            "Ann": (1, NOON, None),
            "Bob": (1, NOON, None),
            "Cem": (2, NOON + HOUR, None),
        }

    def test_members_at_a_past_instant_are_those_of_then(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.move("Ann", "FR")
        shop.calculate(GERMANS, NOON + HOUR)
        shop.move("Ann", "DE")
        shop.calculate(GERMANS, NOON + 2 * HOUR)
        moment = timedelta(microseconds=1)
        assert shop.members(NOON - moment) == []
        assert shop.members(NOON) == ["Ann", "Bob"]
        assert shop.members(NOON + HOUR - moment) == ["Ann", "Bob"]
        assert shop.members(NOON + HOUR) == ["Bob"]
        assert shop.members(NOON + 2 * HOUR) == ["Ann", "Bob"]
        assert shop.members() == ["Ann", "Bob"]

    def test_a_past_member_is_shown_with_the_whole_stay(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.move("Ann", "FR")
        shop.move("Bob", "FR")
        shop.calculate(GERMANS, NOON + HOUR)
        with shop.storage.work(shop.tenant) as work:
            members = work.audiences.members(shop.segment.id, at=NOON)
        assert [(each.entered_at, each.left_at) for each in members] == [(NOON, NOON + HOUR)] * 2

    def test_a_stay_that_is_empty_contains_no_instant(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.move("Ann", "FR")
        assert shop.calculate(GERMANS, NOON) == Calculation(members=1, entered=0, left=1, change=2)
        assert shop.members(NOON) == shop.members() == ["Bob"]

    def test_who_left_may_come_back_at_the_same_instant(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON - HOUR)
        for country, members in (("FR", ["Bob"]), ("DE", ["Ann", "Bob"])) * 2:
            shop.move("Ann", country)
            shop.calculate(GERMANS, NOON)
            assert shop.members(NOON) == shop.members() == members
        assert shop.members(NOON - HOUR) == ["Ann", "Bob"]

    def test_a_calculation_is_noted_at_the_segment_whose_version_stays(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        with shop.storage.work(shop.tenant) as work:
            segment = work.segments.by_id(shop.segment.id)
        assert segment == evolve(shop.segment, member_count=2, calculated_at=NOON, moved_at=NOON, stale=False)

    def test_a_segment_awaits_its_calculation_when_its_schedule_says_so(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        with shop.storage.work(shop.tenant) as work:
            assert not work.segments.awaiting(NOON + 99 * HOUR)
            segment = work.segments.by_id(shop.segment.id)
            segment.repeat(6 * HOUR)
            work.segments.save(segment)
            assert [work.segments.awaiting(NOON + hours * HOUR) for hours in (5, 6)] == [[], [segment.id]]

    def test_an_unknown_segment_is_not_found(self, shop: Shop, check: Check, ids: CountingIds) -> None:
        with shop.storage.work(shop.tenant) as work, pytest.raises(NotFound):
            work.audiences.calculate(evolve(shop.segment, id=ids.new()), check(GERMANS), NOON)

    def test_time_never_goes_back(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        with pytest.raises(NotAllowed):
            shop.calculate(GERMANS, NOON - HOUR)
        assert shop.members() == ["Ann", "Bob"]

    def test_time_never_goes_back_behind_one_who_left(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.calculate("contact.key is empty", NOON + HOUR)
        with pytest.raises(NotAllowed):
            shop.calculate(GERMANS, NOON + HOUR / 2)

    # -- of some contacts alone ------------------------------------------------------------------------------------

    def test_of_some_contacts_alone_the_others_stay_as_they_are(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        for key, country in (("Ann", "FR"), ("Bob", "FR"), ("Cem", "DE"), ("Dee", "DE")):
            shop.move(key, country)
        found = shop.calculate_of(("Ann", "Cem"), GERMANS, NOON + HOUR)
        assert found == Calculation(members=2, entered=1, left=1, change=2)
        assert shop.members() == ["Bob", "Cem"]
        assert shop.calculate_of((), GERMANS, NOON + 2 * HOUR) == Calculation(members=2, entered=0, left=0)
        assert shop.calculate(GERMANS, NOON + 2 * HOUR) == Calculation(members=2, entered=1, left=1, change=3)

    def test_of_some_contacts_alone_no_calculation_is_noted_but_when_members_moved_is(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON)
        shop.calculate_of(("Cem",), GERMANS, NOON + HOUR)
        shop.move("Cem", "DE")
        shop.calculate_of(("Cem",), GERMANS, NOON + 2 * HOUR)
        with shop.storage.work(shop.tenant) as work:
            segment = work.segments.by_id(shop.segment.id)
        assert segment == evolve(
            shop.segment, member_count=3, calculated_at=NOON, moved_at=NOON + 2 * HOUR, stale=False
        )
        with pytest.raises(NotAllowed):
            shop.calculate(GERMANS, NOON + HOUR)

    def test_the_first_who_are_looked_at_may_be_the_only_members(self, shop: Shop) -> None:
        found = shop.calculate_of(("Ann", "Cem"), GERMANS, NOON)
        assert (found, shop.members()) == (Calculation(members=1, entered=1, left=0, change=1), ["Ann"])

    def test_a_rolled_back_calculation_leaves_no_members(self, shop: Shop, check: Check) -> None:
        with shop.storage.work(shop.tenant) as work:
            work.audiences.calculate(shop.segment, check(GERMANS), NOON)
        assert shop.members() == []

    def test_a_tenant_sees_no_others(self, shop: Shop, other: Tenant) -> None:
        shop.calculate(GERMANS, NOON)
        with shop.storage.work(other) as work:
            assert list(work.audiences.members(shop.segment.id)) == []
            assert work.audiences.member_count(shop.segment.id) == 0
            assert list(work.audiences.export(shop.segment.id, ["contact.key"])) == []
            for custom in a_custom_field_of_each_kind():
                work.custom_fields.add(custom)
            assert work.audiences.count(shop.check("contact.key is set"), NOON) == 0
