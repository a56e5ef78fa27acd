"""Activities, one at a time."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import Row

from kohorte.adapters.storage.changes import StorageChanges
from kohorte.adapters.storage.keyed_rows import KeyedRows
from kohorte.adapters.storage.stored_form import domain_custom, stored_custom, text_columns
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.activities.model import Activity
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageActivities:
    """The tenant's activities."""

    transaction: Transaction

    def by_key(self, key: str) -> Activity:
        """Return an activity; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.ACTIVITIES)
        return activity_from_row(rows.find(key), rows.custom)

    def by_id(self, activity_id: UUID) -> Activity:
        """Return an activity; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.ACTIVITIES)
        return activity_from_row(rows.find_id(activity_id), rows.custom)

    def save(self, activity: Activity) -> None:
        """Insert (version 0) or update; raise ``Conflict``, ``NotFound`` (contact)."""
        rows = KeyedRows(self.transaction, RecordKind.ACTIVITIES)
        contact_id = KeyedRows(self.transaction, RecordKind.CONTACTS).id_of(activity.contact)
        before = rows.save(activity, _to_row(activity, rows.custom), contact_id)
        StorageChanges(self.transaction).of_contacts([contact_id, before])
        rows.forget_waiting(activity.key)


def _to_row(activity: Activity, custom: Mapping[str, Field]) -> dict[str, object]:
    return {
        "kind": activity.kind,
        "at": to_micros(activity.at),
        **text_columns("subject", activity.subject),
        **text_columns("outcome", activity.outcome),
        "custom": stored_custom(custom, activity.custom),
    }


def activity_from_row(row: Row[Any], custom: Mapping[str, Field]) -> Activity:
    """Return an activity from its row, in which ``parent`` is its contact's key."""
    return Activity(
        id=row.activity_id,
        key=row.key,
        contact=row.parent,
        kind=row.kind,
        at=from_micros(row.at),
        subject=row.subject,
        outcome=row.outcome,
        custom=domain_custom(custom, row.custom),
        version=row.version,
    )
