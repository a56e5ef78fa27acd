"""What a typed tree means, said as plainly as possible: the judge of the fast ways to say it.

It reads prepared records (``kohorte.dsl.records``), but of them only the plain values and the currencies: it folds,
counts and looks for anniversaries by itself, and knows nothing of predicates, SQL or normal forms.
"""

import re
from collections.abc import Callable, Collection, Container, Mapping
from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from kohorte.core.fields import Kind
from kohorte.core.values import fold, from_days, from_micros
from kohorte.dsl import typed
from kohorte.dsl.typed import Checked, Condition, FieldOf, Function, Look, Operand, Order

Record = Mapping[str, Any]

_ORDERS: Mapping[Order, Callable[[Any, Any], bool]] = {
    Order.EQUAL: lambda one, other: one == other,
    Order.LESS: lambda one, other: one < other,
    Order.LESS_OR_EQUAL: lambda one, other: one <= other,
    Order.GREATER: lambda one, other: one > other,
    Order.GREATER_OR_EQUAL: lambda one, other: one >= other,
}
_LOOKS: Mapping[Look, Callable[[str, str], bool]] = {
    Look.CONTAINS: lambda text, needle: needle in text,
    Look.STARTS: str.startswith,
    Look.ENDS: str.endswith,
    Look.GLOB: lambda text, glob: bool(
        re.fullmatch("".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in glob), text, re.DOTALL)
    ),
}


@frozen
class Oracle:
    """Answers for one record at one instant (µs); inside a filter ``row`` is the row that is looked at."""

    subject: str
    record: Record
    now: int
    zone: ZoneInfo
    members: Mapping[UUID, Container[Any]] = field(factory=dict[UUID, Container[Any]])
    entries: Mapping[UUID, Collection[str]] = field(factory=dict[UUID, Collection[str]])
    row: Record | None = None
    collection: str | None = None

    def holds(self, condition: Condition) -> bool:
        """Answer whether a condition holds: two-valued, and negation is the exact complement."""
        match condition:
            case typed.Always(value=value):
                return value
            case typed.All(parts=parts):
                return all(self.holds(part) for part in parts)
            case typed.AnyOf(parts=parts):
                return any(self.holds(part) for part in parts)
            case typed.Negation(part=part):
                return not self.holds(part)
            case _:
                return self._positive(condition) != condition.negated

    def _positive(self, leaf: typed.Leaf) -> bool:
        match leaf:
            case typed.SomeRow(collection=collection, where=where):
                return bool(self._rows(collection.name, where))
            case typed.InSegment(segment=segment):
                if segment.rule is None:
                    return self.record[""] in self.members[segment.id]
                return evolve(self, zone=segment.rule.zone).holds(segment.rule.condition)
            case typed.InSample(seed=seed, share=share):
                return sample_hash(seed, self.record[""]) < share * (2**31 - 1) // 10**6
            case typed.CompareOperands():
                return self._two_operands(leaf)
            case typed.Missing(operand=operand):
                return self._value(operand) is None
            case _:
                value = self._value(leaf.operand)
                return value is not None and self._about(leaf, value)

    def _about(self, leaf: Any, value: Any) -> bool:
        match leaf:
            case typed.Compare() | typed.Among():
                if leaf.currency is not None and self._currency(leaf.operand) != leaf.currency:
                    return False
                compared = fold(value) if leaf.folded else value
                if isinstance(leaf, typed.Among):
                    return compared in leaf.values
                return _ORDERS[leaf.order](compared, leaf.value)
            case typed.Within(low=low, high=high):
                after = low is None or value >= low.at(self.now, self.zone)
                return after and (high is None or value < high.at(self.now, self.zone))
            case typed.HasAnniversary():
                return self._returns(leaf, value)
            case typed.Contains():
                return _LOOKS[leaf.look](fold(value) if leaf.folded else value, leaf.needle)
            case typed.HasTags():
                tags = {fold(tag) if leaf.folded else tag for tag in value}
                return (all if leaf.every else any)(tag in tags for tag in leaf.tags)
            case typed.InList():
                entries = self.entries[leaf.list_id]
                return fold(value) in map(fold, entries) if leaf.folded else value in entries
            case _:
                raise TypeError(leaf)

    def _returns(self, leaf: typed.HasAnniversary, value: int) -> bool:
        of_dates = leaf.operand.field is not None and leaf.operand.field.kind is Kind.DATE
        born = from_days(value) if of_dates else from_micros(value).astimezone(self.zone).date()
        low, high = (bound.at(self.now, self.zone) for bound in (leaf.low, leaf.high))
        return any(_is_anniversary(born, from_days(day)) for day in range(low, high))

    def _two_operands(self, leaf: typed.CompareOperands) -> bool:
        one, other = self._value(leaf.left), self._value(leaf.right)
        if one is None or other is None:
            return False
        of_money = leaf.left.field is not None and leaf.left.field.kind is Kind.MONEY
        if of_money and self._currency(leaf.left) != self._currency(leaf.right):
            return False
        if leaf.folded:
            one, other = fold(one), fold(other)
        if leaf.left.field is not None and leaf.right.field is not None and leaf.left.field.kind is Kind.DECIMAL:
            one, other = Fraction(one, 10**leaf.left.field.scale), Fraction(other, 10**leaf.right.field.scale)
        return _ORDERS[leaf.order](one, other)

    # -- values --

    def _place(self, operand: FieldOf) -> tuple[Record, str]:
        if operand.owner == self.collection and self.row is not None:
            return self.row, operand.field.name
        plain = operand.owner == self.subject
        return self.record, operand.field.name if plain else f"{operand.owner}.{operand.field.name}"

    def _value(self, operand: Operand) -> Any:
        if isinstance(operand, FieldOf):
            record, name = self._place(operand)
            return record[name]
        rows = self._rows(operand.collection.name, operand.where)
        if operand.field is None:
            return len(rows)
        name = operand.field.name
        if operand.function is Function.LAST:
            return _latest(rows, operand)[name]
        values = [
            row[name]
            for row in rows
            if row[name] is not None and (operand.currency is None or row[name + "$"] == operand.currency)
        ]
        match operand.function:
            case Function.COUNT_DISTINCT:
                return len({fold(value) if operand.field.kind is Kind.TEXT else value for value in values})
            case Function.SUM:
                return sum(values)
            case Function.AVG:
                return Fraction(sum(values), len(values)) if values else None
            case Function.MIN:
                return min(values, default=None)
            case Function.MAX:
                return max(values, default=None)
            case Function.COUNT | Function.LAST:
                return len(rows)

    def _currency(self, operand: Operand) -> str | None:
        if not isinstance(operand, FieldOf):
            if operand.function is Function.LAST and operand.field is not None:
                in_which: str | None = _latest(self._rows(operand.collection.name, operand.where), operand)[
                    operand.field.name + "$"
                ]
                return in_which
            return operand.currency
        record, name = self._place(operand)
        found: str | None = record[name + "$"]
        return found

    def _rows(self, collection: str, where: Condition) -> list[Record]:
        rows: list[Record] = (self.record if self.row is None else self.row)[collection]
        return [row for row in rows if evolve(self, row=row, collection=collection).holds(where)]


def _latest(rows: list[Record], operand: typed.AggregateOf) -> Record:
    """Return the latest row, or one without values."""
    collection, wanted = operand.collection, operand.field
    assert wanted is not None
    assert collection.time is not None
    nothing = {wanted.name: None, wanted.name + "$": None}
    found = rows
    for name in (collection.time, collection.key, wanted.name):  # of the later ones those with the greatest key, …
        if name is None:
            continue
        ranks = [(row[name] is not None, row.get(name + "$") or "", row[name]) for row in found]
        found = [row for row, rank in zip(found, ranks, strict=True) if rank == max(ranks)]
    return found[0] if found else nothing


def sample_hash(seed: str, key: int | str | UUID) -> int:
    """Return the hash of a key as its documentation says: big numbers and letters, nothing clever."""
    p = 2**31 - 1
    begin = f"kohorte sample 1:{seed}".encode()
    drawn = b"".join(sha256(begin + bytes((0, 0, 0, number))).digest() for number in range(5))
    a, b, c, d, *factors = [int(drawn[at : at + 8].hex(), 16) % (p - 1) + 1 for at in range(0, len(drawn), 8)]
    if isinstance(key, int):
        bits = f"{key % 2**64:064b}"
        numbers = [int(bits[34:], 2), int(bits[4:34], 2), int(bits[:4], 2)]
    else:
        letters = (key.bytes if isinstance(key, UUID) else key.encode()).hex().upper()[-128:]
        groups = [letters[at : at + 8] for at in range(0, len(letters), 8)]
        numbers = [int("".join(f"{ord(letter):x}" for letter in group)) for group in groups]
    h = sum(factor * number for factor, number in zip(factors, numbers, strict=False))
    return (a * h**3 + b * h**2 + c * h + d) % p


def _is_anniversary(born: date, today: date) -> bool:
    if today.year <= born.year:
        return False
    try:
        return born.replace(year=today.year) == today
    except ValueError:  # born on 29 February
        return (today.month, today.day) == (2, 28)


def answer(
    rule: Checked,
    subject: str,
    record: Record,
    now: int,
    members: Mapping[UUID, Container[Any]] | None = None,
    entries: Mapping[UUID, Collection[str]] | None = None,
) -> bool:
    """Return whether a rule holds for a prepared record at an instant (µs)."""
    return Oracle(subject, record, now, rule.zone, members or {}, entries or {}).holds(rule.condition)
