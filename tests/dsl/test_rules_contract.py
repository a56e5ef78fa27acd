"""The rule language keeps the promises of the core's port."""

import pytest

from kohorte.core.ports.rules import Rules
from kohorte.core.testing.contracts import RulesContract
from kohorte.dsl.language import RuleLanguage


class TestRuleLanguage(RulesContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()
