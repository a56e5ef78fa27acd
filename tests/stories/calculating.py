"""Calculates all segments as a process of its own, so that a test can kill it.

``python -m tests.stories.calculating URL INSTANT`` says ``ready`` before it begins.
"""

import sys
from datetime import datetime

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments
from kohorte.core.tenants.model import Tenant
from kohorte.dsl.language import RuleLanguage


def opened(url: str) -> tuple[SqlStorage, Bus, Tenant]:
    """Open a migrated database as the application does."""
    clock, ids = SystemClock(), TimedIds()
    storage = open_storage(url, clock=clock, ids=ids)
    with storage.tenants() as tenants:
        tenant = tenants.named("default")
    return storage, Bus(registry(), clock, ids, RuleLanguage(), storage), tenant


def main(url: str, at: str) -> None:
    storage, bus, tenant = opened(url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    results = bus.run(CalculateSegments(at=datetime.fromisoformat(at)), tenant)
    storage.close()
    if any(each.error for each in results):
        sys.exit(f"failed: {[each.error for each in results if each.error]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
