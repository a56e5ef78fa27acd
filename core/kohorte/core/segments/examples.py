"""Examples beside a rule: contacts that it must select, or must not; a rule that fails one is not saved."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import KohorteError, NotFound, Translate, as_written
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.model import Example
from kohorte.core.segments.selection import Selection


@frozen
class FailedExample:
    """An example that the rule does not answer as it must; ``error`` says why it could not be asked at all."""

    example: Example
    error: KohorteError | None = None


class ExamplesFailed(KohorteError, ValueError):
    """A rule does not answer its examples as it must; ``failed`` holds each of them."""

    code = "examples_failed"

    def __init__(self, failed: Sequence[FailedExample]) -> None:
        self.failed = tuple(failed)
        super().__init__(
            "The rule fails {count} of its example(s), the first about contact {key}.",
            hint="Change the rule, or the examples if they are wrong.",
            count=len(failed),
            key=failed[0].example.key,
        )

    def text(self, translate: Translate = as_written) -> str:
        """Return how many failed, and what each of them says, line by line."""
        return "\n".join([super().text(translate), *(_told(each, translate) for each in self.failed)])


def check_examples(examples: Sequence[Example], selection: Selection, ports: Ports) -> None:
    """Raise ``ExamplesFailed`` with every example that a rule does not answer as it must.

    It is asked who would enter: whom the rule selects, and the one by which members leave does not.
    """
    failed = failing(examples, selection, ports)
    if failed:
        raise ExamplesFailed(failed)


def failing(examples: Sequence[Example], selection: Selection, ports: Ports) -> Sequence[FailedExample]:
    """Return the examples that a rule does not answer as it must."""
    return [failure for each in examples if (failure := _failure(each, selection, ports)) is not None]


def _failure(example: Example, selection: Selection, ports: Ports) -> FailedExample | None:
    at = example.at or ports.clock.now()
    try:
        enters = _holds(selection.enter, example.key, at, ports)
        leaves = selection.leave is not None and _holds(selection.leave, example.key, at, ports)
    except NotFound as error:
        return FailedExample(example, error)
    return None if (enters and not leaves) == example.is_member else FailedExample(example)


def _holds(rule: CheckedRule, key: str, at: datetime, ports: Ports) -> bool:
    return rule.holds_for(ports.work.audiences.facts(rule, key, at), at)


def _told(failed: FailedExample, translate: Translate) -> str:
    if failed.error is not None:
        return f"- {failed.error.text(translate)}"
    at = failed.example.at
    if failed.example.is_member:
        wrong = translate("{key} must be in, and is not." if at is None else "{key} must be in at {at}, and is not.")
    else:
        wrong = translate("{key} must be out, and is not." if at is None else "{key} must be out at {at}, and is not.")
    return "- " + wrong.format(key=failed.example.key, at=at and at.isoformat())
