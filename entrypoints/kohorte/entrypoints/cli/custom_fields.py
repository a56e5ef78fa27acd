"""``kohorte field``: what a tenant wants to know beyond the built-in fields."""

from typing import Final

import click

from kohorte.core.custom_fields.commands import AddField, ChangeField, RemoveField, RenameField
from kohorte.core.custom_fields.model import CUSTOM_OWNERS
from kohorte.core.custom_fields.queries import show_field, tenant_catalogue
from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Collection, Kind, Owner
from kohorte.entrypoints.cli.commands import (
    TranslatedCommand,
    TranslatedGroup,
    argument,
    examples,
    option,
)
from kohorte.entrypoints.cli.completion import field_names, offering
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.fields import custom_field_view, field_view, shown_field_view

KINDS: Final = {kind.value.replace(" ", "-"): kind for kind in Kind}


@click.group(cls=TranslatedGroup)
def field() -> None:
    """Add, rename, change and remove fields of your own, and list all fields."""


@examples(
    ("kohorte field add contact.loyalty_points integer --indexed", "a number that rules compare fast"),
    ("kohorte field add contact.tier enumeration --choices bronze,silver,gold", "one of a few codes"),
    ("kohorte field add purchases.discount decimal --scale 2", "on every purchase"),
)
@field.command(cls=TranslatedCommand)
@argument("name")
@argument("kind", type=click.Choice(sorted(KINDS)), metavar="KIND")
@option("--scale", type=int, default=0, help="Decimals of a decimal field (1 to 6).")
@option("--choices", default="", metavar="CODES", help="Codes of an enumeration, parted by commas.")
@option("--long", is_flag=True, help="Keep line breaks in the text.")
@option("--indexed", is_flag=True, help="Make rules that compare the field fast.")
@option("--description", metavar="TEXT", help="What the field is for.")
@common(reading=True)
def add(
    session: Session,
    name: str,
    kind: str,
    scale: int,
    choices: str,
    description: str | None,
    *,
    long: bool,
    indexed: bool,
) -> None:
    """Add a field to contact, customer, purchases, items or activities.

    NAME is written as in rules: contact.loyalty_points. Imports then read a column of that name.

    KIND is one of boolean, code, date, decimal, enumeration, instant, integer, money, tag-set, text.
    """
    owner, field_name = _parted(name)
    made = session.run(AddField(owner, field_name, KINDS[kind], scale, _codes(choices), long, indexed, description))
    session.output.show(
        custom_field_view(made), lambda: session.output.say("Rules and imports know the field {name} now.", name=name)
    )


@examples(
    ("kohorte field rename contact.points contact.loyalty_points", "refused while somebody reads it"),
    ("kohorte field rename contact.points contact.loyalty_points --rewrite", "in rules and export templates too"),
)
@field.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(field_names))
@argument("new_name")
@option("--rewrite", is_flag=True, help="Let the rules of segments and the export templates that read it follow.")
@common()
def rename(session: Session, name: str, new_name: str, *, rewrite: bool) -> None:
    """Give a field of your own another name; its values stay."""
    owner, field_name = _parted(name)
    new_owner, new_field_name = _parted(new_name)
    if new_owner != owner:
        raise InvalidInput(
            "{name} cannot become {new_name}: a field stays with what it belongs to.",
            hint="Add a new field, and import its values.",
            name=name,
            new_name=new_name,
        )
    renamed = session.run(RenameField(owner, field_name, new_field_name, rewrite))
    session.output.say("Rules and imports know the field {name} now.", name=renamed.full_name)


@examples(
    ("kohorte field change contact.tier --choices bronze,silver,gold,platinum", "one choice more"),
    ("kohorte field change contact.tier --description 'Agreed each January'", "what it is for"),
    ("kohorte field change contact.tier --indexed", "fast in rules from now on"),
)
@field.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(field_names))
@option("--description", metavar="TEXT", help="What the field is for; an empty text removes it.")
@option("--choices", metavar="CODES", help="All codes of the enumeration from now on, parted by commas.")
@option("--indexed/--no-indexed", default=None, help="Make rules that compare the field fast; --no-indexed: no longer.")
@common()
def change(session: Session, name: str, description: str | None, choices: str | None, *, indexed: bool | None) -> None:
    """Change what a field of your own is for, its choices, or its index.

    A choice can go once no record has it and no rule of a segment names it.
    """
    owner, field_name = _parted(name)
    codes = None if choices is None else _codes(choices)
    session.run(ChangeField(owner, field_name, description, codes, indexed))
    session.output.say("The field {name} is changed.", name=name)


@examples(("kohorte field remove contact.points", "refused while somebody reads it"))
@field.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(field_names))
@common()
def remove(session: Session, name: str) -> None:
    """Remove a field of your own that no segment and no export template reads, and all its values."""
    session.run(RemoveField(*_parted(name)))
    session.output.say("The field {name} is removed, and its values with it.", name=name)


@examples(("kohorte field show contact.tier", "what it is, and who reads it"))
@field.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(field_names))
@common(reading=True)
def show(session: Session, name: str) -> None:
    """Show a field of your own, how many records have it, and which segments and export templates read it."""
    owner, field_name = _parted(name)
    shown = session.read(lambda ports: show_field(ports, owner, field_name))
    custom, users = shown.custom, shown.users.names

    def people() -> None:
        say = session.output.say
        say("{name}: {kind}", name=custom.full_name, kind=custom.field.kind.value)
        if custom.description:
            session.output.text(custom.description)
        if custom.field.choices:
            say("Choices: {choices}", choices=", ".join(custom.field.choices))
        if custom.field.indexed:
            say("Rules that compare it are fast: it has an index.")
        say(
            "{count} record has a value" if shown.records == 1 else "{count} records have a value",
            count=session.output.cell(shown.records),
        )
        if users:
            say("Used by: {users}", users=", ".join(users))

    told = shown_field_view(shown)
    session.output.show(told, people)


@examples(("kohorte field list --json", "all that rules may speak of, for a program"))
@field.command("list", cls=TranslatedCommand)
@option("--custom", is_flag=True, help="Only the tenant's own fields.")
@common(reading=True)
def list_fields(session: Session, *, custom: bool) -> None:
    """List all fields that rules may use."""
    catalogue = session.read(lambda ports: tenant_catalogue(ports.work))
    holders: list[Owner | Collection] = [*catalogue.owners.values(), *catalogue.collections.values()]
    found = [(holder.name, each) for holder in holders for each in holder.fields.values() if each.custom or not custom]
    session.output.show(
        [field_view(*each) for each in found],
        lambda: session.output.table(
            ("field", "kind", "of", "own", "indexed"),
            [
                (f"{owner}.{each.name}", each.kind.value, ", ".join(each.choices), each.custom, each.indexed)
                for owner, each in found
            ],
        ),
    )


def _parted(name: str) -> tuple[str, str]:
    """Return what a field belongs to, and its name there."""
    owner, _, field_name = name.rpartition(".")
    if owner not in CUSTOM_OWNERS:
        raise InvalidInput(
            '"{name}" does not say what the field belongs to.',
            hint="Write it like contact.loyalty_points; fields belong to {known}.",
            name=name,
            known=", ".join(CUSTOM_OWNERS),
        )
    return owner, field_name


def _codes(choices: str) -> tuple[str, ...]:
    return tuple(code.strip() for code in choices.split(",") if code.strip())
