"""The system's clock and ids keep the promises of their ports, also where time is set back and processes fork."""

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.testing.contracts import ClockContract, IdsContract
from kohorte.core.testing.fakes import NOON


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()

    def test_tells_the_systems_time(self) -> None:
        before = datetime.now(UTC)
        told = SystemClock().now()
        assert before <= told <= datetime.now(UTC)

    def test_stands_while_the_systems_time_is_set_back(self) -> None:
        times = [NOON, NOON - timedelta(hours=1), NOON - timedelta(seconds=1), NOON + timedelta(seconds=1)]
        clock = SystemClock(iter(times).__next__)
        assert [clock.now() for _ in times] == [NOON, NOON, NOON, NOON + timedelta(seconds=1)]


class TestTimedIds(IdsContract):
    @pytest.fixture
    def ids(self) -> Ids:
        return TimedIds()

    def test_an_id_tells_its_millisecond(self) -> None:
        nanoseconds = 1_715_774_400_123_999_999
        assert TimedIds(lambda: nanoseconds).new().int >> 80 == 1_715_774_400_123

    @given(
        moments=st.lists(st.integers(-5, 5), max_size=50),
        start=st.integers(10**15, 10**18),
    )
    def test_ids_rise_however_the_clock_jumps(self, moments: list[int], start: int) -> None:
        times = iter([start + 1_000_000 * moment for moment in moments])
        ids = TimedIds(times.__next__)
        made = [ids.new() for _ in moments]
        assert all(earlier < later for earlier, later in pairwise(made))
        assert {(each.version, each.variant) for each in made} <= {(7, "specified in RFC 4122")}

    def test_a_full_millisecond_runs_over_into_the_next(self) -> None:
        ids = TimedIds(lambda: 5_000_000)
        first = ids.new()
        ids._random = (1 << 74) - 1
        second = ids.new()
        assert (first.int >> 80, second.int >> 80) == (5, 6)

    def test_ids_of_one_millisecond_are_not_guessed_by_counting(self) -> None:
        ids = TimedIds(lambda: 5_000_000)
        steps = {later.int - earlier.int for earlier, later in pairwise([ids.new() for _ in range(100)])}
        assert len(steps) > 90

    def test_the_last_four_bytes_are_drawn_for_each_id(self) -> None:
        """By them contacts are drawn at random: neighbours are as far from each other as any two."""
        ids = TimedIds(lambda: 5_000_000)
        lots = [int.from_bytes(ids.new().bytes[12:]) / 2**32 for _ in range(20_000)]
        for some in (lots, [(later - earlier) % 1 for earlier, later in pairwise(lots)]):
            in_tenths = Counter(int(10 * each) for each in some)
            assert all(abs(in_tenths[tenth] - 2_000) < 6 * 1_800**0.5 for tenth in range(10))

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_forked_child_makes_other_ids_that_still_rise(self) -> None:
        ids = TimedIds(lambda: 5_000_000)
        before = ids.new()
        childs = _in_a_child(ids)
        parents = [ids.new() for _ in range(1_000)]
        assert len({*childs, *parents}) == 2_000
        assert before < childs[0]
        assert all(earlier < later for earlier, later in pairwise(childs))

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_child_forked_while_another_thread_makes_an_id_makes_its_own(self) -> None:
        ids = TimedIds()
        ids._lock.acquire()
        try:
            childs = _in_a_child(ids)
        finally:
            ids._lock.release()
        assert len(set(childs)) == 1_000


def _in_a_child(ids: TimedIds) -> Sequence[UUID]:
    """Let a forked child make a thousand ids, and return them."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # The test's workers have threads of their own; the child touches none of what they may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(b"".join(ids.new().bytes for _ in range(1_000)))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        sent = pipe.read()
    os.waitpid(child, 0)
    return [UUID(bytes=sent[place : place + 16]) for place in range(0, len(sent), 16)]
