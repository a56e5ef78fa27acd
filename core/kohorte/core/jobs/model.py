"""A job: an export, an import or a calculation that a worker carries out, with how far it has come."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.errors import KeptError, KohorteError, NotAllowed, kept_error


class JobKind(Enum):
    """What a job does, and what it counts."""

    EXPORT = "export"  # members of a segment into a file; members
    IMPORT = "import"  # records from a file; bytes of the file
    CALCULATE = "calculate"  # members of segments; segments


class JobStatus(Enum):
    """Life of a job; ``BECOMES`` has the ways from one to the other."""

    WAITING = "waiting"  # for a worker: a new one, or the next where one stopped
    RUNNING = "running"  # a worker carries it out, or died meanwhile and another one will
    FINISHED = "finished"
    FAILED = "failed"  # its error says why
    CANCELLED = "cancelled"  # somebody said so


BECOMES: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.WAITING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED}),
    # A worker that died leaves a running job to the next one.
    JobStatus.RUNNING: frozenset(JobStatus),
    JobStatus.FINISHED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


@frozen
class JobResult:
    """What a job came to: counts by name, and the file that it wrote."""

    counts: Mapping[str, int] = field(factory=dict[str, int])
    file: UUID | None = None


@define
class JobRun:
    """A job. ``parameters`` are the command that asked for it, as JSON values (``message_data``).

    ``done`` and ``total`` count what its kind says; the total is None while nobody knows it. A worker that takes over
    from one that died begins at 0 again. ``started_at`` is when the first one began. With ``cancel_asked`` the job ends
    as soon as its worker sees it, between two steps.
    """

    id: UUID
    kind: JobKind
    parameters: Mapping[str, object]
    created_at: datetime
    created_by: str
    status: JobStatus = JobStatus.WAITING
    done: int = 0
    total: int | None = None
    result: JobResult = field(factory=JobResult)
    error: KeptError | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_asked: bool = False

    @property
    def has_ended(self) -> bool:
        """Tell whether nobody will carry it out any more."""
        return not BECOMES[self.status]

    def start(self, at: datetime) -> None:
        """Be carried out from now on, from the beginning."""
        self._become(JobStatus.RUNNING)
        self.done, self.total, self.started_at = 0, None, self.started_at or at

    def note(self, done: int, total: int | None) -> None:
        """Have come so far; never less far than before."""
        self.done, self.total = max(done, self.done), total

    def give_back(self) -> None:
        """Wait for another worker."""
        self._become(JobStatus.WAITING)

    def ask_to_cancel(self, at: datetime) -> None:
        """Be cancelled: at once where nobody has begun, or else as soon as the worker sees it.

        Raise ``NotAllowed`` where it has finished or failed; one that is cancelled stays so.
        """
        if self.status is JobStatus.WAITING:
            self.cancel(at)
        elif self.status is JobStatus.RUNNING:
            self.cancel_asked = True
        elif self.status is not JobStatus.CANCELLED:
            raise NotAllowed("The job has ended: it is {status}.", hint="Ask for a new one.", status=self.status.value)

    def cancel(self, at: datetime) -> None:
        """End because somebody said so."""
        self._end(JobStatus.CANCELLED, at)
        self.cancel_asked = True

    def finish(self, result: JobResult, at: datetime) -> None:
        """End with a result."""
        self._end(JobStatus.FINISHED, at)
        self.result = result
        self.done = self.total or self.done

    def fail(self, error: KohorteError, at: datetime) -> None:
        """End with an error."""
        self._end(JobStatus.FAILED, at)
        self.error = kept_error(error)

    def _end(self, status: JobStatus, at: datetime) -> None:
        self._become(status)
        self.finished_at = at

    def _become(self, status: JobStatus) -> None:
        if status not in BECOMES[self.status]:
            raise NotAllowed("The job is {status}.", hint="Ask for a new one.", status=self.status.value)
        self.status = status
