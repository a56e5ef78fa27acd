"""Errors: a stable code, what was wrong, what to do, in the reader's language."""

import pytest

import kohorte.core.registry  # noqa: F401 - all modules of the core, and so all errors, are loaded from here on
from kohorte.core.errors import InvalidValue, KohorteError, NotFound
from kohorte.core.saving import InvalidFields

GERMAN = {
    "There is no {kind} {key}.": "Es gibt keinen {kind} {key}.",
    "Check its key.": "Prüfe den Schlüssel.",
    "{count} field(s) cannot be taken. {name}: {problem}": "{count} Felder gehen nicht. {name}: {problem}",
}


def german(template: str) -> str:
    return GERMAN.get(template, template)


def all_errors(parent: type[KohorteError] = KohorteError) -> list[type[KohorteError]]:
    children = [each for each in parent.__subclasses__() if each.__module__.startswith("kohorte.core")]
    return [parent, *(each for child in children for each in all_errors(child))]


def test_an_error_says_what_was_wrong_and_what_to_do_in_each_language() -> None:
    error = NotFound("There is no {kind} {key}.", hint="Check its key.", kind="contact", key="{C1}")
    assert str(error) == error.text() == "There is no contact {C1}."
    assert error.text(german) == "Es gibt keinen contact {C1}."
    assert (error.advice(), error.advice(german)) == ("Check its key.", "Prüfe den Schlüssel.")


def test_several_problems_are_said_in_each_language_too() -> None:
    inner = NotFound("There is no {kind} {key}.", hint="Check its key.", kind="contact", key="C1")
    error = InvalidFields({"contact": inner, "at": InvalidValue("It is missing.")})
    assert str(error) == "2 field(s) cannot be taken. contact: There is no contact C1."
    assert error.text(german) == "2 Felder gehen nicht. contact: Es gibt keinen contact C1."
    assert error.advice(german) == "Prüfe den Schlüssel."


def test_braces_in_a_message_without_values_stay() -> None:
    assert NotFound("There is no {thing}.").text() == "There is no {thing}."


@pytest.mark.parametrize("error", all_errors(), ids=lambda each: each.__name__)
def test_every_error_has_a_code_and_a_builtin_that_fits(error: type[KohorteError]) -> None:
    assert error.code.islower()
    assert error is KohorteError or len([each for each in error.__mro__ if each.__module__ == "builtins"]) >= 3


def test_codes_tell_errors_apart() -> None:
    codes = {error: error.code for error in all_errors()}
    own = {error: code for error, code in codes.items() if "code" in vars(error)}
    assert len(set(own.values())) == len(own)
