"""The nodes of a segment's rule: its conditions and the groups that join them, each with an id that stays.

The text of a rule is all that is stored of it, besides the ids of its nodes in the order of the text. An id is given
once: what becomes of it, when the rule changes, is said by ``node_matching``.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import NotFound
from kohorte.core.ports.rule_nodes import RulePart
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.model import Segment, SegmentRule
from kohorte.core.segments.node_matching import same_nodes

NONE_KEPT: Final[Mapping[int, int]] = MappingProxyType({})


@frozen(kw_only=True)
class RuleNode(RulePart):
    """A node of a segment's rule with its id; ``parent`` is the id of its group, None for the outermost."""

    id: UUID
    parent: UUID | None


def rule_nodes(ports: Ports, segment: str | UUID) -> tuple[Segment, Sequence[RuleNode]]:
    """Return a segment with the nodes of its rule in the order of the text, each group before its parts.

    Raise ``NotFound``, ``NotAllowed`` where it has no rule, ``RuleRefused`` where its text can no longer be read.
    """
    found = find_segment(ports.work, segment)
    ids = found.ruled.nodes
    nodes = [
        RuleNode(**asdict(part, recurse=False), id=node_id, parent=None if part.group is None else ids[part.group])
        for node_id, part in zip(ids, ports.rules.nodes(found.ruled.text), strict=True)
    ]
    return found, nodes


def node_ids(
    text: str, before: SegmentRule | None, ports: Ports, kept: Mapping[int, int] = NONE_KEPT
) -> tuple[UUID, ...]:
    """Return the ids of the nodes of a text that follows a rule before it: the same nodes keep theirs.

    ``kept`` says which nodes are known to be the same, by their places in the text and in the one before.
    """
    new = ports.rules.nodes(text)
    ids = () if before is None else before.nodes
    same = same_nodes(_nodes(before, ports), new, kept)
    return tuple(ids[same[place]] if place in same else ports.ids.new() for place in range(len(new)))


def place_of(node: UUID, segment: Segment) -> int:
    """Return the place of a node in the order of the text of a segment's rule; raise ``NotFound``, ``NotAllowed``."""
    ids = segment.ruled.nodes
    if node not in ids:
        raise NotFound(
            'The rule of the segment "{name}" has no part {id}.',
            hint="See its parts with: kohorte segment nodes NAME",
            name=segment.name,
            id=node,
        )
    return ids.index(node)


def _nodes(rule: SegmentRule | None, ports: Ports) -> Sequence[RulePart]:
    """Return the nodes of a rule; none where its text is no longer read as it was when their ids were given."""
    if rule is None:
        return ()
    try:
        found = ports.rules.nodes(rule.text)
    except RuleRefused:
        return ()
    return found if len(found) == len(rule.nodes) else ()
