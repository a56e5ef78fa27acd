"""Answers that were given: whoever asks again under the same mark gets them again, and nothing happens twice."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from attrs import field, frozen

KEPT: Final = timedelta(hours=24)
"""For so long an answer is kept."""


@frozen
class Answer:
    """What was answered to a request: under which ``mark`` of the caller's, and to which question (``fingerprint``).

    ``body`` is JSON.
    """

    mark: str
    fingerprint: str
    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)


class Answers(Protocol):
    """The answers of the last day, each kept in the transaction that did what it tells of."""

    def find(self, mark: str, now: datetime) -> Answer | None:
        """Return the answer under a mark; None where there is none, or it is older than ``KEPT``."""
        ...

    def keep(self, answer: Answer, now: datetime) -> None:
        """Keep an answer, in the place of one under its mark that is older than ``KEPT``.

        Raise ``Conflict`` where the mark was taken meanwhile: whoever took it has done the same.
        """
        ...

    def are_over(self, now: datetime) -> bool:
        """Tell whether an answer is older than ``KEPT``."""
        ...

    def forget(self, now: datetime) -> int:
        """Forget the answers that are older than ``KEPT``; return how many there were."""
        ...
