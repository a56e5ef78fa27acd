"""The index of segments' rules: the core's port ``RuleIndex``, and what a storage asks of it.

Segments go by the 16 bytes of their ids, as they come from a database by the thousand.
"""

from collections.abc import Mapping, Set
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.ports.rules import CheckedRule
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.index.asking import BoundIndex
from kohorte.dsl.index.rules import RuleIndex
from kohorte.dsl.predicates.functions import Members
from kohorte.dsl.records import Prepared, Reads

_LEAVE: Final = b"-"
"""Goes behind the key of a segment for the rule by which members leave."""
_SIZE: Final = 16


@frozen
class SegmentsAt:
    """The rules of all segments at one instant."""

    _bound: BoundIndex[bytes]
    _segments: Set[bytes]
    _with_leaving: Set[bytes]

    def moves(self, record: Prepared | None, members: Set[bytes]) -> tuple[Set[bytes], Set[bytes]]:
        """Return the segments that a contact enters and leaves who is in ``members``; None stands for one that is gone.

        Whether a stay must last longer, or somebody was put in or out, is not known here.
        """
        holding = set[bytes]() if record is None else self._bound.matching(record)
        if not self._with_leaving or record is None:
            return holding - members, (members - holding) & self._segments
        gone = {key[:_SIZE] for key in holding if len(key) > _SIZE}
        holding = {key for key in holding if len(key) == _SIZE}
        left = ((members - holding) & self._segments) - self._with_leaving
        return holding - members - gone, left | (members & gone)

    def soon(self, record: Prepared, until: int) -> dict[bytes, int]:
        """Return the segments of which time may change, up to an instant (µs), what a rule answers about a contact.

        Each comes with an instant (µs) before which it does not (see ``BoundIndex.soon``).
        """
        found = dict[bytes, int]()
        for key, bound in self._bound.soon(record, until).items():
            segment = key[:_SIZE]
            found[segment] = min(bound, found.get(segment, bound))
        return found


@define(eq=False)
class SegmentIndex:
    """The rules of segments, asked together."""

    _rules: RuleIndex[bytes] = field(factory=lambda: RuleIndex[bytes](kohorte_catalogue()))
    _segments: set[bytes] = field(factory=set[bytes])
    _with_leaving: set[bytes] = field(factory=set[bytes])

    def put(self, segment_id: UUID, enter: CheckedRule, leave: CheckedRule | None = None) -> None:
        """Take the rules of a segment for any before."""
        self.drop(segment_id)
        key = segment_id.bytes
        self._rules.add(key, _compiled(enter).checked)
        self._segments.add(key)
        if leave is not None:
            self._rules.add(key + _LEAVE, _compiled(leave).checked)
            self._with_leaving.add(key)

    def drop(self, segment_id: UUID) -> None:
        """Forget the rules of a segment, if there are any."""
        key = segment_id.bytes
        self._rules.remove(key)
        self._rules.remove(key + _LEAVE)
        self._segments.discard(key)
        self._with_leaving.discard(key)

    def __contains__(self, segment_id: object) -> bool:
        """Tell whether there are rules of a segment."""
        return isinstance(segment_id, UUID) and segment_id.bytes in self._segments

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self._segments)

    @property
    def reads(self) -> Reads:
        """Return what a record must hold to be asked about."""
        return self._rules.reads

    @property
    def stored(self) -> frozenset[UUID]:
        """Return the segments whose stored members rules ask for."""
        return self._rules.segments

    def at(self, now: int, members: Mapping[UUID, Set[UUID]]) -> SegmentsAt:
        """Bind the rules to an instant (µs); ``members`` holds those of each segment whose stored members count."""
        known: Members = members
        return SegmentsAt(self._rules.at(now, members=known), self._segments, self._with_leaving)


def _compiled(rule: CheckedRule) -> CompiledRule:
    if not isinstance(rule, CompiledRule):
        raise TypeError("Only rules that kohorte.dsl has checked can be asked.")
    return rule
