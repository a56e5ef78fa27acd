"""Values that occur in the data, for those who help writing rules: one bounded statement for each question.

Rows count where their contact is one of the tenant's contacts, as for rules; a value counts once for each contact.
"""

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, FromClause, func, or_, select

from kohorte.adapters.storage.binding import TABLES, stored
from kohorte.adapters.storage.custom_fields import StorageCustomFields
from kohorte.adapters.storage.schema import contacts, customers
from kohorte.adapters.storage.time_limits import within
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.errors import NotFound
from kohorte.core.fields import Field
from kohorte.core.ports.known_values import LEAST_SHARED, MOST, KnownValue, are_told
from kohorte.core.values import fold
from kohorte.dsl.sql.binding import Stored, custom_column

_SECONDS: Final = 0.5
"""Nobody who types waits longer."""


@frozen
class StorageKnownValues:
    """What the tenant's data knows."""

    transaction: Transaction
    seconds: float = _SECONDS

    def values(self, owner: str, field: str, prefix: str = "") -> Sequence[KnownValue]:
        """Return values that enough contacts share, the commonest first; see the port."""
        customs = StorageCustomFields(self.transaction).all()
        try:
            wanted = with_custom_fields(kohorte_catalogue(), customs).field(owner, field)
        except NotFound:
            return ()
        if not are_told(wanted) or owner not in TABLES:
            return ()
        return self._asked(owner, wanted, prefix)

    def _asked(self, owner: str, wanted: Field, prefix: str) -> Sequence[KnownValue]:
        table = TABLES[owner]
        column = custom_column(table.c.custom, wanted) if wanted.custom else stored(table, wanted)
        is_of_one = table in (contacts, customers)  # each contact has one row of them
        sharing = func.count() if is_of_one else func.count(contacts.c.contact_id.distinct())
        statement = (
            select(column.value, sharing)
            .select_from(self._rows(owner))
            .where(self.transaction.own(contacts), self.transaction.own(table), column.value.is_not(None))
            .where(*_beginning(column, prefix))
            .group_by(column.value)
            .having(sharing >= LEAST_SHARED)
            .order_by(sharing.desc(), column.value)
            .limit(MOST)
        )
        with within(self.transaction, self.seconds):
            return [KnownValue(*row) for row in self.transaction.connection.execute(statement)]

    @staticmethod
    def _rows(owner: str) -> FromClause:
        """Return the contacts with the rows of an owner or a collection."""
        table = TABLES[owner]
        if table is contacts:
            return contacts
        shared = customers.c.customer_id if table is customers else table.c.contact_id
        own = contacts.c.customer_id if table is customers else contacts.c.contact_id
        return contacts.join(table, (table.c.tenant_id == contacts.c.tenant_id) & (shared == own))


def _beginning(column: Stored, prefix: str) -> list[ColumnElement[bool]]:
    if not prefix:
        return []
    if column.folded is not None:
        return [_begins(column.folded, fold(prefix))]
    return [or_(*(_begins(column.value, each) for each in dict.fromkeys((prefix, prefix.lower(), prefix.upper()))))]


def _begins(column: ColumnElement[Any], prefix: str) -> ColumnElement[bool]:
    return func.substr(column, 1, len(prefix)) == prefix
