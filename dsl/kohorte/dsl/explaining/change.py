"""Find a smallest change that flips the answer, with proposals that were tried on a copy of the record."""

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Final

from attrs import frozen

from kohorte.dsl.explaining.asked import Known
from kohorte.dsl.explaining.collections_read import collections_read
from kohorte.dsl.explaining.joining import Variables
from kohorte.dsl.explaining.model import Change, Changeability, Proposal
from kohorte.dsl.explaining.nodes import Group, Inside, Node, Single, answers, singles
from kohorte.dsl.explaining.proposing import Proposing
from kohorte.dsl.explaining.reading import Reading
from kohorte.dsl.explaining.search import Search
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import FieldOf

_MOST_TRIED: Final = 12
"""Changes that are tried on the record before one without proposals is given."""


@frozen(slots=False)
class Changing:
    """Finds changes of one record. ``spelled`` gives folded texts back their capitals."""

    reading: Reading
    record: Prepared
    root: Node
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
        proposing = Proposing(self.reading, self.record, collections_read(each.leaf for each in conditions))
        tried: list[tuple[int, ...]] = []
        for flip in islice(search.flips(self.root, wanted=not self.root.verdict), _MOST_TRIED):
            needed = tuple(each.number for each in flip.flipped)
            if any({*fewer} < {*needed} for fewer in tried):
                continue  # a part of it would do, if only somebody knew how
            tried.append(needed)
            proposals = proposing.proposals(flip)
            if proposals is not None:
                return Changeability.POSSIBLE, self._with_nothing_idle(needed, proposals, proposing)
        if tried:
            return Changeability.UNKNOWN, Change(tried[0], ())
        return (Changeability.IMPOSSIBLE if search.proved else Changeability.UNKNOWN), None

    def _may_lack(self, operand: FieldOf) -> bool:
        return operand.field.nullable or operand.owner != self.reading.subject

    # -- no part of it does --------------------------------------------------------------------------------------

    def _with_nothing_idle(
        self, needed: tuple[int, ...], proposals: tuple[Proposal, ...], proposing: Proposing
    ) -> Change:
        """Return the change without the proposals that the others make needless through other conditions."""
        kept = proposals
        if len(proposals) < 2:
            return Change(needed, proposals)
        verdicts = self._verdicts(proposals, proposing)
        if self._has_side_effects(verdicts, needed):
            for proposal in proposals:
                fewer = tuple(each for each in kept if each is not proposal)
                tried = self._verdicts(fewer, proposing)
                if fewer and answers(self.root, tried) != self.root.verdict:
                    kept, verdicts = fewer, tried
        if len(kept) < len(proposals):
            needed = fewest(self.root, verdicts, wanted=not self.root.verdict) or ()
        return Change(needed, kept)

    def _verdicts(self, proposals: tuple[Proposal, ...], proposing: Proposing) -> list[bool]:
        return proposing.verdicts(self.conditions, proposals)

    def _has_side_effects(self, verdicts: list[bool], needed: tuple[int, ...]) -> bool:
        flipped = {single.number for single in self.conditions if verdicts[single.number] != single.verdict}
        return flipped != {*needed}


def fewest(node: Node, verdicts: list[bool], *, wanted: bool) -> tuple[int, ...] | None:
    """Return the numbers of the fewest conditions that give a node an answer by changing to the given verdicts.

    None where they do not give it. All conditions that change are given; the answer may need fewer of them.
    """
    match node:
        case Single(number=number, verdict=verdict):
            if verdicts[number] != wanted:
                return None
            return () if verdict == wanted else (number,)
        case Inside(part=part, negated=negated):
            return fewest(part, verdicts, wanted=wanted != negated)
        case Group(every=every, parts=parts):
            found = [fewest(part, verdicts, wanted=wanted) for part in parts]
            reached = [each for each in found if each is not None]
            if every != wanted:
                return min(reached, key=len, default=None)
            if len(reached) < len(found):
                return None
            return tuple(number for each in reached for number in each)
