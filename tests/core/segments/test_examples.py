"""Examples beside a rule: whoever must be in is in, whoever must be out is out, or the rule is not saved."""

from datetime import datetime

import pytest

from kohorte.core.errors import InvalidValue
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.examples import ExamplesFailed
from kohorte.core.segments.model import Example, Segment
from kohorte.core.segments.versions import RestoreRule
from tests.core.segments.conftest import GERMANS, HOUR, Shop

ANN_IN, CEM_OUT = Example("Ann", is_member=True), Example("Cem", is_member=False)
TURKS = 'contact.country = "TR"'


def create(shop: Shop, *examples: Example, rule: str = GERMANS) -> Segment:
    return shop.bus.run(CreateSegment("A", rule, examples=examples), shop.tenant)


def test_examples_are_kept_beside_the_rule(shop: Shop) -> None:
    create(shop, ANN_IN, CEM_OUT)
    assert shop.segment("A").examples == (ANN_IN, CEM_OUT)


def test_a_rule_that_fails_an_example_is_not_saved(shop: Shop) -> None:
    with pytest.raises(ExamplesFailed) as refused:
        create(shop, ANN_IN, CEM_OUT, rule=TURKS)
    assert [each.example for each in refused.value.failed] == [ANN_IN, CEM_OUT]
    assert str(refused.value).splitlines()[1:3] == ["- Ann must be in, and is not.", "- Cem must be out, and is not."]
    create(shop, ANN_IN, CEM_OUT)
    with pytest.raises(ExamplesFailed):
        shop.bus.run(ChangeSegment("A", rule=TURKS), shop.tenant)
    assert shop.segment("A").ruled.text == GERMANS


def test_examples_that_the_rule_fails_are_not_saved(shop: Shop) -> None:
    create(shop)
    with pytest.raises(ExamplesFailed):
        shop.bus.run(ChangeSegment("A", examples=(Example("Ann", is_member=False),)), shop.tenant)
    assert shop.segment("A").examples == ()
    assert shop.bus.run(ChangeSegment("A", examples=(ANN_IN,)), shop.tenant).examples == (ANN_IN,)
    assert shop.bus.run(ChangeSegment("A", examples=()), shop.tenant).examples == ()


def test_an_example_may_hold_at_an_instant(shop: Shop) -> None:
    lately = "purchases(last 5 days).count >= 1"
    later = shop.clock.now() + 24 * 10 * HOUR
    create(shop, Example("Ann", is_member=True), Example("Ann", is_member=False, at=later), rule=lately)
    with pytest.raises(ExamplesFailed, match="Ann must be in at"):
        shop.bus.run(ChangeSegment("A", examples=(Example("Ann", is_member=True, at=later),)), shop.tenant)


def test_an_example_about_nobody_fails(shop: Shop) -> None:
    with pytest.raises(ExamplesFailed, match='no contact "Eve"'):
        create(shop, Example("Eve", is_member=False))


def test_examples_are_cleaned_and_kept_once(shop: Shop) -> None:
    assert create(shop, Example(" Ann ", is_member=True), ANN_IN).examples == (ANN_IN,)


@pytest.mark.parametrize("key", ["", " ", "a\x00b", "\ud800", "x" * 300])
def test_an_example_that_cannot_name_a_contact_is_refused(shop: Shop, key: str) -> None:
    with pytest.raises(InvalidValue):
        create(shop, Example(key, is_member=False))


def test_an_example_at_an_instant_without_an_offset_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidValue):
        create(shop, Example("Ann", is_member=True, at=datetime(2024, 1, 1)))  # noqa: DTZ001 - that is the point


def test_too_many_examples_are_refused(shop: Shop) -> None:
    with pytest.raises(InvalidValue, match="101 examples"):
        create(shop, *(Example(f"c{number}", is_member=False) for number in range(101)))


def test_a_version_that_fails_the_examples_of_now_does_not_come_back(shop: Shop) -> None:
    create(shop, rule=TURKS)
    shop.bus.run(ChangeSegment("A", rule=GERMANS, examples=(ANN_IN,)), shop.tenant)
    with pytest.raises(ExamplesFailed):
        shop.bus.run(RestoreRule("A", 1), shop.tenant)
