"""Hypothesis strategies for suites of one's own: well-typed random rules and records over any catalogue.

Rules come as text. Records come as plain dicts with domain values, full of what engines disagree about: letters that
fold oddly, wildcards of LIKE and GLOB, NFC and NFD, changes of clocks, leap days, month ends, ± 10^12, empty texts and
missing values. Constants of rules and values of records are drawn from the same pools, so that they meet::

    @given(rules(catalogue), records(catalogue), instants())
    def test_the_two_agree(rule: str, record: dict[str, object], now: datetime) -> None: ...
"""

from collections.abc import Collection as Names
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kohorte.core.fields import Catalogue, Collection, Field, Kind
from kohorte.core.values import from_units
from kohorte.dsl.records import inherited_fields
from kohorte.dsl.testing.rules import rules
from kohorte.dsl.testing.values import CODES, CURRENCIES, INTEGERS, TEXTS, dates, instants, money, texts

__all__ = ["dates", "instants", "money", "records", "rules", "texts", "values"]


def values(wanted: Field) -> SearchStrategy[Any]:
    """Return domain values of a field, never missing ones."""
    match wanted.kind:
        case Kind.TEXT:
            return texts()
        case Kind.CODE:
            return st.sampled_from(CODES)
        case Kind.ENUMERATION:
            return st.sampled_from(wanted.choices)
        case Kind.INTEGER:
            return st.sampled_from(INTEGERS)
        case Kind.DECIMAL:
            return st.sampled_from([from_units(each, wanted.scale) for each in INTEGERS])
        case Kind.MONEY:
            return money()
        case Kind.BOOLEAN:
            return st.booleans()
        case Kind.DATE:
            return dates()
        case Kind.INSTANT:
            return instants()
        case Kind.TAGS:
            return st.lists(st.sampled_from(TEXTS), max_size=3)


def records(catalogue: Catalogue, only: Names[str] | None = None) -> SearchStrategy[dict[str, Any]]:
    """Return records of the subject, with other owners' records, rows and lines nested in them.

    ``only`` keeps what a rule reads (``Reads.names``): fields as ``contact.country``, collections as ``purchases``.
    """
    subject = catalogue.owners[catalogue.subject]
    parts = _fields(subject.fields, subject.name, only)
    for owner in catalogue.owners.values():
        if owner is not subject and _is_wanted(owner.name, only):
            record = st.fixed_dictionaries(_fields(owner.fields, owner.name, only))
            parts[owner.name] = st.one_of(st.none(), record) if owner.optional else record
    for rows in catalogue.collections.values():
        if rows.parent is None and _is_wanted_with_lines(rows, catalogue, only):
            parts[rows.name] = _rows(rows, catalogue, only)
    return st.fixed_dictionaries(parts)


def _rows(rows: Collection, catalogue: Catalogue, only: Names[str] | None) -> SearchStrategy[list[dict[str, Any]]]:
    fields = _fields(rows.fields, rows.name, only)
    for name in inherited_fields(rows, catalogue):
        fields.pop(name, None)
    for lines in catalogue.collections.values():
        if lines.parent == rows.name and _is_wanted_with_lines(lines, catalogue, only):
            fields[lines.name] = _rows(lines, catalogue, only)
            fields |= {
                name: values(rows.fields[name]) for name in inherited_fields(lines, catalogue) if name not in fields
            }
    return st.lists(st.fixed_dictionaries(fields), max_size=3)


def _fields(fields: Mapping[str, Field], holder: str, only: Names[str] | None) -> dict[str, SearchStrategy[Any]]:
    money_siblings = {each.currency for each in fields.values() if each.kind is Kind.MONEY}
    found: dict[str, SearchStrategy[Any]] = {}
    for name, wanted in fields.items():
        if only is not None and f"{holder}.{name}" not in only and name not in money_siblings:
            continue
        if name in money_siblings:
            found[name] = st.sampled_from(CURRENCIES)
            continue
        values_of = _amounts() if wanted.kind is Kind.MONEY and wanted.currency is not None else values(wanted)
        found[name] = st.one_of(st.none(), values_of, values_of, values_of) if wanted.nullable else values_of
    return found


def _amounts() -> SearchStrategy[Decimal]:
    """Return amounts that fit every currency."""
    return st.sampled_from([Decimal(each) for each in (0, 1, -1, 5, 50, 500, 10**9, -(10**9))])


def _is_wanted(holder: str, only: Names[str] | None) -> bool:
    return only is None or any(each == holder or each.startswith(f"{holder}.") for each in only)


def _is_wanted_with_lines(rows: Collection, catalogue: Catalogue, only: Names[str] | None) -> bool:
    lines = (each for each in catalogue.collections.values() if each.parent == rows.name)
    return _is_wanted(rows.name, only) or any(_is_wanted_with_lines(each, catalogue, only) for each in lines)
