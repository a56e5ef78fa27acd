"""Answers that were given, for whoever asks again."""

from datetime import datetime

from attrs import define

from kohorte.adapters.memory.state import Transaction
from kohorte.core.errors import Conflict
from kohorte.core.ports.answers import KEPT, Answer


@define
class MemoryAnswers:
    """The answers of the last day."""

    _transaction: Transaction

    def find(self, mark: str, now: datetime) -> Answer | None:
        """Return the answer under a mark."""
        kept = self._transaction.seen.answers.get(mark)
        return kept[1] if kept is not None and kept[0] > now - KEPT else None

    def keep(self, answer: Answer, now: datetime) -> None:
        """Keep an answer, and forget those that are too old."""
        state = self._transaction.written
        state.answers = {mark: kept for mark, kept in state.answers.items() if kept[0] > now - KEPT}
        if answer.mark in state.answers:
            raise Conflict("This was asked at the same moment already.", hint="Ask again.")
        state.answers[answer.mark] = now, answer
