"""One import as a process of its own, so that its time and its memory are its own: ``URL FILE`` → seconds and MiB."""

import resource
import sys
from pathlib import Path
from time import perf_counter

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.files.rejects import reject_file, reject_path
from kohorte.adapters.files.sources import file_rows
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.imports.commands import ImportFile
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.dsl.language import RuleLanguage


def main(url: str, file: Path) -> None:
    clock, ids = SystemClock(), TimedIds()
    storage = open_storage(url, clock=clock, ids=ids)
    bus = Bus(registry(), clock, ids, RuleLanguage(), storage)
    with storage.tenants() as tenants:
        tenant = tenants.named("default")
    started = perf_counter()
    with reject_file(reject_path(file)) as rejects:
        imported = bus.run(ImportFile(RecordKind.CONTACTS, file_rows(file), rejects), tenant)
    seconds = perf_counter() - started
    assert imported.run.rejected == 0
    storage.close()
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
