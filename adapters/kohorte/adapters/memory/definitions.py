"""Stored lists, segments and import runs."""

from collections.abc import Hashable, Mapping, Sequence, Set
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.pages import page_of_segments
from kohorte.adapters.memory.state import Transaction
from kohorte.core.errors import AlreadyExists, Conflict, NotFound
from kohorte.core.imports.model import ImportRun
from kohorte.core.lists.model import StoredList
from kohorte.core.segments.listing import ListSegments, SegmentPage
from kohorte.core.segments.model import Failure, Segment, SegmentRule, SegmentStatus


@define
class MemoryStoredLists:
    """The tenant's stored lists."""

    _transaction: Transaction

    def add(self, stored: StoredList) -> None:
        """Store a new empty list."""
        if any(each.name == stored.name for each in self._transaction.seen.lists.values()):
            raise _taken("list", stored.name)
        state = self._transaction.written
        state.lists[stored.id], state.entries[stored.id] = stored, frozenset()

    def named(self, name: str) -> StoredList:
        """Return a list by name."""
        for stored in self.all():
            if stored.name == name:
                return stored
        raise _missing("list", name)

    def all(self) -> Sequence[StoredList]:
        """Return all lists by name."""
        state = self._transaction.seen
        lists = [evolve(each, size=len(state.entries[each.id])) for each in state.lists.values()]
        return sorted(lists, key=lambda each: each.name)

    def rename(self, list_id: UUID, name: str) -> None:
        """Give a list another name."""
        if any(each.name == name and each.id != list_id for each in self._transaction.seen.lists.values()):
            raise _taken("list", name)
        lists = self._transaction.written.lists
        lists[list_id] = evolve(lists[list_id], name=name)

    def remove(self, list_id: UUID) -> None:
        """Delete a list with its entries."""
        state = self._transaction.written
        state.lists.pop(list_id, None)
        state.entries.pop(list_id, None)

    def add_entries(self, list_id: UUID, entries: Sequence[str]) -> int:
        """Add entries; return how many were new."""
        state = self._transaction.written
        before = state.entries[list_id]
        after = before.union(entries)
        if after != before:
            state.entries[list_id] = after
        return len(after) - len(before)

    def entries(self, list_id: UUID, limit: int) -> Sequence[str]:
        """Return the first entries in order."""
        return sorted(self._transaction.seen.entries.get(list_id, ()))[:limit]


@define
class MemorySegments:
    """The tenant's segments."""

    _transaction: Transaction

    def hold(self) -> None:
        """Do nothing: a unit of work that writes is alone anyway."""

    def by_name(self, name: str) -> Segment:
        """Return a segment: the one in use of that name, or else the one that was archived last."""
        named = [each for each in self._transaction.seen.segments.values() if each.name == name]
        if not named:
            raise _missing("segment", name)
        return evolve(max(named, key=lambda each: (each.status is not SegmentStatus.ARCHIVED, each.changed_at)))

    def by_id(self, segment_id: UUID) -> Segment:
        """Return a segment."""
        found = self._transaction.seen.segments.get(segment_id)
        if found is None:
            raise _missing("segment", str(segment_id))
        return evolve(found)

    def lock(self, segment_id: UUID) -> Segment:
        """Return a segment; whoever writes is alone."""
        _ = self._transaction.written
        return self.by_id(segment_id)

    def all(self, *, archived: bool = False) -> Sequence[Segment]:
        """Return segments by name."""
        found = [
            evolve(each)
            for each in self._transaction.seen.segments.values()
            if archived or each.status is not SegmentStatus.ARCHIVED
        ]
        return sorted(found, key=lambda each: each.name)

    def page(self, query: ListSegments) -> SegmentPage:
        """Return a page of segments."""
        return page_of_segments(self._transaction.seen.segments.values(), query)

    def save(self, segment: Segment) -> None:
        """Insert or update a segment, and keep its rule."""
        state = self._transaction.written
        stored = state.segments.get(segment.id)
        _refuse_outdated(stored, segment)
        if segment.status is not SegmentStatus.ARCHIVED and any(
            each.name == segment.name and each.status is not SegmentStatus.ARCHIVED and each.id != segment.id
            for each in state.segments.values()
        ):
            raise _taken("segment", segment.name)
        segment.version += 1
        state.segments[segment.id] = evolve(
            segment,
            member_count=stored.member_count if stored else None,
            calculated_at=stored.calculated_at if stored else None,
            moved_at=stored.moved_at if stored else None,
            stale=segment.stale or stored is None or stored.stale,
            failure=stored.failure if stored and segment.failure else None,
        )
        if segment.stale:
            state.due.pop(segment.id, None)
        rules = state.rules.get(segment.id, ())
        if segment.rule is not None and (not rules or rules[0] != segment.rule):
            state.rules[segment.id] = (segment.rule, *rules)

    def mark_stale(self, segment_id: UUID) -> None:
        """Note that all members of a segment must be calculated."""
        segments = self._transaction.written.segments
        segments[segment_id] = evolve(segments[segment_id], stale=True)

    def awaiting(self, now: datetime) -> Sequence[UUID]:
        """Return the active segments of which all members must be calculated, and not only later for having failed."""
        return sorted(
            each.id
            for each in self._transaction.seen.segments.values()
            if each.awaits_calculation(now)
            and each.status is SegmentStatus.ACTIVE
            and (each.failure is None or each.failure.retry_at <= now)
        )

    def held(self) -> Set[UUID]:
        """Return nothing: a unit of work that writes is alone anyway."""
        return frozenset()

    def edition(self) -> Hashable:
        """Return a value that is another one once a segment was made, saved or deleted."""
        return frozenset((each.id, each.version) for each in self._transaction.seen.segments.values())

    def versions(self) -> Mapping[UUID, int]:
        """Return the version of each segment that is not archived."""
        return {each.id: each.version for each in self.all()}

    def note_failure(self, segment_id: UUID, failure: Failure | None) -> None:
        """Note that a segment could not be calculated, and is stale; or that nothing hinders it any more."""
        segments = self._transaction.written.segments
        if segment_id in segments:
            stored = segments[segment_id]
            segments[segment_id] = evolve(stored, failure=failure, stale=stored.stale or failure is not None)

    def remove(self, segment: Segment) -> None:
        """Delete a segment with what belongs to it."""
        state = self._transaction.written
        _refuse_outdated(state.segments.get(segment.id), segment)
        for kept in (state.segments, state.rules, state.stays, state.changes, state.pins, state.due, state.due_until):
            kept.pop(segment.id, None)

    def rule_versions(self, segment_id: UUID) -> Sequence[SegmentRule]:
        """Return the history of the rule, the newest first."""
        return self._transaction.seen.rules.get(segment_id, ())


@define
class MemoryImportRuns:
    """What was imported when."""

    _transaction: Transaction

    def save(self, run: ImportRun) -> None:
        """Insert or update a run."""
        self._transaction.written.imports[run.id] = evolve(run)

    def latest(self, limit: int = 20) -> Sequence[ImportRun]:
        """Return the latest runs, the newest first."""
        runs = sorted(self._transaction.seen.imports.values(), key=lambda run: (run.started_at, run.id), reverse=True)
        return [evolve(run) for run in runs[:limit]]


def _taken(what: str, name: str) -> AlreadyExists:
    return AlreadyExists('There is a {what} "{name}" already.', hint="Choose another name.", what=what, name=name)


def _missing(what: str, name: str) -> NotFound:
    return NotFound('There is no {what} "{name}".', hint="Check the name.", what=what, name=name)


def _refuse_outdated(stored: Segment | None, segment: Segment) -> None:
    if (stored.version if stored else 0) != segment.version:
        raise Conflict(
            'The segment "{name}" was changed by somebody else meanwhile.',
            hint="Read it again, and repeat the change.",
            name=segment.name,
        )
