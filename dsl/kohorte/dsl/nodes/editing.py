"""Editing a rule by its nodes: what comes out is the rule's text, and what became of each node."""

from collections.abc import Callable

from kohorte.core.errors import InvalidInput, NotAllowed
from kohorte.core.ports.rule_nodes import EditedRule, LogicalOperator
from kohorte.dsl.json_tree.tree import from_json, to_json
from kohorte.dsl.nodes.branches import Branch, grown, keep_comments, settled, wrap
from kohorte.dsl.nodes.listing import nodes_of
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule

Edit = Callable[[list[Branch]], Branch | None]
"""Change the branches of a rule, which come by their places; return the one that it is about, if it is still there."""


def add(text: str, to: int, part: str, at: int | None, operator: LogicalOperator | None) -> EditedRule:
    """Add a part to a group (see ``RuleNodes``)."""
    new, _ = _read(part)

    def edit(branches: list[Branch]) -> Branch:
        _join(branches[to], new, at, operator)
        return new

    return _edited(text, edit)


def change(text: str, node: int, part: str) -> EditedRule:
    """Put a part in the place of a node (see ``RuleNodes``)."""
    new, has_comments = _read(part)

    def edit(branches: list[Branch]) -> Branch:
        changed = branches[node]
        if not has_comments:
            keep_comments(new, changed)
        new.comment(changed.comments | new.comments)
        changed.written, changed.parts = new.written, new.parts
        return changed

    return _edited(text, edit)


def move(text: str, node: int, to: int, at: int | None, operator: LogicalOperator | None) -> EditedRule:
    """Move a node to a group (see ``RuleNodes``)."""

    def edit(branches: list[Branch]) -> Branch:
        moved, target = branches[node], branches[to]
        if any(each is target for each in moved.walk()):
            raise NotAllowed("A part of a rule cannot move into itself.", hint="Choose another group.")
        group = _group_of(moved, branches)
        if group is None or not group.is_joined:
            raise NotAllowed(
                "What not stands at cannot move without it.", hint="Move the not, or write the part anew elsewhere."
            )
        group.parts.remove(moved)
        _join(target, moved, at, operator)
        return moved

    return _edited(text, edit)


def remove(text: str, node: int) -> EditedRule:
    """Remove a node (see ``RuleNodes``)."""

    def edit(branches: list[Branch]) -> None:
        removed = branches[node]
        group = _group_of(removed, branches)
        if group is None:
            raise _emptied()
        group.parts.remove(removed)

    return _edited(text, edit)


def _edited(text: str, edit: Edit) -> EditedRule:
    syntax = parse(text)
    tree = to_json(syntax)
    root = grown(tree["rule"], nodes_of(syntax), known=True)
    _give_last_part_its_comment(root, syntax, text)
    about = edit([*root.walk()])
    left = settled(root)
    if left is None:
        raise _emptied()
    branches = [*left.walk()]
    kept = {place: each.place for place, each in enumerate(branches) if each.place is not None}
    node = next((place for place, each in enumerate(branches) if each is about), None)
    return EditedRule(format_rule(from_json(tree | {"rule": left.tree()})), kept, node)


def _read(part: str) -> tuple[Branch, bool]:
    """Return the branch that a text stands for, and whether there are comments in it."""
    syntax = parse(part)
    if syntax.lets or syntax.zone is not None:
        raise InvalidInput(
            "A part of a rule has no header of its own.", hint="Put parameters and the time zone into the whole rule."
        )
    return grown(to_json(syntax)["rule"], nodes_of(syntax), known=False), bool(syntax.comments)


def _join(target: Branch, part: Branch, at: int | None, operator: LogicalOperator | None) -> None:
    """Put a part into a group, or beside what is no such group."""
    if operator is LogicalOperator.NOT:
        raise InvalidInput("Parts are joined by and, or by or.", hint="Write not before the part.")
    if not target.is_joined or (operator is not None and target.word != operator.value):
        wrap(target, (operator or LogicalOperator.AND).value)
    target.parts.insert(len(target.parts) if at is None else max(at, 0), part)


def _group_of(branch: Branch, branches: list[Branch]) -> Branch | None:
    return next((each for each in branches if any(part is branch for part in each.parts)), None)


def _give_last_part_its_comment(root: Branch, syntax: ast.Rule, text: str) -> None:
    """Let the comment behind the last line of several be about that line's part, and not about all of them."""
    span, comments = syntax.condition.span, root.comments
    if root.is_joined and "at_end" in comments and "\n" in text[span.start : span.end]:
        last = root.parts[-1]
        last.comment({"at_end": comments["at_end"]} | last.comments)
        root.comment({place: said for place, said in comments.items() if place != "at_end"})


def _emptied() -> NotAllowed:
    return NotAllowed("Nothing would be left of the rule.", hint="Change this part, or write another rule.")
