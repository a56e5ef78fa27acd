"""The nodes of segments' rules: each has an id that stays, and each can be edited on its own."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.errors import Conflict, InvalidInput, KohorteError, NotAllowed, NotFound, ReferenceCycle
from kohorte.core.ports.rule_nodes import LogicalOperator
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.registry import registry
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.events import SegmentUpdated
from kohorte.core.segments.examples import ExamplesFailed
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment
from kohorte.core.segments.model import Example, Segment, SegmentType
from kohorte.core.segments.node_editing import AddRuleNode, ChangeRuleNode, MoveRuleNode, RemoveRuleNode
from kohorte.core.segments.nodes import RuleNode, rule_nodes
from kohorte.core.segments.queries import show_segment
from kohorte.core.segments.versions import RestoreRule
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.testing.fakes import CountingIds, FixedClock, counted_id
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import rules
from tests.core.segments.conftest import GERMANS, Shop

TURKS = 'contact.country = "TR"'
IN_ULM = 'contact.city = "Ulm"'
BOTH = f"{GERMANS} and ({IN_ULM} or contact.last_name is set)"


def nodes(shop: Shop, segment: str | UUID = "A") -> Sequence[RuleNode]:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return rule_nodes(ports, segment)[1]


def ids(shop: Shop, segment: str = "A") -> Mapping[str, UUID]:
    """Return the ids of nodes by their texts."""
    return {each.text: each.id for each in nodes(shop, segment)}


def change(shop: Shop, rule: str) -> Segment:
    return shop.bus.run(ChangeSegment("A", rule=rule), shop.tenant, by="Bo")


# -- what nodes are ----------------------------------------------------------------------------------------------


def test_nodes_are_the_conditions_of_a_rule_and_the_groups_that_join_them(shop: Shop) -> None:
    made = shop.create("A", BOTH)
    whole, country, group, city, name = nodes(shop)
    assert [each.parent for each in (whole, country, group, city, name)] == [None, whole.id, whole.id, *[group.id] * 2]
    assert [each.order for each in (country, group, city, name)] == [0, 1, 0, 1]
    assert (whole.logical_operator, group.logical_operator) == (LogicalOperator.AND, LogicalOperator.OR)
    assert (country.field, country.operator, country.value) == ("contact.country", "equals", "DE")
    assert made.ruled.text[group.start : group.end] == f"({group.text})"
    assert nodes(shop, made.id) == nodes(shop, "A")


def test_a_segment_without_a_rule_has_no_nodes(shop: Shop) -> None:
    shop.bus.run(CreateSegment("A", type=SegmentType.STATIC), shop.tenant)
    with pytest.raises(NotAllowed):
        nodes(shop)
    with pytest.raises(NotAllowed):
        shop.bus.run(AddRuleNode("A", GERMANS), shop.tenant)
    shop.bus.run(ChangeSegment("A", rule=GERMANS, type=SegmentType.HYBRID), shop.tenant)
    assert [each.text for each in nodes(shop)] == [GERMANS]


# -- ids that stay -----------------------------------------------------------------------------------------------


def test_what_a_new_text_leaves_as_it_was_keeps_its_id(shop: Shop) -> None:
    shop.create("A", BOTH)
    before = ids(shop)
    change(shop, f"{TURKS} and contact.email is set and ({IN_ULM} or contact.last_name is set)")
    after = ids(shop)
    group = f"{IN_ULM} or contact.last_name is set"
    assert [after[text] for text in (TURKS, group, IN_ULM)] == [before[text] for text in (GERMANS, group, IN_ULM)]
    assert after["contact.email is set"] not in before.values()
    assert nodes(shop)[0].id == before[BOTH]


def test_an_id_stays_where_only_the_layout_or_a_comment_changes(shop: Shop) -> None:
    shop.create("A", BOTH)
    before = [each.id for each in nodes(shop)]
    assert change(shop, BOTH.replace(" ", "\n  ")).ruled.version == 1
    assert change(shop, "# why\n" + BOTH).ruled.version == 2
    assert change(shop, 'in zone "Asia/Tokyo"\n' + BOTH).ruled.version == 3
    assert [each.id for each in nodes(shop)] == before


def test_ids_stay_where_a_rule_follows_a_new_name(shop: Shop) -> None:
    shop.create("old")
    shop.create("A", f'in segment "old" and {IN_ULM}')
    before = [each.id for each in nodes(shop)]
    shop.bus.run(ChangeSegment("old", new_name="new", rewrite=True), shop.tenant)
    assert 'in segment "new"' in ids(shop)
    assert [each.id for each in nodes(shop)] == before
    shop.bus.run(ArchiveSegment("A"), shop.tenant)
    shop.bus.run(ChangeSegment("new", new_name="newer"), shop.tenant)
    shop.bus.run(ActivateSegment("A"), shop.tenant)
    assert 'in segment "newer"' in ids(shop)
    assert [each.id for each in nodes(shop)] == before


def test_an_earlier_version_comes_back_with_the_ids_that_it_had(shop: Shop) -> None:
    shop.create("A", f"{GERMANS} and {IN_ULM}")
    first = [each.id for each in nodes(shop)]
    change(shop, IN_ULM)
    change(shop, f"{GERMANS} and {IN_ULM}")
    assert [each.id for each in nodes(shop)] != first
    change(shop, TURKS)
    shop.bus.run(RestoreRule("A", 1), shop.tenant)
    assert [each.id for each in nodes(shop)] == first


def test_a_rule_whose_text_can_no_longer_be_read_is_followed_by_nodes_of_their_own(shop: Shop) -> None:
    shop.create("A")
    before = nodes(shop)[0].id
    shop.break_rule("A", "this is no rule")
    with pytest.raises(RuleRefused):
        nodes(shop)
    change(shop, TURKS)
    assert nodes(shop)[0].id != before


# -- editing -----------------------------------------------------------------------------------------------------


def test_a_node_is_added_as_a_new_version_by_whoever_did_so(shop: Shop) -> None:
    shop.create("A", BOTH)
    before = ids(shop)
    group = nodes(shop)[2].id
    added = shop.bus.run(AddRuleNode("A", TURKS, group, 1, note="Turks too"), shop.tenant, by="Bo")
    assert nodes(shop)[0].text == f"{GERMANS} and ({IN_ULM} or {TURKS} or contact.last_name is set)"
    rule = added.segment.ruled
    assert (rule.version, rule.author, rule.note) == (2, "Bo", "Turks too")
    assert ids(shop)[TURKS] == added.node
    assert added.node not in before.values()
    assert ids(shop)[IN_ULM] == before[IN_ULM]
    assert shop.events()[-1] == SegmentUpdated(added.segment.id, ("rule",))


def test_a_node_beside_a_single_condition_makes_a_group(shop: Shop) -> None:
    made = shop.create("A", GERMANS)
    before = nodes(shop)[0].id
    shop.bus.run(AddRuleNode(made.id, TURKS, operator=LogicalOperator.OR), shop.tenant)
    group, first, second = nodes(shop)
    assert (group.text, first.id) == (f"{GERMANS} or {TURKS}", before)
    assert len({before, group.id, second.id}) == 3


def test_a_changed_node_keeps_its_id_whatever_it_says(shop: Shop) -> None:
    shop.create("A", BOTH)
    _, country, group, city, name = (each.id for each in nodes(shop))
    shop.bus.run(ChangeRuleNode("A", country, "purchases.count >= 3"), shop.tenant)
    assert ids(shop)["purchases.count >= 3"] == country
    shop.bus.run(ChangeRuleNode("A", group, f"contact.email is set or {IN_ULM}"), shop.tenant)
    assert ids(shop)[f"contact.email is set or {IN_ULM}"] == group
    assert ids(shop)[IN_ULM] == city
    assert ids(shop)["contact.email is set"] != name


def test_a_change_that_says_the_same_makes_no_version(shop: Shop) -> None:
    shop.create("A", BOTH)
    events = shop.events()
    for each in nodes(shop):
        assert shop.bus.run(ChangeRuleNode("A", each.id, each.text), shop.tenant).ruled.version == 1
    assert shop.events() == events


def test_a_node_moves_with_its_id_and_what_is_left_alone_loses_its_group(shop: Shop) -> None:
    shop.create("A", BOTH)
    before = ids(shop)
    city = before[IN_ULM]
    moved = shop.bus.run(MoveRuleNode("A", city, position=0), shop.tenant)
    assert moved.ruled.text == f"{IN_ULM} and {GERMANS} and contact.last_name is set"
    after = ids(shop)
    assert {text: after[text] for text in (IN_ULM, GERMANS, "contact.last_name is set")}.items() <= before.items()
    assert nodes(shop)[0].id == before[BOTH]


def test_a_removed_node_is_gone_and_the_last_one_stays(shop: Shop) -> None:
    shop.create("A", f"{GERMANS} and {IN_ULM}")
    whole, country, city = (each.id for each in nodes(shop))
    removed = shop.bus.run(RemoveRuleNode("A", country), shop.tenant)
    assert (removed.ruled.text, removed.ruled.nodes) == (IN_ULM, (city,))
    with pytest.raises(NotAllowed):
        shop.bus.run(RemoveRuleNode("A", city), shop.tenant)
    for gone in (whole, country):
        with pytest.raises(NotFound):
            shop.bus.run(RemoveRuleNode("A", gone), shop.tenant)


def test_of_two_equal_nodes_the_one_that_was_meant_is_removed(shop: Shop) -> None:
    shop.create("A", f"{GERMANS} and ({IN_ULM} or {GERMANS})")
    _, _, group, city, second = (each.id for each in nodes(shop))
    shop.bus.run(RemoveRuleNode("A", nodes(shop)[1].id), shop.tenant)
    assert [each.id for each in nodes(shop)] == [group, city, second]


def test_edits_are_refused_like_any_other_change(shop: Shop) -> None:
    segment = shop.bus.run(CreateSegment("A", GERMANS, examples=(Example("Ann", is_member=True),)), shop.tenant)
    shop.create("B", 'in segment "A"')
    node = nodes(shop)[0].id
    refused: list[tuple[AddRuleNode | ChangeRuleNode | RemoveRuleNode, type[KohorteError]]] = [
        (AddRuleNode("A", IN_ULM), ExamplesFailed),
        (AddRuleNode("A", 'in segment "B"', operator=LogicalOperator.OR), ReferenceCycle),
        (AddRuleNode("A", "contact.nonsense = 5"), RuleRefused),
        (AddRuleNode("A", "let $x = 5\ncontact.key is set"), InvalidInput),
        (AddRuleNode("A", TURKS, to=counted_id(999_999)), NotFound),
        (ChangeRuleNode("A", node, TURKS, version=segment.version + 1), Conflict),
        (ChangeRuleNode("nobody", node, TURKS), NotFound),
        (RemoveRuleNode("A", counted_id(999_999)), NotFound),
    ]
    for command, error in refused:
        with pytest.raises(error):
            shop.bus.run(command, shop.tenant)
    assert shop.segment("A") == segment
    shop.bus.run(ArchiveSegment("B"), shop.tenant)
    shop.bus.run(ArchiveSegment("A"), shop.tenant)
    with pytest.raises(NotAllowed):
        shop.bus.run(AddRuleNode("A", TURKS), shop.tenant)


# -- laws --------------------------------------------------------------------------------------------------------

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["text", "add", "change", "move", "remove", "restore"]),
        st.integers(0, 100),
        st.integers(0, 100),
        rules(kohorte_catalogue(), samples=False),
    ),
    max_size=6,
)


@given(rules(kohorte_catalogue(), samples=False), EDITS)
def test_after_any_changes_every_node_has_one_id_that_no_other_node_ever_had(
    rule: str, edits: list[tuple[str, int, int, str]]
) -> None:
    clock = FixedClock()
    storage = MemoryStorage(clock, CountingIds(2_000_000))
    bus = Bus(registry(), clock, CountingIds(), RuleLanguage(), storage)
    shop = Shop(bus, clock, storage, bus.administer(CreateTenant("shop", "UTC", "EUR", "de")))
    shop.create("A", rule)
    for edit in edits:
        before = {each.id: each for each in nodes(shop)}
        try:
            _do(shop, edit, list(before))
        except KohorteError:  # what cannot be done changes nothing
            assert {each.id: each for each in nodes(shop)} == before
            continue
        after = nodes(shop)
        assert len({each.id for each in after}) == len(after)
        if edit[0] in {"text", "add", "move", "remove"}:
            _refuse_lost(before, after)
    rule_now = shop.segment("A").ruled
    assert change(shop, f"\n {rule_now.text} ").ruled == rule_now
    assert change(shop, f"# why\n{rule_now.text}").ruled.nodes == rule_now.nodes
    with bus.ports(shop.tenant, reading=True) as ports:
        shown = show_segment(ports, "A")
        for version in shown.versions:
            assert len({*version.nodes}) == len(version.nodes) == len(RuleLanguage().nodes(version.text))


def _do(shop: Shop, edit: tuple[str, int, int, str], known: Sequence[UUID]) -> None:
    """Do something to a rule; parts have no header."""
    kind, one, other, rule = edit
    node, group = known[one % len(known)], known[other % len(known)]
    part = rule.split("\n", 1)[-1] if rule.startswith("in zone") else rule
    match kind:
        case "text":
            shop.bus.run(ChangeSegment("A", rule=rule), shop.tenant)
        case "add":
            operator = (None, LogicalOperator.AND, LogicalOperator.OR)[other % 3]
            shop.bus.run(AddRuleNode("A", part, group, one % 4, operator), shop.tenant)
        case "change":
            shop.bus.run(ChangeRuleNode("A", node, part), shop.tenant)
            assert node in {each.id for each in nodes(shop)}
        case "move":
            shop.bus.run(MoveRuleNode("A", node, group, one % 4), shop.tenant)
            assert node in {each.id for each in nodes(shop)}
        case "remove":
            shop.bus.run(RemoveRuleNode("A", node), shop.tenant)
            assert node not in {each.id for each in nodes(shop)}
        case _:
            with shop.bus.ports(shop.tenant, reading=True) as ports:
                versions = show_segment(ports, "A").versions
            wanted = versions[one % len(versions)]
            before = shop.segment("A").ruled
            restored = shop.bus.run(RestoreRule("A", wanted.version), shop.tenant).ruled
            assert restored.text == wanted.text
            assert restored.nodes == (before if wanted.text == before.text else wanted).nodes


def _refuse_lost(before: Mapping[UUID, RuleNode], after: Sequence[RuleNode]) -> None:
    """Raise where a condition has a new id although one that says the same is gone."""
    gone = [each.text for node_id, each in before.items() if node_id not in {each.id for each in after}]
    assert not [each.text for each in after if each.id not in before and each.operator and each.text in gone]
