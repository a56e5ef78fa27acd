"""The bounds of contacts in a segment, as one selection: of its rules, and of minimum stays, the earliest counts."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select, union_all

from kohorte.adapters.storage.binding import binding_of, with_values
from kohorte.adapters.storage.schema import contacts, segment_due
from kohorte.adapters.storage.stay_ends import stay_ends
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.segments.model import Segment
from kohorte.core.values import from_micros
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.sql.binding import Binding


@define(slots=False)  # the cached property
class Bounds:
    """When time alone may change who is in a segment: each contact (``contact_id``) with its bound (``due_at``)."""

    transaction: Transaction
    segment: Segment
    rule: CompiledRule | None
    leave: CompiledRule | None = None

    @property
    def are_none(self) -> bool:
        """Tell whether time alone changes nothing, ever."""
        return not self.segment.leaving.minimum_stay and all(each.is_timeless for each in self._rules)

    def between(self, since: datetime, until: datetime) -> Subquery:
        """Return the bounds of all contacts after an instant, and not later than another."""
        ruled = (
            self._of_rule(each, each.is_due(self._binding), each.due_parameters(since, until)) for each in self._rules
        )
        return _earliest(*ruled, *self._of_stays(since, until))

    def of(self, some: Select[tuple[UUID]], at: datetime, until: int) -> Subquery:
        """Return the bounds of some contacts after an instant, and not later than another (µs)."""
        chosen, last = contacts.c.contact_id.in_(some), literal(until, segment_due.c.due_at.type)
        ruled = (
            self._of_rule(each, chosen & (each.recheck_at(self._binding) <= last), each.recheck_parameters(at))
            for each in self._rules
        )
        return _earliest(*ruled, *(ends.where(chosen) for ends in self._of_stays(at, from_micros(until))))

    def _of_rule(self, rule: CompiledRule, which: ColumnElement[bool], parameters: dict[str, object]) -> Select[Any]:
        """Return the bounds of a rule, its parameters bound: those of two rules go by the same names."""
        bound = with_values(rule.recheck_at(self._binding), parameters).label("due_at")
        its = self.transaction.own(contacts), with_values(which, parameters)
        return select(contacts.c.contact_id, bound).where(*its)

    def _of_stays(self, since: datetime, until: datetime) -> Iterator[Select[Any]]:
        if self.segment.leaving.minimum_stay:
            yield stay_ends(self.transaction, self.segment, since, until)

    @property
    def _rules(self) -> list[CompiledRule]:
        return [each for each in (self.rule, self.leave) if each is not None]

    @cached_property
    def _binding(self) -> Binding:
        return binding_of(self.transaction)


def _earliest(*sources: Select[Any]) -> Subquery:
    """Return each contact of the sources once, with its earliest bound."""
    if len(sources) == 1:
        return sources[0].subquery("found")
    every = union_all(*sources).subquery("every")
    earliest = select(every.c.contact_id, func.min(every.c.due_at).label("due_at"))
    return earliest.group_by(every.c.contact_id).subquery("found")
