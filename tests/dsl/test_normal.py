"""Negation normal form: the shape it has, and that it never changes what a rule means."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from kohorte.core.fields import Field, Kind
from kohorte.core.values import to_micros
from kohorte.dsl.checker.rule import check
from kohorte.dsl.normal import nesting, push_negations
from kohorte.dsl.records import Form, Prepared, Reads, preparation
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import instants, records, rules
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Compare,
    CompareOperands,
    Condition,
    FieldOf,
    Function,
    HasTags,
    InSample,
    InSegment,
    Missing,
    Negation,
    Order,
    SegmentUse,
    SomeRow,
)
from tests.dsl.catalogues import EVERYTHING, identifier, shop_catalogue
from tests.dsl.oracle import answer

SHOP = shop_catalogue()
PURCHASES = SHOP.collections["purchases"]
A, B, C = (Compare(FieldOf("contact", Field(name, Kind.INTEGER)), Order.EQUAL, 1) for name in "abc")
MISSING = Missing(FieldOf("contact", Field("a", Kind.INTEGER)))


def negated(condition: Any) -> Any:
    return evolve(condition, negated=True)


def value(number: int, **more: Any) -> Compare:
    return Compare(FieldOf("contact", Field("n", Kind.INTEGER)), Order.EQUAL, number, **more)


def among(*numbers: int, **more: Any) -> Among:
    return Among(FieldOf("contact", Field("n", Kind.INTEGER)), numbers, **more)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Negation(A), negated(A)),
        (Negation(Negation(A)), A),
        (Negation(All((A, B))), AnyOf((negated(A), negated(B)))),
        (Negation(AnyOf((A, Negation(B)))), All((negated(A), B))),
        (All((A, All((B, All((C,)))))), All((A, B, C))),
        (All((A, Negation(AnyOf((B, C))))), All((A, negated(B), negated(C)))),
        (AnyOf((A, All((B, C)))), AnyOf((A, All((B, C))))),
        (All(()), Always(True)),
        (AnyOf(()), Always(False)),
        (Negation(All(())), Always(False)),
        (All((A, Always(True))), A),
        (All((A, Always(False))), Always(False)),
        (AnyOf((A, B, Always(True))), Always(True)),
        (AnyOf((A, Negation(Always(True)))), A),
        (AnyOf((value(1), A, value(2))), AnyOf((among(1, 2), A))),
        (AnyOf((value(3), among(1, 2), value(1))), among(1, 2, 3)),
        (AnyOf((value(1), value(1))), value(1)),
        (All((value(1), value(2))), All((value(1), value(2)))),
        (Negation(AnyOf((value(1), value(2)))), among(1, 2, negated=True)),
        (All((Negation(value(1)), negated(value(2)), value(3))), All((among(1, 2, negated=True), value(3)))),
        (AnyOf((value(1, currency="EUR"), value(1, currency="GBP"))),) * 2,
        (AnyOf((value(1), negated(value(2)))),) * 2,
        (Negation(SomeRow(PURCHASES, A)), SomeRow(PURCHASES, A, negated=True)),
        (SomeRow(PURCHASES, Negation(All((A, B)))), SomeRow(PURCHASES, AnyOf((negated(A), negated(B))))),
        (SomeRow(PURCHASES, AnyOf(())), Always(False)),
        (Negation(SomeRow(PURCHASES, AnyOf(()))), Always(True)),
        (
            Compare(AggregateOf(PURCHASES, Function.COUNT, Negation(Negation(A))), Order.LESS, 3),
            Compare(AggregateOf(PURCHASES, Function.COUNT, A), Order.LESS, 3),
        ),
    ],
)
def test_the_shape_of_the_normal_form(condition: Condition, expected: Condition) -> None:
    assert push_negations(condition) == expected


@pytest.mark.parametrize(
    ("condition", "depth"),
    [
        (A, 0),
        (All((A, B)), 1),
        (AnyOf((A, All((B, C)))), 2),
        (SomeRow(PURCHASES, A), 1),
        (SomeRow(PURCHASES, All((A, B))), 1),
        (SomeRow(PURCHASES, AnyOf((A, B))), 2),
        (Compare(AggregateOf(PURCHASES, Function.COUNT, SomeRow(PURCHASES, A)), Order.LESS, 3), 2),
        (InSegment(SegmentUse(identifier("x"), "x")), 0),
    ],
)
def test_nesting_counts_groups_and_filters(condition: Condition, depth: int) -> None:
    assert nesting(condition, lambda _: 0) == depth


# -- the law -----------------------------------------------------------------------------------------------------


def everything() -> Reads:
    """Return that every field is read."""
    reads = Reads()
    for owner in SHOP.owners.values():
        for wanted in owner.fields.values():
            for form in _forms(wanted):
                reads.add(owner.name, wanted, form)
    for collection in SHOP.collections.values():
        reads.add_rows(collection.name)
        for wanted in collection.fields.values():
            for form in _forms(wanted):
                reads.add_of_row(collection.name, wanted, form)
    return reads


def _forms(wanted: Field) -> tuple[Form, ...]:
    return (Form.VALUE, Form.CURRENCY) if wanted.kind is Kind.MONEY else (Form.VALUE,)


PREPARE = preparation(everything(), SHOP)


def prepared(record: dict[str, Any]) -> Prepared:
    return {**PREPARE(record), "": record.get("key")}


MEMBERS = {identifier("vip"): {"a", "A", "ä"}}
ENTRIES = {identifier("vip"): {"DE", "Straße", "a"}, identifier("countries"): {"DE", "AT"}}


@given(
    text=rules(SHOP, segments=["x", "y", "vip", "churned"], lists=["vip", "countries"], depth=3),
    record=records(SHOP),
    now=instants(),
)
def test_the_normal_form_means_the_same(text: str, record: dict[str, Any], now: datetime) -> None:
    rule = check(parse(text), text, SHOP, EVERYTHING).rule
    normal = evolve(rule, condition=push_negations(rule.condition))
    facts, at = prepared(record), to_micros(now)
    assert answer(normal, "contact", facts, at, MEMBERS, ENTRIES) == answer(
        rule, "contact", facts, at, MEMBERS, ENTRIES
    )


@given(text=rules(SHOP, segments=["x", "vip"], lists=["vip"], depth=3), record=records(SHOP), now=instants())
def test_a_negation_is_the_exact_complement(text: str, record: dict[str, Any], now: datetime) -> None:
    rule = check(parse(text), text, SHOP, EVERYTHING).rule
    other = evolve(rule, condition=push_negations(Negation(rule.condition)))
    facts, at = prepared(record), to_micros(now)
    holds = answer(rule, "contact", facts, at, MEMBERS, ENTRIES)
    assert answer(other, "contact", facts, at, MEMBERS, ENTRIES) is not holds


@given(text=rules(SHOP, depth=4))
def test_nothing_is_left_that_does_not_belong_there(text: str) -> None:
    rule = check(parse(text), text, SHOP, EVERYTHING).rule
    normal = push_negations(rule.condition)
    assert push_negations(normal) == normal
    for condition, inside in walk(normal, None):
        assert not isinstance(condition, Negation)
        if isinstance(condition, All | AnyOf):
            assert len(condition.parts) >= 2
            assert inside is not condition.__class__
        if isinstance(condition, Always):
            assert inside is None


def walk(condition: Condition, inside: type | None) -> Iterator[tuple[Condition, type | None]]:
    yield condition, inside
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from walk(part, condition.__class__)
        case SomeRow(where=where):
            yield from walk(where, None)
        case CompareOperands(left=left, right=right):
            for operand in (left, right):
                if isinstance(operand, AggregateOf):
                    yield from walk(operand.where, None)
        case Negation() | Always() | InSegment() | InSample() | HasTags():
            pass
        case _:
            if isinstance(condition.operand, AggregateOf):
                yield from walk(condition.operand.where, None)
