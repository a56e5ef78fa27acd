"""What every source of secrets promises, as far as it can be seen from outside."""

import pytest

from kohorte.core.ports.secrets import Secrets


class SecretsContract:
    """Subclass with a fixture ``secrets``."""

    @pytest.fixture
    def secrets(self) -> Secrets:
        """Return the source."""
        raise NotImplementedError

    def test_draws_as_many_bytes_as_it_is_asked_for(self, secrets: Secrets) -> None:
        assert [len(secrets.draw(size)) for size in (0, 1, 16, 32, 100)] == [0, 1, 16, 32, 100]

    def test_never_draws_the_same_again(self, secrets: Secrets) -> None:
        assert len({secrets.draw(16) for _ in range(1_000)}) == 1_000
