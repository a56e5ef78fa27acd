"""What one may read about API keys, and who comes with one."""

from collections.abc import Sequence
from datetime import datetime

from kohorte.core.access.model import ApiKey, Caller, InvalidKey, today
from kohorte.core.access.tokens import parse_token
from kohorte.core.errors import NotFound
from kohorte.core.ports.storage import Storage, UnitOfWork


def caller_of(storage: Storage, token: str, now: datetime) -> Caller:
    """Return who comes with a token at an instant, by one indexed read; nothing is written.

    Raise ``InvalidKey`` for a text that is no key, for an unknown key and for a wrong secret, all alike; ``ExpiredKey``
    or ``RevokedKey`` only where the secret was right.
    """
    read = parse_token(token)
    found = None if read is None else storage.find_key(read.tenant_id, read.key_id)
    if read is None or found is None or not found[1].is_proved_by(read):
        raise InvalidKey("This key is not valid.", hint="Check that it is complete, or ask for a new one.")
    tenant, key = found
    key.refuse_unusable(now)
    is_first = key.last_used_on != today(now, tenant)
    return Caller(tenant, key.id, key.name, key.permissions, is_first)


def list_keys(work: UnitOfWork, *, revoked: bool = False) -> Sequence[ApiKey]:
    """Return the keys by name, the revoked ones only on request."""
    return [key for key in work.api_keys.all() if revoked or key.revoked_at is None]


def find_key(work: UnitOfWork, name: str) -> ApiKey:
    """Return the key of a name that was not revoked; raise ``NotFound``."""
    for key in list_keys(work):
        if key.name == name:
            return key
    raise NotFound('There is no key "{name}".', hint="See all with: kohorte key list", name=name[:80])
