"""A storage and a model of it stay equal, whatever happens to both."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import FixedClock
from kohorte.core.testing.machine import StorageMachine

STEPS = 12


class ModelContract(StorageContract):
    """Needs fixtures ``clock`` (which both storages use), ``model`` (another storage) and ``rules`` as well."""

    @pytest.fixture
    def clock(self) -> FixedClock:
        """Return the clock of both storages."""
        raise NotImplementedError

    @pytest.fixture
    def model(self) -> Storage:
        """Return the storage that is trusted."""
        raise NotImplementedError

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language whose checked rules both storages understand."""
        raise NotImplementedError

    def test_whatever_happens_to_both_they_stay_equal(
        self, storage: Storage, model: Storage, clock: FixedClock, rules: Rules
    ) -> None:
        class Machine(StorageMachine):
            def __init__(self) -> None:
                super().__init__(storage, model, clock, rules)

        few = settings(
            max_examples=max(10, settings.default.max_examples // 5 if settings.default else 10),
            stateful_step_count=STEPS,
        )
        run_state_machine_as_test(Machine, settings=few)
