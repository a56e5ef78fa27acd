"""Segments with the history of their rules.

Segments in use have different names, compared exactly. An archived one leaves its name to others: by name comes the one
in use, or else the one that was archived last.
"""

from collections.abc import Hashable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from kohorte.adapters.storage.columns import Truth
from kohorte.adapters.storage.due import StorageDue
from kohorte.adapters.storage.schema import segment_due, segment_members, segment_pins, segment_rules, segments
from kohorte.adapters.storage.segments_listing import SegmentListing, tag_lines
from kohorte.adapters.storage.stored_form import instant, micros, text_columns
from kohorte.adapters.storage.transaction import Transaction, mark_of
from kohorte.core.errors import AlreadyExists, Conflict, NotFound
from kohorte.core.segments.listing import ListSegments, SegmentPage, SegmentSummary, page_of
from kohorte.core.segments.model import Example, Failure, Leaving, Segment, SegmentRule, SegmentStatus, SegmentType
from kohorte.core.values import from_micros, to_micros

_PRIME: Final = 1_000_000_007
"""Sums of what is left of instants stay small, and tell one set of segments from another."""

_MICROSECOND: Final = timedelta(microseconds=1)

_RULE: Final = "rule_"
"""Prefix of the rule's columns beside those of its segment."""

_RULE_COLUMNS: Final = (
    *("text", "tree", "nodes", "segments", "lists", "fields", "custom_fields", "created_at", "author", "note"),
    *("leave_text", "leave_tree", "minimum_stay_days"),
)


@frozen
class StorageSegments:
    """The tenant's segments."""

    transaction: Transaction

    def hold(self) -> None:
        """Let nobody else who holds them change what segments refer to, until this transaction ends."""
        self.transaction.lock_definitions()

    def by_name(self, name: str) -> Segment:
        """Return a segment; raise ``NotFound``."""
        archived = segments.c.status == SegmentStatus.ARCHIVED.value
        found = self._with_rule(segments.c.name == name).order_by(archived, segments.c.changed_at.desc())
        row = self.transaction.connection.execute(found.limit(1)).one_or_none()
        if row is None:
            raise NotFound('There is no segment "{name}".', hint="See all with: kohorte segment list", name=name[:80])
        return _from_row(row)

    def by_id(self, segment_id: UUID) -> Segment:
        """Return a segment; raise ``NotFound``."""
        found = self._with_rule(segments.c.segment_id == segment_id)
        row = self.transaction.connection.execute(found).one_or_none()
        if row is None:
            raise NotFound("There is no segment {id}.", hint="See all with: kohorte segment list", id=segment_id)
        return _from_row(row)

    def lock(self, segment_id: UUID) -> Segment:
        """Return a segment that nobody else calculates or changes until this transaction ends; raise ``NotFound``."""
        its = self.transaction.own(segments), segments.c.segment_id == segment_id
        self.transaction.mark_segment(segment_id)
        # Rows that refer to it can be written meanwhile.
        held = select(segments.c.segment_id).where(*its).with_for_update(key_share=True)
        self.transaction.connection.execute(held)
        return self.by_id(segment_id)

    def all(self, *, archived: bool = False) -> Sequence[Segment]:
        """Return segments by name; archived ones only on request."""
        chosen = () if archived else (segments.c.status != SegmentStatus.ARCHIVED.value,)
        found = self._with_rule(*chosen).order_by(segments.c.name, segments.c.segment_id)
        return [_from_row(row) for row in self.transaction.connection.execute(found)]

    def page(self, query: ListSegments) -> SegmentPage:
        """Return a page of segments, and how many there are in all."""
        listed = SegmentListing(self.transaction, query)
        rows = self.transaction.connection.execute(listed.rows).all()
        count = self.transaction.connection.scalar(listed.count) or 0
        return page_of(map(_summary, rows), query, count)

    def save(self, segment: Segment) -> None:
        """Insert (version 0) or update; a changed rule is added to its history.

        What belongs to the calculations stays as those noted it.
        Raise ``Conflict`` where the stored version is another, ``AlreadyExists`` where the name is taken.
        """
        values = _to_row(segment)
        if segment.version == 0:
            if not self.transaction.insert(segments, {**values, "last_change": 0, "stale": True, "failure": {}}):
                raise _taken(segment)
        else:
            self._update(segment, values | _state_to_row(segment))
            if segment.stale:
                StorageDue(self.transaction).forget(segment.id)
        if segment.rule is not None:
            self.transaction.insert(segment_rules, _rule_to_row(segment.id, segment.rule))
        segment.version += 1

    def mark_stale(self, segment_id: UUID) -> None:
        """Note that all members of a segment must be calculated."""
        its = self.transaction.own(segments), segments.c.segment_id == segment_id
        self.transaction.connection.execute(update(segments).where(*its).values(stale=True))

    def awaiting(self, now: datetime) -> Sequence[UUID]:
        """Return the active segments of which all members must be calculated, and not only later for having failed."""
        is_active = segments.c.status == SegmentStatus.ACTIVE.value
        is_over = segments.c.calculated_at + segments.c.every <= to_micros(now)
        must_begin = or_(segments.c.stale == literal(True, Truth), is_over)
        may_begin = or_(segments.c.retry_at.is_(None), segments.c.retry_at <= to_micros(now))
        found = select(segments.c.segment_id).where(self.transaction.own(segments), is_active, must_begin, may_begin)
        return self.transaction.connection.scalars(found.order_by(segments.c.segment_id)).all()

    def held(self) -> Set[UUID]:
        """Return the segments that others calculate at this moment, or fill with bounds, and perhaps some more."""
        marks = self.transaction.marked_segments()
        return {each for each in self.versions() if mark_of(each) in marks} if marks else frozenset()

    def edition(self) -> Hashable:
        """Return a value that is another one once a segment was made, saved or deleted."""
        marks = segments.c.version, segments.c.created_at % _PRIME, segments.c.changed_at % _PRIME
        found = select(func.count(), *map(func.sum, marks)).where(self.transaction.own(segments))
        return tuple(self.transaction.connection.execute(found).one())

    def versions(self) -> Mapping[UUID, int]:
        """Return the version of each segment that is not archived."""
        its = self.transaction.own(segments), segments.c.status != SegmentStatus.ARCHIVED.value
        rows = self.transaction.connection.execute(select(segments.c.segment_id, segments.c.version).where(*its))
        return {segment_id: version for segment_id, version in rows}  # noqa: C416 - rows

    def note_failure(self, segment_id: UUID, failure: Failure | None) -> None:
        """Note that a segment could not be calculated, and is stale; or that nothing hinders it any more."""
        its = self.transaction.own(segments), segments.c.segment_id == segment_id
        noted = _failure_to_row(failure) | ({} if failure is None else {"stale": True})
        self.transaction.connection.execute(update(segments).where(*its).values(noted))

    def remove(self, segment: Segment) -> None:
        """Delete a segment with what belongs to it; raise ``Conflict`` where the stored version is another."""
        for table in (segment_due, segment_members, segment_pins, segment_rules):
            its = table.c.segment_id == segment.id
            self.transaction.connection.execute(delete(table).where(self.transaction.own(table), its))
        gone = delete(segments).where(self.transaction.own(segments), *_as_seen(segment))
        if not self.transaction.connection.execute(gone).rowcount:
            raise _changed_meanwhile(segment)

    def rule_versions(self, segment_id: UUID) -> Sequence[SegmentRule]:
        """Return the history of the rule, the newest first."""
        own = self.transaction.own(segment_rules)
        found = select(segment_rules).where(own, segment_rules.c.segment_id == segment_id)
        newest_first = found.order_by(segment_rules.c.rule_version.desc())
        return [_rule_from_row(row) for row in self.transaction.connection.execute(newest_first)]

    def _update(self, segment: Segment, values: dict[str, object]) -> None:
        try:
            with self.transaction.connection.begin_nested():
                changed = update(segments).where(self.transaction.own(segments), *_as_seen(segment))
                found = self.transaction.connection.execute(changed, values).rowcount
        except IntegrityError:
            raise _taken(segment) from None
        if not found:
            raise _changed_meanwhile(segment)

    def _with_rule(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        rules = segment_rules.c
        current = and_(
            rules.tenant_id == segments.c.tenant_id,
            rules.segment_id == segments.c.segment_id,
            rules.rule_version == segments.c.rule_version,
        )
        rule = [rules[name].label(_RULE + name) for name in _RULE_COLUMNS]
        return (
            select(segments, *rule).outerjoin(segment_rules, current).where(self.transaction.own(segments), *conditions)
        )


def _as_seen(segment: Segment) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a stored segment is the one in hand."""
    return segments.c.segment_id == segment.id, segments.c.version == segment.version


def _changed_meanwhile(segment: Segment) -> Conflict:
    return Conflict(
        'Somebody else changed the segment "{name}" meanwhile.',
        hint="Read it again and repeat the change.",
        name=segment.name,
    )


def _taken(segment: Segment) -> AlreadyExists:
    return AlreadyExists('There is a segment "{name}" already.', hint="Choose another name.", name=segment.name)


def _to_row(segment: Segment) -> dict[str, object]:
    return {
        "segment_id": segment.id,
        **text_columns("name", segment.name),
        **text_columns("description", segment.description),
        "type": segment.type.value,
        "status": segment.status.value,
        "rule_version": segment.rule_number,
        "created_at": to_micros(segment.created_at),
        "created_by": segment.created_by,
        "changed_at": to_micros(segment.changed_at),
        "changed_by": segment.changed_by,
        **text_columns("tags", tag_lines(segment.tags)),
        "examples": [_example_to_json(each) for each in segment.examples],
        "every": None if segment.every is None else segment.every // _MICROSECOND,
        "version": segment.version + 1,
    }


def _state_to_row(segment: Segment) -> dict[str, object]:
    """Return what an edit changes of a state that is otherwise a matter of calculations."""
    begins_anew = {} if segment.failure else _failure_to_row(None)
    return begins_anew | ({"stale": True} if segment.stale else {})


def _from_row(row: Row[Any]) -> Segment:
    return Segment(rule=_rule_from_row(row, _RULE) if row.rule_version else None, **_without_rule(row))


def _summary(row: Row[Any]) -> SegmentSummary:
    return SegmentSummary(
        rule=row.rule,
        rule_version=row.rule_version,
        leave_when=row.leave_text,
        minimum_stay_days=row.minimum_stay_days or 0,
        **_without_rule(row),
    )


def _without_rule(row: Row[Any]) -> dict[str, Any]:
    """Return what a segment and its summary both have."""
    return {
        "id": row.segment_id,
        "name": row.name,
        "created_at": from_micros(row.created_at),
        "changed_at": from_micros(row.changed_at),
        "description": row.description,
        "type": SegmentType(row.type),
        "status": SegmentStatus(row.status),
        "created_by": row.created_by,
        "changed_by": row.changed_by,
        "tags": tuple((row.tags or "").split("\n")[1:-1]),
        "examples": tuple(map(_example_from_json, row.examples)),
        "member_count": row.member_count,
        "calculated_at": instant(row.calculated_at),
        "moved_at": instant(row.moved_at),
        "stale": bool(row.stale),
        "failure": _failure_from_row(row.failure, row.retry_at),
        "every": None if row.every is None else row.every * _MICROSECOND,
        "version": row.version,
    }


def _rule_to_row(segment_id: UUID, rule: SegmentRule) -> dict[str, object]:
    return {
        "segment_id": segment_id,
        "rule_version": rule.version,
        "text": rule.text,
        "tree": rule.tree,
        "nodes": [*map(str, rule.nodes)],
        "segments": sorted(map(str, rule.segments)),
        "lists": sorted(map(str, rule.lists)),
        "fields": sorted(rule.fields),
        "custom_fields": {name: str(each) for name, each in sorted(rule.custom_fields.items())},
        "created_at": to_micros(rule.created_at),
        "author": rule.author,
        "note": rule.note,
        "leave_text": rule.leaving.text,
        "leave_tree": rule.leaving.tree or {},
        "minimum_stay_days": rule.leaving.minimum_stay_days,
    }


def _rule_from_row(row: Row[Any], prefix: str = "") -> SegmentRule:
    told = {name: row._mapping[prefix + name] for name in _RULE_COLUMNS}
    return SegmentRule(
        version=row.rule_version,
        text=told["text"],
        tree=told["tree"],
        segments=frozenset(map(UUID, told["segments"])),
        lists=frozenset(map(UUID, told["lists"])),
        fields=frozenset(told["fields"]),
        created_at=from_micros(told["created_at"]),
        author=told["author"],
        note=told["note"],
        custom_fields={name: UUID(each) for name, each in told["custom_fields"].items()},
        nodes=tuple(map(UUID, told["nodes"])),
        leaving=Leaving(told["minimum_stay_days"], told["leave_text"], told["leave_tree"] or None),
    )


def _example_to_json(example: Example) -> dict[str, object]:
    return {"key": example.key, "is_member": example.is_member, "at": micros(example.at)}


def _example_from_json(stored: Mapping[str, Any]) -> Example:
    return Example(stored["key"], stored["is_member"], instant(stored["at"]))


def _failure_to_row(failure: Failure | None) -> dict[str, object]:
    if failure is None:
        return {"failure": {}, "retry_at": None}
    told = {
        "code": failure.code,
        "template": failure.template,
        "hint": failure.hint,
        "values": dict(failure.values),
        "at": to_micros(failure.at),
        "attempts": failure.attempts,
    }
    return {"failure": told, "retry_at": to_micros(failure.retry_at)}


def _failure_from_row(stored: Mapping[str, Any], retry_at: int | None) -> Failure | None:
    if not stored or retry_at is None:
        return None
    at = from_micros(stored["at"])
    return Failure(**{**stored, "at": at}, retry_at=from_micros(retry_at))
