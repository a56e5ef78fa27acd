"""Files are kept in chunks, whole or not at all, and forgotten when their time is over."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.errors import NotFound
from kohorte.core.files.commands import ForgetFiles, KeepFile
from kohorte.core.files.model import CHUNK, FileTooLarge, StoredFile, file_name
from kohorte.core.files.queries import read_file
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.fakes import NOON, FixedClock

DAY = timedelta(days=1)


def keep(bus: Bus, tenant: Tenant, *pieces: bytes, most: int = 100) -> StoredFile:
    return bus.run(KeepFile("some.csv", pieces, DAY, most), tenant)


@over_one_storage
@given(sizes=st.lists(st.sampled_from([0, 1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3]), max_size=4))
def test_pieces_of_any_size_come_back_as_the_same_bytes(bus: Bus, tenant: Tenant, sizes: list[int]) -> None:
    pieces = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    file = keep(bus, tenant, *pieces, most=sum(sizes))
    chunks = list(read_file(bus, tenant, file))
    assert b"".join(chunks) == b"".join(pieces)
    assert [len(each) for each in chunks[:-1]] == [CHUNK] * (file.chunks - 1)


def test_it_is_told_what_is_kept(bus: Bus, tenant: Tenant) -> None:
    file = keep(bus, tenant, b"abc", b"de")
    assert (file.name, file.size, file.expires_at) == ("some.csv", 5, NOON + DAY)
    with bus.ports(tenant, reading=True) as ports:
        assert ports.work.files.by_id(file.id) == file


def test_of_a_file_that_is_too_large_nothing_is_kept(bus: Bus, tenant: Tenant, storage: MemoryStorage) -> None:
    with pytest.raises(FileTooLarge):
        keep(bus, tenant, b"x" * 100, b"y")
    nothing_is_left(storage, tenant)


def test_of_a_file_that_breaks_off_nothing_is_kept(bus: Bus, tenant: Tenant, storage: MemoryStorage) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * (CHUNK + 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bus.run(KeepFile("some.csv", broken(), DAY), tenant)
    nothing_is_left(storage, tenant)


def nothing_is_left(storage: MemoryStorage, tenant: Tenant) -> None:
    with storage.work(tenant, reading=True) as work:
        assert not list(work.files.over(NOON + 9 * DAY, 9))


def test_nobody_waits_for_whoever_sends_a_file(bus: Bus, tenant: Tenant) -> None:
    def slowly() -> Iterator[bytes]:
        for _ in range(3):
            keep(bus, tenant, b"another one meanwhile")
            yield b"x" * CHUNK

    assert bus.run(KeepFile("slow", slowly(), DAY), tenant).size == 3 * CHUNK


def test_files_are_forgotten_when_their_time_is_over(bus: Bus, tenant: Tenant, clock: FixedClock) -> None:
    old = [keep(bus, tenant, b"old") for _ in range(25)]
    clock.advance(timedelta(hours=1))
    new = keep(bus, tenant, b"new")
    clock.advance(timedelta(hours=23))
    assert bus.run(ForgetFiles(), tenant) == 25
    assert bus.run(ForgetFiles(), tenant) == 0
    with bus.ports(tenant, reading=True) as ports:
        assert ports.work.files.by_id(new.id) == new
        with pytest.raises(NotFound):
            ports.work.files.by_id(old[0].id)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("people.csv", "people.csv"),
        ("Ka\u0308ufer 2024.csv", "Käufer 2024.csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b\\c:d.csv", "a_b_c_d.csv"),
        ("a\0b\nc\ud800.csv", "a_b_c_.csv"),
        (".hidden", "hidden"),
        ("", "file"),
        (" . ", "file"),
        ("x" * 200 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_a_name_is_one_that_a_file_can_have_anywhere(given: str, kept: str) -> None:
    assert file_name(given) == kept
