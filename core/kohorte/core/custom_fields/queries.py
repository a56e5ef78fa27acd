"""What one may read about custom fields."""

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.fields import Catalogue
from kohorte.core.ports.storage import UnitOfWork


def tenant_catalogue(work: UnitOfWork) -> Catalogue:
    """Return all that a tenant's rules may speak of: the built-in fields and the tenant's own."""
    return with_custom_fields(kohorte_catalogue(), work.custom_fields.all())
