"""How the laws of a contract are tried: in the profile that is loaded, over fixtures that many examples share."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

_SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow)


def over_one_storage(test: Callable[..., Any]) -> Callable[..., Any]:
    """Let examples share the test's storage (each makes a tenant of its own) and subclasses share the test."""
    return settings(suppress_health_check=_SHARED, deadline=None)(test)
