"""What one may ask for about tenants."""

from attrs import frozen

from kohorte.core.bus import AdministrationPorts
from kohorte.core.messages import Administration
from kohorte.core.tenants.model import Tenant, new_tenant


@frozen
class CreateTenant(Administration[Tenant]):
    """Make room for an organisation; zone, currency and language apply where its data name none."""

    name: str
    zone: str = "UTC"
    currency: str = "EUR"
    language: str = "en"


def create_tenant(command: CreateTenant, ports: AdministrationPorts) -> Tenant:
    """Create a tenant. Raise ``InvalidValue``, or ``AlreadyExists`` where the name is taken."""
    tenant = new_tenant(
        ports.ids.new(), command.name, command.zone, command.currency, command.language, ports.clock.now()
    )
    ports.tenants.add(tenant)
    return tenant
