"""``kohorte migrate``: make or upgrade the database, and make the secret that signs."""

import click

from kohorte.entrypoints.cli.commands import TranslatedCommand, examples, option
from kohorte.entrypoints.cli.completion import FILE
from kohorte.entrypoints.cli.session import Session, common


@examples(
    ("kohorte migrate", "make kohorte.db in this folder"),
    ("kohorte migrate --database postgresql://owner@localhost/crm --application-role kohorte_app", "on PostgreSQL"),
)
@click.command(cls=TranslatedCommand)
@option("--application-role", metavar="ROLE", help="PostgreSQL role that the server uses; it gets the rights it needs.")
@option(
    "--secret-file",
    type=FILE,
    metavar="FILE",
    help="Make the secret that signs cursors and links there, instead of beside the database.",
)
@common()
def migrate(session: Session, application_role: str | None, secret_file: str | None) -> None:
    """Make the database, or bring it to this version.

    The first time it also makes the tenant "default" (zone UTC, currency EUR, language en), and a secret to sign with
    beside a database that is a file, unless KOHORTE_SECRET holds one.
    """
    session.change(secret_file=secret_file)
    done = session.migrate(application_role)
    if done.before == done.after:
        session.output.say("The database has version {version} already.", version=done.after)
    else:
        session.output.say("The database has version {version} now.", version=done.after)
