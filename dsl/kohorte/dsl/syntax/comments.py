"""Where comments belong, so that they stay there when the text around them is laid out anew.

A comment belongs to a unit: a line of the header, a condition joined with others, an argument of a collection, an entry
of a list. One on a line of its own goes before the unit that follows it, or behind the last one where none follows; one
at the end of a line goes behind the unit before it; one within a unit that nothing smaller holds goes before that unit.
"""

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.limits import parts

Lines = dict[int, list[str]]


@frozen
class Placed:
    """Comments by the unit they belong to. Units are told apart by identity: equal ones occur twice in a rule."""

    before: Lines = field(factory=dict[int, list[str]])
    at_end: dict[int, str] = field(factory=dict[int, str])
    after: Lines = field(factory=dict[int, list[str]])
    holding: set[int] = field(factory=set[int])
    """Nodes that have a comment somewhere inside."""

    def concern(self, unit: ast.Node) -> bool:
        """Say whether a comment belongs to the unit or to something in it."""
        return any(id(unit) in each for each in (self.before, self.at_end, self.after, self.holding))


def hold(placed: Placed, node: ast.Node) -> bool:
    """Note which nodes hold the comments that were put to their units one by one; say whether this one does."""
    inside = [hold(placed, part) for part in parts(node)]
    if any(inside):
        placed.holding.add(id(node))
    return placed.concern(node)


def place(comments: Sequence[ast.Comment], units: Sequence[ast.Node]) -> Placed:
    """Return the comments by the unit they belong to; ``units`` are those of the whole rule."""
    placed = Placed()
    for comment in sorted(comments, key=lambda each: each.span.start):
        _place(comment, sorted(units, key=_start), placed)
    if comments:
        for unit in units:
            hold(placed, unit)
    return placed


def _start(node: ast.Node) -> int:
    return node.span.start


def _place(comment: ast.Comment, units: Sequence[ast.Node], placed: Placed) -> None:
    text, at = " ".join(comment.text.splitlines()), comment.span.start
    owner: ast.Node | None = None
    around = _around(at, units)
    while around is not None and (inner := sorted(_units(around), key=_start)):
        owner, units = around, inner
        around = _around(at, units)
    earlier = [unit for unit in units if unit.span.end <= at]
    following = around or next((unit for unit in units if unit.span.start >= at), None)
    if around is None and earlier and not comment.own_line and id(earlier[-1]) not in placed.at_end:
        placed.at_end[id(earlier[-1])] = text
    elif following is None:
        placed.after.setdefault(id(earlier[-1]), []).append(text)
    else:
        # Before the first of a chain without brackets is before the chain.
        starts = owner is not None and owner.span.start == following.span.start
        placed.before.setdefault(id(owner if starts else following), []).append(text)


def _around(at: int, units: Sequence[ast.Node]) -> ast.Node | None:
    return next((unit for unit in units if unit.span.start <= at < unit.span.end), None)


def _units(node: ast.Node) -> Iterator[ast.Node]:
    """Yield the units within a node."""
    match node:
        case ast.And() | ast.Or():
            yield from node.parts
        case ast.Aggregate() | ast.Exists() | ast.Latest():
            yield from (*node.filters, *node.windows)
        case ast.ListOf():
            yield from node.items
        case _:
            for part in parts(node):
                yield from _units(part)
