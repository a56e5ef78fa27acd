"""The reference page of the command line, written from the commands themselves.

``python -m kohorte.entrypoints.cli.reference > docs/reference/command-line.md``; a test holds the page to it.
"""

import sys
from collections.abc import Iterator
from typing import Final

import click

from kohorte.entrypoints.cli.app import kohorte
from kohorte.entrypoints.cli.commands import TranslatedOption
from kohorte.entrypoints.cli.failures import EXIT_CODES

HEAD: Final = """\
# The command line

Every command explains itself with `--help`, in English or German by the locale (`LC_ALL`, `LC_MESSAGES`, `LANG`).
`--database` and `--tenant` may stand before or after a command's name; without them the environment's
`KOHORTE_DATABASE` and `KOHORTE_TENANT` count, and then `sqlite:///kohorte.db` and `default`. `KOHORTE_SECRET`, or
the file that `KOHORTE_SECRET_FILE` names, holds what cursors and links are signed with. Answers go to the
standard output; remarks, progress and errors to the standard error. With `--json` the answer is one JSON document, and
an error is `{"error": {"code": …, "message": …, "hint": …}}`. Colours appear only on a terminal, and never where
`NO_COLOR` is set.

Shell completion: `eval "$(_KOHORTE_COMPLETE=bash_source kohorte)"` (or `zsh_source`, `fish_source`) offers commands and
options, files, and the names of segments, lists and tenants.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = [HEAD, "## Exit codes\n", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    lines.append("\n## Commands")
    for name, command in _commands("kohorte", kohorte):
        lines += _section(name, command)
    return "\n".join(lines) + "\n"


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            if found := command.get_command(context, part):
                yield from _commands(f"{name} {part}", found)
    else:
        yield name, command


def _section(name: str, command: click.Command) -> Iterator[str]:
    arguments = [
        click.Argument.make_metavar(each, click.Context(command))
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    yield f"\n### {name}\n"
    yield f"`{' '.join([name, *arguments])}`\n"
    yield "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    options = [each for each in command.params if isinstance(each, TranslatedOption)]
    if options:
        yield "\n| option | meaning |\n|---|---|"
        yield from (f"| {_option(each)} | {each.help or ''}{_default(each)} |" for each in options)
    for line, purpose in getattr(command, "examples", ()):
        yield f"\n    $ {line}    # {purpose}"


def _option(each: TranslatedOption) -> str:
    metavar = "" if each.is_flag else " " + each.plain_metavar(click.Context(kohorte))
    return ", ".join(f"`{name}{metavar}`" for name in each.opts).replace("|", "\\|")


def _default(each: click.Option) -> str:
    return f" Default: `{each.default}`." if each.show_default and each.default not in (None, "") else ""


if __name__ == "__main__":
    sys.stdout.write(page())
