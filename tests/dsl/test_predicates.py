"""Predicates: what the generated code may contain and reach, and how it is bound and run."""

import ast
import re
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen
from hypothesis import given

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Field, Kind
from kohorte.core.values import to_micros
from kohorte.dsl.checker.rule import check
from kohorte.dsl.predicates.functions import Predicate, compile_predicate
from kohorte.dsl.predicates.globs import glob_matcher
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import rules
from kohorte.dsl.typed import Checked, Compare, FieldOf, Order
from tests.dsl.catalogues import EVERYTHING, identifier, shop_catalogue

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
CALLED_BY_US = {"startswith", "endswith", "issubset", "isdisjoint", "add"}
GRANTED = {"bisect", "len", "set"}


def compiled(text: str) -> Predicate:
    return compile_predicate(check(parse(text), text, shop_catalogue(), EVERYTHING).rule, "contact")


class Counting(dict[str, Any]):
    """A record that counts how often each key is read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.reads: dict[str, int] = {}

    def __getitem__(self, key: str) -> Any:
        self.reads[key] = self.reads.get(key, 0) + 1
        return super().__getitem__(key)


# -- safety ------------------------------------------------------------------------------------------------------


@given(rules(shop_catalogue(), segments=list(EVERYTHING.rules), lists=list(EVERYTHING.lists)))
def test_the_source_holds_nothing_that_anybody_typed(text: str) -> None:
    for node in ast.walk(ast.parse(compiled(text).source)):
        if isinstance(node, ast.Name):
            assert re.fullmatch(r"[ctmfrvpnsx][0-9]*|records|" + "|".join(GRANTED), node.id), node.id
        if isinstance(node, ast.Constant):
            assert node.value is None or isinstance(node.value, bool | int), node.value
        if isinstance(node, ast.Attribute):
            assert node.attr in CALLED_BY_US, node.attr


def test_the_generated_code_reaches_no_builtins() -> None:
    matches = compiled('contact.country = "DE"').at(0).matches
    module: dict[str, Any] = matches.__globals__
    assert module["__builtins__"] == {}


HOSTILE_NAMES = ("__import__('os')", "x'] or True or r['x", "\\", "a\nb", '"', "]", "%s", "{0}")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_field_name_is_a_key_and_nothing_else(name: str) -> None:
    # No rule can write such names; a catalogue might hold them all the same.
    def of(field: str) -> Predicate:
        leaf = Compare(FieldOf("contact", Field(field, Kind.INTEGER)), Order.EQUAL, 3)
        return compile_predicate(Checked(leaf, ZoneInfo("UTC")), "contact")

    assert of(name).source == of("plain").source
    assert of(name).at(0).matches({name: 3})
    assert not of(name).at(0).matches({name: 4})


def test_an_error_in_a_record_shows_the_generated_line() -> None:
    matches = compiled("contact.score > 3").at(0).matches
    with pytest.raises(TypeError) as caught:
        matches({"score": "three"})
    assert "> c" in "".join(traceback.format_exception(caught.value))


# -- binding -----------------------------------------------------------------------------------------------------


def test_one_compiled_rule_answers_for_many_instants_at_once() -> None:
    predicate = compiled("contact.created_at in the last 1 hour")
    early, late = predicate.at(to_micros(NOON)), predicate.at(to_micros(NOON + timedelta(hours=2)))
    record = {"created_at": to_micros(NOON)}
    assert early.matches(record)
    assert not late.matches(record)
    assert early.select([record]) == [record]


def test_what_a_rule_refers_to_must_be_given() -> None:
    with pytest.raises(InvalidInput, match="segment"):
        compiled('in segment "vip"').at(0)
    with pytest.raises(InvalidInput, match="stored list"):
        compiled('contact.city in list "vip"').at(0)


def test_lists_are_folded_where_text_is_and_not_where_codes_are() -> None:
    entries = {identifier("vip"): ["KÖLN", "De"]}
    assert compiled('contact.city in list "vip"').at(0, entries=entries).matches({"city~": "köln"})
    codes = compiled('contact.country in list "vip"').at(0, entries=entries)
    assert codes.matches({"country": "De"})
    assert not codes.matches({"country": "de"})


def test_members_are_looked_up_by_the_records_key() -> None:
    bound = compiled('not in segment "vip"').at(0, members={identifier("vip"): {7}})
    assert not bound.matches({"": 7})
    assert bound.matches({"": 8})


# -- economy -----------------------------------------------------------------------------------------------------


def test_a_value_that_two_conditions_need_is_read_once() -> None:
    record = Counting({"score": 5, "city~": "bonn"})
    assert (
        compiled('contact.score > 1 and contact.score < 9 and contact.score != 7 and contact.city != "x"')
        .at(0)
        .matches(record)
    )
    assert record.reads == {"score": 1, "city~": 1}


def test_fields_are_asked_before_rows_wherever_the_author_put_them() -> None:
    record = Counting({"country": "AT", "purchases": []})
    assert not compiled('purchases.sum(amount) >= 0 EUR and contact.country = "DE"').at(0).matches(record)
    assert record.reads == {"country": 1}


def test_an_aggregate_that_two_conditions_compare_is_computed_once() -> None:
    record = Counting({"purchases": [{"at": 0, "amount": 100, "amount$": "EUR"}]})
    assert compiled("purchases.sum(amount) between 1 EUR and 2 EUR").at(1).matches(record)
    assert record.reads == {"purchases": 1}


def test_a_referenced_segment_is_asked_once_whatever_the_branches() -> None:
    text = """(contact.a = 1 and in segment "x") or (contact.b = 2 and in segment "x")
              or (contact.c = 3 and not in segment "x")"""
    record = Counting({"a": 1, "b": 2, "c": 3, "country": "AT"})
    bound = compiled(text).at(0)
    assert bound.matches(record)
    assert record.reads["country"] == 1
    assert bound.select([record, Counting({"a": 0, "b": 0, "c": 3, "country": "DE"})]) == [record]


def test_counting_stops_where_the_answer_is_known() -> None:
    rows = [Counting({"at": 0}) for _ in range(10)]
    assert compiled("purchases.count >= 3").at(1).matches({"purchases": rows})
    assert [row.reads.get("at", 0) for row in rows] == [1] * 3 + [0] * 7


# -- size --------------------------------------------------------------------------------------------------------


def test_the_deepest_and_the_largest_legal_rule_compile() -> None:
    deep = "contact.b = 1"
    for level in range(16):
        deep = f"(contact.a = {level} {'or' if level % 2 else 'and'} {deep})"
    assert not compiled(deep[1:-1]).at(0).matches({"a": 99, "b": 1})
    wide = " or ".join(f"contact.a between {2 * each} and {2 * each}" for each in range(250))
    assert compiled(wide).at(0).matches({"a": 498})


# -- globs -------------------------------------------------------------------------------------------------------


@frozen
class Glob:
    pattern: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


GLOBS = [
    Glob("abc", ("abc",), ("abcd", "xabc", "ABC")),
    Glob("*", ("", "a\nb"), ()),
    Glob("a*", ("a", "ab"), ("ba",)),
    Glob("*a*", ("a", "bab"), ("b",)),
    Glob("a*b*c", ("abc", "axxbxxc", "abcbc"), ("ab", "acb")),
    Glob("a?c", ("abc", "a\nc"), ("ac", "abbc")),
    Glob("*?b", ("ab", "xxb"), ("b",)),
    Glob("a**b", ("ab", "axb"), ("a",)),
    Glob("*ab*ab", ("abab", "xabyab"), ("ab", "aab")),
    Glob("[a].(b)+", ("[a].(b)+",), ("a",)),
]


@pytest.mark.parametrize("glob", GLOBS, ids=lambda glob: glob.pattern)
def test_globs_match_whole_texts(glob: Glob) -> None:
    matches = glob_matcher(glob.pattern)
    assert all(matches(text) for text in glob.yes)
    assert not any(matches(text) for text in glob.no)


def test_every_kind_of_field_can_be_read() -> None:
    kinds = {field.kind for field in shop_catalogue().owners["contact"].fields.values()}
    assert kinds == set(Kind)
