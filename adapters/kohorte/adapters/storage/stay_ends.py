"""When the minimum stay of members ends: an instant at which time alone may change who belongs to a segment."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, select

from kohorte.adapters.storage.schema import contacts, segment_members
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.segments.model import Segment
from kohorte.core.values import to_micros


def stay_ends(transaction: Transaction, segment: Segment, after: datetime, until: datetime) -> Select[Any]:
    """Return the selection of members whose minimum stay ends after an instant, and not later than another.

    Each contact comes with the instant (µs). Whether they leave then is up to the rules, which are to be asked anew.
    """
    stay, members = segment.leaving.minimum_stay, segment_members.c
    same = and_(contacts.c.tenant_id == members.tenant_id, contacts.c.contact_id == members.contact_id)
    its = transaction.own(segment_members), members.segment_id == segment.id, members.left_at.is_(None)
    between = members.entered_at > to_micros(after - stay), members.entered_at <= to_micros(until - stay)
    ends = (members.entered_at + stay // timedelta(microseconds=1)).label("due_at")
    return select(members.contact_id, ends).join(contacts, same).where(*its, *between)
