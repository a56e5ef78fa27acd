"""Find a smallest change that flips the answer, with proposals that were tried on a copy of the record."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations, islice
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.dsl.explaining.asked import Known
from kohorte.dsl.explaining.collections_read import collections_read
from kohorte.dsl.explaining.joining import Variables
from kohorte.dsl.explaining.model import Change, Changeability, ChangeRows, Join, Proposal, SetField
from kohorte.dsl.explaining.moving import Moving
from kohorte.dsl.explaining.nodes import Group, Inside, Node, Single, answers, singles
from kohorte.dsl.explaining.proposing import Proposing
from kohorte.dsl.explaining.proving import is_settled
from kohorte.dsl.explaining.reading import Reading
from kohorte.dsl.explaining.search import Flip, Search
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import FieldOf

_MOST_TRIED: Final = 12
"""Changes that are tried on the record before one without proposals is given."""
_FEW: Final = 4
"""Of so many proposals every part is tried by itself."""


@frozen(slots=False)
class Changing:
    """Finds changes of one record. ``spelled`` gives folded texts back their capitals."""

    reading: Reading
    record: Prepared
    root: Node
    zone: ZoneInfo
    spelled: Mapping[str, str]

    @cached_property
    def conditions(self) -> tuple[Single, ...]:
        """Return the conditions; the place of each is its number."""
        return tuple(singles(self.root))

    def smallest(self) -> tuple[Changeability, Change | None]:
        """Return whether the answer can change, and a smallest change that does it."""
        conditions = self.conditions
        known = Known(self.reading.judging, self._may_lack, self.spelled)
        search = Search(Variables.over(conditions, known))
        read = collections_read(each.leaf for each in conditions)
        moving = Moving(self.reading, self.record, read, self.spelled)
        proposing = Proposing(self.reading, self.record, moving)
        tried: list[tuple[int, ...]] = []
        for flip in islice(search.flips(self.root, wanted=not self.root.verdict), _MOST_TRIED):
            needed = tuple(each.number for each in flip.flipped)
            is_larger = any({*fewer} < {*needed} for fewer in tried)
            tried.append(needed)
            proposals = proposing.proposals(flip)
            if proposals is not None and not (is_larger and self._is_more_than_needed(flip, proposals, proposing)):
                return Changeability.POSSIBLE, self._with_nothing_idle(flip, proposals, proposing)
        if (search.proved and not tried) or self._is_settled():
            return Changeability.IMPOSSIBLE, None
        return Changeability.UNKNOWN, Change(tried[0], ()) if tried else None

    def _is_settled(self) -> bool:
        return is_settled(self.root, self.reading.subject, self.zone, self.reading.judging.now)

    def _may_lack(self, operand: FieldOf) -> bool:
        return operand.field.nullable or operand.owner != self.reading.subject

    # -- no part of it does --------------------------------------------------------------------------------------

    def _is_more_than_needed(self, flip: Flip, proposals: tuple[Proposal, ...], proposing: Proposing) -> bool:
        """Tell whether the answer would be another one too if one of the conditions had not changed."""
        verdicts = proposing.verdicts(self.conditions, proposals)
        for single in flip.flipped:
            without = [each != (number == single.number) for number, each in enumerate(verdicts)]
            if answers(self.root, without) != self.root.verdict:
                return True
        return False

    def _with_nothing_idle(self, flip: Flip, proposals: tuple[Proposal, ...], proposing: Proposing) -> Change:
        """Return the change without the proposals that the others make needless through other conditions."""
        wanted = {single.number: verdict for single, verdict in flip.needed}
        change = _change((single for single, _ in flip.needed), wanted.__getitem__, proposals)
        for part in _parts(proposals) if len(proposals) > 1 and self._may_be_idle(change, proposing) else ():
            verdicts = proposing.verdicts(self.conditions, part)
            if answers(self.root, verdicts) != self.root.verdict:
                smaller = self._by(part, verdicts)
                return smaller if len(proposals) <= _FEW else self._with_fewer(smaller, proposing)
        return change

    def _with_fewer(self, change: Change, proposing: Proposing) -> Change:
        """Return a change without any proposal that can be left out alone."""
        for part in _parts(change.proposals):
            verdicts = proposing.verdicts(self.conditions, part)
            if answers(self.root, verdicts) != self.root.verdict:
                return self._with_fewer(self._by(part, verdicts), proposing)
        return change

    def _by(self, proposals: tuple[Proposal, ...], verdicts: list[bool]) -> Change:
        """Return the change that proposals are which give the conditions these verdicts."""
        needed = fewest(self.root, verdicts, wanted=not self.root.verdict) or ()
        return _change(needed, verdicts.__getitem__, tuple(map(_exactly, proposals)))

    def _may_be_idle(self, change: Change, proposing: Proposing) -> bool:
        """Tell whether a part of the proposals might do.

        Rows count anew for other fields, what keeps a verdict may not be needed, and all may have other effects.
        """
        if change.kept or any(isinstance(each, ChangeRows) for each in change.proposals):
            return True
        verdicts = proposing.verdicts(self.conditions, change.proposals)
        flipped = {single.number for single in self.conditions if verdicts[single.number] != single.verdict}
        return flipped != {*change.conditions}


def _change(needed: Iterable[Single], verdict: Callable[[int], bool], proposals: tuple[Proposal, ...]) -> Change:
    flipped, kept = list[int](), list[int]()
    for single in needed:
        (kept if verdict(single.number) == single.verdict else flipped).append(single.number)
    return Change(tuple(flipped), proposals, tuple(kept))


def _exactly(proposal: Proposal) -> Proposal:
    """Return a proposal of which no leeway is known, as its change hangs on other conditions than were searched for."""
    match proposal:
        case SetField():
            return evolve(proposal, leeway=None)
        case ChangeRows(amounts=amounts):
            return evolve(proposal, amounts=tuple(evolve(each, leeway=None) for each in amounts))
        case Join():
            return proposal


def _parts(proposals: tuple[Proposal, ...]) -> Iterator[tuple[Proposal, ...]]:
    """Yield parts of proposals: of few all, the smallest first, of many those without one."""
    sizes = range(1, len(proposals)) if len(proposals) <= _FEW else [len(proposals) - 1]
    for size in sizes:
        yield from combinations(proposals, size)


def fewest(node: Node, verdicts: list[bool], *, wanted: bool) -> tuple[Single, ...] | None:
    """Return conditions that give a node an answer with the given verdicts, the fewest of them changed.

    None where they do not give it.
    """
    match node:
        case Single(number=number):
            return (node,) if verdicts[number] == wanted else None
        case Inside(part=part, negated=negated):
            return fewest(part, verdicts, wanted=wanted != negated)
        case Group(every=every, parts=parts):
            found = [fewest(part, verdicts, wanted=wanted) for part in parts]
            reached = [each for each in found if each is not None]
            if every != wanted:
                return min(
                    reached, key=lambda each: sum(verdicts[one.number] != one.verdict for one in each), default=None
                )
            if len(reached) < len(found):
                return None
            return tuple(single for each in reached for single in each)
