"""Real data that lies beside the project, at `../shared/data`; tests that need it skip where it is not there."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """Find a file or folder of the shared data, or skip the test and say what is missing."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"needs the shared data beside the project: {path} does not exist")
    return path
