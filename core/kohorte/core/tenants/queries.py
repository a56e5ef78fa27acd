"""What one may read about tenants."""

from collections.abc import Sequence

from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant


def list_tenants(storage: Storage) -> Sequence[Tenant]:
    """Return all tenants by name."""
    with storage.tenants() as tenants:
        return tenants.all()


def find_tenant(storage: Storage, name: str) -> Tenant:
    """Return a tenant by name; raise ``NotFound``."""
    with storage.tenants() as tenants:
        return tenants.named(name)
