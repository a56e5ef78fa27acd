"""A rule as its author sees it: the parts that can be taken out or changed on their own, each with what it says."""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import define, field, frozen

from kohorte.dsl.analysis.formulas import Formula, families, group, opposite
from kohorte.dsl.analysis.solver import Budget
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import All, AnyOf, Condition, Negation


@frozen(eq=False)
class Part:
    """A condition of the text with its typed tree and its formula; groups and ``not`` have parts of their own.

    ``every``: all parts of a group must hold, or one of them; None where it is no group.
    """

    node: ast.Node
    condition: Condition
    formula: Formula
    families: frozenset[str]
    parts: tuple["Part", ...] = ()
    every: bool | None = None

    @property
    def span(self) -> Span:
        """Return where it stands."""
        return self.node.span


def part_of(node: ast.Node, condition: Condition, translate: Callable[[Condition], Formula]) -> Part:
    """Return a condition with its parts; ``translate`` makes formulas of single ones."""
    match node, condition:
        case (ast.And(parts=nodes), All(parts=conditions)) | (ast.Or(parts=nodes), AnyOf(parts=conditions)):
            each = tuple(part_of(inner, typed, translate) for inner, typed in zip(nodes, conditions, strict=True))
            return group_of(node, condition, each, every=isinstance(node, ast.And))
        case ast.Not(part=inner), Negation(part=typed):
            part = part_of(inner, typed, translate)
            return Part(node, condition, opposite(part.formula), part.families, (part,))
        case _:
            formula = translate(condition)
            return Part(node, condition, formula, families(formula))


def group_of(node: ast.Node, condition: Condition, parts: tuple[Part, ...], *, every: bool) -> Part:
    """Return a group of parts."""
    formula = group(tuple(part.formula for part in parts), every=every)
    return Part(node, condition, formula, frozenset[str]().union(*(part.families for part in parts)), parts, every)


def leaves(part: Part) -> Iterator[Part]:
    """Yield the parts that have none of their own, in the order of the text."""
    if not part.parts:
        yield part
    for each in part.parts:
        yield from leaves(each)


# -- what holds where a part matters -----------------------------------------------------------------------------


@define
class Level:
    """What holds of the parts of one group where any other of them matters: in ``and`` they do, in ``or`` they do not.

    Parts that change nothing are struck out.
    """

    formulas: list[Formula]
    families: list[frozenset[str]]
    struck: set[int] = field(factory=set[int])
    _by_family: dict[str, list[int]] = field(factory=dict[str, list[int]])

    @classmethod
    def of(cls, group_: Part) -> "Level":
        """Return the level of a group."""
        return cls.given([part.formula if group_.every else opposite(part.formula) for part in group_.parts])

    @classmethod
    def given(cls, formulas: list[Formula]) -> "Level":
        """Return the level of what holds."""
        level = cls(formulas, [families(each) for each in formulas])
        for number, found in enumerate(level.families):
            for family in found:
                level._by_family.setdefault(family, []).append(number)
        return level

    def about(self, family: str) -> list[int]:
        """Return the parts that have to do with a family of variables."""
        return self._by_family.get(family, [])


_SCANNED: Final = 8
"""So many parts are looked at in a step."""

Beside = tuple[tuple[Level, int], ...]
"""Where a part stands: the level of each group around it, the outermost first, and its own number there."""


def given(beside: Beside) -> list[Formula]:
    """Return all that holds where a part matters."""
    return [
        formula
        for level, own in beside
        for number, formula in enumerate(level.formulas)
        if number != own and number not in level.struck
    ]


def related(asked: frozenset[str], beside: Beside, budget: Budget) -> list[Formula]:
    """Return of that what can have to do with families of variables, directly or through others, as it stands there.

    Raise ``Exhausted``.
    """
    found: dict[tuple[int, int], Formula] = {}
    waiting, reached = list(asked), set(asked)
    while waiting:
        family = waiting.pop()
        for depth, (level, own) in enumerate(beside):
            about = level.about(family)
            budget.take(1 + len(about) // _SCANNED)
            for number in about:
                if number == own or number in level.struck or (depth, number) in found:
                    continue
                found[depth, number] = level.formulas[number]
                waiting += level.families[number] - reached
                reached |= level.families[number]
    return [found[place] for place in sorted(found)]
