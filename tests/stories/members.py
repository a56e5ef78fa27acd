"""Who is in each segment of a story, and who should be."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text

from kohorte.adapters.storage.schema import segment_members
from kohorte.adapters.storage.unit_of_work import SqlStorage
from kohorte.core.bus import Bus
from kohorte.core.segments.rules import check_rule
from kohorte.core.tenants.model import Tenant

MOST = 10_000
"""No story has so many contacts."""
Members = Mapping[str, frozenset[UUID]]


def selected(bus: Bus, tenant: Tenant, rules: Mapping[str, str], at: datetime) -> Members:
    """Return whom each rule selects, asked anew."""
    with bus.ports(tenant, reading=True) as ports:
        sample = ports.work.audiences.sample
        return {
            name: frozenset(each.contact_id for each in sample(check_rule(rule, ports), at, MOST))
            for name, rule in rules.items()
        }


def members(bus: Bus, tenant: Tenant, names: Iterable[str], at: datetime | None = None) -> Members:
    """Return who is in each segment; see that nobody is twice, and that all who are in it now are counted."""
    found: dict[str, frozenset[UUID]] = {}
    with bus.ports(tenant, reading=True) as ports:
        for name in names:
            segment = ports.work.segments.by_name(name)
            ids = [each.person.contact_id for each in ports.work.audiences.members(segment.id, at=at, limit=MOST)]
            assert len(ids) == len(set(ids)), name
            assert at is not None or (segment.member_count or 0) == len(ids), name
            found[name] = frozenset(ids)
    return found


def overlapping(storage: SqlStorage) -> int:
    """Count the stays that begin before an earlier one of the same contact in the same segment has ended."""
    stays, later = segment_members, segment_members.alias()
    same = [stays.c[name] == later.c[name] for name in ("tenant_id", "segment_id", "contact_id")]
    ends_after = (stays.c.left_at.is_(None)) | (stays.c.left_at > later.c.entered_at)
    pairs = select(func.count()).where(*same, stays.c.entered_at < later.c.entered_at, ends_after)
    with storage.engine.connect() as connection:
        if storage.engine.dialect.name == "postgresql":
            with storage.tenants() as tenants:
                tenant = tenants.named("default")
            connection.execute(text("SELECT set_config('kohorte.tenant', :id, true)"), {"id": str(tenant.id)})
        return connection.scalar(pairs) or 0
