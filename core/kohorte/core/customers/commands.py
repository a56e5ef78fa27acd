"""What one may ask for about customers."""

from attrs import field, frozen

from kohorte.core.bus import Ports
from kohorte.core.customers.events import CustomerCreated, CustomerUpdated
from kohorte.core.customers.model import Customer
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.saving import Saved, Texts, change, found, read_fields, refuse_outdated


@frozen
class SaveCustomer(Command[Saved]):
    """Create a customer, or change some of its fields; those that are not named stay.

    ``version`` is the one that the caller has seen (0 for a customer that must be new); None overwrites any.
    """

    key: str
    values: Texts = field(factory=dict[str, str | None])
    version: int | None = None


def save_customer(command: SaveCustomer, ports: Ports) -> Saved:
    """Save a customer. Raise ``InvalidFields`` or ``Conflict``."""
    values = read_fields(RecordKind.CUSTOMERS, {**command.values, "key": command.key}, ports)
    stored = found(ports.work.customers.by_key, values["key"])
    refuse_outdated(command.version, stored.version if stored else 0, values["key"])
    customer = stored or Customer(ports.ids.new(), values["key"])
    changed = change(customer, values)
    if stored is None or changed:
        ports.work.customers.save(customer)
        ports.work.record(CustomerUpdated(customer.id, changed) if stored else CustomerCreated(customer.id))
    return Saved(customer.id, customer.key, customer.version, stored is None, changed)
