"""What a rule reads of one contact: for asking and explaining it without asking the database again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from kohorte.adapters.storage.binding import lasts_at
from kohorte.adapters.storage.schema import contacts, external_keys, list_entries, segment_members
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import Facts
from kohorte.core.values import to_micros
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.sql import prepared_records
from kohorte.dsl.sql.binding import Binding


def facts_of(transaction: Transaction, binding: Binding, rule: CompiledRule, key: str, at: datetime) -> Facts:
    """Return what a rule reads of the contact with a key; raise ``NotFound``."""
    contact_id = _contact_id(transaction, key)
    its = transaction.own(contacts) & (contacts.c.contact_id == contact_id)
    found = prepared_records(transaction.connection, binding, rule.catalogue, rule.compiled.reads, its)
    if contact_id is None or contact_id not in found:
        raise NotFound('There is no contact "{key}".', hint="Contacts go by the keys of their import.", key=key[:80])
    return Facts(
        contact_id,
        found[contact_id],
        {each: _its_membership(transaction, each, contact_id, at) for each in rule.compiled.segments},
        {each: _entries(transaction, each) for each in rule.compiled.lists},
    )


def _contact_id(transaction: Transaction, key: str) -> UUID | None:
    keys = external_keys.c
    its = transaction.own(external_keys), keys.kind == RecordKind.CONTACTS.value, keys.key == key
    return transaction.connection.scalar(select(keys.id).where(*its))


def _its_membership(transaction: Transaction, segment_id: UUID, contact_id: UUID, at: datetime) -> tuple[UUID, ...]:
    stays = segment_members.c
    its = transaction.own(segment_members), stays.segment_id == segment_id, stays.contact_id == contact_id
    is_member = select(exists().where(*its, lasts_at(to_micros(at))))
    return (contact_id,) if transaction.connection.scalar(is_member) else ()


def _entries(transaction: Transaction, list_id: UUID) -> frozenset[str]:
    entries = select(list_entries.c.entry).where(transaction.own(list_entries), list_entries.c.list_id == list_id)
    return frozenset(transaction.connection.scalars(entries))
