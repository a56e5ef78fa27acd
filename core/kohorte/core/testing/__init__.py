"""For tests of whoever embeds Kohorte: fakes, one contract suite for each port, and strategies of hypothesis.

A contract is a class of tests; subclass it with a fixture that builds your adapter:

    class TestMyClock(ClockContract):
        @pytest.fixture
        def clock(self) -> Clock:
            return MyClock()

Needs ``kohorte[testing]``.
"""

import pytest

# Without this, a failing contract would say "AssertionError" and nothing else.
pytest.register_assert_rewrite("kohorte.core.testing.contracts")
