"""Tenants, as programs read them."""

from attrs import frozen

from kohorte.core.tenants.model import Tenant


@frozen
class TenantView:
    """A tenant: the zone of its days, the currency of bare amounts, and its language."""

    name: str
    zone: str
    currency: str
    language: str


def tenant_view(tenant: Tenant) -> TenantView:
    """Return a tenant for programs."""
    return TenantView(tenant.name, tenant.zone, tenant.currency, tenant.language)
