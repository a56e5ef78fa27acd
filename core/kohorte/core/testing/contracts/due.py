"""What every storage promises of bounds: when time alone may next change who belongs to a segment."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from attrs import evolve, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.due import WhoIsDue
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.segments.model import Cause, Leaving, Segment, SegmentRule, SegmentStatus, SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds, ListedReferences

HOUR, DAY, MOMENT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
LATELY = "purchases(last 30 days).count >= 1"
BOUGHT = {"Ann": HOUR - 30 * DAY, "Bob": 2 * HOUR - 30 * DAY, "Cem": 3 * HOUR, "Dee": 48 * HOUR - 30 * DAY}
"""When each bought, counted from noon: Ann and Bob leave an hour and two later, Cem enters then, Dee leaves in days."""


@frozen
class Shop:
    """A tenant with four contacts, and a segment of those who bought lately, calculated at noon."""

    storage: Storage
    tenant: Tenant
    segment: Segment
    check: Callable[[str], CheckedRule]

    @contextmanager
    def work(self) -> Generator[UnitOfWork]:
        """Open a unit of work, and commit it."""
        with self.storage.work(self.tenant) as work:
            yield work
            work.commit()

    def calculate(
        self,
        at: datetime,
        *,
        of: Sequence[str] | WhoIsDue | None = None,
        rule: str = LATELY,
        kind: SegmentType = SegmentType.DYNAMIC,
        leave: str | None = None,
    ) -> Calculation:
        """Calculate the segment, or of it contacts by their keys, or those who are due."""
        with self.work() as work:
            some = of if of is None or isinstance(of, WhoIsDue) else sorted(work.pins.find(of).values())
            cause = Cause.TIME if isinstance(of, WhoIsDue) else Cause.RULE
            segment = evolve(self.segment, type=kind)
            leaving = None if leave is None else self.check(leave)
            return work.audiences.calculate(segment, self.check(rule), at, leave=leaving, of=some, cause=cause)

    def fill(self, until: datetime, rule: str = LATELY, leave: str | None = None) -> int:
        """Fill the segment."""
        with self.work() as work:
            leaving = None if leave is None else self.check(leave)
            return work.due.fill(work.segments.lock(self.segment.id), self.check(rule), until, leave=leaving)

    def let_stay(self, leaving: Leaving) -> "Shop":
        """Let members stay, and return the shop with such a segment, calculated at noon."""
        with self.work() as work:
            segment = work.segments.by_id(self.segment.id)
            segment.follow(evolve(segment.ruled, version=2, leaving=leaving))
            work.segments.save(segment)
        shop = evolve(self, segment=segment)
        shop.calculate(NOON, leave=leaving.text)
        return shop

    def next_at(self) -> timedelta | None:
        """Return how long after noon somebody is due next."""
        with self.storage.work(self.tenant, reading=True) as work:
            found = work.due.next_at()
        return None if found is None else found - NOON

    def is_due(self, now: datetime) -> bool:
        """Tell whether somebody in the segment is due."""
        with self.storage.work(self.tenant, reading=True) as work:
            found = list(work.due.segments(now))
        assert found in ([], [self.segment.id])
        return bool(found)

    def is_unfilled(self, until: datetime) -> bool:
        """Tell whether bounds of the segment are not kept until an instant."""
        with self.storage.work(self.tenant, reading=True) as work:
            found = list(work.due.unfilled(until))
        assert found in ([], [self.segment.id])
        return bool(found)

    def members(self) -> str:
        """Return the first letters of the members' keys."""
        with self.storage.work(self.tenant, reading=True) as work:
            return "".join(sorted(each.person.key[0] for each in work.audiences.members(self.segment.id)))

    def buy(self, key: str, at: datetime) -> None:
        """Let a contact buy something."""
        row = f"{key} {at}", key, at, "EUR"
        write(self.storage, self.tenant, batch(RecordKind.PURCHASES, "key contact at currency", row))


class DueContract(StorageContract):
    """Filling, firing and following. Needs a fixture ``rules`` as well."""

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language whose checked rules the storage understands."""
        raise NotImplementedError

    @pytest.fixture
    def shop(self, storage: Storage, tenant: Tenant, ids: CountingIds, rules: Rules) -> Shop:
        """Return the shop."""
        rule = SegmentRule(1, LATELY, {}, frozenset(), frozenset(), frozenset(), NOON)
        segment = Segment(ids.new(), "lately", rule, NOON, NOON)
        made = Shop(
            *(storage, tenant, segment),
            check=lambda text: rules.check(text, kohorte_catalogue(), ListedReferences("Europe/Berlin")),
        )
        with made.work() as work:
            work.segments.save(segment)
        write(storage, tenant, batch(RecordKind.CONTACTS, "key", *((key,) for key in BOUGHT)))
        for key, since in BOUGHT.items():
            made.buy(key, NOON + since)
        made.calculate(NOON)
        return made

    def test_nobody_is_due_before_it_was_filled(self, shop: Shop) -> None:
        assert shop.is_unfilled(NOON + MOMENT)
        assert (shop.next_at(), shop.is_due(NOON + 9 * DAY)) == (None, False)

    def test_who_enters_or_leaves_by_time_alone_is_due_member_or_not(self, shop: Shop) -> None:
        assert shop.fill(NOON + DAY) == 3
        assert shop.next_at() == HOUR
        assert [shop.is_due(NOON + HOUR - MOMENT), shop.is_due(NOON + HOUR)] == [False, True]
        assert [shop.is_unfilled(NOON + DAY), shop.is_unfilled(NOON + DAY + MOMENT)] == [False, True]

    def test_a_rule_that_no_time_changes_has_nobody_due(self, shop: Shop) -> None:
        shop.calculate(NOON, rule="contact.key is set")
        assert (shop.is_unfilled(NOON + 999 * DAY), shop.next_at()) == (False, None)

    def test_at_the_instant_those_are_looked_at_who_are_due_and_then_due_later(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        everybody = WhoIsDue(10)
        assert shop.calculate(NOON + HOUR - MOMENT, of=everybody) == Calculation(3, 0, 0)
        assert shop.calculate(NOON + HOUR, of=everybody) == Calculation(2, 0, 1, 2)
        assert (shop.members(), shop.next_at()) == ("BD", 2 * HOUR)
        assert shop.calculate(NOON + 4 * HOUR, of=everybody) == Calculation(2, 1, 1, 3)
        assert (shop.members(), shop.next_at()) == ("CD", None)
        with shop.storage.work(shop.tenant, reading=True) as work:
            moved = work.audiences.changes(shop.segment.id, 3)
        assert {(each.cause, each.at) for each in moved} == {(Cause.TIME, NOON + 4 * HOUR)}

    def test_the_longest_due_are_looked_at_first_and_so_many_at_most(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        seen: list[str] = []
        while shop.is_due(NOON + 5 * HOUR):
            shop.calculate(NOON + 5 * HOUR, of=WhoIsDue(1))
            seen.append(shop.members())
        assert seen == ["BD", "D", "CD"]

    def test_a_filling_goes_on_where_the_last_one_ended(self, shop: Shop) -> None:
        assert shop.fill(NOON + 2 * HOUR) == 2
        assert shop.fill(NOON + DAY) == 1
        assert shop.fill(NOON + DAY) == shop.fill(NOON + HOUR) == 0
        assert shop.fill(NOON + 3 * DAY) == 1
        shop.calculate(NOON + 4 * DAY, of=WhoIsDue(10))
        assert shop.members() == "C"

    def test_no_bound_is_lost_where_nobody_filled_for_long(self, shop: Shop) -> None:
        shop.fill(NOON + HOUR)
        assert shop.fill(NOON + 100 * DAY) == 3
        assert shop.is_due(NOON + 90 * DAY)
        shop.calculate(NOON + 90 * DAY, of=WhoIsDue(10))
        assert (shop.members(), shop.next_at()) == ("", None)

    def test_whoever_is_looked_at_is_due_anew(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        shop.buy("Ann", NOON)
        shop.buy("Dee", NOON - 30 * DAY + HOUR)
        assert shop.next_at() == HOUR
        shop.calculate(NOON, of=["Ann", "Dee"])
        assert shop.next_at() == 2 * HOUR
        shop.buy("Dee", NOON + HOUR / 2)
        shop.calculate(NOON, of=["Dee"], rule="purchases(last 30 days).count >= 3")
        assert shop.next_at() == HOUR / 2

    def test_a_calculation_of_everybody_forgets_who_is_due(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        shop.calculate(NOON + 90 * HOUR / 60)
        assert (shop.next_at(), shop.is_unfilled(NOON + 90 * HOUR / 60 + MOMENT)) == (None, True)
        assert shop.fill(NOON + DAY) == 2

    def test_what_is_calculated_anew_or_idle_has_nobody_due(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        with shop.work() as work:
            work.segments.mark_stale(shop.segment.id)
        assert not shop.is_due(NOON + DAY)
        assert not shop.is_unfilled(NOON + 9 * DAY)
        shop.calculate(NOON)
        shop.fill(NOON + DAY)
        with shop.work() as work:
            segment = work.segments.by_id(shop.segment.id)
            segment.become(SegmentStatus.INACTIVE)
            work.segments.save(segment)
        assert (shop.next_at(), shop.is_due(NOON + DAY), shop.is_unfilled(NOON + 9 * DAY)) == (None, False, False)

    def test_who_was_put_in_by_hand_stays_though_the_rule_says_otherwise(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        with shop.work() as work:
            work.pins.put(shop.segment.id, [*work.pins.find(["Ann"]).values()], Side.IN, by="eve", at=NOON)
        shop.calculate(NOON + 2 * HOUR, of=WhoIsDue(10), kind=SegmentType.HYBRID)
        assert shop.members() == "AD"

    def test_the_earliest_counts_of_what_both_rules_foresee_and_the_end_of_a_minimum_stay(self, shop: Shop) -> None:
        leave = "no purchases(last 31 days)"
        shop = shop.let_stay(Leaving(1, leave, {}))
        assert shop.fill(NOON + DAY, leave=leave) == 4  # three by the rule, and Dee's stay ends
        assert shop.next_at() == HOUR
        shop.calculate(NOON + 3 * HOUR, of=WhoIsDue(10), leave=leave)
        assert (shop.members(), shop.next_at()) == ("ABCD", DAY)
        shop.fill(NOON + 3 * DAY, leave=leave)
        shop.calculate(NOON + DAY, of=WhoIsDue(10), leave=leave)
        assert (shop.members(), shop.next_at()) == ("ABCD", DAY + HOUR)
        shop.calculate(NOON + DAY + HOUR, of=WhoIsDue(10), leave=leave)
        assert (shop.members(), shop.next_at()) == ("BCD", DAY + 2 * HOUR)

    def test_the_end_of_a_minimum_stay_is_due_though_no_time_changes_the_rule(self, shop: Shop) -> None:
        rule = "contact.key is set"
        shop = shop.let_stay(Leaving(1))
        shop.calculate(NOON, rule=rule)
        assert shop.is_unfilled(NOON + MOMENT)
        assert shop.fill(NOON + DAY, rule=rule) == 4
        assert (shop.next_at(), shop.is_due(NOON + DAY - MOMENT)) == (DAY, False)
        shop.calculate(NOON + DAY, of=WhoIsDue(10), rule=rule)
        assert shop.next_at() is None

    def test_what_is_rolled_back_was_neither_filled_nor_looked_at(self, shop: Shop) -> None:
        with shop.storage.work(shop.tenant) as work:
            work.due.fill(work.segments.lock(shop.segment.id), shop.check(LATELY), NOON + DAY)
        assert shop.is_unfilled(NOON + HOUR)
        shop.fill(NOON + DAY)
        with shop.storage.work(shop.tenant) as work:
            work.audiences.calculate(shop.segment, shop.check(LATELY), NOON + HOUR, of=WhoIsDue(10))
        assert (shop.next_at(), shop.members()) == (HOUR, "ABD")

    def test_a_removed_segment_has_nobody_due(self, shop: Shop) -> None:
        shop.fill(NOON + DAY)
        with shop.work() as work:
            work.segments.remove(work.segments.by_id(shop.segment.id))
        assert (shop.next_at(), shop.is_due(NOON + DAY)) == (None, False)

    def test_a_tenant_knows_not_who_is_due_elsewhere(self, shop: Shop, other: Tenant) -> None:
        shop.fill(NOON + DAY)
        with shop.storage.work(other) as work:
            assert not list(work.due.segments(NOON + 9 * DAY))
            assert not list(work.due.unfilled(NOON + 9 * DAY))
            assert work.due.next_at() is None
