"""Prove that an answer stays at an instant whatever a record holds, where no value was found that changes it."""

from typing import Final
from zoneinfo import ZoneInfo

from kohorte.dsl.analysis.formulas import Formula, group, opposite
from kohorte.dsl.analysis.leaves import Place
from kohorte.dsl.analysis.relations import relate
from kohorte.dsl.analysis.solver import Budget, Exhausted, is_impossible
from kohorte.dsl.analysis.translation import Translation
from kohorte.dsl.explaining.nodes import Inside, Node, Single
from kohorte.dsl.explaining.variables import subjects_of

STEPS: Final = 3_000
"""The budget of one proof (see ``solver.Budget``)."""


def is_settled(root: Node, subject: str, zone: ZoneInfo, now: int) -> bool:
    """Tell whether it is proved that a tree answers as it does at an instant (µs) for every record.

    The record's key stays, and with it the samples that it is in. False means that no proof was found.
    """
    translation = Translation(Place(subject, zone), now, standing=True)
    formula = _formula(root, translation)
    budget = Budget(STEPS)
    try:
        relate(translation, budget)
        return is_impossible((opposite(formula) if root.verdict else formula,), budget)
    except Exhausted:
        return False


def _formula(node: Node, translation: Translation) -> Formula:
    """Return what a tree says."""
    match node:
        case Single(leaf=leaf, verdict=verdict, zone=zone):
            place = Place(translation.place.subject, zone)
            return translation.formula_in(leaf, place) if subjects_of(leaf) else verdict
        case Inside(part=part, negated=negated):
            inner = _formula(part, translation)
            return opposite(inner) if negated else inner
        case _:
            return group(tuple(_formula(part, translation) for part in node.parts), every=node.every)
