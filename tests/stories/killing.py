"""Runs what a story does as a process of its own, and kills it."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def is_killed(module: str, *words: str, after: float | None) -> bool:
    """Run a module that says ``ready`` before it begins, kill it so many seconds later, and say whether it went on.

    Where it ends before, or is not to be killed, it must end well.
    """
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            code = process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    assert code == 0
    return False
