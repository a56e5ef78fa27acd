"""What single conditions ask of a value, apart from whose value it is.

A test is about a value that is there, in stored form. ``admits`` asks it of one value, for those who try values.
"""

from collections.abc import Container
from typing import Any, Final

from attrs import frozen

from kohorte.core.values import fold
from kohorte.dsl.analysis.bounds import Edge, position
from kohorte.dsl.predicates.globs import glob_matcher
from kohorte.dsl.typed import Look


@frozen
class Range:
    """A number from ``low`` to ``high``, both included; None is open."""

    low: int | None
    high: int | None

    def admits(self, value: int, now: int) -> bool:  # noqa: ARG002 - a test
        """Tell whether a number is in it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@frozen
class Values:
    """One of some values; ``folded``: after folding."""

    values: frozenset[Any]
    folded: bool = False

    def admits(self, value: Any, now: int) -> bool:  # noqa: ARG002 - a test
        """Tell whether a value is one of them."""
        return self.finds(fold(value) if self.folded else value)

    def finds(self, value: Any) -> bool:
        """Tell it of a value that is folded already where it must be."""
        return value in self.values


@frozen
class Sought:
    """A text in which a needle is found; never a glob that could be another search."""

    look: Look
    needle: str
    folded: bool

    def admits(self, value: str, now: int) -> bool:  # noqa: ARG002 - a test
        """Tell whether the needle is found."""
        return self.finds(fold(value) if self.folded else value)

    def finds(self, text: str) -> bool:
        """Tell it of a text that is folded already where it must be."""
        match self.look:
            case Look.CONTAINS:
                return self.needle in text
            case Look.STARTS:
                return text.startswith(self.needle)
            case Look.ENDS:
                return text.endswith(self.needle)
            case Look.GLOB:
                return glob_matcher(self.needle)(text) is not None

    def implies(self, other: "Sought") -> bool:
        """Tell whether every text with this one has the other one too, as far as that is plain."""
        if self.folded is not other.folded or Look.GLOB in (self.look, other.look):
            return self == other
        match other.look:
            case Look.CONTAINS:
                return other.needle in self.needle
            case Look.STARTS:
                return self.look is Look.STARTS and self.needle.startswith(other.needle)
            case _:
                return self.look is Look.ENDS and self.needle.endswith(other.needle)

    def excludes(self, other: "Sought") -> bool:
        """Tell whether no text has both, as far as that is plain."""
        if self.folded is not other.folded or self.look is not other.look:
            return False
        if self.look is Look.STARTS:
            return not (self.needle.startswith(other.needle) or other.needle.startswith(self.needle))
        if self.look is Look.ENDS:
            return not (self.needle.endswith(other.needle) or other.needle.endswith(self.needle))
        return False


@frozen
class Period:
    """A day or an instant in [low, high)."""

    low: Edge | None
    high: Edge | None

    def admits(self, value: int, now: int) -> bool:
        """Tell whether a time lies in it at an instant (µs)."""
        after = self.low is None or value >= position(self.low, now)
        return after and (self.high is None or value < position(self.high, now))


@frozen
class Tag:
    """A tag that a set has."""

    tag: str
    folded: bool

    def admits(self, value: Container[str], now: int) -> bool:  # noqa: ARG002 - a test
        """Tell whether a set of tags as written has it."""
        if not self.folded:
            return self.tag in value
        return self.tag in {fold(each) for each in value}  # type: ignore[attr-defined]


@frozen
class Priced:
    """An amount in one currency that passes a test of its smallest units. Its value is (units, currency)."""

    currency: str
    test: "Range | Values"

    def admits(self, value: tuple[int, str], now: int) -> bool:
        """Tell whether an amount passes."""
        return value[1] == self.currency and self.test.admits(value[0], now)


Test = Range | Values | Sought | Period | Tag | Priced

_LONG_GLOB: Final = 16


def work(test: Test | None) -> int:
    """Return how many times the usual work a test is of one value: a long glob looks at a text again and again."""
    if isinstance(test, Sought) and test.look is Look.GLOB:
        return 1 + len(test.needle) // _LONG_GLOB
    return 1


TRUE: Final = Values(frozenset({True}))
"""What an opaque condition is asked: whether it holds."""
