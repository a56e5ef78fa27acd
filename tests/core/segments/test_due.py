"""What time alone changes is foreseen for a while ahead and carried out at its instant; nobody else is looked at."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidInput
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculatedSegment, ChangeSegment, CreateSegment
from kohorte.core.segments.due import FillDue, FilledSegment, FireDue
from kohorte.core.segments.model import Cause, SegmentType
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON
from tests.core.segments.conftest import GERMANS, HOUR, Shop, a_shop

DAY = timedelta(days=1)


def update(shop: Shop) -> Sequence[CalculatedSegment]:
    return shop.bus.run(UpdateMembers(), shop.tenant)


def fill(shop: Shop, horizon: timedelta = DAY) -> dict[str, int]:
    filled: Sequence[FilledSegment] = shop.bus.run(FillDue(horizon), shop.tenant)
    assert all(each.error is None for each in filled)
    return {each.name: each.added for each in filled}


def fire(shop: Shop) -> list[tuple[str, int | None, int | None, int | None]]:
    results: Sequence[CalculatedSegment] = shop.bus.run(FireDue(), shop.tenant)
    return [(each.name, each.members, each.entered, each.left) for each in results]


def next_due(shop: Shop) -> datetime | None:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return ports.work.due.next_at()


def buy(shop: Shop, key: str, at: datetime) -> None:
    row = (f"{key} {at}", key, at, "EUR")
    write(shop.storage, shop.tenant, batch(RecordKind.PURCHASES, "key contact at currency", row))


def test_members_come_and_go_at_the_instants_that_were_foreseen(shop: Shop) -> None:
    shop.create("lately", "purchases(last 10 days).count >= 1")
    buy(shop, "Cem", NOON + HOUR)
    buy(shop, "Dee", NOON - 10 * DAY + 2 * HOUR)
    update(shop)
    assert fill(shop) == {"lately": 2}
    assert (next_due(shop), fire(shop)) == (NOON + HOUR, [])
    shop.clock.advance(HOUR)
    assert fire(shop) == [("lately", 3, 1, 0)]
    shop.clock.advance(HOUR)
    assert fire(shop) == [("lately", 2, 0, 1)]
    assert (shop.members("lately"), next_due(shop)) == (["Ann", "Cem"], None)


def test_segments_without_time_have_nobody_due_and_are_not_filled(shop: Shop) -> None:
    shop.create("Germans")
    shop.bus.run(CreateSegment("guests", type=SegmentType.STATIC), shop.tenant)
    update(shop)
    assert fill(shop) == {}
    assert fire(shop) == []


def test_bounds_are_filled_anew_once_half_of_the_horizon_is_over(shop: Shop) -> None:
    shop.create("lately", "purchases(last 10 days).count >= 1")
    buy(shop, "Dee", NOON - 10 * DAY + 30 * HOUR)
    update(shop)
    assert [fill(shop), fill(shop)] == [{"lately": 0}, {}]
    shop.clock.advance(12 * HOUR)
    assert fill(shop) == {}
    shop.clock.advance(HOUR)
    assert fill(shop) == {"lately": 1}
    assert next_due(shop) == NOON + 30 * HOUR


def test_what_is_overdue_after_a_long_rest_is_found(shop: Shop) -> None:
    shop.create("lately", "purchases(last 10 days).count >= 1")
    update(shop)
    fill(shop)
    shop.clock.advance(9 * DAY + HOUR)
    assert fire(shop) == []
    assert fill(shop) == {"lately": 1}
    assert fire(shop) == [("lately", 0, 0, 1)]


def test_whoever_changed_is_due_anew(shop: Shop) -> None:
    shop.create("lately", "purchases(last 10 days).count >= 1")
    update(shop)
    fill(shop)
    buy(shop, "Dee", NOON + 2 * HOUR)
    update(shop)
    assert next_due(shop) == NOON + 2 * HOUR
    shop.clock.advance(2 * HOUR)
    assert fire(shop) == [("lately", 2, 1, 0)]


def test_a_new_rule_is_foreseen_anew(shop: Shop) -> None:
    shop.create("lately", "purchases(last 10 days).count >= 1")
    buy(shop, "Dee", NOON + HOUR)
    update(shop)
    fill(shop)
    shop.bus.run(ChangeSegment("lately", rule="activities(last 10 days).count >= 1"), shop.tenant)
    shop.clock.advance(HOUR)
    assert (next_due(shop), fire(shop)) == (None, [])
    update(shop)
    assert (fill(shop), next_due(shop)) == ({"lately": 0}, None)


def test_segments_follow_what_they_refer_to_by_rule_or_by_members(shop: Shop) -> None:
    shop.bus.run(CreateSegment("kept", "purchases(last 10 days).count >= 1", type=SegmentType.HYBRID), shop.tenant)
    shop.create("lately", "purchases(last 10 days).count >= 1")
    shop.create("by members", f'in segment "kept" or {GERMANS}')
    shop.create("by rule", f'in segment "lately" or {GERMANS}')
    buy(shop, "Cem", NOON + HOUR)
    update(shop)
    fill(shop)
    shop.clock.advance(HOUR)
    assert sorted(fire(shop)) == [("by rule", 3, 1, 0), ("kept", 2, 1, 0), ("lately", 2, 1, 0)]
    update(shop)
    assert shop.members("by members") == shop.members("by rule") == ["Ann", "Bob", "Cem"]


# -- waves that are larger than a transaction ----------------------------------------------------------------------

STAYS = "purchases(last 10 days).count >= 1"
REFERRING = (
    'contact.key = "Dee" and in segment "kept" and no purchases(last 10 days)',
    'not in segment "kept" and purchases(last 5 days).count = 0',
    f'in segment "first" and {STAYS}',
)
"""Rules that are due at the instants at which the members of others move, for some of the same contacts."""


def stays_after_a_wave(shop: Shop, bought: Mapping[str, int], at_once: int) -> Sequence[object]:
    """Let members leave who bought so many seconds apart, all found at one instant; return the history of all."""
    shop.bus.run(CreateSegment("kept", STAYS, type=SegmentType.HYBRID), shop.tenant)
    for name, rule in zip(("first", "second", "third"), REFERRING, strict=True):
        shop.bus.run(CreateSegment(name, rule, type=SegmentType.HYBRID), shop.tenant)
    for key, seconds in bought.items():
        buy(shop, key, NOON - 10 * DAY + HOUR + timedelta(seconds=seconds))
    update(shop)
    fill(shop)
    shop.clock.advance(2 * HOUR)
    shop.bus.run(FireDue(at_once), shop.tenant)
    update(shop)
    state = shop.storage._data[shop.tenant.id].committed
    return [
        sorted(
            (stay.contact_id, stay.entered_at, stay.left_at, stay.cause, stay.left_cause) for stay in state.stays[each]
        )
        for each in sorted(state.stays)
    ]


def test_a_wave_in_several_transactions_moves_whom_one_would_move(shop: Shop) -> None:
    stays_after_a_wave(shop, {"Cem": 1, "Dee": 2}, at_once=1)
    assert shop.members("kept") == ["Ann"]
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        first = ports.work.segments.by_name("first")
        assert ports.work.audiences.changes(first.id, 1) == []  # nobody entered to leave at once
    assert fire(shop) == []


@given(
    bought=st.dictionaries(st.sampled_from(["Ann", "Bob", "Cem", "Dee"]), st.integers(0, 5)),
    at_once=st.integers(1, 3),
)
def test_how_many_are_dealt_with_at_once_changes_nothing(bought: Mapping[str, int], at_once: int) -> None:
    one, other = (stays_after_a_wave(a_shop(), bought, each) for each in (at_once, 100))
    assert one == other


def test_the_cause_of_a_change_is_time(shop: Shop) -> None:
    made = shop.create("lately", "purchases(last 10 days).count >= 1")
    buy(shop, "Cem", NOON + HOUR)
    update(shop)
    fill(shop)
    shop.clock.advance(HOUR)
    fire(shop)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        changes = ports.work.audiences.changes(made.id, 2)
    assert [each.cause for each in changes] == [Cause.TIME]


def test_one_that_fails_never_stops_the_others_and_is_tried_again_later(shop: Shop) -> None:
    for name in ("broken", "lately"):
        shop.create(name, "purchases(last 10 days).count >= 1")
    buy(shop, "Cem", NOON + HOUR)
    update(shop)
    fill(shop)
    shop.spoil_rule("broken")
    shop.clock.advance(HOUR)
    results: Sequence[CalculatedSegment] = shop.bus.run(FireDue(), shop.tenant)
    assert {each.name: each.error is None for each in results} == {"broken": False, "lately": True}
    assert fire(shop) == [] == list(update(shop))
    shop.clock.advance(timedelta(minutes=1))
    assert [each.name for each in update(shop)] == ["broken"]


def test_one_that_cannot_be_filled_never_stops_the_others(shop: Shop) -> None:
    for name in ("broken", "lately"):
        shop.create(name, "purchases(last 10 days).count >= 1")
    update(shop)
    shop.spoil_rule("broken")
    filled: Sequence[FilledSegment] = shop.bus.run(FillDue(), shop.tenant)
    assert {each.name: each.error is None for each in filled} == {"broken": False, "lately": True}
    failure = shop.segment("broken").failure
    assert failure is not None
    assert (failure.code, failure.attempts) == ("rule_refused", 1)
    assert fill(shop) == {}


def test_a_horizon_that_is_too_short_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        shop.bus.run(FillDue(timedelta(seconds=59)), shop.tenant)
