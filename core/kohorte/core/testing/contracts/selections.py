"""What every storage promises of whom rules select."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from kohorte.core.errors import NotFound
from kohorte.core.ports.audiences import Person
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.selection import Selection
from kohorte.core.testing.contracts.shops import GERMANS, Check, Shop, ShopContract
from kohorte.core.testing.fakes import NOON

Surplus = tuple[int, Sequence[Person]]


class SelectionsContract(ShopContract):
    """Counting and sampling whom a rule selects, and what it reads of them."""

    @pytest.mark.parametrize(
        ("rule", "count"),
        [
            (GERMANS, 2),
            ('contact.country != "DE"', 2),
            ('not contact.country = "TR"', 3),
            ('customer.category = "WHOLESALE"', 2),
            ("customer.category is empty", 2),
            ("purchases.count >= 1", 2),
            ("no purchases", 2),
            ("purchases(last 30 days).count = 2", 1),
            ("purchases.sum(amount) > 110 EUR", 2),
            ("last purchases.amount > 50 EUR", 1),
            ("last purchases(amount > 50 EUR).amount = 100 EUR", 1),
            ("last purchases.at more than 30 days ago", 1),
            ("not last purchases.amount > 50 EUR", 3),
            ('in sample 0 % of "spring"', 0),
            ('in sample 100 % of "spring"', 4),
            ("contact.my_integer < 0", 1),
            ("not contact.my_integer < 0", 3),
        ],
    )
    def test_it_counts_whom_a_rule_selects(self, shop: Shop, rule: str, count: int) -> None:
        assert shop.count(rule) == count

    @pytest.mark.parametrize(
        "rule",
        [
            GERMANS,
            *("purchases(last 30 days).count = 2", "contact.my_text is empty"),
            *("last purchases.at in the last 60 days", 'in sample 50 % of "spring"'),
        ],
    )
    def test_a_rule_and_its_negation_part_the_contacts(self, shop: Shop, rule: str) -> None:
        for at in (NOON, NOON - timedelta(days=50), NOON + timedelta(days=400)):
            assert shop.count(rule, at) + shop.count(f"not ({rule})", at) == 4

    @pytest.mark.parametrize(
        "rule",
        [
            *("purchases(last 30 days).count = 2", "contact.my_integer < 0", "no purchases"),
            *("last purchases.amount > 50 EUR", 'in sample 50 % of "spring"'),
        ],
    )
    def test_what_a_rule_reads_of_a_contact_is_there(self, shop: Shop, rule: str) -> None:
        checked = shop.check(rule)
        with shop.storage.work(shop.tenant, reading=True) as work:
            facts = [work.audiences.facts(checked, key, NOON) for key in ("Ann", "Bob", "Cem", "Dee")]
            selected = {each.contact_id for each in work.audiences.sample(checked, NOON, 10)}
        assert selected
        assert {each.contact_id for each in facts if checked.holds_for(each, NOON)} == selected

    def test_facts_of_nobody_are_not_found(self, shop: Shop) -> None:
        with shop.storage.work(shop.tenant, reading=True) as work, pytest.raises(NotFound):
            work.audiences.facts(shop.check("no purchases"), "Eve", NOON)

    def test_another_instant_moves_the_clock_and_not_the_data(self, shop: Shop) -> None:
        rule = "purchases(last 30 days).count >= 1"
        assert [shop.count(rule, NOON + timedelta(days=days)) for days in (-500, -185, -90, 0, 6, 40)] == [
            *(0, 1, 1, 1, 2, 0),
        ]

    def test_a_sample_comes_in_the_order_of_ids_and_no_longer_than_asked_for(self, shop: Shop, check: Check) -> None:
        with shop.storage.work(shop.tenant) as work:
            people = list(work.audiences.sample(check("contact.key is set"), NOON, 10))
            assert [person.contact_id for person in people] == sorted(person.contact_id for person in people)
            assert list(work.audiences.sample(check("contact.key is set"), NOON, 2)) == people[:2]
            assert list(work.audiences.sample(check("contact.key is set"), NOON, 0)) == []
        told = {person.key: (person.email, person.name) for person in people}
        assert told == {
            "Ann": ("ann@example.com", "Ann Lee"),
            "Bob": (None, "Ray"),
            "Cem": ("cem@example.com", None),
            "Dee": (None, "Dee"),
        }

    def test_a_surplus_is_whom_one_rule_selects_and_another_does_not(self, shop: Shop, check: Check) -> None:
        lately, ever = check("purchases(last 30 days).count >= 1"), check("purchases(last 300 days).count >= 1")
        with shop.storage.work(shop.tenant, reading=True) as work:

            def asked(one: CheckedRule, other: CheckedRule, at: datetime = NOON, size: int = 10) -> Surplus:
                return work.audiences.surplus(shop.segment, Selection(one), Selection(other), at, size)

            told = [
                asked(check("contact.key is set"), check(GERMANS), size=1),
                asked(ever, lately),
                asked(lately, ever),
                asked(ever, lately, NOON - timedelta(days=100)),
                asked(check("contact.country is empty"), check('not contact.country = "DE"')),
                asked(check('not contact.country = "DE"'), check("contact.country is empty")),
            ]
        assert [(count, [each.key for each in people]) for count, people in told] == [
            *((2, ["Cem"]), (1, ["Bob"]), (0, []), (1, ["Bob"]), (0, []), (1, ["Cem"])),
        ]

    def test_counting_and_sampling_write_nothing(self, shop: Shop) -> None:
        shop.count(GERMANS)
        assert shop.members() == []
