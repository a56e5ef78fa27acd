"""Custom fields: typed, named like no other field of their owner, and known to rules at once."""

from typing import Any

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.custom_fields.events import FieldAdded
from kohorte.core.custom_fields.model import CUSTOM_OWNERS, PARENT_COLUMNS
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.errors import AlreadyExists, InvalidValue
from kohorte.core.fields import Kind
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant

OF_A_KIND: dict[Kind, dict[str, Any]] = {Kind.DECIMAL: {"scale": 2}, Kind.ENUMERATION: {"choices": ("a", "b")}}


@pytest.mark.parametrize("owner", CUSTOM_OWNERS)
@pytest.mark.parametrize("kind", Kind)
def test_every_owner_can_have_fields_of_every_kind(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, owner: str, kind: Kind
) -> None:
    custom = bus.run(AddField(owner, "extra", kind, indexed=True, **OF_A_KIND.get(kind, {})), tenant)
    with bus.ports(tenant, reading=True) as ports:
        assert list(ports.work.custom_fields.all()) == [custom]
        assert tenant_catalogue(ports.work).field(owner, "extra") == custom.field
    assert (custom.field.kind, custom.field.custom, custom.field.indexed) == (kind, True, True)
    assert storage.outbox(tenant) == (FieldAdded(custom.id, owner, "extra"),)


def test_rules_know_a_field_as_soon_as_it_is_there(bus: Bus, tenant: Tenant) -> None:
    create = CreateSegment("scorers", "contact.score >= 5")
    with pytest.raises(RuleRefused):
        bus.run(create, tenant)
    bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    assert bus.run(create, tenant).ruled.fields == {"contact.score"}


def test_a_field_is_one_tenants_own(bus: Bus, tenant: Tenant) -> None:
    bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    other = bus.administer(CreateTenant("other"))
    with bus.ports(other, reading=True) as ports:
        assert list(ports.work.custom_fields.all()) == []
    bus.run(AddField("contact", "score", Kind.TEXT), other)
    bus.run(SaveContact("C1", {"score": "high"}), other)


@pytest.mark.parametrize("name", ["Größe", "x", "a1_b2", "x" * 60, "Gro\u0308ße"])
def test_names_are_words_in_any_script(bus: Bus, tenant: Tenant, name: str) -> None:
    custom = bus.run(AddField("contact", name, Kind.TEXT), tenant)
    assert custom.field.name == name.replace("o\u0308", "ö")


@pytest.mark.parametrize("name", ["", "1a", "_a", "a b", "a-b", "a.b", "x" * 61, "a~", "a$", "a\0", 'a"'])
def test_what_is_no_name_is_refused(bus: Bus, tenant: Tenant, name: str) -> None:
    with pytest.raises(InvalidValue):
        bus.run(AddField("contact", name, Kind.TEXT), tenant)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *(("contact", "email"), ("contact", "Email"), ("contact", "name"), ("contact", "email_domain")),
        *(("customer", "category"), ("purchases", "currency"), ("items", "at"), *PARENT_COLUMNS.items()),
    ],
)
def test_a_name_that_the_owner_has_is_taken(bus: Bus, tenant: Tenant, owner: str, name: str) -> None:
    with pytest.raises(AlreadyExists):
        bus.run(AddField(owner, name, Kind.TEXT), tenant)


def test_a_name_is_given_once_whatever_its_case(bus: Bus, tenant: Tenant) -> None:
    bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    for name in ("score", "Score", "SCORE"):
        with pytest.raises(AlreadyExists):
            bus.run(AddField("contact", name, Kind.TEXT), tenant)
    bus.run(AddField("customer", "score", Kind.INTEGER), tenant)


@pytest.mark.parametrize(
    "field",
    [
        AddField("nobody", "x", Kind.TEXT),
        AddField("contact", "x", Kind.DECIMAL),
        AddField("contact", "x", Kind.DECIMAL, scale=7),
        AddField("contact", "x", Kind.INTEGER, scale=2),
        AddField("contact", "x", Kind.ENUMERATION),
        AddField("contact", "x", Kind.ENUMERATION, choices=("", " ")),
        AddField("contact", "x", Kind.ENUMERATION, choices=("a", " a")),
        AddField("contact", "x", Kind.ENUMERATION, choices=("a\0",)),
        AddField("contact", "x", Kind.TEXT, choices=("a",)),
        AddField("contact", "x", Kind.INTEGER, long=True),
    ],
)
def test_what_does_not_fit_the_kind_is_refused(bus: Bus, tenant: Tenant, field: AddField) -> None:
    with pytest.raises(InvalidValue):
        bus.run(field, tenant)
