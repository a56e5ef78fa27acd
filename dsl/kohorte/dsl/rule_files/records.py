"""Records that people write as JSON in examples, as the predicate reads them.

Texts, numbers, truth values and lists mean themselves; dates and instants are texts (``2024-02-29``,
``2024-02-29T10:30:00Z``); an amount stands beside its currency as in the catalogue, or, where the catalogue names no
field for the currency, is written ``{"amount": 12.50, "currency": "EUR"}``. What is not written is missing; what a rule
reads and no record can lack must be written, but for the keys of rows.
"""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, cast

from attrs import frozen

from kohorte.core.errors import InvalidInput, InvalidValue
from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.values import Money, parse_currency, parse_number
from kohorte.dsl.records import inherited_fields


def record_of(written: Mapping[str, Any], catalogue: Catalogue, reads: Collection[str] = ()) -> dict[str, Any]:
    """Return a record of the catalogue's subject; raise ``InvalidInput`` for names and values that nothing can hold.

    Values of fields are looked at when a rule reads them. ``reads`` names the fields that it does read (see
    ``records.Reads.names``): those that are never missing must be there.
    """
    return _Reader(catalogue, reads).subject(written)


@frozen
class _Reader:
    catalogue: Catalogue
    reads: Collection[str]

    def subject(self, written: Mapping[str, Any]) -> dict[str, Any]:
        owners = {name: owner for name, owner in self.catalogue.owners.items() if name != self.catalogue.subject}
        known = self.catalogue.owners[self.catalogue.subject].fields
        record = dict(self._fields(written, known, {*owners, *self._collections(None)}, self.catalogue.subject))
        self._see_whole(record, known, self.catalogue.subject)
        for name, owner in owners.items():
            if written.get(name) is not None:
                record[name] = dict(self._fields(_object(written[name], name), owner.fields, set(), name))
        return record | self._rows(written, None)

    def _rows(self, written: Mapping[str, Any], parent: str | None) -> dict[str, Any]:
        names = self._collections(parent)
        return {name: [self._row(each, name) for each in _list(written[name], name)] for name in names & written.keys()}

    def _row(self, written: object, name: str) -> dict[str, Any]:
        row, fields = _object(written, name), self.catalogue.collections[name].fields
        found = dict(self._fields(row, fields, self._collections(name), name))
        self._see_whole(found, fields, name)
        return found | self._rows(row, name)

    def _see_whole(self, found: Mapping[str, Any], known: Mapping[str, Field], of: str) -> None:
        """Raise ``InvalidInput`` where a value is not written that the rule reads and that is never missing."""
        rows = self.catalogue.collections.get(of)
        elsewhere = inherited_fields(rows, self.catalogue) | {rows.key} if rows else frozenset[str | None]()
        elsewhere |= {each.currency for each in known.values()}  # an amount may say it
        for name, each in known.items():
            if not each.nullable and name not in elsewhere and found.get(name) is None and f"{of}.{name}" in self.reads:
                raise InvalidInput(
                    "{of} has no {name}, which is never missing.", hint="Write it in the example.", of=of, name=name
                )

    def _collections(self, parent: str | None) -> set[str]:
        return {name for name, each in self.catalogue.collections.items() if each.parent == parent}

    def _fields(
        self, written: Mapping[str, Any], known: Mapping[str, Field], others: set[str], of: str
    ) -> Iterator[tuple[str, Any]]:
        for name, value in written.items():
            if name in others:
                continue
            if name not in known:
                raise _unknown(name, of, [*known, *others])
            yield name, _value(value, known[name])


def _value(value: object, of: Field) -> object:
    """Return a field's value: an amount with its currency, a list of tags, or what is neither list nor object."""
    if of.kind is Kind.MONEY:
        return _money(value, of.name)
    if type(value) in ({dict} if of.kind is Kind.TAGS else {dict, list}):  # as JSON has them
        raise InvalidInput(
            "What stands at {name} is no single value.",
            hint="Write a text, a number, true, false or null.",
            name=of.name,
        )
    return value


def _money(value: object, name: str) -> object:
    """Return an amount with its currency, or what stands beside its currency as it is."""
    if not isinstance(value, dict):
        return value
    written = _object(cast("object", value), name)
    try:
        amount, currency = written["amount"], written["currency"]
        return Money.of(parse_number(str(amount)), parse_currency(str(currency)))
    except (KeyError, InvalidValue) as wrong:
        raise InvalidInput(
            "The amount {name} cannot be read.", hint='Write it like {{"amount": 12.50, "currency": "EUR"}}.', name=name
        ) from wrong


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("What stands at {name} is no JSON object.", hint="Write it in braces.", name=name)
    return cast("Mapping[str, Any]", value)


def _list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise InvalidInput("What stands at {name} is no list of rows.", hint="Write it in square brackets.", name=name)
    return cast("list[object]", value)


def _unknown(name: str, of: str, known: list[str]) -> InvalidInput:
    close = get_close_matches(name, known, n=1)
    if close:
        return InvalidInput(
            "{of} has no field {name}.", hint='Did you mean "{close}"?', of=of, name=name, close=close[0]
        )
    return InvalidInput("{of} has no field {name}.", hint="See all with: kohorte field list", of=of, name=name)
