"""API keys."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Row, bindparam, select, update

from kohorte.adapters.storage.schema import api_keys, tenants
from kohorte.adapters.storage.stored_form import instant, micros
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.access.model import ApiKey
from kohorte.core.access.permissions import Role
from kohorte.core.errors import AlreadyExists, NotFound
from kohorte.core.tenants.model import Tenant
from kohorte.core.values import from_days, from_micros, to_days, to_micros


@frozen
class StorageApiKeys:
    """The tenant's API keys."""

    transaction: Transaction

    def add(self, key: ApiKey) -> None:
        """Store a new key; raise ``AlreadyExists`` where one that was not revoked has the name."""
        if not self.transaction.insert(api_keys, _to_row(key)):
            raise AlreadyExists(
                'There is a key "{name}" already.', hint="Choose another name, or revoke that one first.", name=key.name
            )

    def by_id(self, key_id: UUID) -> ApiKey:
        """Return a key; raise ``NotFound``."""
        row = self.transaction.connection.execute(select(api_keys).where(*self._is(key_id))).one_or_none()
        if row is None:
            raise NotFound("There is no key {id}.", hint="See all with: kohorte key list --json", id=key_id)
        return _from_row(row)

    def all(self) -> Sequence[ApiKey]:
        """Return all keys by name and id, the revoked ones too."""
        found = select(api_keys).where(self.transaction.own(api_keys)).order_by(api_keys.c.name, api_keys.c.key_id)
        return [_from_row(row) for row in self.transaction.connection.execute(found)]

    def revoke(self, key_id: UUID, at: datetime) -> bool:
        """Note when a key was revoked; return False where it was before, or is unknown."""
        open_ = update(api_keys).where(*self._is(key_id), api_keys.c.revoked_at.is_(None))
        return self.transaction.connection.execute(open_.values(revoked_at=to_micros(at))).rowcount > 0

    def note_use(self, key_id: UUID, day: date) -> None:
        """Note the last day on which a key was used; nothing is written where it is noted."""
        number = to_days(day)
        other = update(api_keys).where(*self._is(key_id), api_keys.c.last_used_on.is_distinct_from(number))
        self.transaction.connection.execute(other.values(last_used_on=number))

    def _is(self, key_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(api_keys), api_keys.c.key_id == key_id


def find_key(connection: Connection, tenant_id: UUID, key_id: UUID) -> tuple[Tenant, ApiKey] | None:
    """Return a key with its tenant, by the primary keys of both."""
    row = connection.execute(_WITH_TENANT, {"of_tenant": tenant_id, "of_key": key_id}).one_or_none()
    return None if row is None else (_tenant(row), _from_row(row))


# Made once: it is asked with every request, and making it takes as long as asking.
_WITH_TENANT: Final = (
    select(api_keys, *(column.label(f"tenant_{column.name}") for column in tenants.c if column.name != "tenant_id"))
    .join_from(api_keys, tenants, tenants.c.tenant_id == api_keys.c.tenant_id)
    .where(api_keys.c.tenant_id == bindparam("of_tenant"), api_keys.c.key_id == bindparam("of_key"))
)


def _to_row(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.id,
        "name": key.name,
        "roles": [role.value for role in key.roles],
        "hash": key.hash,
        "created_at": to_micros(key.created_at),
        "created_by": key.created_by,
        "expires_at": micros(key.expires_at),
        "revoked_at": micros(key.revoked_at),
        "last_used_on": None if key.last_used_on is None else to_days(key.last_used_on),
    }


def _from_row(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.key_id,
        row.name,
        tuple(map(Role, row.roles)),
        row.hash,
        from_micros(row.created_at),
        row.created_by,
        instant(row.expires_at),
        instant(row.revoked_at),
        None if row.last_used_on is None else from_days(row.last_used_on),
    )


def _tenant(row: Row[Any]) -> Tenant:
    return Tenant(
        row.tenant_id,
        row.tenant_name,
        row.tenant_zone,
        row.tenant_currency,
        row.tenant_language,
        from_micros(row.tenant_created_at),
    )
