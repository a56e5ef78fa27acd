"""How far long work has come is shown to whoever looks, and to nobody else."""

from io import StringIO

from rich.console import Console

from kohorte.entrypoints.cli.output import Output
from kohorte.entrypoints.cli.progress import steps_bar
from kohorte.entrypoints.languages import language


def shown(*, terminal: bool, json: bool = False) -> str:
    """Return what a bar of five steps writes while two of them are done."""
    stream = StringIO()
    remarks = Console(file=stream, force_terminal=terminal, width=100)
    with steps_bar(Output(language("en"), json, remarks=remarks), "segments") as tell:
        tell(2, 5_000)
    return stream.getvalue()


def test_a_person_at_a_terminal_sees_how_many_steps_are_done() -> None:
    told = shown(terminal=True)
    assert "segments" in told
    assert "2 / 5,000" in told


def test_files_and_programs_are_told_nothing() -> None:
    assert shown(terminal=False) == ""
    assert shown(terminal=True, json=True) == ""
