"""What every storage promises of contacts beside an index of rules, and of segments that follow what is found."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.ports.audiences import Calculation, Difference, Followed
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.ports.rules import CheckedRule, Rules, SegmentReference
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.model import Cause, Segment, SegmentRule, SegmentStatus
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds, ListedReferences

HOUR = timedelta(hours=1)
KEYS = ("Ann", "Bob", "Cem", "Dee")


@frozen
class Shop:
    """A tenant with three contacts, two segments that were calculated at noon, and an index of rules."""

    storage: Storage
    tenant: Tenant
    rules: Rules
    index: RuleIndex
    germans: Segment
    buyers: Segment

    def check(self, text: str) -> CheckedRule:
        """Return a checked rule."""
        references = ListedReferences("Europe/Berlin", segments=[SegmentReference(self.germans.id, "Germans", None)])
        return self.rules.check(text, kohorte_catalogue(), references)

    def put(self, segment: Segment, text: str, leave: str | None = None) -> None:
        """Let the index have the rules of a segment."""
        self.index.put(segment.id, self.check(text), None if leave is None else self.check(leave))

    def ids(self, keys: Sequence[str] = KEYS) -> Sequence[UUID]:
        """Return the ids of contacts."""
        with self.storage.work(self.tenant, reading=True) as work:
            return sorted(work.pins.find(keys).values())

    def differences(self, *keys: str) -> Mapping[UUID, Difference]:
        """Return what is to change an hour after noon."""
        with self.storage.work(self.tenant, reading=True) as work:
            return work.audiences.differences(self.index, self.ids(keys or KEYS), NOON + HOUR)

    def told(self, *keys: str) -> dict[str, tuple[str, str]]:
        """Return who is to enter and to leave, by segment."""
        found = self.differences(*keys)
        with self.storage.work(self.tenant, reading=True) as work:
            names = {contact_id: key for key, contact_id in work.pins.find(KEYS).items()}
        return {
            each.name: (self._told(found[each.id].entering, names), self._told(found[each.id].leaving, names))
            for each in (self.germans, self.buyers)
            if each.id in found
        }

    def _told(self, ids: Sequence[UUID], names: Mapping[UUID, str]) -> str:
        return " ".join(sorted(names[each] for each in ids))

    def follow(self, found: Mapping[UUID, Difference], after: timedelta = HOUR) -> Followed:
        """Let segments follow, and commit."""
        with self.storage.work(self.tenant) as work:
            followed = work.audiences.follow(found, NOON + after, cause=Cause.RULE, by="eve")
            work.commit()
        return followed

    def members(self, segment: Segment) -> list[str]:
        """Return the keys of the members."""
        with self.storage.work(self.tenant, reading=True) as work:
            return sorted(each.person.key for each in work.audiences.members(segment.id))

    def move(self, key: str, country: str | None) -> None:
        """Let a contact move to another country."""
        write(self.storage, self.tenant, batch(RecordKind.CONTACTS, "key country", (key, country)))


class FollowingContract(StorageContract):
    """Segments that follow an index of rules. Needs a fixture ``rules`` as well."""

    @pytest.fixture
    def rules(self) -> Rules:
        """Return the rule language whose checked rules the storage understands."""
        raise NotImplementedError

    @pytest.fixture
    def shop(self, storage: Storage, tenant: Tenant, ids: CountingIds, rules: Rules) -> Shop:
        """Return a shop with Ann and Bob from Germany and Cem from Turkey, who has bought something."""
        contacts = (("Ann", "DE"), ("Bob", "DE"), ("Cem", "TR"))
        bought = ("P", "Cem", NOON - timedelta(days=2) + 3 * HOUR)
        write(
            storage,
            tenant,
            batch(RecordKind.CONTACTS, "key country", *contacts),
            batch(RecordKind.PURCHASES, "key contact at", bought),
        )
        texts = {"Germans": 'contact.country = "DE"', "buyers": "any purchases(last 2 days)"}
        made = [Segment(ids.new(), name, _rule(text), NOON, NOON) for name, text in texts.items()]
        shop = Shop(storage, tenant, rules, rules.index(), *made)
        with storage.work(tenant) as work:
            for each in made:
                work.segments.save(each)
                checked = shop.check(each.ruled.text)
                shop.index.put(each.id, checked)
                work.audiences.calculate(each, checked, NOON)
                work.due.fill(each, checked, NOON + 24 * HOUR)
            work.commit()
        return shop

    def test_where_nothing_has_changed_nobody_moves(self, shop: Shop) -> None:
        assert shop.told() == {"buyers": ("", "")}  # it will change by time
        assert shop.told("Ann", "Bob") == {}

    def test_who_enters_and_who_leaves_is_found_of_those_who_are_asked_for(self, shop: Shop) -> None:
        for key, country in (("Ann", "FR"), ("Cem", "DE"), ("Dee", "DE")):
            shop.move(key, country)
        assert shop.told()["Germans"] == ("Cem Dee", "Ann")
        assert shop.told("Ann", "Bob") == {"Germans": ("", "Ann")}

    def test_a_bound_is_found_that_lies_as_near_as_bounds_are_kept(self, shop: Shop) -> None:
        [found] = shop.differences().values()
        assert found.due == dict.fromkeys(shop.ids(["Cem"]), NOON + 3 * HOUR)

    def test_members_leave_by_a_rule_of_their_own(self, shop: Shop) -> None:
        shop.put(shop.germans, 'contact.country = "DE"', 'contact.country = "TR"')
        shop.move("Ann", "FR")
        assert "Germans" not in shop.told("Ann")
        shop.move("Ann", "TR")
        assert shop.told("Ann") == {"Germans": ("", "Ann")}
        shop.put(shop.germans, "contact.key is set", 'contact.country = "TR"')
        assert shop.told() == {"Germans": ("", "Ann"), "buyers": ("", "")}

    def test_stored_members_of_another_segment_count(self, shop: Shop) -> None:
        shop.put(shop.buyers, 'not in segment "Germans"')
        shop.move("Ann", "FR")
        assert shop.told() == {"Germans": ("", "Ann")}
        shop.put(shop.buyers, 'in segment "Germans"')
        assert shop.told("Ann", "Bob") == {"Germans": ("", "Ann"), "buyers": ("Ann Bob", "")}

    def test_a_segment_that_the_index_does_not_have_is_left_out(self, shop: Shop) -> None:
        shop.move("Ann", "FR")
        shop.index.drop(shop.germans.id)
        shop.index.drop(shop.germans.id)
        assert (shop.germans.id in shop.index, shop.buyers.id in shop.index, len(shop.index)) == (False, True, 1)
        assert "Germans" not in shop.told()

    def test_segments_that_are_stale_or_idle_are_left_out(self, shop: Shop) -> None:
        shop.move("Cem", "DE")
        with shop.storage.work(shop.tenant) as work:
            work.segments.mark_stale(shop.buyers.id)
            idle = work.segments.by_id(shop.germans.id)
            idle.become(SegmentStatus.INACTIVE)
            work.segments.save(idle)
            work.commit()
        assert shop.told() == {}

    def test_segments_follow_what_was_found(self, shop: Shop) -> None:
        for key, country in (("Ann", "FR"), ("Cem", "DE"), ("Dee", "DE")):
            shop.move(key, country)
        followed = shop.follow(shop.differences())
        assert followed == Followed(moved={shop.germans.id: Calculation(3, 2, 1, 2)})
        assert (shop.members(shop.germans), shop.members(shop.buyers)) == (["Bob", "Cem", "Dee"], ["Cem"])
        with shop.storage.work(shop.tenant, reading=True) as work:
            stored = work.segments.by_id(shop.germans.id)
            changes = work.audiences.changes(shop.germans.id, 2)
        assert stored == evolve(
            shop.germans, member_count=3, calculated_at=NOON, moved_at=NOON + HOUR, stale=False, failure=None
        )
        assert [(each.at, each.cause, each.by, each.rule_version) for each in changes] == [
            (NOON + HOUR, Cause.RULE, "eve", 1)
        ] * 3
        assert shop.told("Ann", "Bob", "Dee") == {}

    def test_bounds_follow_and_earlier_ones_stay(self, shop: Shop) -> None:
        [cem] = shop.ids(["Cem"])
        for bound, kept in ((NOON + 2 * HOUR, 2), (NOON + 5 * HOUR, 2), (NOON + 99 * HOUR, 2), (NOON + HOUR, 1)):
            found = evolve(shop.differences()[shop.buyers.id], due={cem: bound})
            assert shop.follow({shop.buyers.id: found}) == Followed()
            with shop.storage.work(shop.tenant, reading=True) as work:
                assert work.due.next_at() == NOON + kept * HOUR

    def test_segments_that_have_changed_since_are_refused_and_nothing_is_written(self, shop: Shop) -> None:
        shop.move("Ann", "FR")
        shop.put(shop.buyers, "no purchases")
        found = shop.differences()
        with shop.storage.work(shop.tenant) as work:
            work.segments.mark_stale(shop.buyers.id)
            work.commit()
        assert shop.follow(found) == Followed({shop.buyers.id})
        assert (shop.members(shop.germans), shop.members(shop.buyers)) == (["Ann", "Bob"], ["Cem"])
        assert shop.follow({shop.germans.id: found[shop.germans.id]}).moved.keys() == {shop.germans.id}
        assert shop.follow({shop.germans.id: found[shop.germans.id]}).refused == {shop.germans.id}

    def test_segments_that_are_gone_or_were_calculated_for_a_later_instant_are_refused(self, shop: Shop) -> None:
        shop.move("Ann", "FR")
        found = shop.differences("Ann")
        assert shop.follow(found, after=-HOUR).refused == {shop.germans.id}
        with shop.storage.work(shop.tenant) as work:
            work.segments.remove(work.segments.by_id(shop.germans.id))
            work.commit()
        assert shop.follow(found).refused == {shop.germans.id}

    def test_another_tenants_contacts_and_segments_are_not_seen(self, shop: Shop, other: Tenant) -> None:
        shop.move("Ann", "FR")
        found = shop.differences("Ann")
        stranger = evolve(shop, tenant=other)
        with shop.storage.work(other, reading=True) as work:
            assert not work.audiences.differences(shop.index, shop.ids(), NOON)
        assert stranger.follow(found).refused == {shop.germans.id}

    def test_changes_are_forgotten_once(self, shop: Shop) -> None:
        with shop.storage.work(shop.tenant) as work:
            changed = work.changes.read(100)
            assert work.changes.forget(changed)
            assert not work.changes.forget(changed)

    def test_an_edition_is_another_one_once_a_segment_was_made_saved_or_deleted(
        self, shop: Shop, ids: CountingIds
    ) -> None:
        with shop.storage.work(shop.tenant) as work:
            seen = [(work.segments.edition(), dict(work.segments.versions()))]
            made = Segment(ids.new(), "made", _rule("no purchases"), NOON, NOON)
            for step in (work.segments.save, work.segments.save, work.segments.remove):
                step(made)
                seen.append((work.segments.edition(), dict(work.segments.versions())))
            work.segments.mark_stale(shop.germans.id)
            assert work.segments.edition() == seen[-1][0]
            assert work.segments.held() == set()
        assert len({edition for edition, _ in seen[:3]}) == 3
        assert seen[3][0] != seen[2][0]
        assert [versions.get(made.id) for _, versions in seen] == [None, 1, 2, None]


def _rule(text: str) -> SegmentRule:
    return SegmentRule(1, text, {}, frozenset(), frozenset(), frozenset(), NOON)
