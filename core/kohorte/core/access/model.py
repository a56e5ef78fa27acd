"""An API key: what a program shows to be let in, under a name, with roles, until it expires or is revoked."""

from collections.abc import Iterable
from datetime import date, datetime
from hmac import compare_digest
from uuid import UUID

from attrs import field, frozen

from kohorte.core.access.permissions import MissingPermission, Permission, Role, permissions_of
from kohorte.core.access.tokens import Token
from kohorte.core.errors import InvalidValue, KohorteError
from kohorte.core.tenants.model import Tenant
from kohorte.core.values import clean_text


class InvalidKey(KohorteError, PermissionError):
    """A key that was never given out, whether it looks like one or not: nobody learns which."""

    code = "invalid_key"


class ExpiredKey(InvalidKey):
    """The key was good until it expired."""

    code = "expired_key"


class RevokedKey(InvalidKey):
    """The key was good until it was revoked."""

    code = "revoked_key"


@frozen
class ApiKey:
    """A key as it is kept: ``hash`` is all that is known of its secret (``Token.hash``).

    ``last_used_on`` is the last day, in the tenant's zone, on which somebody came with it.
    """

    id: UUID
    name: str
    roles: tuple[Role, ...]
    hash: str = field(repr=False)
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_on: date | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """Return all that its roles allow."""
        return permissions_of(self.roles)

    def is_proved_by(self, token: Token) -> bool:
        """Tell whether a token has this key's secret, in a time that does not depend on how much of it is right."""
        return compare_digest(self.hash, token.hash)

    def refuse_unusable(self, now: datetime) -> None:
        """Raise ``RevokedKey`` or ``ExpiredKey`` where it opens nothing any more."""
        if self.revoked_at is not None:
            raise RevokedKey("This key was revoked.", hint="Ask for a new one.")
        if self.expires_at is not None and self.expires_at <= now:
            raise ExpiredKey("This key has expired.", hint="Ask for a new one.")


@frozen
class Caller:
    """Who asks: a key of a tenant that was proved, and what it may do.

    ``is_first_today`` says that its use on this day was not noted yet: whoever let it in runs ``NoteUse``, when it
    delays nobody.
    """

    tenant: Tenant
    key_id: UUID
    name: str
    permissions: frozenset[Permission]
    is_first_today: bool = False

    def require(self, permission: Permission) -> None:
        """Raise ``MissingPermission`` where the caller may not do this."""
        if permission not in self.permissions:
            raise MissingPermission(
                'The key "{name}" may not do this: it lacks the permission {permission}.',
                hint="Use a key with another role.",
                name=self.name,
                permission=permission.value,
            )


def key_name(name: str) -> str:
    """Return a cleaned name; raise ``InvalidValue`` for an empty or overlong one."""
    cleaned = clean_text(name, limit=120)
    if cleaned is None:
        raise InvalidValue("A key needs a name.", hint='Name it after who uses it, such as "web shop".')
    return cleaned


def key_roles(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Return roles, each once and in the order of their declaration; raise ``InvalidValue`` where there is none."""
    given = {*roles}
    if not given:
        raise InvalidValue(
            "A key needs a role.", hint="Choose among: {known}.", known=", ".join(each.value for each in Role)
        )
    return tuple(role for role in Role if role in given)


def today(now: datetime, tenant: Tenant) -> date:
    """Return the day that an instant is in, where the tenant is."""
    return now.astimezone(tenant.zone_info).date()
