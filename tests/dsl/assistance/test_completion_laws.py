"""What completion offers can be finished to a rule that parses and checks; what really follows is among the offers."""

import re
from collections.abc import Iterable, Iterator

from hypothesis import assume, given
from hypothesis import strategies as st

from kohorte.core.ports.rules import RuleRefused
from kohorte.core.testing.fakes import ListedValues
from kohorte.dsl.assistance.completion import complete
from kohorte.dsl.assistance.hover import hover
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.offers import Completion, Offer
from kohorte.dsl.assistance.word import word_at
from kohorte.dsl.errors import Refusal
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.syntax.reader import Unexpected, read
from kohorte.dsl.syntax.scanner import Scrap, condition_end, condition_start, innermost_bracket, scraps
from kohorte.dsl.testing import rules
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

CATALOGUE = shop_catalogue()
LANGUAGE = RuleLanguage()
SEGMENTS, LISTS = ("x", "vip"), ("vip",)


FIELDS = [
    *((owner.name, name) for owner in CATALOGUE.owners.values() for name in owner.fields),
    *((rows.name, name) for rows in CATALOGUE.collections.values() for name in rows.fields),
]
VALUES_IN_DATA = ListedValues({key: {"Berlin": 7, 'say "x"': 5, "5%": 9, "rare": 4} for key in FIELDS})
KNOWLEDGE = Knowledge(CATALOGUE, EVERYTHING, VALUES_IN_DATA)
RULES = rules(CATALOGUE, segments=SEGMENTS, lists=LISTS).map(LANGUAGE.format)

VALUES = ('"a"', "1", "1 EUR", "true", "today", '"gold"')
ENDS = (
    *("", " is set", ' = "a"', " = 1", " = 1 EUR", " = true", " > 0", " before today", ' contains "a"'),
    *VALUES,
    *(f"{value})" for value in VALUES),
    *(" and 2", " and 2 EUR", " and today", " and contact.seen_at", " and contact.limit"),
    *("1 and 2", "1 EUR and 2 EUR", "today and today", "now and now", "now", "contact.city", '"vip"', '"x"'),
    *("purchases", "items", "blocked", "contact.blocked", "true)", "and 2", "and 2 EUR", "and today"),
    *(")", ") is set", ") = 1", ") = 1 EUR", ') = "a"', ", EUR) > 0 EUR", ", EUR) is set", ") before today", ") > 0"),
    *(".count > 0", ".key is set", ".count is set", ".label is set", ".event is set", "days", "days ago", "3 days"),
    *("purchase", "open", "key is set", "event is set", "label is set", "(event is set)", '= "a"', "1 times"),
    *('1\ncontact.country = "DE"', '"UTC"\ncontact.country = "DE"', '"UTC"', "\ncontact.blocked", " at least 1 times"),
    *("key) > 0", "event) > 0", "label) > 0"),
    *("key is set).count > 0", "event is set).count > 0", "label is set).count > 0"),
    *("purchases.key is set", "items.key is set"),
    *(' "x"', '10 % of "x"', '% of "x"', ' 10 % of "x"'),
)
"""What may finish a condition, for whichever offer."""


def is_rule(text: str) -> bool:
    try:
        read(text)  # most are refused here, and nobody asks why
        LANGUAGE.check(text, CATALOGUE, EVERYTHING)
    except (Refusal, Unexpected, RuleRefused):
        return False
    return True


def words_of(text: str) -> list[Scrap]:
    return [scrap for scrap in scraps(text) if scrap.kind != "comment"]


def cuts(text: str) -> list[int]:
    """Return the indexes of words before which a text may be cut: not within a path."""
    words = words_of(text)
    return [
        index
        for index, word in enumerate(words)
        if not (index and words[index - 1].text == "." and words[index - 2].text != ")")
        and not (word.text == "." and words[index - 1].text != ")")
    ]


def rests_of(text: str, words: list[Scrap], index: int) -> set[str]:
    """Return what may follow: the rest of the rule, without its condition or more of what encloses it."""
    bracket = innermost_bracket(words, index)
    enclosing = {behind_condition(text, words, bracket)} if bracket >= 0 else set[str]()
    return {behind_condition(text, words, index), behind_bracket(text, words, index)} | enclosing


def behind_condition(text: str, words: list[Scrap], index: int) -> str:
    """Return what follows the condition that a word is part of, or that ends before it."""
    end = condition_end(words, condition_start(words, index))
    end = end if end > index else condition_end(words, index)
    return text[words[end].start :] if end < len(words) else ""


def behind_bracket(text: str, words: list[Scrap], index: int) -> str:
    """Return the bracket that encloses a word with what follows it."""
    depth = 0
    for word in words[index:]:
        depth += (word.text == "(") - (word.text == ")")
        if depth < 0:
            return text[word.start :]
    return ""


def finishes(before: str, offer: Offer, rests: Iterable[str]) -> Iterator[str]:
    return (f"{before}{offer.text}{end} {rest}" for rest in rests for end in ENDS)


@given(RULES, st.data())
def test_every_offer_can_be_finished_to_a_rule_that_parses_and_checks(rule: str, data: st.DataObject) -> None:
    words = words_of(rule)
    index = data.draw(st.sampled_from(cuts(rule)))
    before = rule[: words[index].start]
    rests = rests_of(rule, words, index)
    found = complete(before, len(before), KNOWLEDGE)
    assert found.end == len(before)
    for offer in data.draw(st.permutations(found.offers))[:4]:
        assert any(map(is_rule, finishes(rule[: found.start], offer, rests))), (before, offer, rests)


LITERALS = frozenset({"number", "text", "date", "parameter"})


@given(RULES, st.data())
def test_what_really_follows_is_among_the_offers(rule: str, data: st.DataObject) -> None:
    words = words_of(rule)
    index = data.draw(st.sampled_from(cuts(rule)))
    word = words[index]
    assume(word.kind not in LITERALS and word.text not in {*"(),+-*%", "next"})  # few rows lie ahead
    typed = data.draw(st.integers(word.start, word.end)) if word.kind == "word" else word.start
    found = complete(rule[:typed], typed, KNOWLEDGE)
    assert any(rule.startswith(first_words(offer), found.start) for offer in found.offers), (rule[:typed], rule[typed:])


def first_words(offer: Offer) -> str:
    """Return the beginning of an offer, up to the first thing in it that the reader chooses."""
    places = [start for start, _ in offer.places]
    return offer.text[: min(places)].rstrip() if places else offer.text.rstrip()


@given(RULES, st.integers(0, 400), st.integers(0, 400), st.text(max_size=4))
def test_any_text_is_answered(rule: str, cut: int, at: int, put_in: str) -> None:
    text = rule[:cut] + put_in + rule[cut + 3 :]
    found = complete(text, at, KNOWLEDGE)
    assert 0 <= found.start <= found.end <= len(text)
    assert found.start <= min(at, len(text)) <= found.end


@given(st.text(max_size=60), st.integers(-5, 70))
def test_anything_at_all_is_answered(text: str, at: int) -> None:
    assert isinstance(complete(text, at, KNOWLEDGE), Completion)


MANY = "contact.score != 1 and\n" * 200
HEADER = re.compile(r"(?:(?:let|in zone)\b.*\n)*")


@given(RULES, st.data())
def test_what_is_offered_and_described_does_not_hang_on_earlier_conditions(rule: str, data: st.DataObject) -> None:
    found = HEADER.match(rule)
    header = found[0] if found else ""
    condition = rule[len(header) :]
    at = data.draw(st.integers(0, len(condition)))
    short, long = (f"{header}{before}(" for before in ("contact.score != 1 and\n", MANY))
    here, there = (complete(before + condition, len(before) + at, KNOWLEDGE) for before in (short, long))
    assert [offer.text for offer in here.offers] == [offer.text for offer in there.offers], (short, condition[:at])
    assert (there.start - here.start, there.end - here.end) == (len(long) - len(short),) * 2
    known, said = (hover(before + condition, len(before) + at, KNOWLEDGE) for before in (short, long))
    assert (known and (known.title, known.lines)) == (said and (said.title, said.lines)), (short, condition[:at])


PIECES = st.sampled_from(
    [*"()`.,'#$ \n", '"', "and", "or", "contact", "`a b`", "don't", "1'0", "2024-01-01", "“", "on or ", "$a"]
)


@given(st.lists(PIECES).map("".join), st.integers(0, 60), st.sampled_from(["a and (b, c or ", "a\n", "`a`\n"]))
def test_the_word_at_a_place_does_not_hang_on_what_stands_before(text: str, at: int, before: str) -> None:
    at = min(at, len(text))
    here, there = word_at(text, at), word_at(9 * before + text, len(9 * before) + at)
    moved = here and (here.start + len(9 * before), here.end + len(9 * before), here.typed)
    assert moved == (there and (there.start, there.end, there.typed))
