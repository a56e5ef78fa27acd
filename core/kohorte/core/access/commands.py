"""What one may ask for about API keys."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from kohorte.core.access.events import KeyCreated, KeyRevoked
from kohorte.core.access.model import ApiKey, key_name, key_roles, today
from kohorte.core.access.permissions import Role
from kohorte.core.access.tokens import SECRET_BYTES, Token
from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidValue
from kohorte.core.messages import Command


@frozen
class NewKey:
    """A key, and its text: it is told this once, and known to its holder alone."""

    key: ApiKey
    token: str = field(repr=False)


@frozen
class CreateKey(Command[NewKey]):
    """Give out a key with roles, for ever or until an instant."""

    name: str
    roles: tuple[Role, ...]
    expires_at: datetime | None = None


@frozen
class RevokeKey(Command[ApiKey]):
    """Let a key open nothing from now on; that cannot be undone."""

    key_id: UUID


@frozen
class NoteUse(Command[None]):
    """Note that a key was used today, where that was not noted yet (``Caller.is_first_today``)."""

    key_id: UUID


def create_key(command: CreateKey, ports: Ports) -> NewKey:
    """Create a key.

    Raise ``InvalidValue`` for a bad name, for no role and for an end that has passed, ``AlreadyExists`` where a key of
    that name was not revoked.
    """
    now = ports.clock.now()
    if command.expires_at is not None and command.expires_at <= now:
        raise InvalidValue("The key would have expired already.", hint="Give a later time, or none.")
    token = Token(ports.tenant.id, ports.ids.new(), ports.secrets.draw(SECRET_BYTES))
    made = ApiKey(
        token.key_id,
        key_name(command.name),
        key_roles(command.roles),
        token.hash,
        now,
        ports.by,
        command.expires_at,
    )
    ports.work.api_keys.add(made)
    ports.work.record(KeyCreated(made.id, made.roles))
    return NewKey(made, token.text)


def revoke_key(command: RevokeKey, ports: Ports) -> ApiKey:
    """Revoke a key; one that was revoked already stays as it is. Raise ``NotFound``."""
    keys = ports.work.api_keys
    if keys.revoke(command.key_id, ports.clock.now()):
        ports.work.record(KeyRevoked(command.key_id))
    return keys.by_id(command.key_id)


def note_use(command: NoteUse, ports: Ports) -> None:
    """Note the day, in the tenant's zone; do nothing for an unknown key."""
    ports.work.api_keys.note_use(command.key_id, today(ports.clock.now(), ports.tenant))
