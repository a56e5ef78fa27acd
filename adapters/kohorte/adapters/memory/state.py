"""What a tenant has, and the transactions over it."""

from collections.abc import Iterator, Mapping
from copy import copy
from datetime import datetime
from threading import Lock, get_ident
from time import monotonic
from typing import Final, TypeVar
from uuid import UUID

from attrs import define, evolve, field, fields, frozen

from kohorte.core.access.model import ApiKey
from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.customers.model import Customer
from kohorte.core.errors import StorageUnavailable, TookTooLong
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.imports.model import ImportRun
from kohorte.core.jobs.model import JobRun
from kohorte.core.lists.model import StoredList
from kohorte.core.messages import Event
from kohorte.core.ports.answers import Answer
from kohorte.core.ports.changes import Changed
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.ports.events import StoredEvent
from kohorte.core.ports.jobs import Job
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.model import Purchase
from kohorte.core.segments.model import Cause, Segment, SegmentRule
from kohorte.core.tenants.model import Tenant

K = TypeVar("K")
V = TypeVar("V")

PATIENCE: Final = 5.0
"""Seconds for which a unit of work waits until another one that writes has ended."""


@frozen
class WaitingRow:
    """A row whose parent is not there, or that does not fit it: then ``problem`` says why."""

    parent_key: str
    columns: Mapping[str, object]
    problem: str = ""


@frozen
class KeptJob:
    """A job with its mark and its lease; one that is given up is never handed out again."""

    job: Job
    unique: str | None = None
    leased_until: datetime | None = None
    given_up: bool = False


@frozen
class KeptFile:
    """A file; its size is None until it is complete."""

    name: str
    expires_at: datetime
    chunks: tuple[bytes, ...] = ()
    size: int | None = None


@frozen
class KeptEvent:
    """An event, and how it is kept."""

    event: Event
    stored: StoredEvent


@frozen
class Stay:
    """A contact's stay in a segment, and the numbers of the changes with which it began and ended."""

    contact_id: UUID
    entered_change: int
    entered_at: datetime
    cause: Cause
    added_by: str
    rule_version: int
    left_change: int | None = None
    left_at: datetime | None = None
    left_cause: Cause | None = None
    removed_by: str | None = None


@frozen
class KeptPin:
    """Where a contact was put, by whom and since when."""

    side: Side
    by: str
    at: datetime


@define
class State:
    """All rows of a tenant, aggregates by key. What lies in it is replaced, never changed."""

    customers: dict[str, Customer] = field(factory=dict[str, Customer])
    contacts: dict[str, Contact] = field(factory=dict[str, Contact])
    purchases: dict[str, Purchase] = field(factory=dict[str, Purchase])
    purchase_of_item: dict[str, str] = field(factory=dict[str, str])
    activities: dict[str, Activity] = field(factory=dict[str, Activity])
    waiting: dict[tuple[RecordKind, str], WaitingRow] = field(factory=dict[tuple[RecordKind, str], WaitingRow])
    custom_fields: dict[tuple[str, str], CustomField] = field(factory=dict[tuple[str, str], CustomField])
    lists: dict[UUID, StoredList] = field(factory=dict[UUID, StoredList])
    entries: dict[UUID, frozenset[str]] = field(factory=dict[UUID, frozenset[str]])
    segments: dict[UUID, Segment] = field(factory=dict[UUID, Segment])
    rules: dict[UUID, tuple[SegmentRule, ...]] = field(factory=dict[UUID, tuple[SegmentRule, ...]])
    stays: dict[UUID, tuple[Stay, ...]] = field(factory=dict[UUID, tuple[Stay, ...]])
    changes: dict[UUID, int] = field(factory=dict[UUID, int])
    """The number of the last change of a segment's members."""
    pins: dict[UUID, Mapping[UUID, KeptPin]] = field(factory=dict[UUID, Mapping[UUID, KeptPin]])
    api_keys: dict[UUID, ApiKey] = field(factory=dict[UUID, ApiKey])
    answers: dict[str, tuple[datetime, Answer]] = field(factory=dict[str, tuple[datetime, Answer]])
    due: dict[UUID, Mapping[UUID, datetime]] = field(factory=dict[UUID, Mapping[UUID, datetime]])
    """When time alone may next change whether a contact belongs to a segment: kept until ``due_until``."""
    due_until: dict[UUID, datetime] = field(factory=dict[UUID, datetime])
    export_templates: dict[UUID, ExportTemplate] = field(factory=dict[UUID, ExportTemplate])
    imports: dict[UUID, ImportRun] = field(factory=dict[UUID, ImportRun])
    jobs: dict[UUID, KeptJob] = field(factory=dict[UUID, KeptJob])
    job_runs: dict[UUID, JobRun] = field(factory=dict[UUID, JobRun])
    files: dict[UUID, KeptFile] = field(factory=dict[UUID, KeptFile])
    outbox: list[KeptEvent] = field(factory=list[KeptEvent])
    recorded: int = 0
    forgotten: int = 0
    changed: dict[UUID, Changed] = field(factory=dict[UUID, Changed])
    """What each transaction changed that has not been dealt with."""

    def copy(self) -> "State":
        """Return a state that can be written while others read this one."""
        return State(**{each.name: copy(getattr(self, each.name)) for each in fields(State)})


@define
class TenantData:
    """A tenant's committed state. One unit of work writes at a time; reading needs no permission."""

    committed: State = field(factory=State)
    _writing: Lock = field(factory=Lock)
    _writer: int | None = None

    def acquire(self) -> None:
        """Wait for permission to write; raise ``StorageUnavailable`` where it does not come."""
        waited = self._writer != get_ident() and self._writing.acquire(timeout=PATIENCE)
        if not waited:
            raise StorageUnavailable(
                "Another unit of work is writing to this tenant.", hint="End it first: commit, or leave its block."
            )
        self._writer = get_ident()

    def release(self) -> None:
        """Let others write."""
        self._writer = None
        self._writing.release()


@define
class Transaction:
    """What every repository works in: ``seen`` to read, ``written`` to write.

    It sees what others commit until it writes for the first time; from then on nobody else can.
    """

    data: TenantData
    tenant: Tenant
    clock: Clock
    ids: Ids
    reading: bool
    until: float | None = None
    _own: State | None = None

    @property
    def seen(self) -> State:
        """Return the state to read."""
        self._refuse_late()
        return self._own or self.data.committed

    @property
    def written(self) -> State:
        """Return the state to write; nobody else writes until the transaction ends."""
        self._refuse_late()
        if self._own is None:
            if self.reading:
                raise StorageUnavailable("This unit of work was opened for reading.", hint="Open one for writing.")
            self.data.acquire()
            self._own = self.data.committed.copy()
        return self._own

    def _refuse_late(self) -> None:
        if self.until is not None and monotonic() >= self.until:
            raise TookTooLong(
                "The time for this is over.", hint="Ask for less, make the rule simpler, or let a worker do it."
            )

    def commit(self) -> None:
        """Let everybody see what was written, and note whom it concerns."""
        if self._own is not None:
            changed = differences(self.data.committed, self._own)
            if changed != Changed():
                mark = self.ids.new()
                self._own.changed[mark] = evolve(changed, marks=[mark])
            self.data.committed = self._own
            self.end()

    def end(self) -> None:
        """Forget what was not committed."""
        if self._own is not None:
            self._own = None
            self.data.release()


# -- what a transaction changed ------------------------------------------------------------------------------------


def differences(before: State, after: State) -> Changed:
    """Return the contacts and lists in which two states differ: what is the same is the same object."""
    keys = {key for key, _ in _different(before.contacts, after.contacts)}
    keys |= {each.contact for _, each in _different(before.purchases, after.purchases)}
    keys |= {each.contact for _, each in _different(before.activities, after.activities)}
    customers = {key for key, _ in _different(before.customers, after.customers)}
    keys |= {key for key, contact in after.contacts.items() if contact.customer in customers}
    changed = {after.contacts[key].id for key in keys}
    for segment in after.segments.values():
        if not segment.is_ruled_alone:
            stays = {*before.stays.get(segment.id, ())} ^ {*after.stays.get(segment.id, ())}
            changed |= {stay.contact_id for stay in stays}
    return Changed(frozenset(changed), frozenset(key for key, _ in _different(before.entries, after.entries)))


def _different(before: Mapping[K, V], after: Mapping[K, V]) -> Iterator[tuple[K, V]]:
    """Yield what is not the same in two states, as it was and as it is."""
    for key in before.keys() | after.keys():
        was, is_now = before.get(key), after.get(key)
        if was is not is_now:
            yield from ((key, each) for each in (was, is_now) if each is not None)
