"""The catalogue: what it names is there, and custom fields join the built-in ones."""

import pytest

from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb

PERSON = Owner("person", [Field("name", Kind.TEXT)])
VISITS = Collection("visits", [Field("at", Kind.INSTANT), Field("place", Kind.TEXT)], time="at")


def test_a_catalogue_knows_its_subject_and_fields() -> None:
    catalogue = Catalogue.of(
        PERSON, collections=[VISITS], verbs=[Verb("visit", "visits", "at", objects={"to": "place"})]
    )
    assert catalogue.subject == "person"
    assert catalogue.field("person", "name").kind is Kind.TEXT
    assert catalogue.field("visits", "place").kind is Kind.TEXT


@pytest.mark.parametrize(
    ("collections", "verbs"),
    [
        ([Collection("visits", [], time="at")], []),
        ([Collection("visits", [], parent="tours")], []),
        ([], [Verb("visit", "visits", "at")]),
        ([VISITS], [Verb("visit", "visits", "when")]),
        ([VISITS], [Verb("visit", "visits", "at", required="left_at")]),
        ([VISITS], [Verb("visit", "visits", "at", objects={"with": "friend"})]),
    ],
)
def test_a_catalogue_names_only_what_is_there(collections: list[Collection], verbs: list[Verb]) -> None:
    with pytest.raises(InvalidInput):
        Catalogue.of(PERSON, collections=collections, verbs=verbs)


def test_more_fields_make_another_catalogue() -> None:
    catalogue = Catalogue.of(PERSON, collections=[VISITS])
    more = catalogue.with_fields("person", [Field("score", Kind.INTEGER)]).with_fields(
        "visits", [Field("fee", Kind.MONEY)]
    )
    assert (more.field("person", "score").kind, more.field("visits", "fee").kind) == (Kind.INTEGER, Kind.MONEY)
    for owner, name in (("person", "score"), ("visits", "fee"), ("nobody", "name")):
        with pytest.raises(NotFound):
            catalogue.field(owner, name)
    with pytest.raises(NotFound):
        catalogue.with_fields("nobody", [])


def test_fields_cannot_be_changed_in_place() -> None:
    fields = Catalogue.of(PERSON).owners["person"].fields
    with pytest.raises(TypeError):
        fields["name"] = Field("name", Kind.CODE)  # type: ignore[index]
