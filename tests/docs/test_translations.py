"""Everything that the command line may say is there in German, with the same values in it."""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import click
import pytest

from kohorte.adapters.storage import failures
from kohorte.dsl.errors import render
from kohorte.entrypoints.cli.app import kohorte
from kohorte.entrypoints.languages import language
from kohorte.entrypoints.locale import extract
from tests.dsl.test_checker_messages import problems_of
from tests.entrypoints.test_start import all_below


def values_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_the_catalogue_holds_exactly_the_messages_of_the_source() -> None:
    # `python -m kohorte.entrypoints.locale.extract` brings it up to date.
    known = {entry.id for entry in extract.read_catalogue("de") if entry.id}
    assert known == {*extract.messages(), *extract.CLICKS_PLURALS}


def test_every_message_is_translated() -> None:
    entries = [entry for entry in extract.read_catalogue("de") if entry.id]
    assert [entry.id for entry in entries if entry.fuzzy or not all(forms(entry.string))] == []


def forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """Return the singular and the plural of a message that has both, or the one form."""
    return [*text] if isinstance(text, list | tuple) else [text or ""]


GOLDEN = Path(__file__).parents[1] / "dsl"


def wrong_rules() -> Iterator[str]:
    for folder in ("golden", "golden_checker"):
        for page in sorted((GOLDEN / folder).glob("*.txt")):
            for case in page.read_text("utf-8").split("\n====\n"):
                yield case.partition("\n----\n")[0]


def test_everything_that_is_said_about_wrong_rules_is_in_the_catalogue() -> None:
    asked: set[str] = set()

    def note(message: str) -> str:
        asked.add(message)
        return message

    for rule in wrong_rules():
        for problem in problems_of(rule):
            render(problem, rule, note)
    assert len(asked) > 200
    assert asked - set(extract.messages()) == set()


def test_every_kind_of_failure_of_a_database_is_in_the_catalogue() -> None:
    tables = (*failures._SQLITE.values(), *failures._POSTGRES.values(), *(meaning for _, meaning in failures._WORDS))
    said = {text for meaning in tables for text in (meaning.message, meaning.hint)}
    assert said - set(extract.messages()) == set()


def pairs() -> list[tuple[str, str]]:
    entries = [entry for entry in extract.read_catalogue("de") if isinstance(entry.id, str) and entry.id]
    return [(str(entry.id), str(entry.string)) for entry in entries]


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


def texts_of_help(command: click.Command) -> Iterator[str]:
    for paragraph in (command.help or "").split("\n\n"):
        yield " ".join(paragraph.split())
    for parameter in command.params:
        yield str(getattr(parameter, "help", None) or "")
        yield parameter.metavar or ""


def test_everything_that_help_says_is_in_the_catalogue() -> None:
    known = extract.messages()
    commands = [command for _, command in all_below("kohorte", kohorte)]
    said = {text for command in commands for text in texts_of_help(command)} - {""}
    assert said - set(known) == set()
