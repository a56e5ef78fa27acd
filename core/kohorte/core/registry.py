"""The registry: every command with its handler, every event with its reactions. The only place that knows them all."""

from kohorte.core.activities.commands import SaveActivity, save_activity
from kohorte.core.bus import Registry
from kohorte.core.contacts.commands import SaveContact, save_contact
from kohorte.core.custom_fields.commands import (
    AddField,
    ChangeField,
    RemoveField,
    RenameField,
    add_field,
    change_field,
    remove_field,
    rename_field,
)
from kohorte.core.customers.commands import SaveCustomer, save_customer
from kohorte.core.event_feed import ForgetEvents, forget_events
from kohorte.core.imports.commands import ImportFile, import_file
from kohorte.core.lists.commands import (
    AddEntries,
    CreateList,
    DeleteList,
    RenameList,
    add_entries,
    create_list,
    delete_list,
    rename_list,
)
from kohorte.core.purchases.commands import SavePurchase, save_purchase
from kohorte.core.segments.commands import (
    CalculateSegments,
    ChangeSegment,
    CreateSegment,
    calculate_segments,
    change_segment,
    create_segment,
)
from kohorte.core.segments.lifecycle import (
    ActivateSegment,
    ArchiveSegment,
    DeactivateSegment,
    DeleteSegment,
    activate_segment,
    archive_segment,
    deactivate_segment,
    delete_segment,
)
from kohorte.core.segments.pins import (
    AddMembers,
    ReleaseMembers,
    RemoveMembers,
    add_members,
    release_members,
    remove_members,
)
from kohorte.core.segments.updating import UpdateMembers, update_members
from kohorte.core.segments.versions import RestoreRule, restore_rule
from kohorte.core.tenants.commands import CreateTenant, create_tenant


def registry() -> Registry:
    """Return all commands and reactions."""
    return Registry(
        handlers={
            ActivateSegment: activate_segment,
            AddEntries: add_entries,
            AddField: add_field,
            AddMembers: add_members,
            ArchiveSegment: archive_segment,
            CalculateSegments: calculate_segments,
            ChangeField: change_field,
            ChangeSegment: change_segment,
            CreateList: create_list,
            CreateSegment: create_segment,
            DeactivateSegment: deactivate_segment,
            DeleteList: delete_list,
            DeleteSegment: delete_segment,
            ForgetEvents: forget_events,
            ImportFile: import_file,
            ReleaseMembers: release_members,
            RemoveField: remove_field,
            RemoveMembers: remove_members,
            RenameField: rename_field,
            RenameList: rename_list,
            RestoreRule: restore_rule,
            SaveActivity: save_activity,
            SaveContact: save_contact,
            SaveCustomer: save_customer,
            SavePurchase: save_purchase,
            UpdateMembers: update_members,
        },
        reactions={},
        administration={CreateTenant: create_tenant},
    )
