"""Tenants: the only table that is read across tenants."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from kohorte.adapters.storage.schema import tenants
from kohorte.core.errors import AlreadyExists, NotFound
from kohorte.core.tenants.model import Tenant
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageTenants:
    """The list of tenants, in one transaction."""

    connection: Connection

    def add(self, tenant: Tenant) -> None:
        """Store a new tenant; raise ``AlreadyExists`` where the name is taken."""
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(tenants), _to_row(tenant))
        except IntegrityError:
            raise AlreadyExists(
                'There is a tenant "{name}" already.', hint="Choose another name.", name=tenant.name
            ) from None

    def named(self, name: str) -> Tenant:
        """Return a tenant by name; raise ``NotFound``."""
        row = self.connection.execute(select(tenants).where(tenants.c.name == name)).one_or_none()
        if row is None:
            raise NotFound(
                'There is no tenant "{name}".', hint="Make it with: kohorte tenant create {name}", name=name[:80]
            )
        return _from_row(row)

    def all(self) -> Sequence[Tenant]:
        """Return all tenants by name."""
        return [_from_row(row) for row in self.connection.execute(select(tenants).order_by(tenants.c.name))]


def _to_row(tenant: Tenant) -> dict[str, object]:
    return {
        "tenant_id": tenant.id,
        "name": tenant.name,
        "zone": tenant.zone,
        "currency": tenant.currency,
        "language": tenant.language,
        "created_at": to_micros(tenant.created_at),
    }


def _from_row(row: Row[Any]) -> Tenant:
    return Tenant(row.tenant_id, row.name, row.zone, row.currency, row.language, from_micros(row.created_at))
