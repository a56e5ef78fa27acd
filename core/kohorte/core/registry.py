"""The registry: every command with its handler, every event with its reactions. The only place that knows them all."""

from collections.abc import Mapping
from typing import Any, Final

from kohorte.core.access.commands import CreateKey, NoteUse, RevokeKey, create_key, note_use, revoke_key
from kohorte.core.activities.commands import SaveActivity, save_activity
from kohorte.core.answers import ForgetAnswers, forget_answers
from kohorte.core.bus import Handler, Registry
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
from kohorte.core.exports.commands import (
    ChangeExportTemplate,
    CreateExportTemplate,
    DeleteExportTemplate,
    change_export_template,
    create_export_template,
    delete_export_template,
)
from kohorte.core.files.commands import ForgetFiles, KeepFile, forget_files, keep_file
from kohorte.core.imports.bulk import SaveRecords, save_records
from kohorte.core.imports.commands import ImportFile, import_file
from kohorte.core.jobs.commands import (
    CancelJob,
    StartCalculation,
    StartExport,
    StartImport,
    cancel_job,
    start_calculation,
    start_export,
    start_import,
)
from kohorte.core.jobs.forgetting import ForgetJobs, forget_jobs
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
from kohorte.core.messages import Command
from kohorte.core.purchases.commands import SavePurchase, save_purchase
from kohorte.core.segments.commands import (
    CalculateSegments,
    ChangeSegment,
    CreateSegment,
    calculate_segments,
    change_segment,
    create_segment,
)
from kohorte.core.segments.due import FillDue, FireDue, fill_due, fire_due
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
from kohorte.core.segments.node_editing import (
    AddRuleNode,
    ChangeRuleNode,
    MoveRuleNode,
    RemoveRuleNode,
    add_rule_node,
    change_rule_node,
    move_rule_node,
    remove_rule_node,
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

_HANDLERS: Final[Mapping[type[Command[Any]], Handler]] = {
    ActivateSegment: activate_segment,
    AddEntries: add_entries,
    AddField: add_field,
    AddMembers: add_members,
    AddRuleNode: add_rule_node,
    ArchiveSegment: archive_segment,
    CalculateSegments: calculate_segments,
    CancelJob: cancel_job,
    ChangeExportTemplate: change_export_template,
    ChangeField: change_field,
    ChangeRuleNode: change_rule_node,
    ChangeSegment: change_segment,
    CreateExportTemplate: create_export_template,
    CreateKey: create_key,
    CreateList: create_list,
    CreateSegment: create_segment,
    DeactivateSegment: deactivate_segment,
    DeleteExportTemplate: delete_export_template,
    DeleteList: delete_list,
    DeleteSegment: delete_segment,
    FillDue: fill_due,
    FireDue: fire_due,
    ForgetAnswers: forget_answers,
    ForgetEvents: forget_events,
    ForgetFiles: forget_files,
    ForgetJobs: forget_jobs,
    ImportFile: import_file,
    KeepFile: keep_file,
    MoveRuleNode: move_rule_node,
    NoteUse: note_use,
    ReleaseMembers: release_members,
    RemoveField: remove_field,
    RemoveMembers: remove_members,
    RemoveRuleNode: remove_rule_node,
    RenameField: rename_field,
    RenameList: rename_list,
    RestoreRule: restore_rule,
    RevokeKey: revoke_key,
    SaveActivity: save_activity,
    SaveContact: save_contact,
    SaveCustomer: save_customer,
    SavePurchase: save_purchase,
    SaveRecords: save_records,
    StartCalculation: start_calculation,
    StartExport: start_export,
    StartImport: start_import,
    UpdateMembers: update_members,
}


def registry() -> Registry:
    """Return all commands and reactions."""
    return Registry(_HANDLERS, reactions={}, administration={CreateTenant: create_tenant})
