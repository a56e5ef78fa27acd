"""The secrets of the system keep the promises of their port."""

import pytest

from kohorte.adapters.secrets import SystemSecrets
from kohorte.core.ports.secrets import Secrets
from kohorte.core.testing.contracts import SecretsContract


class TestSystemSecrets(SecretsContract):
    @pytest.fixture
    def secrets(self) -> Secrets:
        return SystemSecrets()
