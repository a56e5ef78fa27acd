"""What segments' rules refer to: looked up while rules are checked, and the order that follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from attrs import define, field

from kohorte.core.errors import NotAllowed, NotFound, ReferenceCycle
from kohorte.core.ports.rules import ListReference, SegmentReference
from kohorte.core.ports.storage import UnitOfWork
from kohorte.core.segments.model import Segment, SegmentStatus


@define
class TenantReferences:
    """The tenant's segments, lists, zone and currencies, each looked up once.

    ``pending`` is a segment that is about to be saved: it counts under its new name and with its new rule, so that a
    circle through it is found before it exists.
    """

    _work: UnitOfWork
    _pending: SegmentReference | None = None
    _segments: dict[str, SegmentReference | None] = field(factory=dict[str, SegmentReference | None], init=False)
    _lists: dict[str, ListReference | None] = field(factory=dict[str, ListReference | None], init=False)
    _currencies: Sequence[str] | None = field(default=None, init=False)

    @property
    def zone(self) -> str:
        """Return the IANA zone of rules that state none."""
        return self._work.tenant.zone

    def segment(self, name: str) -> SegmentReference | None:
        """Return the segment in use that has this name."""
        if self._pending is not None and name == self._pending.name:
            return self._pending
        if name not in self._segments:
            self._segments[name] = self._find(name)
        return self._segments[name]

    def segment_names(self) -> Sequence[str]:
        """Return the names of all segments in use."""
        return [segment.name for segment in self._work.segments.all()]

    def stored_list(self, name: str) -> ListReference | None:
        """Return the stored list of that name."""
        if name not in self._lists:
            try:
                stored = self._work.lists.named(name)
            except NotFound:
                self._lists[name] = None
            else:
                self._lists[name] = ListReference(stored.id, stored.name)
        return self._lists[name]

    def stored_list_names(self) -> Sequence[str]:
        """Return the names of all stored lists."""
        return [stored.name for stored in self._work.lists.all()]

    def currencies(self) -> Sequence[str]:
        """Return the currencies of purchases, the commonest first."""
        if self._currencies is None:
            self._currencies = self._work.purchases.currencies()
        return self._currencies

    def _find(self, name: str) -> SegmentReference | None:
        try:
            found = self._work.segments.by_name(name)
        except NotFound:
            return None
        is_renamed = self._pending is not None and found.id == self._pending.id
        if found.status is SegmentStatus.ARCHIVED or is_renamed:
            return None
        return reference_to(found)


def reference_to(segment: Segment) -> SegmentReference:
    """Return how rules refer to a segment: by its rule, or by its members where these are not up to the rule alone."""
    return SegmentReference(segment.id, segment.name, segment.ruled.text if segment.is_ruled_alone else None)


def refuse_circle(segment: Segment, referred: Iterable[UUID], work: UnitOfWork) -> None:
    """Raise ``ReferenceCycle`` where a segment would refer to itself over the members of those that its rule names.

    Over the rules of others the checker finds it.
    """
    known = {each.id: each for each in work.segments.all()}
    ways: dict[UUID, tuple[str, ...]] = dict.fromkeys(sorted(referred), (segment.name,))
    waiting = [*ways]
    while waiting:
        each = waiting.pop()
        if each == segment.id:
            raise ReferenceCycle(
                "The segments refer to each other in a circle: {path}.",
                hint="Take the reference out of one of them.",
                path=" > ".join(f'"{name}"' for name in (*ways[each], segment.name)),
            )
        if each in known:
            for following in sorted(known[each].refers_to - ways.keys()):
                ways[following] = (*ways[each], known[each].name)
                waiting.append(following)


def referring(work: UnitOfWork, segment: Segment, *, archived: bool = False) -> Sequence[Segment]:
    """Return the segments in use whose rules refer to a segment directly, by name; archived ones only on request."""
    others = work.segments.all(archived=archived)
    return [each for each in others if segment.id in each.refers_to and each.id != segment.id]


def depending(work: UnitOfWork, segment_id: UUID) -> Sequence[Segment]:
    """Return the segments in use whose rules refer to a segment, directly or through others."""
    others, found = work.segments.all(), dict[UUID, Segment]()
    waiting = [segment_id]
    while waiting:
        named = waiting.pop()
        for each in others:
            if named in each.refers_to and each.id not in found and each.id != segment_id:
                found[each.id] = each
                waiting.append(each.id)
    return list(found.values())


def refuse_while_used(segment: Segment, work: UnitOfWork, hint: str, *, archived: bool = False) -> None:
    """Raise ``NotAllowed`` with the segments that refer to a segment, where there are any."""
    names = [each.name for each in referring(work, segment, archived=archived)]
    if names:
        raise NotAllowed(
            'The segment "{name}" is used by the segments {users}.',
            hint=hint,
            name=segment.name,
            users=", ".join(f'"{each}"' for each in names),
            segments=names,
        )


def in_dependency_order(wanted: Iterable[Segment], known: Mapping[UUID, Segment]) -> Sequence[Segment]:
    """Return segments, and all that they refer to, each after those that it refers to itself.

    Segments that refer to each other in a circle, which saving refuses, come in any order.
    """
    ordered: dict[UUID, Segment] = {}
    seen: set[UUID] = set()
    path: list[tuple[Segment, list[UUID]]] = []

    def enter(segment: Segment) -> None:
        seen.add(segment.id)
        path.append((segment, sorted(segment.refers_to)))

    # Not recursive: a chain of segments may be longer than the stack is deep.
    for first in wanted:
        if first.id not in seen:
            enter(first)
        while path:
            segment, waiting = path[-1]
            if not waiting:
                ordered[segment.id] = segment
                path.pop()
            elif (following := waiting.pop()) in known and following not in seen:
                enter(known[following])
    return list(ordered.values())
