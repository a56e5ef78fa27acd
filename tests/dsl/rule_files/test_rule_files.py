"""Rule files: what a rule must answer stands beside it, and says so when it does not."""

from contextlib import suppress
from datetime import UTC, datetime
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.errors import NotFound
from kohorte.dsl import Language
from kohorte.dsl.rule_files.examples import Tried, try_examples
from kohorte.dsl.rule_files.records import record_of
from kohorte.dsl.rule_files.text import InvalidRuleFile, RuleFile, read_rule_file

LAPSED = dedent("""\
    # bought three times, and silent for 90 days
    purchases.count >= 3 and did not purchase in the last 90 days

    ---
    at 2024-07-01T12:00:00Z   # a Monday
    in "lapsed" {"purchases": [{"at": "2024-01-10T00:00:00Z"}, {"at": "2024-02-10T00:00:00Z"},
                               {"at": "2024-03-10T00:00:00Z"}]}
    out "never bought anything" {}
    in contact "12347"
    at 2024-03-11T00:00:00+01:00
    out {"purchases": [{"at": "2024-01-10T00:00:00Z"}, {"at": "2024-02-10T00:00:00Z"},
                       {"at": "2024-03-10T00:00:00Z"}]}
    """)


def tried(file: RuleFile) -> list[Tried]:
    def ask(key: str, at: datetime) -> bool:
        if key != "12347":
            raise NotFound("There is no contact {key}.", key=key)
        return at.month == 7

    return list(try_examples(Language(kohorte_catalogue()).rule(file.rule), file.examples, ask=ask))


def test_examples_hold_at_their_instant() -> None:
    file = read_rule_file(LAPSED)
    assert [example.expected for example in file.examples] == [True, False, True, False]
    assert [example.line for example in file.examples] == [6, 8, 9, 11]
    assert file.examples[0].at == datetime(2024, 7, 1, 12, tzinfo=UTC)
    assert [each.passed for each in tried(file)] == [True, True, True, True]


def test_an_instant_without_an_offset_is_told_in_the_rules_zone() -> None:
    rule = 'in zone "Europe/Berlin"\npurchases.max(at) before now'
    examples = """
        at 2024-07-01
        in {"purchases": [{"at": "2024-06-30T21:59:59Z"}]}
        out {"purchases": [{"at": "2024-06-30T22:00:00Z"}]}
        at 2024-03-31 02:30  # the hour that clocks skip
        in {"purchases": [{"at": "2024-03-31T00:59:59Z"}]}
        out {"purchases": [{"at": "2024-03-31T01:00:00Z"}]}
        at 2024-07-01T00:00:00+00:00
        in {"purchases": [{"at": "2024-06-30T23:59:59Z"}]}
        """
    file = read_rule_file(f"{rule}\n---\n{dedent(examples)}")
    assert [each.passed for each in tried(file)] == [True] * 5
    (beyond,) = tried(read_rule_file(f"{rule}\n---\nat 0001-01-01\nout {{}}"))
    assert not beyond.passed


def test_a_changed_rule_fails_its_examples_and_the_others_are_tried_all_the_same() -> None:
    file = read_rule_file(LAPSED.replace(">= 3", ">= 4"))
    assert [(each.answer, each.passed) for each in tried(file)] == [
        (False, False),
        (False, True),
        (True, True),
        (False, True),
    ]


def test_an_example_that_cannot_be_answered_has_not_passed() -> None:
    at = "contact.country is set\n---\nat 2024-07-01T12:00:00Z\n"
    wrong = tried(read_rule_file(f'{at}out {{"contry": "DE"}}\nout contact "9"\nout {{"country": 7}}\nout {{}}'))
    assert [each.passed for each in wrong] == [False, False, False, True]
    assert wrong[0].error is not None
    assert wrong[0].error.advice() == 'Did you mean "country"?'


def test_an_example_must_say_what_its_rule_reads_and_no_contact_can_lack() -> None:
    rule = "contact.created_at more than 30 days ago and no purchases(last 90 days)\n---\nat 2024-07-01\n"
    old = '"created_at": "2024-01-01T00:00:00Z"'
    without, null, whole, rows = tried(
        read_rule_file(f'{rule}out {{}}\nout {{"created_at": null}}\nin {{{old}}}\nout {{{old}, "purchases": [{{}}]}}')
    )
    assert [each.passed for each in (without, null, whole, rows)] == [False, False, True, False]
    assert without.error is not None
    assert without.error.text() == "contact has no created_at, which is never missing."
    assert rows.error is not None
    assert rows.error.text() == "purchases has no at, which is never missing."
    purchase = '{"at": "2024-06-01T00:00:00Z", "items": [{}]}'
    of_lines = f'any items(last 90 days)\n---\nat 2024-07-01\nin {{"purchases": [{purchase}]}}'
    lines = tried(read_rule_file(of_lines))
    assert [each.passed for each in lines] == [True]


def test_a_file_without_examples_is_a_rule() -> None:
    text = 'contact.country = "DE"  # --- no line of its own\n'
    assert read_rule_file(text) == RuleFile(text, "", ())


@pytest.mark.parametrize("text", [LAPSED, LAPSED.replace("\n", "\r\n")])
def test_the_parts_of_a_file_are_its_text(text: str) -> None:
    file = read_rule_file(text)
    assert file.rule + file.rest == text
    assert [example.line for example in file.examples] == [6, 8, 9, 11]


@pytest.mark.parametrize(
    ("examples", "line", "said"),
    [
        ("in {}", 3, "at which instant"),
        ("at noon", 3, "no instant"),
        ("at 2024-07-01 noon", 3, "begins with at, in or out"),
        ("at 2024-13-01", 3, "no instant"),
        ("at 2024-07-01T12:00Z\n\nperhaps {}", 5, "begins with at, in or out"),
        ("at 2024-07-01T12:00Z\nin contact 5", 4, "by its key"),
        ('at 2024-07-01T12:00Z\nin {"a": }', 4, "no JSON"),
        ('at 2024-07-01T12:00Z\nin {"a":\n 1', 5, "no JSON"),
        ("at 2024-07-01T12:00Z\nin [1]", 4, "a JSON object"),
        ("at 2024-07-01T12:00Z\nin " + '{"a":' * 100_000, 4, "nested too deep"),
        ("at 2024-07-01T12:00Z\n" + "in {}\n" * 1_001, 1_004, "more than"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(examples: str, line: int, said: str) -> None:
    with pytest.raises(InvalidRuleFile, match=said) as refused:
        read_rule_file(f'contact.country = "DE"\n---\n{examples}')
    assert refused.value.text().startswith(f"Line {line}: ")
    assert "{{" not in refused.value.advice()


@pytest.mark.parametrize("key", ['["C1"]', '{"key": "C1"}'])
def test_a_value_is_neither_a_list_nor_an_object(key: str) -> None:
    language = Language(kohorte_catalogue(), segments={"vip": ["C1"]}, key="key")
    file = read_rule_file(f'in segment "vip"\n---\nat 2024-07-01\nin {{"key": {key}}}')
    (example,) = try_examples(language.rule(file.rule), file.examples)
    assert example.error is not None
    assert example.error.text() == "What stands at key is no single value."


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidRuleFile, match="NaN is no number"):
        read_rule_file('x\n---\nat 2024-07-01T12:00Z\nin {"score": NaN}')


def test_amounts_owners_and_lines_are_written_as_the_catalogue_has_them() -> None:
    language = Language.of(
        {
            "contact": {"limit": "money", "country": "code"},
            "customer": {"category": "text"},
            "purchases": [{"at": "instant!", "items": [{"quantity": "integer"}]}],
        }
    )
    written = {
        "limit": {"amount": 12.5, "currency": "EUR"},
        "customer": {"category": "wholesale"},
        "purchases": [{"at": "2024-01-10T00:00:00Z", "items": [{"quantity": 5}]}],
    }
    rule = language.rule('contact.limit > 12 EUR and customer.category = "wholesale" and any items(quantity = 5)')
    assert rule.predicate(datetime(2024, 2, 1, tzinfo=UTC))(record_of(written, language.catalogue))


@given(st.text(alphabet='atinou "{}[]:,0-\n#\\x'))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidRuleFile):
        assert read_rule_file(f"---\n{text}").rule == ""
