"""Columns of a file are read as the fields that they name, and what is unclear is refused with what to do."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.columns import BUILT_IN, OWNERS, REQUIRED, Column, Reading, columns
from kohorte.core.errors import InvalidInput
from kohorte.core.imports.header import Header, read_header
from kohorte.core.ports.records import RecordKind
from kohorte.core.testing.strategies import a_custom_field_of_each_kind


def known(kind: RecordKind = RecordKind.CONTACTS) -> Mapping[str, Column]:
    return columns(kind, a_custom_field_of_each_kind(), Reading(ZoneInfo("UTC"), "EUR"))


def read(*names: str, kind: RecordKind = RecordKind.CONTACTS, mapping: Mapping[str, str] | None = None) -> Header:
    return read_header(names, known(kind), mapping or {}, OWNERS[kind])


@pytest.mark.parametrize("kind", RecordKind)
def test_every_field_is_read_by_its_name(kind: RecordKind) -> None:
    header = read(*reversed(list(known(kind))), kind=kind)
    assert header.names == tuple(known(kind))
    assert header.names[0] == "key"
    assert header.places == tuple(reversed(range(len(header.names))))
    assert header.ignored == ()


@pytest.mark.parametrize("name", ["Email", "E-Mail", "e_mail", " EMAIL ", "e mail"])
def test_names_are_taken_generously(name: str) -> None:
    assert read("Key", name).names == ("key", "email")


@pytest.mark.parametrize("kind", RecordKind)
def test_names_are_taken_as_rules_and_exports_write_them(kind: RecordKind) -> None:
    assert read(*(f"{OWNERS[kind]}.{name}" for name in known(kind)), kind=kind).names == tuple(known(kind))


def test_the_exact_name_comes_before_a_similar_one() -> None:
    header = read("key", "MY_TEXT", "my_text", mapping={"MY_TEXT": "-"})
    assert (header.names, header.places) == (("key", "my_text"), (0, 2))


def test_a_mapping_comes_first() -> None:
    header = read("Kunde", "Wohnort", "city", mapping={"Kunde": "key", "Wohnort": "city", "city": "-"})
    assert (header.names, header.places, header.ignored) == (("key", "city"), (0, 1), ())


def test_unknown_columns_are_left_out_and_told() -> None:
    assert read("key", "Bemerkung", "Höhe").ignored == ("Bemerkung", "Höhe")


@pytest.mark.parametrize(
    ("column", "field"), [("emial", "email"), ("fist_name", "first_name"), ("birthdy", "birthday")]
)
def test_what_looks_like_a_misspelt_field_is_refused(column: str, field: str) -> None:
    with pytest.raises(InvalidInput, match=f'"{column}" is unknown. Did you mean "{field}"') as refused:
        read("key", column)
    assert refused.value.advice() == (
        f'Say which it is: --map "{column}={field}", or --map "{column}=-" to leave it out.'
    )
    assert read("key", column, mapping={column: field}).names == ("key", field)
    assert read("key", column, mapping={column: "-"}).names == ("key",)
    assert read("key", column, field).ignored == (column,)


@pytest.mark.parametrize("kind", RecordKind)
def test_required_columns_must_be_there(kind: RecordKind) -> None:
    for name in REQUIRED[kind]:
        others = [each for each in BUILT_IN[kind] if each != name]
        with pytest.raises(InvalidInput, match=f"The column {name} is missing") as refused:
            read(*others, kind=kind)
        assert f"={name}" in refused.value.advice()


def test_a_missing_header_is_told_by_what_is_there() -> None:
    with pytest.raises(InvalidInput, match=r"There are: C1, ann@example\.com"):
        read("C1", "ann@example.com")


@pytest.mark.parametrize("names", [("key", "city", "city"), ("key", "x", "x"), ("key", "city", "City")])
def test_a_column_or_field_may_stand_once(names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"stands twice|are read as"):
        read(*names)


def test_a_mapping_of_or_to_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match='no column "Stat" to map') as of_nothing:
        read("key", "Stadt", mapping={"Stat": "city"})
    assert 'Did you mean "Stadt"?' in of_nothing.value.advice()
    with pytest.raises(InvalidInput, match='mapped to "town", which is no field'):
        read("key", "Stadt", mapping={"Stadt": "town"})


@given(
    names=st.lists(st.text(max_size=20), max_size=8), mapping=st.dictionaries(st.text(max_size=5), st.text(max_size=5))
)
def test_any_header_is_read_or_refused_with_advice(names: list[str], mapping: dict[str, str]) -> None:
    try:
        header = read_header(names, known(), mapping, "contact")
    except InvalidInput as refused:
        told = f"{refused.text()} {refused.advice()}"
        told.encode()
    else:
        assert len(header.places) == len(set(header.places)) == len(header.fields)
