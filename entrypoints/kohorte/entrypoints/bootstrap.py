"""Composition: the only place that chooses adapters, by URL, and puts core and adapters together.

Third parties add a storage by an entry point of the group ``kohorte.adapters``: its name is the URL's scheme, its
object has what ``StorageAdapter`` says.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

from attrs import field, frozen

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.rendering import JinjaRendering
from kohorte.adapters.secrets import SystemSecrets
from kohorte.adapters.signing import make_secret, open_signing
from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidInput, NotFound, StorageUnavailable
from kohorte.core.jobs.running import Runner
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.signing import Signing
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.registry import registry
from kohorte.core.tenants.model import Tenant
from kohorte.dsl.language import RuleLanguage

GROUP: Final = "kohorte.adapters"
EXAMPLES: Final = "Write it like sqlite:///kohorte.db or postgresql://user:password@localhost:5432/kohorte."
_OWN: Final = dict.fromkeys(("sqlite", "postgresql", "postgres"), "kohorte.adapters.storage.adapter")


class Migrated(Protocol):
    """What a migration did: the database's version before and after."""

    @property
    def before(self) -> int:
        """Return the version before; 0 is an empty database."""
        ...

    @property
    def after(self) -> int:
        """Return the version now."""
        ...


class Statement(Protocol):
    """What a database is asked for a rule."""

    @property
    def dialect(self) -> str:
        """Return the kind of database."""
        ...

    @property
    def sql(self) -> str:
        """Return the statement."""
        ...

    @property
    def parameters(self) -> Mapping[str, object]:
        """Return the values bound in it."""
        ...


class ClosableStorage(Storage, Protocol):
    """A storage that holds connections."""

    def close(self) -> None:
        """Close all connections."""
        ...


class StorageAdapter(Protocol):
    """How a kind of database is opened and migrated."""

    def open_storage(self, url: str, *, clock: Clock, ids: Ids) -> ClosableStorage:
        """Return the storage of a migrated database; raise ``StorageUnavailable`` where it cannot be used."""
        ...

    def migrate(self, url: str, *, clock: Clock, ids: Ids, application_role: str | None = None) -> Migrated:
        """Make the database or bring it to this version."""
        ...

    def secret_file(self, url: str) -> Path | None:
        """Return where the secret lies that signs for this database, if it has a place for one."""
        ...

    def statement(self, work: UnitOfWork, rule: CheckedRule, at: datetime) -> Statement | None:
        """Return the statement that selects a rule's contacts; None where no statement is needed."""
        ...


@frozen(slots=False)  # the cached property is kept
class Application:
    """Kohorte, put together over one database."""

    adapter: StorageAdapter
    storage: ClosableStorage
    bus: Bus
    clock: Clock
    ids: Ids
    rules: Rules
    _open_signing: Callable[[], Signing] = field(repr=False)  # it holds the secret

    @cached_property
    def signing(self) -> Signing:
        """Return what signs cursors, links and tokens; raise ``SecretMissing`` or ``InvalidInput`` for its secret."""
        return self._open_signing()

    @cached_property
    def runner(self) -> Runner:
        """Return what carries out jobs."""
        from kohorte.entrypoints.job_runners import carry_out  # noqa: PLC0415 - slow to read, and only workers need it

        return carry_out

    def tenant(self, name: str) -> Tenant:
        """Return a tenant by name; raise ``NotFound`` with the names there are."""
        with self.storage.tenants() as tenants:
            known = {each.name: each for each in tenants.all()}
        if name not in known:
            raise NotFound(
                'There is no tenant "{name}".',
                hint="Known are: {known}. Make another with: kohorte tenant create NAME",
                name=name[:80],
                known=", ".join(known) or "–",
            )
        return known[name]

    def close(self) -> None:
        """Close the database."""
        self.storage.close()


def open_application(
    database: str,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    secret: str | None = None,
    secret_file: str | None = None,
) -> Application:
    """Return the application over a migrated database; raise ``StorageUnavailable`` or ``InvalidInput``.

    ``secret``, or else the file, is asked for when something must be signed; without either, the file that
    ``migrate_database`` made beside the database.
    """
    clock, ids = clock or SystemClock(), ids or TimedIds()
    rules = RuleLanguage()
    adapter = _adapter(database)
    storage = adapter.open_storage(database, clock=clock, ids=ids)
    bus = Bus(registry(), clock, ids, rules, storage, SystemSecrets(), JinjaRendering())
    signing = partial(open_signing, secret, _secret_file(adapter, database, secret_file))
    return Application(adapter, storage, bus, clock, ids, rules, signing)


def migrate_database(
    database: str, *, application_role: str | None = None, secret: str | None = None, secret_file: str | None = None
) -> Migrated:
    """Make the database or bring it to this version; harmless when it has that version already.

    Unless there is a secret to sign with, one is made in the file, or else beside a database that is a file itself.
    """
    adapter = _adapter(database)
    done = adapter.migrate(database, clock=SystemClock(), ids=TimedIds(), application_role=application_role)
    file = _secret_file(adapter, database, secret_file)
    if not secret and file is not None:
        make_secret(file)
    return done


def _secret_file(adapter: StorageAdapter, database: str, given: str | None) -> Path | None:
    return Path(given) if given else adapter.secret_file(database)


def _adapter(database: str) -> StorageAdapter:
    kind, sign, _ = database.partition("://")
    if not sign:  # anything may stand there, even a password
        raise InvalidInput("The database URL cannot be read.", hint=EXAMPLES)
    scheme = kind.partition("+")[0]
    if scheme in _OWN:
        try:
            found: StorageAdapter = import_module(_OWN[scheme])
        except ModuleNotFoundError as missing:
            raise StorageUnavailable(
                "This installation cannot use databases: {package} is missing.",
                hint='Install it: pip install "kohorte[server]"',
                package=missing.name,
            ) from None
        return found
    for entry_point in entry_points(group=GROUP, name=scheme):
        loaded: StorageAdapter = entry_point.load()
        return loaded
    raise InvalidInput(
        'Kohorte does not know databases of the kind "{scheme}".',
        hint=EXAMPLES,
        scheme=scheme[:40],
    )
