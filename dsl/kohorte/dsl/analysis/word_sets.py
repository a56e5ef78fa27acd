"""Texts that an operand may have, by what is asked of them."""

from attrs import frozen

from kohorte.dsl.analysis.questions import Sought, Values
from kohorte.dsl.typed import Look

_Asked = tuple[Values | Sought, bool]


@frozen
class Words:
    """Texts, of which only tests are known that they pass or do not, until few are left and each can be tried.

    ``trimmed``: there is no blank at their ends, as in all that is kept. ``folded`` are the folded texts that are left,
    ``exact`` those as written; None where there is no such list.
    """

    trimmed: bool
    tests: frozenset[_Asked] = frozenset()
    folded: frozenset[str] | None = None
    exact: frozenset[str] | None = None

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return 1 + len(self.tests) + len(self.folded or ()) + len(self.exact or ())

    def meet(self, test: Values | Sought) -> "Words | None":
        """Return those that pass a test."""
        return self._with(test, positive=True)

    def without(self, test: Values | Sought) -> "Words | None":
        """Return those that do not."""
        return self._with(test, positive=False)

    def _with(self, test: Values | Sought, *, positive: bool) -> "Words | None":
        asked = (test, positive)
        if asked in self.tests:
            return self
        if isinstance(test, Sought) and (
            (positive and self.trimmed and _wants_blanks(test)) or any(_exclude(asked, other) for other in self.tests)
        ):
            return None
        tests = self.tests | {asked}
        folded = self._left(self.folded, asked, tests, folded=True)
        exact = self._left(self.exact, asked, tests, folded=False)
        if (folded is not None and not folded) or (exact is not None and not exact):
            return None
        return Words(self.trimmed, tests, folded, exact)

    def _left(
        self, listed: frozenset[str] | None, asked: _Asked, tests: frozenset[_Asked], *, folded: bool
    ) -> frozenset[str] | None:
        """Return which of few texts are left; where a test lists them for the first time, all tests are tried."""
        test, positive = asked
        if listed is not None:
            return frozenset(value for value in listed if _passes(value, asked, folded=folded))
        if positive and isinstance(test, Values) and test.folded is folded:
            kept = (value for value in test.values if not self.trimmed or value == value.strip())
            return frozenset(value for value in kept if all(_passes(value, each, folded=folded) for each in tests))
        return None


def _wants_blanks(test: Sought) -> bool:
    """Tell whether a text begins or ends with a blank wherever the needle is found."""
    starts = test.look in (Look.STARTS, Look.GLOB) and test.needle[0].isspace()
    return starts or (test.look in (Look.ENDS, Look.GLOB) and test.needle[-1].isspace())


def _passes(value: str, asked: _Asked, *, folded: bool) -> bool:
    """Tell whether a text passes; of a folded one nothing can be asked about its letters."""
    test, positive = asked
    if folded:
        return not test.folded or test.finds(value) is positive
    return test.admits(value, 0) is positive


def _exclude(one: _Asked, other: _Asked) -> bool:
    """Tell whether no text passes two searches."""
    first, second = one[0], other[0]
    if not isinstance(first, Sought) or not isinstance(second, Sought):
        return False
    match one[1], other[1]:
        case True, True:
            return first.excludes(second)
        case True, False:
            return first.implies(second)
        case False, True:
            return second.implies(first)
        case _:
            return False
