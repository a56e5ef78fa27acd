"""What one may ask for about jobs: begin one, and cancel it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import field, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.exports.formats import EXPORTED, ExportFormat
from kohorte.core.exports.queries import read_columns
from kohorte.core.imports.numbers import DecimalStyle
from kohorte.core.jobs.model import JobKind, JobRun
from kohorte.core.messages import Command, message_data, message_of
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import refuse_ahead
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.queries import refuse_unknown_columns
from kohorte.core.values import clean_text

JOB: Final = "job"
"""Kind of the entries of the queue that stand for jobs: their data name the job."""

MOST_EXPORTED: Final = 1_000
"""Segments that are exported together."""


def _each_once(ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(ids))


@frozen
class StartExport(Command[JobRun]):
    """Write the members of segments, now or as of an instant; ``safe`` disarms formulas in CSV.

    Those of one segment become a file; those of several, or where it shall be ``packed``, become an archive with a file
    for each, all of one moment. A ``template`` says itself what is written, whatever the format and the columns.
    """

    segments: tuple[UUID, ...] = field(converter=_each_once)
    format: ExportFormat = ExportFormat.CSV
    columns: tuple[str, ...] = field(default=EXPORTED, converter=tuple[str, ...])
    safe: bool = True
    template: str | None = None
    at: datetime | None = None
    packed: bool = False

    @property
    def is_archive(self) -> bool:
        """Tell whether there is a file for each segment, in an archive."""
        return self.packed or len(self.segments) > 1


@frozen
class StartImport(Command[JobRun]):
    """Import a file that is kept (``KeepFile``), which is forgotten when the job ends. See ``ImportFile``.

    What is None is detected.
    """

    kind: RecordKind
    file: UUID
    mapping: Mapping[str, str] = field(factory=dict[str, str])
    format: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    decimals: DecimalStyle | None = None
    dry_run: bool = False


@frozen
class StartCalculation(Command[JobRun]):
    """Bring members up to date: of these segments and of all that they refer to, or of all (``CalculateSegments``)."""

    segments: tuple[UUID, ...] = field(default=(), converter=tuple[UUID, ...])
    at: datetime | None = None


@frozen
class CancelJob(Command[JobRun]):
    """Cancel a job: at once where nobody has begun, or else between two of its steps. What was done by then stays."""

    run_id: UUID


Starting = StartExport | StartImport | StartCalculation

_COMMANDS: Final[Mapping[JobKind, type[Starting]]] = {
    JobKind.EXPORT: StartExport,
    JobKind.IMPORT: StartImport,
    JobKind.CALCULATE: StartCalculation,
}


def start_export(command: StartExport, ports: Ports) -> JobRun:
    """Start an export.

    Raise ``NotFound`` for a segment and the template, ``InvalidInput`` or ``TemplateRefused`` for a column that there
    is not, and ``InvalidInput`` for no segment and for more than ``MOST_EXPORTED``.
    """
    if not 1 <= len(command.segments) <= MOST_EXPORTED:
        raise InvalidInput("From 1 to {most} segments are exported together.", hint="Name some.", most=MOST_EXPORTED)
    for each in command.segments:
        find_segment(ports.work, each)
    if command.template is None:
        refuse_unknown_columns(ports, command.columns)
    else:
        read_columns(ports.work.export_templates.by_name(command.template).parts, ports)
    return _start(JobKind.EXPORT, command, ports)


def start_import(command: StartImport, ports: Ports) -> JobRun:
    """Start an import; raise ``NotFound`` for the file, ``InvalidValue`` for what is no text."""
    for text in (*command.mapping, *command.mapping.values(), command.format, command.delimiter, command.encoding):
        clean_text(text or "", long=True)  # whatever stands there, it can be kept
    ports.work.files.by_id(command.file)
    return _start(JobKind.IMPORT, command, ports)


def start_calculation(command: StartCalculation, ports: Ports) -> JobRun:
    """Start a calculation.

    Raise ``InvalidInput`` for an instant that lies ahead, ``NotFound`` for a segment, ``NotAllowed`` for one that is
    archived or inactive.
    """
    refuse_ahead(command.at, ports.clock.now())
    for each in command.segments:
        find_segment(ports.work, each).refuse_idle()
    return _start(JobKind.CALCULATE, command, ports)


def cancel_job(command: CancelJob, ports: Ports) -> JobRun:
    """Cancel a job; raise ``NotFound``, or ``NotAllowed`` where it has finished or failed."""
    run = ports.work.job_runs.lock(command.run_id)
    run.ask_to_cancel(ports.clock.now())
    keep(run, ports)
    return run


def asked_by(run: JobRun) -> Starting:
    """Return the command that asked for a job."""
    return message_of(_COMMANDS[run.kind], run.parameters)


def keep(run: JobRun, ports: Ports) -> None:
    """Keep a job as it is now; one that has ended needs the file no longer that was sent for it."""
    ports.work.job_runs.save(run)
    asked = asked_by(run)
    if run.has_ended and isinstance(asked, StartImport):
        ports.work.files.remove(asked.file)


def _start(kind: JobKind, command: Command[Any], ports: Ports) -> JobRun:
    now = ports.clock.now()
    run = JobRun(ports.ids.new(), kind, message_data(command), now, ports.by)
    ports.work.job_runs.save(run)
    ports.work.jobs.add(JOB, {"run": str(run.id)}, due_at=now)
    return run
