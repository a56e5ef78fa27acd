"""A machine that does the same to a storage and to a model of it, in any order, and sees that they stay equal."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.customers.model import Customer
from kohorte.core.errors import KohorteError, NotFound
from kohorte.core.lists.model import StoredList
from kohorte.core.ports.jobs import Job
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import CheckedRule, Rules
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.segments.model import Leaving, Segment, SegmentRule, SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import everything
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, ListedReferences
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, batches, moneys, texts

CUSTOMS: Final = a_custom_field_of_each_kind("contact", "items")
RULES: Final = (
    "contact.first_name is set",
    "purchases.count >= 2 or customer.name is set",
    "not any items(quantity > 0) and contact.my_boolean != true",
    "purchases(last 30 days).sum(amount) > 100 GBP",
    "did not have activity in the last 90 days",
)
LEASE: Final = timedelta(minutes=1)
FEW: Final = st.sampled_from(("1", "2", "3"))


class StorageMachine(RuleBasedStateMachine):
    """Change two storages alike. Both take their time from one clock; ids may differ."""

    def __init__(self, subject: Storage, model: Storage, clock: FixedClock, language: Rules) -> None:
        super().__init__()
        self.sides: Sequence[tuple[Storage, Tenant]] = [(each, add_tenant(each)) for each in (subject, model)]
        self.clock, self.language = clock, language
        self.ids = CountingIds(3_000_000)
        self.jobs: list[Sequence[Job]] = []
        rule = SegmentRule(1, RULES[0], {}, frozenset(), frozenset(), frozenset(), NOON)
        self.segment = Segment(self.ids.new(), "S", rule, NOON, NOON, type=SegmentType.HYBRID)
        self.stored_list = StoredList(self.ids.new(), "L", NOON)
        self.both(self._prepare)

    def _prepare(self, work: UnitOfWork) -> None:
        for custom in CUSTOMS:
            work.custom_fields.add(custom)
        self.segment.version = 0
        work.segments.save(self.segment)
        work.lists.add(self.stored_list)

    # -- the same on both sides --------------------------------------------------------------------------------------

    def both(self, step: Callable[[UnitOfWork], Any], *, commit: bool = True) -> list[Any]:
        """Do a step in a unit of work on both sides; return what came of it, or the kind of error."""
        return [self._once(storage, tenant, step, commit) for storage, tenant in self.sides]

    def _once(self, storage: Storage, tenant: Tenant, step: Callable[[UnitOfWork], Any], commit: bool) -> Any:
        try:
            with storage.work(tenant) as work:
                result = step(work)
                if commit:
                    work.commit()
                return result
        except KohorteError as error:
            return type(error)

    def alike(self, step: Callable[[UnitOfWork], Any], *, commit: bool = True) -> Any:
        """Do a step on both sides, and see that the same comes of it."""
        subject, model = self.both(step, commit=commit)
        assert subject == model
        return subject

    # -- what may happen ---------------------------------------------------------------------------------------------

    @rule(data=st.data(), kind=st.sampled_from(RecordKind), commit=st.booleans())
    def write_a_batch(self, data: st.DataObject, kind: RecordKind, commit: bool) -> None:
        batch = data.draw(batches(kind, CUSTOMS))
        self.alike(lambda work: work.records.write(batch), commit=commit)

    @rule(key=FEW, name=st.none() | texts())
    def save_a_customer(self, key: str, name: str | None) -> None:
        fresh = self.ids.new()

        def save(work: UnitOfWork) -> int:
            customer = _or_new(work.customers.by_key, key, lambda: Customer(fresh, key))
            customer.name = name
            work.customers.save(customer)
            return len(work.customers.by_key(key).name or "")

        self.alike(save)

    @rule(key=FEW, name=st.none() | texts(), customer=st.none() | FEW)
    def save_a_contact(self, key: str, name: str | None, customer: str | None) -> None:
        fresh = self.ids.new()

        def save(work: UnitOfWork) -> str | None:
            contact = _or_new(work.contacts.by_key, key, lambda: Contact(fresh, key, NOON))
            contact.first_name, contact.customer = name, customer
            work.contacts.save(contact)
            return work.contacts.by_key(key).customer

        self.alike(save)

    @rule(key=FEW, contact=FEW, items=st.lists(FEW, unique=True), amount=st.none() | moneys("GBP"))
    def save_a_purchase(self, key: str, contact: str, items: list[str], amount: Any) -> None:
        fresh = {item: self.ids.new() for item in (*items, "")}

        def save(work: UnitOfWork) -> int:
            purchase = _or_new(
                work.purchases.by_key, key, lambda: Purchase(fresh[""], key, contact, self.clock.now(), "GBP")
            )
            known = {item.key: item for item in purchase.items}
            purchase.contact, purchase.currency, purchase.amount = contact, "GBP", amount
            purchase.items = tuple(
                PurchaseItem(known[item].id if item in known else fresh[item], item, amount=amount) for item in items
            )
            work.purchases.save(purchase)
            return len(work.purchases.by_key(key).items)

        self.alike(save)

    @rule(key=FEW, contact=FEW, ahead=st.integers(-200, 200))
    def save_an_activity(self, key: str, contact: str, ahead: int) -> None:
        fresh = self.ids.new()

        def save(work: UnitOfWork) -> None:
            activity = _or_new(work.activities.by_key, key, lambda: Activity(fresh, key, contact, "call", NOON))
            activity.contact, activity.at = contact, self.clock.now() + timedelta(days=ahead)
            work.activities.save(activity)

        self.alike(save)

    @rule(
        text=st.sampled_from(RULES),
        version=st.integers(1, 3),
        leave=st.none() | st.sampled_from(RULES),
        stay=st.integers(0, 2),
        days=st.sampled_from((-1, 0, 0, 1)),
        some=st.none() | st.sets(FEW, min_size=1),
    )
    def calculate_the_segment(
        self, text: str, version: int, leave: str | None, stay: int, days: int, some: set[str] | None
    ) -> None:
        at = self.clock.now() + timedelta(days=days)

        def calculate(work: UnitOfWork) -> Any:
            checked, leaving = self._check(text, work), None if leave is None else self._check(leave, work)
            assert work.audiences.count(checked, at) == len(work.audiences.sample(checked, at, 100))
            rule = evolve(self.segment.ruled, version=version, leaving=Leaving(stay, leave))
            segment = evolve(self.segment, rule=rule)
            ids = None if some is None else _ids(work, some)
            return work.audiences.calculate(segment, checked, at, leave=leaving, of=ids, by=text)

        self.alike(calculate)

    def _check(self, text: str, work: UnitOfWork) -> CheckedRule:
        return self.language.check(text, tenant_catalogue(work), ListedReferences("Europe/Berlin"))

    @rule(keys=st.sets(FEW, min_size=1), side=st.sampled_from((*Side, None)))
    def put_into_the_segment(self, keys: set[str], side: Side | None) -> None:
        def put(work: UnitOfWork) -> None:
            if side is None:
                work.pins.release(self.segment.id, _ids(work, keys))
            else:
                work.pins.put(self.segment.id, _ids(work, keys), side, by="eve", at=self.clock.now())

        self.alike(put)

    @rule(entries=st.lists(texts(), max_size=5), commit=st.booleans())
    def add_to_the_list(self, entries: list[str], commit: bool) -> None:
        self.alike(lambda work: work.lists.add_entries(self.stored_list.id, entries), commit=commit)

    @rule(kind=st.sampled_from("ab"), seconds=st.integers(0, 90), mark=st.sampled_from((None, "x", "y")))
    def add_a_job(self, kind: str, seconds: int, mark: str | None) -> None:
        due_at = self.clock.now() + timedelta(seconds=seconds)
        self.alike(lambda work: work.jobs.add(kind, {"due": seconds}, due_at=due_at, unique=mark) is None)

    @rule(kinds=st.sampled_from(((), ("a",), ("a", "b"))), limit=st.integers(1, 3))
    def claim_jobs(self, kinds: Sequence[str], limit: int) -> None:
        claimed = self.both(lambda work: work.jobs.claim(now=self.clock.now(), lease=LEASE, kinds=kinds, limit=limit))
        assert [_told(job) for job in claimed[0]] == [_told(job) for job in claimed[1]]
        self.jobs += zip(*claimed, strict=True)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), end=st.sampled_from(("done", "retry", "give up", "extend")))
    def end_a_job(self, data: st.DataObject, end: str) -> None:
        jobs = data.draw(st.sampled_from(self.jobs))
        by_side = iter(jobs)

        def finish(work: UnitOfWork) -> Any:
            job = next(by_side)
            if end == "done":
                return work.jobs.done(job)
            if end == "extend":
                return work.jobs.extend(job, until=self.clock.now() + 2 * LEASE)
            return work.jobs.failed(job, end, retry_at=self.clock.now() + LEASE if end == "retry" else None)

        self.alike(finish)

    @rule(by=st.sampled_from((timedelta(seconds=30), timedelta(days=1), timedelta(days=40))))
    def let_time_pass(self, by: timedelta) -> None:
        self.clock.advance(by)

    # -- what must always be so --------------------------------------------------------------------------------------

    @invariant()
    def both_hold_the_same(self) -> None:
        subject, model = (everything(storage, tenant) for storage, tenant in self.sides)
        assert subject == model

    @invariant()
    def both_have_the_same_members_jobs_and_entries(self) -> None:
        self.alike(lambda work: _members(work, self.segment))
        self.alike(lambda work: [_told(job) for job in work.jobs.unfinished()])
        self.alike(lambda work: list(work.lists.entries(self.stored_list.id, 100)))


def _or_new(by_key: Callable[[str], Any], key: str, make: Callable[[], Any]) -> Any:
    try:
        return by_key(key)
    except NotFound:
        return make()


def _ids(work: UnitOfWork, keys: set[str]) -> Sequence[UUID]:
    return sorted(work.pins.find(sorted(keys)).values())


def _told(job: Job) -> tuple[object, ...]:
    return job.kind, job.data, job.due_at, job.attempts, job.error


def _members(work: UnitOfWork, segment: Segment) -> list[tuple[object, ...]]:
    found = work.audiences.members(segment.id)
    stored = work.segments.by_id(segment.id)
    return [
        (stored.member_count, stored.calculated_at, stored.moved_at),
        *sorted((each.person.key, each.entered_at, each.left_at, each.rule_version, each.added_by) for each in found),
        *sorted((each.person.key, each.side.value, each.at) for each in work.pins.page(segment.id)),
        *_changes(work, segment),
    ]


def _changes(work: UnitOfWork, segment: Segment) -> Iterator[tuple[object, ...]]:
    """Yield every change of the segment's members, with keys in the place of ids."""
    keys = {contact_id: key for key, contact_id in work.pins.find(("1", "2", "3")).items()}
    for number in count(1):
        found = work.audiences.changes(segment.id, number)
        if not found:
            return
        told = ((keys[each.contact_id], each.entered, each.at, each.by, each.rule_version) for each in found)
        yield number, *sorted(told)
