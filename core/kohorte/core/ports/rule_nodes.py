"""The nodes of a rule's tree as the core sees them: listed from a text, and edited one by one, which yields a text."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

from attrs import frozen


class LogicalOperator(Enum):
    """How the parts of a group are joined."""

    AND = "and"
    OR = "or"
    NOT = "not"  # it has one part


@frozen
class RulePart:
    """A node of a rule's tree as it stands in the rule's text: a group of parts, or a condition.

    ``group`` is the place of its group among all nodes in the order of the text, None for the outermost; ``order``
    counts from 0 among the parts of that group. It stands from ``start`` to ``end`` (character offsets), with brackets
    and the comments within; ``text`` is its canonical text on one line, without comments.

    A group has a ``logical_operator``. A condition has an ``operator``, called as in the JSON tree (``equals``), and as
    far as there are such: ``field``, what it asks about as rules write it (``contact.country``, ``purchases.count``, of
    an event the verb); ``value``, as JSON values; and of related rows the ``collection`` with the ``filters`` and
    ``windows`` that it is asked with, each as text.
    """

    group: int | None
    order: int
    start: int
    end: int
    text: str
    logical_operator: LogicalOperator | None = None
    field: str | None = None
    operator: str | None = None
    value: object = None
    collection: str | None = None
    filters: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()


@frozen
class EditedRule:
    """A rule's text after one of its nodes was edited.

    ``kept`` says which node of the text before a node is, both by their places; what is new or was written anew is not
    in it. ``node`` is the place of the node that was added, changed or moved; None where one was removed.
    """

    text: str
    kept: Mapping[int, int]
    node: int | None


class RuleNodes(Protocol):
    """List and edit the nodes of rules, each known by its place in the order of the text, groups before their parts.

    Only the syntax matters: no catalogue is asked. Edits return canonical text; comments stay with what they stand at.
    """

    def nodes(self, text: str) -> Sequence[RulePart]:
        """Return the nodes of a rule; raise ``RuleRefused`` where the syntax is wrong."""
        ...

    def add_node(
        self, text: str, to: int, part: str, *, at: int | None = None, operator: LogicalOperator | None = None
    ) -> EditedRule:
        """Add a condition or group, given as text, to the group ``to``: before its part number ``at``, or as the last.

        Where ``to`` is no group that joins by ``operator``, a new one takes its place that does (by ``and`` unless
        told): ``to`` is one part of it, and what is added the other, the first one for ``at`` 0. Raise ``RuleRefused``
        for a part that cannot be read, ``InvalidInput`` for one with a header, where ``not`` should join, or where the
        rule would become too large.
        """
        ...

    def change_node(self, text: str, node: int, part: str) -> EditedRule:
        """Put a condition or group, given as text, in the place of a node; raise as ``add_node`` does.

        What is said as before keeps its comments, unless the part brings comments.
        """
        ...

    def move_node(
        self, text: str, node: int, to: int, *, at: int | None = None, operator: LogicalOperator | None = None
    ) -> EditedRule:
        """Move a node to the group ``to`` as ``add_node`` adds one; ``at`` counts the other parts.

        A group that is left with one part becomes that part. Raise ``NotAllowed`` for the outermost node, for the part
        of a ``not``, and where a node would move into itself.
        """
        ...

    def remove_node(self, text: str, node: int) -> EditedRule:
        """Remove a node with its comments; a group that is left with one part becomes it, a ``not`` goes with its part.

        Raise ``NotAllowed`` where nothing would be left.
        """
        ...
