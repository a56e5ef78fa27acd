"""Offers for a value: what occurs in the data, choices, days, parameters, and other fields of the same kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import frozen

from kohorte.core.fields import Field, Kind
from kohorte.dsl.assistance.descriptions import CHOICE, SHARED, WORDS
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.meaning import goes_with, takes
from kohorte.dsl.assistance.names import currency_offers, field_offers, parameter_offers, seen_fields
from kohorte.dsl.assistance.offers import Category, Offer
from kohorte.dsl.checker.scope import TEXTS, Scope, about
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.phrases import literal
from kohorte.dsl.typed import AggregateOf, FieldOf, Function, Operand, Order


@frozen
class Wanted:
    """The value that is asked for: what it is compared with, and by which words.

    ``asked`` are the terminals between the operand and the value; ``content`` is what of the value stands there.
    """

    left: Operand
    asked: Sequence[str]
    content: str
    knowledge: Knowledge
    scope: Scope
    parameters: Mapping[str, ast.Operand]

    @property
    def field(self) -> Field:
        """Return the field that tells the value's kind."""
        return about(self.left)

    @property
    def order(self) -> Order:
        """Return a comparison that the words amount to, as far as it matters for what may stand there."""
        return Order.EQUAL if self.field.kind in TEXTS or self.asked[-1:] == ("ON",) else Order.LESS

    @property
    def is_looked_for(self) -> bool:
        """Say whether the value is looked for in the operand rather than compared with it."""
        return self.asked[-1:] != () and self.asked[-1] in _LOOKS


_LOOKS: Final = frozenset({"CONTAINS", "CONTAIN", "WITH", "MATCHES", "MATCH"})


def value_offers(wanted: Wanted, *, entry: bool = False) -> Iterator[Offer]:
    """Yield what may stand for a value; as an ``entry`` of a list only constants."""
    kind = wanted.field.kind
    yield from _OF_KIND.get(kind, _nothing)(wanted)
    if wanted.asked[-1:] == ("EXACTLY",):
        return
    if wanted.is_looked_for:
        yield from parameter_offers(each for each, value in wanted.parameters.items() if isinstance(value, ast.Text))
        return
    order = Order.EQUAL if kind in TEXTS | {Kind.BOOLEAN} else wanted.order
    fitting = [name for name, value in wanted.parameters.items() if takes(wanted.left, order, value, wanted.scope)]
    yield from parameter_offers(fitting)
    if not entry:
        yield from _comparable(wanted, order)


def _comparable(wanted: Wanted, order: Order) -> Iterator[Offer]:
    if isinstance(wanted.left, AggregateOf) and wanted.left.function is Function.AVG:
        return
    fields = [
        (text, each)
        for text, each in seen_fields(wanted.knowledge.catalogue, wanted.scope.row)
        if each.field.kind is wanted.field.kind
        and each != wanted.left
        and goes_with(wanted.left, order, each, wanted.scope)
    ]
    yield from field_offers(fields, wanted.knowledge.used)


# -- by kind -----------------------------------------------------------------------------------------------------


def _nothing(_wanted: Wanted) -> Iterator[Offer]:
    return iter(())


def _texts(wanted: Wanted) -> Iterator[Offer]:
    yield from known_texts(wanted.left, wanted.content, wanted.knowledge)
    if wanted.field.kind is not Kind.CODE and wanted.asked[-1:] != ("EXACTLY",):
        yield Offer("exactly ", Category.KEYWORD, WORDS["exactly"].template)


def known_texts(operand: Operand, content: str, knowledge: Knowledge) -> Iterator[Offer]:
    """Yield values that occur in a field, each with the number of contacts that share it."""
    if isinstance(operand, AggregateOf) and (operand.function is not Function.LAST or operand.field is None):
        return
    owner = operand.owner if isinstance(operand, FieldOf) else operand.collection.name
    for known in knowledge.known_values(owner, about(operand).name, content):
        yield Offer(literal(known.value), Category.VALUE, SHARED.template, {"count": known.count}, uses=known.count)


def _choices(wanted: Wanted) -> Iterator[Offer]:
    for each in wanted.field.choices:
        yield Offer(literal(each), Category.CHOICE, CHOICE.template, {"field": wanted.field.name})


def _truths(_wanted: Wanted) -> Iterator[Offer]:
    yield Offer("true", Category.CHOICE, WORDS["true"].template)
    yield Offer("false", Category.CHOICE, WORDS["false"].template)


def _days(wanted: Wanted) -> Iterator[Offer]:
    takes_now = wanted.field.kind is Kind.INSTANT and wanted.asked[-1:] != ("ON",)
    yield from day_offers("today", "yesterday", "tomorrow", *(["now"] if takes_now else []))
    text = "today - 90 days"
    yield Offer(text, Category.SNIPPET, WORDS["today"].template, places=((8, 10), (11, 15)))


def day_offers(*words: str) -> Iterator[Offer]:
    """Yield days by their names."""
    for each in words:
        yield Offer(each, Category.DAY, WORDS[each].template)


def _amounts(wanted: Wanted) -> Iterator[Offer]:
    settled = wanted.left.currency if isinstance(wanted.left, AggregateOf) else None
    for place, each in enumerate([settled] if settled else wanted.knowledge.references.currencies() or ["EUR"]):
        yield Offer(f"100 {each}", Category.SNIPPET, uses=-place, places=((0, 3),))


def money_offers(wanted: Wanted, number: str) -> Iterator[Offer]:
    """Yield a number with each currency in which it is an amount that the operand may be compared with."""
    for offer in currency_offers(wanted.knowledge.references.currencies(), number):
        amount = ast.Amount(Decimal(number), offer.text[-3:])
        if takes(wanted.left, Order.LESS, amount, wanted.scope):
            yield offer


_OF_KIND: Final[Mapping[Kind, Callable[[Wanted], Iterator[Offer]]]] = MappingProxyType(
    {
        Kind.TEXT: _texts,
        Kind.CODE: _texts,
        Kind.TAGS: _texts,
        Kind.ENUMERATION: _choices,
        Kind.BOOLEAN: _truths,
        Kind.DATE: _days,
        Kind.INSTANT: _days,
        Kind.MONEY: _amounts,
    }
)
