"""What every repository of export templates promises."""

from datetime import timedelta

import pytest
from attrs import evolve

from kohorte.core.errors import AlreadyExists, Conflict, NotFound
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.ports.rendering import Parts
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds

PARTS = Parts("<all>\r\n", '  {{ contact.email | xml }}\t"é"\n\n', "</all>")


class ExportTemplatesContract(StorageContract):
    """Export templates."""

    @pytest.fixture
    def stored(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> ExportTemplate:
        """Return a template that is stored."""
        made = ExportTemplate(ids.new(), "tool", PARTS, "application/xml", "xml", NOON, "ann", NOON, "ann")
        with storage.work(tenant) as work:
            work.export_templates.save(made)
            work.commit()
        return made

    def test_a_template_comes_back_as_it_was_saved(
        self, storage: Storage, tenant: Tenant, stored: ExportTemplate
    ) -> None:
        assert stored.version == 1
        with storage.work(tenant, reading=True) as work:
            assert work.export_templates.by_name("tool") == work.export_templates.by_id(stored.id) == stored

    def test_a_change_is_kept_under_the_next_version(
        self, storage: Storage, tenant: Tenant, stored: ExportTemplate
    ) -> None:
        changed = evolve(
            stored,
            name="other",
            parts=Parts("", "x"),
            media_type="text/csv",
            extension="csv",
            changed_at=NOON + timedelta(days=1),
            changed_by="bob",
        )
        with storage.work(tenant) as work:
            work.export_templates.save(changed)
            work.commit()
        assert changed.version == 2
        with storage.work(tenant) as work:
            assert list(work.export_templates.all()) == [changed]
            with pytest.raises(NotFound):
                work.export_templates.by_name("tool")

    def test_who_has_seen_another_version_changes_nothing(
        self, storage: Storage, tenant: Tenant, stored: ExportTemplate
    ) -> None:
        outdated = evolve(stored)
        with storage.work(tenant) as work:
            work.export_templates.save(stored)
            work.commit()
            with pytest.raises(Conflict):
                work.export_templates.save(outdated)
            with pytest.raises(Conflict):
                work.export_templates.remove(outdated)
            assert work.export_templates.by_name("tool") == stored

    def test_a_name_is_taken_once(
        self, storage: Storage, tenant: Tenant, stored: ExportTemplate, ids: CountingIds
    ) -> None:
        another = evolve(stored, id=ids.new(), name="another", version=0)
        with storage.work(tenant) as work:
            with pytest.raises(AlreadyExists):
                work.export_templates.save(evolve(another, name="tool"))
            work.export_templates.save(another)
            with pytest.raises(AlreadyExists):
                work.export_templates.save(evolve(another, name="tool"))
            assert [each.name for each in work.export_templates.all()] == ["another", "tool"]

    def test_a_removed_template_is_gone_and_leaves_its_name(
        self, storage: Storage, tenant: Tenant, stored: ExportTemplate, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.export_templates.remove(stored)
            with pytest.raises(NotFound):
                work.export_templates.by_id(stored.id)
            work.export_templates.save(evolve(stored, id=ids.new(), version=0))

    def test_a_template_in_hand_is_not_the_stored_one(
        self, storage: Storage, tenant: Tenant, stored: ExportTemplate
    ) -> None:
        with storage.work(tenant) as work:
            work.export_templates.by_name("tool").name = "changed"
            assert work.export_templates.by_id(stored.id).name == "tool"

    def test_a_tenant_sees_no_others(
        self, storage: Storage, tenant: Tenant, other: Tenant, stored: ExportTemplate
    ) -> None:
        with storage.work(other) as work:
            assert not list(work.export_templates.all())
            with pytest.raises(Conflict):
                work.export_templates.remove(stored)
            work.export_templates.save(evolve(stored, version=0))
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.export_templates.all()) == [stored]
