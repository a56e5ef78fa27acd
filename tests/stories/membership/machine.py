"""A machine that does random things to a shop and to the model of it, and compares both after every step."""

from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from kohorte.core.custom_fields.commands import AddField
from kohorte.core.lists.commands import CreateList
from kohorte.core.messages import Command
from kohorte.core.segments.commands import CalculateSegments
from kohorte.core.segments.model import Cause, SegmentType
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers
from tests.stories.membership.breaking import Crash, Trouble
from tests.stories.membership.editing import DAY, NAMES, EditsSegments
from tests.stories.membership.kept import Kept
from tests.stories.membership.model import KINDS, NOBODY
from tests.stories.membership.small_rules import LIST
from tests.stories.membership.writing import WHO, WritesRecords

PAUSES: Final = tuple(timedelta(minutes=each) for each in (1, 30, 60, 719, 1440, 1441, 2820, 4320))
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


class Shop(WritesRecords, EditsSegments):
    """Random doings in one tenant: edits, imports, pins, time, work, and what breaks."""

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

    def _with_ids(self, text: str) -> str:
        """Return a rule of the beginning, which refers to segments by name, as the model has it."""
        for each in self.model.segments.values():
            text = text.replace(f"{{s:{each.name}}}", f"{{s:{each.id}}}")
        return text


def _at_most_two(data: st.DataObject, segments: list[Kept]) -> list[Kept]:
    some = [data.draw(st.sampled_from(segments)) for _ in range(data.draw(st.integers(0, 2)) if segments else 0)]
    return list({each.id: each for each in some}.values())
