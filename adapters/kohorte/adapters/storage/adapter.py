"""SQLite and PostgreSQL as the bootstrap sees them: open it, migrate it, see what it is asked."""

from kohorte.adapters.storage.engine import secret_file
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.statements import statement
from kohorte.adapters.storage.unit_of_work import open_storage

__all__ = ["migrate", "open_storage", "secret_file", "statement"]
