"""A body as a file on this machine: for this user alone, written beside the event loop, and gone in the end."""

import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from kohorte.entrypoints.http.api.imports import MOST_BYTES
from kohorte.entrypoints.http.received import AT_ONCE, received
from tests.entrypoints.http.conftest import Api


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie during a test."""
    place = tmp_path / "disk"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


async def sent(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_a_body_is_one_file_that_nobody_else_can_read(disk: Path) -> None:
    pieces = [b"a" * AT_ONCE, b"b", b"", b"c" * 10]

    async def look() -> None:
        async with received(sent(*pieces), "../people.csv") as path:
            assert path.read_bytes() == b"".join(pieces)
            assert path.suffix == ".csv"
            assert disk in path.parents
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    anyio.run(look)
    assert [*disk.iterdir()] == []


def test_a_file_is_removed_however_its_reading_ends(disk: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"a" * AT_ONCE
        raise ConnectionError

    async def fail() -> None:
        with pytest.raises(ConnectionError):
            async with received(broken(), ""):
                pytest.fail("it is not whole")
        with pytest.raises(ValueError, match="x"):
            async with received(sent(b"a"), ""):
                raise ValueError("x")

    async def leave() -> None:
        with anyio.CancelScope() as scope:
            async with received(sent(b"a"), ""):
                scope.cancel()
                await anyio.sleep_forever()

    anyio.run(fail)
    anyio.run(leave)
    assert [*disk.iterdir()] == []


def test_what_says_that_it_is_too_large_is_refused_unread(api: Api, disk: Path) -> None:
    size = {"Content-Length": str(MOST_BYTES + 1)}
    refused = api("POST", "/api/imports/contacts", content=b"key\n", headers=size)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert [*disk.iterdir()] == []
