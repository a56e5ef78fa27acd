"""API keys."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.state import Transaction
from kohorte.core.access.model import ApiKey
from kohorte.core.errors import AlreadyExists, NotFound


@define
class MemoryApiKeys:
    """The tenant's API keys."""

    _transaction: Transaction

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        if any(each.name == key.name and each.revoked_at is None for each in self.all()):
            raise AlreadyExists('There is a key "{name}" already.', hint="Choose another name.", name=key.name)
        self._transaction.written.api_keys[key.id] = key

    def by_id(self, key_id: UUID) -> ApiKey:
        """Return a key."""
        found = self._transaction.seen.api_keys.get(key_id)
        if found is None:
            raise NotFound("There is no key {id}.", hint="Check its id.", id=key_id)
        return found

    def all(self) -> Sequence[ApiKey]:
        """Return all keys by name and id."""
        return sorted(self._transaction.seen.api_keys.values(), key=lambda key: (key.name, key.id))

    def revoke(self, key_id: UUID, at: datetime) -> bool:
        """Note when a key was revoked; return False where it was before, or is unknown."""
        found = self._transaction.seen.api_keys.get(key_id)
        if found is None or found.revoked_at is not None:
            return False
        self._transaction.written.api_keys[key_id] = evolve(found, revoked_at=at)
        return True

    def note_use(self, key_id: UUID, day: date) -> None:
        """Note the last day on which a key was used."""
        found = self._transaction.seen.api_keys.get(key_id)
        if found is not None and found.last_used_on != day:
            self._transaction.written.api_keys[key_id] = evolve(found, last_used_on=day)
