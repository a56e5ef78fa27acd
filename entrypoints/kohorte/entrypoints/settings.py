"""Settings: where the database is and which tenant is meant, from options and the environment."""

import os
from collections.abc import Mapping
from typing import Final

from attrs import frozen

DEFAULT_DATABASE: Final = "sqlite:///kohorte.db"
DEFAULT_TENANT: Final = "default"


@frozen
class Settings:
    """What an entry point needs to know before it starts. ``database`` may hold a password: never print it."""

    database: str = DEFAULT_DATABASE
    tenant: str = DEFAULT_TENANT


def settings_from(environment: Mapping[str, str] = os.environ, **given: str | None) -> Settings:
    """Return the settings: what is given goes first, then KOHORTE_DATABASE and KOHORTE_TENANT, then the defaults."""
    return Settings(
        database=given.get("database") or environment.get("KOHORTE_DATABASE") or DEFAULT_DATABASE,
        tenant=given.get("tenant") or environment.get("KOHORTE_TENANT") or DEFAULT_TENANT,
    )
