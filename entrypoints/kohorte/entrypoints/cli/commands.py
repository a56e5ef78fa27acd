"""Click commands whose help is said in the reader's language and teaches by example.

Help texts are English in the source; they are looked up when help is shown, not when the module is read.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, TypeVar

import click

from kohorte.entrypoints.languages import reader_language

_WHOLE_NUMBER: Final = "N"

F = TypeVar("F", bound=Callable[..., Any])


class _Translated(click.Command):
    """Translate help texts when they are shown, and list examples below them."""

    examples: Sequence[tuple[str, str]] = ()

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - lines are wrapped, so none need be cut
        """Return the first sentence of the help, translated."""
        first, stop, _ = reader_language()((self.help or "").partition("\n")[0]).partition(". ")
        return first + stop.strip()

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what may follow the command's name, translated."""
        return [reader_language()(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click calls it so
        """Write the help, translated paragraph by paragraph."""
        say = reader_language()
        for paragraph in (self.help or "").split("\n\n"):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(say(" ".join(paragraph.split())))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click calls it so
        """Write the examples."""
        if not self.examples:
            return
        say = reader_language()
        with formatter.section(say("Examples")):
            for line, purpose in self.examples:
                formatter.write_paragraph()
                formatter.write_text(f"# {say(purpose)}")
                formatter.write(f"{'':>{formatter.current_indent}}$ {line}\n")


class TranslatedOption(click.Option):
    """An option whose help is translated when it is shown."""

    def make_metavar(self, ctx: click.Context) -> str:
        """Return what help calls the option's value."""
        return reader_language()(self.plain_metavar(ctx))

    def plain_metavar(self, ctx: click.Context) -> str:
        """Return the same in English."""
        is_number = self.metavar is None and isinstance(self.type, click.types.IntParamType)
        return _WHOLE_NUMBER if is_number else super().make_metavar(ctx)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option's two columns of help."""
        plain = self.help
        self.help = reader_language()(plain) if plain else plain
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = plain


class TranslatedArgument(click.Argument):
    """An argument whose name is translated when it is shown."""

    def make_metavar(self, ctx: click.Context) -> str:
        """Return the name that usage and errors give it."""
        return reader_language()(self.plain_metavar(ctx))

    def plain_metavar(self, ctx: click.Context) -> str:
        """Return the same in English."""
        return super().make_metavar(ctx)


class TranslatedCommand(_Translated):
    """A command with translated help and examples."""


class TranslatedGroup(_Translated, click.Group):
    """A group of such commands.

    ``later`` says for commands by name in which module they are, and how they are called there (``module:attribute``).
    The module is read when the command is asked for: reading modules is most of the time that a short command takes.
    """

    command_class = TranslatedCommand
    group_class = type  # subgroups are of the same class

    def __init__(self, *arguments: Any, later: Mapping[str, str] = MappingProxyType({}), **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._later = later

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        """Return the names of all commands."""
        return sorted({*self.commands, *self._later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name."""
        if cmd_name in self._later and cmd_name not in self.commands:
            module, _, attribute = self._later[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), attribute), cmd_name)
        return super().get_command(ctx, cmd_name)


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option with translated help."""
    return click.option(*names, cls=TranslatedOption, **settings)


def argument(name: str, **settings: Any) -> Callable[[F], F]:
    """Declare an argument with a translated name."""
    return click.argument(name, cls=TranslatedArgument, **settings)


def examples(*pairs: tuple[str, str]) -> Callable[[F], F]:
    """Show commands below the help, each with what it is for (put this above ``command``)."""

    def attach(command: F) -> F:
        command.examples = pairs  # type: ignore[attr-defined]
        return command

    return attach
