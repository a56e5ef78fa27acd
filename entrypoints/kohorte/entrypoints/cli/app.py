"""The ``kohorte`` command: its groups, and what happens when something goes wrong."""

import os
import sys
from traceback import format_exception
from typing import Final

import click
from click.shell_completion import shell_complete

from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.entrypoints.cli.commands import TranslatedGroup, TranslatedOption, examples, option
from kohorte.entrypoints.cli.completion import INSTRUCTION, offering, tenant_names
from kohorte.entrypoints.cli.failures import (
    FAILED,
    INTERRUPTED,
    as_json,
    exit_code,
    refused_by_system,
    show_error,
    unexpected,
    usage_as_json,
)
from kohorte.entrypoints.cli.session import Session, new_session
from kohorte.entrypoints.cli.streams import write_nothing_more
from kohorte.entrypoints.languages import speak_for_libraries
from kohorte.entrypoints.settings import without_secrets

DEBUG: Final = "KOHORTE_DEBUG"


_COMMANDS: Final = {
    "activity": "kohorte.entrypoints.cli.records:activity",
    "contact": "kohorte.entrypoints.cli.records:contact",
    "customer": "kohorte.entrypoints.cli.records:customer",
    "demo": "kohorte.entrypoints.cli.demo:demo",
    "events": "kohorte.entrypoints.cli.events:events",
    "export-template": "kohorte.entrypoints.cli.export_templates:export_template",
    "field": "kohorte.entrypoints.cli.custom_fields:field",
    "import": "kohorte.entrypoints.cli.imports:import_group",
    "job": "kohorte.entrypoints.cli.jobs:job",
    "key": "kohorte.entrypoints.cli.keys:key",
    "list": "kohorte.entrypoints.cli.lists:list_group",
    "migrate": "kohorte.entrypoints.cli.migrate:migrate",
    "purchase": "kohorte.entrypoints.cli.records:purchase",
    "rule": "kohorte.entrypoints.cli.rules:rule",
    "segment": "kohorte.entrypoints.cli.segments:segment",
    "serve": "kohorte.entrypoints.cli.serve:serve",
    "tenant": "kohorte.entrypoints.cli.tenants:tenant",
    "worker": "kohorte.entrypoints.cli.worker:worker",
}


@examples(
    ("kohorte demo", "see it work on a real shop's data"),
    ("kohorte import contacts people.csv", "bring your own data"),
    ("kohorte segment preview --rule 'purchases(last 90 days).count >= 3'", "ask a question"),
)
@click.group(
    name="kohorte", cls=TranslatedGroup, later=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@option("--database", metavar="URL", help="Database to use, instead of KOHORTE_DATABASE or sqlite:///kohorte.db.")
@option(
    "--tenant",
    metavar="NAME",
    shell_complete=offering(tenant_names),
    help="Tenant to work for, instead of KOHORTE_TENANT or default.",
)
@click.version_option(package_name="kohorte", prog_name="kohorte", cls=TranslatedOption)
@click.pass_obj
def kohorte(session: Session, database: str | None, tenant: str | None) -> None:
    """Segments of customers, written as rules.

    Import contacts and what they bought, write who you mean as text, and see who that is.
    """
    session.change(database=database, tenant=tenant)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; every error is said, none escapes as a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = new_session()
    session.output.json = "--json" in given  # known before the command is, since an unknown command is an error, too
    speak_for_libraries(session.language)
    try:
        _check_encoding(given)
        code = _invoke(given, session)
        sys.stdout.flush()
    except click.ClickException as wrong:
        return _tell_usage(wrong, session)
    except click.Abort:  # at a question, before anything was done
        session.output.remark("Stopped. Nothing was changed.")
        return INTERRUPTED
    except KeyboardInterrupt:
        session.output.remark("Stopped. What was done so far is kept; run the command again to finish.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader (head, less) has seen enough
        write_nothing_more()
        return FAILED
    except KohorteError as error:
        return _tell(error, session)
    except OSError as refused:
        if refused.filename is None:  # it was the answer that could not be written
            write_nothing_more()
            session.output.json = False  # it cannot tell of this either
        return _tell(refused_by_system(refused), session)
    except Exception as fault:
        if os.environ.get(DEBUG) == "1":
            sys.stderr.write(without_secrets("".join(format_exception(fault)), session.settings))
        return _tell(unexpected(fault), session)
    finally:
        session.close()
    return code


def _invoke(given: list[str], session: Session) -> int:
    if instruction := os.environ.get(INSTRUCTION):
        return shell_complete(kohorte, {"obj": session}, "kohorte", INSTRUCTION, instruction)
    try:
        with kohorte.make_context("kohorte", given, obj=session) as context:
            result = kohorte.invoke(context)
            return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code


def _check_encoding(given: list[str]) -> None:
    """Refuse bytes that are no text before they reach a database; ``InvalidInput`` says which argument has them."""
    for position, argument in enumerate(given, 1):
        if not argument.isascii() and any("\ud800" <= each <= "\udfff" for each in argument):
            raise InvalidInput(
                "Argument {position} of the command is not UTF-8 text.",
                hint="Check the encoding of your terminal; rename a file that has such a name.",
                position=position,
            )


def _tell(error: KohorteError, session: Session) -> int:
    if session.output.json:
        session.output.data(as_json(error))
    else:
        show_error(error, session.language, session.output.remarks)
    return exit_code(error)


def _tell_usage(wrong: click.ClickException, session: Session) -> int:
    if session.output.json:
        session.output.data(usage_as_json(wrong))
    else:
        wrong.show()
    return wrong.exit_code
