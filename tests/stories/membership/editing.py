"""Random edits of segments: made, changed, renamed, restored, idle for a while, taken out of use."""

from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from kohorte.core.custom_fields.commands import RenameField
from kohorte.core.messages import Command
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment, DeleteSegment
from kohorte.core.segments.model import SegmentStatus, SegmentType
from kohorte.core.segments.versions import RestoreRule
from tests.stories.membership.doing import Doing
from tests.stories.membership.kept import Kept
from tests.stories.membership.small_rules import FIELDS, small_rules

DAY: Final = timedelta(days=1)
NAMES: Final = tuple("ABCDEFGHIJK")
STAYS: Final = st.sampled_from((0, 0, 0, 1, 2))
EVERY: Final = (None, None, None, timedelta(hours=6))


class EditsSegments(Doing):
    """Change segments, their rules and the names that these use."""

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

    # -- what they share -----------------------------------------------------------------------------------------

    def _some(self, data: st.DataObject) -> Kept:
        return data.draw(st.sampled_from(list(self.model.segments.values())))

    def _rule(self, data: st.DataObject) -> str:
        return data.draw(small_rules([each.id for each in self.model.in_use()]))

    def _leave(self, data: st.DataObject) -> str | None:
        return self._rule(data) if data.draw(st.integers(0, 3)) == 0 else None

    def _text(self, text: str | None) -> str | None:
        return text and self.model.text(text)
