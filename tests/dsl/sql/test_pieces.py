"""The pieces by which a statement computes when bounds pass values."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import to_micros
from kohorte.dsl.moments import MICROS_A_DAY, Now, PeriodStart, Shifted, StartOfDay, Step, Today
from kohorte.dsl.passing import passing
from kohorte.dsl.sql.pieces import PIECES, Piece, pieces_of
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.testing.values import ZONES, instants
from kohorte.dsl.typed import Bound

NOON = to_micros(datetime.fromisoformat("2024-07-01T12:00:00+00:00"))
BERLIN = ZoneInfo("Europe/Berlin")
units = st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR])
steps = st.lists(st.builds(Step, st.integers(-40, 40), units), min_size=1, max_size=2).map(tuple)
days = st.one_of(st.builds(Today, steps), st.builds(PeriodStart, units.filter(lambda unit: unit is not Unit.DAY)))
bounds = st.one_of(days, st.builds(StartOfDay, days), st.builds(Shifted, st.just(Now()), steps, st.integers(0, 1)))


def unit_of(bound: Bound) -> int:
    return 1 if isinstance(bound, Today | PeriodStart) else MICROS_A_DAY


def chosen(pieces: tuple[Piece, ...], value: int) -> Piece:
    return [pieces[0], *(each for each in pieces[1:] if each.start <= value)][-1]


@given(bound=bounds, zone=st.sampled_from(ZONES), now=instants(), place=st.integers(0, 5000), part=st.integers(0, 999))
def test_pieces_never_answer_later_than_the_bound_passes_nor_in_the_past(
    bound: Bound, zone: str, now: datetime, place: int, part: int
) -> None:
    there, start = ZoneInfo(zone), to_micros(now)
    value = bound.at(start, there) + place * unit_of(bound) // 10 + part * unit_of(bound) // 1000
    pieces = pieces_of(bound, there, start)
    assert len(pieces) == PIECES
    assert start < chosen(pieces, value).passes(value) <= passing(bound, there)(value)


@pytest.mark.parametrize(
    "bound",
    [
        Shifted(Now(), (Step(-90, Unit.DAY),), plus=1),
        Shifted(Now(), (Step(-1, Unit.MONTH),), plus=1),
        Shifted(Now(), (Step(-1, Unit.YEAR),), plus=1),
        StartOfDay(Today((Step(-30, Unit.DAY),))),
        StartOfDay(PeriodStart(Unit.WEEK)),
        Today((Step(-30, Unit.DAY),)),
        PeriodStart(Unit.MONTH),
    ],
    ids=str,
)
def test_pieces_are_exact_for_whole_windows_of_what_people_write(bound: Bound) -> None:
    pieces, passes, first = pieces_of(bound, BERLIN, NOON), passing(bound, BERLIN), bound.at(NOON, BERLIN)
    values = [first + place * 30 * unit_of(bound) // 100 for place in range(300)]
    assert [chosen(pieces, each).passes(each) for each in values] == [passes(each) for each in values]
