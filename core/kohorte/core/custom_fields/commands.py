"""What one may ask for about custom fields."""

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.changing import refuse_lost_choices, refuse_while_read
from kohorte.core.custom_fields.events import FieldAdded, FieldChanged, FieldRemoved, FieldRenamed
from kohorte.core.custom_fields.model import CustomField, choices_of, field_description, free_name, new_custom_field
from kohorte.core.custom_fields.queries import custom_field, segments_reading, tenant_catalogue
from kohorte.core.fields import Kind
from kohorte.core.messages import Command
from kohorte.core.segments.renaming import follow_name, in_order


@frozen
class AddField(Command[CustomField]):
    """Give contacts, customers or the rows of a collection one more field, which rules then use like a built-in one.

    ``scale`` is the number of decimals of a decimal field, ``choices`` are the codes of an enumeration, ``long`` text
    keeps its line breaks. ``indexed`` makes rules that compare the field fast.
    """

    owner: str
    name: str
    kind: Kind
    scale: int = 0
    choices: tuple[str, ...] = ()
    long: bool = False
    indexed: bool = False
    description: str | None = None


@frozen
class RenameField(Command[CustomField]):
    """Give a field another name; its values stay where they are.

    ``rewrite`` lets the rules that read it follow, each as a version of its own that means the same.
    """

    owner: str
    name: str
    new_name: str
    rewrite: bool = False


@frozen
class ChangeField(Command[CustomField]):
    """Change a field; None leaves what it stands for, an empty description removes it.

    ``choices`` are all codes that the enumeration shall have. ``indexed`` makes rules that compare the field fast.
    """

    owner: str
    name: str
    description: str | None = None
    choices: tuple[str, ...] | None = None
    indexed: bool | None = None


@frozen
class RemoveField(Command[None]):
    """Remove a field that no rule reads, with its index and with all values of it.

    It is gone at once; its values are taken out of the records, waiting ones too, page by page in transactions of their
    own. Where that is broken off, nobody sees the rest, and the next removal of a field takes it out.
    """

    owner: str
    name: str


def add_field(command: AddField, ports: Ports) -> CustomField:
    """Add a field. Raise ``InvalidValue`` for what cannot be one, ``AlreadyExists`` where the name is taken."""
    ports.work.segments.hold()
    custom = new_custom_field(
        ports.ids.new(),
        command.owner,
        command.name,
        command.kind,
        ports.clock.now(),
        tenant_catalogue(ports.work),
        scale=command.scale,
        choices=command.choices,
        long=command.long,
        indexed=command.indexed,
        description=command.description,
    )
    ports.work.custom_fields.add(custom)
    ports.work.record(FieldAdded(custom.id, custom.owner, custom.field.name))
    return custom


def rename_field(command: RenameField, ports: Ports) -> CustomField:
    """Rename a field.

    Raise ``NotFound``, ``InvalidValue`` for a bad name, ``AlreadyExists`` for a taken one, or ``NotAllowed`` for a
    built-in field, or with the segments whose rules read it, unless they shall be rewritten.
    """
    ports.work.segments.hold()
    custom = custom_field(ports.work, command.owner, command.name)
    name = free_name(custom.owner, command.new_name, tenant_catalogue(ports.work), besides=custom.field.name)
    if name == custom.field.name:
        return custom
    if not command.rewrite:
        refuse_while_read(custom, ports, "Let their rules follow (--rewrite), or change or archive them first.")
    following = in_order(segments_reading(ports.work, custom), ports)
    renamed = evolve(custom, field=evolve(custom.field, name=name))
    ports.work.custom_fields.save(renamed)
    ports.work.record(FieldRenamed(custom.id, custom.owner, name))
    for each in following:
        follow_name(each, f'The field "{renamed.full_name}" has this name now.', ports)
    return custom_field(ports.work, custom.owner, name)


def change_field(command: ChangeField, ports: Ports) -> CustomField:
    """Change a field; what is the same as before changes nothing.

    Raise ``NotFound``, ``InvalidValue``, or ``NotAllowed`` for a built-in field, or where records or rules use a choice
    that would be gone, with how many or which.
    """
    ports.work.segments.hold()
    before = custom_field(ports.work, command.owner, command.name)
    custom = before
    if command.description is not None:
        custom = evolve(custom, description=field_description(command.description))
    if command.choices is not None:
        custom = evolve(custom, field=evolve(custom.field, choices=choices_of(custom.field.kind, command.choices)))
        refuse_lost_choices(before, custom, ports)
    if command.indexed is not None:
        custom = evolve(custom, field=evolve(custom.field, indexed=command.indexed))
    changed = _differences(before, custom)
    if changed:
        ports.work.custom_fields.save(custom)
        ports.work.record(FieldChanged(custom.id, custom.owner, custom.field.name, changed))
    return custom


def remove_field(command: RemoveField, ports: Ports) -> None:
    """Remove a field.

    Raise ``NotFound``, or ``NotAllowed`` for a built-in field, or with the segments whose rules read it.
    """
    ports.work.segments.hold()
    custom = custom_field(ports.work, command.owner, command.name)
    refuse_while_read(custom, ports, "Change or archive them first.")
    ports.work.custom_fields.remove(custom.id)
    ports.work.record(FieldRemoved(custom.id, custom.owner, custom.field.name))
    ports.work.commit()
    for _ in ports.work.custom_fields.purge():
        ports.work.commit()  # others write meanwhile


def _differences(before: CustomField, after: CustomField) -> tuple[str, ...]:
    described = ("description",) if before.description != after.description else ()
    of_field = (name for name in ("choices", "indexed") if getattr(before.field, name) != getattr(after.field, name))
    return (*described, *of_field)
