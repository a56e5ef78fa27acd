"""Segments that a rule refers to: found, read, checked in their own zone, each once, and never in a circle."""

from collections.abc import Callable, Iterator

from attrs import define, field, frozen

from kohorte.core.errors import ReferenceCycle
from kohorte.core.ports.rules import Problem, RuleRefused, SegmentReference
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.limits import CONDITIONS, parts
from kohorte.dsl.typed import Checked, SegmentUse


@frozen
class Referenced:
    """What came of a reference: the segment with its size after substitution, or why it cannot be used.

    ``use`` is None where there is no such segment, or where ``problem`` says what is wrong with its rule.
    """

    use: SegmentUse | None = None
    conditions: int = 1
    nesting: int = 0
    problem: Problem | None = None


@define
class _Visit:
    """A segment that waits for those it refers to itself."""

    name: str
    reference: SegmentReference
    rule: ast.Rule
    waiting: list[str]


@define
class Segments:
    """The segments within reach of one rule. The walk is iterative: chains may be longer than the stack is deep."""

    find: Callable[[str], SegmentReference | None]
    parse: Callable[[str], ast.Rule]
    check: Callable[[ast.Rule, str], tuple[Checked, int, int]]
    """Return the checked rule, how many conditions it has and how deep they are nested, after substitution."""
    _known: dict[str, Referenced] = field(factory=dict[str, Referenced])

    def resolve(self, name: str) -> Referenced:
        """Return what a segment's name refers to; raise ``ReferenceCycle`` with the path."""
        if name not in self._known:
            self._visit(name)
        return self._known[name]

    def _visit(self, name: str) -> None:
        path = [visit] if (visit := self._open(name)) else []
        while path:
            visit = path[-1]
            if not visit.waiting:
                self._known[visit.name] = self._close(visit)
                path.pop()
                continue
            following = visit.waiting.pop()
            names = [each.name for each in path]
            if following in names:
                raise _cycle([*names[names.index(following) :], following])
            if following not in self._known and (opened := self._open(following)):
                path.append(opened)

    def _open(self, name: str) -> _Visit | None:
        """Begin with a segment, or note at once what is known about it."""
        reference = self.find(name)
        if reference is None:
            self._known[name] = Referenced()
        elif reference.rule is None:
            self._known[name] = Referenced(SegmentUse(reference.id, reference.name))
        else:
            try:
                rule = self.parse(reference.rule)
            except RuleRefused as refused:
                self._known[name] = Referenced(problem=refused.problems[0])
            else:
                return _Visit(name, reference, rule, [*segment_names(rule)])
        return None

    def _close(self, visit: _Visit) -> Referenced:
        try:
            rule, conditions, nesting = self.check(visit.rule, visit.reference.rule or "")
        except RuleRefused as refused:
            return Referenced(problem=refused.problems[0])
        return Referenced(SegmentUse(visit.reference.id, visit.reference.name, rule), conditions, nesting)


def _cycle(names: list[str]) -> ReferenceCycle:
    return ReferenceCycle(
        "The segments refer to each other in a circle: {path}.",
        hint="Take the reference out of one of them.",
        path=" > ".join(f'"{name}"' for name in names[: CONDITIONS + 1]),
    )


def segment_names(rule: ast.Rule) -> list[str]:
    """Return the names of the segments that a rule refers to, each once."""
    return list(dict.fromkeys(node.name for node in walk(rule) if isinstance(node, ast.InSegment)))


def walk(node: ast.Node) -> Iterator[ast.Node]:
    """Yield a node and all below it, without recursion."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(parts(found))
