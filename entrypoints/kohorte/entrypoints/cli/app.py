"""The ``kohorte`` command: its groups, and what happens when something goes wrong."""

import os
import sys
from importlib.metadata import version

import click

from kohorte.core.errors import KohorteError
from kohorte.entrypoints.cli import (
    custom_fields,
    demo,
    imports,
    lists,
    migrate,
    rules,
    segments,
    tenants,
)
from kohorte.entrypoints.cli.commands import TranslatedGroup, examples, option
from kohorte.entrypoints.cli.failures import FAILED, INTERRUPTED, as_json, exit_code, show_error
from kohorte.entrypoints.cli.session import Session, new_session
from kohorte.entrypoints.languages import speak_for_libraries


@examples(
    ("kohorte demo", "see it work on a real shop's data"),
    ("kohorte import contacts customers.csv", "bring your own data"),
    ("kohorte segment preview --rule 'purchases(last 90 days).count >= 3'", "ask a question"),
)
@click.group(name="kohorte", cls=TranslatedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@option("--database", metavar="URL", help="Database to use, instead of KOHORTE_DATABASE or sqlite:///kohorte.db.")
@option("--tenant", metavar="NAME", help="Tenant to work for, instead of KOHORTE_TENANT or default.")
@click.version_option(version("kohorte"), prog_name="kohorte")
@click.pass_context
def kohorte(context: click.Context, database: str | None, tenant: str | None) -> None:
    """Segments of customers, written as rules.

    Import contacts and what they bought, write who you mean as text, and see who that is.
    """
    context.obj = new_session(database, tenant)


for command in (
    demo.demo,
    migrate.migrate,
    tenants.tenant,
    imports.import_group,
    custom_fields.field,
    lists.list_group,
    rules.rule,
    segments.segment,
):
    kohorte.add_command(command)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; every error is said, none escapes as a traceback."""
    context: click.Context | None = None
    speak_for_libraries()
    try:
        with kohorte.make_context("kohorte", list(sys.argv[1:] if arguments is None else arguments)) as context:
            result = kohorte.invoke(context)
            return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KohorteError as error:
        _tell(error, context)
        return exit_code(error)
    finally:
        if context is not None and isinstance(context.obj, Session):
            context.obj.close()


def _tell(error: KohorteError, context: click.Context | None) -> None:
    session = context.obj if context is not None and isinstance(context.obj, Session) else new_session(None, None)
    if session.output.json:
        session.output.data(as_json(error))
    else:
        show_error(error, session.language, session.output.remarks)
