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
        """Keep an answer."""
        if self.find(answer.mark, now) is not None:
            raise Conflict("This was asked at the same moment already.", hint="Ask again.")
        self._transaction.written.answers[answer.mark] = now, answer

    def are_over(self, now: datetime) -> bool:
        """Tell whether an answer is too old."""
        return any(kept_at <= now - KEPT for kept_at, _ in self._transaction.seen.answers.values())

    def forget(self, now: datetime) -> int:
        """Forget the answers that are too old."""
        state = self._transaction.written
        before = len(state.answers)
        state.answers = {mark: kept for mark, kept in state.answers.items() if kept[0] > now - KEPT}
        return before - len(state.answers)
