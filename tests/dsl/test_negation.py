"""The negation of a rule selects exactly the records that the rule does not."""

from datetime import datetime
from typing import Any

from hypothesis import given

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.dsl.language import Language
from kohorte.dsl.testing import instants, records, rules

CATALOGUE = with_custom_fields(kohorte_catalogue(), a_custom_field_of_each_kind("contact", "items"))


@given(rules(CATALOGUE, samples=False), records(CATALOGUE), instants())
def test_a_rule_and_its_negation_part_all_records(text: str, record: dict[str, Any], now: datetime) -> None:
    rule = Language(CATALOGUE).rule(text)
    assert rule.predicate(now)(record) is not rule.negation.predicate(now)(record)
    assert rule.negation.negation.predicate(now)(record) is rule.predicate(now)(record)
