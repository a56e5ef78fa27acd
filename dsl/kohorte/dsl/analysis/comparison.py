"""How two rules relate: whether one is part of the other, whether they overlap, and who shows it."""

from datetime import datetime
from typing import Final

from attrs import frozen

from kohorte.core.errors import InvalidInput
from kohorte.dsl.analysis.answers import Answer, Proved, Refuted, Unknown
from kohorte.dsl.analysis.formulas import opposite
from kohorte.dsl.analysis.reasoning import Reasoning
from kohorte.dsl.analysis.rules import Analysed
from kohorte.dsl.analysis.solver import Budget
from kohorte.dsl.moments import evaluation_instant

STEPS: Final = 11_000
"""The budget of a comparison (see ``solver.Budget``)."""


@frozen
class Comparison:
    """How two rules relate, for every contact and at every instant from the given one on.

    ``within``: whoever matches the first matches the second; a witness matches the first alone.
    ``covers``: whoever matches the second matches the first; a witness matches the second alone.
    ``apart``: nobody matches both; a witness matches both.
    """

    within: Answer
    covers: Answer
    apart: Answer

    @property
    def equal(self) -> Answer:
        """Return whether both match the same contacts."""
        for answer in (self.within, self.covers):
            if isinstance(answer, Refuted):
                return answer
        both_proved = isinstance(self.within, Proved) and isinstance(self.covers, Proved)
        return Proved() if both_proved else Unknown()


def compare(one: Analysed, other: Analysed, now: datetime, *, steps: int = STEPS) -> Comparison:
    """Compare two rules over one catalogue from an instant (aware) on.

    What is not found out within the budget of ``steps`` is unknown. Raise ``InvalidInput`` where the catalogues differ
    or the instant has no offset.
    """
    if one.catalogue.subject != other.catalogue.subject or one.catalogue != other.catalogue:
        raise InvalidInput("Rules over different catalogues cannot be compared.")
    reasoning = Reasoning((one, other), evaluation_instant(now), Budget(steps))
    reasoning.translate()
    first, second = reasoning.formulas
    return Comparison(
        within=reasoning.refute((first, opposite(second)), (True, False)),
        covers=reasoning.refute((second, opposite(first)), (False, True)),
        apart=reasoning.refute((first, second), (True, True)),
    )
