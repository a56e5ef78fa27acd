"""``kohorte field``: what a tenant wants to know beyond the built-in fields."""

from typing import Final

import click

from kohorte.core.custom_fields.commands import AddField
from kohorte.core.custom_fields.model import CUSTOM_OWNERS
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Collection, Kind, Owner
from kohorte.entrypoints.cli.commands import (
    TranslatedCommand,
    TranslatedGroup,
    argument,
    examples,
    option,
)
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.fields import custom_field_view, field_view

KINDS: Final = {kind.value.replace(" ", "-"): kind for kind in Kind}


@click.group(cls=TranslatedGroup)
def field() -> None:
    """Add fields of your own and list all fields."""


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
@common(reading=True)
def add(session: Session, name: str, kind: str, scale: int, choices: str, *, long: bool, indexed: bool) -> None:
    """Add a field to contact, customer, purchases, items or activities.

    NAME is written as in rules: contact.loyalty_points. Imports then read a column of that name.

    KIND is one of boolean, code, date, decimal, enumeration, instant, integer, money, tag-set, text.
    """
    owner, _, field_name = name.rpartition(".")
    if owner not in CUSTOM_OWNERS:
        raise InvalidInput(
            '"{name}" does not say what the field belongs to.',
            hint="Write it like contact.loyalty_points; fields belong to {known}.",
            name=name,
            known=", ".join(CUSTOM_OWNERS),
        )
    codes = tuple(code.strip() for code in choices.split(",") if code.strip())
    made = session.run(AddField(owner, field_name, KINDS[kind], scale, codes, long, indexed))
    session.output.show(
        custom_field_view(made), lambda: session.output.say("Rules and imports know the field {name} now.", name=name)
    )


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
