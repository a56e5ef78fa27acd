"""Explanations in words."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.values import Money
from kohorte.dsl import Language
from kohorte.dsl.explaining.telling import sentences
from kohorte.dsl.explaining.withholding import withholding
from kohorte.dsl.sentences.telling import spellings
from tests.dsl.explaining.test_explaining_laws import Case, cases

LANGUAGE: Final = Language(
    kohorte_catalogue(), zone="Europe/Berlin", segments={"germans": 'contact.country = "DE"', "vip": {1}}, key="id"
)
NOW: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANNA: Final[dict[str, Any]] = {
    "id": 1,
    "country": "AT",
    "email": "anna@example.com",
    "purchases": [
        {
            "key": "1",
            "at": "2026-02-02T13:00:00Z",
            "amount": Money.of_units(45999, "EUR"),
            "currency": "EUR",
            "items": [],
        }
    ],
}


def told(text: str, language: Any = "en", now: datetime = NOW) -> tuple[str, ...]:
    rule = LANGUAGE.rule(text)
    return sentences(rule.explain(ANNA, now), language, catalogue=rule.catalogue, spelled=spellings(rule.syntax))


def test_a_member_who_will_leave_hears_why_and_what_would_hinder_it() -> None:
    answer, change, until = told("any purchases(last 90 days)")
    assert answer == "In, because they have made at least one purchase in the last 90 days (1)."
    assert change == "This changes as soon as they have made no purchases in the last 90 days (1 fewer)."
    at, unless = until.split(" unless before then ")
    assert at == "Will leave on 3 May 2026, 14:00 (Europe/Berlin)"
    assert unless == "they have made at least one purchase in the last 90 days (1 more)."


def test_the_same_is_said_in_german() -> None:
    answer, change, until = told("any purchases(last 90 days)", "de")
    assert answer == "Dabei, weil er in den letzten 90 Tagen mindestens einen Kauf getätigt hat (1)."
    assert change == "Das ändert sich, sobald er in den letzten 90 Tagen keine Käufe getätigt hat (1 weniger)."
    at, unless = until.split(", es sei denn, dass ")
    assert at == "Scheidet am 3. Mai 2026, 14:00 Uhr (Europe/Berlin) aus"
    assert unless == "er in den letzten 90 Tagen mindestens einen Kauf getätigt hat (1 mehr)."


def test_what_is_missing_is_said_to_be_missing() -> None:
    assert told("contact.birthday has anniversary in the next 7 days")[0] == (
        "Not in, because their date of birth is not known."
    )
    assert told("contact.birthday has anniversary in the next 7 days", "de")[0] == (
        "Nicht dabei, weil sein Geburtsdatum unbekannt ist."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('contact.country = "DE"', "This changes as soon as their country is “DE” (now: “AT”)."),
        ('in segment "germans"', "This changes as soon as their country is “DE” (now: “AT”)."),
        ('contact.city = "Köln"', "This changes as soon as their city is “Köln” (now: not known)."),
        ('not in segment "vip"', "This changes as soon as they are not in the segment “vip”."),
        ("purchases.count >= 2", "This changes as soon as they have made at least 2 purchases (1 more)."),
        (
            "purchases.sum(amount) >= 500 EUR",
            "This changes as soon as the total amount of their purchases is at least €500 (€40.01 more).",
        ),
        (
            'contact.email does not contain "anna"',
            "This changes as soon as their e-mail address does not contain “anna” (now: “anna@example.com”).",
        ),
        (
            'contact.country = "DE" and contact.country = "AT"',
            "Nothing in the record could change that at this instant.",
        ),
        ("true", "Nothing in the record could change that at this instant."),
    ],
)
def test_a_change_is_said_as_what_has_to_become_true(text: str, sentence: str) -> None:
    assert told(text)[1] == sentence


def test_where_other_conditions_would_not_bear_any_value_the_proposed_one_is_said() -> None:
    said = told('contact.country = "AT" and contact.city starts with "K" and contact.city ends with "n"')
    assert said[1].endswith("their city is “Kn” (now: not known).")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (
            "any purchases(amount > 9 EUR) and purchases.count >= 3",
            "they have made at least 3 purchases (2 more).",
        ),
        (
            "purchases.count >= 3 and purchases.count < 9",
            "they have made 3 to 8 purchases (2 more).",
        ),
        (
            "purchases.count > 2 and purchases.sum(amount) >= 500 EUR",
            (
                "the total amount of their purchases is at least €500 (€40.01 more)"
                " and they have made at least 3 purchases (2 more)."
            ),
        ),
        ("purchases.count != 0 and purchases.count < 1", "nothing"),
        ("purchases.count in (0)", "they have made no purchases (1 fewer)."),
        ("purchases.count not in (0)", "they have made no purchases (1 fewer)."),
        (
            "any purchases and no purchases(last 90 days)",
            "they have made no purchases in the last 90 days (1 fewer) and they have made at least one purchase.",
        ),
        (
            "contact.birthday after 1990-01-01 and contact.birthday after 1980-01-01",
            "their date of birth is on or after 2 January 1990 (now: not known; for example: 1 May 2026).",
        ),
        (
            "contact.birthday before 1990-01-01 and contact.birthday is set",
            "their date of birth is before 1 January 1990 (now: not known; for example: 31 December 1989).",
        ),
        (
            'any purchases(contact.city = "Köln")',
            "their city is “Köln” (now: not known).",
        ),
        (
            'any activities(contact.city = "Köln")',
            (
                "their city is “Köln” (now: not known)"
                " and they have at least one activity where the contact’s city is “Köln” (1 more)."
            ),
        ),
    ],
)
def test_what_else_would_do_is_said_and_what_must_stay(text: str, change: str) -> None:
    start = "This changes as soon as "
    assert told(text)[1] == (
        start + change if change != "nothing" else "Nothing in the record could change that at this instant."
    )


def test_what_else_would_do_is_said_in_german_too() -> None:
    assert told("purchases.count > 2 and purchases.count < 9", "de")[1] == (
        "Das ändert sich, sobald er 3 bis 8 Käufe getätigt hat (2 mehr)."
    )
    assert told("contact.birthday after 1990-01-01 and contact.birthday is set", "de")[1] == (
        "Das ändert sich, sobald sein Geburtsdatum frühestens am 2. Januar 1990 liegt"
        " (jetzt: unbekannt; zum Beispiel: 1. Mai 2026)."
    )


def test_an_average_between_two_units_is_said_by_both() -> None:
    said = told("purchases.avg(amount) > 459.99 EUR and purchases.avg(amount) < 460 EUR")[1]
    average = "the average amount of their purchases is"
    assert said == f"This changes as soon as {average} more than €459.99 and {average} less than €460."


def test_a_rule_without_conditions_has_no_reasons() -> None:
    assert told("true")[0] == "In: the rule selects everybody."
    assert told("false", "de")[0] == "Nicht dabei: Die Regel wählt niemanden aus."


def test_many_reasons_are_counted_rather_than_said() -> None:
    text = " or ".join(f'contact.city contains "{each}"' for each in range(20))
    assert told(text)[0].endswith(" and 15 more conditions.")


def test_what_is_withheld_is_not_said() -> None:
    explanation = withholding(
        LANGUAGE.rule('contact.email ends with ".de"').explain(ANNA, NOW), {"contact.email"}.__contains__
    )
    said = " ".join(sentences(explanation, "en"))
    assert "anna" not in said
    assert "(withheld)" in said


def test_an_answer_that_stays_says_so() -> None:
    assert told('contact.country = "AT"')[2] == "Stays so as long as the data do not change."
    assert told("purchases.max(at) before 2027-01-01", now=NOW + timedelta(days=1))[0].startswith("In, because")


@given(cases())
def test_every_explanation_can_be_said_in_both_languages(case: Case) -> None:
    explanation = case.explained()
    for language in ("en", "de"):
        said = sentences(explanation, language)
        assert len(said) == 2
        assert all(each.endswith(".") for each in said)
