"""What every rule language promises the core."""

import pytest

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.errors import ReferenceCycle
from kohorte.core.ports.rules import CheckedRule, ListReference, RuleRefused, Rules, SegmentReference, Severity
from kohorte.core.testing.fakes import ListedReferences, counted_id

REFERENCES = ListedReferences(
    "Europe/Berlin",
    segments=(
        SegmentReference(counted_id(1), "Germans", 'contact.country = "DE"'),
        SegmentReference(counted_id(2), "stored", None),
        SegmentReference(counted_id(3), "loop a", 'in segment "loop b"'),
        SegmentReference(counted_id(4), "loop b", 'not in segment "loop a"'),
    ),
    lists=(ListReference(counted_id(9), "vip"),),
    listed_currencies=("EUR",),
)
ACCEPTED = (
    'contact.country = "DE"',
    'contact.country   ==  "DE"   # those\nAND NOT contact.city contains "x"',
    "purchases(last 90 days).count >= 3 and items.sum(quantity) < 10",
    'any purchases(amount > 50 EUR) or (contact.birthday is empty and customer.category = "wholesale")',
    'in segment "Germans" and not in segment "stored" and contact.email in list "vip"',
)
REFUSED = (
    "",
    "contact.country =",
    'contact.cuontry = "DE"',
    'contact.country = "DE" and contact.city = "x" or contact.city = "y"',
    "contact.birthday > 5",
    'in segment "nobody knows"',
    "contact.country = “DE”",
)
HOSTILE = ("(" * 5_000, "not " * 5_000, "a." * 9_000, '"' + "x" * 20_000, "\x00", "\ud800", "1" * 15_000, "#" * 17_000)


class RulesContract:
    """Subclass with a fixture ``rules``."""

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language."""
        raise NotImplementedError

    def _check(self, rules: Rules, text: str) -> CheckedRule:
        return rules.check(text, kohorte_catalogue(), REFERENCES)

    @pytest.mark.parametrize("text", ACCEPTED)
    def test_a_rules_own_text_means_the_same(self, rules: Rules, text: str) -> None:
        rule = self._check(rules, text)
        again = self._check(rules, rule.text)
        assert (again.text, again.tree) == (rule.text, rule.tree)

    @pytest.mark.parametrize("text", ACCEPTED)
    def test_a_tree_is_its_text_again(self, rules: Rules, text: str) -> None:
        rule = self._check(rules, text)
        assert rules.text_of(rule.tree, {}, {}) == rule.text

    def test_a_tree_takes_the_names_that_segments_and_lists_have_by_now(self, rules: Rules) -> None:
        rule = self._check(rules, 'in segment "Germans" and not in segment "stored" and contact.email in list "vip"')
        text = rules.text_of(rule.tree, {counted_id(1): 'Teu"tons'}, {counted_id(9): "important"})
        assert text == r'in segment "Teu\"tons" and not in segment "stored" and contact.email in list "important"'

    def test_a_tree_takes_the_names_that_fields_have_by_now(self, rules: Rules) -> None:
        catalogue = kohorte_catalogue()
        rule = self._check(
            rules, "any purchases(status is set) and contact.city is set and customer.city is set  # all"
        )
        names = {"purchases.status": "state", "contact.city": "town"}
        text = rules.text_of(rules.rename_fields(rule.tree, names, catalogue), {}, {})
        assert text == "any purchases(state is set) and contact.town is set and customer.city is set  # all"
        assert rules.rename_fields(rule.tree, {}, catalogue) == rule.tree

    @pytest.mark.parametrize("text", ACCEPTED)
    def test_formatting_twice_is_formatting_once(self, rules: Rules, text: str) -> None:
        formatted = rules.format(text)
        assert rules.format(formatted) == formatted
        assert self._check(rules, text).text == formatted

    def test_comments_are_kept(self, rules: Rules) -> None:
        assert "# those" in rules.format(ACCEPTED[1])

    @pytest.mark.parametrize("text", ACCEPTED)
    def test_the_answer_depends_on_the_arguments_alone(self, rules: Rules, text: str) -> None:
        first, second = self._check(rules, text), self._check(rules, text)
        assert (first.text, first.tree, first.fields) == (second.text, second.tree, second.fields)

    def test_it_names_what_a_rule_reads(self, rules: Rules) -> None:
        rule = self._check(rules, ACCEPTED[4])
        assert rule.segments == {counted_id(1), counted_id(2)}
        assert rule.lists == {counted_id(9)}
        assert "contact.email" in rule.fields

    @pytest.mark.parametrize("text", REFUSED)
    def test_what_cannot_be_used_is_refused_with_its_places(self, rules: Rules, text: str) -> None:
        with pytest.raises(RuleRefused) as refused:
            self._check(rules, text)
        errors = [each for each in refused.value.problems if each.severity is Severity.ERROR]
        assert errors
        assert [each.start for each in errors] == sorted(each.start for each in errors)
        for problem in errors:
            assert 0 <= problem.start <= problem.end <= len(text) + 1
            assert (problem.line, problem.column) >= (1, 1)
            assert problem.code
            assert problem.text()

    def test_several_errors_are_told_at_once(self, rules: Rules) -> None:
        with pytest.raises(RuleRefused) as refused:
            self._check(rules, 'contact.cuontry = "DE" and contact.ctiy = "Köln"')
        assert len(refused.value.problems) == 2

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_text_is_refused_like_any_other(self, rules: Rules, text: str) -> None:
        with pytest.raises(RuleRefused):
            self._check(rules, text)

    def test_segments_that_refer_to_each_other_are_refused_with_the_path(self, rules: Rules) -> None:
        with pytest.raises(ReferenceCycle) as cycle:
            self._check(rules, 'in segment "loop a"')
        assert "loop b" in str(cycle.value)
