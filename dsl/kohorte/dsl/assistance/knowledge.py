"""What the help may speak of: a catalogue as one reader may see it, names, and values that the data knows."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from attrs import define, evolve, field

from kohorte.core.errors import NotFound, StorageUnavailable
from kohorte.core.fields import Catalogue, Collection, Field, Verb
from kohorte.core.ports.known_values import LEAST_SHARED, MOST, KnownValue, KnownValues, are_told
from kohorte.core.ports.rules import References

Readable = Callable[[str], bool]
"""Says whether a reader may see a field, named as ``contact.country`` or ``purchases.amount``."""


def everything(_name: str) -> bool:
    """Let a reader see every field."""
    return True


@define(slots=False)  # cached properties
class Knowledge:
    """What a reader's help knows; ``whole`` is the tenant's catalogue.

    ``values`` answers which values occur in the data; None where nobody knows. ``readable`` says which fields the
    reader may see: no other is offered, described, or named in a finding. ``used`` counts how often fields are used
    in the rules there are, so that what is often used comes first.
    """

    whole: Catalogue
    references: References
    values: KnownValues | None = None
    readable: Readable = everything
    used: Mapping[str, int] = field(factory=dict[str, int])

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return what the reader may see of the catalogue."""
        return self.whole if self.readable is everything else visible(self.whole, self.readable)

    def known_values(self, owner: str, name: str, prefix: str) -> Sequence[KnownValue]:
        """Return values that occur in a field, the commonest first; none that the reader must not be shown.

        This is the one place that asks the port, and it trusts no answer: values of personal fields, of fields the
        reader may not see, and values that fewer than ``LEAST_SHARED`` contacts share are dropped here.
        """
        try:
            found = self.catalogue.field(owner, name)
        except NotFound:
            return ()
        if self.values is None or not are_told(found):
            return ()
        try:
            answer = self.values.values(owner, name, prefix)
        except StorageUnavailable:  # it takes too long: writing goes on without it
            return ()
        return [each for each in answer if each.count >= LEAST_SHARED][:MOST]


def visible(catalogue: Catalogue, readable: Readable) -> Catalogue:
    """Return a catalogue without the fields that a reader may not see, and without what speaks of them."""
    owners = {
        name: evolve(owner, fields=_seen(name, owner.fields, readable)) for name, owner in catalogue.owners.items()
    }
    collections = {name: _seen_rows(rows, readable) for name, rows in catalogue.collections.items()}
    collections = {name: rows for name, rows in collections.items() if rows.fields}
    verbs = {name: seen for name, verb in catalogue.verbs.items() if (seen := _seen_verb(verb, collections))}
    return evolve(catalogue, owners=owners, collections=collections, verbs=verbs)


def _seen(owner: str, fields: Mapping[str, Field], readable: Readable) -> Sequence[Field]:
    return [each for each in fields.values() if readable(f"{owner}.{each.name}")]


def _seen_rows(rows: Collection, readable: Readable) -> Collection:
    fields = _seen(rows.name, rows.fields, readable)
    time = rows.time if any(each.name == rows.time for each in fields) else None
    return evolve(rows, fields=fields, time=time)


def _seen_verb(verb: Verb, collections: Mapping[str, Collection]) -> Verb | None:
    rows = collections.get(verb.collection)
    if rows is None or not {verb.time, verb.required or verb.time} <= rows.fields.keys():
        return None
    return evolve(verb, objects={word: name for word, name in verb.objects.items() if name in rows.fields})
