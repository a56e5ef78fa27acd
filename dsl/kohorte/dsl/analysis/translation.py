"""From typed conditions to formulas: which variables a rule speaks of, and what it asks of them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from kohorte.core.fields import LARGEST, Kind
from kohorte.dsl.analysis.bounds import Edge, edge
from kohorte.dsl.analysis.domains import Amounts, Choices, Domain, Numbers, TagSets, ValueSet
from kohorte.dsl.analysis.formulas import Formula, Literal, Variable, group
from kohorte.dsl.analysis.groups import with_plain_filters
from kohorte.dsl.analysis.keys import aggregate_key, condition_key, operand_key
from kohorte.dsl.analysis.leaves import COUNTS, NUMBERS, Place, plain_leaf
from kohorte.dsl.analysis.leaves import opposite as opposite_condition
from kohorte.dsl.analysis.questions import TRUE, Period, Priced, Range, Sought, Tag, Values
from kohorte.dsl.analysis.time_sets import Times
from kohorte.dsl.analysis.word_sets import Words
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
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    HasTags,
    InList,
    InSample,
    InSegment,
    Leaf,
    Missing,
    Negation,
    Operand,
    Order,
    SomeRow,
    Within,
)

_BOOLEANS: Final = Choices(frozenset({True, False}))
_HELD: Final = Domain(True, Choices(frozenset({True})))
"""A condition that is not looked into: it holds where it has a value, and that is True."""
_ORDERED: Final = Domain(True, Choices(frozenset({-1, 0, 1})))
"""How two operands lie to each other; missing where one is, or where their currencies differ."""
_SIGNS: Final = {
    Order.EQUAL: Values(frozenset({0})),
    Order.LESS: Values(frozenset({-1})),
    Order.LESS_OR_EQUAL: Values(frozenset({-1, 0})),
    Order.GREATER: Values(frozenset({1})),
    Order.GREATER_OR_EQUAL: Values(frozenset({0, 1})),
}
_PLACES_OF_A_SAMPLE: Final = Domain(False, Numbers(0, 999_999))


@define
class Translation:
    """Translates conditions that stand in one place; ``now`` (µs) is when time begins, None for always.

    Equal operands become one variable, in one rule and in several. ``lasting``: only what lasts is relied on,
    neither that fields hold what their kinds can, nor what the rules of referenced segments say. ``standing``: time
    stands still at ``now``, so that what is proved holds at that instant alone.
    """

    place: Place
    now: int | None
    lasting: bool = False
    standing: bool = False
    variables: dict[str, Variable] = field(factory=dict[str, Variable])

    def formula(self, condition: Condition, *, negated: bool = False) -> Formula:
        """Return what a condition says, or its complement."""
        return self._formula(condition, self.place, negated=negated)

    def formula_in(self, condition: Condition, place: Place) -> Formula:
        """Return what a condition says that stands in another zone."""
        return self._formula(condition, place, negated=False)

    def plain_formula(self, condition: Condition, place: Place) -> Formula:
        """Return what a condition says that is in plain form already, as the filters of variables are."""
        match condition:
            case Always(value=value):
                return value
            case All(parts=parts) | AnyOf(parts=parts):
                return group(tuple(self.plain_formula(part, place) for part in parts), every=isinstance(condition, All))
            case InSegment(segment=segment) if segment.rule is not None and not self.lasting:
                return self._formula(condition, place, negated=False)
            case _:
                return self._literal(condition, place)

    def _formula(self, condition: Condition, place: Place, *, negated: bool) -> Formula:
        match condition:
            case Negation(part=part):
                return self._formula(part, place, negated=not negated)
            case Always(value=value):
                return value != negated
            case All(parts=parts) | AnyOf(parts=parts):
                translated = tuple(self._formula(part, place, negated=negated) for part in parts)
                return group(translated, every=isinstance(condition, All) != negated)
            case InSegment(segment=segment) if segment.rule is not None and not self.lasting:
                inner = evolve(place, zone=segment.rule.zone)
                return self._formula(segment.rule.condition, inner, negated=condition.negated != negated)
            case _:
                return self._leaf(condition, place, negated=negated)

    def _leaf(self, leaf: Leaf, place: Place, *, negated: bool) -> Formula:
        plain = plain_leaf(with_plain_filters(leaf, place), place)
        if negated:
            plain = opposite_condition(plain)
        return self.plain_formula(plain, place)

    def _literal(self, leaf: Condition, place: Place) -> Literal:
        positive: Literal = _WRITERS[leaf.__class__](self, leaf, place)
        return Literal(positive.variable, positive.test, not positive.positive) if leaf.negated else positive  # type: ignore[union-attr]

    def over_rows(self, place: Place, collection: str) -> "Translation":
        """Return the translation of filters over the rows of a collection, which have variables of their own."""
        return Translation(place.inside(collection), self.now, self.lasting, self.standing)

    # -- variables -----------------------------------------------------------------------------------------------

    def variable(self, operand: Operand, place: Place) -> Variable:
        """Return the variable of an operand."""
        if isinstance(operand, AggregateOf):
            return self._aggregate(operand, condition_key(operand.where, place.zone), place)
        key = operand_key(operand, place.zone)
        known = self.variables.get(key)
        if known is None:
            known = self.variables[key] = Variable(operand, self._initial(operand, place), key, place)
        return known

    def count(self, of: AggregateOf, variable: Variable) -> Variable:
        """Return the variable of how many rows there are of which the aggregate of another one is made."""
        return self._aggregate(_counting(of), variable.where_key, variable.place)

    def _aggregate(self, operand: AggregateOf, where: str, place: Place) -> Variable:
        key = aggregate_key(operand, where)
        known = self.variables.get(key)
        if known is None:
            family = f"{operand.collection.name}(…)"
            known = self.variables[key] = Variable(operand, self._initial(operand, place), family, place, where)
        return known

    def _initial(self, operand: Operand, place: Place) -> Domain:
        return _initial(operand, place, by_kind=not self.lasting)

    def opaque(self, leaf: Condition, place: Place, initial: Domain, *operands: Operand) -> Variable:
        """Return the variable of a condition that is not looked into, and that needs its operands to be set."""
        key = condition_key(leaf, place.zone)
        known = self.variables.get(key)
        if known is None:
            requires = tuple(self.variable(operand, place) for operand in operands)
            family = requires[0].family if len(requires) == 1 else key
            known = self.variables[key] = Variable(leaf, initial, family, place, requires=requires)
        return known

    def edge(self, bound: Bound | None, zone: ZoneInfo) -> Edge | None:
        """Return where a bound lies."""
        if bound is None:
            return None
        return bound.at(self.now, zone) if self.standing and self.now is not None else edge(bound, zone, self.now)

    # -- leaves --------------------------------------------------------------------------------------------------

    def compare(self, leaf: Compare, place: Place) -> Literal:
        """Translate a comparison with a constant."""
        variable = self.variable(leaf.operand, place)
        if isinstance(leaf.value, bool | str):
            return Literal(variable, Values(frozenset({leaf.value}), leaf.folded))
        is_average = isinstance(leaf.operand, AggregateOf) and leaf.operand.function is Function.AVG
        test = _average(leaf.order, leaf.value) if is_average else _number(leaf.order, leaf.value)
        return Literal(variable, test if leaf.currency is None else Priced(leaf.currency, test))

    def among(self, leaf: Among, place: Place) -> Literal:
        """Translate a choice of several values."""
        values: frozenset[Any] = frozenset(leaf.values)
        if isinstance(leaf.operand, AggregateOf) and leaf.operand.function is Function.AVG:
            values = frozenset(2 * value for value in values)
        test = Values(values, leaf.folded)
        return Literal(
            self.variable(leaf.operand, place), test if leaf.currency is None else Priced(leaf.currency, test)
        )

    def contains(self, leaf: Contains, place: Place) -> Literal:
        """Translate a search in a text."""
        return Literal(self.variable(leaf.operand, place), Sought(leaf.look, leaf.needle, leaf.folded))

    def has_tags(self, leaf: HasTags, place: Place) -> Literal:
        """Translate the question for one tag: plain leaves ask for no more."""
        return Literal(self.variable(leaf.operand, place), Tag(leaf.tags[0], leaf.folded))

    def missing(self, leaf: Missing, place: Place) -> Literal:
        """Translate that there is no value."""
        return Literal(self.variable(leaf.operand, place), None, positive=False)

    def within(self, leaf: Within, place: Place) -> Literal:
        """Translate a period."""
        period = Period(self.edge(leaf.low, place.zone), self.edge(leaf.high, place.zone))
        return Literal(self.variable(leaf.operand, place), period)

    def some_row(self, leaf: SomeRow, place: Place) -> Literal:
        """Translate that there is a row: at least one."""
        return Literal(self.variable(_counting(leaf), place), Range(1, None))

    def compare_operands(self, leaf: CompareOperands, place: Place) -> Literal:
        """Translate how two operands lie to each other."""
        pair = evolve(leaf, order=Order.EQUAL, negated=False)
        return Literal(self.opaque(pair, place, _ORDERED, leaf.left, leaf.right), _SIGNS[leaf.order])

    def in_sample(self, leaf: InSample, place: Place) -> Literal:
        """Translate a sample: a place from 0 to 999,999 below the share."""
        drawn = InSample(0, leaf.seed)
        return Literal(self.opaque(drawn, place, _PLACES_OF_A_SAMPLE), Range(None, leaf.share - 1))

    def of_operand(self, leaf: InList | HasAnniversary, place: Place) -> Literal:
        """Translate what is not looked into, but needs a value."""
        return Literal(self.opaque(evolve(leaf, negated=False), place, _HELD, leaf.operand), TRUE)

    def in_segment(self, leaf: InSegment, place: Place) -> Literal:
        """Translate stored membership."""
        return Literal(self.opaque(evolve(leaf, negated=False), place, _HELD), TRUE)


_WRITERS: Final[Mapping[type[Any], Callable[[Translation, Any, Place], Literal]]] = MappingProxyType(
    {
        Compare: Translation.compare,
        Among: Translation.among,
        Contains: Translation.contains,
        HasTags: Translation.has_tags,
        Missing: Translation.missing,
        Within: Translation.within,
        SomeRow: Translation.some_row,
        CompareOperands: Translation.compare_operands,
        InSample: Translation.in_sample,
        InList: Translation.of_operand,
        HasAnniversary: Translation.of_operand,
        InSegment: Translation.in_segment,
    }
)


def _counting(rows: SomeRow | AggregateOf) -> AggregateOf:
    return AggregateOf(rows.collection, Function.COUNT, rows.where)


# -- tests of numbers --------------------------------------------------------------------------------------------


def _number(order: Order, value: int) -> Range | Values:
    match order:
        case Order.EQUAL:
            return Values(frozenset({value}))
        case Order.GREATER_OR_EQUAL:
            return Range(value, None)
        case Order.LESS_OR_EQUAL:
            return Range(None, value)
        case Order.GREATER:
            return Range(value + 1, None)
        case Order.LESS:
            return Range(None, value - 1)


def _average(order: Order, value: int) -> Range | Values:
    """Return the test of an average, not always whole: 2n stands for n, and 2n + 1 for all between n and n + 1."""
    match order:
        case Order.GREATER:
            return Range(2 * value + 1, None)
        case Order.LESS:
            return Range(None, 2 * value - 1)
        case _:
            return _number(order, 2 * value)


# -- what is known before anything is asked ----------------------------------------------------------------------


def _initial(operand: Operand, place: Place, *, by_kind: bool) -> Domain:
    values: ValueSet
    if isinstance(operand, AggregateOf) and operand.function in NUMBERS:
        return Domain(False, Numbers(0) if operand.function in COUNTS else Numbers())
    if isinstance(operand, AggregateOf) and operand.function is Function.AVG:
        values = Numbers(-2 * LARGEST, 2 * LARGEST) if by_kind else Numbers()
    else:
        values = _values(operand, Numbers(-LARGEST, LARGEST) if by_kind else Numbers(), by_kind=by_kind)
    return Domain(place.may_lack(operand), values)


def _values(operand: Operand, numbers: Numbers, *, by_kind: bool) -> ValueSet:
    """Return the values that a field can hold."""
    match operand.field.kind if operand.field is not None else Kind.INTEGER:
        case Kind.TEXT | Kind.CODE:
            return Words(trimmed=by_kind)
        case Kind.ENUMERATION:
            return Choices(frozenset(operand.field.choices)) if operand.field and by_kind else Words(trimmed=False)
        case Kind.BOOLEAN:
            return _BOOLEANS
        case Kind.DATE | Kind.INSTANT:
            return Times()
        case Kind.TAGS:
            return TagSets()
        case Kind.MONEY if isinstance(operand, FieldOf) or operand.function is Function.LAST:
            return Amounts(numbers)
        case _:
            return numbers
