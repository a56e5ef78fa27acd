"""What the help knows of a tenant: read from its database once in a while, and asked for values as somebody types."""

from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

from attrs import define, field, frozen

from kohorte.core.bus import Ports
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.errors import KohorteError
from kohorte.core.ports.known_values import KnownValue, KnownValues
from kohorte.core.ports.rules import ListReference, SegmentReference
from kohorte.core.segments.references import reference_to
from kohorte.core.tenants.model import Tenant
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.entrypoints.bootstrap import Application

_FRESH: Final = 10.0
"""Seconds for which names are taken as they were read."""
_VALUES_FRESH: Final = 60.0
_MOST_ANSWERS: Final = 1_000
"""Answers about values that are kept."""


@frozen
class Names:
    """What rules may name, as it was when it was read."""

    zone: str = "UTC"
    segments: Mapping[str, SegmentReference] = field(factory=dict[str, SegmentReference])
    lists: Mapping[str, ListReference] = field(factory=dict[str, ListReference])
    held: Sequence[str] = ()

    def segment(self, name: str) -> SegmentReference | None:
        """Return the segment of that name."""
        return self.segments.get(name)

    def segment_names(self) -> Sequence[str]:
        """Return all names."""
        return [*self.segments]

    def stored_list(self, name: str) -> ListReference | None:
        """Return the stored list of that name."""
        return self.lists.get(name)

    def stored_list_names(self) -> Sequence[str]:
        """Return all names."""
        return [*self.lists]

    def currencies(self) -> Sequence[str]:
        """Return the currencies of purchases, the commonest first."""
        return self.held


def built_in() -> Knowledge:
    """Return what is known without a database: Kohorte's own catalogue, and no names."""
    return Knowledge(kohorte_catalogue(), Names())


@define
class TenantKnowledge:
    """The knowledge of a tenant's help. Where the database is gone for a while, it stays as it was."""

    application: Application
    tenant: Tenant
    _known: Knowledge | None = field(default=None, init=False)
    _read_at: float = field(default=0.0, init=False)

    def __call__(self) -> Knowledge:
        """Return what is known now."""
        if self._known is None or monotonic() - self._read_at > _FRESH:
            self._known = self._read(self._known)
            self._read_at = monotonic()
        return self._known

    def _read(self, before: Knowledge | None) -> Knowledge:
        values = before.values if before else TenantValues(self.application, self.tenant)
        try:
            with self.application.bus.ports(self.tenant, reading=True) as ports:
                return self._from(ports, values)
        except KohorteError:
            if before is None:
                raise
            return before

    @staticmethod
    def _from(ports: Ports, values: KnownValues | None) -> Knowledge:
        work = ports.work
        segments = work.segments.all()
        names = Names(
            work.tenant.zone,
            {each.name: reference_to(each) for each in segments},
            {each.name: ListReference(each.id, each.name) for each in work.lists.all()},
            tuple(work.purchases.currencies()),
        )
        used = Counter(name for each in segments for name in each.fields)
        catalogue = with_custom_fields(kohorte_catalogue(), work.custom_fields.all())
        return Knowledge(catalogue, names, values, used=used)


@define
class TenantValues:
    """The port of known values, each question in a transaction of its own; answers are kept for a minute."""

    application: Application
    tenant: Tenant
    _kept: dict[tuple[str, str, str], tuple[float, Sequence[KnownValue]]] = field(
        factory=dict[tuple[str, str, str], tuple[float, Sequence[KnownValue]]], init=False
    )

    def values(self, owner: str, field: str, prefix: str = "") -> Sequence[KnownValue]:
        """Return values that occur in a field; raise ``StorageUnavailable`` where that would take too long."""
        question = owner, field, prefix
        asked_at, answer = self._kept.get(question, (-_VALUES_FRESH, ()))
        if monotonic() - asked_at < _VALUES_FRESH:
            return answer
        with self.application.bus.ports(self.tenant, reading=True) as ports:
            answer = ports.work.known_values.values(owner, field, prefix)
        if len(self._kept) >= _MOST_ANSWERS:
            self._kept.clear()
        self._kept[question] = monotonic(), answer
        return answer
