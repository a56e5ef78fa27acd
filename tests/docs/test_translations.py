"""Everything that the command line may say is there in German, with the same values in it."""

from string import Formatter

import pytest

from kohorte.entrypoints.languages import language
from kohorte.entrypoints.locale import extract


def values_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_the_catalogue_holds_exactly_the_messages_of_the_source() -> None:
    # `python -m kohorte.entrypoints.locale.extract` brings it up to date.
    assert {entry.id for entry in extract.read_catalogue("de") if entry.id} == set(extract.messages())


def test_every_message_is_translated() -> None:
    missing = [entry.id for entry in extract.read_catalogue("de") if entry.id and (not entry.string or entry.fuzzy)]
    assert missing == []


def pairs() -> list[tuple[str, str]]:
    return [(str(entry.id), str(entry.string)) for entry in extract.read_catalogue("de") if entry.id]


def test_a_translation_says_the_same_values() -> None:
    for message, translation in pairs():
        if message not in extract.CLICKS:
            assert values_of(message) == values_of(translation), message


def test_the_compiled_catalogue_is_up_to_date() -> None:
    german = language("de")
    for message, translation in pairs():
        assert german(message) == translation


@pytest.mark.parametrize("name", ["de", "en", "fr"])
def test_numbers_are_written_as_the_reader_writes_them(name: str) -> None:
    assert language(name).number(1_234_567) == {"de": "1.234.567"}.get(name, "1,234,567")
