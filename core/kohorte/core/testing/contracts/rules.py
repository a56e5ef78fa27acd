"""What every rule language promises the core."""

import pytest

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.errors import NotAllowed, ReferenceCycle
from kohorte.core.ports.rule_nodes import LogicalOperator
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

    # -- nodes -----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("text", ACCEPTED)
    def test_nodes_stand_in_the_text_each_group_before_its_parts(self, rules: Rules, text: str) -> None:
        formatted = rules.format(text)
        nodes = rules.nodes(formatted)
        assert nodes[0].group is None
        for place, node in enumerate(nodes):
            assert rules.nodes(formatted[node.start : node.end])[0].text == node.text == rules.nodes(node.text)[0].text
            assert (node.logical_operator is None) == (node.operator is not None)
            if node.group is not None:
                assert node.group < place
                assert nodes[node.group].logical_operator is not None
                assert node.order == sum(each.group == node.group for each in nodes[:place])

    @pytest.mark.parametrize("text", ACCEPTED)
    @pytest.mark.parametrize("operator", [None, LogicalOperator.AND, LogicalOperator.OR])
    def test_what_is_added_at_a_node_and_removed_again_leaves_the_rule_as_it_was(
        self, rules: Rules, text: str, operator: LogicalOperator | None
    ) -> None:
        formatted = rules.format(text)
        nodes = rules.nodes(formatted)
        for place in range(len(nodes)):
            added = rules.add_node(formatted, place, "contact.phone is set", operator=operator)
            assert sorted(added.kept.values()) == list(range(len(nodes)))
            assert added.node is not None
            assert rules.nodes(added.text)[added.node].text == "contact.phone is set"
            assert rules.remove_node(added.text, added.node).text == formatted

    @pytest.mark.parametrize("text", ACCEPTED)
    def test_a_node_that_is_changed_is_the_same_node_and_no_other_one_is_touched(self, rules: Rules, text: str) -> None:
        formatted = rules.format(text)
        nodes = rules.nodes(formatted)
        for place, node in enumerate(nodes):
            assert rules.change_node(formatted, place, node.text).text == formatted
            if node.logical_operator is None:
                changed = rules.change_node(formatted, place, "contact.phone is set")
                assert changed.kept == {each: each for each in range(len(nodes))}
                assert changed.node == place

    def test_a_node_moves_to_another_group(self, rules: Rules) -> None:
        text = "contact.city is set and (contact.phone is set or contact.email is set)"
        moved = rules.move_node(text, 3, 0, at=0)
        assert moved.text == "contact.phone is set and contact.city is set and contact.email is set"
        assert moved.kept == {0: 0, 1: 3, 2: 1, 3: 4}
        assert moved.node == 1

    def test_what_would_leave_no_rule_is_refused(self, rules: Rules) -> None:
        for node in (0, 1):
            with pytest.raises(NotAllowed):
                rules.remove_node("not contact.city is set", node)
        for to in (0, 1):
            with pytest.raises(NotAllowed):
                rules.move_node("contact.city is set and contact.phone is set", 0, to)

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_a_hostile_part_is_refused_like_any_other(self, rules: Rules, text: str) -> None:
        with pytest.raises(RuleRefused):
            rules.add_node("contact.city is set", 0, text)
        with pytest.raises(RuleRefused):
            rules.change_node("contact.city is set", 0, text)
