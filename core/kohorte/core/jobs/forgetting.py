"""Jobs that ended long ago are forgotten."""

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.messages import Command

KEPT: Final = timedelta(days=90)
"""For so long one can see how a job ended."""


@frozen
class ForgetJobs(Command[int]):
    """Forget the jobs that ended more than ``KEPT`` ago; return how many there were."""


def forget_jobs(_command: ForgetJobs, ports: Ports) -> int:
    """Forget jobs, in one statement."""
    return ports.work.job_runs.forget(last_ended(ports))


def last_ended(ports: Ports) -> datetime:
    """Return when the latest of those jobs may have ended."""
    return ports.clock.now() - KEPT
