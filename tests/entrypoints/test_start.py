"""A command reads the modules that it needs, since reading modules is most of the time that a short command takes."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from kohorte.entrypoints.cli.app import kohorte

READ = """
import sys
from kohorte.entrypoints.cli.app import run
run({arguments!r})
print(*sorted(sys.modules))
"""


def modules_read_by(*arguments: str) -> set[str]:
    said = subprocess.check_output([sys.executable, "-c", READ.format(arguments=[*arguments])], text=True)
    return set(said.split())


@pytest.mark.parametrize("arguments", [["--version"], ["rule", "format", "contact.key is set"]])
def test_a_command_reads_no_module_of_another(arguments: list[str]) -> None:
    read = modules_read_by(*arguments)
    assert "kohorte.entrypoints.cli.session" in read
    foreign = {"charset_normalizer", "sqlalchemy", "kohorte.entrypoints.cli.imports", "kohorte.dsl.analysis"}
    assert foreign & read == set()


@pytest.mark.parametrize("arguments", [["--help"], ["segment", "list", "--help"]])
def test_help_reads_neither_storage_nor_rules(arguments: list[str]) -> None:
    read = modules_read_by(*arguments)
    assert {"kohorte.entrypoints.bootstrap", "kohorte.dsl.checker.rule", "lark"} & read == set()


def all_below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            assert found is not None, part
            yield from all_below(part, found)


def test_every_command_is_called_as_it_is_listed() -> None:
    found = list(all_below("kohorte", kohorte))
    assert len(found) > 30
    for name, command in found:
        assert name == command.name
