"""The typed catalogue: which fields, collections of related rows and verbs a rule may speak of.

The catalogue is data. Kohorte's own is built in ``kohorte.core.catalogue``; an embedder declares another.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from attrs import evolve, field, frozen

from kohorte.core.errors import InvalidInput, NotFound

LARGEST: Final = 10**12
"""Everything that can be summed stays within ± this many units of its scale, so that no engine overflows."""


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"  # free text, compared folded: "Köln" = "KÖLN"
    CODE = "code"  # an identifier, compared exactly
    INTEGER = "integer"
    DECIMAL = "decimal"  # exact, with a declared number of decimals
    MONEY = "money"  # an amount with its ISO 4217 currency
    BOOLEAN = "boolean"
    DATE = "date"  # a calendar day without a zone
    INSTANT = "instant"  # a moment, UTC
    ENUMERATION = "enumeration"  # one of declared codes
    TAGS = "tag set"


@frozen
class Field:
    """A field: its name as rules write it, its kind, and whether a record may lack it.

    ``scale`` is the number of decimals of a decimal field (money takes its currency's).
    ``choices`` are the codes of an enumeration. ``long`` text keeps its line breaks.
    ``legal`` marks consent and other legal facts, for which a missing value must never slip in.
    ``currency`` names the sibling field that carries a money field's currency, where there is one.
    ``stored_as`` is the name under which a custom field's values lie, where that is not the one that it has by now.
    """

    name: str
    kind: Kind
    nullable: bool = True
    scale: int = 0
    choices: tuple[str, ...] = ()
    long: bool = False
    legal: bool = False
    custom: bool = False
    indexed: bool = False
    currency: str | None = None
    stored_as: str | None = None

    @property
    def stored_name(self) -> str:
        """Return the name under which a custom field's values lie: it stays when the field gets another name."""
        return self.stored_as or self.name


def by_name(fields: Iterable[Field]) -> Mapping[str, Field]:
    """Return the fields under their names, read-only."""
    return MappingProxyType({each.name: each for each in fields})


@frozen
class Owner:
    """A record that belongs to the subject one to one: the subject itself, or its customer.

    ``optional`` says that the row may be missing altogether; its fields are then missing too.
    """

    name: str
    fields: Mapping[str, Field] = field(converter=by_name, hash=False)
    optional: bool = False


@frozen
class Collection:
    """Related rows of the subject: purchases, their items, activities.

    ``time`` names the instant field that windows (``last 90 days``) look at.
    ``past_only`` collections have no rows later than now: what lies ahead does not exist yet.
    ``parent`` names the collection whose rows these are lines of; inside a filter over the parent they are that row's.
    ``key`` names the field that tells rows apart: of several at one time, the one with the greatest key is the latest.
    """

    name: str
    fields: Mapping[str, Field] = field(converter=by_name, hash=False)
    time: str | None = None
    past_only: bool = False
    parent: str | None = None
    key: str | None = None


@frozen
class Verb:
    """A word for events: ``did purchase`` = rows of a collection, timed by one of its instants.

    ``required`` names a field that must be set (``open`` = messages whose ``opened_at`` is set).
    ``objects`` maps the word after the verb to the text or code field it compares (``did open campaign "Spring"``).
    """

    name: str
    collection: str
    time: str
    required: str | None = None
    objects: Mapping[str, str] = field(factory=dict[str, str], hash=False)


@frozen
class Catalogue:
    """All that a rule may speak of. ``subject`` names the owner whose records a rule selects."""

    subject: str
    owners: Mapping[str, Owner] = field(hash=False)
    collections: Mapping[str, Collection] = field(factory=dict[str, Collection], hash=False)
    verbs: Mapping[str, Verb] = field(factory=dict[str, Verb], hash=False)
    reserved_collections: tuple[str, ...] = ()
    reserved_verbs: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        *owners: Owner,
        collections: Iterable[Collection] = (),
        verbs: Iterable[Verb] = (),
        reserved_collections: Iterable[str] = (),
        reserved_verbs: Iterable[str] = (),
    ) -> "Catalogue":
        """Build a catalogue; the first owner is the subject.

        Raise ``InvalidInput`` where a verb, time field or parent names something that is not there.
        """
        catalogue = cls(
            subject=owners[0].name,
            owners={owner.name: owner for owner in owners},
            collections={each.name: each for each in collections},
            verbs={each.name: each for each in verbs},
            reserved_collections=tuple(reserved_collections),
            reserved_verbs=tuple(reserved_verbs),
        )
        catalogue._check()
        return catalogue

    def field(self, owner: str, name: str) -> Field:
        """Return a field of an owner or of a collection's rows; raise ``NotFound``."""
        holder = self.owners.get(owner) or self.collections.get(owner)
        found = holder.fields.get(name) if holder else None
        if found is None:
            raise NotFound("There is no field {owner}.{name}.", owner=owner, name=name)
        return found

    def with_fields(self, owner: str, fields: Iterable[Field]) -> "Catalogue":
        """Return a catalogue in which an owner or a collection has more fields (a tenant's custom fields)."""
        added = tuple(fields)
        if owner in self.owners:
            changed = evolve(self.owners[owner], fields=(*self.owners[owner].fields.values(), *added))
            return evolve(self, owners={**self.owners, owner: changed})
        if owner in self.collections:
            rows = evolve(self.collections[owner], fields=(*self.collections[owner].fields.values(), *added))
            return evolve(self, collections={**self.collections, owner: rows})
        raise NotFound("There is nothing called {owner} in the catalogue.", owner=owner)

    def _check(self) -> None:
        for rows in self.collections.values():
            if rows.time is not None and rows.time not in rows.fields:
                raise InvalidInput("{rows} has no field {time}.", rows=rows.name, time=rows.time)
            if rows.key is not None and rows.key not in rows.fields:
                raise InvalidInput("{rows} has no field {key}.", rows=rows.name, key=rows.key)
            if rows.parent is not None and rows.parent not in self.collections:
                raise InvalidInput("{rows} names the parent {parent}.", rows=rows.name, parent=rows.parent)
        for verb in self.verbs.values():
            rows_of = self.collections.get(verb.collection)
            named = {verb.time, *([verb.required] if verb.required else []), *verb.objects.values()}
            if rows_of is None or not named <= rows_of.fields.keys():
                raise InvalidInput("The verb {verb} names no collection with its fields.", verb=verb.name)
