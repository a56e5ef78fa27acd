"""What a shell offers for an argument: files, and the names that the database knows."""

import os
from collections.abc import Callable, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from kohorte.core.errors import KohorteError

if TYPE_CHECKING:
    from kohorte.entrypoints.cli.session import Session

INSTRUCTION: Final = "_KOHORTE_COMPLETE"
"""The variable by which a shell asks for its script, and later for words that may follow."""
FILE: Final = click.Path()
"""A file's name as it is given: commands open it themselves, and `-` may stand for a stream."""

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def segment_names(session: "Session") -> Sequence[str]:
    """Return the names of segments in use."""
    return session.read(lambda ports: [each.name for each in ports.work.segments.all()])


def list_names(session: "Session") -> Sequence[str]:
    """Return the names of stored lists."""
    return session.read(lambda ports: [each.name for each in ports.work.lists.all()])


def key_names(session: "Session") -> Sequence[str]:
    """Return the names of keys that were not revoked."""
    return session.read(lambda ports: [each.name for each in ports.work.api_keys.all() if each.revoked_at is None])


def field_names(session: "Session") -> Sequence[str]:
    """Return the names of the tenant's own fields, as rules write them."""
    return session.read(lambda ports: [each.full_name for each in ports.work.custom_fields.all()])


def template_names(session: "Session") -> Sequence[str]:
    """Return the names of export templates."""
    return session.read(lambda ports: [each.name for each in ports.work.export_templates.all()])


def tenant_names(session: "Session") -> Sequence[str]:
    """Return the names of tenants."""
    with session.application.storage.tenants() as stored:
        return [each.name for each in stored.all()]


def offering(names: Callable[["Session"], Sequence[str]]) -> Complete:
    """Return a completion that offers names; none where the database cannot be asked, since nobody would read why."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - click calls it so
        session: Session = context.find_root().obj
        session.change(database=_given(context, "database"), tenant=_given(context, "tenant"))
        try:
            known = names(session)
        except KohorteError:
            return []
        return [CompletionItem(_typed(name)) for name in known if name.startswith(incomplete)]

    return complete


def _given(context: click.Context, option: str) -> str | None:
    """Return the value of an option that may stand before or after the command's name."""
    return context.params.get(option) or context.find_root().params.get(option) or None


def _typed(name: str) -> str:
    """Return a name as bash takes it; other shells quote by themselves, and so does bash within a quote."""
    if os.environ.get(INSTRUCTION) != "bash_complete":
        return name
    words = os.environ.get("COMP_WORDS", "").split("\n")
    return name if words[-1][:1] in {'"', "'"} else quote(name)
