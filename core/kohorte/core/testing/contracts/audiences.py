"""What every storage promises of whom rules select, and of who is a member when."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.errors import NotAllowed, NotFound
from kohorte.core.ports.audiences import Calculation, MemberChange
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.model import Cause, Segment, SegmentRule, SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds, ListedReferences, counted_id
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


class AudiencesContract(StorageContract):
    """Counting, sampling, calculating and reading members. Needs a fixture ``rules`` as well."""

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

    @pytest.mark.parametrize(
        ("rule", "count"),
        [
            (GERMANS, 2),
            ('contact.country != "DE"', 2),
            ('not contact.country = "TR"', 3),
            ('customer.category = "WHOLESALE"', 2),
            ("customer.category is empty", 2),
            ("purchases.count >= 1", 2),
            ("no purchases", 2),
            ("purchases(last 30 days).count = 2", 1),
            ("purchases.sum(amount) > 110 EUR", 2),
            ("last purchases.amount > 50 EUR", 1),
            ("last purchases(amount > 50 EUR).amount = 100 EUR", 1),
            ("last purchases.at more than 30 days ago", 1),
            ("not last purchases.amount > 50 EUR", 3),
            ('in sample 0 % of "spring"', 0),
            ('in sample 100 % of "spring"', 4),
            ("contact.my_integer < 0", 1),
            ("not contact.my_integer < 0", 3),
        ],
    )
    def test_it_counts_whom_a_rule_selects(self, shop: Shop, rule: str, count: int) -> None:
        assert shop.count(rule) == count

    @pytest.mark.parametrize(
        "rule",
        [
            GERMANS,
            *("purchases(last 30 days).count = 2", "contact.my_text is empty"),
            *("last purchases.at in the last 60 days", 'in sample 50 % of "spring"'),
        ],
    )
    def test_a_rule_and_its_negation_part_the_contacts(self, shop: Shop, rule: str) -> None:
        for at in (NOON, NOON - timedelta(days=50), NOON + timedelta(days=400)):
            assert shop.count(rule, at) + shop.count(f"not ({rule})", at) == 4

    @pytest.mark.parametrize(
        "rule",
        [
            *("purchases(last 30 days).count = 2", "contact.my_integer < 0", "no purchases"),
            *("last purchases.amount > 50 EUR", 'in sample 50 % of "spring"'),
        ],
    )
    def test_what_a_rule_reads_of_a_contact_is_there(self, shop: Shop, rule: str) -> None:
        checked = shop.check(rule)
        with shop.storage.work(shop.tenant, reading=True) as work:
            facts = [work.audiences.facts(checked, key, NOON) for key in ("Ann", "Bob", "Cem", "Dee")]
            selected = {each.contact_id for each in work.audiences.sample(checked, NOON, 10)}
        assert selected
        assert {each.contact_id for each in facts if checked.holds_for(each, NOON)} == selected

    def test_facts_of_nobody_are_not_found(self, shop: Shop) -> None:
        with shop.storage.work(shop.tenant, reading=True) as work, pytest.raises(NotFound):
            work.audiences.facts(shop.check("no purchases"), "Eve", NOON)

    def test_another_instant_moves_the_clock_and_not_the_data(self, shop: Shop) -> None:
        rule = "purchases(last 30 days).count >= 1"
        assert [shop.count(rule, NOON + timedelta(days=days)) for days in (-500, -185, -90, 0, 6, 40)] == [
            *(0, 1, 1, 1, 2, 0),
        ]

    def test_a_sample_comes_in_the_order_of_ids_and_no_longer_than_asked_for(self, shop: Shop, check: Check) -> None:
        with shop.storage.work(shop.tenant) as work:
            people = list(work.audiences.sample(check("contact.key is set"), NOON, 10))
            assert [person.contact_id for person in people] == sorted(person.contact_id for person in people)
            assert list(work.audiences.sample(check("contact.key is set"), NOON, 2)) == people[:2]
            assert list(work.audiences.sample(check("contact.key is set"), NOON, 0)) == []
        told = {person.key: (person.email, person.name) for person in people}
        assert told == {
            "Ann": ("ann@example.com", "Ann Lee"),
            "Bob": (None, "Ray"),
            "Cem": ("cem@example.com", None),
            "Dee": (None, "Dee"),
        }

    def test_a_surplus_is_whom_one_rule_selects_and_another_does_not(self, shop: Shop, check: Check) -> None:
        lately, ever = check("purchases(last 30 days).count >= 1"), check("purchases(last 300 days).count >= 1")
        with shop.storage.work(shop.tenant, reading=True) as work:
            asked = work.audiences.surplus
            told = [
                asked(check("contact.key is set"), check(GERMANS), NOON, 1),
                asked(ever, lately, NOON, 10),
                asked(lately, ever, NOON, 10),
                asked(ever, lately, NOON - timedelta(days=100), 10),
                asked(check("contact.country is empty"), check('not contact.country = "DE"'), NOON, 10),
                asked(check('not contact.country = "DE"'), check("contact.country is empty"), NOON, 10),
            ]
        assert [(count, [each.key for each in people]) for count, people in told] == [
            *((2, ["Cem"]), (1, ["Bob"]), (0, []), (1, ["Bob"]), (0, []), (1, ["Cem"])),
        ]

    def test_counting_and_sampling_write_nothing(self, shop: Shop) -> None:
        shop.count(GERMANS)
        assert shop.members() == []

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

    # -- by hand ---------------------------------------------------------------------------------------------------

    def test_who_is_put_in_or_kept_out_stays_so_whatever_the_rule_says(self, shop: Shop) -> None:
        shop.put(Side.IN, "Cem")
        shop.put(Side.OUT, "Ann")
        assert shop.calculate(GERMANS, NOON, kind=SegmentType.HYBRID) == Calculation(2, 2, 0, 1)
        assert shop.members() == ["Bob", "Cem"]
        shop.calculate('contact.country = "FR"', NOON + HOUR, kind=SegmentType.HYBRID)
        assert shop.members() == ["Cem"]
        shop.put(Side.OUT, "Cem")
        shop.put(Side.IN, "Ann", "Dee")
        assert shop.calculate(GERMANS, NOON + 2 * HOUR, kind=SegmentType.HYBRID) == Calculation(3, 3, 1, 3)
        assert shop.members() == ["Ann", "Bob", "Dee"]
        shop.release("Ann", "Cem", "Dee")
        shop.calculate(GERMANS, NOON + 3 * HOUR, kind=SegmentType.HYBRID)
        assert shop.members() == ["Ann", "Bob"]

    def test_without_a_rule_those_are_members_who_are_put_in(self, shop: Shop) -> None:
        shop.put(Side.IN, "Ann", "Dee")
        shop.put(Side.OUT, "Bob")
        assert shop.calculate(None, NOON, kind=SegmentType.STATIC) == Calculation(2, 2, 0, 1)
        shop.release("Ann")
        assert shop.calculate(None, NOON + HOUR, kind=SegmentType.STATIC) == Calculation(1, 0, 1, 2)
        assert shop.members() == ["Dee"]

    def test_by_hand_some_contacts_alone_move(self, shop: Shop) -> None:
        shop.calculate(GERMANS, NOON, kind=SegmentType.HYBRID)
        shop.put(Side.OUT, "Ann")
        shop.put(Side.IN, "Cem", "Dee")
        found = shop.calculate_of(("Ann", "Cem"), GERMANS, NOON + HOUR, kind=SegmentType.HYBRID)
        assert (found, shop.members()) == (Calculation(2, 1, 1, 2), ["Bob", "Cem"])

    def test_a_rule_alone_knows_no_pins(self, shop: Shop) -> None:
        shop.put(Side.IN, "Cem")
        shop.calculate(GERMANS, NOON)
        assert shop.members() == ["Ann", "Bob"]

    def test_pins_come_page_by_page_and_are_counted(self, shop: Shop) -> None:
        shop.put(Side.IN, "Ann", "Bob", at=NOON)
        shop.put(Side.OUT, "Cem", "Bob", at=NOON + HOUR)
        shop.put(Side.OUT, "Cem", at=NOON + 2 * HOUR)
        with shop.storage.work(shop.tenant, reading=True) as work:
            pins = work.pins.page(shop.segment.id)
            assert work.pins.count(shop.segment.id) == len(pins) == 3
            first = work.pins.page(shop.segment.id, limit=2)
            rest = work.pins.page(shop.segment.id, after=first[-1].person.contact_id)
        assert [*first, *rest] == list(pins) == sorted(pins, key=lambda each: each.person.contact_id)
        assert {each.person.key: (each.side, each.by, each.at) for each in pins} == {
            "Ann": (Side.IN, "eve", NOON),
            "Bob": (Side.OUT, "eve", NOON + HOUR),
            "Cem": (Side.OUT, "eve", NOON + HOUR),
        }

    def test_contacts_are_found_by_their_keys_and_ids(self, shop: Shop, check: Check) -> None:
        with shop.storage.work(shop.tenant, reading=True) as work:
            everybody = {
                each.key: each.contact_id for each in work.audiences.sample(check("contact.key is set"), NOON, 9)
            }
            assert work.pins.find(["Ann", "nobody", "ann", "1", "Dee"]) == {
                key: everybody[key] for key in ("Ann", "Dee")
            }
            assert not work.pins.find([])
            ids = sorted(everybody.values())
            assert work.pins.known([*ids[:2], counted_id(999_999)]) == {*ids[:2]}
            assert not work.pins.known([])

    def test_a_removed_segment_is_gone_with_its_pins_and_members(self, shop: Shop) -> None:
        shop.put(Side.IN, "Ann")
        shop.calculate(GERMANS, NOON)
        with shop.storage.work(shop.tenant) as work:
            work.segments.remove(work.segments.by_id(shop.segment.id))
            work.commit()
        with shop.storage.work(shop.tenant) as work:
            assert not work.pins.count(shop.segment.id)
            assert not list(work.audiences.members(shop.segment.id, at=NOON))
            assert not list(work.audiences.changes(shop.segment.id, 1))

    # -- what happened to members -----------------------------------------------------------------------------------

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
