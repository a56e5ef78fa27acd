"""Row level security on PostgreSQL: a second wall between tenants, behind the statements that equate the tenant.

Every transaction sets ``kohorte.tenant`` (``engine``); without it no row of any tenant is seen or written. FORCE binds
the owner too. Superusers, and roles that bypass row level security, are never bound: the server should run as neither.
"""

from sqlalchemy import Connection, text

from kohorte.adapters.storage.schema import installation, tenant_tables, tenants
from kohorte.core.errors import InvalidInput

_MAINTAIN_SINCE = 170_000
"""From PostgreSQL 17 on the right to ANALYZE can be granted; before, only the owner has it."""


def protect(connection: Connection) -> None:
    """Let every tenant's rows be seen and written by that tenant alone."""
    for table in tenant_tables():
        connection.execute(text(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"))
        connection.execute(
            text(
                f"CREATE POLICY own_rows ON {table.name}"
                " USING (tenant_id = CAST(NULLIF(current_setting('kohorte.tenant', true), '') AS uuid))"
            )
        )


def grant(connection: Connection, role: str) -> None:
    """Give the application's role what it needs and no more.

    Raise ``InvalidInput`` for a role that does not exist, or that row level security would not bind.
    """
    _check(connection, role)
    quoted = connection.dialect.identifier_preparer.quote(role)
    schema = connection.dialect.identifier_preparer.quote(str(connection.scalar(text("SELECT current_schema()"))))
    maintain = ", MAINTAIN" if _server_version(connection) >= _MAINTAIN_SINCE else ""
    owned = ", ".join(table.name for table in tenant_tables())
    connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE{maintain} ON {owned} TO {quoted}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE ON {tenants.name} TO {quoted}"))
    connection.execute(text(f"GRANT SELECT ON {installation.name} TO {quoted}"))


def _server_version(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT current_setting('server_version_num')")) or 0)


def _check(connection: Connection, role: str) -> None:
    found = connection.execute(
        text("SELECT rolsuper OR rolbypassrls OR rolname = current_user FROM pg_roles WHERE rolname = :role"),
        {"role": role},
    ).scalar_one_or_none()
    if found is None:
        raise InvalidInput(
            'There is no role "{role}" on the database server.',
            hint="Create it first: CREATE ROLE {role} LOGIN PASSWORD '…'",
            role=role,
        )
    if found:
        raise InvalidInput(
            'The role "{role}" would see the rows of all tenants, or owns them.',
            hint="Name a role that is neither the owner nor a superuser, and does not bypass row level security.",
            role=role,
        )
