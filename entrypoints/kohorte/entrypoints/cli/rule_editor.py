"""``kohorte rule lsp``: the language server that editors start."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from kohorte.core.errors import InvalidInput, NotFound, StorageUnavailable
from kohorte.entrypoints.cli.commands import TranslatedCommand, examples
from kohorte.entrypoints.cli.session import Session, common

if TYPE_CHECKING:
    from kohorte.dsl.assistance.knowledge import Knowledge


@examples(
    ("kohorte rule lsp", "what an editor starts"), ("kohorte rule lsp --tenant acme", "with the fields of a tenant")
)
@click.command(cls=TranslatedCommand)
@common()
def lsp(session: Session) -> None:
    """Help an editor with rule files: a language server over standard input and output.

    It completes, explains, mends, colours and lays out rules. Where there is a database it knows the tenant's own
    fields, segments and lists, and values that at least five contacts share.
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


def _knowledge(session: Session) -> "Callable[[], Knowledge]":
    """Return the tenant's knowledge, or what is known without a database."""
    from kohorte.entrypoints.lsp.tenant import TenantKnowledge, built_in  # noqa: PLC0415 - the same

    try:
        return TenantKnowledge(session.application, session.tenant)
    except (StorageUnavailable, NotFound) as missing:
        session.output.remark("Only built-in fields are known: {reason}", reason=missing.text(session.language))
        return built_in
