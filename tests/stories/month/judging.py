"""Who belongs to a segment from when until when, by evaluating its rules at every minute.

Where an answer differs from that of the minute before, the instant of the change is found by halving, to the
microsecond; whatever somebody else claims to have happened between two minutes is looked at as well. Nothing here knows
how far ahead an answer holds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.records import Prepared, preparation

MINUTE: Final = 60_000_000
Pair = tuple[bool, bool]
"""What the rules of a segment answer about a contact: whether it enters, and whether it leaves."""
Interval = tuple[datetime, datetime | None]


@frozen
class Epoch:
    """Records as they are from an instant (µs) on."""

    begin: int
    records: Mapping[str, Any]


@define
class Asked:
    """A rule over all epochs, its records prepared once. ``members`` tells who is in a segment at an instant."""

    rule: CompiledRule
    epochs: Sequence[Epoch]
    members: Callable[[int], Mapping[UUID, Any]]
    asked: int = 0
    _prepared: list[dict[str, Prepared]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        prepare = preparation(self.rule.compiled.reads, self.rule.catalogue, key="key")
        self._prepared = [{key: prepare(each) for key, each in epoch.records.items()} for epoch in self.epochs]

    def at(self, now: int, epoch: int) -> Callable[[str], bool]:
        """Return what it answers about a contact at an instant (µs)."""
        matches = self.rule.compiled.at(now, members=self.members(now), entries={}).matches
        records = self._prepared[epoch]

        def answer(key: str) -> bool:
            self.asked += 1
            return matches(records[key])

        return answer


@define
class Judge:
    """The judge of one segment, of which ``claimed`` are the instants (µs) at which somebody says that it changed."""

    enter: Asked
    leave: Asked | None
    stay: timedelta
    epochs: Sequence[Epoch]
    end: int
    claimed: Sequence[int]

    def intervals(self) -> dict[str, list[Interval]]:
        """Return who belongs from when until when."""
        keys = self.epochs[0].records.keys()
        changes: dict[str, list[tuple[int, Pair]]] = {key: [] for key in keys}
        known = dict[str, Pair]()
        last = self.epochs[0].begin
        for now, epoch in self._looks():
            ask = self._pairs(now, epoch)
            for key in keys:
                pair = ask(key)
                if key not in known or now == self.epochs[epoch].begin:
                    changes[key].append((now, pair))
                elif pair != known[key]:
                    changes[key] += self._between(key, last, now, known[key], pair, epoch)
                known[key] = pair
            last = now
        return {key: list(self._fold(changes[key])) for key in keys}

    def _looks(self) -> Iterator[tuple[int, int]]:
        """Yield every minute, and what lies just before and at each claim and each change of data, with its epoch."""
        begin = self.epochs[0].begin
        instants = {*range(begin, self.end + 1, MINUTE), *self.claimed, *(each - 1 for each in self.claimed)}
        instants |= {each.begin - 1 for each in self.epochs[1:]}
        epoch = 0
        for now in sorted(each for each in instants if begin <= each <= self.end):
            while epoch + 1 < len(self.epochs) and self.epochs[epoch + 1].begin <= now:
                epoch += 1
            yield now, epoch

    def _pairs(self, now: int, epoch: int) -> Callable[[str], Pair]:
        enters = self.enter.at(now, epoch)
        leaves = self.leave.at(now, epoch) if self.leave else None

        def pair(key: str) -> Pair:
            selected = enters(key)
            return selected, leaves(key) if leaves else not selected

        return pair

    def _between(
        self, key: str, last: int, now: int, before: Pair, after: Pair, epoch: int
    ) -> Iterator[tuple[int, Pair]]:
        """Yield the changes of an answer between two looks, found by halving."""
        while before != after:
            low, high = last, now
            while high - low > 1:
                middle = (low + high) // 2
                same = self._pairs(middle, epoch)(key) == before
                low, high = (middle, high) if same else (low, middle)
            last, before = high, self._pairs(high, epoch)(key)
            yield high, before

    def _fold(self, changes: Sequence[tuple[int, Pair]]) -> Iterator[Interval]:
        """Yield stays: nobody leaves before the minimum stay is over, nor enters whom the rule to leave selects."""
        since: int | None = None
        stay = self.stay // timedelta(microseconds=1)
        ends = [*(at for at, _ in changes[1:]), self.end + 1]
        for (now, (enters, leaves)), until in zip(changes, ends, strict=True):
            if since is None and enters and not leaves:
                since = now
            elif since is not None and leaves and max(now, since + stay) < until:
                yield from_micros(since), from_micros(max(now, since + stay))
                since = None
        if since is not None:
            yield from_micros(since), None


def instants(changed: Sequence[Interval]) -> list[int]:
    """Return when intervals begin and end (µs)."""
    return [to_micros(each) for interval in changed for each in interval if each is not None]
