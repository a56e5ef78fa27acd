"""Storage: transactions of one tenant, with a repository per subject."""

from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from kohorte.core.access.model import ApiKey
from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.customers.model import Customer
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.imports.model import ImportRun
from kohorte.core.lists.model import StoredList
from kohorte.core.messages import Event
from kohorte.core.ports.answers import Answers
from kohorte.core.ports.audiences import Audiences
from kohorte.core.ports.changes import Changes
from kohorte.core.ports.draws import Draws
from kohorte.core.ports.due import Due
from kohorte.core.ports.events import Events
from kohorte.core.ports.files import Files
from kohorte.core.ports.job_runs import JobRuns
from kohorte.core.ports.jobs import Jobs
from kohorte.core.ports.known_values import KnownValues
from kohorte.core.ports.pins import Pins
from kohorte.core.ports.record_pages import RecordPages
from kohorte.core.ports.records import Records
from kohorte.core.purchases.model import Purchase
from kohorte.core.segments.listing import ListSegments, SegmentPage
from kohorte.core.segments.model import Failure, Segment, SegmentRule
from kohorte.core.tenants.model import Tenant


class Tenants(Protocol):
    """All tenants; the only repository that sees more than one."""

    def add(self, tenant: Tenant) -> None:
        """Store a new tenant; raise ``AlreadyExists`` where the name is taken."""
        ...

    def named(self, name: str) -> Tenant:
        """Return a tenant by name; raise ``NotFound``."""
        ...

    def all(self) -> Sequence[Tenant]:
        """Return all tenants by name."""
        ...


class Contacts(Protocol):
    """The tenant's contacts.

    This and the next three read and write one aggregate at a time. ``save`` raises ``Conflict`` also where a new
    aggregate's key is taken, and ``NotFound`` for a custom field that the tenant does not have; it stores what the
    caller holds with its version one higher, raises that version on the caller's aggregate too, and lets rows join that
    waited for it. Returned aggregates are the caller's own copies.
    """

    def by_key(self, key: str) -> Contact:
        """Return a contact; raise ``NotFound``."""
        ...

    def by_id(self, contact_id: UUID) -> Contact:
        """Return a contact; raise ``NotFound``."""
        ...

    def save(self, contact: Contact) -> None:
        """Insert (version 0) or update.

        Raise ``Conflict`` where the stored version is another, ``NotFound`` where the customer is unknown.
        """
        ...


class Customers(Protocol):
    """The tenant's customers."""

    def by_key(self, key: str) -> Customer:
        """Return a customer; raise ``NotFound``."""
        ...

    def by_id(self, customer_id: UUID) -> Customer:
        """Return a customer; raise ``NotFound``."""
        ...

    def save(self, customer: Customer) -> None:
        """Insert (version 0) or update; raise ``Conflict`` where the stored version is another."""
        ...


class Purchases(Protocol):
    """The tenant's purchases, each with its items."""

    def by_key(self, key: str) -> Purchase:
        """Return a purchase with all its items by their keys; raise ``NotFound``."""
        ...

    def by_id(self, purchase_id: UUID) -> Purchase:
        """Return a purchase with all its items by their keys; raise ``NotFound``."""
        ...

    def currencies(self) -> Sequence[str]:
        """Return the currencies of purchases, the commonest first; storage may ask a sample and miss rare ones."""
        ...

    def save(self, purchase: Purchase) -> None:
        """Insert (version 0) or update the purchase and exactly its items.

        Raise ``Conflict``, also where another purchase has one of the items; ``NotFound`` where the contact is unknown.
        """
        ...


class Activities(Protocol):
    """The tenant's activities."""

    def by_key(self, key: str) -> Activity:
        """Return an activity; raise ``NotFound``."""
        ...

    def by_id(self, activity_id: UUID) -> Activity:
        """Return an activity; raise ``NotFound``."""
        ...

    def save(self, activity: Activity) -> None:
        """Insert (version 0) or update; raise ``Conflict``, ``NotFound`` (contact)."""
        ...


class CustomFields(Protocol):
    """The tenant's custom fields."""

    def add(self, custom: CustomField) -> None:
        """Store a new field, with its index where one is asked for; raise ``AlreadyExists``."""
        ...

    def all(self) -> Sequence[CustomField]:
        """Return all fields by owner and name."""
        ...

    def save(self, custom: CustomField) -> None:
        """Store another name, description, choices, or wish for an index; raise ``AlreadyExists`` for a taken name.

        Values stay with the field, whatever its name: in records, in waiting rows, and for rules.
        """
        ...

    def remove(self, field_id: UUID) -> None:
        """Forget a field, and drop its index: from now on nobody can read its values, nor can a new field of its name.

        They are in the rows until ``purge`` has taken them out.
        """
        ...

    def purge(self, page: int = 5_000) -> Iterator[int]:
        """Take the values of removed fields out of records and waiting rows, so many rows at a time, with flat memory.

        Yield how many rows each step changed; the caller commits in between. What an earlier purge left is taken out
        too. No version of a record rises: who reads one sees no difference.
        """
        ...

    def count(self, custom: CustomField) -> int:
        """Return how many records (waiting ones excluded) have a value of a field."""
        ...

    def count_values(self, custom: CustomField, values: Sequence[str]) -> Mapping[str, int]:
        """Return how many records, waiting ones included, have each of some choices of an enumeration.

        Those that no record has are left out. Whoever writes many records at this moment is waited for.
        """
        ...


class StoredLists(Protocol):
    """The tenant's stored lists of addresses, keys or codes."""

    def add(self, stored: StoredList) -> None:
        """Store a new empty list; raise ``AlreadyExists`` where the name is taken."""
        ...

    def named(self, name: str) -> StoredList:
        """Return a list by name, with its number of entries; raise ``NotFound``."""
        ...

    def all(self) -> Sequence[StoredList]:
        """Return all lists by name."""
        ...

    def rename(self, list_id: UUID, name: str) -> None:
        """Give a list another name; raise ``AlreadyExists`` where it is taken."""
        ...

    def remove(self, list_id: UUID) -> None:
        """Delete a list with its entries."""
        ...

    def add_entries(self, list_id: UUID, entries: Sequence[str]) -> int:
        """Add entries (cleaned text), each kept once as it is; return how many were new."""
        ...

    def entries(self, list_id: UUID, limit: int) -> Sequence[str]:
        """Return the first entries in the order of their code points."""
        ...


class Segments(Protocol):
    """The tenant's segments."""

    def hold(self) -> None:
        """Let nobody else who holds them change what segments refer to, until this transaction ends.

        Whoever asks who depends on a segment, list or field, or lets one depend on it, asks for this before anything is
        read.
        """
        ...

    def by_name(self, name: str) -> Segment:
        """Return the segment in use of that name, or else the one that was archived last; raise ``NotFound``.

        An archived segment leaves its name to others.
        """
        ...

    def by_id(self, segment_id: UUID) -> Segment:
        """Return a segment; raise ``NotFound``."""
        ...

    def lock(self, segment_id: UUID) -> Segment:
        """Return a segment that nobody else calculates or changes until this transaction ends; raise ``NotFound``.

        What is read afterwards, such as the rules that its own refers to, is not older than the segment: whoever
        changes those marks it as stale, and waits for that.
        """
        ...

    def all(self, *, archived: bool = False) -> Sequence[Segment]:
        """Return segments by name; archived ones only on request."""
        ...

    def page(self, query: ListSegments) -> SegmentPage:
        """Return a page of segments, and how many there are in all; the query is as ``ListSegments.cleaned`` has it.

        The order is the same everywhere, texts by their code points: what changes between two pages moves nothing else.
        """
        ...

    def save(self, segment: Segment) -> None:
        """Insert (version 0) or update; a changed rule is added to its history.

        ``member_count``, ``calculated_at`` and ``moved_at`` stay as calculations noted them, whatever the segment in
        hand says; one that is ``stale`` in hand becomes so, and none stops being so. One without a ``failure`` in hand
        has none afterwards; a failure in hand is not saved.
        Raise ``Conflict`` where the stored version is another, ``AlreadyExists`` where the name is taken.
        """
        ...

    def mark_stale(self, segment_id: UUID) -> None:
        """Note that all members of a segment must be calculated; that is no change of its version."""
        ...

    def awaiting(self, now: datetime) -> Sequence[UUID]:
        """Return the active segments of which all members must be calculated, and not only later for having failed."""
        ...

    def held(self) -> Set[UUID]:
        """Return the segments that others calculate at this moment, or fill with bounds (and perhaps some more).

        Whoever begins to afterwards sees all that was committed before.
        """
        ...

    def edition(self) -> Hashable:
        """Return a value that is another one once a segment was made, saved or deleted. It is cheap to ask for."""
        ...

    def versions(self) -> Mapping[UUID, int]:
        """Return the version of each segment that is not archived."""
        ...

    def note_failure(self, segment_id: UUID, failure: Failure | None) -> None:
        """Note that a segment could not be calculated, and is stale; or, with None, that nothing hinders it any more.

        That is no change of its version, and nothing happens where there is no such segment.
        """
        ...

    def remove(self, segment: Segment) -> None:
        """Delete a segment with its rules, its pins, its bounds and its members, the past ones too.

        Raise ``Conflict`` where the stored version is another.
        """
        ...

    def rule_versions(self, segment_id: UUID) -> Sequence[SegmentRule]:
        """Return the history of the rule, the newest first."""
        ...


class ImportRuns(Protocol):
    """What was imported when."""

    def save(self, run: ImportRun) -> None:
        """Insert or update a run by its id."""
        ...

    def latest(self, limit: int = 20) -> Sequence[ImportRun]:
        """Return the latest runs, the newest first."""
        ...


class ApiKeys(Protocol):
    """The tenant's API keys. A key never changes but in the two ways below, and neither undoes the other."""

    def add(self, key: ApiKey) -> None:
        """Store a new key; raise ``AlreadyExists`` where one that was not revoked has the name."""
        ...

    def by_id(self, key_id: UUID) -> ApiKey:
        """Return a key; raise ``NotFound``."""
        ...

    def all(self) -> Sequence[ApiKey]:
        """Return all keys by name and id, the revoked ones too."""
        ...

    def revoke(self, key_id: UUID, at: datetime) -> bool:
        """Note when a key was revoked, which leaves its name to others.

        Return False where it was before, or is unknown.
        """
        ...

    def note_use(self, key_id: UUID, day: date) -> None:
        """Note the last day on which a key was used; nothing is written where it is noted."""
        ...


class ExportTemplates(Protocol):
    """The tenant's export templates. What is returned is the caller's own copy."""

    def by_name(self, name: str) -> ExportTemplate:
        """Return a template; raise ``NotFound``."""
        ...

    def by_id(self, template_id: UUID) -> ExportTemplate:
        """Return a template; raise ``NotFound``."""
        ...

    def all(self) -> Sequence[ExportTemplate]:
        """Return all templates by name."""
        ...

    def save(self, template: ExportTemplate) -> None:
        """Insert (version 0) or update, and raise the caller's version by one.

        Raise ``Conflict`` where the stored version is another, ``AlreadyExists`` where the name is taken.
        """
        ...

    def remove(self, template: ExportTemplate) -> None:
        """Delete a template; raise ``Conflict`` where the stored version is another."""
        ...


class UnitOfWork(Protocol):
    """One transaction of one tenant: all of it happens, with its events, or nothing does.

    Leaving the ``with`` block without ``commit`` rolls back. Nothing of another tenant can be read or written.
    """

    @property
    def tenant(self) -> Tenant:
        """Return the tenant."""
        ...

    @property
    def contacts(self) -> Contacts: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def purchases(self) -> Purchases: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def custom_fields(self) -> CustomFields: ...
    @property
    def lists(self) -> StoredLists: ...
    @property
    def segments(self) -> Segments: ...
    @property
    def records(self) -> Records: ...
    @property
    def record_pages(self) -> RecordPages: ...
    @property
    def audiences(self) -> Audiences: ...
    @property
    def draws(self) -> Draws: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def due(self) -> Due: ...
    @property
    def pins(self) -> Pins: ...
    @property
    def known_values(self) -> KnownValues: ...
    @property
    def imports(self) -> ImportRuns: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def export_templates(self) -> ExportTemplates: ...
    @property
    def events(self) -> Events: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def job_runs(self) -> JobRuns: ...
    @property
    def files(self) -> Files: ...

    def record(self, event: Event) -> None:
        """Put an event into the outbox; it exists exactly when the transaction commits."""
        ...

    def recorded(self) -> Sequence[Event]:
        """Return the events recorded so far, in order, across commits; those that were rolled back are gone.

        It can be asked after the ``with`` block too, and then names exactly the events that exist.
        """
        ...

    def commit(self) -> None:
        """Make everything so far durable; further work begins a new transaction."""
        ...

    def rollback(self) -> None:
        """Take back everything since the last commit, events too; further work begins a new transaction."""
        ...


class Storage(Protocol):
    """A database: many tenants, transactions of one at a time."""

    def tenants(self) -> AbstractContextManager[Tenants]:
        """Open a transaction over the list of tenants; it commits when the block ends without an error."""
        ...

    def find_key(self, tenant_id: UUID, key_id: UUID) -> tuple[Tenant, ApiKey] | None:
        """Return an API key with its tenant, by one indexed read; None where there is no such key of that tenant.

        It is asked with every request, and before the tenant is known to exist.
        """
        ...

    def work(
        self, tenant: Tenant, *, reading: bool = False, within: timedelta | None = None
    ) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction of one tenant. Raise ``StorageUnavailable`` where the database cannot be used.

        ``reading`` sees the database as it is at the first read, waits for no writer and delays none; whoever writes in
        it has made a mistake. Without it nobody else's write comes between what is read and what is written, or the
        write raises ``Conflict``.

        ``within`` is how long it may take: once that is over no read or write begins, and one that is under way is
        stopped after as much time again at the latest. Both raise ``TookTooLong``; what was not committed is not kept.
        """
        ...
