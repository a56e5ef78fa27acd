"""Answers that were given, for whoever asks again."""

from datetime import datetime

from attrs import frozen
from sqlalchemy import ColumnElement, delete, exists, select

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
        """Keep an answer, in the place of one under its mark that is too old."""
        outdated = delete(answers).where(answers.c.mark == answer.mark, *self._old(now))
        self.transaction.connection.execute(outdated)
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

    def are_over(self, now: datetime) -> bool:
        """Tell whether an answer is too old."""
        return bool(self.transaction.connection.scalar(select(exists().where(*self._old(now)))))

    def forget(self, now: datetime) -> int:
        """Forget the answers that are too old."""
        return self.transaction.connection.execute(delete(answers).where(*self._old(now))).rowcount

    def _old(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(answers), answers.c.answered_at <= _oldest(now)


def _oldest(now: datetime) -> int:
    return to_micros(now - KEPT)
