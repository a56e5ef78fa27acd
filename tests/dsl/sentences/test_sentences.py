"""Sentences, clauses and labels: what is said, and what is left unsaid."""

import pytest

from kohorte.dsl import Language
from kohorte.dsl.sentences import Gender, Noun, Words, clause, label, lines, pieces, said, sentence
from kohorte.dsl.sentences.english_words import ENGLISH_WORDS
from kohorte.dsl.sentences.german_words import GERMAN_WORDS
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import All, Condition
from tests.dsl.sentences.said import said as compiled


def first(rule: str) -> Condition:
    """Return the first condition of a rule."""
    condition = compiled(rule).checked.condition
    return condition.parts[0] if isinstance(condition, All) else condition


# -- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ("contact.score = 1_000_000", "is 1,000,000", "1.000.000 beträgt"),
        ("contact.height > 1.5", "is more than 1.5", "über 1,5 liegt"),
        ("contact.score < -5", "is less than −5", "unter −5 liegt"),
        ("contact.limit >= 1000.50 EUR", "is at least €1,000.50", "mindestens 1.000,50\u00a0€ beträgt"),
        ("contact.limit >= 1000.50 CHF", "is at least CHF 1,000.50", "mindestens 1.000,50\u00a0CHF beträgt"),
        ("contact.limit >= 1000 JPY", "is at least JPY 1,000", "mindestens 1.000\u00a0JPY beträgt"),
        ("contact.renewed_on on 2026-05-03", "is on 3 May 2026", "auf den 3. Mai 2026 fällt"),
        (
            "contact.seen_at before 2026-05-03T14:05:09",
            "is before 3 May 2026, 14:05:09",
            "vor dem 3. Mai 2026, 14:05:09",
        ),
    ],
)
def test_numbers_money_and_dates_are_written_as_people_write_them(rule: str, english: str, german: str) -> None:
    assert english in compiled(rule).say("en")
    assert german in compiled(rule).say("de")


def test_texts_keep_the_capitals_that_the_rule_gives_them() -> None:
    rule = compiled('contact.city in ("Köln", "BERLIN") or did open campaign "Spring Sale"')
    assert "“BERLIN” or “Köln”" in rule.say("en")
    assert "„Spring Sale“" in rule.say("de")


def test_a_text_with_quotation_marks_does_not_end_before_its_end() -> None:
    found = clause(first('contact.key = "a” or “b"'), "en")
    assert found == r"their key is “a\” or \“b”"
    assert found != clause(first('contact.key in ("a", "b")'), "en")


# -- what may be missing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ('contact.country != "US"', "is not “US” (or is not known)", "nicht „US“ ist (oder unbekannt ist)"),
        ('contact.key != "US"', "is not “US”", "nicht „US“ ist"),
        ('customer.key != "US"', "is not “US” (or is not known)", "nicht „US“ ist (oder unbekannt ist)"),
        (
            "not contact.score > 5",
            "is not more than 5 (or is not known)",
            "nicht über 5 liegt (oder unbekannt ist)",
        ),
        (
            "not purchases.avg(amount) > 5 EUR",
            "is not more than €5 (or there is none)",
            "nicht über 5\u00a0€ liegt (oder fehlt)",
        ),
        ("not purchases.sum(amount) > 5 EUR", "is not more than €5", "nicht über 5\u00a0€ liegt"),
        (
            "not contact.limit > 5 EUR",
            "(or is in another currency or not known)",
            "(oder auf eine andere Währung lautet oder unbekannt ist)",
        ),
    ],
)
def test_a_missing_value_is_told_where_it_matters(rule: str, english: str, german: str) -> None:
    assert compiled(rule).say("en").endswith(f"{english}.")
    assert compiled(rule).say("de").endswith(f"{german}.")


def test_what_is_known_from_beside_needs_no_note() -> None:
    assert "not known" not in compiled('contact.country is set and contact.country != "GB"').say("en")
    assert "not known" not in compiled("contact.score >= 5 and contact.score != 7").say("en")
    assert "not known" in compiled('contact.country is set or contact.country != "GB"').say("en")


# -- and, or -----------------------------------------------------------------------------------------------------


def test_two_alternatives_in_a_conjunction_stand_last() -> None:
    rule = compiled('(contact.city = "Bonn" or any purchases) and contact.country = "DE"')
    assert rule.say("en") == (
        "A contact is selected if their country is “DE” and either their city is “Bonn” "
        "or they have made at least one purchase (or both)."
    )


def test_conjunctions_in_alternatives_begin_with_if() -> None:
    rule = compiled('contact.country = "AT" or (contact.country = "DE" and any purchases)')
    assert rule.say("de") == (
        "Ein Kontakt wird ausgewählt, wenn sein Land „AT“ ist oder wenn sein Land „DE“ ist "
        "und er mindestens einen Kauf getätigt hat."
    )


def test_what_no_sentence_can_hold_becomes_a_nested_list() -> None:
    rule = compiled("(contact.a = 1 or contact.b = 2) and (contact.c = 3 or (contact.d = 4 and contact.e = 5))")
    assert rule.say("de").splitlines()[:3] == [
        "Ein Kontakt wird ausgewählt, wenn alle folgenden Bedingungen zutreffen:",
        "  – mindestens eine der folgenden Bedingungen trifft zu:",
        "    – sein Wert in „a“ beträgt 1",
    ]
    assert [line.depth for line in lines(rule.checked, "en")] == [0, 1, 2, 2, 1, 2, 2, 3, 3]
    whole = said(rule.checked, "en")
    assert whole.joined_by == "and"
    assert [part.joined_by for part in whole.parts] == ["or", "or"]
    assert pieces(rule.checked, "en") is None


def test_many_conditions_on_rows_become_a_list_below_them() -> None:
    rule = compiled(
        'purchases(amount > 50 EUR and status is set and count > 2 and category != "tea" and open, last 90 days)'
        ".sum(amount) >= 500 EUR"
    )
    heading, *conditions = rule.say("en").splitlines()
    assert heading == (
        "A contact is selected if the total amount of their purchases in the last 90 days is at least €500, "
        "counting only those where all of the following are true:"
    )
    assert conditions == [
        "  – the amount is more than €50",
        "  – the status is known",
        "  – the “count” is more than 2",
        "  – the “category” is not “tea” (or is not known)",
        "  – the “open” is set to yes",
    ]


def test_a_clause_with_a_clause_of_its_own_is_closed_by_a_comma() -> None:
    rule = compiled('any purchases(amount > 50 EUR) and contact.country = "DE"')
    assert "bei dem der Betrag über 50\u00a0€ liegt, und sein Land" in rule.say("de")
    assert "where the amount is more than €50, and their country" in rule.say("en")


def test_the_subject_inside_a_filter_is_named() -> None:
    inside = compiled('any purchases(amount > 50 EUR and contact.country = "DE")').say("en")
    assert inside.endswith("where the amount is more than €50 and the contact’s country is “DE”).")


# -- clauses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "english", "main", "subordinate"),
    [
        (
            "contact.created_at more than 30 days ago",
            "they were added more than 30 days ago",
            "er wurde vor mehr als 30 Tagen angelegt",
            "er vor mehr als 30 Tagen angelegt wurde",
        ),
        (
            "not contact.renewed_on more than 30 days ago",
            "their “renewed_on” was not more than 30 days ago (or is not known)",
            "sein Wert in „renewed_on“ liegt nicht mehr als 30 Tage zurück (oder ist unbekannt)",
            "sein Wert in „renewed_on“ nicht mehr als 30 Tage zurückliegt (oder unbekannt ist)",
        ),
        (
            "purchases(last 90 days).count >= 3",
            "they have made at least 3 purchases in the last 90 days",
            "er hat in den letzten 90 Tagen mindestens 3 Käufe getätigt",
            "er in den letzten 90 Tagen mindestens 3 Käufe getätigt hat",
        ),
        (
            "contact.birthday has anniversary in the next 7 days",
            "their birthday is in the next 7 days",
            "sein Geburtstag liegt in den nächsten 7 Tagen",
            "sein Geburtstag in den nächsten 7 Tagen liegt",
        ),
    ],
)
def test_a_condition_is_a_clause_for_an_explanation(rule: str, english: str, main: str, subordinate: str) -> None:
    condition = first(rule)
    assert clause(condition, "en") == clause(condition, "en", subordinate=True) == english
    assert clause(condition, "de") == main
    assert clause(condition, "de", subordinate=True) == subordinate


def test_conditions_in_one_clause_stand_in_brackets() -> None:
    rule = compiled("(contact.a = 1 or contact.b = 2) and not (contact.c = 3 and contact.d = 4)")
    assert clause(rule.checked.condition, "en") == (
        "(their “a” is 1 or their “b” is 2) and "
        "(their “c” is not 3 (or is not known) or their “d” is not 4 (or is not known))"
    )


def test_two_ends_of_one_period_are_said_as_one_and_lead_to_both() -> None:
    text = "contact.renewed_on on or after 2026-05-03 and contact.renewed_on before 2026-06-01 and any purchases"
    found = pieces(compiled(text).checked, "en")
    assert found is not None
    period = next(piece for piece in found if piece.span is not None)
    assert period.text == "their “renewed_on” is in the period from 3 May 2026 to 31 May 2026"
    assert period.span == Span(0, text.index(" and any"))


def test_words_of_a_sentence_lead_to_the_words_of_the_rule() -> None:
    text = 'contact.country = "DE" and no purchases'
    found = pieces(compiled(text).checked, "en")
    assert found is not None
    spans = [piece.span for piece in found if piece.span is not None]
    assert [text[span.start : span.end] for span in spans] == ['contact.country = "DE"', "no purchases"]
    assert Span(0, 0) not in spans


# -- time --------------------------------------------------------------------------------------------------------


def test_a_zone_is_named_where_the_rule_states_it_and_days_hang_on_it() -> None:
    assert "America/New_York" in compiled('in zone "America/New_York" contact.created_at this month').say("en")
    assert "New_York" not in compiled('in zone "America/New_York" contact.country = "US"').say("en")
    assert "New_York" not in compiled('in zone "America/New_York" purchases(last 3 hours).count > 1').say("en")
    assert "Berlin" not in compiled("contact.created_at this month").say("en")
    rule = compiled("purchases(this month).count > 1").checked
    assert "Europe/Berlin" in sentence(rule, "de")
    assert "Europe/Berlin" not in sentence(rule, "de", home="Europe/Berlin")


def test_a_rolling_month_is_not_said_as_the_calendar_month() -> None:
    rolling, calendar = "contact.created_at in the last 1 month", "contact.created_at last month"
    assert compiled(rolling).say("en") != compiled(calendar).say("en")
    assert compiled(rolling).say("de") != compiled(calendar).say("de")


# -- words of one's own ------------------------------------------------------------------------------------------


def test_what_has_no_words_goes_by_its_name_or_its_label() -> None:
    rule = compiled("contact.score > 5").checked
    assert clause(rule.condition, "de") == "sein Wert in „score“ liegt über 5"
    words = ENGLISH_WORDS.labelled({"contact.score": "loyalty points"})
    assert clause(rule.condition, "en", words=words) == "their “loyalty points” is more than 5"
    assert label(rule, "en", words=words) == "loyalty points > 5"


def test_an_embedder_speaks_of_other_subjects() -> None:
    language = Language.of({"user": {"tier": ["gold"], "age": "integer"}, "orders": [{"at": "instant"}]})
    rule = language.rule('user.tier = "gold" and orders(last 7 days).count >= 2')
    assert rule.say("en") == (
        "A user is selected if their “tier” is “gold” "
        "and they have had at least 2 entries in “orders” in the last 7 days."
    )
    assert rule.say("de") == (
        "Ein Datensatz wird ausgewählt, wenn sein Wert in „tier“ gleich „gold“ ist "
        "und er in den letzten 7 Tagen mindestens 2 Einträge in „orders“ hatte."
    )


def test_german_follows_the_gender_of_the_subject() -> None:
    language = Language.of({"company": {"age": "integer"}, "purchases": [{"at": "instant"}]})
    rule = language.rule("company.age > 5 and no purchases")
    company = Noun("Firma", "Firmen", Gender.FEMININE, "Firma")
    words = Words(company, rows=GERMAN_WORDS.rows)
    assert rule.say("de", words=words) == (
        "Eine Firma wird ausgewählt, wenn ihr Wert in „age“ über 5 liegt und sie keine Käufe getätigt hat."
    )


# -- labels ------------------------------------------------------------------------------------------------------


def test_a_label_says_the_main_points() -> None:
    rule = compiled('customer.category = "wholesale" and purchases(last 90 days).count >= 3')
    assert rule.label("en") == "wholesale · ≥ 3 purchases in 90 days"
    assert rule.label("de") == "wholesale · ≥ 3 Käufe in 90 Tagen"


def test_a_label_tells_how_much_it_leaves_out() -> None:
    rule = compiled(" and ".join(f"contact.{name} = 1" for name in "abcdefxyz"))
    assert rule.label("en", 30) == "a = 1 · b = 1 · c = 1 · +6"
    assert rule.label("en", 3) == "a…"


def test_the_largest_rule_is_said_line_by_line() -> None:
    rule = compiled(" and ".join(f"(contact.a = {n} or contact.score > {n})" for n in range(250)))
    assert len(rule.say("de").splitlines()) == 1 + 250 * 3
    assert len(rule.label("de")) <= 60
