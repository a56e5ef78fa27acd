"""What a process keeps from one command to the next, because making it anew would take longer than the command."""

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from contextlib import AbstractContextManager, contextmanager
from threading import Lock, RLock
from typing import Any, Final, TypeVar

from attrs import define, field

T = TypeVar("T")

MOST: Final = 16
"""So many things are kept at most; what was not used for longest goes first."""


@define
class _Kept:
    thing: Any
    lock: AbstractContextManager[object] = field(factory=RLock)


@define
class Kept:
    """Things by their names, each used by one thread at a time. Whatever is kept can be made again."""

    _things: "OrderedDict[Hashable, _Kept]" = field(factory=OrderedDict[Hashable, "_Kept"])
    _lock: AbstractContextManager[object] = field(factory=Lock)

    @contextmanager
    def use(self, name: Hashable, make: Callable[[], T]) -> Generator[T]:
        """Let nobody else use the thing of a name until the block ends; it is made where it is not kept.

        It is kept no longer where the block raises: nobody knows in which state it is then.
        """
        with self._lock:
            found = self._things.setdefault(name, _Kept(None))
            self._things.move_to_end(name)
            while len(self._things) > MOST:
                self._things.popitem(last=False)
        with found.lock:
            if found.thing is None:
                found.thing = make()
            try:
                yield found.thing
            except BaseException:
                found.thing = None
                raise
