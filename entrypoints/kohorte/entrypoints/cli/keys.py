"""``kohorte key``: keys with which programs are let in over HTTP."""

from typing import Any, Final

import click

from kohorte.core.access.commands import CreateKey, RevokeKey
from kohorte.core.access.model import ApiKey
from kohorte.core.access.permissions import Role
from kohorte.core.access.queries import find_key, list_keys
from kohorte.core.values import parse_instant
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.completion import key_names, offering
from kohorte.entrypoints.cli.session import Session, common, with_time

ROLES: Final = [role.value for role in Role]


@click.group(cls=TranslatedGroup)
def key() -> None:
    """Give programs keys for the API, and take them away."""


@examples(
    ("kohorte key create 'web shop' --role sales", "it reads and saves contacts"),
    ("kohorte key create dashboard --role read --expires 2030-01-01", "figures without people, until that day"),
)
@key.command(cls=TranslatedCommand)
@argument("name")
@option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What it is for; can be given again.",
)
@option("--expires", metavar="INSTANT", help="It opens nothing from then on: 2030-01-31, or with a time.")
@common(reading=True)
def create(session: Session, name: str, roles: tuple[str, ...], expires: str | None) -> None:
    """Make a key, and show it this once.

    Only a hash is kept. Who has lost the key needs a new one.
    """
    end = None if expires is None else parse_instant(with_time(expires), session.tenant.zone_info)
    made = session.run(CreateKey(name, tuple(map(Role, roles)), end))

    def people() -> None:
        session.output.text(made.token)
        session.output.remark("Keep the key in a safe place: it is not shown again.")

    session.output.show({**_described(made.key), "token": made.token}, people)


@examples(("kohorte key list --revoked", "with those that were taken away"))
@key.command("list", cls=TranslatedCommand)
@option("--revoked", is_flag=True, help="Include revoked keys.")
@common(reading=True)
def list_all(session: Session, *, revoked: bool) -> None:
    """List keys: what they are for, and when they were last used."""
    found = session.read(lambda ports: list_keys(ports.work, revoked=revoked))
    session.output.show(
        [_described(each) for each in found],
        lambda: session.output.table(
            ("key", "roles", "by", "since", "expires", "last used", "revoked"),
            [
                (
                    each.name,
                    ", ".join(role.value for role in each.roles),
                    each.created_by,
                    each.created_at,
                    each.expires_at,
                    each.last_used_on,
                    each.revoked_at,
                )
                for each in found
            ],
            sparse=("revoked",),
        ),
    )


@examples(("kohorte key revoke dashboard", "at once, and for ever"))
@key.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(key_names))
@common()
def revoke(session: Session, name: str) -> None:
    """Let a key open nothing from now on."""
    session.run(RevokeKey(session.read(lambda ports: find_key(ports.work, name)).id))
    session.output.say('The key "{name}" is revoked.', name=name)


def _described(each: ApiKey) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "roles": each.roles,
        "created_at": each.created_at,
        "created_by": each.created_by,
        "expires_at": each.expires_at,
        "last_used_on": each.last_used_on,
        "revoked_at": each.revoked_at,
    }
