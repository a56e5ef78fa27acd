"""What one may read of files."""

from collections.abc import Iterator

from kohorte.core.bus import Bus
from kohorte.core.files.model import StoredFile
from kohorte.core.tenants.model import Tenant


def read_file(bus: Bus, tenant: Tenant, file: StoredFile) -> Iterator[bytes]:
    """Yield the bytes of a file chunk by chunk, with flat memory; the database holds nothing in between.

    Raise ``NotFound`` where it was forgotten meanwhile.
    """
    for number in range(file.chunks):
        with bus.ports(tenant, reading=True) as ports:
            chunk = ports.work.files.chunk(file.id, number)
        yield chunk
