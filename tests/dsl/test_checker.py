"""What rules mean: one typed tree for each of the many ways to say a thing, and what is refused."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.errors import ReferenceCycle
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.rules import Problem, RuleRefused
from kohorte.core.values import to_days
from kohorte.dsl.checker.rule import Outcome, check
from kohorte.dsl.moments import AFTER_NOW, FixedDay, Now, PeriodStart, Shifted, StartOfDay, Step, Today
from kohorte.dsl.syntax.ast import Unit, Which
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Compare,
    CompareOperands,
    Condition,
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    HasTags,
    InList,
    InSegment,
    Look,
    Missing,
    Negation,
    Operand,
    Order,
    SomeRow,
    Within,
)
from tests.data import shared_data
from tests.dsl.catalogues import EVERYTHING, Names, identifier, shop_catalogue

SHOP = shop_catalogue()
PURCHASES = SHOP.collections["purchases"]
ITEMS = SHOP.collections["items"]
MESSAGES = SHOP.collections["messages"]


def checked(rule: str, names: Names = EVERYTHING) -> Outcome:
    return check(parse(rule), rule, SHOP, names)


def meaning(rule: str, names: Names = EVERYTHING) -> Condition:
    return checked(rule, names).rule.condition


def problems_of(rule: str, names: Names = EVERYTHING) -> tuple[Problem, ...]:
    with pytest.raises(RuleRefused) as refused:
        checked(rule, names)
    return refused.value.problems


def of(owner: str, name: str) -> FieldOf:
    return FieldOf(owner, SHOP.field(owner, name))


def day(text: str) -> FixedDay:
    return FixedDay(to_days(date.fromisoformat(text)))


PAST = Within(of("purchases", "at"), None, AFTER_NOW)
CITY, COUNTRY, SCORE = of("contact", "city"), of("contact", "country"), of("contact", "score")
BIRTHDAY, SEEN = of("contact", "birthday"), of("contact", "seen_at")
TODAY, TOMORROW = Today(), Today((Step(1, Unit.DAY),))


def count(where: Condition = PAST) -> Operand:
    return AggregateOf(PURCHASES, Function.COUNT, where)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # text is folded, codes and exact literals are not; what is looked for is cleaned as stored text is
        ('contact.city = "KÖLN "', Compare(CITY, Order.EQUAL, "köln", folded=True)),
        ('contact.city = "K\\u{6F}\\u{308}ln"', Compare(CITY, Order.EQUAL, "köln", folded=True)),
        ('contact.city exactly "McDonald"', Compare(CITY, Order.EQUAL, "McDonald")),
        ('contact.country = "DE"', Compare(COUNTRY, Order.EQUAL, "DE")),
        ('"DE" = contact.country', Compare(COUNTRY, Order.EQUAL, "DE")),
        ('contact.country != "DE"', Negation(Compare(COUNTRY, Order.EQUAL, "DE"))),
        ('contact.city contains "Str. "', Contains(CITY, Look.CONTAINS, "str. ")),
        ('contact.city contains "\\t"', Contains(CITY, Look.CONTAINS, " ")),
        ('contact.notes contains "\\n"', Contains(of("contact", "notes"), Look.CONTAINS, "\n")),
        ('contact.city starts with exactly "Mc"', Contains(CITY, Look.STARTS, "Mc", folded=False)),
        ('contact.country ends with "E"', Contains(COUNTRY, Look.ENDS, "E", folded=False)),
        ('contact.city matches "K?ln*"', Contains(CITY, Look.GLOB, "k?ln*")),
        ('contact.city does not contain "x"', Negation(Contains(CITY, Look.CONTAINS, "x"))),
        ('contact.city contains ""', Missing(CITY, negated=True)),
        ('contact.city ends with ""', Missing(CITY, negated=True)),
        ('contact.city matches ""', Always(False)),
        ('contact.tier = "gold"', Compare(of("contact", "tier"), Order.EQUAL, "gold")),
        # numbers in units of their field, money in those of its currency
        ("contact.height > 1.5", Compare(of("contact", "height"), Order.GREATER, 150)),
        ("2 <= contact.height", Compare(of("contact", "height"), Order.GREATER_OR_EQUAL, 200)),
        ("contact.rate > 5.25 %", Compare(of("contact", "rate"), Order.GREATER, 525)),
        ("contact.rate = -5 %", Compare(of("contact", "rate"), Order.EQUAL, -500)),
        ("contact.score = 2 * 3 - 7", Compare(SCORE, Order.EQUAL, -1)),
        ("contact.score = (1.5 + 1.5) * 4", Compare(SCORE, Order.EQUAL, 12)),
        ("contact.limit > 12.5 EUR", Compare(of("contact", "limit"), Order.GREATER, 1250, currency="EUR")),
        ("contact.limit > 3 * 500 JPY", Compare(of("contact", "limit"), Order.GREATER, 1500, currency="JPY")),
        # sets of values
        ('contact.country in ("DE", "AT", "DE")', Among(COUNTRY, ("AT", "DE"))),
        ('contact.country in ("DE")', Compare(COUNTRY, Order.EQUAL, "DE")),
        ("contact.country in ()", AnyOf(())),
        ('contact.country not in ("DE", "AT")', Negation(Among(COUNTRY, ("AT", "DE")))),
        (
            'contact.city in ("A", exactly "B", "C")',
            AnyOf((Among(CITY, ("a", "c"), folded=True), Compare(CITY, Order.EQUAL, "B"))),
        ),
        (
            "contact.limit in (1 EUR, 2 EUR, 1 JPY)",
            AnyOf(
                (
                    Among(of("contact", "limit"), (100, 200), currency="EUR"),
                    Compare(of("contact", "limit"), Order.EQUAL, 1, currency="JPY"),
                )
            ),
        ),
        (
            "contact.birthday in (2000-01-01, today)",
            AnyOf(
                (
                    Within(BIRTHDAY, day("2000-01-01"), day("2000-01-02")),
                    Within(BIRTHDAY, TODAY, TOMORROW),
                )
            ),
        ),
        ('contact.city in list "vip"', InList(CITY, identifier("vip"), "vip", folded=True)),
        ('contact.country not in list "vip"', InList(COUNTRY, identifier("vip"), "vip", negated=True)),
        # ranges have both ends
        (
            "contact.score not between 3 and 5",
            Negation(
                All((Compare(SCORE, Order.GREATER_OR_EQUAL, 3), Compare(SCORE, Order.LESS_OR_EQUAL, 5))),
            ),
        ),
        # presence and truth
        ("contact.city is empty", Missing(CITY)),
        ("contact.city is not empty", Missing(CITY, negated=True)),
        ("contact.subscribed", Compare(of("contact", "subscribed"), Order.EQUAL, True)),
        ("contact.subscribed = false", Compare(of("contact", "subscribed"), Order.EQUAL, False)),
        ("not contact.subscribed", Negation(Compare(of("contact", "subscribed"), Order.EQUAL, True))),
        ("true or false", AnyOf((Always(True), Always(False)))),
        # tag sets
        ('contact.tags contains "VIP"', HasTags(of("contact", "tags"), ("vip",))),
        ('contact.tags contains all of ("b", "A")', HasTags(of("contact", "tags"), ("a", "b"), every=True)),
        (
            'contact.tags contains any of ("b", exactly "A")',
            AnyOf((HasTags(of("contact", "tags"), ("b",)), HasTags(of("contact", "tags"), ("A",), folded=False))),
        ),
        ("contact.tags contains any of ()", Always(False)),
        ("contact.tags contains all of ()", Missing(of("contact", "tags"), negated=True)),
        # two operands
        ("contact.city = customer.city", CompareOperands(CITY, Order.EQUAL, of("customer", "city"), folded=True)),
        (
            "contact.country != customer.country",
            Negation(CompareOperands(COUNTRY, Order.EQUAL, of("customer", "country"))),
        ),
        ("contact.score < purchases.count", CompareOperands(SCORE, Order.LESS, count())),
        ("contact.seen_at before contact.created_at", CompareOperands(SEEN, Order.LESS, of("contact", "created_at"))),
    ],
)
def test_a_condition_becomes_typed(rule: str, expected: Condition) -> None:
    assert meaning(rule) == expected


def instants(low: str | None, high: str | None) -> Within:
    return Within(SEEN, StartOfDay(day(low)) if low else None, StartOfDay(day(high)) if high else None)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("contact.seen_at on 2024-02-29", instants("2024-02-29", "2024-03-01")),
        ("contact.seen_at = 2024-02-29", instants("2024-02-29", "2024-03-01")),
        ("contact.seen_at before 2024-02-29", instants(None, "2024-02-29")),
        ("contact.seen_at < 2024-02-29", instants(None, "2024-02-29")),
        ("contact.seen_at after 2024-02-29", instants("2024-03-01", None)),
        ("2024-02-29 < contact.seen_at", instants("2024-03-01", None)),
        ("contact.seen_at on or before 2024-02-29", instants(None, "2024-03-01")),
        ("contact.seen_at on or after 2024-02-29", instants("2024-02-29", None)),
        ("contact.seen_at between 2024-02-01 and 2024-02-29", instants("2024-02-01", "2024-03-01")),
        ("contact.seen_at > now", Within(SEEN, AFTER_NOW, None)),
        ("contact.seen_at <= now - 3 hours", Within(SEEN, None, Shifted(Now(), (Step(-3, Unit.HOUR),), plus=1))),
        ("contact.birthday on 2024-02-29", Within(BIRTHDAY, day("2024-02-29"), day("2024-03-01"))),
        ("contact.birthday > 2024-02-29 + 1 year", Within(BIRTHDAY, day("2025-03-02"), None)),
        ("contact.birthday >= tomorrow", Within(BIRTHDAY, TOMORROW, None)),
        (
            "contact.birthday in the last 7 days",
            Within(BIRTHDAY, Today((Step(-7, Unit.DAY), Step(1, Unit.DAY))), TOMORROW),
        ),
        ("contact.birthday in the next 7 days", Within(BIRTHDAY, TODAY, Today((Step(7, Unit.DAY),)))),
        ("contact.birthday more than 7 days ago", Within(BIRTHDAY, None, Today((Step(-7, Unit.DAY),)))),
        (
            "contact.seen_at not in the last 90 days",
            Within(SEEN, Shifted(Now(), (Step(-90, Unit.DAY),), plus=1), AFTER_NOW, negated=True),
        ),
        ("contact.seen_at in the next 3 hours", Within(SEEN, Now(), Shifted(Now(), (Step(3, Unit.HOUR),)))),
        ("contact.seen_at more than 1 month ago", Within(SEEN, None, Shifted(Now(), (Step(-1, Unit.MONTH),)))),
        (
            "contact.seen_at less than 1 month ago",
            Within(SEEN, Shifted(Now(), (Step(-1, Unit.MONTH),), plus=1), AFTER_NOW),
        ),
        (
            "contact.seen_at in last month",
            Within(SEEN, StartOfDay(PeriodStart(Unit.MONTH, -1)), StartOfDay(PeriodStart(Unit.MONTH, 0))),
        ),
        ("contact.birthday this year", Within(BIRTHDAY, PeriodStart(Unit.YEAR), PeriodStart(Unit.YEAR, 1))),
        ("contact.birthday has anniversary today", HasAnniversary(BIRTHDAY, TODAY, TOMORROW)),
        (
            "contact.seen_at has anniversary in the next 7 days",
            HasAnniversary(SEEN, TODAY, Today((Step(7, Unit.DAY),))),
        ),
        (
            "contact.birthday has anniversary next week",
            HasAnniversary(BIRTHDAY, PeriodStart(Unit.WEEK, 1), PeriodStart(Unit.WEEK, 2)),
        ),
        (
            "purchases.max(at) before 2024-01-01",
            Within(
                AggregateOf(PURCHASES, Function.MAX, PAST, PURCHASES.fields["at"]), None, StartOfDay(day("2024-01-01"))
            ),
        ),
    ],
)
def test_times_become_half_open_intervals(rule: str, expected: Condition) -> None:
    assert meaning(rule) == expected


def test_calendar_periods_name_the_unit_and_the_direction() -> None:
    assert {which.value for which in Which} == {"this", "last", "next"}
    for which, shift in (("last", -1), ("this", 0), ("next", 1)):
        for unit in (Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR):
            expected = Within(BIRTHDAY, PeriodStart(unit, shift), PeriodStart(unit, shift + 1))
            assert meaning(f"contact.birthday in {which} {unit.value}") == expected


WINDOW = Within(of("purchases", "at"), Shifted(Now(), (Step(-90, Unit.DAY),), plus=1), AFTER_NOW)
PAID = Compare(of("purchases", "status"), Order.EQUAL, "paid")
SPRING = Compare(of("messages", "campaign"), Order.EQUAL, "spring", folded=True)
SENT = Within(of("messages", "sent_at"), None, AFTER_NOW)
OPENED = Within(of("messages", "opened_at"), None, AFTER_NOW)


def total(function: Function, where: Condition = PAST, currency: str | None = "EUR") -> AggregateOf:
    return AggregateOf(PURCHASES, function, where, PURCHASES.fields["amount"], currency)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("any purchases", SomeRow(PURCHASES, PAST)),
        ("no purchases", SomeRow(PURCHASES, PAST, negated=True)),
        ("not any purchases", SomeRow(PURCHASES, PAST, negated=True)),
        ("any purchases(last 90 days)", SomeRow(PURCHASES, WINDOW)),
        ('any purchases(status = "paid", last 90 days)', SomeRow(PURCHASES, All((PAID, WINDOW)))),
        ('any purchases(status = "paid")', SomeRow(PURCHASES, All((PAID, PAST)))),
        ("any marks", SomeRow(SHOP.collections["marks"], Always(True))),
        ("purchases.count >= 5", Compare(count(), Order.GREATER_OR_EQUAL, 5)),
        ("purchases.count > 4", Compare(count(), Order.GREATER_OR_EQUAL, 5)),
        ("purchases.count <= 4", Negation(Compare(count(), Order.GREATER_OR_EQUAL, 5))),
        ("purchases.count = 5", Compare(count(), Order.EQUAL, 5)),
        ("purchases.count > 0", SomeRow(PURCHASES, PAST)),
        ("purchases.count = 0", Negation(SomeRow(PURCHASES, PAST))),
        ("purchases.count >= 0", Always(True)),
        ("purchases.count = -1", Always(False)),
        ("purchases.sum(amount) > 5 EUR", Compare(total(Function.SUM), Order.GREATER, 500)),
        ("purchases.avg(amount, EUR) > 5 EUR", Compare(total(Function.AVG), Order.GREATER, 500)),
        ("purchases.min(amount, EUR) is empty", Missing(total(Function.MIN))),
        (
            "purchases.sum(amount) > purchases(last 90 days).sum(amount, EUR)",
            CompareOperands(total(Function.SUM), Order.GREATER, total(Function.SUM, WINDOW)),
        ),
        (
            "contact.limit < purchases.sum(amount, EUR)",
            CompareOperands(of("contact", "limit"), Order.LESS, total(Function.SUM)),
        ),
        (
            "purchases.count distinct(product_code) > 3",
            Compare(
                AggregateOf(PURCHASES, Function.COUNT_DISTINCT, PAST, PURCHASES.fields["product_code"]),
                Order.GREATER,
                3,
            ),
        ),
        (
            "any purchases(items.count > 3 and contact.score > 1)",
            SomeRow(
                PURCHASES,
                All(
                    (
                        All(
                            (
                                Compare(
                                    AggregateOf(ITEMS, Function.COUNT, Within(of("items", "at"), None, AFTER_NOW)),
                                    Order.GREATER_OR_EQUAL,
                                    4,
                                ),
                                Compare(SCORE, Order.GREATER, 1),
                            )
                        ),
                        PAST,
                    )
                ),
            ),
        ),
        ("did purchase", SomeRow(PURCHASES, PAST)),
        ("did not purchase", Negation(SomeRow(PURCHASES, PAST))),
        ("did purchase at most 2 times", Negation(Compare(count(), Order.GREATER_OR_EQUAL, 3))),
        ("did purchase at least 0 times", Always(True)),
        ("did purchase less than 1 time", Negation(SomeRow(PURCHASES, PAST))),
        ("did purchase exactly 3 times in the last 90 days", Compare(count(WINDOW), Order.EQUAL, 3)),
        ('did purchase where status = "paid"', SomeRow(PURCHASES, All((PAID, PAST)))),
        (
            'did open campaign "Spring"',
            SomeRow(MESSAGES, All((SPRING, OPENED, SENT))),
        ),
        (
            'did not open campaign "Spring" in the last 90 days',
            Negation(
                SomeRow(MESSAGES, All((SPRING, Within(of("messages", "opened_at"), WINDOW.low, AFTER_NOW), SENT)))
            ),
        ),
        ("did receive", SomeRow(MESSAGES, All((Missing(of("messages", "campaign"), negated=True), SENT)))),
    ],
)
def test_related_rows_become_aggregates_or_rows(rule: str, expected: Condition) -> None:
    assert meaning(rule) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("did purchase at least 3 times in the last 90 days", "purchases(last 90 days).count >= 3"),
        ('did purchase where (status = "x" and amount > 5 EUR)', 'any purchases(status = "x" and amount > 5 EUR)'),
        ("did purchase on or after 2024-01-01", "any purchases(at on or after 2024-01-01)"),
        ("did purchase between 2024-01-01 and 2024-12-31", "any purchases(at between 2024-01-01 and 2024-12-31)"),
        ("contact.seen_at in the last 30 days", "contact.seen_at less than 30 days ago"),
        ("let $n = 3 \ncontact.score > $n", "contact.score > 3"),
        ("let $n = (today - 90 days) \ncontact.seen_at > $n", "contact.seen_at > today - 90 days"),
        ('let $c = ("DE", "AT") contact.country in $c', 'contact.country in ("DE", "AT")'),
        ('let $c = ("DE") contact.country in $c', 'contact.country in ("DE")'),
        ("let $a = 3\nlet $b = ($a + 1)\ncontact.score = $b", "contact.score = 4"),
        ("contact.subscribed is set", "not contact.subscribed is empty"),
    ],
)
def test_two_ways_to_say_the_same_mean_the_same(one: str, other: str) -> None:
    first, second = meaning(one), meaning(other)
    assert first == second or Negation(second) == first or first == _without_negation(second)


def _without_negation(condition: Condition) -> Condition:
    match condition:
        case Negation(part=Missing(operand=operand, negated=negated)):
            return Missing(operand, negated=not negated)
        case _:
            return condition


def test_rows_that_cannot_lie_ahead_need_no_second_limit() -> None:
    for window in ("last 90 days", "last month", "at before today", "at <= now", "at on today - 3 days"):
        found = meaning(f"any purchases({window})")
        assert isinstance(found, SomeRow)
        limited = isinstance(found.where, All) and PAST in found.where.parts
        assert limited == (window == "at on today - 3 days")
    assert meaning("any purchases(this month)") == SomeRow(
        PURCHASES,
        All(
            (
                Within(
                    of("purchases", "at"), StartOfDay(PeriodStart(Unit.MONTH)), StartOfDay(PeriodStart(Unit.MONTH, 1))
                ),
                PAST,
            )
        ),
    )


def test_what_is_only_negated_or_one_of_several_does_not_limit() -> None:
    for filtered in ("not at before today", "at before today or at > 2024-01-01"):
        found = meaning(f"any purchases({filtered})")
        assert isinstance(found, SomeRow)
        assert isinstance(found.where, All)
        assert PAST in found.where.parts


def test_nothing_was_done_in_the_future_but_activities_may_lie_there() -> None:
    catalogue = kohorte_catalogue()
    activities = catalogue.collections["activities"]
    for rule, limited in (("any activities", False), ('did have activity "call"', True)):
        found = check(parse(rule), rule, catalogue, Names()).rule.condition
        assert isinstance(found, SomeRow)
        limit = Within(FieldOf("activities", activities.fields["at"]), None, AFTER_NOW)
        assert (isinstance(found.where, All) and limit in found.where.parts) == limited


# -- zones, segments, lists --------------------------------------------------------------------------------------


def test_a_rule_is_read_in_its_zone_or_the_tenants() -> None:
    assert checked("contact.subscribed").rule.zone == ZoneInfo("Europe/Berlin")
    assert checked('in zone "Asia/Kolkata" contact.subscribed').rule.zone == ZoneInfo("Asia/Kolkata")


def test_a_segment_brings_its_rule_and_its_own_zone() -> None:
    names = Names(rules={"inner": 'in zone "Asia/Kolkata" contact.seen_at on today', "members": None})
    outcome = checked('in segment "inner" and not in segment "members"', names)
    assert outcome.segments == {"inner": identifier("inner"), "members": identifier("members")}
    match outcome.rule.condition:
        case All(parts=(InSegment(segment=inner), InSegment(segment=members, negated=True))):
            assert inner.rule is not None
            assert inner.rule.zone == ZoneInfo("Asia/Kolkata")
            assert members.rule is None
        case other:
            pytest.fail(str(other))


def test_a_segment_that_is_used_twice_is_checked_once() -> None:
    names = Names(rules={"a": 'in segment "c"', "b": 'in segment "c"', "c": "any purchases"})
    match meaning('in segment "a" and in segment "b"', names):
        case All(parts=(InSegment(segment=one), InSegment(segment=other))):
            assert one.rule is not None
            assert other.rule is not None
            assert isinstance(one.rule.condition, InSegment)
            assert isinstance(other.rule.condition, InSegment)
            assert one.rule.condition.segment is other.rule.condition.segment
        case found:
            pytest.fail(str(found))


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"a": 'in segment "a"'}, '"a" > "a"'),
        ({"a": 'in segment "b"', "b": 'not in segment "c"', "c": 'any purchases or in segment "b"'}, '"b" > "c" > "b"'),
    ],
)
def test_a_circle_of_segments_is_refused_with_its_path(rules: dict[str, str | None], path: str) -> None:
    with pytest.raises(ReferenceCycle) as refused:
        checked('in segment "a"', Names(rules=rules))
    assert refused.value.values["path"] == path


def chain(length: int, last: str = "any purchases") -> Names:
    rules: dict[str, str | None] = {f"s{number}": f'in segment "s{number + 1}"' for number in range(length)}
    return Names(rules={**rules, f"s{length}": last})


def test_a_chain_of_segments_may_be_as_deep_as_conditions_may_be_nested() -> None:
    assert checked('in segment "s0"', chain(14)).nesting == 16
    [problem] = problems_of('in segment "s0"', chain(15))
    assert problem.code in {"nested_too_deep", "broken_segment"}
    assert "nested" in problem.text()
    assert problems_of('in segment "s0"', chain(3_000))


def test_conditions_count_with_those_of_referenced_segments() -> None:
    hundred = " or ".join(f"contact.score = {number}" for number in range(100))
    names = Names(rules={"hundred": hundred})
    five = " and ".join(['in segment "hundred"'] * 5)
    assert checked(five, names).conditions == 500
    [problem] = problems_of(f"{five} and contact.subscribed", names)
    assert problem.code == "too_many_conditions"
    assert problem.values["count"] == 501


def test_each_day_of_a_list_counts_as_a_condition() -> None:
    days = ", ".join(["today"] * 501)
    [problem] = problems_of(f"contact.birthday in ({days})")
    assert problem.code == "too_many_conditions"


# -- many findings, warnings, limits -----------------------------------------------------------------------------


def test_every_condition_is_looked_at_in_the_order_of_the_text() -> None:
    found = problems_of('contact.foo = 1 and (any purchases(bar = 2 or baz = 3) or contact.score = "x") and did juggle')
    assert [problem.code for problem in found] == [
        "unknown_field",
        "unknown_field",
        "unknown_field",
        "wrong_type",
        "unknown_verb",
    ]


def test_both_sides_of_a_comparison_are_looked_at() -> None:
    assert len(problems_of("contact.foo = customer.bar")) == 2


def test_after_twenty_errors_nobody_wants_more() -> None:
    wrong = " and ".join(f"contact.foo{number} = 1" for number in range(400))
    assert len(problems_of(wrong)) == 20


def test_a_name_is_found_among_very_many() -> None:
    rules = {f"segment {number:05}": "any purchases" for number in range(5_000)} | {"churned": "no purchases"}
    wrong = " and ".join(['in segment "chruned"', *(f'in segment "sgment {number}"' for number in range(300))])
    problems = problems_of(wrong, Names(rules=rules))
    assert [fix.edits[0].text for fix in problems[0].fixes] == ['"churned"']


def test_money_warns_of_other_currencies_once_for_each() -> None:
    names = Names(held=("EUR", "USD"))
    warnings = checked(
        "purchases.sum(amount) > 5 EUR and contact.limit > 6 EUR and contact.limit > 7 GBP", names
    ).warnings
    assert [warning.code for warning in warnings] == ["other_currencies", "other_currencies"]
    assert checked("purchases.sum(amount) > 5 EUR", Names(held=("EUR",))).warnings == ()
    assert checked("purchases.sum(amount) > 5 EUR", Names()).warnings == ()


def test_a_field_that_is_always_set_may_be_missing_with_its_row() -> None:
    assert [warning.code for warning in checked("contact.key is set").warnings] == ["never_missing"]
    assert checked("customer.key is set").warnings == ()


def test_reckoning_is_exact_and_bounded() -> None:
    assert meaning("contact.rate = 0.1 + 0.1 + 0.1") == Compare(of("contact", "rate"), Order.EQUAL, 3000)
    chain_of_ones = " + ".join(["1"] * 30)
    assert meaning(f"contact.score = {chain_of_ones}") == Compare(SCORE, Order.EQUAL, 30)
    [problem] = problems_of("contact.score = 999999999999999 * 999999999999999")
    assert problem.code == "out_of_range"
    assert problems_of("contact.rate = 0.0000001 * 0.0000001")
    assert problems_of("contact.seen_at > today" + " - 1 day" * 21)


def test_the_largest_numbers_are_refused_on_both_sides() -> None:
    assert meaning("contact.score > -1000000000000") == Compare(SCORE, Order.GREATER, -(10**12))
    assert problems_of("contact.score > -1000000000001")
    assert problems_of("contact.limit > 10000000000.01 EUR")


def test_custom_fields_are_used_like_built_in_ones() -> None:
    custom = Field("shoe_size", Kind.DECIMAL, scale=1, custom=True)
    catalogue = SHOP.with_fields("contact", [custom])
    rule = "contact.shoe_size >= 42.5"
    found = check(parse(rule), rule, catalogue, EVERYTHING).rule.condition
    assert found == Compare(FieldOf("contact", custom), Order.GREATER_OR_EQUAL, 425)


def test_the_place_of_every_condition_is_kept() -> None:
    rule = 'contact.city = "Köln" and (any purchases(amount > 5 EUR) or contact.score between 1 and 2)'
    found = meaning(rule)
    assert isinstance(found, All)
    texts = [rule[part.span.start : part.span.end] for part in found.parts]
    assert texts[0] == 'contact.city = "Köln"'
    assert texts[1].strip("()").startswith("any purchases")


# -- the rules beside the project --------------------------------------------------------------------------------

NOT_HERE = {
    "purchases(at on or after 2011-11-10).count",  # a number
    "`Größe` = 3 and `and` = 5",  # names without owners
    'status = "x" and open and count > 3',
    'any purchases(at = 1 and count = 2 and status = "x" and open = true)',  # at is an instant here
    "contact.country in $countries",  # the parameter is missing
    'contact.a = "\\u{1F600} \\" \\\\ \\n"',  # contact.a is a number here
    "purchases(this year).sum(amount) > purchases(last year).sum(amount)",  # in which currency?
    "CONTACT.x = 1 AND contact.y = 2 Or contact.z = 3",
}
RESERVED = ("has consent", "matches regex", "amount in EUR")


def rules_of(name: str) -> list[str]:
    text = shared_data(f"rules/{name}.txt").read_text("utf-8")
    rules = text.split("\n---\n")
    return [rule.split("\n", 1)[1] if rule.startswith("# Rules that") else rule for rule in rules]


def test_every_rule_that_must_be_refused_is_refused() -> None:
    rules = rules_of("refused")
    assert len(rules) > 30
    for rule in rules:
        assert problems_of(rule), rule


def test_every_other_rule_means_something() -> None:
    for rule in (rule.strip("\n") for rule in rules_of("accepted")):
        if any(word in rule for word in RESERVED):
            assert [problem.code for problem in problems_of(rule)] == ["reserved"]
        elif rule in NOT_HERE:
            assert problems_of(rule)
        else:
            assert checked(rule).conditions > 0


def test_the_golden_files_are_where_they_are_looked_for() -> None:
    assert len(list((Path(__file__).parent / "golden_checker").glob("*.txt"))) == 9
