"""Progress of long work: a bar with rate and time left, on a terminal only."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
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


@contextmanager
def progress_bar(output: Output, name: str) -> Generator[Callable[[RowsRead], None]]:
    """Show how far an import has come; nothing where nobody looks, or where a program reads."""
    columns = (TextColumn("{task.description}"), BarColumn(), RateColumn(output), TimeRemainingColumn())
    hidden = output.json or not output.remarks.is_terminal
    with Progress(*columns, console=output.remarks, disable=hidden) as shown:
        task = shown.add_task(name, total=None, rows=0)

        def tell(progress: RowsRead) -> None:
            shown.update(task, total=progress.total_bytes, completed=progress.bytes_read, rows=progress.rows)

        yield tell
