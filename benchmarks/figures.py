"""What a benchmark hands back, and how two candidates are timed fairly."""

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from attrs import frozen


@frozen
class Figure:
    """One measured figure beside the target that it is held against."""

    target: int
    """Number of the target that this figure is part of; 0 where its limit has no number."""
    what: str
    target_text: str
    measured: str
    met: bool


def interleaved(
    candidates: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 7,
    before_each: Callable[[], object] | None = None,
) -> dict[str, float]:
    """Time the candidates in turn and return the median seconds of each.

    A round runs every candidate once, each round in the opposite order, so that a machine that slows down
    slows all of them. A first round warms caches and is not counted. What happens ``before_each`` run is not timed.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        in_turn = list(candidates.items())
        for name, run in in_turn if number % 2 else reversed(in_turn):
            if before_each is not None:
                before_each()
            gc.collect()
            started = perf_counter()
            run()
            elapsed = perf_counter() - started
            if number:
                seconds[name].append(elapsed)
    return {name: median(values) for name, values in seconds.items()}


def ratio_figure(target: int, what: str, *, ours: float, reference: float, at_most: float) -> Figure:
    """Hold the ratio of our seconds to the reference's against its target."""
    ratio = ours / reference
    return Figure(
        target, what, f"≤ {at_most:g} ×", f"{ratio:.2f} × ({_time(ours)} / {_time(reference)})", ratio <= at_most
    )


def seconds_figure(target: int, what: str, *, measured: float, at_most: float) -> Figure:
    """Hold a time in seconds against its target."""
    return Figure(target, what, f"≤ {_time(at_most)}", _time(measured), measured <= at_most)


def rate_figure(target: int, what: str, *, measured: float, at_least: float, unit: str) -> Figure:
    """Hold a number of things done in a second against its target."""
    return Figure(target, what, f"≥ {at_least:,.0f} {unit}/s", f"{measured:,.0f} {unit}/s", measured >= at_least)


def _time(seconds: float) -> str:
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"
