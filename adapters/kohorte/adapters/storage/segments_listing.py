"""Lists of segments as statements: a tenant has some thousands of them at most, and each list counts them all."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from kohorte.adapters.storage.schema import segment_rules, segments
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.segments.listing import ListSegments, SegmentSort

_SORTED_BY: Final = {
    SegmentSort.NAME: segments.c.name_folded,
    SegmentSort.MEMBERS: segments.c.member_count,
    SegmentSort.CALCULATED: segments.c.calculated_at,
    SegmentSort.CHANGED: segments.c.changed_at,
    SegmentSort.CREATED: segments.c.created_at,
}


@frozen
class SegmentListing:
    """The statements of one page of a tenant's segments."""

    transaction: Transaction
    query: ListSegments

    @property
    def rows(self) -> Select[Any]:
        """Return the selection of the rows behind the place, one more than the page has, with the texts of rules."""
        value, its = _SORTED_BY[self.query.sort], segment_rules.c
        order = value.desc() if self.query.descending else value.asc()
        rule = and_(
            its.tenant_id == segments.c.tenant_id,
            its.segment_id == segments.c.segment_id,
            its.rule_version == segments.c.rule_version,
        )
        return (
            select(segments, its.text.label("rule"), its.leave_text, its.minimum_stay_days)
            .outerjoin(segment_rules, rule)
            .where(*self._listed(), *self._behind())
            .order_by(value.is_(None), order, segments.c.segment_id)
            .limit(self.query.limit + 1)
        )

    @property
    def count(self) -> Select[Any]:
        """Return the count of the rows on all pages."""
        return select(func.count()).select_from(segments).where(*self._listed())

    def _listed(self) -> Iterator[ColumnElement[bool]]:
        query, its = self.query, segments.c
        yield self.transaction.own(segments)
        yield its.status.in_([each.value for each in query.statuses])
        yield its.type.in_([each.value for each in query.types])
        if query.among is not None:
            yield its.segment_id.in_(list(query.among))
        for tag in query.tags:
            yield self._holds(its.tags, tag_lines([tag]))
        if query.text:
            texts = (its.name_folded, its.description_folded, its.tags_folded)
            yield or_(*(self._holds(each, query.text) for each in texts))

    def _behind(self) -> Iterator[ColumnElement[bool]]:
        after, value = self.query.after, _SORTED_BY[self.query.sort]
        if after is None:
            return
        later = segments.c.segment_id > after.id
        if after.value is None:
            yield and_(value.is_(None), later)
        else:
            further = value < after.value if self.query.descending else value > after.value
            yield or_(value.is_(None), further, and_(value == after.value, later))

    def _holds(self, column: ColumnElement[Any], text: str | None) -> ColumnElement[bool]:
        """Return the condition that a text is part of a column, sign by sign."""
        find = func.instr if self.transaction.dialect == "sqlite" else func.strpos
        return find(column, text) > 0


def tag_lines(tags: Iterable[str]) -> str | None:
    """Return tags as a column holds them, in which a tag is found by the line breaks around it."""
    lines = "\n".join(tags)
    return f"\n{lines}\n" if lines else None
