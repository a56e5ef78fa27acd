"""What every command shares: settings, the tenant, the clock, and how to print."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import cached_property, update_wrapper
from getpass import getuser
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from attrs import define, field

from kohorte.core.errors import InvalidInput, StorageEmpty
from kohorte.core.values import parse_instant
from kohorte.entrypoints.cli.commands import option
from kohorte.entrypoints.cli.completion import offering, tenant_names
from kohorte.entrypoints.cli.output import Output
from kohorte.entrypoints.languages import Language, reader_language
from kohorte.entrypoints.settings import Settings, settings_from

if TYPE_CHECKING:
    from kohorte.core.bus import Ports
    from kohorte.core.messages import Command
    from kohorte.core.tenants.model import Tenant
    from kohorte.entrypoints.bootstrap import Application, Migrated

AT: Final = "Evaluate at this time instead of now: 2024-01-31, 2024-01-31 18:30, or 2024-01-31T18:30:00Z."
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


@define(slots=False)
class Session:
    """One run of the command line. The database is opened by the first command that needs it."""

    settings: Settings
    language: Language
    output: Output
    at_text: str | None = None
    _application: "Application | None" = field(default=None, init=False)
    _closing: ExitStack = field(factory=ExitStack, init=False)

    @property
    def application(self) -> "Application":
        """Return the application, opened once."""
        if self._application is None:
            self._application = self._opened(self.settings.database)
        return self._application

    def migrate_empty(self) -> None:
        """Make the tables where there are none, so that a first command needs no other before it."""
        if not self._opens():
            self.migrate()

    def pretend_empty(self) -> None:
        """Where there are no tables yet, work on those of a database that is gone when the command ends."""
        if not self._opens():
            folder = self._closing.enter_context(TemporaryDirectory(prefix="kohorte-"))
            passing = f"sqlite:///{folder}/kohorte.db"
            self._migrated(passing)
            self._application = self._opened(passing)

    def _opens(self) -> bool:
        """Open the database; return whether there is one with tables."""
        with suppress(StorageEmpty):
            return self.application is not None
        return False

    def migrate(self, application_role: str | None = None) -> "Migrated":
        """Make the database or bring it to this version."""
        settings = self.settings
        return self._migrated(
            settings.database,
            application_role=application_role,
            secret=settings.secret,
            secret_file=settings.secret_file,
        )

    # Reading the modules behind bootstrap takes as long as all others: help and completion do without.

    def _opened(self, database: str) -> "Application":
        from kohorte.entrypoints.bootstrap import open_application  # noqa: PLC0415

        settings = self.settings
        return open_application(database, secret=settings.secret, secret_file=settings.secret_file)

    def _migrated(self, database: str, **how: str | None) -> "Migrated":
        from kohorte.entrypoints.bootstrap import migrate_database  # noqa: PLC0415

        return migrate_database(database, **how)

    @cached_property
    def tenant(self) -> "Tenant":
        """Return the chosen tenant; raise ``NotFound`` with the way to make it."""
        chosen = self.application.tenant(self.settings.tenant)
        self.output.zone = chosen.zone_info
        return chosen

    @cached_property
    def at(self) -> datetime:
        """Return the instant at which rules are evaluated: ``--at`` in the tenant's zone, or now."""
        if self.at_text is None:
            return self.application.clock.now()
        return parse_instant(with_time(self.at_text), self.tenant.zone_info)

    @property
    def is_past(self) -> bool:
        """Tell whether ``--at`` names an instant that is over."""
        return self.at_text is not None and self.at < self.application.clock.now()

    def run(self, command: "Command[R]") -> R:
        """Run a command for the tenant, in the name of whoever sits at the terminal."""
        return self.application.bus.run(command, self.tenant, by=_user())

    def read(self, query: "Callable[[Ports], R]") -> R:
        """Run a query in a unit of work of the tenant that only reads."""
        with self.application.bus.ports(self.tenant, reading=True) as ports:
            return query(ports)

    def change(
        self,
        *,
        database: str | None = None,
        tenant: str | None = None,
        at: str | None = None,
        secret_file: str | None = None,
    ) -> None:
        """Take over the options that are given; raise ``InvalidInput`` for an empty one.

        A script whose variable is empty by mistake must not work on another database or tenant.
        """
        given = {"--database": database, "--tenant": tenant, "--at": at, "--secret-file": secret_file}
        for name, value in given.items():
            if value is not None and not value.strip():
                raise InvalidInput("{option} is empty.", hint="Give it a value, or leave it out.", option=name)
        self.settings = Settings(
            database or self.settings.database,
            tenant or self.settings.tenant,
            None if secret_file else self.settings.secret,  # what is said outright goes before the environment
            secret_file or self.settings.secret_file,
        )
        self.at_text = at or self.at_text

    def close(self) -> None:
        """Close the database."""
        with self._closing:
            if self._application is not None:
                self._application.close()


def _user() -> str:
    """Return the name by which the machine knows its user, or the program's where it knows none."""
    try:
        return getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        from kohorte.core.bus import NOBODY  # noqa: PLC0415 - few need it

        return NOBODY


def with_time(text: str) -> str:
    """Return an instant as it was typed; a day means its beginning."""
    stripped = text.strip()
    return f"{stripped} 00:00" if len(stripped) == len("2024-02-29") else stripped


def new_session() -> Session:
    """Return the session of a run, before any command's own options."""
    language = reader_language()
    return Session(settings_from(), language, Output(language))


def common(*, reading: bool = False, evaluating: bool = False) -> Callable[[F], F]:
    """Give a command the options that all have, and the session as its first argument.

    ``reading`` adds ``--json``, ``evaluating`` adds ``--at``. The options may stand before or after the command's name.
    """

    def decorate(function: F) -> F:
        @click.pass_context
        def with_session(context: click.Context, /, *args: Any, **given: Any) -> Any:
            session: Session = context.obj
            given.pop("as_json", None)  # the whole command line was asked for it
            session.change(
                database=given.pop("database", None), tenant=given.pop("tenant", None), at=given.pop("at", None)
            )
            return function(session, *args, **given)

        wrapped: Any = update_wrapper(with_session, function)
        for declare in reversed(_options(reading=reading, evaluating=evaluating)):
            wrapped = declare(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


def _options(*, reading: bool, evaluating: bool) -> list[Callable[[Any], Any]]:
    chosen = [
        option(
            "--database", metavar="URL", help="Database to use, instead of KOHORTE_DATABASE or sqlite:///kohorte.db."
        ),
        option(
            "--tenant",
            metavar="NAME",
            shell_complete=offering(tenant_names),
            help="Tenant to work for, instead of KOHORTE_TENANT or default.",
        ),
    ]
    if evaluating:
        chosen.append(option("--at", metavar="INSTANT", help=AT))
    if reading:
        chosen.append(option("--json", "as_json", is_flag=True, help="Print JSON for programs."))
    return chosen
