"""SQLite and PostgreSQL as the bootstrap sees them: open a database, migrate a database."""

from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import open_storage

__all__ = ["migrate", "open_storage"]
