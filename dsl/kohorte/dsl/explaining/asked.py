"""What values are wanted for, and what comes of it: see ``candidates``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from attrs import frozen

from kohorte.core.fields import Field
from kohorte.dsl.explaining.judging import Judging
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.typed import AggregateOf, FieldOf


@frozen
class Known:
    """What is known besides the conditions: what they are bound to, and which fields surely have a value.

    ``spelled`` gives texts back the capitals that folded conditions no longer have.
    """

    judging: Judging
    may_lack: Callable[[FieldOf], bool]
    spelled: Mapping[str, str] = MappingProxyType({})


@frozen
class Candidates:
    """Values to try, the place of the present one among them, and whether they give every verdict that is possible.

    Where there is an ``anchor``, the values are whole numbers in order, with None at the end if it is among them, and
    those near the anchor are preferred; else the first are.
    """

    values: list[Any]
    present: int
    complete: bool
    anchor: int | None = None

    def in_order(self) -> list[Any]:
        """Return the values, the preferred ones first."""
        anchor = self.anchor
        if anchor is None:
            return self.values
        return sorted(self.values, key=lambda value: (value is None, abs((value or 0) - anchor)))


@frozen
class Asked:
    """What values are wanted for; ``filtering`` are the conditions of an aggregate's filter about the same field."""

    subject: FieldOf | AggregateOf
    singles: Sequence[Single]
    filtering: Sequence[Single]
    present: Any
    known: Known
    may_lack: bool

    @property
    def asking(self) -> Sequence[Single]:
        """Return all conditions whose constants matter."""
        return (*self.singles, *self.filtering) if self.filtering else self.singles

    @property
    def field(self) -> Field:
        """Return the field that is about."""
        found = self.subject.field
        if found is None:
            raise TypeError(self.subject)
        return found

    @property
    def nothing(self) -> list[Any]:
        """Return None as a value, where it may be missing."""
        return [None] if self.may_lack else []


def first(present: Any, others: Iterable[Any], *, complete: bool) -> Candidates:
    """Return the candidates with the present one first."""
    return Candidates([*dict.fromkeys([present, *others])], 0, complete)


def ordered(
    values: Iterable[int | Fraction], present: Any, anchor: int, nothing: Sequence[None], *, complete: bool
) -> Candidates:
    """Return numbers in order; the present value is among them, be it missing or no whole number."""
    numbers: set[Any] = {*values}
    if present is not None:
        numbers.add(present)
    found: list[Any] = sorted(numbers)
    if nothing or present is None:
        found.append(None)
    return Candidates(found, found.index(present), complete, anchor)
