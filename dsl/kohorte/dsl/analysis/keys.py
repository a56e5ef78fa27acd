"""Texts by which conditions are told apart: equal texts mean equal conditions, in every process.

A text names fields with their kinds, segments and lists by id, constants by value, bounds in time with the zone where
they hang on one. It serves to sort what may stand in any order, and the hash of a rule is made of it.
"""

from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from zoneinfo import ZoneInfo

from attrs import field, frozen

from kohorte.core.fields import Field, Kind
from kohorte.dsl.analysis.bounds import needs_zone
from kohorte.dsl.moments import (
    FixedDay,
    FixedInstant,
    Now,
    PeriodStart,
    Shifted,
    StartOfDay,
    Step,
    Today,
    WallClock,
)
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Bound,
    Compare,
    CompareOperands,
    Condition,
    Constant,
    Contains,
    FieldOf,
    HasAnniversary,
    HasTags,
    InList,
    InSample,
    InSegment,
    Missing,
    Negation,
    Operand,
    SomeRow,
    Within,
)


@frozen
class Keys:
    """The texts of conditions in a zone, each made once as long as the condition itself is the same."""

    zone: ZoneInfo
    _known: dict[int, tuple[Condition, str]] = field(factory=dict[int, tuple[Condition, str]])

    def of(self, condition: Condition) -> str:
        """Return the text of a condition."""
        known = self._known.get(id(condition))
        if known is not None:
            return known[1]
        if isinstance(condition, All | AnyOf):
            key = _group_key(condition, self.of)
        else:
            key = condition_key(condition, self.zone)
        self._known[id(condition)] = condition, key  # which keeps the condition, so that no other one gets its id
        return key


def condition_key(condition: Condition, zone: ZoneInfo) -> str:
    """Return the text of a condition in a zone."""
    match condition:
        case All() | AnyOf():
            return _group_key(condition, lambda part: condition_key(part, zone))
        case Always(value=value):
            return str(value)
        case Negation(part=part):
            return f"(! {condition_key(part, zone)})"
        case _:
            return f"(not {_positive(condition, zone)})" if condition.negated else _positive(condition, zone)


def _group_key(group: All | AnyOf, key_of: Callable[[Condition], str]) -> str:
    return f"({'&' if isinstance(group, All) else '|'} {' '.join(map(key_of, group.parts))})"


def _positive(  # noqa: C901 - one case for each kind of condition
    leaf: Condition, zone: ZoneInfo
) -> str:
    """Return the text of a single condition, whether negated or not."""
    match leaf:
        case Compare(operand=operand, order=order, value=value, folded=folded, currency=currency):
            return f"({order.value} {operand_key(operand, zone)} {_constant(value)}{_manner(folded, currency)})"
        case Among(operand=operand, values=values, folded=folded, currency=currency):
            listed = " ".join(map(_constant, values))
            return f"(in {operand_key(operand, zone)} ({listed}){_manner(folded, currency)})"
        case Within(operand=operand, low=low, high=high):
            return f"(within {operand_key(operand, zone)} {bound_key(low, zone)} {bound_key(high, zone)})"
        case Missing(operand=operand):
            return f"(missing {operand_key(operand, zone)})"
        case Contains(operand=operand, look=look, needle=needle, folded=folded):
            return f"({look.name} {operand_key(operand, zone)} {quoted(needle)}{_manner(folded, None)})"
        case SomeRow(collection=collection, where=where):
            return f"(any {quoted(collection.name)} {condition_key(where, zone)})"
        case InSegment(segment=segment):
            return f"(segment {segment.id})"
        case InSample(share=share, seed=seed):
            return f"(sample {share} {quoted(seed)})"
        case InList(operand=operand, list_id=list_id, folded=folded):
            return f"(list {operand_key(operand, zone)} {list_id}{_manner(folded, None)})"
        case HasTags(operand=operand, tags=tags, every=every, folded=folded):
            listed = " ".join(map(quoted, tags))
            return f"({'all' if every else 'any'} {operand_key(operand, zone)} ({listed}){_manner(folded, None)})"
        case CompareOperands(left=left, order=order, right=right, folded=folded):
            sides = f"{operand_key(left, zone)} {operand_key(right, zone)}"
            return f"({order.value} {sides}{_manner(folded, None)})"
        case HasAnniversary(operand=operand, low=low, high=high):
            days = f"{bound_key(low, zone)} {bound_key(high, zone)}"
            return f"(anniversary {operand_key(operand, zone)} {days} @{zone.key})"
        case _:
            raise TypeError(leaf)


def _manner(folded: bool, currency: str | None) -> str:
    return (" folded" if folded else "") + (f" {currency}" if currency is not None else "")


def _constant(value: Constant) -> str:
    return quoted(value) if isinstance(value, str) else str(value)


# -- operands ----------------------------------------------------------------------------------------------------


def operand_key(operand: Operand, zone: ZoneInfo) -> str:
    """Return the text of an operand in a zone."""
    if isinstance(operand, FieldOf):
        return field_key(operand.owner, operand.field)
    return aggregate_key(operand, condition_key(operand.where, zone))


def aggregate_key(operand: AggregateOf, where: str) -> str:
    """Return the text of an aggregate whose filter has the text ``where``."""
    of = "" if operand.field is None else field_key(operand.collection.name, operand.field)
    currency = operand.currency or ""
    return f"({operand.function.name} {quoted(operand.collection.name)} {of} {currency} {where})"


@lru_cache(maxsize=4096)
def field_key(owner: str, of: Field) -> str:
    """Return the text of a field: whose it is, its name, and what it holds."""
    marks = [of.kind.value, *(["nullable"] if of.nullable else [])]
    if of.kind is Kind.DECIMAL:
        marks.append(str(of.scale))
    if of.choices:
        marks.append("/".join(map(quoted, of.choices)))
    if of.currency is not None:
        marks.append(quoted(of.currency))
    return f"<{quoted(owner)}.{quoted(of.name)}: {' '.join(marks)}>"


# -- bounds ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def bound_key(bound: Bound | None, zone: ZoneInfo) -> str:
    """Return the text of a bound, with the zone where it needs one."""
    if bound is None:
        return "-"
    return f"{_bound(bound)}@{zone.key}" if needs_zone(bound) else _bound(bound)


def _bound(bound: Bound) -> str:
    match bound:
        case FixedDay(day=number) | FixedInstant(micros=number):
            return str(number)
        case Now():
            return "now"
        case Today(steps=steps):
            return f"today{_steps(steps)}"
        case PeriodStart(unit=unit, shift=shift):
            return f"{unit.value}{shift:+}"
        case StartOfDay(day=day):
            return f"start:{_bound(day)}"
        case WallClock(local=local):
            return local.isoformat()
        case Shifted(base=base, steps=steps, plus=plus):
            return f"{_bound(base)}{_steps(steps)}{plus:+}"
        case _:
            raise TypeError(bound)


def _steps(steps: tuple[Step, ...]) -> str:
    return "".join(f"{step.amount:+}{step.unit.value}" for step in steps)
