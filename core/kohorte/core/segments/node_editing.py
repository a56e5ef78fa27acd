"""Editing a segment's rule by its nodes: a part is added, changed, moved or removed, and the text follows."""

from collections.abc import Callable
from uuid import UUID

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.messages import Command
from kohorte.core.ports.rule_nodes import EditedRule, LogicalOperator
from kohorte.core.saving import refuse_outdated
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.model import Segment
from kohorte.core.segments.nodes import place_of
from kohorte.core.segments.rules import check_selection, follow_rule, save_changes


@frozen
class AddedNode:
    """The segment whose rule has a new node, and the id of that."""

    segment: Segment
    node: UUID


@frozen
class AddRuleNode(Command[AddedNode]):
    """Add a condition or a group, given as text, to a group of a segment's rule.

    ``to`` is the id of a node; None is the outermost. Where that is no group, or one that joins otherwise than by
    ``operator``, a new group takes its place that does (by ``and`` unless told), with what is added as the other part.
    ``position`` counts the parts from 0; without it, what is added comes last.

    ``note`` says what the new version of the rule is for; ``version`` is the one of the segment that the caller has
    seen, None overwrites any.
    """

    segment: str | UUID
    text: str
    to: UUID | None = None
    position: int | None = None
    operator: LogicalOperator | None = None
    note: str | None = None
    version: int | None = None


@frozen
class ChangeRuleNode(Command[Segment]):
    """Put a condition or a group, given as text, in the place of a node, which keeps its id.

    Of what is in it, that keeps its id too which is as before. The rest is as in ``AddRuleNode``.
    """

    segment: str | UUID
    node: UUID
    text: str
    note: str | None = None
    version: int | None = None


@frozen
class MoveRuleNode(Command[Segment]):
    """Move a node of a segment's rule to a group of it, as ``AddRuleNode`` adds one; ``position`` counts the others.

    A group that is left with one part becomes that part.
    """

    segment: str | UUID
    node: UUID
    to: UUID | None = None
    position: int | None = None
    operator: LogicalOperator | None = None
    note: str | None = None
    version: int | None = None


@frozen
class RemoveRuleNode(Command[Segment]):
    """Remove a node from a segment's rule, with all that is in it.

    A group that is left with one part becomes that part. The rest is as in ``AddRuleNode``.
    """

    segment: str | UUID
    node: UUID
    note: str | None = None
    version: int | None = None


_Command = AddRuleNode | ChangeRuleNode | MoveRuleNode | RemoveRuleNode
_Edit = Callable[[Segment, str], EditedRule]
"""Edit the text of a segment's rule."""


def add_rule_node(command: AddRuleNode, ports: Ports) -> AddedNode:
    """Add a part to a rule.

    Raise ``NotFound`` for the segment or the group, ``RuleRefused`` where the part cannot be read or the whole rule
    cannot be used, ``InvalidInput`` for a part with a header or a rule too large, ``ReferenceCycle``,
    ``ExamplesFailed``, ``Conflict``, ``NotAllowed`` for a segment that is archived or has no rule.
    """

    def edit(segment: Segment, text: str) -> EditedRule:
        to = _group(command.to, segment)
        return ports.rules.add_node(text, to, command.text, at=command.position, operator=command.operator)

    segment, place = _edited(command, edit, ports)
    return AddedNode(segment, segment.ruled.nodes[place])


def change_rule_node(command: ChangeRuleNode, ports: Ports) -> Segment:
    """Change a part of a rule; what says the same as before changes nothing. Raise as ``add_rule_node`` does."""
    return _edited(
        command,
        lambda segment, text: ports.rules.change_node(text, place_of(command.node, segment), command.text),
        ports,
    )[0]


def move_rule_node(command: MoveRuleNode, ports: Ports) -> Segment:
    """Move a part of a rule. Raise as ``add_rule_node`` does, and ``NotAllowed`` for what cannot move there."""

    def edit(segment: Segment, text: str) -> EditedRule:
        node, to = place_of(command.node, segment), _group(command.to, segment)
        return ports.rules.move_node(text, node, to, at=command.position, operator=command.operator)

    return _edited(command, edit, ports)[0]


def remove_rule_node(command: RemoveRuleNode, ports: Ports) -> Segment:
    """Remove a part of a rule. Raise as ``add_rule_node`` does, and ``NotAllowed`` where nothing would be left."""
    return _edited(
        command, lambda segment, text: ports.rules.remove_node(text, place_of(command.node, segment)), ports
    )[0]


def _edited(command: _Command, edit: _Edit, ports: Ports) -> tuple[Segment, int]:
    """Return the segment with its rule edited and saved, and the place of the node that was, or of the outermost."""
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
    segment.refuse_archived()
    refuse_outdated(command.version, segment.version, segment.name)
    before = evolve(segment)
    edited = edit(segment, segment.ruled.text)
    leaving = segment.leaving
    selection = check_selection(segment, edited.text, leaving.text, leaving.minimum_stay_days, ports)
    follow_rule(segment, selection, ports, command.note, edited.kept)
    save_changes(segment, before, ports)
    return segment, edited.node or 0


def _group(node: UUID | None, segment: Segment) -> int:
    return 0 if node is None else place_of(node, segment)
