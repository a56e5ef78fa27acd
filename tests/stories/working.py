"""Does one round of the worker as a process of its own, so that a test can kill it.

``python -m tests.stories.working URL INSTANT`` says ``ready`` before it begins; its clock stands at the instant.
"""

import sys
from datetime import datetime

from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.bootstrap import open_application
from kohorte.entrypoints.worker.rounds import TenantRound, work_once


def work(url: str, at: datetime) -> list[TenantRound]:
    """Do one round at an instant."""
    application = open_application(url, clock=FixedClock(at))
    try:
        return work_once(application)
    finally:
        application.close()


def main(url: str, at: str) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    failed = [each for each in work(url, datetime.fromisoformat(at)) if each.failures]
    if failed:
        sys.exit(f"failed: {failed}")


if __name__ == "__main__":
    main(*sys.argv[1:])
