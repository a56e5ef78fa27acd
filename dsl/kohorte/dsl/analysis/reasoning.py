"""One question about rules, answered: proved, refuted by a record that the predicates have seen, or unknown."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from attrs import define, field

from kohorte.core.errors import KohorteError
from kohorte.core.fields import Catalogue
from kohorte.core.values import from_micros
from kohorte.dsl.analysis.answers import Answer, Proved, Refuted, Unknown, Witness
from kohorte.dsl.analysis.formulas import Formula, Variable
from kohorte.dsl.analysis.leaves import Place
from kohorte.dsl.analysis.parts import Beside, related
from kohorte.dsl.analysis.relations import relate
from kohorte.dsl.analysis.rules import Analysed
from kohorte.dsl.analysis.solver import Branch, Budget, Exhausted, is_impossible, search
from kohorte.dsl.analysis.translation import Translation
from kohorte.dsl.analysis.weights import COMPILING, binding, weight
from kohorte.dsl.analysis.witness_fields import NoRecord
from kohorte.dsl.analysis.witnesses import Draft, Drafting
from kohorte.dsl.moments import MICROS_A_DAY
from kohorte.dsl.records import preparation
from kohorte.dsl.typed import InSample

MOST_DRAFTS: Final = 8
"""Of so many branches a record is made before nothing is said."""
_LATER: Final = tuple(days * MICROS_A_DAY for days in (0, 40, 400))
"""After so many microseconds a record is looked for that shows what does not hold now."""
_KEYS: Final = 50
"""So many keys are tried where a sample draws by the key."""
_ASKED: Final = 8
"""A rule answers for a record in this part of the time in which it is translated."""
_Ask = Callable[[Mapping[str, Any]], bool]


@define(slots=False)  # a cached property
class Reasoning:
    """What is asked about rules over one catalogue, from ``now`` (µs) on, within one budget."""

    rules: Sequence[Analysed]
    now: int
    budget: Budget
    translation: Translation = field(init=False)
    formulas: list[Formula] = field(init=False)
    """What each rule says."""
    _bound_at: set[int] = field(factory=set[int])
    """When the predicates have been bound."""

    def __attrs_post_init__(self) -> None:
        self.translation = Translation(self._place(0), self.now)
        self.formulas = []
        self.affords(self._weight)  # is taken for the translation in any case

    def _place(self, number: int) -> Place:
        return Place(self.catalogue.subject, self.rules[number].checked.zone)

    @property
    def catalogue(self) -> Catalogue:
        """Return what the rules are about."""
        return self.rules[0].catalogue

    @property
    def is_exhausted(self) -> bool:
        """Tell whether the budget is used up."""
        return self.budget.is_exhausted

    def affords(self, steps: int) -> bool:
        """Take steps, and tell whether there were so many."""
        self.budget.steps -= steps
        return not self.is_exhausted

    @cached_property
    def _weight(self) -> int:
        """Return the steps for translating the rules."""
        return sum(weight(rule.checked.condition) for rule in self.rules)

    def translate(self) -> None:
        """Translate the rules and relate their aggregates."""
        self.formulas = [
            self.translation.formula_in(rule.checked.condition, self._place(number))
            for number, rule in enumerate(self.rules)
        ]
        self.relate()

    def relate(self, translation: Translation | None = None) -> None:
        """Relate the aggregates of a translation; where the budget does not last, some relations stay unknown."""
        try:
            relate(translation or self.translation, self.budget)
        except Exhausted:
            return

    def related(self, asked: frozenset[str], beside: Beside) -> Sequence[Formula]:
        """Return what is given beside a part that can have to do with families of variables (see ``parts.related``).

        Where the budget does not last, nothing is given.
        """
        try:
            return related(asked, beside, self.budget)
        except Exhausted:
            return ()

    def is_impossible(self, *formulas: Formula) -> bool:
        """Tell whether it is proved that the formulas cannot hold together."""
        try:
            return is_impossible(formulas, self.budget)
        except Exhausted:
            return False

    def is_unproved(self, *formulas: Formula) -> bool:
        """Tell whether no proof was found that the formulas cannot hold together, though the budget lasted for one."""
        try:
            return not is_impossible(formulas, self.budget)
        except Exhausted:
            return False

    def refute(self, formulas: Sequence[Formula], wanted: Sequence[bool]) -> Answer:
        """Answer the claim that the formulas never hold together.

        For a witness each rule must answer as ``wanted``.
        """
        tried: list[Witness] = []
        offered = 0

        def accept(branch: Branch) -> bool:
            nonlocal offered
            offered += 1
            if offered > MOST_DRAFTS:
                raise Exhausted
            witness = self._witness(branch, wanted)
            if witness is not None:
                tried.append(witness)
            return witness is not None

        try:
            search(formulas, self.budget, accept)
        except Exhausted:
            return Unknown()
        if tried:
            return Refuted(tried[0])
        return Unknown() if offered else Proved()

    # -- witnesses -----------------------------------------------------------------------------------------------

    def _witness(self, branch: Branch, wanted: Sequence[bool]) -> Witness | None:
        """Return a witness, now or later: what hangs on the time may hold only then."""
        found = (self._witness_at(self.now + later, branch, wanted) for later in _LATER)
        return next((witness for witness in found if witness is not None), None)

    def _witness_at(self, at: int, branch: Branch, wanted: Sequence[bool]) -> Witness | None:
        self._take_for_binding(at)
        known = {name: frozenset(listed) for rule in self.rules for name, listed in rule.entries.items()}
        try:
            draft = Drafting(self.catalogue, at, self.budget, known).draft(branch)
        except NoRecord:
            return None
        try:
            ask = [self._asking(rule, draft, at) for rule in self.rules]
        except KohorteError:
            return None
        for key in self._keys(draft, branch.taken_variables):
            self.budget.take(self._weight // _ASKED)
            record = {**draft.record, self._key: key} if key is not None else draft.record
            if _answers(ask, record) == list(wanted):
                return Witness(record, from_micros(at), draft.segments, draft.entries)
        return None

    def _take_for_binding(self, at: int) -> None:
        """Take the steps for compiling, once, for the days at an instant, once, and for a draft with bound rules."""
        if not self._bound_at:
            self.budget.take(COMPILING * self._weight)
        if at not in self._bound_at:
            self.budget.take(sum(binding(rule.checked.condition) for rule in self.rules))
            self._bound_at.add(at)
        self.budget.take(self._weight // 2)

    @property
    def _key(self) -> str:
        return next((rule.key for rule in self.rules if rule.key is not None), "key")

    def _keys(self, draft: Draft, variables: Sequence[Variable]) -> Sequence[Any]:
        """Return the keys to try: one of those that are known to belong, or several where they are drawn."""
        for segment in draft.segments:
            for rule in self.rules:
                if rule.members.get(segment):
                    return list(rule.members[segment])[:_KEYS]
        if any(isinstance(each.subject, InSample) for each in variables):
            return [f"key-{number}" for number in range(_KEYS)]
        return [None] if self._key in draft.record else ["key-0"]

    def _asking(self, rule: Analysed, draft: Draft, at: int) -> _Ask:
        """Return a rule as a function of a record that belongs to what a draft was taken to belong to."""
        members = _Assumed(dict.fromkeys(draft.segments, _Everybody()) | dict(rule.members))
        entries = _Assumed(dict(draft.entries) | dict(rule.entries))
        matches = rule.compiled.at(at, members=members, entries=entries).matches
        prepare = preparation(rule.compiled.reads, rule.catalogue, key=self._key)
        return lambda record: matches(prepare(record))


def _answers(ask: Sequence[_Ask], record: Mapping[str, Any]) -> list[bool] | None:
    """Return what the rules answer for a record; None where it does not fit."""
    try:
        return [holds(record) for holds in ask]
    except KohorteError:
        return None


class _Everybody:
    """Members of a segment to which every record is taken to belong."""

    def __contains__(self, key: object) -> bool:
        return True


class _Assumed(dict[UUID, Any]):
    """What is in segments and lists: nothing in those of which nothing is known."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: UUID) -> tuple[()]:
        return ()
