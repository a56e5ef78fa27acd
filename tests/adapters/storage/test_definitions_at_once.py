"""Whoever takes a segment, a list or a field away, and whoever begins to depend on it, do not pass each other by."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any, Final

import pytest

from kohorte.adapters.rendering import JinjaRendering
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.custom_fields.commands import AddField, RemoveField, RenameField
from kohorte.core.errors import KohorteError
from kohorte.core.exports.commands import CreateExportTemplate
from kohorte.core.exports.queries import read_columns
from kohorte.core.fields import Kind
from kohorte.core.lists.commands import CreateList, DeleteList
from kohorte.core.messages import Command
from kohorte.core.ports.rendering import Parts
from kohorte.core.registry import registry
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.lifecycle import ArchiveSegment, DeleteSegment
from kohorte.core.segments.rules import check_rule
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage

TRIALS: Final = 12
TAKEN_AWAY: Final = {
    "archive": ArchiveSegment("base"),
    "delete": DeleteSegment("base"),
    "rename": ChangeSegment("base", new_name="ground"),
    "rename with the others": ChangeSegment("base", new_name="ground", rewrite=True),
    "delete a list": DeleteList("vip"),
    "rename a field": RenameField("contact", "score", "points"),
    "rename a field with the others": RenameField("contact", "score", "points", rewrite=True),
    "remove a field": RemoveField("contact", "score"),
}
DEPENDENT: Final = CreateSegment("dependent", 'in segment "base" or contact.email in list "vip" or contact.score > 1')


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=FixedClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


@pytest.mark.parametrize("taken_away", TAKEN_AWAY)
def test_no_rule_is_left_without_what_it_refers_to(storage: SqlStorage, taken_away: str) -> None:
    bus = Bus(registry(), FixedClock(), CountingIds(6_000_000), RuleLanguage(), storage)
    for _ in range(TRIALS):
        tenant = add_tenant(storage)
        bus.run(CreateSegment("base", 'contact.country = "DE"'), tenant)
        bus.run(CreateList("vip"), tenant)
        bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
        at_once(partial(bus.run, tenant=tenant), TAKEN_AWAY[taken_away], DEPENDENT)
        with bus.ports(tenant, reading=True) as ports:
            for segment in ports.work.segments.all():
                check_rule(segment.ruled.text, ports)


@pytest.mark.parametrize("taken_away", ["rename a field", "rename a field with the others", "remove a field"])
def test_no_template_is_left_without_what_it_reads(storage: SqlStorage, taken_away: str) -> None:
    bus = Bus(registry(), FixedClock(), CountingIds(6_000_000), RuleLanguage(), storage, rendering=JinjaRendering())
    for _ in range(TRIALS):
        tenant = add_tenant(storage)
        bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
        reading = CreateExportTemplate("reading", Parts(row="{{ contact.score }}"))
        at_once(partial(bus.run, tenant=tenant), TAKEN_AWAY[taken_away], reading)
        with bus.ports(tenant, reading=True) as ports:
            for template in ports.work.export_templates.all():
                read_columns(template.parts, ports)


def at_once(run: Callable[[Command[Any]], object], *commands: Command[Any]) -> None:
    """Run commands at the same time; some may be refused."""
    together = Barrier(len(commands))

    def begin(command: Command[Any]) -> bool:
        together.wait()
        try:
            run(command)
        except KohorteError:
            return False
        return True

    with ThreadPoolExecutor(len(commands)) as pool:
        assert any(pool.map(begin, commands))
