"""A rule as its author sees it: the parts that can be taken out or changed on their own, each with what it says."""

from collections.abc import Callable, Iterator

from attrs import frozen

from kohorte.dsl.analysis.formulas import Formula, families, group, opposite
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import All, AnyOf, Condition, Negation


@frozen(eq=False)
class Part:
    """A condition of the text with its typed tree and its formula; groups and ``not`` have parts of their own."""

    node: ast.Condition
    condition: Condition
    formula: Formula
    families: frozenset[str]
    parts: tuple["Part", ...] = ()

    @property
    def span(self) -> Span:
        """Return where it stands."""
        return self.node.span


def part_of(node: ast.Condition, condition: Condition, translate: Callable[[Condition], Formula]) -> Part:
    """Return a condition with its parts; ``translate`` makes formulas of single ones."""
    match node, condition:
        case (ast.And(parts=nodes), All(parts=conditions)) | (ast.Or(parts=nodes), AnyOf(parts=conditions)):
            each = tuple(part_of(inner, typed, translate) for inner, typed in zip(nodes, conditions, strict=True))
            formula = group(tuple(part.formula for part in each), every=isinstance(node, ast.And))
            return Part(node, condition, formula, frozenset().union(*(part.families for part in each)), each)
        case ast.Not(part=inner), Negation(part=typed):
            part = part_of(inner, typed, translate)
            return Part(node, condition, opposite(part.formula), part.families, (part,))
        case _:
            formula = translate(condition)
            return Part(node, condition, formula, families(formula))


def leaves(part: Part) -> Iterator[Part]:
    """Yield the parts that have none of their own, in the order of the text."""
    if not part.parts:
        yield part
    for each in part.parts:
        yield from leaves(each)


@frozen
class Fact:
    """What holds wherever a part matters: a formula, and the families of its variables."""

    formula: Formula
    families: frozenset[str]


def fact(part: Part, *, holds: bool = True) -> Fact:
    """Return that a part holds, or that it does not."""
    return Fact(part.formula if holds else opposite(part.formula), part.families)


def related(asked: frozenset[str], facts: tuple[Fact, ...]) -> list[Formula]:
    """Return the facts that can have to do with families of variables, directly or through others."""
    found: list[Formula] = []
    waiting, reached, grown = list(facts), set(asked), True
    while grown:
        grown = False
        for each in list(waiting):
            if not reached.isdisjoint(each.families):
                waiting.remove(each)
                found.append(each.formula)
                grown = grown or not each.families <= reached
                reached |= each.families
    return found
