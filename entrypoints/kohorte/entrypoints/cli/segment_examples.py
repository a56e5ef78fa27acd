"""Examples on the command line: ``--must-be-in KEY`` and ``--must-be-out KEY@INSTANT``."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from kohorte.core.segments.model import Example
from kohorte.core.values import parse_instant
from kohorte.entrypoints.cli.commands import option
from kohorte.entrypoints.cli.session import Session, with_time

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")

F = TypeVar("F", bound=Callable[..., Any])


def with_examples(function: F) -> F:
    """Give a command the options by which examples are written; ``read_examples`` takes what they give."""
    inside = option(
        *("--must-be-in", "inside"),
        multiple=True,
        metavar="KEY",
        help="A contact (by key) that the rule must select; KEY@INSTANT says when.",
    )
    outside = option(
        *("--must-be-out", "outside"),
        multiple=True,
        metavar="KEY",
        help="A contact that it must not select; KEY@INSTANT says when.",
    )
    return inside(outside(function))


def read_examples(session: Session, *, inside: Sequence[str] = (), outside: Sequence[str] = ()) -> tuple[Example, ...]:
    """Return the examples that the options give; raise ``InvalidValue`` for an instant that is none."""
    return (
        *(_example(session, text, is_member=True) for text in inside),
        *(_example(session, text, is_member=False) for text in outside),
    )


def told_examples(session: Session, examples: Sequence[Example]) -> Sequence[str]:
    """Return a line for each example."""
    return [_line(session, each) for each in examples]


def _line(session: Session, example: Example) -> str:
    if example.at is None:
        template = "must be in: {key}" if example.is_member else "must be out: {key}"
    else:
        template = "must be in at {at}: {key}" if example.is_member else "must be out at {at}: {key}"
    return session.language(template).format(key=example.key, at=session.output.cell(example.at))


def _example(session: Session, text: str, *, is_member: bool) -> Example:
    """Return an example; what follows the last @ is an instant where it begins with a day, else a part of the key."""
    key, mark, instant = text.rpartition("@")
    if not mark or not _DAY.match(instant):
        return Example(text, is_member)
    return Example(key, is_member, parse_instant(with_time(instant), session.tenant.zone_info))
