"""What edits of segments do to the model, and which of them must be refused."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from attrs import define

from kohorte.core.segments.model import TURNS_INTO, SegmentStatus, SegmentType
from tests.stories.membership.kept import Kept, Refused, Version
from tests.stories.membership.model import Model
from tests.stories.membership.small_rules import fields_in

TOLD = ("name", "type", "rule", "status", "every")
"""What an update tells of, in this order."""


@define
class Definitions:
    """Edits of a model's segments; what cannot be raises ``Refused`` and changes nothing."""

    model: Model

    def create(self, made: Kept, rule: str | None, leave: str | None, days: int) -> None:
        """Create a segment; its id is that which the product gave it, where it did."""
        self._refuse_taken(made.name)
        if rule is not None:
            self._refuse_circle(made, self._version(rule, leave, days))
            made.versions.append(self._version(rule, leave, days))
        self.model.segments[made.id] = made
        self.model.tell(made, "created")

    def change(
        self, segment: Kept, rule: str | None, leave: str | None, days: int | None, kind: SegmentType | None
    ) -> None:
        """Give a segment another rule, or type; an empty ``leave`` takes the second rule away."""
        self._refuse_archived(segment)
        before = segment.rule
        turned = kind or segment.type
        if turned is not segment.type:
            self._refuse_turn(segment, turned)
        kept = (before.leave, before.days) if before else (None, 0)
        leaving = kept[0] if leave is None else leave or None, kept[1] if days is None else days
        version = None
        if rule is not None or leaving != kept or (before is None and turned is not SegmentType.STATIC):
            if turned is SegmentType.STATIC or (rule is None and before is None):
                raise Refused
            version = self._version(rule or (before.rule if before else ""), *leaving)
            self._refuse_circle(segment, version)

        def edit() -> None:
            segment.type = turned
            if version is not None:
                self._follow(segment, version)

        self._save(segment, edit)

    def repeat(self, segment: Kept, every: timedelta) -> None:
        """Calculate a segment so often; a time of zero ends that."""
        self._refuse_archived(segment)
        self._save(segment, lambda: setattr(segment, "every", every or None))

    def rename(self, segment: Kept, name: str, *, rewrite: bool) -> None:
        """Give a segment another name, which the rules of others follow."""
        self._refuse_archived(segment)
        users = [each for each in self.model.in_use() if segment.id in each.refers_to]
        if name != segment.name:
            if users and not rewrite:
                raise Refused
            self._refuse_taken(name)
            self._save(segment, lambda: setattr(segment, "name", name))
            self._rewrite(users)

    def rename_field(self, known: str, name: str) -> None:
        """Give a custom field another name, which all rules in use follow."""
        if self.model.fields[known] != name:
            self.model.fields[known] = name
            self._rewrite([each for each in self.model.in_use() if each.rule and known in _fields(each.rule)])

    def restore(self, segment: Kept, number: int) -> None:
        """Follow an earlier version again."""
        self._refuse_archived(segment)
        if not 0 < number <= len(segment.versions):
            raise Refused
        version = self._again(segment, segment.versions[number - 1])
        self._save(segment, lambda: self._follow(segment, version))

    def become(self, segment: Kept, status: SegmentStatus) -> None:
        """Activate a segment, or leave it as it is for a while."""
        if status is segment.status or (not segment.is_in_use and status is not SegmentStatus.ACTIVE):
            raise Refused
        version = None
        if not segment.is_in_use:
            self._refuse_taken(segment.name)
            version = segment.rule and self._again(segment, segment.rule)

        def edit() -> None:
            segment.status = status
            segment.begin_anew()
            if version is not None:
                self._follow(segment, version)

        self._save(segment, edit)

    def archive(self, segment: Kept) -> None:
        """Take a segment out of use."""
        if not segment.is_in_use or any(segment.id in each.refers_to for each in self.model.in_use()):
            raise Refused
        segment.status = SegmentStatus.ARCHIVED
        segment.begin_anew()
        self.model.tell(segment, "archived")

    def delete(self, segment: Kept) -> None:
        """Forget a segment."""
        if any(segment.id in each.refers_to and each is not segment for each in self.model.segments.values()):
            raise Refused
        del self.model.segments[segment.id]
        self.model.tell(segment, "deleted")

    # -- what they share -----------------------------------------------------------------------------------------

    def _save(self, segment: Kept, edit: Callable[[], None]) -> None:
        """Let an edit take place, and tell of what is different."""
        before = _told(segment)
        edit()
        changed = [name for name, was, now in zip(TOLD, before, _told(segment), strict=True) if was != now]
        if "type" in changed:
            segment.begin_anew()
        if {"rule", "type"} & {*changed}:
            for each in self.model.depending(segment):
                each.begin_anew()
        if changed:
            self.model.tell(segment, "updated", fields=changed)

    def _follow(self, segment: Kept, version: Version) -> None:
        known = segment.rule
        said = known and (known.text, known.leave_text, known.days)
        if said != (version.text, version.leave_text, version.days):
            self._begin_version(segment, version)

    def _begin_version(self, segment: Kept, version: Version) -> None:
        segment.versions.append(version)
        segment.begin_anew()

    def _rewrite(self, segments: list[Kept]) -> None:
        """Let rules say new names: versions that mean the same."""
        for each in segments:
            if each.rule is not None:
                version = self._version(each.rule.rule, each.rule.leave, each.rule.days)
                self._save(each, partial(self._begin_version, each, version))

    def _version(self, rule: str, leave: str | None, days: int) -> Version:
        text = self.model.checked(rule).text
        return Version(rule, leave, days, text, None if leave is None else self.model.checked(leave).text)

    def _again(self, segment: Kept, version: Version) -> Version:
        """Return a version as it reads now."""
        known = self.model.segments
        if any(each not in known or not known[each].is_in_use for each in version.segments):
            raise Refused
        self._refuse_circle(segment, version)
        return self._version(version.rule, version.leave, version.days)

    def _refuse_circle(self, segment: Kept, version: Version) -> None:
        used = [self.model.segments[each] for each in version.segments]
        if segment in self.model.in_order(used) or segment.id in version.segments:
            raise Refused

    def _refuse_taken(self, name: str) -> None:
        if any(each.name == name for each in self.model.in_use()):
            raise Refused

    def _refuse_archived(self, segment: Kept) -> None:
        if not segment.is_in_use:
            raise Refused

    def _refuse_turn(self, segment: Kept, kind: SegmentType) -> None:
        if kind not in TURNS_INTO[segment.type] or (kind is SegmentType.DYNAMIC and segment.pins):
            raise Refused


def _told(segment: Kept) -> tuple[object, ...]:
    return segment.name, segment.type, len(segment.versions), segment.status, segment.every


def _fields(version: Version) -> frozenset[str]:
    return frozenset[str]().union(*map(fields_in, version.rules))
