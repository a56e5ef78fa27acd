"""Progress of long work: a bar that says how much is done and for how long it goes on, on a terminal only."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from kohorte.core.ports.rows import Progress as RowsRead
from kohorte.entrypoints.cli.output import Output


class RateColumn(ProgressColumn):
    """Rows read, and rows a second."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def render(self, task: Task) -> Text:
        """Return the column of a task."""
        rows = task.fields["rows"]
        rate = rows / task.elapsed if task.elapsed else 0
        template = self._output.language("{rows} row, {rate} a second" if rows == 1 else "{rows} rows, {rate} a second")
        return Text(template.format(rows=self._output.cell(rows), rate=self._output.cell(round(rate))))


class DoneColumn(ProgressColumn):
    """How much is done, and of how much."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def render(self, task: Task) -> Text:
        """Return the column of a task."""
        done, total = int(task.completed), None if task.total is None else int(task.total)
        return Text(f"{self._output.cell(done)} / {self._output.cell(total)}")


@contextmanager
def progress_bar(output: Output, name: str) -> Generator[Callable[[RowsRead], None]]:
    """Show how far an import has come; nothing where nobody looks, or where a program reads."""
    with _bar(output, RateColumn(output), TimeRemainingColumn()) as shown:
        task = shown.add_task(name, total=None, rows=0)

        def tell(progress: RowsRead) -> None:
            shown.update(task, total=progress.total_bytes, completed=progress.bytes_read, rows=progress.rows)

        yield tell


@contextmanager
def steps_bar(output: Output, name: str) -> Generator[Callable[[int, int], None]]:
    """Show how many steps are done, and of how many; it is gone at the end, and not there where nobody looks."""
    with _bar(output, DoneColumn(output), TimeElapsedColumn(), transient=True) as shown:
        task = shown.add_task(name, total=None)

        def tell(done: int, total: int) -> None:
            shown.update(task, total=total, completed=done)

        yield tell


def _bar(output: Output, *columns: ProgressColumn, transient: bool = False) -> Progress:
    hidden = output.json or not output.remarks.is_terminal
    told = TextColumn("{task.description}", markup=False)
    return Progress(told, BarColumn(), *columns, console=output.remarks, disable=hidden, transient=transient)
