"""Rules as the language itself has them: for what the core does not ask of them."""

from kohorte.core.bus import Ports
from kohorte.core.segments.rules import check_rule
from kohorte.dsl.compiled import CompiledRule


def compiled_rule(text: str, ports: Ports) -> CompiledRule:
    """Return a rule over the tenant's catalogue; raise ``RuleRefused``."""
    checked = check_rule(text, ports)
    assert isinstance(checked, CompiledRule)  # noqa: S101 - the bootstrap gives the core this language alone
    return checked
