"""What one may ask for about activities."""

from attrs import field, frozen

from kohorte.core.activities.events import ActivityCreated, ActivityUpdated
from kohorte.core.activities.model import Activity
from kohorte.core.bus import Ports
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.saving import Saved, Texts, change, found, read_fields, refuse_incomplete, refuse_outdated


@frozen
class SaveActivity(Command[Saved]):
    """Create an activity (which needs a contact, a kind and a time), or change some of its fields.

    ``version`` is the one that the caller has seen (0 for an activity that must be new); None overwrites any.
    """

    key: str
    values: Texts = field(factory=dict[str, str | None])
    version: int | None = None


def save_activity(command: SaveActivity, ports: Ports) -> Saved:
    """Save an activity. Raise ``InvalidFields``, ``Conflict``, or ``NotFound`` for an unknown contact."""
    values = read_fields(RecordKind.ACTIVITIES, {**command.values, "key": command.key}, ports)
    stored = found(ports.work.activities.by_key, values["key"])
    refuse_outdated(command.version, stored.version if stored else 0, values["key"])
    if stored is None:
        refuse_incomplete(RecordKind.ACTIVITIES, values)
        activity = Activity(ports.ids.new(), values["key"], values["contact"], values["kind"], values["at"])
    else:
        activity = stored
    changed = change(activity, values)
    if stored is None or changed:
        ports.work.activities.save(activity)
        ports.work.record(ActivityUpdated(activity.id, changed) if stored else ActivityCreated(activity.id))
    return Saved(activity.id, activity.key, activity.version, stored is None, changed)
