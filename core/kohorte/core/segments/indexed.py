"""The rules of a tenant's segments in an index, which follows the segments as they change."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from attrs import define, evolve, field

from kohorte.core.custom_fields.model import CustomField
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.fields import Catalogue
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import UnitOfWork
from kohorte.core.segments.model import Segment, SegmentStatus
from kohorte.core.segments.references import TenantReferences, in_dependency_order

ONE_BY_ONE: Final = 100
"""So many segments that have changed are read one by one; where there are more, all are."""


@define(eq=False)
class IndexedSegments:
    """The active segments of a tenant whose rules are in an index, and those that are asked one by one.

    ``apart`` are those with a rule that reads stored lists, which may be of any size, or that cannot be used.
    """

    rules: Rules
    index: RuleIndex
    apart: set[UUID] = field(factory=set[UUID])
    _known: dict[UUID, Segment] = field(factory=dict[UUID, Segment])
    _waiting: set[UUID] = field(factory=set[UUID])
    """Those whose rules are to be checked before the index is asked."""
    _edition: Hashable = None
    _customs: Mapping[UUID, CustomField] = field(factory=dict[UUID, CustomField])

    @classmethod
    def of(cls, rules: Rules) -> "IndexedSegments":
        """Return the index of a tenant of whose segments nothing is known yet."""
        return cls(rules, rules.index())

    def refresh(self, work: UnitOfWork) -> None:
        """Take in what has changed about segments and fields; what did not costs a statement or two."""
        edition, customs = work.segments.edition(), {each.id: each for each in work.custom_fields.all()}
        if (edition, customs) == (self._edition, self._customs):
            return
        changed = self._take_in(work) | self._reading(_different(self._customs, customs))
        self._waiting = (self._waiting | self.apart | self._depending(changed)) & self._known.keys()
        self._edition, self._customs = edition, customs

    def ready(self, work: UnitOfWork) -> RuleIndex:
        """Return the index with the rules as they were at the last refresh, which saw what this unit of work sees.

        A rule is checked again where it has changed, or one that it refers to, or a field of the tenant's own that one
        of them reads; and where it could not be used.
        """
        if self._waiting:
            catalogue, references = tenant_catalogue(work), TenantReferences(work)
            for each in self._waiting:
                self._put(self._known[each], catalogue, references)
            self._waiting = set()
        return self.index

    def clear(self) -> None:
        """Forget all that is known."""
        self.index = self.rules.index()
        self.apart, self._known, self._waiting = set(), {}, set()
        self._edition, self._customs = None, {}

    def is_ruled_alone(self, segment_id: UUID) -> bool:
        """Tell whether the members of a segment are those whom its rule selects, and hang on nothing else."""
        return self._known[segment_id].is_ruled_alone

    def in_order(self, segment_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return those of some segments that are known, by name, but each after those that it refers to."""
        wanted = sorted((self._known[each] for each in segment_ids if each in self._known), key=lambda each: each.name)
        return [each.id for each in in_dependency_order(wanted, self._known) if each.id in segment_ids]

    def name(self, segment_id: UUID) -> str:
        """Return the name of a segment."""
        return self._known[segment_id].name

    # -- what has changed ----------------------------------------------------------------------------------------

    def _take_in(self, work: UnitOfWork) -> set[UUID]:
        """Read the segments that have another version than is known, and return them; forget those that are gone."""
        versions = work.segments.versions()
        for gone in self._known.keys() - versions.keys():
            del self._known[gone]
            self.index.drop(gone)
            self.apart.discard(gone)
        changed = {each for each in versions if each not in self._known or self._known[each].version != versions[each]}
        many = len(changed) > ONE_BY_ONE
        found = work.segments.all() if many else [work.segments.by_id(each) for each in changed]
        self._known |= {each.id: _as_known(each) for each in found if each.id in changed}
        return changed

    def _reading(self, field_ids: Collection[UUID]) -> set[UUID]:
        """Return the segments whose rules read one of some fields of the tenant's own."""
        return {
            each.id
            for each in self._known.values()
            if field_ids and each.rule is not None and not {*each.rule.custom_fields.values()}.isdisjoint(field_ids)
        }

    def _depending(self, changed: Iterable[UUID]) -> set[UUID]:
        """Return segments, and those whose rules refer to them, directly or through others."""
        referring = defaultdict[UUID, list[UUID]](list)
        for each in self._known.values():
            for referred in each.refers_to:
                referring[referred].append(each.id)
        found, waiting = set[UUID](), [*changed]
        while waiting:
            each_id = waiting.pop()
            if each_id not in found:
                found.add(each_id)
                waiting += referring[each_id]
        return found & self._known.keys()

    # -- rules ---------------------------------------------------------------------------------------------------

    def _put(self, segment: Segment, catalogue: Catalogue, references: TenantReferences) -> None:
        """Let the index have the rules of a segment as they are now."""
        self.index.drop(segment.id)
        self.apart.discard(segment.id)
        if segment.rule is None or segment.status is not SegmentStatus.ACTIVE:
            return
        if self._reads_lists(segment):
            self.apart.add(segment.id)
            return
        try:
            enter, *leave = (self.rules.check(text, catalogue, references) for text in segment.rule.texts)
            self.index.put(segment.id, enter, *leave)
        except Exception:  # whatever it was: who asks this one alone is told
            self.index.drop(segment.id)
            self.apart.add(segment.id)

    def _reads_lists(self, segment: Segment) -> bool:
        """Tell whether its rule reads stored lists, or one that it refers to."""
        return any(each.reads for each in in_dependency_order([segment], self._known))


def _as_known(segment: Segment) -> Segment:
    """Return of a segment what must be known: trees are large."""
    rule = segment.rule
    return segment if rule is None else evolve(segment, rule=evolve(rule, tree={}, nodes=()))


def _different(before: Mapping[UUID, CustomField], after: Mapping[UUID, CustomField]) -> set[UUID]:
    return {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
