"""What every clock and every maker of ids promises."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

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
                inside = [told.result() for told in [threads.submit(clock.now) for _ in range(4)]]
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

    def test_threads_never_get_the_same_id_and_each_gets_rising_ones(self, ids: Ids) -> None:
        def many() -> list[UUID]:
            return [ids.new() for _ in range(2_000)]

        with ThreadPoolExecutor(8) as threads:
            made = [told.result() for told in [threads.submit(many) for _ in range(8)]]
        assert all(some == sorted(some) for some in made)
        assert len({each for some in made for each in some}) == 16_000
