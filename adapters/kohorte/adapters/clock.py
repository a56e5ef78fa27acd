"""The real time, and ids that sort by it."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from time import time_ns
from typing import Final
from uuid import UUID
from weakref import WeakMethod

from attrs import define, field

_RANDOM_BITS: Final = 74
_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_LOW: Final = (1 << 62) - 1


def _wall_clock() -> datetime:
    return datetime.now(UTC)


@define(weakref_slot=True)
class SystemClock:
    """The system's time; where that is set back, this one stands until it has been caught up with."""

    _read: Callable[[], datetime] = _wall_clock
    _last: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        _after_fork(WeakMethod(self._begin_again))

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        with self._lock:
            self._last = max(self._last, self._read())
            return self._last

    def _begin_again(self) -> None:
        self._lock = Lock()  # another thread may have held it when the process was forked


@define(weakref_slot=True)
class TimedIds:
    """UUIDv7 (RFC 9562): milliseconds since 1970, then random bits that only grow within a millisecond.

    Ids of one process rise strictly, between threads too, and when the clock is set back. A forked child begins a new
    row of random bits behind its parent's, so that the two never make the same id.
    """

    _read: Callable[[], int] = time_ns
    _milliseconds: int = field(default=0, init=False)
    _random: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        _after_fork(WeakMethod(self._begin_again))

    def new(self) -> UUID:
        """Return the next id."""
        drawn = int.from_bytes(os.urandom(10))
        with self._lock:
            now = self._read() // 1_000_000
            if now <= self._milliseconds:
                self._random += 1 + (drawn & 0xFFFF_FFFF)
            if now > self._milliseconds or self._random >> _RANDOM_BITS:
                self._milliseconds = max(now, self._milliseconds + 1)
                self._random = drawn >> (80 - _RANDOM_BITS + 1)  # the first bit stays free, to grow into
            milliseconds, random = self._milliseconds, self._random
        return UUID(int=milliseconds << 80 | _VERSION | random >> 62 << 64 | _VARIANT | random & _LOW)

    def _begin_again(self) -> None:
        self._lock = Lock()
        self._random = 1 << _RANDOM_BITS  # full: the next id takes the next millisecond and fresh bits


def _after_fork(method: "WeakMethod[Callable[[], None]]") -> None:
    def begin_again() -> None:
        alive = method()
        if alive is not None:
            alive()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_again)
