"""A machine that does random things to a shop and to the model of it, and compares both after every step."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kohorte.core.activities.commands import SaveActivity
from kohorte.core.bus import Bus
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.custom_fields.commands import AddField, RenameField
from kohorte.core.customers.commands import SaveCustomer
from kohorte.core.errors import KohorteError
from kohorte.core.imports.bulk import SaveRecords
from kohorte.core.lists.commands import AddEntries, CreateList
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.purchases.commands import SavePurchase
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment, DeleteSegment
from kohorte.core.segments.model import Cause, SegmentStatus, SegmentType
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.segments.versions import RestoreRule
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage
from tests.stories.membership.breaking import BreakableStorage, Crash, Fuse, Trouble
from tests.stories.membership.definitions import Definitions
from tests.stories.membership.following import Following, Seen
from tests.stories.membership.looking import Looking
from tests.stories.membership.model import KINDS, NOBODY, Kept, Model, Refused
from tests.stories.membership.records import money
from tests.stories.membership.small_rules import FIELDS, LIST, small_rules

DAY: Final = timedelta(days=1)
KEYS: Final = ("Ann", "Bob", "Cem", "Dee", "Eve")
NAMES: Final = tuple("ABCDEFGHIJK")
FEW: Final = st.integers(0, 3)
WHO: Final = st.sampled_from(KEYS)
PAUSES: Final = tuple(timedelta(minutes=each) for each in (1, 30, 60, 719, 1440, 1441, 2820, 4320))
STAYS: Final = st.sampled_from((0, 0, 0, 1, 2))
EVERY: Final = (None, None, None, timedelta(hours=6))
CUSTOMERS: Final = (("C1", "gold"), ("C2", None))
BEGINNING: Final[dict[str, dict[str, Any]]] = {
    "Ann": {"country": "DE", "score": 2, "customer": "C1", "birthday": date(1990, 5, 15)},
    "Bob": {"country": "DE", "renewed_on": date(2024, 5, 16), "customer": "C2"},
    "Cem": {"first_name": "Anna", "score": 0, "birthday": date(2000, 5, 17)},
    "Dee": {},
}
DONE: Final = (("Ann", 30, "call", None), ("Bob", -20, "call", "won"), ("Dee", 20, "visit", None))
"""Whose activities lie how many hours after noon, of which kind, with which outcome."""
BOUGHT: Final = (
    ("Ann", -47, 1500, "paid"),
    ("Ann", 5, 800, "open"),
    ("Bob", -20, 700, None),
    ("Cem", -71, -300, "paid"),
)
"""Who bought how many hours before noon, for how many cents."""
SEGMENTS: Final[dict[str, tuple[SegmentType, str | None, str | None, int]]] = {
    "A": (SegmentType.DYNAMIC, "purchases(last 2 days).count >= 1", None, 0),
    "B": (SegmentType.HYBRID, 'in segment "{s:A}" or contact.{f:score} >= 2', None, 0),
    "C": (SegmentType.DYNAMIC, "purchases(last 1 days).count >= 1", 'contact.country = "FR"', 1),
    "D": (SegmentType.STATIC, None, None, 0),
    "E": (SegmentType.DYNAMIC, '(in segment "{s:B}" and not in segment "{s:C}") or in segment "{s:D}"', None, 0),
    "F": (SegmentType.DYNAMIC, 'contact.key in list "vip" or contact.created_at more than 36 hours ago', None, 0),
    "G": (SegmentType.DYNAMIC, 'not in segment "{s:F}" and activities(next 1 days).count = 0', None, 1),
}
CONTACTS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "first_name": st.sampled_from(("Anna", "Bo", None)),
    "country": st.sampled_from(("DE", "AT", "FR", None)),
    "birthday": st.sampled_from((date(1990, 5, 15), date(1996, 2, 29), date(2000, 5, 17), None)),
    "score": st.none() | st.integers(0, 3),
    "renewed_on": st.none() | st.integers(12, 19).map(lambda day: date(2024, 5, day)),
}


class Shop(RuleBasedStateMachine):
    """Random doings in one tenant; the test gives it the storage and its clock."""

    storage: ClassVar[Storage]
    clock: ClassVar[FixedClock]

    def __init__(self) -> None:
        super().__init__()
        self.clock.at = NOON
        self.fuse = Fuse()
        self.breakable = BreakableStorage(self.storage, self.fuse)
        self.tenant = add_tenant(self.storage)
        self.bus = Bus(registry(), self.clock, CountingIds(3_000_000), RuleLanguage(), self.breakable)
        self.model = Model(self.clock)
        self.definitions, self.following = Definitions(self.model), Following(self.model)
        self.looking = Looking(self.bus, self.tenant, self.model)
        self.armed: tuple[int, type[BaseException]] | None = None
        self.is_open, self.dones = False, 0

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        """Begin with a small shop whose segments are foreseen, and with two more segments at random."""
        self.bus.run(CreateList(LIST), self.tenant)
        for custom in KINDS.items():
            self.bus.run(AddField("contact", *custom), self.tenant)
        for customer in CUSTOMERS:
            self.save_customer(*customer, importing=True)
        for key, values in BEGINNING.items():
            self.write_contacts({key: values})
        for number, (who, hours, cents, status) in enumerate(BOUGHT):
            self.import_purchases([f"P{number}"], who, hours, cents, "EUR", status)
        for number, activity in enumerate(DONE):
            self.save_activity(f"A{number}", *activity, importing=True)
        for name, (kind, text, leave, days) in SEGMENTS.items():
            self.make(name, kind, text and self._with_ids(text), leave, days, None)
        for name in NAMES[len(SEGMENTS) : len(SEGMENTS) + 2]:
            self.create(data, name)
        self.is_open = True
        self.do_a_round()

    # -- doing, and doing again ----------------------------------------------------------------------------------

    def attempt(self, act: Callable[[], Any]) -> tuple[str, Any]:
        """Do something, which may be refused, or break where it is time for that."""
        if self.armed is not None:
            self.fuse.set(*self.armed)
            self.armed = None
        else:
            self.fuse.set(None)
        try:
            return "done", act()
        except KohorteError as refused:
            return "refused", refused
        except (Crash, Trouble):
            return "broken", None
        finally:
            self.fuse.left = None

    def do(self, act: Callable[[], Any], effect: Callable[[], None]) -> Any:
        """Do what takes one transaction, again where it broke before the commit; the model does the same."""
        outcome, result = self.attempt(act)
        if outcome == "broken" and not self.fuse.commits:
            self.looking.compare(self.looking.see())
            outcome, result = self.attempt(act)
        self.looking.learn_ids(KEYS)
        try:
            effect()
        except Refused:
            assert outcome == "refused", "what must be refused was done"
        else:
            assert outcome != "refused", result
        if self.is_open:  # what it began with is compared at once
            self.looking.compare(self.looking.see())
            self.dones += 1
            if self.dones % 2 == 0:  # nothing comes of what nobody follows
                self.update()
        return result if outcome == "done" else None

    def work(self, command: Command[Any], effect: Callable[[Seen], None]) -> None:
        """Do what takes a transaction for each segment; where it broke, what was done counts, and it is done again."""
        outcome, results = self.attempt(lambda: self.bus.run(command, self.tenant))
        if outcome == "broken":
            seen = self.looking.see(broken_off=True)
            effect(seen)
            self.looking.compare(seen)
            outcome, results = self.attempt(lambda: self.bus.run(command, self.tenant))
        assert outcome == "done", results
        seen = self.looking.see(results=results)
        effect(seen)
        for each in results:
            members = getattr(each, "members", None)
            assert members in (None, len(self.model.segments[each.id].members)), each
        self.looking.compare(seen)

    def run(self, command: Command[Any], effect: Callable[[], None], by: str = NOBODY) -> Any:
        """Run a command of one transaction."""
        return self.do(lambda: self.bus.run(command, self.tenant, by=by), effect)

    @rule(
        data=st.data(),
        after=st.integers(0, 9) | st.integers(0, 60),
        failure=st.sampled_from((Crash, Crash, Trouble)),
        what=st.sampled_from(("update", "time", "calculate", "next")),
    )
    def break_soon(self, data: st.DataObject, after: int, failure: type[BaseException], what: str) -> None:
        """Let work break, or whatever is done next, if it takes so many steps; there is something to do."""
        self.dones = 0
        self.import_contacts(data, {data.draw(WHO)})
        self.armed = after, failure
        match what:
            case "update":
                self.update()
            case "time":
                self.follow_time(1)
            case "calculate":
                self.work(CalculateSegments(), lambda seen: self.following.calculate([], seen))

    # -- records -------------------------------------------------------------------------------------------------

    @rule(data=st.data(), keys=st.sets(WHO, min_size=1, max_size=3))
    def import_contacts(self, data: st.DataObject, keys: set[str]) -> None:
        """Import some columns of contacts."""
        self.write_contacts({key: self._contact(data) for key in sorted(keys)})

    def write_contacts(self, rows: dict[str, dict[str, Any]]) -> None:
        """Write contacts in one batch: with all columns that any of them has."""
        columns = sorted({name for values in rows.values() for name in values})
        for key, values in rows.items():
            rows[key] = {name: values.get(name) for name in columns}
        names = " ".join(self.model.fields.get(each, each) for each in columns)
        rows_of_values = [(key, *values.values()) for key, values in rows.items()]
        self._write(RecordKind.CONTACTS, f"key {names}", rows_of_values, lambda: self._saved(rows))

    @rule(data=st.data(), keys=st.sets(WHO, min_size=1, max_size=2), many=st.booleans())
    def save_contacts(self, data: st.DataObject, keys: set[str], many: bool) -> None:
        """Save one contact by its command, or several."""
        rows = {key: self._contact(data) for key in sorted(keys)}
        if many:
            texts = [{"key": key, **self._texts(values)} for key, values in rows.items()]
            self.run(SaveRecords(RecordKind.CONTACTS, texts), lambda: self._saved(rows))
            return
        for key, values in rows.items():
            self.run(SaveContact(key, self._texts(values)), partial(self._saved, {key: values}))

    @rule(key=FEW.map("C{}".format), category=st.sampled_from(("gold", "Gold", None)), importing=st.booleans())
    def save_customer(self, key: str, category: str | None, importing: bool) -> None:
        """Import a customer, or save it."""

        def effect() -> None:
            with self.model.changing() as records:
                records.save_customer(key, category)

        if importing:
            self._write(RecordKind.CUSTOMERS, "key category", [(key, category)], effect)
        else:
            self.run(SaveCustomer(key, {"category": category}), effect)

    @rule(
        keys=st.lists(FEW.map("P{}".format), min_size=1, max_size=2, unique=True),
        who=WHO,
        at=st.integers(-80, 40),
        cents=st.none() | st.integers(-500, 2000),
        currency=st.sampled_from(("EUR", "EUR", "GBP")),
        status=st.sampled_from(("paid", "open", None)),
    )
    def import_purchases(
        self, keys: list[str], who: str, at: int, cents: int | None, currency: str, status: str | None
    ) -> None:
        """Import purchases; they wait where nobody knows who bought."""
        told = self._hours(at), money(cents, currency), currency, status
        rows = [(key, who, *told) for key in keys]

        def effect() -> None:
            with self.model.changing() as records:
                for key in keys:
                    row = dict(zip(("at", "amount", "currency", "status"), told, strict=True))
                    records.save_row("purchases", key, {"contact": who, **row})

        self._write(RecordKind.PURCHASES, "key contact at amount currency status", rows, effect)

    @rule(
        key=FEW.map("P{}".format),
        who=WHO,
        at=st.integers(-80, 40),
        cents=st.integers(-500, 2000),
        items=st.dictionaries(st.sampled_from("abc"), st.tuples(st.sampled_from("XY"), st.integers(0, 3)), max_size=3),
    )
    def save_purchase(self, key: str, who: str, at: int, cents: int, items: dict[str, tuple[str, int]]) -> None:
        """Save a purchase with exactly these items; others that it had are gone."""
        if ("purchases", key) in self.model.records.waiting:
            return
        lines = {f"{key}{name}": {"product_code": code, "quantity": many} for name, (code, many) in items.items()}
        values = {"contact": who, "at": self._hours(at).isoformat(), "amount": f"{cents / 100:.2f}", "currency": "EUR"}
        texts = [{"key": name, **{each: str(value) for each, value in line.items()}} for name, line in lines.items()]

        def effect() -> None:
            if who not in self.model.records.contacts:
                raise Refused
            with self.model.changing() as records:
                row = {"contact": who, "at": self._hours(at), "amount": money(cents, "EUR"), "currency": "EUR"}
                records.purchases.setdefault(key, {"status": None}).update(row)
                records.items[key] = lines

        self.run(SavePurchase(key, values, texts), effect)

    @rule(
        key=FEW.map("A{}".format),
        who=WHO,
        at=st.integers(-80, 80),
        kind=st.sampled_from(("call", "visit")),
        outcome=st.sampled_from(("won", None)),
        importing=st.booleans(),
    )
    def save_activity(self, key: str, who: str, at: int, kind: str, outcome: str | None, importing: bool) -> None:
        """Import an activity, which may wait for its contact, or save it."""
        row: dict[str, Any] = {"contact": who, "at": self._hours(at), "kind": kind, "outcome": outcome}

        importing |= ("activities", key) in self.model.records.waiting

        def effect() -> None:
            if not importing and who not in self.model.records.contacts:
                raise Refused
            with self.model.changing() as records:
                records.save_row("activities", key, row)

        if importing:
            self._write(RecordKind.ACTIVITIES, "key contact at kind outcome", [(key, *row.values())], effect)
        else:
            self.run(SaveActivity(key, {**row, "at": row["at"].isoformat()}), effect)

    @rule(entries=st.sets(st.sampled_from(("DE", "AT", *KEYS)), min_size=1, max_size=2))
    def add_to_the_list(self, entries: set[str]) -> None:
        """Add to the list."""

        def effect() -> None:
            self.model.list_changed |= not entries <= self.model.records.entries
            self.model.records.entries |= entries

        self.run(AddEntries(LIST, sorted(entries)), effect)

    # -- segments ------------------------------------------------------------------------------------------------

    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def create(self, data: st.DataObject, name: str) -> None:
        """Create a segment of any type."""
        kind = data.draw(st.sampled_from((SegmentType.DYNAMIC, *SegmentType)))
        text, leave, days = None, None, 0
        if kind is not SegmentType.STATIC:
            text, leave, days = self._rule(data), self._leave(data), data.draw(STAYS)
        self.make(name, kind, text, leave, days, data.draw(st.sampled_from(EVERY)))

    def make(
        self, name: str, kind: SegmentType, text: str | None, leave: str | None, days: int, every: timedelta | None
    ) -> None:
        """Make a segment."""
        command = CreateSegment(
            name, self._text(text), type=kind, leave_when=self._text(leave), minimum_stay_days=days, every=every
        )

        def effect() -> None:
            with self.bus.ports(self.tenant, reading=True) as ports:
                made = ports.work.segments.by_name(name)
            self.definitions.create(Kept(made.id, name, kind, every), text, leave, days)

        self.run(command, effect)

    @precondition(lambda self: self.model.segments)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """Give a segment another rule, another way to leave, or another type."""
        segment = self._some(data)
        text = self._rule(data) if data.draw(st.integers(0, 2)) else None
        leave = data.draw(st.sampled_from((self._leave(data), None, "")))
        days = data.draw(st.none() | STAYS)
        kind = data.draw(st.sampled_from((None, None, None, SegmentType.DYNAMIC, SegmentType.HYBRID)))
        command = ChangeSegment(
            segment.id, self._text(text), leave_when=self._text(leave), minimum_stay_days=days, type=kind
        )
        self.run(command, lambda: self.definitions.change(segment, text, leave, days, kind))

    @precondition(lambda self: self.model.segments)
    @rule(data=st.data(), what=st.sampled_from(("name", "field", "every", "version", "active", "idle", "old", "gone")))
    def edit(self, data: st.DataObject, what: str) -> None:
        """Change something else about a segment, or what becomes of it."""
        segment, edits = self._some(data), self.definitions
        command: Command[Any]
        match what:
            case "name":
                name, rewrite = data.draw(st.sampled_from(NAMES)), data.draw(st.booleans())
                command = ChangeSegment(segment.id, new_name=name, rewrite=rewrite)
                self.run(command, lambda: edits.rename(segment, name, rewrite=rewrite))
            case "field":
                known = data.draw(st.sampled_from(sorted(FIELDS)))
                name = data.draw(st.sampled_from(FIELDS[known]))
                command = RenameField("contact", self.model.fields[known], name, rewrite=True)
                self.run(command, lambda: edits.rename_field(known, name))
            case "every":
                every = data.draw(st.sampled_from((timedelta(0), timedelta(hours=6), DAY)))
                self.run(ChangeSegment(segment.id, every=every), lambda: edits.repeat(segment, every))
            case "version":
                number = data.draw(st.integers(1, max(1, len(segment.versions))))
                self.run(RestoreRule(segment.id, number), lambda: edits.restore(segment, number))
            case "active":
                self.run(ActivateSegment(segment.id), lambda: edits.become(segment, SegmentStatus.ACTIVE))
            case "idle":
                self.run(DeactivateSegment(segment.id), lambda: edits.become(segment, SegmentStatus.INACTIVE))
            case "old":
                self.run(ArchiveSegment(segment.id), lambda: edits.archive(segment))
            case _:
                self.run(DeleteSegment(segment.id), lambda: edits.delete(segment))

    # -- members -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.segments)
    @rule(
        data=st.data(),
        keys=st.sets(WHO, min_size=1, max_size=3),
        side=st.sampled_from((True, False, None)),
        cause=st.sampled_from((Cause.HAND, Cause.IMPORT)),
        by=st.sampled_from(("eve", NOBODY)),
    )
    def move_by_hand(self, data: st.DataObject, keys: set[str], side: bool | None, cause: Cause, by: str) -> None:
        """Put contacts into a segment, keep them out, or leave them to the rule."""
        by_hand = [each for each in self.model.segments.values() if each.type is not SegmentType.DYNAMIC]
        segment = data.draw(st.sampled_from(by_hand)) if by_hand else self._some(data)
        names = tuple(sorted(keys))
        commands: dict[bool | None, Command[Any]] = {
            True: AddMembers(segment.id, names, cause),
            False: RemoveMembers(segment.id, names, cause),
            None: ReleaseMembers(segment.id, names),
        }
        told: list[tuple[int, int]] = []
        known = keys & self.model.records.contacts.keys()
        result = self.run(
            commands[side], lambda: told.append(self.following.put(segment, known, side, cause, by)), by=by
        )
        if result is not None:
            assert ({*result.unknown}, result.members) == (keys - known, len(segment.members))
            assert (result.entered, result.left) == told[0]

    @rule(times=st.integers(1, 3))
    def follow_time(self, times: int) -> None:
        """Wait for what changes next, and do what a worker does then; and again."""
        for _ in range(times):
            self.let_time_pass(DAY, to_next=True, work=True)

    @rule(pause=st.sampled_from(PAUSES), to_next=st.booleans(), work=st.booleans())
    def let_time_pass(self, pause: timedelta, to_next: bool, work: bool) -> None:
        """Let time pass, but not beyond what changes next or as far as it goes; then a worker works, or does not."""
        at, due = self.clock.at + pause, self.model.next_change() if to_next else None
        self.clock.at = at if due is None else min(at, due)
        if work:
            self.do_a_round()

    @rule(data=st.data())
    def calculate(self, data: st.DataObject) -> None:
        """Calculate some segments, or all."""
        active = [each for each in self.model.segments.values() if each.is_active]
        some = _at_most_two(data, active)
        command = CalculateSegments(tuple(each.id for each in some))
        self.work(command, lambda seen: self.following.calculate(some, seen))

    @rule(fire=st.booleans())
    def foresee(self, fire: bool) -> None:
        """Foresee what time changes, or follow what was foreseen, whatever has changed."""
        (self.fire if fire else self.fill)()

    @rule()
    def update(self) -> None:
        """Follow what has changed."""
        self.work(UpdateMembers(), self.following.update)

    def fill(self) -> None:
        """Foresee what time changes."""
        self.work(FillDue(), self.following.fill)

    def fire(self) -> None:
        """Follow time."""
        self.work(FireDue(), self.following.fire)

    @rule()
    def do_a_round(self) -> None:
        """Do what a worker does: members are then those of an evaluation from scratch, whatever came before."""
        self.update()
        self.fill()
        self.fire()
        self.update()
        late = [each for each in self.model.fresh() if not each[0].attempts]
        assert not late

    def teardown(self) -> None:
        """See that the whole history is as it was."""
        if self.looking.sequence:
            self.looking.compare_history()
        self.breakable.leave()

    # -- what is drawn -------------------------------------------------------------------------------------------

    def _some(self, data: st.DataObject) -> Kept:
        return data.draw(st.sampled_from(list(self.model.segments.values())))

    def _rule(self, data: st.DataObject) -> str:
        return data.draw(small_rules([each.id for each in self.model.in_use()]))

    def _leave(self, data: st.DataObject) -> str | None:
        return self._rule(data) if data.draw(st.integers(0, 3)) == 0 else None

    def _text(self, text: str | None) -> str | None:
        return text and self.model.text(text)

    def _with_ids(self, text: str) -> str:
        """Return a rule of the beginning, which refers to segments by name, as the model has it."""
        for each in self.model.segments.values():
            text = text.replace(f"{{s:{each.name}}}", f"{{s:{each.id}}}")
        return text

    def _contact(self, data: st.DataObject) -> dict[str, Any]:
        known = sorted(self.model.records.customers)
        drawn = {name: data.draw(values) for name, values in CONTACTS.items() if data.draw(st.booleans())}
        if data.draw(st.booleans()):
            drawn["customer"] = data.draw(st.sampled_from((None, *known)))
        return drawn

    def _texts(self, values: dict[str, Any]) -> dict[str, str | None]:
        names = self.model.fields
        return {names.get(name, name): None if value is None else str(value) for name, value in values.items()}

    def _hours(self, hours: int) -> datetime:
        return self.clock.at + timedelta(hours=hours)

    # -- what is done --------------------------------------------------------------------------------------------

    def _saved(self, rows: dict[str, dict[str, Any]]) -> None:
        with self.model.changing() as records:
            for key, values in rows.items():
                records.save_contact(key, values, self.clock.at)

    def _write(
        self, kind: RecordKind, columns: str, rows: Iterable[tuple[object, ...]], effect: Callable[[], None]
    ) -> None:
        self.do(lambda: write(self.breakable, self.tenant, batch(kind, columns, *rows)), effect)


def _at_most_two(data: st.DataObject, segments: list[Kept]) -> list[Kept]:
    some = [data.draw(st.sampled_from(segments)) for _ in range(data.draw(st.integers(0, 2)) if segments else 0)]
    return list({each.id: each for each in some}.values())
