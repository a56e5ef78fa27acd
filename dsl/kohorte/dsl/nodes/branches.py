"""A rule's tree while it is edited: JSON nodes with their comments, which know their places in the rule before."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, Final

from attrs import define

from kohorte.core.ports.rule_nodes import LogicalOperator, RulePart

Json = dict[str, Any]

_JOINTS: Final = frozenset({LogicalOperator.AND.value, LogicalOperator.OR.value})
_NEGATED: Final = {"in_segment": "not_in_segment", "in_sample": "not_in_sample", "any": "none"}
"""Operators that ``not`` turns into one of their own: see ``canonical.negation``."""


@define(eq=False)
class Branch:
    """A node that is edited, with its parts.

    ``place`` is that of the node that it is in the rule before, None for a new one; ``text`` what it said then.
    ``written`` is the node as JSON, without its parts.
    """

    place: int | None
    text: str
    written: Json
    parts: "list[Branch]"

    @property
    def word(self) -> str | None:
        """Return the word of a group."""
        word: str | None = self.written.get("logical_operator")
        return word

    @property
    def is_joined(self) -> bool:
        """Tell whether this is a group of any number of parts."""
        return self.word in _JOINTS

    @property
    def comments(self) -> Json:
        """Return the comments around it."""
        comments: Json = self.written.get("comments", {})
        return comments

    def comment(self, comments: Json) -> None:
        """Have these comments around it, and no others."""
        plain = {key: value for key, value in self.written.items() if key != "comments"}
        self.written = plain | ({"comments": comments} if comments else {})

    def walk(self) -> "Iterator[Branch]":
        """Yield it and all that is in it, in the order of the text."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def tree(self) -> Json:
        """Return it as JSON, with its parts."""
        return self.written | ({"rules": [part.tree() for part in self.parts]} if self.parts else {})


def grown(tree: Json, listed: Sequence[RulePart], *, known: bool) -> Branch:
    """Return a tree's branches; ``listed`` are its nodes in order, and they are the ``known`` ones, or new."""
    waiting = enumerate(listed)

    def grow(node: Json) -> Branch:
        place, part = next(waiting)
        written = {key: value for key, value in node.items() if key != "rules"}
        return Branch(place if known else None, part.text, written, [grow(each) for each in node.get("rules", ())])

    return grow(tree)


def settled(branch: Branch) -> Branch | None:
    """Return a branch in which every group has parts to join, each ``not`` a part; None where nothing is left of it."""
    if branch.word is None:
        return branch
    branch.parts = [left for part in branch.parts if (left := settled(part)) is not None]
    if not branch.parts:
        return None
    first = branch.parts[0]
    if branch.is_joined:
        return branch if len(branch.parts) > 1 else _instead(branch, first)
    negated = _NEGATED.get(first.written.get("operator", ""))
    if negated is None:
        return branch
    first.written = first.written | {"operator": negated}
    return _instead(branch, first)


def _instead(group: Branch, part: Branch) -> Branch:
    """Return a part that takes the place of its group, with the comments around both."""
    outer, inner = group.comments, part.comments
    ends = [each["at_end"] for each in (inner, outer) if "at_end" in each]
    around: Json = {
        "before": [*outer.get("before", ()), *inner.get("before", ())],
        "after": [*ends[1:], *inner.get("after", ()), *outer.get("after", ())],
    }
    part.comment({place: said for place, said in around.items() if said} | ({"at_end": ends[0]} if ends else {}))
    return part


def wrap(branch: Branch, word: str) -> None:
    """Let a branch become a group of which it is the only part; comments above and below are about both."""
    comments = branch.comments
    inner = Branch(branch.place, branch.text, branch.written, branch.parts)
    inner.comment({place: said for place, said in comments.items() if place == "at_end"})
    branch.place, branch.parts, branch.written = None, [inner], {"logical_operator": word}
    branch.comment({place: said for place, said in comments.items() if place != "at_end"})


def keep_comments(new: Branch, old: Branch) -> None:
    """Let what a new branch says as an old one did have the comments that it had there."""
    said = {each.text: each for each in reversed([*old.walk()])}
    waiting = [new]
    while waiting:
        branch = waiting.pop()
        if branch.text in said:
            same = _anew(said[branch.text])
            branch.written, branch.parts = same.written, same.parts
        else:
            waiting.extend(branch.parts)


def _anew(branch: Branch) -> Branch:
    return Branch(None, branch.text, deepcopy(branch.written), [_anew(part) for part in branch.parts])
