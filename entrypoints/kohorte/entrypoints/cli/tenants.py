"""``kohorte tenant``: organisations that share a database, apart from each other."""

from shlex import quote

import click

from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import LANGUAGES
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.tenants import tenant_view


@click.group(cls=TranslatedGroup)
def tenant() -> None:
    """Make and list tenants."""


@examples(("kohorte tenant create acme --zone Europe/Berlin --currency EUR --language de", "a German shop"))
@tenant.command(cls=TranslatedCommand)
@argument("name")
@option("--zone", metavar="ZONE", default="UTC", show_default=True, help="IANA time zone that days begin and end in.")
@option(
    "--currency", metavar="CODE", default="EUR", show_default=True, help="ISO 4217 code for amounts that name none."
)
@option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the tenant.")
@common()
def create(session: Session, name: str, zone: str, currency: str, language: str) -> None:
    """Make a tenant."""
    made = session.application.bus.administer(CreateTenant(name, zone, currency, language))
    session.output.say(
        'The tenant "{name}" is ready. Choose it with: --tenant {argument}', name=made.name, argument=quote(made.name)
    )


@examples(("kohorte tenant list --json", "for a program"))
@tenant.command("list", cls=TranslatedCommand)
@common(reading=True)
def list_tenants(session: Session) -> None:
    """List all tenants."""
    with session.application.storage.tenants() as stored:
        tenants = stored.all()
    session.output.show(
        [tenant_view(each) for each in tenants],
        lambda: session.output.table(
            ("name", "zone", "currency", "language"),
            [(each.name, each.zone, each.currency, each.language) for each in tenants],
        ),
    )
