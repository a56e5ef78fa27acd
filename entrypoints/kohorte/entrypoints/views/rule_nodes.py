"""The parts of a segment's rule, as programs read them."""

from collections.abc import Sequence
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.ports.rule_nodes import LogicalOperator
from kohorte.core.segments.model import Segment
from kohorte.core.segments.nodes import RuleNode
from kohorte.entrypoints.views.segments import SegmentView, segment_view


@frozen
class RuleNodeView:
    """A condition, or a group that joins its parts by ``logical_operator``; ``parent`` is the id of its group.

    ``order`` counts from 0 among the parts of the group; it stands in the rule's text from ``start`` to ``end``.
    """

    id: UUID
    parent: UUID | None
    order: int
    start: int
    end: int
    text: str
    logical_operator: LogicalOperator | None
    field: str | None
    operator: str | None
    value: object
    collection: str | None
    filters: Sequence[str]
    windows: Sequence[str]


@frozen
class RuleNodesView:
    """A version of a rule with its parts in the order of its text, each group before its parts."""

    version: int
    rule: str
    nodes: Sequence[RuleNodeView]


@frozen
class EditedSegmentView(SegmentView):
    """A segment whose rule was edited, and the id of the part that was added, changed or moved (None: removed)."""

    node: UUID | None


def rule_node_view(node: RuleNode) -> RuleNodeView:
    """Return a part of a rule for programs, which know its group by its id."""
    return RuleNodeView(**asdict(node, recurse=False, filter=lambda each, _: each.name != "group"))


def edited_segment_view(segment: Segment, node: UUID | None) -> EditedSegmentView:
    """Return a segment whose rule was edited for programs."""
    return EditedSegmentView(**asdict(segment_view(segment), recurse=False), node=node)
