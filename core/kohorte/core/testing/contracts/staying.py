"""What every storage promises of members who stay: for a minimum of days, or until another rule lets them go."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import CustomField, with_custom_fields
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.model import Leaving, Segment, SegmentRule, SegmentType
from kohorte.core.segments.selection import Selection
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, ListedReferences, counted_id

DAY = timedelta(days=1)
SCORE = CustomField(counted_id(440_000), "contact", Field("score", Kind.INTEGER, custom=True), NOON)
ENTER, LEAVE = "contact.score >= 80", "contact.score < 70"
KEYS = ("Ann", "Bob", "Cem")
Stay = tuple[str, datetime, datetime | None]
Way = tuple[str | None, int]
"""A second rule to leave by, and days of a minimum stay."""


class StayingContract(StorageContract):
    """Minimum stay, and a second rule by which members leave. Needs a fixture ``rules`` as well."""

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language whose checked rules the storage understands."""
        raise NotImplementedError

    @pytest.fixture
    def shop(self, storage: Storage, tenant: Tenant, rules: Rules) -> "Scored":
        """Return a tenant with three contacts without a score, and a segment to calculate."""
        return Scored(storage, tenant, rules)

    def test_who_would_leave_stays_until_the_minimum_is_over(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=10)
        assert shop.calculate(NOON, days=7) == ["Ann"]
        shop.score(Ann=None)
        assert shop.calculate(NOON + 7 * DAY - timedelta(microseconds=1), days=7) == ["Ann"]
        assert shop.calculate(NOON + 7 * DAY, days=7) == []

    def test_a_surplus_is_whom_calculating_by_one_way_would_have_and_by_another_not(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=90, Cem=75)
        assert shop.calculate(NOON) == ["Ann", "Bob"]
        shop.score(Ann=75, Bob=10, Cem=95)
        ways: Sequence[Way] = ((None, 0), (LEAVE, 0), (None, 7), (LEAVE, 7), ("contact.score > 90", 0))
        for at in (NOON + DAY, NOON + 7 * DAY):
            for one, other in product(ways, ways):
                assert shop.surplus(at, one, other) == shop.would_have(at, one) - shop.would_have(at, other)
        assert shop.surplus(NOON + DAY, (LEAVE, 0), (None, 0)) == {"Ann"}
        assert shop.surplus(NOON - DAY, (LEAVE, 7), (None, 0)) == set()  # nobody was a member then

    def test_a_new_stay_begins_anew(self, shop: "Scored") -> None:
        shop.score(Ann=90)
        shop.calculate(NOON, days=2)
        shop.score(Ann=0)
        shop.calculate(NOON + 2 * DAY, days=2)
        shop.score(Ann=90)
        shop.calculate(NOON + 3 * DAY, days=2)
        shop.score(Ann=0)
        assert shop.calculate(NOON + 4 * DAY, days=2) == ["Ann"]
        assert shop.calculate(NOON + 5 * DAY, days=2) == []

    def test_who_entered_stays_until_the_second_rule_lets_them_go(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=75, Cem=60)
        assert shop.calculate(NOON, leave=LEAVE) == ["Ann"]
        shop.score(Ann=75, Bob=85, Cem=75)
        assert shop.calculate(NOON, leave=LEAVE) == ["Ann", "Bob"]
        shop.score(Ann=None, Bob=69)
        assert shop.calculate(NOON, leave=LEAVE) == ["Ann"]  # of whom nothing is known, nothing says that they leave

    def test_nobody_enters_whom_the_second_rule_would_let_go(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=99)
        assert shop.calculate(NOON, leave="contact.score >= 95") == ["Ann"]

    def test_both_together_let_nobody_go_before_either_does(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=90)
        shop.calculate(NOON, leave=LEAVE, days=2)
        shop.score(Ann=60, Bob=75)
        assert shop.calculate(NOON + DAY, leave=LEAVE, days=2) == ["Ann", "Bob"]
        assert shop.calculate(NOON + 2 * DAY, leave=LEAVE, days=2) == ["Bob"]

    def test_who_is_taken_out_by_hand_leaves_at_once_and_who_is_put_in_stays(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=90)
        shop.calculate(NOON, days=9)
        shop.put(Side.OUT, "Ann")
        shop.put(Side.IN, "Cem")
        assert shop.calculate(NOON + DAY, days=9, kind=SegmentType.HYBRID) == ["Bob", "Cem"]
        shop.put(None, "Ann", "Cem")
        assert shop.calculate(NOON + 9 * DAY, days=9, kind=SegmentType.HYBRID) == ["Ann", "Bob", "Cem"]
        assert shop.calculate(NOON + 10 * DAY, days=9, kind=SegmentType.HYBRID) == ["Ann", "Bob"]

    def test_of_some_contacts_it_says_the_same(self, shop: "Scored") -> None:
        shop.score(Ann=90, Bob=90)
        shop.calculate(NOON, leave=LEAVE, days=1)
        shop.score(Ann=60, Bob=60, Cem=90)
        assert shop.calculate(NOON + DAY, leave=LEAVE, days=1, some=("Ann", "Cem")) == ["Bob", "Cem"]
        assert shop.calculate(NOON + DAY, leave=LEAVE, days=1) == ["Cem"]

    def test_calculating_again_changes_nothing(self, shop: "Scored") -> None:
        shop.score(Ann=90)
        shop.calculate(NOON, leave=LEAVE, days=1)
        shop.score(Ann=75)
        before = shop.history()
        for days in (1, 2, 3):
            assert shop.calculate(NOON + days * DAY, leave=LEAVE, days=1) == ["Ann"]
        assert shop.history() == before

    @over_one_storage
    @given(data=st.data(), leave=st.sampled_from((None, LEAVE, "contact.score > 95")), days=st.integers(0, 3))
    def test_members_are_the_fold_of_all_evaluations(
        self, storage: Storage, rules: Rules, data: st.DataObject, leave: str | None, days: int
    ) -> None:
        """Whatever changes and instants come: who was a member, the answers and the stay say who is one."""
        shop, at = Scored(storage, add_tenant(storage), rules), NOON
        scores: dict[str, int | None] = dict.fromkeys(KEYS)
        entered: dict[str, datetime] = {}
        told: list[Stay] = []
        for _ in range(data.draw(st.integers(1, 8))):
            at += data.draw(st.sampled_from((timedelta(0), DAY / 2, DAY, 2 * DAY)))
            changed = data.draw(st.dictionaries(st.sampled_from(KEYS), _SCORES, max_size=3))
            scores |= changed
            shop.score(**changed)
            some = data.draw(st.none() | st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
            for key in some or KEYS:
                score = scores[key]
                enters, leaves = _enters(score), not _enters(score) if leave is None else _leaves(score, leave)
                if key not in entered and enters and not leaves:
                    entered[key] = at
                elif key in entered and leaves and entered[key] + timedelta(days=days) <= at:
                    told.append((key, entered.pop(key), at))
            assert shop.calculate(at, leave=leave, days=days, some=some) == sorted(entered)
        assert shop.history() == sorted([*told, *((key, since, None) for key, since in entered.items())], key=_order)


_SCORES = st.sampled_from((None, 60, 69, 70, 75, 79, 80, 90, 95, 96))


def _enters(score: int | None) -> bool:
    return score is not None and score >= 80


def _leaves(score: int | None, leave: str) -> bool:
    return score is not None and (score < 70 if leave == LEAVE else score > 95)


def _order(stay: Stay) -> tuple[str, datetime, bool]:
    return stay[0], stay[1], stay[2] is None


class Scored:
    """A tenant whose contacts have scores, and a segment to calculate."""

    def __init__(self, storage: Storage, tenant: Tenant, rules: Rules) -> None:
        self._storage, self._tenant, self._rules = storage, tenant, rules
        rule = SegmentRule(1, ENTER, {}, frozenset(), frozenset(), frozenset({"contact.score"}), NOON)
        self._segment = Segment(CountingIds(7_000_000 + tenant.id.int % 1_000_003).new(), "S", rule, NOON, NOON)
        with storage.work(tenant) as work:
            work.custom_fields.add(SCORE)
            work.segments.save(self._segment)
            work.commit()
        self.score(**dict.fromkeys(KEYS))

    def score(self, **scores: int | None) -> None:
        """Let contacts have scores."""
        if scores:
            write(self._storage, self._tenant, batch(RecordKind.CONTACTS, "key score", *scores.items()))

    def put(self, side: Side | None, *keys: str) -> None:
        """Put contacts on a side of the segment; None leaves them to its rules."""
        with self._storage.work(self._tenant) as work:
            ids = sorted(work.pins.find(keys).values())
            if side is None:
                work.pins.release(self._segment.id, ids)
            else:
                work.pins.put(self._segment.id, ids, side, by="eve", at=NOON)
            work.commit()

    def calculate(
        self,
        at: datetime,
        *,
        leave: str | None = None,
        days: int = 0,
        kind: SegmentType = SegmentType.DYNAMIC,
        some: Sequence[str] | None = None,
    ) -> list[str]:
        """Calculate the segment, or some contacts of it, and return the keys of its members."""
        leaving = Leaving(days, leave, None if leave is None else {})
        segment = evolve(self._segment, type=kind, rule=evolve(self._segment.ruled, leaving=leaving))
        with self._storage.work(self._tenant) as work:
            of = None if some is None else sorted(work.pins.find(some).values())
            second = None if leave is None else self._check(leave)
            found = work.audiences.calculate(segment, self._check(ENTER), at, leave=second, of=of)
            work.commit()
        members = self._members()
        assert found.members == len(members)
        return members

    def would_have(self, at: datetime, way: Way) -> set[str]:
        """Return the keys of those whom a calculation would make members; nothing is kept."""
        leave, days = way
        leaving = Leaving(days, leave, None if leave is None else {})
        segment = evolve(self._segment, rule=evolve(self._segment.ruled, leaving=leaving))
        with self._storage.work(self._tenant) as work:
            second = None if leave is None else self._check(leave)
            work.audiences.calculate(segment, self._check(ENTER), at, leave=second)
            return {member.person.key for member in work.audiences.members(self._segment.id)}

    def surplus(self, at: datetime, one: Way, other: Way) -> set[str]:
        """Return the keys of those who would be members by one way and not by the other."""
        first, second = (
            Selection(self._check(ENTER), None if leave is None else self._check(leave), days)
            for leave, days in (one, other)
        )
        with self._storage.work(self._tenant, reading=True) as work:
            count, people = work.audiences.surplus(self._segment, first, second, at, len(KEYS))
        assert count == len(people)
        return {each.key for each in people}

    def history(self) -> list[Stay]:
        """Return all stays that ever were: who, from when, and until when."""
        with self._storage.work(self._tenant) as work:
            keys = {contact_id: key for key, contact_id in work.pins.find(KEYS).items()}
            stays: list[Stay] = []
            entered: dict[UUID, datetime] = {}
            number = 1
            while changes := work.audiences.changes(self._segment.id, number):
                for each in changes:
                    if each.entered:
                        entered[each.contact_id] = each.at
                    else:
                        stays.append((keys[each.contact_id], entered.pop(each.contact_id), each.at))
                number += 1
        still: Mapping[UUID, datetime] = entered
        return sorted([*stays, *((keys[each], since, None) for each, since in still.items())], key=_order)

    def _members(self) -> list[str]:
        with self._storage.work(self._tenant) as work:
            return sorted(member.person.key for member in work.audiences.members(self._segment.id))

    def _check(self, text: str) -> CheckedRule:
        catalogue = with_custom_fields(kohorte_catalogue(), [SCORE])
        return self._rules.check(text, catalogue, ListedReferences("Europe/Berlin"))
