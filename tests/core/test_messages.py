"""Messages: every event has a wire name of its own, and comes back from JSON as it was."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from attrs import fields, frozen, resolve_types
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.messages import Administration, Command, Event, message_data, message_of
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.testing.strategies import instants


def subclasses(parent: type[Any]) -> list[type[Any]]:
    """Return the classes of the core that are derived from one, in the order of their names."""
    found = [each for child in parent.__subclasses__() for each in (child, *subclasses(child))]
    ours = [each for each in found if each.__module__.startswith("kohorte.core.") and "testing" not in each.__module__]
    return sorted(ours, key=lambda each: each.__qualname__)


registry()  # the modules of all commands, and so of all events, are loaded from here on
EVENTS = subclasses(Event)


def test_events_are_found() -> None:
    assert {"ContactCreated", "FieldAdded", "ListDeleted"} <= {each.__name__ for each in EVENTS}


@pytest.mark.parametrize("kind", EVENTS, ids=lambda each: each.__name__)
def test_an_event_has_a_wire_name_of_its_own_in_the_past_tense(kind: type[Event]) -> None:
    assert re.fullmatch(r"crm\.[a-z_]+\.[a-z_]+(ed|ten)(_[a-z]+)?", kind.type)
    assert [each.type for each in EVENTS].count(kind.type) == 1


@pytest.mark.parametrize("kind", EVENTS, ids=lambda each: each.__name__)
@given(data=st.data())
def test_an_event_comes_back_from_json_as_it_was(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(st.builds(kind))
    assert message_of(kind, json.loads(json.dumps(message_data(event)))) == event


@frozen
class Everything(Event):
    type = "test.everything.happened"

    at: datetime
    kind: RecordKind
    ids: tuple[UUID, ...]
    name: str
    count: int
    done: bool
    kinds: tuple[RecordKind, ...] = ()
    later: datetime | None = None


@given(st.builds(Everything, at=instants(), later=st.none() | instants()))
def test_ids_instants_enumerations_and_tuples_come_back_from_json(event: Everything) -> None:
    assert message_of(Everything, json.loads(json.dumps(message_data(event)))) == event


@pytest.mark.parametrize("kind", EVENTS, ids=lambda each: each.__name__)
def test_events_say_only_what_json_and_privacy_allow(kind: type[Event]) -> None:
    names = {each.name for each in fields(resolve_types(kind))}
    assert not names & {"email", "first_name", "last_name", "phone", "values", "key"}
    assert not {each.type for each in fields(kind)} & {Decimal, dict, object}


def test_every_command_has_a_handler() -> None:
    known = registry()
    assert {each.__name__ for each in subclasses(Command)} == {each.__name__ for each in known.handlers}
    assert {each.__name__ for each in subclasses(Administration)} == {each.__name__ for each in known.administration}


def test_a_handler_says_what_its_command_may_raise() -> None:
    for handler in registry().handlers.values():
        assert handler.__doc__, handler


def test_instants_keep_their_microseconds() -> None:
    at = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)
    event = Everything(UUID(int=0), at, RecordKind.ITEMS, (), "", 0, done=True)
    assert message_data(event)["at"] == "2024-02-29T23:59:59.999999+00:00"
