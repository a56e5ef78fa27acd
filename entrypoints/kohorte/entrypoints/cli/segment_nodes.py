"""``kohorte segment nodes|node``: the parts of a segment's rule, seen and edited one by one."""

from collections.abc import Sequence
from shlex import quote
from typing import Final
from uuid import UUID

import click

from kohorte.core.ports.rule_nodes import LogicalOperator
from kohorte.core.segments.model import Segment
from kohorte.core.segments.node_editing import AddRuleNode, ChangeRuleNode, MoveRuleNode, RemoveRuleNode
from kohorte.core.segments.nodes import RuleNode, rule_nodes
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.completion import offering, segment_names
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.rule_nodes import RuleNodesView, edited_segment_view, rule_node_view

_INDENT: Final = 2
_JOINTS: Final = (LogicalOperator.AND.value, LogicalOperator.OR.value)
_AT: Final = "As its part number N, from 0 on; without it as the last."
_BY: Final = "How it is joined; another operator than the group has makes a group of both."
_NOTE: Final = "What the new version of the rule is for."


@examples(("kohorte segment nodes lapsed", "the parts of its rule, with their ids"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@common(reading=True)
def nodes(session: Session, name: str) -> None:
    """List the parts of a segment's rule: conditions, and the groups that join them.

    A part keeps its id as long as it is in the rule.
    """
    found, listed = session.read(lambda ports: rule_nodes(ports, name))
    told = RuleNodesView(found.ruled.version, found.ruled.text, [rule_node_view(each) for each in listed])
    session.output.show(
        told,
        lambda: session.output.table(
            ("id", "part"), [(each.id, _indented(each, depth)) for each, depth in _with_depths(listed)]
        ),
    )


@click.group("node", cls=TranslatedGroup)
def node() -> None:
    """Add, change, move and remove parts of a segment's rule."""


@examples(
    ("kohorte segment node add lapsed 'contact.country = \"DE\"'", "one more condition"),
    ("kohorte segment node add lapsed 'contact.country = \"AT\"' --to ID --by or", "as the alternative to a part"),
)
@node.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("text")
@option("--to", type=click.UUID, metavar="ID", help="The group, or the part to join; without it the whole rule.")
@option("--at", "position", type=click.IntRange(min=0), help=_AT)
@option("--by", type=click.Choice(_JOINTS), help=_BY)
@option("--note", metavar="TEXT", help=_NOTE)
@common(reading=True)
def add(
    session: Session, name: str, text: str, to: UUID | None, position: int | None, by: str | None, note: str | None
) -> None:
    """Add a condition, or a group of conditions, to a segment's rule.

    Members follow at the next calculation.
    """
    added = session.run(AddRuleNode(name, text, to, position, _operator(by), note))
    _show(session, added.segment, added.node)


@examples(("kohorte segment node change lapsed ID 'no purchases(last 120 days)'", "another condition in its place"))
@node.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("node_id", type=click.UUID, metavar="ID")
@argument("text")
@option("--note", metavar="TEXT", help=_NOTE)
@common(reading=True)
def change(session: Session, name: str, node_id: UUID, text: str, note: str | None) -> None:
    """Let a part of a segment's rule say something else.

    Members follow at the next calculation.
    """
    _show(session, session.run(ChangeRuleNode(name, node_id, text, note)), node_id)


@examples(("kohorte segment node move lapsed ID --to ID --at 0", "to the beginning of a group"))
@node.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("node_id", type=click.UUID, metavar="ID")
@option("--to", type=click.UUID, metavar="ID", help="The group, or the part to join; without it the whole rule.")
@option("--at", "position", type=click.IntRange(min=0), help=_AT)
@option("--by", type=click.Choice(_JOINTS), help=_BY)
@option("--note", metavar="TEXT", help=_NOTE)
@common(reading=True)
def move(
    session: Session, name: str, node_id: UUID, to: UUID | None, position: int | None, by: str | None, note: str | None
) -> None:
    """Move a part of a segment's rule to a group of it.

    Members follow at the next calculation.
    """
    _show(session, session.run(MoveRuleNode(name, node_id, to, position, _operator(by), note)), node_id)


@examples(("kohorte segment node remove lapsed ID", "a condition less"))
@node.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("node_id", type=click.UUID, metavar="ID")
@option("--note", metavar="TEXT", help=_NOTE)
@common(reading=True)
def remove(session: Session, name: str, node_id: UUID, note: str | None) -> None:
    """Remove a part from a segment's rule, with all that is in it.

    Members follow at the next calculation.
    """
    _show(session, session.run(RemoveRuleNode(name, node_id, note)), None)


def _operator(word: str | None) -> LogicalOperator | None:
    return None if word is None else LogicalOperator(word)


def _show(session: Session, segment: Segment, node_id: UUID | None) -> None:
    """Show the rule as it is now; for programs with the id of the part that was edited."""

    def people() -> None:
        session.output.text(segment.ruled.text)
        session.output.remark(
            "Its members follow with: kohorte segment calculate {argument}", argument=quote(segment.name)
        )

    session.output.show(edited_segment_view(segment, node_id), people)


def _with_depths(listed: Sequence[RuleNode]) -> list[tuple[RuleNode, int]]:
    depths: list[int] = []
    for each in listed:
        depths.append(0 if each.group is None else depths[each.group] + 1)
    return list(zip(listed, depths, strict=True))


def _indented(node: RuleNode, depth: int) -> str:
    said = node.text if node.logical_operator is None else node.logical_operator.value
    return " " * (_INDENT * depth) + said
