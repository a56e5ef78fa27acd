"""``kohorte rule complete`` and ``kohorte rule lsp``: help for those who write rules, and for their editors."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from kohorte.core.errors import InvalidInput, NotFound, StorageUnavailable
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.rules import completion_view

if TYPE_CHECKING:
    from kohorte.dsl.assistance.knowledge import Knowledge


@examples(
    ("kohorte rule lsp", "what an editor starts"), ("kohorte rule lsp --tenant acme", "with the fields of a tenant")
)
@click.command(cls=TranslatedCommand)
@common()
def lsp(session: Session) -> None:
    """Help an editor with rule files: a language server over standard input and output.

    It completes, explains, mends, colours and lays out rules, and tells what in them is wrong, changes nothing or
    matches only because a value is missing. Where there is a database it knows the tenant's own fields, segments and
    lists, and values that at least five contacts share.
    """
    try:
        from kohorte.entrypoints.lsp import serve  # noqa: PLC0415 - an extra of the installation
    except ModuleNotFoundError as missing:
        raise InvalidInput(
            "This installation has no language server: {package} is missing.",
            hint='Install it: pip install "kohorte[lsp]"',
            package=missing.name,
        ) from None
    serve(_knowledge(session), session.language)


@examples(
    ("kohorte rule complete 'contact.coun'", "what may be written here"),
    ("kohorte rule complete 'contact.country = ' --json", "with the values that occur, and how often"),
)
@click.command(cls=TranslatedCommand)
@argument("text")
@option(
    "--cursor",
    type=click.IntRange(0),
    metavar="N",
    help="Place in the text, counted in characters, instead of its end.",
)
@common(reading=True)
def complete(session: Session, text: str, cursor: int | None) -> None:
    """Tell what may be written at a place of a rule.

    Only what can still become a rule is offered. Of values, only those that at least five contacts share.
    """
    from kohorte.dsl.assistance.completion import complete as completed  # noqa: PLC0415 - with what it knows

    found = completed(text, len(text) if cursor is None else cursor, _knowledge(session)())
    session.output.show(
        completion_view(found, session.language),
        lambda: session.output.table(
            ("text", "what it is"), [(each.text, each.described(session.language)) for each in found.offers]
        ),
    )


def _knowledge(session: Session) -> "Callable[[], Knowledge]":
    """Return the tenant's knowledge, or what is known without a database."""
    from kohorte.entrypoints.lsp.tenant import TenantKnowledge, built_in  # noqa: PLC0415 - the same

    try:
        return TenantKnowledge(session.application, session.tenant)
    except (StorageUnavailable, NotFound) as missing:
        session.output.remark("Only built-in fields are known: {reason}", reason=missing.text(session.language))
        return built_in
