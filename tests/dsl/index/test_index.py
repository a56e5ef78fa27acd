"""The index over many rules: what it looks at, what it forgets, and what it must be given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kohorte.core.errors import InvalidInput
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.checker.rule import check
from kohorte.dsl.index import Changes, RuleIndex
from kohorte.dsl.index.clauses import MOST_CLAUSES, alternatives
from kohorte.dsl.index.filing import Filing
from kohorte.dsl.records import preparation
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.typed import Checked
from tests.dsl.catalogues import identifier
from tests.dsl.index.test_index_laws import CATALOGUE, ENTRIES, MEMBERS, NAMES, PREPARE

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
NOW = to_micros(NOON)
LANGUAGE = Language(CATALOGUE, segments={"vip": {7}, "active": "any purchases(last 30 days)"}, lists={"big": ["Bonn"]})


def index_of(*texts: str) -> RuleIndex[int]:
    index = RuleIndex[int](CATALOGUE)
    for number, text in enumerate(texts):
        index.add(number, LANGUAGE.rule(text))
    return index


def record(**values: Any) -> dict[str, Any]:
    return PREPARE({"id": 1, **values})


def purchase(days_ago: float, amount: int = 10, currency: str = "EUR") -> dict[str, Any]:
    return {"at": NOON - timedelta(days=days_ago), "amount": amount, "currency": currency}


class Counting(dict[str, Any]):
    """A record that counts how often each key is read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.reads: dict[str, int] = {}

    def __getitem__(self, key: str) -> Any:
        self.reads[key] = self.reads.get(key, 0) + 1
        return super().__getitem__(key)


# -- economy -----------------------------------------------------------------------------------------------------


def test_a_field_is_looked_up_once_for_all_rules() -> None:
    one = Counting(record(score=5))
    assert index_of(*(f"contact.score > {each}" for each in range(10))).at(NOW).matching(one) == set(range(5))
    assert one.reads == {"score": 1}


def test_an_aggregate_is_computed_once_for_all_that_compare_it() -> None:
    texts = (*(f"purchases.count >= {each}" for each in (1, 2, 3)), "any purchases", "no purchases")
    one = Counting(record(purchases=[purchase(1), purchase(2)]))
    assert index_of(*texts).at(NOW).matching(one) == {0, 1, 3}
    assert one.reads == {"purchases": 1}


def test_rows_are_not_looked_at_where_a_field_decides() -> None:
    one = Counting(record(country="AT", city="Bonn"))
    index = index_of('contact.country = "DE" and any purchases', 'contact.city contains "x" and purchases.count > 3')
    assert index.at(NOW).matching(one) == set()
    assert one.reads == {"country": 1, "city~": 1}


def test_a_change_makes_nothing_anew_that_does_not_hang_on_it() -> None:
    index = index_of("any purchases and contact.score > 1", "purchases.count > 1", 'contact.country = "DE"')
    before, after = Counting(record(country="AT")), Counting(record(country="DE"))
    assert index.at(NOW).changes(before, after) == Changes(frozenset({2}), frozenset())
    assert after.reads["purchases"] == 1  # to see that they are the same


def test_aggregates_are_computed_anew_only_where_a_row_that_differs_counts() -> None:
    index = index_of("purchases(last 2 days).count > 1", "purchases(last 2 days).sum(amount) > 15 EUR")
    kept = [purchase(1), purchase(30)]
    first, old, other, recent = (
        Counting(record(purchases=[*kept, *more]))
        for more in ([], [purchase(9)], [purchase(1, currency="GBP")], [purchase(0)])
    )
    bound = index.at(NOW)
    assert bound.changes(first, old) == Changes(frozenset(), frozenset())
    assert old.reads == {"purchases": 2}  # to see that they differ, and where
    assert bound.changes(first, other) == Changes(frozenset({0}), frozenset())
    assert other.reads == {"purchases": 3}
    assert bound.changes(first, recent) == Changes(frozenset({0, 1}), frozenset())
    assert recent.reads == {"purchases": 4}


def test_rows_that_a_changed_field_lets_count_are_seen() -> None:
    bound = index_of(
        "purchases(amount > 5 EUR).count > 0 and contact.score > 1", "purchases(status = contact.country).count > 0"
    ).at(NOW)
    rows = [{**purchase(1), "status": "DE"}]
    before, after = record(country="AT", purchases=rows), record(country="DE", purchases=[*rows, purchase(2)])
    assert bound.changes(before, after).entered == {1}


# -- alternatives ------------------------------------------------------------------------------------------------


def test_a_rule_that_holds_by_another_alternative_is_neither_entered_nor_left() -> None:
    bound = index_of('contact.country = "DE" or contact.score > 1', 'contact.country = "DE" or any purchases').at(NOW)
    first, then = ({"score": 5, "purchases": [purchase(1)], "country": each} for each in ("DE", "AT"))
    assert bound.changes(record(**first), record(**then)) == Changes(frozenset(), frozenset())
    assert bound.changes(record(**{**first, "score": 0}), record(**{**then, "score": 0})).left == {0}


def test_alternatives_that_look_at_rows_before_and_after_hold_by_one_of_them() -> None:
    bound = index_of("purchases.count >= 1 or purchases.count = 2").at(NOW)
    before, after = record(purchases=[purchase(1)]), record(purchases=[purchase(1), purchase(2)])
    assert bound.changes(before, after) == Changes(frozenset(), frozenset())


def test_too_many_alternatives_stay_one_condition_that_answers_the_same() -> None:
    pairs = [f'(contact.score = {each} or contact.country starts with "{each}")' for each in range(10)]
    rule = LANGUAGE.rule(f"({' and '.join(pairs)}) or contact.score > 100")
    assert len(alternatives(rule.checked)) <= MOST_CLAUSES
    index = RuleIndex[str](CATALOGUE)
    index.add("large", rule)
    assert index.at(NOW).matching(record(score=101)) == {"large"}
    assert index.at(NOW).matching(record(score=1, country="1")) == set()


def test_many_searches_of_one_rule_are_one_that_answers_the_same() -> None:
    filing: Filing[int] = Filing.of(CATALOGUE.subject)
    rule = LANGUAGE.rule(
        " and ".join(f'contact.city contains "{each}"' for each in "abcdefgh") + " and contact.score > 1"
    )
    filing.add(0, rule.checked)
    sheet = filing.sheet_of(0)
    assert sheet is not None
    assert (len(sheet.computations), len(sheet.columns)) == (1, 1)
    index = index_of(rule.text)
    assert index.at(NOW).matching(record(city="abcdefgh", score=2)) == {0}
    assert index.at(NOW).matching(record(city="abcdefg", score=2)) == set()


# -- time --------------------------------------------------------------------------------------------------------


def test_windows_lie_where_each_binding_has_its_instant() -> None:
    index = index_of("contact.seen_at in the last 1 day", "purchases(last 1 day).count = 1")
    early, late = index.at(NOW), index.at(NOW + 2 * 86_400_000_000)
    one = record(seen_at=NOON, purchases=[purchase(0)])
    for _ in range(2):
        assert early.matching(one) == {0, 1}
        assert late.matching(one) == set()


def test_a_window_that_comes_later_is_heeded_by_what_was_bound_before() -> None:
    index = index_of("contact.seen_at in the last 1 day")
    bound = index.at(NOW)
    assert bound.matching(record(seen_at=NOON - timedelta(days=3))) == set()
    index.add(1, LANGUAGE.rule("contact.seen_at in the last 2 days"))
    index.add(2, LANGUAGE.rule("contact.seen_at in the last 5 days"))
    assert bound.matching(record(seen_at=NOON - timedelta(days=3))) == {2}
    index.remove(2)
    assert bound.matching(record(seen_at=NOON - timedelta(days=3))) == set()


def test_a_rule_that_comes_later_is_among_those_that_hang_on_a_change() -> None:
    index = index_of("contact.score > 1")
    bound, one = index.at(NOW), record(score=5)
    assert bound.changes_of(one, ["contact.score"], set()).entered == {0}
    index.add(1, LANGUAGE.rule("contact.score > 2"))
    assert bound.changes_of(one, ["contact.score"], {0}) == Changes(frozenset({1}), frozenset())
    index.remove(0)
    assert bound.changes_of(record(score=2), ["contact.score"], {0, 1}) == Changes(frozenset(), frozenset({1}))


def test_what_differs_by_kinds_of_changes_is_not_mixed_up() -> None:
    bound = index_of("contact.score > 1", 'contact.country = "DE"', "any purchases").at(NOW)
    one = record(score=5, country="DE", purchases=[purchase(1)])
    names = ["contact.score", "contact.country", "purchases", *(f"contact.f{each}" for each in range(40))]
    for _ in range(2):
        found = [bound.changes_of(one, [name], set()).entered for name in names]
        assert found == [{0}, {1}, {2}, *[set[int]()] * 40]


def test_a_rule_that_fails_for_good_is_not_watched() -> None:
    index = index_of(
        'contact.seen_at in the last 1 day and contact.country = "DE"',
        'contact.seen_at in the last 1 day or contact.country = "DE"',
        "contact.seen_at in the last 2 days",
        "contact.score > 1",
    )
    hour = 3_600_000_000
    one = record(seen_at=NOON - timedelta(hours=23), country="AT")
    assert index.at(NOW).soon(one, NOW + hour) == {1: NOW + hour}
    assert index.at(NOW).soon(one, NOW + hour - 1) == {}
    assert index.at(NOW).soon({**one, "country": "DE"}, NOW + 2 * hour).keys() == {0, 1}
    assert index.at(NOW + hour).soon(one, NOW + 3 * hour) == {}


def test_rows_are_watched_once_for_all_that_look_at_them() -> None:
    index = index_of(
        *(f"purchases(last 2 days).count >= {each}" for each in (1, 2, 3)),
        "purchases(last 2 days).sum(amount) > 15 EUR",
        "no purchases(last 2 days)",
        "purchases.max(at) more than 2 days ago",
    )
    hour = 3_600_000_000
    one = Counting(record(purchases=[purchase(1.75), purchase(1)]))
    assert index.at(NOW).soon(one, NOW + 6 * hour).keys() == {0, 1, 2, 3, 4}
    assert one.reads["purchases"] <= 4  # for the window, and for the latest


# -- rules that come and go --------------------------------------------------------------------------------------

MIXED = (
    'contact.country in ("DE", "AT") and purchases(last 7 days).sum(amount) > 10 EUR',
    'contact.score between 1 and 9 or not (contact.city starts with "B" and contact.seen_at in the last 3 days)',
    'in segment "active" and contact.city contains "x" and contact.score is empty',
    'contact.score > 1 or (contact.country = "DE" and contact.city is set)',
)


def remove(filing: Filing[int], key: int) -> None:
    sheet = filing.sheet_of(key)
    assert sheet is not None
    sheet.remove(key)


def test_what_leaves_leaves_nothing_behind() -> None:
    filing: Filing[int] = Filing.of(CATALOGUE.subject)
    for number, text in enumerate(MIXED):
        filing.add(number, LANGUAGE.rule(text).checked)
    assert all(sheet.rules for sheet in filing.sheets)
    for number in range(len(MIXED)):
        remove(filing, number)
    for sheet in filing.sheets:
        assert not any((sheet.rules, *sheet.keys, sheet.columns, sheet.computations, sheet.reading, sheet.sources))
        assert sheet.clauses == sheet.joint == 0


def test_the_numbers_of_rules_that_left_are_given_to_others() -> None:
    filing: Filing[int] = Filing.of(CATALOGUE.subject)
    rules = [LANGUAGE.rule(text).checked for text in MIXED]
    for number in range(60):
        filing.add(number, rules[number % len(rules)])
        if number >= 3:
            remove(filing, number - 3)
    for sheet in filing.sheets:
        assert sheet.clauses.bit_length() <= len(sheet.keys) <= 2 * MOST_CLAUSES
        assert sum(key is not None for key in sheet.keys) == sheet.clauses.bit_count()


def test_a_rule_under_a_known_key_takes_the_place_of_the_other() -> None:
    index = index_of("contact.score > 1")
    index.add(0, LANGUAGE.rule("contact.score > 8"))
    assert (len(index), 0 in index, list(index)) == (1, True, [0])
    assert index.at(NOW).matching(record(score=5)) == set()
    index.remove(0)
    index.remove(0)
    assert len(index) == 0


# -- what it must be given ---------------------------------------------------------------------------------------


def test_it_says_what_a_record_must_hold() -> None:
    index = index_of('contact.city = "Bonn" and contact.limit > 5 EUR', "purchases(any items(quantity > 1)).count > 1")
    expected = {"contact.city", "contact.limit", "purchases", "purchases.at", "items", "items.quantity", "items.at"}
    assert index.reads.names == expected
    prepare = preparation(index.reads, CATALOGUE)
    assert index.at(NOW).matching(prepare({"city": "BONN", "purchases": []})) == set()
    index.remove(1)
    assert index.reads.names == {"contact.city", "contact.limit"}


def test_a_field_of_rows_stands_for_its_collection() -> None:
    index = index_of("purchases.count > 1", "contact.score > 1")
    assert index.affected(["purchases.amount"]) == index.affected(["purchases"]) == {0}
    assert index.affected(["contact.score"]) == {1}
    assert index.affected(["contact.city"]) == frozenset()


def test_stored_members_and_lists_must_be_given_and_may_change() -> None:
    index = RuleIndex[int](CATALOGUE)
    vip, countries = identifier("vip"), identifier("countries")
    for number, text in enumerate(('in segment "vip"', 'contact.country in list "countries"')):
        index.add(number, _checked(text))
    with pytest.raises(InvalidInput, match="segment"):
        index.at(NOW, entries=ENTRIES)
    with pytest.raises(InvalidInput, match="stored list"):
        index.at(NOW, members=MEMBERS)
    bound = index.at(NOW, members={vip: {1}}, entries=ENTRIES)
    assert index.affected([vip]) == {0}
    assert index.affected([countries]) == {1}
    assert bound.changes_of(record(country="DE"), [vip], {1}) == Changes(frozenset({0}), frozenset())
    assert index.at(NOW, members={vip: {2}}, entries=ENTRIES).changes_of(record(), [vip], {0}).left == {0}


def test_the_rules_of_a_language_bring_what_it_knows() -> None:
    index = index_of('in segment "vip"', 'contact.city in list "big"', 'in segment "active"')
    one = {**record(city="bonn", purchases=[purchase(3)]), "": 7}
    assert index.at(NOW).matching(one) == {0, 1, 2}


def _checked(text: str) -> Checked:
    return check(parse(text), text, CATALOGUE, NAMES).rule
