"""Settings: where the database is and which tenant is meant, from options and the environment."""

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from attrs import frozen

DEFAULT_DATABASE: Final = "sqlite:///kohorte.db"
DEFAULT_TENANT: Final = "default"

_SECRET: Final = re.compile(r"://[^:/]*:(?P<authority>.*)@|[?&;](?:password|passwd|sslpassword)=(?P<option>[^&;]*)")
"""Where a URL may hold a password. One with an unescaped @ is wrong there, and a secret all the same."""


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


def without_secrets(text: str, settings: Settings) -> str:
    """Return a text with each password of the database's URL replaced, as it is written there and as it is meant."""
    found = {match["authority"] or match["option"] or "" for match in _SECRET.finditer(settings.database)}
    for secret in sorted(found | {unquote(each) for each in found}, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return text
