"""Whatever is put together, the checker answers: with a meaning, or with findings that can be read."""

from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.checker.fixes import spelled
from kohorte.dsl.checker.rule import check
from kohorte.dsl.errors import apply_fix, render
from kohorte.dsl.normal import push_negations
from kohorte.dsl.reading import fields_read
from kohorte.dsl.syntax.parser import parse
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

SHOP = shop_catalogue()
LITERALS = (
    *('"DE"', '""', '" "', '"\\n"', 'exactly "x"', '"{x}"', '"gold"', '"2024-02-29"', '"5"', '"true"', "'{'", '"%"'),
    *("0", "3", "-3", "2.5", "1.234", "5 %", "1_000", "999999999999999", "5 EUR", "5 GBP", "5 JPY", "-1.50 EUR"),
    *("true", "false", "today", "yesterday", "tomorrow", "now", "90 days", "3 hours", "101 years", "0 days", "$p"),
    *("2024-02-29", "0001-01-01", "9999-12-31", "2024-02-29 02:30", "2024-02-29T10:00:00Z", "9999-12-31T23:59:59Z"),
)
LISTS = ("()", "(1, 2)", '("a", exactly "B")', "(today, 2024-02-29)", "(1 EUR, 2 GBP)", "(wholesale)", "(true, false)")
MEMBERS = (*LISTS, "$p", 'list "vip"', 'list "no"', "the last 3 days", "the next 3 hours", "last month", "next week")
SIGNS = ("=", "!=", "<", "<=", ">", ">=", "is", "is not", "contains", "does not start with", "matches", "ends with")
DAY_TESTS = ("before", "after", "on", "on or before", "on or after")
FUNCTIONS = ("count", "sum", "avg", "min", "max", "count distinct", "median", "sum distinct")
VERBS = ("purchase", "open", 'open campaign "A"', 'open letter "A"', "receive", "attend", "buy", "click")
WHEN = ("", "in the last 3 days", "on today", "on now", "between 5 and today", "next year", "after 5")
TIMES = ("", "at least 2 times", "at most 0 times", "exactly 0 times")
KNOWN = [spelled(owner.name, name) for owner in SHOP.owners.values() for name in owner.fields]
UNKNOWN = ("contact.contry", "nobody.name", "purchases.amount", "items.count", "marks", "contact", "a.b.c", "`x y`")
sample = st.sampled_from

fields = st.one_of(sample(KNOWN), sample(KNOWN), sample(UNKNOWN))
simple = fields | sample(LITERALS)


@st.composite
def rows(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Draw something asked about rows, mostly of a field that they have."""
    collection = draw(sample([*SHOP.collections.values()]))
    names = [spelled(name) for name in collection.fields]
    own = st.builds("{} {} {}".format, sample(names), sample(SIGNS), sample(LITERALS) | sample(names))
    window = sample(("last 3 days", "next month", "this year", "last 0 days"))
    inside = ", ".join(draw(st.lists(own | own | window | inner, max_size=2)))
    if draw(st.booleans()):
        return f"{draw(sample(('any', 'no')))} {collection.name}({inside})"
    argument = draw(sample([*names, *names, "amount, EUR", "amount, XXX", "amount, EUR, 5", "5", "contact.score", ""]))
    asked = draw(sample(("count", *(f"{function}({argument})" for function in FUNCTIONS))))
    return f"{collection.name}({inside}).{asked} {draw(sample(SIGNS))} {draw(simple)}"


def conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    reckoned = st.builds("({} {} {})".format, simple, sample("+-*"), simple)
    return st.one_of(
        st.builds("{} {} {}".format, fields, sample((*SIGNS, *DAY_TESTS)), simple | reckoned),
        st.builds("{} {} {}".format, simple, sample((*SIGNS, *DAY_TESTS)), fields),
        st.builds("{} {} between {} and {}".format, fields, sample(("", "not")), simple, simple),
        st.builds("{} in {}".format, fields, sample(MEMBERS)),
        st.builds("{} contains {} of ({}, {})".format, fields, sample(("any", "all")), simple, simple),
        st.builds("{} is {}".format, simple, sample(("set", "empty", "not set"))),
        st.builds("{} has anniversary {}".format, fields, sample(("today", "this week", "in the next 3 hours"))),
        st.builds("{} {} than 3 {} ago".format, fields, sample(("more", "less")), sample(("days", "hours"))),
        rows(inner),
        st.builds("did {} {} {} where {}".format, sample(VERBS), sample(TIMES), sample(WHEN), inner.map("({})".format)),
        sample(('in segment "x"', 'not in segment "vip"', 'in segment "no"')),
        st.builds("({} {} {})".format, inner, sample(("and", "or")), inner),
        st.builds("not ({})".format, inner),
        simple,
        sample(("has consent for email x", 'in sample 3 % of "x"', "last purchases().amount > 5 EUR")),
    )


headers = st.one_of(st.just(""), st.just(""), sample(("let $p = 5\n", 'let $p = (1, "a")\n', 'in zone "Nowhere"\n')))
anything = st.builds("{}{}".format, headers, st.recursive(conditions(st.just("true")), conditions, max_leaves=4))


@given(anything)
def test_every_rule_has_a_meaning_or_findings(text: str) -> None:
    try:
        outcome = check(parse(text), text, SHOP, EVERYTHING)
    except RuleRefused as refused:
        problems = refused.problems
    else:
        problems = outcome.warnings
        normal = push_negations(outcome.rule.condition)
        assert hash(normal) == hash(push_negations(normal))
        assert fields_read(normal) <= fields_read(outcome.rule.condition)
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert render(problem, text)
        for fix in problem.fixes:
            assert apply_fix(fix, text) != text
