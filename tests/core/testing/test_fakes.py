"""The fakes keep the promises of the ports they stand in for, and are the same in every run."""

from datetime import timedelta

import pytest

from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.ports.secrets import NoSecrets, Secrets
from kohorte.core.testing.contracts import ClockContract, IdsContract, SecretsContract
from kohorte.core.testing.fakes import NOON, CountingIds, CountingSecrets, FixedClock, SteppingClock, counted_id


class TestFixedClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return FixedClock()

    def test_stands_until_it_is_moved(self) -> None:
        clock = FixedClock()
        assert [clock.now(), clock.advance(timedelta(hours=1)), clock.now()] == [
            *(NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=1)),
        ]
        with pytest.raises(ValueError, match="back"):
            clock.advance(timedelta(seconds=-1))


class TestSteppingClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SteppingClock()

    def test_steps_whenever_it_is_asked(self) -> None:
        clock = SteppingClock()
        assert [clock.now() - NOON for _ in range(3)] == [timedelta(seconds=second) for second in range(3)]


class TestCountingIds(IdsContract):
    @pytest.fixture
    def ids(self) -> Ids:
        return CountingIds()

    def test_makes_the_same_ids_in_every_run(self) -> None:
        assert CountingIds(5).new() == CountingIds(5).new() == counted_id(5)
        assert counted_id(2**48 - 1) > counted_id(5)


class TestCountingSecrets(SecretsContract):
    @pytest.fixture
    def secrets(self) -> Secrets:
        return CountingSecrets()

    def test_draws_the_same_in_every_run(self) -> None:
        assert CountingSecrets().draw(32) == CountingSecrets().draw(32)


def test_nobody_draws_secrets_where_no_source_was_given() -> None:
    with pytest.raises(LookupError, match="source of secrets"):
        NoSecrets().draw(32)
