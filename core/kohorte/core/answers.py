"""Answers that were given are forgotten in their time."""

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.messages import Command


@frozen
class ForgetAnswers(Command[int]):
    """Forget the answers that nobody gets again; return how many there were."""


def forget_answers(_command: ForgetAnswers, ports: Ports) -> int:
    """Forget answers, in one statement."""
    return ports.work.answers.forget(ports.clock.now())
