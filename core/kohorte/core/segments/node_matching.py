"""Which nodes of a rule's tree are those of the rule before: what is unchanged, and what was changed in its place."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, field

from kohorte.core.ports.rule_nodes import LogicalOperator, RulePart

Parts = Sequence[RulePart]
_NOT: Final = "not_"


def same_nodes(old: Parts, new: Parts, kept: Mapping[int, int]) -> Mapping[int, int]:
    """Return which node of the rule before each node of a new one is, both by their places; new ones are not in it.

    ``kept`` are those of which this is known. Of the others, nodes with the same text are the same, as many as there
    are on both sides: first those at the same place, then the largest with all that is in them. Then a group is the one
    that most of its parts were in. What was changed is the same where it stands behind the same neighbour in the same
    group, and asks about the same (``field``, ``collection``). No node is two. The time is that of sorting the nodes.
    """
    matching = _Matching(_Tree.of(old), _Tree.of(new))
    for place, before in kept.items():
        matching.pair(place, before)
    matching.at_the_same_place()
    matching.with_the_same_text()
    matching.by_their_parts()
    matching.by_their_neighbours()
    return matching.before


@define
class _Tree:
    """The nodes of a rule, with the places of each one's parts, and how many nodes it makes with all that is in it."""

    nodes: Parts
    parts: list[list[int]]
    sizes: list[int]

    @classmethod
    def of(cls, nodes: Parts) -> "_Tree":
        parts: list[list[int]] = [[] for _ in nodes]
        sizes = [1] * len(nodes)
        for place, node in enumerate(nodes):
            if node.group is not None:
                parts[node.group].append(place)
        for place in reversed(range(len(nodes))):
            sizes[place] += sum(sizes[each] for each in parts[place])
        return cls(nodes, parts, sizes)


@define
class _Matching:
    """What was found so far: ``before`` by new places, ``after`` by old ones."""

    old: _Tree
    new: _Tree
    before: dict[int, int] = field(factory=dict[int, int])
    after: dict[int, int] = field(factory=dict[int, int])

    def pair(self, place: int, before: int) -> None:
        """Note that two nodes are the same, unless either is another one already."""
        if place not in self.before and before not in self.after:
            self.before[place], self.after[before] = before, place

    def _pair_whole(self, place: int, before: int) -> None:
        """Pair nodes with the same text, and what is in them, which stands in the same order."""
        for step in range(self.new.sizes[place]):
            self.pair(place + step, before + step)

    def at_the_same_place(self) -> None:
        """Pair what says the same and stands at the same place of groups with as many parts."""
        waiting = [(0, 0)] if self.old.nodes and self.new.nodes else []
        while waiting:
            place, before = waiting.pop()
            old, new = self.old.parts[before], self.new.parts[place]
            if self.new.nodes[place].text == self.old.nodes[before].text:
                self._pair_whole(place, before)
            elif len(old) == len(new):
                waiting.extend(zip(new, old, strict=True))

    def with_the_same_text(self) -> None:
        """Pair what says the same anywhere, the largest first."""
        free: defaultdict[str, deque[int]] = defaultdict(deque)
        for before, node in enumerate(self.old.nodes):
            free[node.text].append(before)
        for place in self._largest_first():
            same = free[self.new.nodes[place].text]
            while same and same[0] in self.after:
                same.popleft()
            if same and place not in self.before:
                self._pair_whole(place, same[0])

    def by_their_parts(self) -> None:
        """Pair groups with those that most of their parts were in and that joined as they do, the largest first."""
        for place in self._largest_first():
            groups = [self.old.nodes[self.before[each]].group for each in self.new.parts[place] if each in self.before]
            votes = Counter(each for each in groups if each is not None and self._joins_as(place, each))
            if votes:
                self.pair(place, max(votes, key=lambda each: (votes[each], -each)))

    def by_their_neighbours(self) -> None:
        """Pair what asks about the same behind the same neighbour, groups before their parts."""
        if self.old.nodes and self.new.nodes and _subject(self.new.nodes[0]) == _subject(self.old.nodes[0]):
            self.pair(0, 0)
        for place in range(len(self.new.nodes)):
            if place in self.before:
                self._pair_parts(place, self.before[place])

    def _pair_parts(self, place: int, before: int) -> None:
        free: defaultdict[object, deque[int]] = defaultdict(deque)
        behind: int | None = None
        for each in self.old.parts[before]:
            if each not in self.after:
                free[behind, _subject(self.old.nodes[each])].append(each)
            elif self.new.nodes[self.after[each]].group == place:
                behind = each
        found: list[tuple[int, int]] = []
        behind = None
        for each in self.new.parts[place]:
            if each not in self.before:
                same = free[behind, _subject(self.new.nodes[each])]
                if same:
                    found.append((each, same.popleft()))
            elif self.old.nodes[self.before[each]].group == before:
                behind = self.before[each]
        for pair in found:
            self.pair(*pair)

    def _largest_first(self) -> Sequence[int]:
        return sorted(range(len(self.new.nodes)), key=lambda each: (-self.new.sizes[each], each))

    def _joins_as(self, place: int, before: int) -> bool:
        """Tell whether a group joins by the operator of one before that was not found yet."""
        same = self.new.nodes[place].logical_operator is self.old.nodes[before].logical_operator
        return same and before not in self.after


def _subject(node: RulePart) -> object:
    """Return what a node asks about: changed nodes are the same only where it is. Groups ask nothing."""
    if node.logical_operator is not None:
        return node.logical_operator is LogicalOperator.NOT
    operator = None if node.field or node.collection else (node.operator or "").removeprefix(_NOT)
    return node.field, node.collection, operator
