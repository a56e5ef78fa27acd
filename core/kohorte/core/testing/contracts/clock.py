"""What every clock and every maker of ids promises."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from kohorte.core.ports.clock import Clock, Ids


class ClockContract:
    """Subclass with a fixture ``clock``."""

    @pytest.fixture
    def clock(self) -> Clock:
        """Return the clock."""
        raise NotImplementedError

    def test_tells_the_time_in_utc(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)

    def test_never_moves_back(self, clock: Clock) -> None:
        told = [clock.now() for _ in range(1_000)]
        assert told == sorted(told)

    def test_never_moves_back_between_threads(self, clock: Clock) -> None:
        with ThreadPoolExecutor(4) as threads:
            for _ in range(50):
                before = clock.now()
                inside = list(threads.map(lambda _: clock.now(), range(4)))
                after = clock.now()
                assert all(before <= each <= after for each in inside)


class IdsContract:
    """Subclass with a fixture ``ids``."""

    @pytest.fixture
    def ids(self) -> Ids:
        """Return the maker of ids."""
        raise NotImplementedError

    def test_makes_uuids_of_version_7(self, ids: Ids) -> None:
        made = ids.new()
        assert (made.version, made.variant) == (7, "specified in RFC 4122")

    def test_later_ids_sort_after_earlier_ones(self, ids: Ids) -> None:
        made = [ids.new() for _ in range(20_000)]
        assert all(earlier < later for earlier, later in pairwise(made))

    def test_ids_sort_alike_as_numbers_bytes_and_text(self, ids: Ids) -> None:
        made = [ids.new() for _ in range(100)]
        assert made == sorted(made, key=lambda each: each.bytes) == sorted(made, key=str)

    def test_threads_never_get_the_same_id(self, ids: Ids) -> None:
        with ThreadPoolExecutor(8) as threads:
            made = [
                each for some in threads.map(lambda _: [ids.new() for _ in range(2_000)], range(8)) for each in some
            ]
        assert len(set(made)) == 16_000

    def test_each_thread_gets_rising_ids(self, ids: Ids) -> None:
        with ThreadPoolExecutor(8) as threads:
            for made in threads.map(lambda _: [ids.new() for _ in range(2_000)], range(8)):
                assert made == sorted(made)
