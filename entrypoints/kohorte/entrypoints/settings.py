"""Settings: where the database is, which tenant is meant and what signs, from options and the environment."""

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from attrs import field, frozen

DEFAULT_DATABASE: Final = "sqlite:///kohorte.db"
DEFAULT_TENANT: Final = "default"

_SECRET: Final = re.compile(r"://[^:/]*:(?P<authority>.*)@|[?&;](?:password|passwd|sslpassword)=(?P<option>[^&;]*)")
"""Where a URL may hold a password. One with an unescaped @ is wrong there, and a secret all the same."""


@frozen
class Settings:
    """What an entry point needs to know before it starts. ``database`` may hold a password: never print it.

    ``secret`` signs cursors, links and tokens; without it the secrets of ``secret_file`` do, or those beside a database
    that is a file itself.
    """

    database: str = DEFAULT_DATABASE
    tenant: str = DEFAULT_TENANT
    secret: str | None = field(default=None, repr=False)
    secret_file: str | None = None


def settings_from(environment: Mapping[str, str] = os.environ, **given: str | None) -> Settings:
    """Return the settings: what is given goes first, then the environment, then the defaults.

    The environment's are KOHORTE_DATABASE, KOHORTE_TENANT, KOHORTE_SECRET and KOHORTE_SECRET_FILE.
    """
    return Settings(
        database=given.get("database") or environment.get("KOHORTE_DATABASE") or DEFAULT_DATABASE,
        tenant=given.get("tenant") or environment.get("KOHORTE_TENANT") or DEFAULT_TENANT,
        secret=environment.get("KOHORTE_SECRET"),
        secret_file=given.get("secret_file") or environment.get("KOHORTE_SECRET_FILE"),
    )


def without_secrets(text: str, settings: Settings) -> str:
    """Return a text with each secret replaced: the URL's passwords, as written and as meant, and what signs."""
    found = {match["authority"] or match["option"] or "" for match in _SECRET.finditer(settings.database)}
    found |= {*re.split(r"[,\s]+", settings.secret or "")}
    for secret in sorted(found | {unquote(each) for each in found}, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return text
