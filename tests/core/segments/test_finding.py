"""Segments are named by people, and known to programs by their ids: every command and query takes either."""

from collections.abc import Callable
from uuid import UUID

import pytest

from kohorte.core.bus import Ports
from kohorte.core.errors import NotAllowed, NotFound
from kohorte.core.messages import Command
from kohorte.core.segments.commands import CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment, DeleteSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.performance import segment_performance
from kohorte.core.segments.pins import AddMembers, ReleaseMembers, RemoveMembers, list_pins
from kohorte.core.segments.queries import compare_members, export_members, list_members, show_segment
from kohorte.core.segments.versions import CompareRule, RestoreRule, compare_rule
from kohorte.core.testing.fakes import counted_id
from tests.core.segments.conftest import GERMANS, Shop

NOBODY = counted_id(999_999)

COMMANDS: list[Callable[[str | UUID], Command[object]]] = [
    lambda segment: AddMembers(segment, ("Cem",)),
    lambda segment: RemoveMembers(segment, ("Ann",)),
    lambda segment: ReleaseMembers(segment, ("Ann",)),
    lambda segment: ChangeSegment(segment, rule='contact.country = "TR"'),
    lambda segment: RestoreRule(segment, 1),
    lambda segment: CalculateSegments((segment,)),
    DeactivateSegment,
    ActivateSegment,
    ArchiveSegment,
    DeleteSegment,
]
"""In an order in which each can be done."""

QUERIES: list[Callable[[Ports, str | UUID], object]] = [
    show_segment,
    list_members,
    list_pins,
    segment_performance,
    lambda ports, segment: compare_members(ports, segment, segment),
    lambda ports, segment: list(export_members(ports, segment, ("contact.key",))),
    lambda ports, segment: compare_rule(CompareRule(segment, 'contact.country = "TR"'), ports),
]


def hybrid(shop: Shop, name: str) -> UUID:
    return shop.bus.run(CreateSegment(name, GERMANS, type=SegmentType.HYBRID), shop.tenant).id


def test_every_command_takes_a_name_or_an_id(shop: Shop) -> None:
    hybrid(shop, "by name")
    segment_id = hybrid(shop, "by id")
    for command in COMMANDS:
        shop.bus.run(command("by name"), shop.tenant)
        shop.bus.run(command(segment_id), shop.tenant)
    for segment in ("by name", segment_id):
        with pytest.raises(NotFound):
            shop.bus.run(ActivateSegment(segment), shop.tenant)


def test_every_query_answers_the_same_by_name_and_by_id(shop: Shop) -> None:
    segment_id = hybrid(shop, "Germans")
    shop.calculate()
    shop.bus.run(AddMembers(segment_id, ("Cem",)), shop.tenant)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        for query in QUERIES:
            assert query(ports, segment_id) == query(ports, "Germans")


def test_an_id_that_no_segment_has_is_not_found(shop: Shop) -> None:
    for command in COMMANDS:
        with pytest.raises(NotFound):
            shop.bus.run(command(NOBODY), shop.tenant)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        for query in QUERIES:
            with pytest.raises(NotFound):
                query(ports, NOBODY)


def test_messages_say_the_name_of_a_segment_that_was_given_by_its_id(shop: Shop) -> None:
    made = shop.create("Germans")
    with pytest.raises(NotAllowed, match='"Germans"'):
        shop.bus.run(AddMembers(made.id, ("Cem",)), shop.tenant)


def test_an_archived_segment_is_found_by_its_id_while_another_has_its_name(shop: Shop) -> None:
    gone = shop.create("Germans")
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    made = shop.create("Germans")
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert show_segment(ports, gone.id).segment.id == gone.id
        assert show_segment(ports, "Germans").segment.id == made.id
