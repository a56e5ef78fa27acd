"""Export templates: kept when they can be filled in, changed under the eyes of others, and used for any segment."""

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.rendering import JinjaRendering
from kohorte.core.bus import Bus
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.errors import AlreadyExists, Conflict, InvalidValue, NotFound
from kohorte.core.exports.commands import ChangeExportTemplate, CreateExportTemplate, DeleteExportTemplate
from kohorte.core.exports.events import ExportTemplateCreated, ExportTemplateDeleted, ExportTemplateUpdated
from kohorte.core.exports.model import LONGEST, ExportTemplate
from kohorte.core.exports.queries import write_export
from kohorte.core.fields import Kind
from kohorte.core.ports.rendering import Part, Parts, TemplateRefused
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import NOON, CountingIds, CountingSecrets, FixedClock
from kohorte.dsl.language import RuleLanguage

PARTS = Parts("{{ segment.name }}:", " {{ contact.email | default('-') }}", " ({{ count }})\n")


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage(FixedClock(), CountingIds())


@pytest.fixture
def bus(storage: MemoryStorage) -> Bus:
    ids = CountingIds(2_000_000)
    return Bus(registry(), FixedClock(), ids, RuleLanguage(), storage, CountingSecrets(), JinjaRendering())


@pytest.fixture
def tenant(bus: Bus) -> Tenant:
    return bus.administer(CreateTenant("shop", "Europe/Berlin"))


@pytest.fixture
def made(bus: Bus, tenant: Tenant) -> ExportTemplate:
    return bus.run(CreateExportTemplate(" tool ", PARTS, ".TXT", "Text/Plain"), tenant, by="ann")


def written(bus: Bus, tenant: Tenant, template: str = "tool") -> str:
    with bus.ports(tenant, reading=True) as ports:
        return "".join(write_export(ports, "all", template).texts)


@pytest.fixture
def everybody(bus: Bus, tenant: Tenant) -> None:
    for key, email in (("C1", "a@example.com"), ("C2", "")):
        bus.run(SaveContact(key, {"email": email}), tenant)
    bus.run(CreateSegment("all", "contact.key is set"), tenant)
    bus.run(CalculateSegments(), tenant)


def test_a_new_template_is_kept(bus: Bus, storage: MemoryStorage, tenant: Tenant, made: ExportTemplate) -> None:
    assert (made.name, made.parts, made.extension, made.media_type) == ("tool", PARTS, "txt", "text/plain")
    assert (made.created_at, made.created_by, made.changed_by, made.version) == (NOON, "ann", "ann", 1)
    assert storage.outbox(tenant) == (ExportTemplateCreated(made.id),)
    with bus.ports(tenant, reading=True) as ports:
        assert ports.work.export_templates.by_name("tool") == made


@pytest.mark.usefixtures("everybody", "made")
def test_members_are_written_by_a_template(bus: Bus, tenant: Tenant) -> None:
    assert written(bus, tenant) == "all: a@example.com - (2)\n"


@pytest.mark.usefixtures("everybody")
def test_a_template_that_reads_nothing_writes_one_row_for_each_member(bus: Bus, tenant: Tenant) -> None:
    bus.run(CreateExportTemplate("count", Parts(row="x")), tenant)
    assert written(bus, tenant, "count") == "xx"


@pytest.mark.usefixtures("everybody")
def test_custom_fields_are_fields_too(bus: Bus, tenant: Tenant) -> None:
    parts = Parts(row="{{ contact.Größe }}{{ contact.tier | default('none') }};")
    with pytest.raises(TemplateRefused):
        bus.run(CreateExportTemplate("own", parts), tenant)
    bus.run(AddField("contact", "Größe", Kind.INTEGER), tenant)
    bus.run(AddField("contact", "tier", Kind.ENUMERATION, choices=("gold",)), tenant)
    bus.run(SaveContact("C1", {"Größe": "180"}), tenant)
    bus.run(CreateExportTemplate("own", parts), tenant)
    assert written(bus, tenant, "own") == "180none;none;"


def test_an_unknown_field_is_refused_with_its_line_and_what_may_be_meant(bus: Bus, tenant: Tenant) -> None:
    with pytest.raises(TemplateRefused) as refused:
        bus.run(CreateExportTemplate("a", Parts(row="\n{{ contact.emial }}")), tenant)
    assert (refused.value.part, refused.value.line) == (Part.ROW, 2)
    assert "contact.email" in refused.value.advice()


@pytest.mark.parametrize(
    ("name", "parts", "extension", "media_type"),
    [
        (" ", PARTS, "txt", "text/plain"),
        ("x" * 121, PARTS, "txt", "text/plain"),
        ("a", Parts(), "txt", "text/plain"),
        ("a", Parts("x", " \n"), "txt", "text/plain"),
        ("a", Parts(row="x" * (LONGEST + 1)), "txt", "text/plain"),
        ("a", Parts("\0", "x"), "txt", "text/plain"),
        ("a", PARTS, "../x", "text/plain"),
        ("a", PARTS, "", "text/plain"),
        ("a", PARTS, "txt", "text"),
        ("a", PARTS, "txt", "text/plain\r\nX-Header: 1"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    bus: Bus, tenant: Tenant, name: str, parts: Parts, extension: str, media_type: str
) -> None:
    with pytest.raises(InvalidValue):
        bus.run(CreateExportTemplate(name, parts, extension, media_type), tenant)


def test_a_taken_name_is_refused(bus: Bus, tenant: Tenant, made: ExportTemplate) -> None:
    with pytest.raises(AlreadyExists):
        bus.run(CreateExportTemplate("tool", PARTS), tenant)
    bus.run(CreateExportTemplate("other", PARTS), tenant)
    with pytest.raises(AlreadyExists):
        bus.run(ChangeExportTemplate("other", new_name="tool"), tenant)


def test_what_is_not_named_stays_when_a_template_is_changed(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, made: ExportTemplate
) -> None:
    changed = bus.run(ChangeExportTemplate("tool", footer="", new_name="new"), tenant, by="bob")
    assert (changed.name, changed.parts) == ("new", Parts(PARTS.header, PARTS.row))
    assert (changed.created_by, changed.changed_by, changed.version) == ("ann", "bob", 2)
    assert bus.run(ChangeExportTemplate("new", footer=""), tenant) == changed
    assert storage.outbox(tenant)[1:] == (ExportTemplateUpdated(made.id),)


def test_a_change_that_cannot_be_filled_in_is_refused_and_nothing_changes(
    bus: Bus, tenant: Tenant, made: ExportTemplate
) -> None:
    with pytest.raises(TemplateRefused):
        bus.run(ChangeExportTemplate("tool", header="{{ contact.email }}"), tenant)
    with bus.ports(tenant, reading=True) as ports:
        assert ports.work.export_templates.by_name("tool") == made


def test_who_has_seen_another_version_changes_and_deletes_nothing(
    bus: Bus, tenant: Tenant, made: ExportTemplate
) -> None:
    bus.run(ChangeExportTemplate("tool", footer="", version=1), tenant)
    with pytest.raises(Conflict):
        bus.run(ChangeExportTemplate("tool", footer="x", version=1), tenant)
    with pytest.raises(Conflict):
        bus.run(DeleteExportTemplate("tool", version=1), tenant)


def test_a_deleted_template_is_gone(bus: Bus, storage: MemoryStorage, tenant: Tenant, made: ExportTemplate) -> None:
    bus.run(DeleteExportTemplate("tool"), tenant)
    assert storage.outbox(tenant)[-1] == ExportTemplateDeleted(made.id)
    for command in (DeleteExportTemplate("tool"), ChangeExportTemplate("tool", footer="")):
        with pytest.raises(NotFound):
            bus.run(command, tenant)


def test_nobody_uses_templates_where_nothing_fills_them_in(storage: MemoryStorage, tenant: Tenant) -> None:
    without = Bus(registry(), FixedClock(), CountingIds(9_000_000), RuleLanguage(), storage)
    with pytest.raises(LookupError, match="rendering"):
        without.run(CreateExportTemplate("a", PARTS), tenant)
