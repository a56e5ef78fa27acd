"""What happened to API keys."""

from attrs import frozen

from kohorte.core.access.permissions import Role
from kohorte.core.messages import Event


@frozen
class KeyCreated(Event):
    """A key was given out, with roles."""

    type = "crm.key.created"

    roles: tuple[Role, ...]


@frozen
class KeyRevoked(Event):
    """A key opens nothing any more."""

    type = "crm.key.revoked"
