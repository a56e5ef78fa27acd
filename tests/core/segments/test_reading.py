"""Rules are previewed before they are saved; members are read page by page, and exported with chosen columns."""

from datetime import timedelta

import pytest

from kohorte.core.errors import InvalidInput, NotFound, ReferenceCycle
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.queries import (
    Preview,
    PreviewRule,
    compare_members,
    export_members,
    exportable_columns,
    list_members,
    preview_rule,
    segments_of,
)
from kohorte.core.testing.fakes import NOON
from tests.core.segments.conftest import GERMANS, HOUR, Shop


def preview(shop: Shop, query: PreviewRule) -> Preview:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return preview_rule(query, ports)


def test_a_preview_counts_exactly_and_shows_some(shop: Shop) -> None:
    found = preview(shop, PreviewRule(' contact.country == "DE" ', sample=1))
    assert (found.rule, found.at, found.count) == (GERMANS, NOON, 2)
    assert [person.key for person in found.sample] == ["Ann"]
    assert shop.events() == []


def test_a_preview_looks_at_any_instant(shop: Shop) -> None:
    rule = "purchases(last 30 days).count >= 1"
    days = (-500, -190, -5, 0, 60)
    counts = [preview(shop, PreviewRule(rule, NOON + timedelta(days=each))).count for each in days]
    assert counts == [0, 1, 1, 1, 0]


def test_a_preview_tells_what_may_be_meant_otherwise(shop: Shop) -> None:
    assert preview(shop, PreviewRule("let $unused = 5\ncontact.key is set")).warnings
    assert not preview(shop, PreviewRule(GERMANS)).warnings


def test_a_preview_reads_the_currencies_of_the_data(shop: Shop) -> None:
    assert not preview(shop, PreviewRule("purchases.sum(amount) > 5 EUR")).warnings
    assert preview(shop, PreviewRule("purchases.sum(amount) > 5 GBP")).warnings


def test_a_preview_of_a_rule_that_cannot_be_used_is_refused(shop: Shop) -> None:
    with pytest.raises(RuleRefused):
        preview(shop, PreviewRule('in segment "nobody"'))
    shop.create("a")
    shop.create("b", 'in segment "a"')
    shop.break_rule("a", 'in segment "b"')
    with pytest.raises(ReferenceCycle):
        preview(shop, PreviewRule('in segment "a"'))


def test_a_preview_sees_through_segments(shop: Shop) -> None:
    shop.create("Germans")
    assert preview(shop, PreviewRule('not in segment "Germans"')).count == 2


# -- members -----------------------------------------------------------------------------------------------------


def test_members_come_in_pages_that_lead_on(shop: Shop) -> None:
    shop.create("all", "contact.key is set")
    shop.calculate()
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        first = list_members(ports, "all", limit=3)
        second = list_members(ports, "all", limit=3, after=first.after)
        whole = list_members(ports, "all", limit=4)
        none = list_members(ports, "all", limit=4, after=whole.after)
    keys = [member.person.key for page in (first, second) for member in page.members]
    assert keys == ["Ann", "Bob", "Cem", "Dee"]
    assert (first.count, second.count, second.after) == (4, 4, None)
    assert (len(none.members), none.after, none.count) == (0, None, 4)


def test_members_of_the_past_are_those_of_then(shop: Shop) -> None:
    shop.create("buyers", "purchases(last 5 days).count >= 1")
    shop.calculate()
    shop.clock.advance(timedelta(days=10))
    shop.calculate()
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        counts = [list_members(ports, "buyers", at=at).count for at in (NOON - HOUR, NOON, NOON + HOUR, None)]
    assert counts == [0, 1, 1, 0]


def test_who_is_not_there_has_no_members(shop: Shop) -> None:
    with shop.bus.ports(shop.tenant, reading=True) as ports, pytest.raises(NotFound):
        list_members(ports, "nobody")


# -- export ------------------------------------------------------------------------------------------------------


def test_an_export_has_the_columns_that_were_chosen(shop: Shop) -> None:
    shop.create("Germans")
    shop.calculate()
    columns = ("contact.key", "contact.name", "customer.category", "entered_at")
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        rows = list(export_members(ports, "Germans", columns))
        quoted = list(export_members(ports, "Germans", ("contact.`name`",)))
    assert rows == [("Ann", "Lee", None, NOON), ("Bob", None, None, NOON)]
    assert quoted == [("Lee",), (None,)]


def test_an_unknown_column_is_refused_before_the_first_row(shop: Shop) -> None:
    shop.create("Germans")
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        with pytest.raises(InvalidInput) as near:
            export_members(ports, "Germans", ("contact.key", "contact.emial"))
        assert "contact.email" in near.value.advice()
        with pytest.raises(InvalidInput) as far:
            export_members(ports, "Germans", ("qwertz",))
        assert "entered_at" in far.value.advice()
        for wrong in ("purchases.amount", "key", "", "contact."):
            with pytest.raises(InvalidInput):
                export_members(ports, "Germans", (wrong,))
        assert {"contact.key", "customer.name", "entered_at"} <= set(exportable_columns(ports))


def test_the_segments_of_a_contact_come_by_name(shop: Shop) -> None:
    shop.create("germans")
    shop.create("abroad", 'contact.country != "DE"')
    shop.create("all", "contact.key is set")
    shop.calculate()
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        found = segments_of(ports, "Ann")
        assert [each.name for each, _ in found] == ["all", "germans"]
        assert {stay.entered_at for _, stay in found} == {NOON}
        assert not segments_of(ports, "Ann", at=NOON - HOUR)
        with pytest.raises(NotFound):
            segments_of(ports, "nobody")


def test_two_segments_have_so_many_in_common(shop: Shop) -> None:
    shop.create("germans")
    shop.create("all", "contact.key is set")
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert compare_members(ports, "germans", "all").similarity == 0
    shop.calculate()
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        found = compare_members(ports, "germans", "all")
    assert (found.both, found.one_alone, found.other_alone, found.similarity) == (2, 0, 2, 0.5)
