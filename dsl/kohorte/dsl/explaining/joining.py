"""Find the variables of a tree's conditions: what is compared with each other is varied together."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, Final, cast

from attrs import define, field

from kohorte.dsl.explaining.asked import Candidates, Known
from kohorte.dsl.explaining.candidates import candidates_of
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.variables import Subject, Variable, keys_of, subjects_of
from kohorte.dsl.typed import AggregateOf, FieldOf

_MOST_SHARED: Final = 12
_MOST_TOGETHER: Final = 400
"""Values of several operands that are compared with each other are tried together up to this many."""


@define
class Variables:
    """The variables of conditions; ``of`` makes one when it is first asked for."""

    known: Known
    _joint: dict[int, "_Joint"]
    _made: dict[int, Variable] = field(factory=dict[int, Variable])

    @classmethod
    def over(
        cls, singles: Sequence[Single], known: Known, is_varied: Callable[[Subject], bool] = lambda _: True
    ) -> "Variables":
        """Return the variables of conditions; those about what does not vary keep their verdict."""
        by_key: dict[Hashable, _Joint] = {}
        varied: list[tuple[Single, Hashable]] = []
        for single in singles:
            own = {
                key: each
                for key, each in zip(keys_of(single), subjects_of(single.leaf), strict=True)
                if is_varied(each)
            }
            if own:
                _join(by_key, own, single)
                varied.append((single, next(iter(own))))
        return cls(known, {single.number: by_key[key] for single, key in varied})

    def of(self, single: Single) -> Variable | None:
        """Return the variable that a condition is about, or None where it keeps its verdict."""
        joint = self._joint.get(single.number)
        if joint is None:
            return None
        variable = self._made.get(id(joint))
        if variable is None:
            variable = self._made[id(joint)] = joint.variable(self.known)
        return variable

    def is_varied(self, single: Single) -> bool:
        """Tell whether a condition is about something that varies."""
        return single.number in self._joint


@define(eq=False)
class _Joint:
    """Subjects that conditions compare with each other, and all conditions about any of them."""

    subjects: dict[Hashable, Subject]
    singles: list[Single]

    def variable(self, known: Known) -> Variable:
        found = {key: self._candidates(key, known) for key in self.subjects}
        fixed = [value for single in self.singles for value in self._fixed_beside(single)]
        if len(found) > 1 or fixed:
            together = _together([*self.subjects.values()], [*found.values()], fixed)
            return Variable(self.subjects, self.singles, together, 0, complete=False, judging=known.judging)
        (only,) = found.values()
        candidates = [(value,) for value in only.values]
        return Variable(
            self.subjects, self.singles, candidates, only.present, only.complete, known.judging, only.anchor
        )

    def _fixed_beside(self, single: Single) -> list[Any]:
        """Return what a condition compares with a subject although it does not vary."""
        keys = keys_of(single)
        if len(keys) < 2:
            return []
        return [value for key, value in zip(keys, single.value, strict=True) if key not in self.subjects]

    def _candidates(self, key: Hashable, known: Known) -> Candidates:
        about = [single for single in self.singles if len(self.subjects) == 1 or key in keys_of(single)]
        return candidates_of(self.subjects[key], about, _present(key, about[0]), known)


def _join(by_key: dict[Hashable, _Joint], subjects: Mapping[Hashable, Subject], single: Single) -> None:
    first, *others = {id(by_key[key]): by_key[key] for key in subjects if key in by_key}.values() or [_Joint({}, [])]
    for other in others:
        first.subjects |= other.subjects
        first.singles += other.singles
    first.subjects |= subjects
    first.singles.append(single)
    for key in first.subjects if others else subjects:
        by_key[key] = first


def _present(key: Hashable, single: Single) -> Any:
    keys = keys_of(single)
    return single.value if len(keys) == 1 else single.value[keys.index(key)]


def _together(subjects: Sequence[Subject], found: Sequence[Candidates], fixed: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return values to try together, the present ones first, then those that change one of the subjects.

    What is worth trying for one is so for the others, and what lies beside it.
    """
    present = tuple(each.values[each.present] for each in found)
    others = [value for each in found for value in each.in_order()[:_MOST_SHARED]]
    values = [
        [now, *_possible(subject, (*_beside((*present, *fixed), now), *each.in_order(), *_beside(others, now)))]
        for subject, now, each in zip(subjects, present, found, strict=True)
    ]
    tried = dict.fromkeys([present])
    for place, each in enumerate(values):
        tried |= dict.fromkeys((*present[:place], value, *present[place + 1 :]) for value in each)
    tried |= dict.fromkeys(islice(product(*values), _MOST_TOGETHER))
    return [*tried]


def _possible(subject: Subject, values: Iterable[Any]) -> Iterator[Any]:
    """Yield, each once, the values that a subject can have: of other subjects not all are."""
    is_count = isinstance(subject, AggregateOf) and subject.function in COUNTING
    choices = subject.field.choices if isinstance(subject, FieldOf | AggregateOf) and subject.field else ()
    for value in dict.fromkeys(values):
        if not (is_count and value < 0) and (is_count or not choices or value is None or value in choices):
            yield value


def _beside(present: Sequence[Any], own: Any) -> list[Any]:
    """Return the values of the others, and those beside them."""
    found: list[Any] = []
    for other in present:
        if other is None or other is own:
            continue
        found.append(other)
        if isinstance(other, tuple):
            units, currency = cast("tuple[int, str]", other)
            found += [(units + 1, currency), (units - 1, currency)]
        elif isinstance(other, int) and not isinstance(other, bool):
            found += [other + 1, other - 1]
    return found
