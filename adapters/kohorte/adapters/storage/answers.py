"""Answers that were given, for whoever asks again."""

from datetime import datetime

from attrs import frozen
from sqlalchemy import ColumnElement, delete, select

from kohorte.adapters.storage.schema import answers
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import Conflict
from kohorte.core.ports.answers import KEPT, Answer
from kohorte.core.values import to_micros


@frozen
class StorageAnswers:
    """The answers of the last day."""

    transaction: Transaction

    def find(self, mark: str, now: datetime) -> Answer | None:
        """Return the answer under a mark."""
        found = select(answers).where(
            self.transaction.own(answers), answers.c.mark == mark, answers.c.answered_at > _oldest(now)
        )
        row = self.transaction.connection.execute(found).one_or_none()
        return None if row is None else Answer(row.mark, row.fingerprint, row.status, row.headers, row.body)

    def keep(self, answer: Answer, now: datetime) -> None:
        """Keep an answer, and forget those that are too old."""
        self.transaction.connection.execute(delete(answers).where(*self._old(now)))
        row = {
            "mark": answer.mark,
            "fingerprint": answer.fingerprint,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body,
            "answered_at": to_micros(now),
        }
        if not self.transaction.insert(answers, row):
            raise Conflict("This was asked at the same moment already.", hint="Ask again.")

    def _old(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(answers), answers.c.answered_at <= _oldest(now)


def _oldest(now: datetime) -> int:
    return to_micros(now - KEPT)
