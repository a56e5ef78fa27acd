"""What an explanation says of one record: values, verdicts, reasons, changes, and until when it holds."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from attrs import frozen

from kohorte.core.errors import InvalidInput
from kohorte.core.values import Money
from kohorte.dsl import Language
from kohorte.dsl.explaining.explain import MOST_SHOWN
from kohorte.dsl.explaining.model import (
    WITHHELD,
    Amount,
    Changeability,
    ChangeRows,
    Explanation,
    Join,
    SeenCondition,
    SeenGroup,
    SeenSegment,
    SetField,
    conditions_of,
)
from kohorte.dsl.explaining.withholding import withholding

LANGUAGE: Final = Language.of(
    {
        "contact": {
            "country": "code",
            "city": "text",
            "email": "text",
            "score": "integer",
            "rate": "decimal(2)",
            "birthday": "date",
            "seen_at": "instant",
            "tags": "tags",
            "tier": ["gold", "silver"],
            "budget": "money",
        },
        "customer": {"category": "text"},
        "purchases": [
            {
                "at": "instant!",
                "amount": "money",
                "status": "code",
                "items": [{"product": "code", "quantity": "integer"}],
            }
        ],
    },
    zone="Europe/Berlin",
    segments={"germans": 'contact.country = "DE"', "vip": {1}},
    lists={"cities": ["Köln", "Bonn"]},
    key="id",
)
NOW: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)
PURCHASE: Final[dict[str, Any]] = {"at": datetime(2026, 4, 1, tzinfo=UTC), "status": "paid", "items": []}
ANNA: Final[dict[str, Any]] = {
    "id": 1,
    "country": "AT",
    "score": 70,
    "email": "anna@example.com",
    "tags": ["a", "b"],
    "purchases": [{**PURCHASE, "amount": Money.of_units(45999, "EUR")}],
}


def explained(text: str, record: object = ANNA, now: datetime = NOW) -> Explanation:
    rule = LANGUAGE.rule(text)
    explanation = rule.explain(record, now)
    assert explanation.verdict == rule.predicate(now)(record)
    return explanation


def spoken(text: str, seen: SeenCondition) -> str:
    return text[seen.span.start : seen.span.end]


# -- what was seen -----------------------------------------------------------------------------------------------


def test_every_condition_has_its_place_in_the_text_its_value_and_its_verdict() -> None:
    text = 'contact.country = "DE" and (contact.score > 50 or contact.rate is set)'
    found = explained(text).conditions
    assert [spoken(text, each) for each in found] == [
        'contact.country = "DE"',
        "contact.score > 50",
        "contact.rate is set",
    ]
    assert [each.values[0].value for each in found] == ["AT", 70, None]
    assert [each.verdict for each in found] == [False, True, False]


def test_groups_have_verdicts_and_stand_as_the_rule_nests_them() -> None:
    seen = explained('contact.country = "DE" and (contact.score > 50 or contact.rate is set)').seen
    assert isinstance(seen, SeenGroup)
    inner = seen.parts[1]
    assert isinstance(inner, SeenGroup)
    assert (seen.every, seen.verdict, inner.every, inner.verdict) == (True, False, False, True)


def test_a_missing_value_is_said_as_missing() -> None:
    (seen,) = explained("contact.birthday before 2000-01-01").conditions
    assert seen.values[0].is_missing
    assert not seen.verdict


def test_values_are_in_domain_form() -> None:
    record = {
        "birthday": date(1990, 2, 3),
        "budget": Money.of_units(500, "EUR"),
        "rate": 1.5,
        "seen_at": NOW,
        "tags": ["a"],
    }
    text = (
        "contact.birthday is set and contact.budget > 1 EUR and contact.rate > 1 and contact.seen_at in the last 1 day"
    )
    values = [each.values[0].value for each in explained(text, {**record}).conditions]
    assert values == [date(1990, 2, 3), Money.of_units(500, "EUR"), 1.5, NOW]


def test_an_aggregate_says_its_number_and_how_many_rows_counted_of_how_many() -> None:
    rows = [
        {**PURCHASE, "amount": Money.of_units(100 * each, "EUR"), "at": NOW - timedelta(days=each)}
        for each in range(1, 9)
    ]
    usd = {**PURCHASE, "amount": Money.of_units(1, "USD")}
    (seen,) = explained("purchases(last 6 days).sum(amount) > 3 EUR", {"purchases": [*rows, usd]}).conditions
    value = seen.values[0]
    assert value.rows is not None
    assert (value.value, value.rows.counted, value.rows.of) == (Money.of_units(1500, "EUR"), 5, 9)
    assert len(value.rows.shown) == MOST_SHOWN
    assert value.rows.shown[0]["amount"] == Money.of_units(100, "EUR")


def test_no_more_rows_are_shown_than_the_bound() -> None:
    (seen,) = explained("any purchases", {"purchases": [PURCHASE] * 100}).conditions
    rows = seen.values[0].rows
    assert rows is not None
    assert (rows.counted, len(rows.shown)) == (100, MOST_SHOWN)


def test_two_operands_compared_are_two_values() -> None:
    (seen,) = explained(
        "contact.budget > purchases.sum(amount, EUR)", {**ANNA, "budget": Money.of_units(5, "EUR")}
    ).conditions
    assert [each.value for each in seen.values] == [Money.of_units(5, "EUR"), Money.of_units(45999, "EUR")]


def test_a_referenced_segment_is_explained_in_its_place() -> None:
    seen = explained('contact.score > 5 and not in segment "germans"').seen
    assert isinstance(seen, SeenGroup)
    segment = seen.parts[1]
    assert isinstance(segment, SeenSegment)
    assert (segment.segment.name, segment.negated, segment.verdict) == ("germans", True, True)
    assert [each.values[0].value for each in conditions_of(segment)] == ["AT"]
    assert not segment.part.verdict


def test_the_past_is_explained_by_its_instant() -> None:
    text = "any purchases(last 90 days)"
    assert explained(text).verdict
    assert not explained(text, now=datetime(2026, 3, 1, tzinfo=UTC)).verdict


def test_objects_are_explained_as_mappings_are() -> None:
    @frozen
    class Contact:
        country: str

    assert explained('contact.country = "DE"', Contact("DE")).verdict


def test_what_a_rule_refers_to_must_be_given() -> None:
    from kohorte.dsl.explaining.explain import explain  # noqa: PLC0415

    rule = LANGUAGE.rule('in segment "vip"')
    with pytest.raises(InvalidInput, match="segment"):
        explain(rule.checked, "contact", {"": 1}, 0)


# -- reasons -----------------------------------------------------------------------------------------------------


def test_one_false_part_is_reason_enough_and_the_first_one_is_said() -> None:
    assert explained('contact.score > 50 and contact.country = "DE" and contact.city = "Bonn"').reasons == (1,)


def test_the_fewest_reasons_are_found_inside_groups() -> None:
    text = '(contact.score > 1 and contact.score > 2) or contact.country = "AT" or contact.city = "Bonn"'
    assert explained(text).reasons == (2,)
    assert explained(f"not ({text})").reasons == (2,)


def test_all_alternatives_that_fail_are_reasons() -> None:
    assert explained('contact.country = "DE" or contact.score > 100').reasons == (0, 1)


# -- changes -----------------------------------------------------------------------------------------------------


def the_field(explanation: Explanation) -> tuple[str, object, object]:
    assert explanation.change is not None
    (proposal,) = explanation.change.proposals
    assert isinstance(proposal, SetField)
    return proposal.operand.field.name, proposal.before, proposal.value


def the_amounts(explanation: Explanation) -> list[tuple[object, object]]:
    assert explanation.change is not None
    (proposal,) = explanation.change.proposals
    assert isinstance(proposal, ChangeRows)
    amounts: tuple[Amount, ...] = proposal.amounts
    return [(each.before, each.value) for each in amounts]


@pytest.mark.parametrize(
    ("text", "name", "before", "value"),
    [
        ('contact.country = "DE"', "country", "AT", "DE"),
        ('contact.city = "Köln"', "city", None, "Köln"),
        ("contact.score >= 50 and contact.score < 60", "score", 70, 59),
        ("contact.rate > 1.25 and contact.rate < 1.30", "rate", None, Decimal("1.26")),
        ("contact.tier is set", "tier", None, "gold"),
        (
            'contact.tags contains all of ("b", "c") and contact.tags does not contain "a"',
            "tags",
            ("a", "b"),
            ("b", "c"),
        ),
        ('contact.email does not end with ".com"', "email", "anna@example.com", None),
        ('contact.city in list "cities"', "city", None, "Bonn"),
        ('contact.city starts with "Mc" and contact.city ends with "ld"', "city", None, "Mcld"),
        ("contact.seen_at in the last 1 hour", "seen_at", None, NOW),
        ('customer.category = "wholesale"', "category", None, "wholesale"),
        ("contact.budget between 5 EUR and 6 EUR", "budget", None, Money.of_units(500, "EUR")),
        ('any purchases(contact.city = "Bonn")', "city", None, "Bonn"),
        ('contact.email != contact.city or contact.city = "Bonn"', "city", None, "anna@example.com"),
    ],
)
def test_one_value_is_proposed_that_meets_all_conditions_on_a_field(
    text: str, name: str, before: object, value: object
) -> None:
    assert the_field(explained(text)) == (name, before, value)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("purchases(last 90 days).count >= 2", [(1, 2)]),
        ("no purchases(last 90 days)", [(1, 0)]),
        ("purchases.sum(amount) >= 500 EUR", [(Money.of_units(45999, "EUR"), Money.of_units(50000, "EUR"))]),
        ("purchases.sum(amount) < 100 EUR", [(Money.of_units(45999, "EUR"), Money.of_units(9999, "EUR"))]),
        ("purchases.avg(amount) > 500 EUR", [(Money.of_units(45999, "EUR"), Money.of_units(50001, "EUR"))]),
        ("items.avg(quantity) > 5 and items.avg(quantity) < 6", [(None, Decimal("5.50"))]),
        ("purchases.min(amount) > 500 EUR", [(Money.of_units(45999, "EUR"), Money.of_units(50001, "EUR"))]),
        ('purchases(status = "open", amount > 9 EUR).count = 3', [(0, 3)]),
        ("purchases.count distinct(status) >= 3", [(1, 3)]),
        ("last purchases.amount > 500 EUR", [(Money.of_units(45999, "EUR"), Money.of_units(50001, "EUR"))]),
        ('last purchases.status = "open" and purchases.count = 1', [("paid", "open")]),
        ('items(product = "x").count >= 2 and purchases.count >= 2', [(0, 2), (1, 3)]),
        (
            "purchases.sum(amount) >= 500 EUR and purchases.count >= 3",
            [(Money.of_units(45999, "EUR"), Money.of_units(50000, "EUR")), (1, 3)],
        ),
        ("any purchases(any items(quantity > 3))", [(0, 1)]),
        (
            "purchases(amount <= 20 EUR).sum(amount) >= 60 EUR",
            [(Money.of_units(0, "EUR"), Money.of_units(6000, "EUR"))],
        ),
        (
            "purchases(amount > 99 EUR).avg(amount) >= 500 EUR and no purchases(amount < 400 EUR)",
            [(Money.of_units(45999, "EUR"), Money.of_units(50000, "EUR"))],
        ),
        ('last purchases(status in ("a", "open")).status starts with "o"', [(None, "open")]),
        ("purchases(last 30 days).count distinct(status) >= 2", [(0, 2)]),
        ("items(quantity > 3).max(quantity) < 7", [(None, 4)]),
        ("items(quantity > 3).sum(quantity) < 9 and any items(quantity > 3)", [(0, 1)]),
        ("any purchases and no purchases(last 90 days)", [(1, 0)]),
        ('purchases.count in (1, 3) and any purchases(status = "open")', [(0, 1)]),
    ],
)
def test_rows_are_proposed_that_give_aggregates_what_conditions_ask(
    text: str, amounts: list[tuple[object, object]]
) -> None:
    assert the_amounts(explained(text)) == amounts


def test_a_segment_with_stored_members_is_entered_or_left() -> None:
    change = explained('not in segment "vip"').change
    assert change is not None
    (proposal,) = change.proposals
    assert isinstance(proposal, Join)
    assert (proposal.segment.name, proposal.enter) == ("vip", False)


@pytest.mark.parametrize(
    "text",
    [
        "contact.score > 5 and contact.score < 3",
        'contact.country = "DE" and contact.country = "AT"',
        "contact.score is set and contact.score is empty",
        'contact.tier is set and contact.tier not in ("gold", "silver")',
        "purchases.count >= 3 and purchases.count < 2",
        "any purchases and no purchases",
        'contact.tags contains "a" and contact.tags does not contain "A"',
        "contact.seen_at before 2020-01-01 and contact.seen_at after 2021-01-01",
        "not (contact.score > 5 or contact.score <= 5 or contact.score is empty)",
        'in segment "germans" and contact.country = "AT"',
        'in sample 0.0001 % of "seed"',
        "false",
        "any purchases(amount > 5 EUR and amount < 3 EUR)",
        "any purchases(at on or after tomorrow, last 7 days)",
        'last purchases(status = "paid").status = "open"',
        "items(quantity > 3).avg(quantity) <= 3",
        'purchases(status in ("a", "b")).count distinct(status) > 2',
        'contact.city starts with exactly " "',
        "contact.city = contact.email and contact.city is empty",
    ],
)
def test_where_nothing_flips_the_answer_that_is_said(text: str) -> None:
    explanation = explained(text)
    assert (explanation.changeability, explanation.change) == (Changeability.IMPOSSIBLE, None)


def test_of_equally_small_changes_the_first_in_the_text_is_proposed() -> None:
    assert the_field(explained('contact.country = "DE" or contact.score < 5')) == ("country", "AT", "DE")
    assert the_field(explained('contact.score < 5 or contact.country = "DE"')) == ("score", 70, 4)


def test_a_contradiction_in_the_shortest_way_is_gone_round() -> None:
    text = 'contact.country = "DE" and (contact.country = "FR" or (contact.score < 5 and contact.city = "Bonn"))'
    change = explained(text).change
    assert change is not None
    assert change.conditions == (0, 2, 3)


def test_no_value_is_proposed_without_which_the_others_flip_the_answer_too() -> None:
    language = Language.of({"contact": {"a": "integer", "b": "integer"}})
    rule = language.rule("contact.b between 2 and 2 and (not contact.a > contact.b or not contact.b < 1)")
    change = rule.explain({"a": 3, "b": None}, NOW).change
    assert change is not None
    assert [(each.operand.field.name, each.value) for each in change.proposals if isinstance(each, SetField)] == [
        ("b", 2)
    ]


def test_nothing_is_claimed_where_not_all_values_were_tried() -> None:
    text = 'contact.city matches "*a*b*" and contact.city matches "*b*a" and contact.city does not match "*bab*"'
    assert explained(text).changeability is not Changeability.IMPOSSIBLE


# -- until when --------------------------------------------------------------------------------------------------


def test_it_says_when_the_answer_changes_by_time_and_what_would_hinder_that() -> None:
    until = explained("any purchases(last 90 days)").until
    assert until is not None
    assert until.at == datetime(2026, 6, 29, 22, 0, tzinfo=UTC) + timedelta(hours=2)
    assert until.unless is not None
    assert not until.unless.verdict
    assert until.unless.change is not None


def test_an_answer_that_no_time_changes_holds_for_good() -> None:
    until = explained('contact.country = "AT"').until
    assert until is not None
    assert (until.at, until.not_before, until.unless) == (None, None, None)


# -- withholding -------------------------------------------------------------------------------------------------


def test_values_of_fields_that_are_withheld_are_gone_wherever_they_stood() -> None:
    text = 'contact.email ends with ".de" and purchases(status = "paid").sum(amount) > 500 EUR and contact.score > 99'
    explanation = explained(text)
    assert "anna@example.com" in repr(explanation)
    assert "459.99" in repr(explanation)
    hidden = withholding(explanation, {"contact.email", "purchases.amount"}.__contains__)
    assert "anna@example.com" not in repr(hidden)
    assert "459.99" not in repr(hidden)
    assert [each.values[0].value for each in hidden.conditions] == [WITHHELD, WITHHELD, 70]
    assert hidden.change is not None
    assert hidden.change.proposals == ()


def test_the_fields_behind_an_aggregate_are_named() -> None:
    (seen,) = explained('purchases(status = "paid").sum(amount) > 500 EUR').conditions
    assert seen.values[0].fields == {"purchases.at", "purchases.status", "purchases.amount"}


def test_a_row_may_be_compared_with_what_the_contact_has() -> None:
    text = "purchases(amount > contact.budget, status = contact.country).count >= 2"
    assert the_amounts(explained(text, {**ANNA, "budget": Money.of_units(1000, "EUR")})) == [(0, 2)]
