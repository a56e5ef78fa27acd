"""What one may ask for about contacts."""

from attrs import field, frozen

from kohorte.core.bus import Ports
from kohorte.core.contacts.events import ContactCreated, ContactUpdated
from kohorte.core.contacts.model import Contact
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.saving import Saved, Texts, change, found, read_fields, refuse_outdated


@frozen
class SaveContact(Command[Saved]):
    """Create a contact, or change some of its fields; those that are not named stay.

    ``version`` is the one that the caller has seen (0 for a contact that must be new); None overwrites any.
    """

    key: str
    values: Texts = field(factory=dict[str, str | None])
    version: int | None = None


def save_contact(command: SaveContact, ports: Ports) -> Saved:
    """Save a contact. Raise ``InvalidFields``, ``Conflict``, or ``NotFound`` for an unknown customer."""
    values = read_fields(RecordKind.CONTACTS, {**command.values, "key": command.key}, ports)
    if values.get("created_at", ...) is None:
        del values["created_at"]
    stored = found(ports.work.contacts.by_key, values["key"])
    refuse_outdated(command.version, stored.version if stored else 0, values["key"])
    contact = stored or Contact(ports.ids.new(), values["key"], ports.clock.now())
    changed = change(contact, values)
    if stored is None or changed:
        ports.work.contacts.save(contact)
        ports.work.record(ContactUpdated(contact.id, changed) if stored else ContactCreated(contact.id))
    return Saved(contact.id, contact.key, contact.version, stored is None, changed)
